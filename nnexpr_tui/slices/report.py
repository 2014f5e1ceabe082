"""What the Network view shows, for the clipboard: the command that counts the same, and the numbers."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from nnexpr_tui.slices.kinds import REGIONS
from nnexpr_tui.slices.moment import Along, Counted, OpenedNetwork, SliceMoment

__all__ = ["summary"]

FEW = 16  # inputs whose numbers are written out


def summary(moment: SliceMoment, *, of_row: bool) -> str:
    """The command line with its numbers as comments behind it, of the row or of the cells.

    Where there are many inputs, the numbers of a place that was moved are in what x writes.
    """
    of, seen = moment.opened, moment.along if of_row else moment.counted
    assert of is not None and seen is not None  # noqa: S101, PT018 - asked before
    words = _row_words(moment, of, seen) if isinstance(seen, Along) else _plane_words(moment, of, seen)
    lines = [shlex.join(["nnexpr-tui", "regions", of.file, *(words or of.place)])]
    if seen.of.of != REGIONS:
        lines[0] += f" --of {seen.of.of}"
    if of.members > 1:
        lines[0] += f" --members {seen.of.member}"
    if words is None:
        lines.append("# it was moved from there: origin and directions are in what x writes")
    decided = "" if seen.decisions is None else f", decision regions {seen.decisions}"
    if isinstance(seen, Along):
        lines.append(f"# linear regions {seen.count}, bends {len(seen.bends)}{decided}")
    else:
        regions = seen.regions
        lines.append(f"# linear regions {regions.count}, cells {regions.activation_regions}{decided}")
    return "\n".join(lines)


def _plane_words(moment: SliceMoment, of: OpenedNetwork, found: Counted) -> list[str] | None:
    """The options that say where, None where they cannot."""
    (left, right), (bottom, top) = found.viewport.window
    window = ["--domain", repr(left), repr(right), "--domain2", repr(bottom), repr(top)]
    if of.place and not of.is_segment and not moment.moved:
        return [*of.place, *window]
    if of.inputs > FEW:
        return None
    plane = found.of.plane
    numbers = [_written(each) for each in (of.own(plane.origin), of.factors * plane.u, of.factors * plane.v)]
    return ["--origin", numbers[0], "--directions", *numbers[1:], *window]


def _row_words(moment: SliceMoment, of: OpenedNetwork, along: Along) -> list[str] | None:
    """The same of a row: the segment that was asked for, or the numbers of its ends."""
    if of.is_segment and (along.ends, along.t) == ((0.0, 1.0), 0.0) and not moment.moved:
        return list(of.place)
    if of.inputs > FEW:
        return None
    return ["--between", *(_written(of.own(along.of.plane.at(s, along.t))) for s in along.ends)]


def _written(numbers: Iterable[float]) -> str:
    return ",".join(repr(float(each)) for each in numbers)
