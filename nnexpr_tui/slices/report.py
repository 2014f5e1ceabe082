"""What the Network view shows, for the clipboard: the command that counts the same, and the numbers."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from nnexpr_tui.slices.moment import Counted, OpenedNetwork, SliceMoment

__all__ = ["summary"]

FEW = 16  # inputs whose numbers are written out


def summary(moment: SliceMoment) -> str:
    """The command line with its numbers as comments behind it; of many inputs the plane's own are in what x writes."""
    of, found = moment.opened, moment.counted
    assert of is not None and found is not None  # noqa: S101, PT018 - asked before
    words, is_whole = _place(of, found, moved=moment.moved)
    lines = [shlex.join(["nnexpr-tui", "regions", of.file, *words])]
    if not is_whole:
        lines.append("# the plane was moved: its origin and directions are in what x writes")
    decided = "" if found.decisions is None else f", decision regions {found.decisions}"
    lines.append(f"# linear regions {found.regions.count}, cells {found.regions.activation_regions}{decided}")
    return "\n".join(lines)


def _place(of: OpenedNetwork, found: Counted, *, moved: bool) -> tuple[list[str], bool]:
    """The options of the plane, and whether they say all of it."""
    (left, right), (bottom, top) = found.viewport.window
    window = ["--domain", repr(left), repr(right), "--domain2", repr(bottom), repr(top)]
    if of.place and of.place[0] != "--between" and not moved:
        return [*of.place, *window], True
    if of.inputs <= FEW:
        plane = found.plane
        numbers = [_written(each) for each in (plane.origin, plane.u, plane.v)]
        return ["--origin", numbers[0], "--directions", *numbers[1:], *window], True
    return list(of.place), False


def _written(numbers: Iterable[float]) -> str:
    return ",".join(repr(float(each)) for each in numbers)
