"""What a run may be varied by on the spot: the same target, data, seed and recipe, but for one thing.

Pure functions from a specification to a specification. A change that means nothing for a network, or that the
specification's own rules forbid, is not offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nnexpr.activations import ACTIVATIONS
from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr_tui.adjust import replaced

__all__ = ["Variant", "changed", "variants_of"]

BANDS = 3  # of the encoding that is offered where there is none


@dataclass(frozen=True)
class Variant:
    """One thing changed: what it is called, and all of it."""

    title: str
    specification: FitSpecification


def variants_of(base: FitSpecification) -> list[Variant]:
    """Those that make sense for this network and differ from it, each once."""
    found: list[Variant] = []
    for title, options in _changes(base):
        try:
            changed = base
            for name, value in options.items():
                changed = replaced(changed, name, value)
        except InputError:
            continue
        if changed != base and all(changed != other.specification for other in found):
            found.append(Variant(title, changed))
    return found


def changed(base: FitSpecification, options: Mapping[str, Any]) -> FitSpecification:
    """With these options in place of its own; another network begins with its own defaults."""
    is_other = options.get("network", base.network) != base.network
    kept = {
        name: getattr(base, name)
        for name, option in OPTIONS.items()
        if not is_other or option.group != "network" or name == "members"
    }
    return FitSpecification.make(**{**kept, **options})


def _changes(base: FitSpecification) -> Iterator[tuple[str, dict[str, Any]]]:
    """A title, and what is to be changed."""
    size = "knots" if base.relevant("knots") else "width"
    if base.relevant(size):
        yield ("Twice as wide" if size == "width" else "Twice the knots"), {size: _scaled(base, size, 2.0)}
        yield ("Half as wide" if size == "width" else "Half the knots"), {size: _scaled(base, size, 0.5)}
    if base.relevant("depth"):
        yield "A layer deeper", {"depth": base.depth + 1}
        yield "Twice as deep", {"depth": 2 * base.depth}
        yield "A layer less deep", {"depth": base.depth - 1}
    if base.relevant("rank"):
        yield "Twice the rank", {"rank": 2 * base.rank}
    if base.relevant("encoding_bands"):
        bands = 0 if base.encoding_bands else BANDS
        yield (f"With {bands} bands of encoding" if bands else "Without encoding"), {"encoding_bands": bands}
    yield "Another seed", {"seed": base.seed + base.members}
    if base.method.takes("lr"):
        yield "Ten times the learning rate", {"lr": base.lr * 10}
        yield "A tenth of the learning rate", {"lr": base.lr / 10}
    if base.relevant("activation"):
        for name in (name for name, activation in ACTIVATIONS.items() if activation.offered):
            yield f"Activation {name}", {"activation": name}
    for name in OPTIONS["init"].choices if base.relevant("init") else ():
        yield f"First weights {name}", {"init": name}
    for name in OPTIONS["optimizer"].choices:
        yield f"Optimiser {name}", {"optimizer": name}


def _scaled(base: FitSpecification, name: str, factor: float) -> Any:
    """A number of units, or one for each layer, so many times as large, and at least 1."""
    value = getattr(base, name)
    if isinstance(value, tuple):
        return tuple(max(1, round(each * factor)) for each in value)
    return max(1, round(value * factor))
