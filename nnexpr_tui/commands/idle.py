"""What was given and changes nothing of a least-squares fit or of a Gram spectrum, said on stderr."""

from __future__ import annotations

from collections.abc import Iterable

from nnexpr.linear.specification import LstsqSpecification, SpectrumSpecification, idle
from nnexpr_tui.commands.output import say

__all__ = ["say_what_is_idle"]

OF_TARGETS = ("samples", "missing", "noise", "terms", "target_seed")


def say_what_is_idle(specification: LstsqSpecification | SpectrumSpecification, given: Iterable[str]) -> None:
    """A sentence for each option that means nothing for the basis, or for the target."""
    from nnexpr.targets.build import idle_options
    from nnexpr.targets.wording import printable

    names = list(given)
    for name in idle(specification, names):
        _say(name, f"--basis {specification.basis}")
    if specification.target is None:
        for name in names:
            if name in OF_TARGETS:
                _say(name, "a spectrum without --target")
        return
    of_no_use = idle_options(specification)
    for name in names:
        if ("points" if name == "samples" else name) in of_no_use:
            _say(name, f"--target {printable(specification.target, 40)}")


def _say(name: str, what: str) -> None:
    say(f"--{name.replace('_', '-')} has no meaning for {what}; it changes nothing.")
