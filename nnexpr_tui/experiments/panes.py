"""What the Experiments screen says: its list, what an experiment asks and how far it is, and its claims as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from time import localtime, strftime
from typing import NamedTuple

from nnexpr.experiments.data import Claim, Verdict
from nnexpr.experiments.discovery import Experiment
from nnexpr.experiments.findings import Finding
from nnexpr.experiments.wording import cell_text, verdict_text
from nnexpr_tui.experiments.runs import Running
from nnexpr_tui.parts.lines import Line, clean, wrapped

__all__ = ["Entry", "about_lines", "claim_lines", "list_lines", "tally_text"]

BAR = 24  # cells at most
NAME_WIDTH = 17


class Look(NamedTuple):
    """How a verdict is shown; ``several``: its words for more than one claim."""

    signs: tuple[str, str]  # the second in ASCII
    style: str
    several: str


LOOKS: dict[Verdict, Look] = {  # in the order in which they are told
    "holds": Look(("✓", "+"), "accent", "hold"),
    "holds as corrected": Look(("≈", "~"), "accent", "hold as corrected"),
    "fails": Look(("≠", "-"), "key", "fail"),
    "not measured": Look(("?", "?"), "label", "not judged"),
}


@dataclass(frozen=True)
class Entry:
    """An experiment and how it stands. ``run`` while it runs; ``place`` among those that wait, from 1.

    ``cancelled``: how far a full run was that was cancelled.
    """

    experiment: Experiment
    finding: Finding | None = None
    failure: str = ""
    run: Running | None = None
    place: int = 0
    is_quick: bool = False  # the run that goes on or waits
    cancelled: str = ""


def tally_text(finding: Finding) -> str:
    """How many claims hold, fail and so on, in words."""
    told = [
        f"{n} {verdict_text(verdict) if n == 1 else LOOKS[verdict].several}"
        for verdict, n in _counted(finding)
    ]
    return ", ".join(told) or "no claims"


def _counted(finding: Finding) -> list[tuple[Verdict, int]]:
    return [(verdict, finding.tally[verdict]) for verdict in LOOKS if finding.tally[verdict]]


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
    name = clean(entry.experiment.name)[:NAME_WIDTH].ljust(NAME_WIDTH)
    room = width - len(name) - 3
    state = next((text for text in _states(entry, ascii_only) if len(text) <= room), "")
    if is_chosen:
        return ((f"{mark} {name} {state}".ljust(width)[:width], "chosen"),)
    return ((f"{mark} ", style), (name, "value" if entry.finding else ""), (f" {state}", "label"))


def _mark(entry: Entry, ascii_only: bool) -> tuple[str, str]:
    if entry.run is not None:
        return "▶>"[ascii_only], "accent"
    if entry.place:
        return "…:"[ascii_only], "label"
    if entry.failure:
        return "!", "error"
    if entry.finding is None:
        return "· "[ascii_only], "label"
    tally = entry.finding.tally
    held = tally["holds"] + tally["holds as corrected"]
    worst: Verdict = (
        "fails" if tally["fails"] else "holds" if held or not tally["not measured"] else "not measured"
    )
    return LOOKS[worst].signs[ascii_only], LOOKS[worst].style


def _states(entry: Entry, ascii_only: bool) -> list[str]:
    """How it stands, from the longest to the shortest text."""
    quick = " quick" if entry.is_quick else ""
    if entry.run is not None:
        percent = entry.run.percent
        return [f"{percent}{quick}", percent.replace(" ", "") + quick, percent]
    if entry.place:
        return [f"waits, no. {entry.place}{quick}", f"waits{quick}", "waits"]
    if entry.failure:
        return ["no result"]
    finding = entry.finding
    if finding is None:
        return []
    text = short = "measured"
    if finding.result.claims:
        text = tally_text(finding)
        short = " ".join(f"{n}{LOOKS[verdict].signs[ascii_only]}" for verdict, n in _counted(finding))
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
        wrapped(text, width, style)
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
    kind = "quick" if entry.is_quick else "full"
    if entry.run is not None:
        lines = _progress_lines(entry.run, kind, width, ascii_only=ascii_only)
        going_on = "Training goes on; the experiment takes what it leaves"
        return lines + wrapped(going_on, width, "label") * is_training
    if entry.place:
        return wrapped(f"waits for {entry.place} before it ({kind}); c takes it back", width, "label")
    failure = wrapped(f"No result: {entry.failure}", width, "error") if entry.failure else []
    if entry.finding is not None:
        return failure + wrapped(f"{tally_text(entry.finding)} · {_when(entry.finding)}", width, "key")
    if entry.cancelled:
        said = f"Cancelled at {entry.cancelled}: enter goes on after the last part that was done"
        return failure + wrapped(said, width, "label")
    return failure + wrapped("enter runs it, r runs it quick (fewer members or epochs)", width, "label")


def _when(finding: Finding) -> str:
    kind = "QUICK run (fewer members or epochs)" if finding.quick else "full run"
    return f"{kind} of {strftime('%d %b %H:%M', localtime(finding.finished))}, {_duration(finding.seconds)}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.1f} s" if seconds < 10 else f"{rest} s"


def _progress_lines(run: Running, kind: str, width: int, *, ascii_only: bool) -> list[Line]:
    cells = max(8, min(BAR, width - 28))
    filled = int(run.share * cells)
    full, empty = "#." if ascii_only else "█░"
    state = f" {run.percent:>5}  {int(run.seconds)} s, {kind}"
    bar: Line = ((full * filled, "accent"), (empty * (cells - filled), "label"), (state, "value"))
    return [bar, ((clean(run.note)[:width] or " ", "label"),)]


# Claims


def claim_lines(claims: Sequence[Claim], width: int, *, ascii_only: bool) -> list[Line]:
    """Each claim: its verdict in a sign and a word, its statement, what was expected and measured, when it fails."""
    lines: list[Line] = []
    for claim in claims:
        look = LOOKS[claim.verdict]
        lines.append(
            ((f"{look.signs[ascii_only]} {clean(claim.id)}  {verdict_text(claim.verdict)}", look.style),)
        )
        lines += wrapped(claim.statement, width, "value", indent=2)
        for label, value in (
            ("expected", claim.expected), ("measured", claim.measured), ("tolerance", claim.tolerance),
            ("fails if", claim.fails_if),
        ):  # fmt: skip
            text = wrap(clean(cell_text(value)), max(10, width - 13)) or [""]
            lines.append(((f"  {label:<10} ", "label"), (text[0], "value" if label == "measured" else "")))
            lines += [(("", "label"), (" " * 13 + more, "")) for more in text[1:]]
        lines += wrapped(claim.why, width, "label", indent=2)
        lines.append((("", ""),))
    return lines[:-1]
