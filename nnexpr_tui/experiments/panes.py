"""What the Experiments screen says: its list, what an experiment asks and how far it is, and its claims as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from time import localtime, strftime

from nnexpr.experiments.data import Claim, Verdict
from nnexpr.experiments.discovery import Experiment
from nnexpr.experiments.findings import Finding
from nnexpr_tui.documents import cell_text
from nnexpr_tui.parts.lines import Line, clean

__all__ = ["MARKS", "Entry", "about_lines", "claim_lines", "list_lines", "tally_text"]

SIGNS: dict[Verdict, str] = {"holds": "✓", "fails": "✗", "holds as corrected": "≈", "not measured": "?"}
ASCII_SIGNS: dict[Verdict, str] = {"holds": "+", "fails": "x", "holds as corrected": "~", "not measured": "?"}
MARKS = {False: SIGNS, True: ASCII_SIGNS}
STYLES: dict[Verdict, str] = {
    "holds": "accent",
    "fails": "error",
    "holds as corrected": "accent",
    "not measured": "label",
}
BAR = 24  # cells at most
NAME_WIDTH = 17


@dataclass(frozen=True)
class Entry:
    """An experiment and how it stands. ``fraction`` while it runs; ``place`` among those that wait, from 1."""

    experiment: Experiment
    finding: Finding | None = None
    failure: str = ""
    is_running: bool = False
    is_quick: bool = False  # the run that goes on or waits
    fraction: float = 0.0
    note: str = ""
    seconds: float = 0.0
    place: int = 0

    @property
    def name(self) -> str:
        """Its id, without the group's name, which stands above it in the list."""
        return self.experiment.id.removeprefix(self.experiment.group + "-")

    @property
    def percent(self) -> str:
        return f"{100 * min(max(self.fraction, 0.0), 1.0):.0f} %"


def tally_text(finding: Finding) -> str:
    """How many claims hold, fail and so on, in words."""
    tally = finding.tally
    words = {
        "holds": ("hold", "holds"), "holds as corrected": ("hold as corrected", "holds as corrected"),
        "fails": ("fail", "fails"), "not measured": ("not measured", "not measured"),
    }  # fmt: skip
    counted = [f"{n} {words[verdict][n == 1]}" for verdict, n in _sorted(tally) if n]
    return ", ".join(counted) or "no claims"


def _sorted(tally: dict[Verdict, int]) -> list[tuple[Verdict, int]]:
    order: tuple[Verdict, ...] = ("holds", "holds as corrected", "fails", "not measured")
    return [(verdict, tally[verdict]) for verdict in order]


# The list


def list_lines(
    entries: Sequence[Entry], chosen: int, width: int, *, ascii_only: bool
) -> tuple[list[Line], list[int | None]]:
    """The lines of the list, and for each the number of its entry; groups have a heading."""
    lines: list[Line] = []
    numbers: list[int | None] = []
    group = ""
    for number, entry in enumerate(entries):
        if entry.experiment.group != group:
            group = entry.experiment.group
            source = entry.experiment.source.partition(",")[0]
            heading = f"{group}: {clean(source)}"
            cut = heading if len(heading) <= width else f"{heading[: max(0, width - 1)]}…"
            lines.append(((cut, "label"),))
            numbers.append(None)
        lines.append(_entry_line(entry, number == chosen, width, ascii_only))
        numbers.append(number)
    return lines, numbers


def _entry_line(entry: Entry, is_chosen: bool, width: int, ascii_only: bool) -> Line:
    mark, style = _mark(entry, ascii_only)
    name = clean(entry.name)[:NAME_WIDTH].ljust(NAME_WIDTH)
    room = width - len(name) - 3
    state = next((text for text in _states(entry, ascii_only) if len(text) <= room), "")
    if is_chosen:
        return ((f"{mark} {name} {state}".ljust(width)[:width], "chosen"),)
    return ((f"{mark} ", style), (name, "value" if entry.finding else ""), (f" {state}", "label"))


def _mark(entry: Entry, ascii_only: bool) -> tuple[str, str]:
    marks = MARKS[ascii_only]
    if entry.is_running:
        return (">" if ascii_only else "▶"), "accent"
    if entry.place:
        return (":" if ascii_only else "…"), "label"
    if entry.failure:
        return "!", "error"
    if entry.finding is None:
        return (" " if ascii_only else "·"), "label"
    tally = entry.finding.tally
    worst: Verdict = "fails" if tally["fails"] else "not measured" if tally["not measured"] else "holds"
    if worst == "not measured" and tally["holds"] + tally["holds as corrected"]:
        worst = "holds"
    return marks[worst], STYLES[worst]


