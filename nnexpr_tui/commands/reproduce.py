"""``reproduce``: runs experiments of the sources and shows their tables, figures and claims with what was measured."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import click

from nnexpr.atomic import try_writing
from nnexpr.experiments.attempt import Cancelled
from nnexpr.experiments.data import VERDICTS, Claim, Figure, Map, Table
from nnexpr.experiments.discovery import Experiment, find
from nnexpr.experiments.findings import Finding, kept_finding
from nnexpr.experiments.wording import cell_text, verdict_text
from nnexpr.runs.store import Store
from nnexpr.specification import InputError
from nnexpr_tui.commands.completion import experiments
from nnexpr_tui.commands.group import FailedRunError
from nnexpr_tui.commands.interrupts import Pending, signals
from nnexpr_tui.commands.options import (
    SectionedCommand,
    declared_options,
    json_option,
    output_option,
    store_option,
    threads_option,
)
from nnexpr_tui.commands.output import (
    Progress,
    count,
    print_chart,
    print_grid,
    print_json,
    print_table,
    print_text,
    say,
    stdout_width,
)
from nnexpr_tui.documents import experiments_document

__all__ = ["How", "performed", "reproduce"]

_EXAMPLES = {
    "--list": "what there is",
    "manifold --quick": "one source, in minutes",
    "bends --figures": "one experiment, with its figures",
    "numerics --report numerics.html": "a page to hand on",
}
GAP = 3  # between two columns of a table

Column = tuple[str, ...]  # its heading and its cells


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@click.argument("name", metavar="[EXPERIMENT|GROUP|all]", required=False, shell_complete=experiments)
@output_option("--quick", is_flag=True, help="fewer members or epochs; the output says that it is quick")
@output_option(
    "--large", is_flag=True, help="the source's own size where a smaller one is taken else; for a GPU"
)
@output_option("--list", "listed", is_flag=True, help="list the experiments and leave")
@output_option(
    "--figures", is_flag=True, help="also give the figures: charts and maps, or their numbers with --json"
)
@output_option(
    "--report", metavar="FILE.html", help="also write claims, verdicts, tables and figures there, as one page"
)
@output_option(
    "--kept", is_flag=True, help="take what this version has found before, and measure only the rest"
)
@declared_options(
    "device",
    "seed",
    words={
        "device": "where the networks of waves, star and oscillations are trained: auto, cpu, cuda, cuda:N or mps",
        "seed": "from which all is drawn that the sources draw at random",
    },
    device="cpu",
)
@threads_option
@json_option
@store_option
def reproduce(
    name: str | None,
    quick: bool,
    large: bool,
    listed: bool,
    figures: bool,
    report: str | None,
    kept: bool,
    device: str | None,
    seed: int | None,
    as_json: bool,
    store: Store,
) -> int:
    """Reproduce the sources' tables, figures and claims, and judge each claim by what was measured.

    A claim that fails is shown as failing. A run that was interrupted goes on where it was when it is asked for again.
    --seed draws everything anew: networks, peaks, random targets and points.
    """
    experiments = find("all" if name is None else name)
    if listed or name is None:
        _list(experiments, as_json)
        return 0
    page = None if report is None else _check_report(report)
    if quick and large:
        raise InputError("large", "on", "with quick there is nothing large; give one of the two")
    if kept and seed:
        raise InputError(
            "kept", "on", f"what was kept is of seed 0, not of seed {seed}; leave one of the two out"
        )
    how = How(quick, large, _device(device), seed or 0)
    found: list[Finding] = []
    with signals(deferred=True) as pending:
        for number, experiment in enumerate(experiments, 1):
            finding = _kept(experiment, how, store) if kept else None
            finding = finding or performed(experiment, f"{number}/{len(experiments)}", how, store, pending)
            if finding is None:
                break
            found.append(finding)
            if not as_json:
                _show(experiment, finding, figures=figures)
        if as_json:
            done = zip(experiments, found, strict=False)
            print_json(experiments_document(done, quick=quick, large=large, figures=figures, seed=how.seed))
        elif len(found) > 1:
            _print_verdicts([claim for one in found for claim in one.result.claims])
        unwritten = page and _write_report(page, name, experiments, found, how)
    if pending.code is not None:
        say(
            f"Interrupted after {len(found)} of {len(experiments)} experiments; the same command goes on from here."
        )
        return pending.code
    if unwritten:
        raise FailedRunError(unwritten)
    return 0


def _kept(experiment: Experiment, how: How, store: Store) -> Finding | None:
    large = how.large and bool(experiment.large)
    return kept_finding(store.findings, experiment.id, quick=how.quick, large=large, device=how.device)


def _check_report(path: str) -> Path:
    """The path, if a page can be written there: asked before anything is measured."""
    place = Path(path)
    if place.suffix.lower() != ".html" or place.is_dir():
        raise InputError("report", path, "it must be a file whose name ends in .html")
    if not place.parent.is_dir():
        raise InputError("report", path, "its folder must be there and writable")
    try:
        try_writing(place)
    except OSError as error:
        raise InputError("report", path, f"it cannot be written: {error.strerror or error}") from None
    return place


def _write_report(
    place: Path, name: str, experiments: Sequence[Experiment], found: Sequence[Finding], how: How
) -> str:
    """Write what was found; why that failed, if it did."""
    from nnexpr.exports.report import Report, write_report

    words = ["nnexpr-tui", "reproduce", name, *["--quick"] * how.quick, *["--large"] * how.large]
    words += ["--device", how.device] * (how.device != "cpu") + ["--seed", str(how.seed)] * (how.seed != 0)
    words += ["--report", place.name]
    done = tuple(zip(experiments, found, strict=False))
    try:
        write_report(Report(name, done, tuple(experiments[len(found) :]), how.seed, shlex.join(words)), place)
    except OSError as error:
        return f"{place} could not be written: {error.strerror or error}"
    say(f"The report is {place}.")
    return ""


class How(NamedTuple):
    """How experiments are run; as :func:`~nnexpr.experiments.runner.perform` has it."""

    quick: bool = False
    large: bool = False
    device: str = "cpu"
    seed: int = 0


def _device(name: str | None) -> str:
    """A device that works; raises InputError. Only what is not the processor costs torch."""
    if name in (None, "cpu"):
        return "cpu"
    from nnexpr.training.devices import resolve_device

    return str(resolve_device(str(name)))


def performed(experiment: Experiment, place: str, how: How, store: Store, pending: Pending) -> Finding | None:
    """What it found, kept beside the runs, where the explorer finds it too; None where a signal cut it short."""
    from nnexpr.experiments.runner import perform

    with Progress(f"{place} {experiment.id}", 1.0) as bar:

        def tell(share: float, note: str) -> None:
            if pending.code is not None:
                raise Cancelled
            bar.show(share, note)

        with suppress(Cancelled):
            return perform(experiment, store.findings, **how._asdict(), progress=tell)
    return None


# --- for people


def _list(experiments: tuple[Experiment, ...], as_json: bool) -> None:
    if as_json:
        keys = ("id", "group", "source", "title", "question")
        listed = [
            {
                **{key: getattr(one, key) for key in keys},
                "settings": {
                    key: getattr(one, key) for key in ("full", "quick", "large") if getattr(one, key)
                },
            }
            for one in experiments
        ]
        print_json({"schema": 1, "experiments": listed})
        return
    rows = [(one.id, one.group, one.title, one.question) for one in experiments]
    print_table("Experiments", ("id", "group", "title", "question"), rows, words=True)


def _show(experiment: Experiment, finding: Finding, *, figures: bool) -> None:
    mark = " (quick: fewer members or epochs than the source)" if finding.quick else ""
    print_text(f"{experiment.title}{mark}", style="bold")
    print_text(f"{experiment.source}. {experiment.question}")
    taken = experiment.quick if finding.quick else experiment.large if finding.large else experiment.full
    print_text(f"{taken}\n")
    for table in finding.result.tables:
        _print_blocks(table)
    for figure in finding.result.figures if figures else ():
        _draw(figure)
    if finding.result.figures and not figures:
        say(f"{count(len(finding.result.figures), 'figure')}: --figures shows them.")
    _print_claims(finding.result.claims)


def _print_blocks(table: Table) -> None:
    """The table, its columns in as many blocks as it takes to break no number; the columns that name a row in each."""
    columns = list(
        zip(table.columns, *([cell_text(cell) for cell in row] for row in table.rows), strict=True)
    )
    room, whole = stdout_width() - 1, sum(max(map(len, texts)) + GAP for texts in columns)
    blocks = [columns] if whole <= room else _blocks(table, columns, room)
    for number, block in enumerate(blocks):
        names, *rows = zip(*block, strict=True)
        title = f"{table.title}{' (continued)' * (number > 0)}"
        print_table(title, names, rows, narrow=whole > room)


def _blocks(table: Table, columns: list[Column], room: int) -> list[list[Column]]:
    """Columns, block by block: the leading ones that hold texts, and as many of the others as fit word by word."""
    leading = len(list(takewhile(lambda cell: isinstance(cell, str), table.rows[0]))) or 1
    names, blocks = columns[:leading], [columns[:leading]]
    for column in columns[leading:]:
        words = [" ".join(texts).split() for texts in (*blocks[-1], column)]
        if sum(max(map(len, each)) + GAP for each in words) > room and len(blocks[-1]) > leading:
            blocks.append(names.copy())
        blocks[-1].append(column)
    return blocks


def _print_claims(claims: Sequence[Claim]) -> None:
    if not claims:
        return
    columns = ("", "claim", "expected", "measured", "verdict", "fails if")
    print_table("Claims", columns, map(_claim_cells, claims), words=True)
    for claim in claims:
        if claim.verdict == "fails":
            print_text(f"{claim.id} fails: {claim.statement}.", style="bold yellow")
        if claim.why:
            verdict = "" if claim.verdict == "fails" else f"{claim.id} is {verdict_text(claim.verdict)}: "
            print_text(f"{verdict}{claim.why}")
    print_text()


def _claim_cells(claim: Claim) -> tuple[str, ...]:
    tolerance = "" if claim.tolerance is None else f" ({cell_text(claim.tolerance)})"
    expected, measured = f"{cell_text(claim.expected)}{tolerance}", cell_text(claim.measured)
    return claim.id, claim.statement, expected, measured, verdict_text(claim.verdict), claim.fails_if


def _print_verdicts(claims: list[Claim]) -> None:
    """How many claims have which verdict, and which they are."""
    ids = {verdict: [claim.id for claim in claims if claim.verdict == verdict] for verdict in VERDICTS}
    rows = [
        (verdict_text(verdict), str(len(which)), ", ".join(which) or "–") for verdict, which in ids.items()
    ]
    print_table("All claims", ("verdict", "claims", "which"), rows, words=True)


def _draw(figure: Figure | Map) -> None:
    from nnexpr_tui.charts.figures import figure_chart

    if isinstance(figure, Map):
        print_text(
            f"{figure.title}: {figure.label or 'values'} over {figure.x_label} and {figure.y_label}",
            style="bold",
        )
        print_grid(figure)
        return
    print_text(f"{figure.title}: {figure.y_label} over {figure.x_label}", style="bold")
    print_chart(figure_chart(figure))
