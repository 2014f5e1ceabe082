"""The numbers beside the Network view's maps: the counts with what certifies them, and what is at the crosshair."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from textwrap import wrap
from typing import TYPE_CHECKING

from nnexpr_tui.parts.cells import certificate_rows, window_rows
from nnexpr_tui.parts.lines import Line
from nnexpr_tui.parts.numbers import count, member_of, number
from nnexpr_tui.parts.table import ROOMY, label_width, row
from nnexpr_tui.slices.kinds import ARGMAX, words
from nnexpr_tui.slices.panes import input_at

if TYPE_CHECKING:
    from nnexpr_tui.parts.viewport import Point
    from nnexpr_tui.slices.moment import Along, Counted, OpenedNetwork, SliceMoment

__all__ = ["COUNT_HELP", "POINT_HELP", "count_lines", "is_row", "point_lines", "status_items"]

COUNT_HELP = """\
Linear regions: the cells on each of which what is counted is one affine map, in the window, counted exactly. a chooses
what that is: all outputs together, one of them, its margin (it minus the largest of the others: above 0 where it is the
largest), or which output is the largest alone. What is not certified says why.
Decision regions: those on which one output is the largest. What certifies the count: vertices minus edges plus cells is
1 (Euler); areas add up to the window's; residual: the greatest difference between a cell's map and the network;
sampled: random points that are in another cell than their pattern of active units says.
Where a row is shown, the same of its pieces: the row of the crosshair, from one edge of the window to the other."""
POINT_HELP = """\
The point of the plane at the crosshair: s and t of x = origin + s u + t v, the outputs exactly there, largest first,
and the cell. The arrow keys or h, j, k, l move it by a pixel, with shift by eight; g goes to the points that were
given."""

MOST_OUTPUTS = 5  # that are told at the crosshair
NEAR = 1e-9  # of the size of inputs: a point that is nearer to the plane lies in it
MOST_INPUTS = 12  # that are told as numbers


def status_items(moment: SliceMoment, shown: Collection[str]) -> list[tuple[str, str]]:
    """Names and values for the line at the top, the most watched first."""
    of, found, along = moment.opened, moment.counted, moment.along
    assert of is not None  # noqa: S101 - asked before
    counts: list[tuple[str, str]] = []
    if is_row(shown):
        decisions = along.decisions if along is not None else None
        counts = [("regions", "…" if along is None else count(along.count))]
        counts += [("bends", "…" if along is None else count(len(along.bends)))]
    else:
        decisions = found.decisions if found is not None else None
        if found is None or found.regions is not found.decided:
            counts = [("regions", "…" if found is None else count(found.regions.count))]
    if decisions is not None:
        counts.append(("decisions", count(decisions)))
    counts += _counted(moment)
    if found is not None and not is_row(shown):
        counts.append(("cells", count(found.regions.activation_regions)))
    return [*counts, *_member(moment), ("file", _title_of(of))]


def is_row(shown: Collection[str]) -> bool:
    """Whether the row alone is counted."""
    return "row" in shown and not {"cells", "decisions", "values"} & set(shown)


def _counted(moment: SliceMoment) -> list[tuple[str, str]]:
    """Of what the regions are, where that may be asked."""
    of, looked = moment.opened, moment.looked
    if of is None or looked is None or of.outputs == 1:
        return []
    return [("of", words(looked.of))]


def _member(moment: SliceMoment) -> list[tuple[str, str]]:
    of, looked = moment.opened, moment.looked
    if of is None or looked is None or of.members == 1:
        return []
    return [("member", member_of(looked.member, of.members))]


def count_lines(moment: SliceMoment, shown: Collection[str], room: int) -> list[Line]:
    """The counts and what certifies them, the most watched first; ``room``: cells of the pane."""
    of = moment.opened
    if of is None:
        return [((moment.note or "f opens a network", "error" if moment.note else "label"),)]
    lines = [] if is_row(shown) else _cell_lines(moment, room)
    if "row" in shown:
        lines += _row_lines(moment, room, "On the row" if lines else "Linear regions")
    lines += [row(label.capitalize(), value) for label, value in (*_counted(moment), *_member(moment))]
    lines.append(row("Tilts towards", moment.aside))
    return [*lines, *(((line, "label"),) for line in wrap(of.words, max(room, 1)))]


def _owed(moment: SliceMoment, note: str, room: int, label: str) -> list[Line]:
    """In the place of a count that there is not, with why."""
    owed = "not counted" if note or not moment.is_counting else moment.owed
    why = wrap(note, max(room, 1))
    return [row(label, owed, "accent"), *(((line, "error"),) for line in why)]


def _cell_lines(moment: SliceMoment, room: int) -> list[Line]:
    found = moment.counted
    if found is None:
        return _owed(moment, moment.note, room, "Linear regions")
    regions = found.regions
    decisions = [] if found.decisions is None else [row("Decision reg.", count(found.decisions))]
    linear = [row("Linear regions", count(regions.count), "accent")]
    if (
        found.of.of == ARGMAX and found.decisions is not None
    ):  # they are what is counted, and nothing beside them
        linear, decisions = [row("Decision reg.", count(found.decisions), "accent")], []
    return [
        *linear,
        row("Cells", count(regions.activation_regions)),
        *decisions,
        row("Bends", count(regions.bends)),
        row("Certified", "yes" if found.is_certified else "NO"),
        *_said(found, room),
        *certificate_rows(found.check),
        row("Counted in", f"{number(found.seconds, 2)} s"),
    ]


def _said(found: Counted | Along, room: int) -> list[Line]:
    """Why it is not certified, and what else is to be said of it."""
    lines: list[Line] = []
    for style, sentences in (("error", found.doubts), ("label", found.remarks)):
        lines += [((line, style),) for sentence in sentences for line in wrap(sentence, max(room, 1))]
    return lines


def _row_lines(moment: SliceMoment, room: int, label: str) -> list[Line]:
    along = moment.along
    if along is None:
        return _owed(moment, moment.along_note, room, label)
    decisions = [] if along.decisions is None else [row("Decision reg.", count(along.decisions))]
    zeros = [] if along.zeros is None else [row("Zeros", count(len(along.zeros)))]
    return [
        row(label, count(along.count), "accent"),
        row("Bends", count(len(along.bends))),
        *zeros,
        row("Activation reg.", count(along.activation_regions)),
        *decisions,
        row("Certified", "yes" if along.is_certified else "NO"),
        *_said(along, room),
        row("Residual", number(along.check.max_residual, 2)),
        row("Ties", count(along.check.ties)),
        row("Counted in", f"{number(along.seconds, 2)} s"),
    ]


def point_lines(
    moment: SliceMoment, point: Point, output: int, *, ascii_only: bool, room: int = ROOMY
) -> list[Line]:
    """What is at the crosshair, exactly there; ``room``: cells of the pane."""
    of = moment.opened
    if of is None:
        return []
    line = partial(row, width=label_width(room))
    lines = [line("s, t", ", ".join(map(number, point)), "accent")]
    lines += [line(label, value, style) for label, value, style in _outputs(moment, point, output)]
    for mark in moment.marks:
        lines.append(line(mark.letter, ", ".join(map(number, mark.place))))
        if mark.distance > NEAR * (1.0 + abs(of.limits[1] - of.limits[0])):
            lines.append(line(f"{mark.letter} is off", number(mark.distance)))
    if of.image is None and of.inputs <= MOST_INPUTS:
        numbers = enumerate(input_at(moment, point).tolist(), 1)  # type: ignore[union-attr]  # there is a network
        lines += [line(f"x{place}", number(value)) for place, value in numbers]
    if moment.counted is not None:
        window = moment.counted.viewport.window
        lines += window_rows(window, ("s", "t"), ascii_only=ascii_only, width=label_width(room))
    return lines


def _outputs(moment: SliceMoment, point: Point, output: int) -> list[tuple[str, str, str]]:
    """The cell and the outputs; that they are being counted where nothing says them yet."""
    values = moment.outputs_at(point)
    if values is None:
        return [("Outputs", moment.owed if moment.is_counting else "not counted", "value")]
    order = (-values).argsort(kind="stable").tolist()
    lines = _cell(moment, point)
    if len(order) > 1:
        lead = float(values[order[0]] - values[order[1]])
        lines.append(("Largest", f"{order[0]}, by {number(lead)}", "accent"))
    told = order[:MOST_OUTPUTS] if output in order[:MOST_OUTPUTS] else [*order[: MOST_OUTPUTS - 1], output]
    return [*lines, *((f"Output {each}", number(float(values[each]), 6), "value") for each in told)]


def _cell(moment: SliceMoment, point: Point) -> list[tuple[str, str, str]]:
    found = moment.counted
    if found is None or not moment.is_current or (cell := found.cell_at(point)) < 0:
        return []
    return [("Cell", f"{count(cell + 1)} of {count(len(found.slopes))}", "value")]


def _title_of(of: OpenedNetwork) -> str:
    """The file's name, its end where it is long."""
    return of.file if len(of.file) <= 40 else f"…{of.file[-39:]}"