def _states(entry: Entry, ascii_only: bool) -> list[str]:
    """How it stands, from the longest to the shortest text."""
    quick = " quick" if entry.is_quick else ""
    if entry.is_running:
        return [f"{entry.percent}{quick}", entry.percent.replace(" ", "") + quick, entry.percent]
    if entry.place:
        return [f"waits, {entry.place}.{quick}", f"waits{quick}", "waits"]
    if entry.failure:
        return ["no result"]
    finding = entry.finding
    if finding is None:
        return []
    marks = MARKS[ascii_only]
    short = " ".join(f"{n}{marks[verdict]}" for verdict, n in _sorted(finding.tally) if n)
    text = tally_text(finding)
    if text == "no claims":
        text = short = "measured"
    if finding.quick:
        return [f"{text}, quick", f"{short} quick", "quick"]
    return [text, short, short.replace(" ", "")]


# What it asks, and how far it is


def about_lines(
    entry: Entry, width: int, height: int, *, is_training: bool, ascii_only: bool
) -> list[Line]:  # fmt: skip
    """Title, question and source, then what is known or going on.

    What is too much for ``height`` lines goes in this order: the source, the title, the end of the question.
    """
    experiment = entry.experiment
    state = _state_lines(entry, width, is_training=is_training, ascii_only=ascii_only)
    title, question, source = (
        _wrapped(text, width, style)
        for text, style in (
            (experiment.title, "accent"), (experiment.question, "value"), (experiment.source, "label"),
        )
    )  # fmt: skip
    room = height - len(state)
    for lines in ([*title, *question, *source], [*title, *question], question):
        if len(lines) <= room:
            return [*lines, *state]
    return [*question[: max(0, room)], *state]


def _state_lines(entry: Entry, width: int, *, is_training: bool, ascii_only: bool) -> list[Line]:
    if entry.is_running:
        return _progress_lines(entry, width, is_training=is_training, ascii_only=ascii_only)
    if entry.place:
        kind = "quick" if entry.is_quick else "full"
        return _wrapped(f"waits for {entry.place} before it ({kind}); c takes it back", width, "label")
    failure = _wrapped(f"No result: {entry.failure}", width, "error") if entry.failure else []
    if entry.finding is not None:
        return failure + _wrapped(f"{tally_text(entry.finding)} · {_when(entry.finding)}", width, "key")
    return failure + _wrapped("enter runs it, r runs it quick (fewer members or epochs)", width, "label")


def _when(finding: Finding) -> str:
    kind = "QUICK run (fewer members or epochs)" if finding.quick else "full run"
    return f"{kind} of {strftime('%d %b %H:%M', localtime(finding.finished))}, {_duration(finding.seconds)}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.1f} s" if seconds < 10 else f"{rest} s"


def _progress_lines(entry: Entry, width: int, *, is_training: bool, ascii_only: bool) -> list[Line]:
    done = min(max(entry.fraction, 0.0), 1.0)
    cells = max(8, min(BAR, width - 28))
    filled = int(done * cells)
    full, empty = ("#", ".") if ascii_only else ("█", "░")
    kind = "quick" if entry.is_quick else "full"
    state = f" {entry.percent:>5}  {int(entry.seconds)} s, {kind}"
    lines: list[Line] = [((full * filled, "accent"), (empty * (cells - filled), "label"), (state, "value"))]
    lines.append(((clean(entry.note)[:width] or " ", "label"),))
    if is_training:
        lines += _wrapped("Training goes on; the experiment takes what it leaves", width, "label")
    return lines


# Claims


def claim_lines(claims: Sequence[Claim], width: int, *, ascii_only: bool) -> list[Line]:
    """Each claim: its verdict in a sign and a word, its statement, and what was expected and measured."""
    lines: list[Line] = []
    for claim in claims:
        sign = MARKS[ascii_only][claim.verdict]
        lines.append(((f"{sign} {clean(claim.id)}  {claim.verdict}", STYLES[claim.verdict]),))
        lines += [((f"  {line}", "value"),) for line in wrap(clean(claim.statement), max(10, width - 2))]
        for label, value in (
            ("expected", claim.expected), ("measured", claim.measured), ("tolerance", claim.tolerance),
        ):  # fmt: skip
            text = wrap(clean(cell_text(value)), max(10, width - 13)) or [""]
            lines.append(((f"  {label:<10} ", "label"), (text[0], "value" if label == "measured" else "")))
            lines += [(("", "label"), (" " * 13 + more, "")) for more in text[1:]]
        lines += [((f"  {line}", "label"),) for line in wrap(clean(claim.why), max(10, width - 2))]
        lines.append((("", ""),))
    return lines[:-1]


def _wrapped(text: str, width: int, style: str) -> list[Line]:
    return [((line, style),) for line in wrap(clean(text), max(10, width))]
