"""``reproduce``: runs experiments of the sources and shows their tables, figures and claims with what was measured."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile

import click

from nnexpr.experiments.registry import VERDICTS, Claim, Experiment, Figure, Result, Table, find
from nnexpr.runs.store import Store
from nnexpr_tui.commands.interrupts import Pending, deferred
from nnexpr_tui.commands.options import (
    SectionedCommand,
    declared_options,
    json_option,
    output_option,
    store_option,
)
from nnexpr_tui.commands.output import (
    print_chart,
    print_json,
    print_table,
    print_text,
    progress,
    say,
    stdout_width,
)
from nnexpr_tui.commands.threads import use_threads
from nnexpr_tui.documents import cell_text, experiments_document

__all__ = ["reproduce"]


class _Cancelled(Exception):
    """A signal arrived while an experiment ran."""


@dataclass(frozen=True)
class _Done:
    experiment: Experiment
    result: Result
    seconds: float


@click.command(cls=SectionedCommand)
@click.argument("name", metavar="[EXPERIMENT|GROUP|all]", required=False)
@output_option("--quick", is_flag=True, help="fewer members or epochs; the output says that it is quick")
@output_option("--list", "listed", is_flag=True, help="list the experiments and leave")
@output_option("--figures", is_flag=True, help="also give the figures: charts, or their numbers with --json")
@declared_options("seed", "threads")
@json_option
@store_option()
def reproduce(
    name: str | None,
    quick: bool,
    listed: bool,
    figures: bool,
    seed: int | None,
    threads: int | None,
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
    use_threads(threads)
    chosen = seed or 0
    done: list[_Done] = []
    with deferred() as pending:
        for number, experiment in enumerate(experiments, 1):
            one = _run(experiment, f"{number}/{len(experiments)}", quick, chosen, store, pending)
            if one is None:
                break
            done.append(one)
            if not as_json:
                _show(one, quick=quick, figures=figures)
        if as_json:
            entries = ((one.experiment, one.result, one.seconds) for one in done)
            print_json(experiments_document(entries, quick=quick, figures=figures, seed=chosen))
        elif len(done) > 1:
            _print_verdicts([claim for one in done for claim in one.result.claims])
    if pending.code is not None:
        say(
            f"Interrupted after {len(done)} of {len(experiments)} experiments; the same command goes on from here."
        )
        return pending.code
    return 0


def _run(
    experiment: Experiment, place: str, quick: bool, seed: int, store: Store, pending: Pending
) -> _Done | None:
    """What the experiment gave, with its seconds; None where a signal cut it short.

    It is kept beside the runs, where the explorer's Experiments screen finds it, unless other draws were asked for.
    """
    from nnexpr.experiments.parts import keeping
    from nnexpr_tui.experiments.findings import Finding, keep_finding

    began = time.monotonic()
    kept_in = store.findings
    with progress(f"{place} {experiment.id}", 1.0) as bar:

        def report(fraction: float, note: str) -> None:
            if pending.code is not None:
                raise _Cancelled
            bar.show(fraction, note)

        try:
            report(0.0, "")
            with keeping(experiment.id, kept_in, quick=quick, seed=seed):
                result = experiment.run(quick, report, seed)
        except _Cancelled:
            return None
    seconds = time.monotonic() - began
    if seed == 0:
        with suppress(OSError):
            keep_finding(Finding(experiment.id, quick, seconds, time.time(), result), kept_in)
    return _Done(experiment, result, seconds)


# --- for people


def _list(experiments: tuple[Experiment, ...], as_json: bool) -> None:
    if as_json:
        keys = ("id", "group", "source", "title", "question")
        print_json(
            {
                "schema": 1,
                "experiments": [
                    {**{key: getattr(one, key) for key in keys}, "settings": vars(one.settings)}
                    for one in experiments
                ],
            }
        )
        return
    rows = [(one.id, one.group, one.title, one.question) for one in experiments]
    print_table("Experiments", ("id", "group", "title", "question"), rows, words=True)


def _show(done: _Done, *, quick: bool, figures: bool) -> None:
    mark = " (quick: fewer members or epochs than the source)" if quick else ""
    print_text(f"{done.experiment.title}{mark}", style="bold")
    settings = done.experiment.settings
    print_text(f"{done.experiment.source}. {done.experiment.question}")
    print_text(f"{settings.quick if quick else settings.full}\n")
    for table in done.result.tables:
        _print_blocks(table)
    for figure in done.result.figures if figures else ():
        _chart(figure)
    if done.result.figures and not figures:
        say(f"{len(done.result.figures)} figures: --figures shows them.")
    _print_claims(done.result.claims)


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
