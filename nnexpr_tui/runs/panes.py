"""What the Runs screen says: a line of its table, what is known of a run, and what several have otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import NamedTuple

from rich.cells import set_cell_size

from nnexpr.runs.entry import Entry
from nnexpr.specification import FitSpecification, InputError
from nnexpr_tui.charts.rows import shortened
from nnexpr_tui.parts.described import UNTOLD, difference, differing, in_short
from nnexpr_tui.parts.lines import Line, clean, wrapped
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.table import row
from nnexpr_tui.runs.reader import Look

__all__ = ["COLUMNS", "MARKS", "Columns", "comparison", "known_of", "specification_of"]

MARKS = "ABCD"  # of the runs that are compared
SIGNS = {
    "running": "▶", "interrupted": "‖", "finished": "■", "diverged": "!", "kept": "·", "damaged": "?",
}  # fmt: skip
LABEL = 12  # cells of what is known
TOLD = (*UNTOLD, "target", "depth", "width", "knots", "activation", "members")  # elsewhere
ENDLESS = 10**9  # epochs that nobody means


class Column(NamedTuple):
    """``field``: what it is sorted by; ``width``: cells at least, and ``most`` where there is room."""

    field: str
    label: str
    width: int
    most: int
    text: Callable[[Entry], str]
    is_number: bool = False


COLUMNS = (  # the most wanted first; where there is no room for all, the last are left out
    Column("created", "run", 15, 22, lambda entry: entry.name or entry.id),
    Column("target", "target", 8, 16, lambda entry: entry.target),
    Column("loss", "loss", 10, 10, lambda entry: number(entry.least_loss) if entry.members else "", True),
    Column("epoch", "epoch", 10, 10, lambda entry: count(entry.epoch), True),
    Column("network", "network", 13, 22, lambda entry: _network(entry)),
    Column("state", "state", 11, 11, lambda entry: entry.state),
    Column("tag", "tags", 8, 20, lambda entry: " ".join(entry.tags)),
    Column("members", "members", 7, 7, lambda entry: count(entry.members), True),
    Column("seconds", "seconds", 8, 8, lambda entry: "" if entry.seconds is None else f"{entry.seconds:.1f}", True),
    Column("size", "MB", 6, 6, lambda entry: f"{entry.size / 1e6:.1f}", True),
)  # fmt: skip
ORDER = ("created", "network", "target", "epoch", "loss", "state", "members", "seconds", "size", "tag")
WIDENED = ("network", "created", "tag", "target", "epoch", "loss", "state", "members", "seconds", "size")
DATED = 15  # cells of an id that say when it began


def _network(entry: Entry) -> str:
    fit = specification_of(entry)
    return entry.network if fit is None else in_short(fit)


def specification_of(entry: Entry) -> FitSpecification | None:
    """What the run was asked to be; None where its file does not say so, or not in words that are known here."""
    try:
        return FitSpecification.from_config(entry.config) if entry.config else None
    except (InputError, ValueError, TypeError, AttributeError):
        return None


class Columns:
    """As many columns as there is room for, in their order, the first and the last ones wider where there is more."""

    def __init__(self, width: int) -> None:
        left, chosen = width - 4, []
        for column in COLUMNS:
            if column.width + 1 > left:
                break
            chosen.append(column)
            left -= column.width + 1
        widths = {}
        for column in sorted(chosen, key=lambda column: WIDENED.index(column.field)):
            more = min(left, column.most - column.width)
            left -= more
            widths[column] = column.width + more
        shown = sorted(chosen, key=lambda column: ORDER.index(column.field))
        self._widths = [(column, widths[column]) for column in shown]
        self._width = width

    @property
    def fields(self) -> tuple[str, ...]:
        """By which the columns are sorted, from the left."""
        return tuple(column.field for column, _ in self._widths)

    def head(self, order: str, *, up: str = "▲", down: str = "▼") -> Line:
        """Their labels; that by which is sorted has an arrow."""
        by = order.removeprefix("-")
        cells = []
        for column, width in self._widths:
            label = column.label
            if column.field == by:
                label = f"{label[: width - 1]}{down if order.startswith('-') else up}"
            cells.append(f"{label:>{width}}" if column.is_number else f"{label:<{width}}")
        return (("    " + " ".join(cells), "key"),)

    def line(self, entry: Entry, mark: str, *, is_chosen: bool) -> Line:
        """A run. ``mark``: its letter where it is marked."""
        cells = []
        for column, width in self._widths:
            text = clean(column.text(entry))
            if text == entry.id and width < len(text):
                text = text[:DATED]  # commands take it as well, where no other run began in that second
            text = shortened(text, width)
            cells.append(f"{text:>{width}}" if column.is_number else set_cell_size(text, width))
        told, sign = " ".join(cells), f"{mark or ' '} {SIGNS[entry.state]} "
        if is_chosen:
            return ((set_cell_size(sign + told, self._width), "chosen"),)
        style = "error" if entry.state == "damaged" else ""
        return ((sign, "accent"), (told, style))


def known_of(entry: Entry, look: Look | None, width: int) -> list[Line]:
    """All that is known of a run, what cannot be read of it first."""
    lines = wrapped(entry.problem, width, "error") if entry.problem else []
    problem = look.problems.get(entry.id, "") if look is not None else ""
    if problem and problem != entry.problem:
        lines += wrapped(problem, width, "error")
    if entry.state == "damaged":
        return lines
    lines += _texts(entry, width)
    fit = specification_of(entry)
    words = entry.network if fit is None else in_short(fit)
    lines += wrapped(f"{words} on {entry.target}", width, "value")
    if fit is not None and (other := difference(FitSpecification.make(network=fit.network), fit, but=TOLD)):
        lines += wrapped(other, width, "label")
    lines += [_pair("Epoch", _epochs(entry)), _pair("Loss", _losses(entry))]
    recording = look.recordings.get(entry.id) if look is not None else None
    if recording is not None and look is not None:
        if recording.scene.countable:
            lost = not isfinite(recording.snapshots[-1].loss)
            none = "n/a, it diverged" if lost else "…" if not look.is_counted else "n/a"
            told = (
                none
                if look.counts is None
                else f"{count(look.counts.count)}, bends {count(look.counts.bends)}"
            )
            lines.append(_pair("Regions", told))
        lines.append(_pair("Parameters", count(recording.scene.parameters)))
    lines.append(_pair("State", _state(entry)))
    if entry.sweep:
        lines.append(_pair("Sweep", clean(" ".join(filter(None, (entry.sweep_name, entry.sweep))))))
    if entry.seconds is not None:
        lines.append(_pair("Trained", f"{entry.seconds:.3g} s on {clean(entry.device)}"))
    snapshots = f"{count(entry.snapshots)} snapshots, " if entry.snapshots else ""
    lines.append(_pair("File", f"{snapshots}{entry.size / 1e6:.2g} MB, kept {_local(entry.written)}"))
    return lines


def _pair(label: str, value: str) -> Line:
    return row(label, value, width=LABEL)


def _texts(entry: Entry, width: int) -> list[Line]:
    """What a person has written of it, as it is: never markup, never an escape."""
    lines: list[Line] = []
    for label, text in (("Name", entry.name), ("Tags", " ".join(entry.tags)), ("Note", entry.note)):
        if text:
            first, *others = wrapped(text, width, "accent", indent=LABEL) or [(("", ""),)]
            lines += [((label.ljust(LABEL), "label"), (first[0][0][LABEL:], "accent")), *others]
    return lines


def _epochs(entry: Entry) -> str:
    asked = entry.epochs is not None and entry.epochs < ENDLESS and entry.epochs != entry.epoch
    return count(entry.epoch) + (f" of {count(entry.epochs)}" if asked else "")


def _losses(entry: Entry) -> str:
    if entry.members < 2:
        return number(entry.least_loss)
    finite = sorted(loss for loss in entry.losses if loss == loss)
    median = f", median {number(finite[(len(finite) - 1) // 2])}" if finite else ""
    lost = f", {entry.members - len(finite)} diverged" if len(finite) < entry.members else ""
    return f"{number(entry.least_loss)}, least of {entry.members}{median}{lost}"


def _state(entry: Entry) -> str:
    return {
        "running": "a process trains it",
        "interrupted": "not at its end: r goes on",
        "finished": "all epochs are trained",
        "diverged": "all members have diverged",
        "kept": "a network without its history",
    }.get(entry.state, entry.state)


def _local(written: str) -> str:
    """The time of here."""
    try:
        then = datetime.fromisoformat(written)
    except ValueError:
        return clean(written)
    return (then if then.tzinfo else then.replace(tzinfo=UTC)).astimezone().strftime("%d %b %Y %H:%M")


# Several runs


def comparison(entries: Sequence[Entry], width: int) -> tuple[list[Line], list[Line]]:
    """The head and the lines of a table: each option that is not the same in all of them, and how far each came."""
    share = max(6, (width - LABEL - 4) // len(entries))
    names = [f"{mark} {entry.name or entry.id}" for mark, entry in zip(MARKS, entries, strict=False)]
    fits = [fit for entry in entries if (fit := specification_of(entry)) is not None]
    rows: list[tuple[str, Sequence[str]]] = []
    if len(fits) == len(entries):
        rows = [(label, [value or "–" for value in values]) for label, values in differing(fits)]
        rows = rows or [("Options", ["all the same", *[""] * (len(entries) - 1)])]
    else:
        rows = [("Options", [entry.problem or "not known here" for entry in entries])]
    rows += [
        ("Epoch", [count(entry.epoch) for entry in entries]),
        ("Loss", [number(entry.least_loss) for entry in entries]),
    ]
    head = (("".ljust(LABEL + 4), "label"), *((_cell(name, share), "key") for name in names))
    lines: list[Line] = []
    for label, values in rows:
        told = tuple((_cell(value, share), "value") for value in values)
        lines.append(((label[: LABEL + 3].ljust(LABEL + 4), "label"), *told))
    return [head], lines


def _cell(text: str, width: int) -> str:
    return str(set_cell_size(shortened(clean(text), width - 1), width))
