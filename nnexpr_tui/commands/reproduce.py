"""``reproduce``: runs experiments of the sources and shows their tables, figures and claims with what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import takewhile

import click

from nnexpr.experiments.attempt import Cancelled
from nnexpr.experiments.data import VERDICTS, Claim, Figure, Table
from nnexpr.experiments.discovery import Experiment, find
from nnexpr.experiments.findings import Finding
from nnexpr.runs.store import Store
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
    print_json,
    print_table,
    print_text,
    say,
    stdout_width,
)
from nnexpr_tui.documents import cell_text, experiments_document

__all__ = ["reproduce"]


@click.command(cls=SectionedCommand)
@click.argument("name", metavar="[EXPERIMENT|GROUP|all]", required=False)
@output_option("--quick", is_flag=True, help="fewer members or epochs; the output says that it is quick")
@output_option("--list", "listed", is_flag=True, help="list the experiments and leave")
@output_option("--figures", is_flag=True, help="also give the figures: charts, or their numbers with --json")
@declared_options("seed")
@threads_option
@json_option
@store_option
def reproduce(
    name: str | None,
    quick: bool,
    listed: bool,
    figures: bool,
    seed: int | None,
    as_json: bool,
    store: Store,
) -> int:
    """Reproduce the sources' tables, figures and claims, and judge each claim by what was measured.

    A claim that fails is shown as failing. A run that was interrupted goes on where it was when it is asked for again.
    --seed draws everything anew: networks, peaks, random targets and points.
    """
    experiments = find(name or "all")
    if listed or name is None:
        _list(experiments, as_json)
        return 0
    found: list[Finding] = []
    with signals(deferred=True) as pending:
        for number, experiment in enumerate(experiments, 1):
            finding = _perform(experiment, f"{number}/{len(experiments)}", quick, seed or 0, store, pending)
            if finding is None:
                break
            found.append(finding)
            if not as_json:
                _show(experiment, finding, figures=figures)
        if as_json:
            done = zip(experiments, found, strict=False)
            print_json(experiments_document(done, quick=quick, figures=figures, seed=seed or 0))
        elif len(found) > 1:
            _print_verdicts([claim for one in found for claim in one.result.claims])
    if pending.code is not None:
        say(
            f"Interrupted after {len(found)} of {len(experiments)} experiments; the same command goes on from here."
        )
        return pending.code
    return 0


def _perform(
    experiment: Experiment, place: str, quick: bool, seed: int, store: Store, pending: Pending
) -> Finding | None:
    """What it found, kept beside the runs, where the explorer finds it too; None where a signal cut it short."""
    from nnexpr.experiments.runner import perform

    with Progress(f"{place} {experiment.id}", 1.0) as bar:

        def tell(share: float, note: str) -> None:
            if pending.code is not None:
                raise Cancelled
            bar.show(share, note)

        with suppress(Cancelled):
            return perform(experiment, store.findings, quick=quick, seed=seed, progress=tell)
    return None


# --- for people


def _list(experiments: tuple[Experiment, ...], as_json: bool) -> None:
    if as_json:
        listed = [{key: value for key, value in vars(one).items() if key != "run"} for one in experiments]
        print_json({"schema": 1, "experiments": listed})
        return
    rows = [(one.id, one.group, one.title, one.question) for one in experiments]
    print_table("Experiments", ("id", "group", "title", "question"), rows, words=True)


def _show(experiment: Experiment, finding: Finding, *, figures: bool) -> None:
    mark = " (quick: fewer members or epochs than the source)" if finding.quick else ""
    print_text(f"{experiment.title}{mark}", style="bold")
    print_text(f"{experiment.source}. {experiment.question}")
    print_text(f"{experiment.settings.quick if finding.quick else experiment.settings.full}\n")
    for table in finding.result.tables:
        _print_blocks(table)
    for figure in finding.result.figures if figures else ():
        _chart(figure)
    if finding.result.figures and not figures:
        say(f"{count(len(finding.result.figures), 'figure')}: --figures shows them.")
    _print_claims(finding.result.claims)


def _print_blocks(table: Table) -> None:
    """The table, its columns in as many blocks as it takes to break no number; the columns that name a row in each."""
    cells = [[cell_text(cell) for cell in row] for row in table.rows]
    width = stdout_width()
    roomy = _width(table.columns, cells, whole=True) <= width
    for number, block in enumerate([range(len(table.columns))] if roomy else _blocks(table, cells, width)):
        columns, rows = (
            [table.columns[place] for place in block],
            [[row[place] for place in block] for row in cells],
        )
        title = f"{table.title}{' (continued)' * (number > 0)}"
        print_table(title, columns, rows, narrow=not roomy)


def _blocks(table: Table, cells: list[list[str]], width: int) -> list[list[int]]:
    """Places of columns, block by block: the leading ones that hold texts, and as many of the others as fit."""
    places = range(len(table.columns))
    names = list(takewhile(lambda place: isinstance(table.rows[0][place], str), places)) or [0]
    blocks = [names.copy()]
    for place in places[len(names) :]:
        block = [*blocks[-1], place]
        columns, rows = (
            [table.columns[each] for each in block],
            [[row[each] for each in block] for row in cells],
        )
        if _width(columns, rows, whole=False) > width and len(blocks[-1]) > len(names):
            blocks.append(names.copy())
        blocks[-1].append(place)
    return blocks


def _width(columns: Sequence[str], rows: Sequence[Sequence[str]], *, whole: bool) -> int:
    """What a table takes up, with each heading on one line or each text as narrow as its longest word."""
    texts = [[column, *(row[place] for row in rows)] for place, column in enumerate(columns)]
    widths = [
        max(len(part) for text in each for part in ([text] if whole else text.split())) for each in texts
    ]
    return sum(width + 3 for width in widths) + 1


def _print_claims(claims: Sequence[Claim]) -> None:
    if not claims:
        return
    rows = [
        (
            claim.id,
            claim.statement,
            *(cell_text(cell) for cell in (claim.expected, claim.tolerance, claim.measured)),
            claim.verdict,
        )
        for claim in claims
    ]
    print_table("Claims", ("", "claim", "expected", "tolerance", "measured", "verdict"), rows, words=True)
    for claim in claims:
        if claim.verdict == "fails":
            print_text(f"{claim.id} fails: {claim.statement}.", style="bold red")
        if claim.why:
            print_text(
                claim.why if claim.verdict == "fails" else f"{claim.id} is {claim.verdict}: {claim.why}"
            )
    print_text()


def _print_verdicts(claims: list[Claim]) -> None:
    """How many claims have which verdict, and which they are."""
    rows = []
    for verdict in VERDICTS:
        ids = [claim.id for claim in claims if claim.verdict == verdict]
        rows.append((verdict, str(len(ids)), ", ".join(ids) or "–"))
    print_table("All claims", ("verdict", "claims", "which"), rows, words=True)


def _chart(figure: Figure) -> None:
    from nnexpr_tui.charts.figures import figure_chart

    print_text(f"{figure.title}: {figure.y_label} over {figure.x_label}", style="bold")
    print_chart(figure_chart(figure))
