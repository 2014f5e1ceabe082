"""``reproduce``: runs experiments of the sources and shows their tables, figures and claims with what was measured."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import click

from nnexpr.experiments.registry import VERDICTS, Claim, Experiment, Figure, Result, find
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
)
from nnexpr_tui.commands.threads import use_threads

__all__ = ["reproduce"]

_COLORS = ("primary", "accent", "warning", "success", "error", "secondary")


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
@declared_options("threads")
@json_option
@store_option()
def reproduce(
    name: str | None,
    quick: bool,
    listed: bool,
    figures: bool,
    threads: int | None,
    as_json: bool,
    store: str | None,
) -> int:
    """Reproduce the sources' tables, figures and claims, and judge each claim by what was measured.

    A claim that fails is shown as failing. A run that was interrupted goes on where it was when it is asked for again.
    """
    experiments = find(name or "all")
    if listed or name is None:
        _list(experiments, as_json)
        return 0
    use_threads(threads)
    done: list[_Done] = []
    with deferred() as pending:
        for number, experiment in enumerate(experiments, 1):
            one = _run(experiment, f"{number}/{len(experiments)}", quick, store, pending)
            if one is None:
                break
            done.append(one)
            if not as_json:
                _show(one, quick=quick, figures=figures)
        if as_json:
            print_json(_document(done, quick=quick, figures=figures))
        elif len(done) > 1:
            _print_verdicts([claim for one in done for claim in one.result.claims])
    if pending.code is not None:
        say(
            f"Interrupted after {len(done)} of {len(experiments)} experiments; the same command goes on from here."
        )
        return pending.code
    return 0


def _run(
    experiment: Experiment, place: str, quick: bool, store: str | None, pending: Pending
) -> _Done | None:
    """What the experiment gave, with its seconds; None where a signal cut it short."""
    from nnexpr.experiments.parts import keeping
    from nnexpr.runs.store import folder

    began = time.monotonic()
    kept_in: Path = folder(store) / "experiments"
    with progress(f"{place} {experiment.id}", 1.0) as bar:

        def report(fraction: float, note: str) -> None:
            if pending.code is not None:
                raise _Cancelled
            bar.show(fraction, note)

        try:
            report(0.0, "")
            with keeping(experiment.id + "-quick" * quick, kept_in):
                result = experiment.run(quick, report)
        except _Cancelled:
            return None
    return _Done(experiment, result, time.monotonic() - began)


def _document(done: list[_Done], *, quick: bool, figures: bool) -> dict[str, Any]:
    experiments = []
    for one in done:
        entry: dict[str, Any] = {key: getattr(one.experiment, key) for key in ("id", "title", "source")}
        entry["seconds"] = round(one.seconds, 3)
        entry["tables"] = [vars(table) for table in one.result.tables]
        entry["claims"] = [vars(claim) for claim in one.result.claims]
        if figures:
            entry["figures"] = [
                {**vars(figure), "series": [vars(curve) for curve in figure.series]}
                for figure in one.result.figures
            ]
        experiments.append(entry)
    return {"schema": 1, **({"quick": True} if quick else {}), "experiments": experiments}


# --- for people


def _list(experiments: tuple[Experiment, ...], as_json: bool) -> None:
    if as_json:
        keys = ("id", "group", "source", "title", "question")
        print_json(
            {"schema": 1, "experiments": [{key: getattr(one, key) for key in keys} for one in experiments]}
        )
        return
    rows = [(one.id, one.group, one.title, one.question) for one in experiments]
    print_table("Experiments", ("id", "group", "title", "question"), rows, words=True)


def _show(done: _Done, *, quick: bool, figures: bool) -> None:
    mark = " (quick: fewer members or epochs than the source)" if quick else ""
    print_text(f"{done.experiment.title}{mark}", style="bold")
    print_text(f"{done.experiment.source}. {done.experiment.question}\n")
    for table in done.result.tables:
        print_table(table.title, table.columns, [[_cell(cell) for cell in row] for row in table.rows])
    for figure in done.result.figures if figures else ():
        _chart(figure)
    if done.result.figures and not figures:
        say(f"{len(done.result.figures)} figures: --figures shows them.")
    _print_claims(done.result.claims)


def _print_claims(claims: Sequence[Claim]) -> None:
    if not claims:
        return
    rows = [
        (claim.id, claim.statement, _cell(claim.expected), _cell(claim.measured), claim.verdict)
        for claim in claims
    ]
    print_table("Claims", ("", "claim", "expected", "measured", "verdict"), rows, words=True)
    for claim in claims:
        if claim.verdict == "fails":
            print_text(f"{claim.id} fails: {claim.statement}", style="bold red")
    print_text()


def _print_verdicts(claims: list[Claim]) -> None:
    """How many claims have which verdict, and which they are."""
    rows = []
    for verdict in VERDICTS:
        ids = [claim.id for claim in claims if claim.verdict == verdict]
        rows.append((verdict, str(len(ids)), ", ".join(ids) or "–"))
    print_table("All claims", ("verdict", "claims", "which"), rows, words=True)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, float):
        return str(value)
    if value == 0 or 1e-2 <= abs(value) < 1e4:
        return f"{value:.3g}"
    return f"{value:.2e}".replace("e-0", "e-").replace("e+0", "e+")


def _chart(figure: Figure) -> None:
    import numpy as np

    from nnexpr_tui.charts.series import Axis, ChartData, Series

    print_text(f"{figure.title}: {figure.y_label} over {figure.x_label}", style="bold")
    curves = tuple(
        Series(np.asarray(curve.x, dtype=float), np.asarray(curve.y, dtype=float), curve.label, color)
        for curve, color in zip(figure.series, cycle(_COLORS), strict=False)
    )
    axes = Axis(figure.log_x, figure.x_label), Axis(figure.log_y, figure.y_label)
    print_chart(ChartData(curves, *axes))
