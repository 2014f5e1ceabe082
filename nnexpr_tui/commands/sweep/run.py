"""``sweep FILE.toml``: reads the file, says what it means, trains what is left of it, and shows the results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from nnexpr.runs.store import Store
from nnexpr.runs.sweeps.faults import SweepFileError
from nnexpr.runs.sweeps.file import SweepFile, read_file
from nnexpr.specification import InputError
from nnexpr_tui.commands.completion import sweeps
from nnexpr_tui.commands.group import FailedRunError
from nnexpr_tui.commands.interrupts import Pending, signals, waiting
from nnexpr_tui.commands.options import (
    SectionedCommand,
    json_option,
    output_option,
    own_option,
    store_option,
    threads_option,
)
from nnexpr_tui.commands.output import Progress, count, print_json, say
from nnexpr_tui.commands.sweep.dry import show_plan
from nnexpr_tui.commands.sweep.elsewhere import Elsewhere, cluster_options
from nnexpr_tui.commands.sweep.report import document, show_failures, show_results
from nnexpr_tui.commands.sweep.show import TOP, objective_option

if TYPE_CHECKING:
    from nnexpr.runs.sweeps.local import Progress as Reached
    from nnexpr.runs.sweeps.plan import Job
    from nnexpr.runs.sweeps.sweep import Sweep

__all__ = ["run"]

_EXAMPLES = {
    "grid.toml --dry-run": "the cells, what is trained together, how long it takes; nothing is trained",
    "grid.toml": "train them; after an interrupt the same command goes on",
    "--resume 20261127-193943": "go on without the file",
    "grid.toml --scheduler tcp://127.0.0.1:8786": "by the workers of a Dask scheduler",
    "grid.toml --halving --objective max_error": "prune what is worse on the way",
    "show grid": "the results of the newest sweep of that name",
}


@click.command("run", cls=SectionedCommand, examples=_EXAMPLES, hidden=True)
@click.argument("file", metavar="[FILE.toml]", required=False, type=click.Path())
@output_option("--dry-run", is_flag=True, help="print the cells, the jobs and an estimate, and train nothing")
@output_option(
    "--resume", metavar="ID", help="go on with this sweep, named by its id or its name", shell_complete=sweeps
)
@output_option("--again", is_flag=True, help="begin anew where a sweep of the same cells is there")
@own_option("stop_after", "integer", None, "end once so many jobs have failed", "Output", minimum=1)
@own_option("top", "integer", None, f"so many cells in the tables; {TOP} unless given", "Output", minimum=1)
@objective_option("loss; best_loss with --halving")
@output_option(
    "--halving",
    is_flag=True,
    help="train all cells for few epochs, the best third for three times as many, and so on",
)
@cluster_options
@threads_option
@json_option
@store_option
def run(
    file: str | None, dry_run: bool, resume: str | None, again: bool, stop_after: int | None, top: int | None,
    objective: str | None, halving: bool, as_json: bool, store: Store, scheduler: str | None, tls_ca: str | None,
    tls_cert: str | None, tls_key: str | None, patience: float | None,
) -> int:  # fmt: skip
    """Train the fits that a TOML file describes, cells that can be together as one ensemble.

    FILE.toml has a table [base] of options of fit, and what varies in [grid] (every combination), [zip] (together) and
    [random] (draws); seeds = N trains each with N seeds. Each network is a cell. Results are kept in the store; the
    same command goes on where it was interrupted.
    """
    if (file is None) == (resume is None):
        raise InputError("file", file or "missing", "give FILE.toml, or --resume ID of a sweep that is there")
    if halving and resume:
        raise InputError("halving", "given", "leave it out; a sweep that is there has its way already")
    elsewhere = None
    if scheduler is not None:
        elsewhere = Elsewhere(scheduler, (tls_ca, tls_cert, tls_key), patience)
        elsewhere.require()
    read = None if file is None else _read(file)
    with waiting("Loading torch and the compiled loops ..."):
        from nnexpr.runs.sweeps.sweep import Sweep
    if dry_run:
        if read is None:
            raise InputError(
                "dry_run", "given", "it is of a FILE.toml; sweep show ID shows a sweep that is there"
            )
        return show_plan(read, store, as_json=as_json)
    store.require_writable()
    by = objective or "best_loss" if halving else ""
    with _told(store):
        sweep = Sweep.open(store, resume or "") if read is None else _sweep(store, read, by, again=again)
    if sweep.changed_data and sweep.left():
        path = sweep.changed_data[0]
        raise InputError("resume", sweep.id, f"{path} does not hold what it held when the sweep began")
    with _told(store), signals(deferred=True) as pending, sweep.held():
        if elsewhere is not None:
            elsewhere.warn()
        if sweep.halving and not _halved(sweep, pending, elsewhere):
            say(f"Interrupted; nnexpr-tui sweep --resume {sweep.id} goes on.")
            return pending.code or 130
        shown = top or TOP, objective or sweep.halving or "loss"
        return _carried_out(sweep, store, pending, stop_after, shown, elsewhere, as_json=as_json)


@contextmanager
def _told(store: Store) -> Iterator[None]:
    """What the disk of the store does not do, as a sentence; what was written before stands."""
    try:
        yield
    except OSError as error:
        why = f"the sweep cannot be kept in {store.folder}: {error.strerror or error}"
        raise FailedRunError(f"{why}; what was kept stands, and the same command goes on") from None


def _read(file: str) -> SweepFile:
    """The file; of several faults each is told on its line."""
    try:
        return read_file(file)
    except SweepFileError as error:
        if len(error.faults) == 1:
            raise
        for fault in error.faults:
            say(f"{file}, {fault}.")
        raise InputError("file", file, f"{count(len(error.faults), 'fault')} in it") from None


def _sweep(store: Store, read: SweepFile, halving: str, *, again: bool) -> Sweep:
    """The newest sweep of the file's cells, or a new one; where the file was another then, what has changed is told."""
    from nnexpr.runs.sweeps.check import check_file
    from nnexpr.runs.sweeps.same import changes, find

    found, before = find(store, read, halving)
    if found is not None and not again:
        say(f"Sweep {found.id} of {found.entry.created} has the same cells; it goes on.")
        return found
    if before is not None and (told := changes(before, read)):
        say(f"{read.path} has changed since sweep {before.id}: {told}. A new sweep begins.")
    for note in check_file(read):
        say(note)
    from nnexpr.runs.sweeps.sweep import Sweep

    return Sweep.begin(store, read, halving=halving)


def _halved(sweep: Sweep, pending: Pending, elsewhere: Elsewhere | None) -> bool:
    """Prune cells rung by rung, on this machine or elsewhere, with a bar; False where it was interrupted."""
    import torch

    from nnexpr.runs.sweeps.halving import halve, scores_here
    from nnexpr.runs.sweeps.local import beside

    with Progress("rungs of halving", 1.0) as bar:

        def tell(reached: Reached) -> None:
            cells = sum(len(job.cells) for job in reached.jobs)
            bar.show(reached.work_done / max(1.0, reached.work), f"of {count(cells, 'cell')}")

        def stop() -> bool:
            return pending.code is not None

        if elsewhere is not None:
            from nnexpr.runs.cluster.carrying import Listener

            scores = elsewhere.scores(sweep, Listener(say, tell, stop))
        else:
            workers = beside(sweep.jobs, torch.get_num_threads())
            scores = scores_here(sweep.halving, workers=workers, tell=tell, stop=stop)
        whole = halve(sweep, scores)
    kept = sum(cell.state != "pruned" for cell in sweep.cells)
    if whole:
        say(f"Of {count(len(sweep.cells), 'cell')} {kept:,} are trained to the end, by {sweep.halving}.")
    return whole


def _carried_out(
    sweep: Sweep, store: Store, pending: Pending, stop_after: int | None, shown: tuple[int, str],
    elsewhere: Elsewhere | None, *, as_json: bool,
) -> int:  # fmt: skip
    """Train what is left and tell what came of it; the exit code."""
    from nnexpr.runs.sweeps.table import table_of

    jobs = sweep.left()
    reached = _trained(sweep, jobs, store, pending, stop_after, elsewhere) if jobs else None
    stopped = reached is not None and reached.stopped
    state = "stopped" if stopped else "failed" if sweep.failures else "finished"
    sweep.conclude(state)  # type: ignore[arg-type]
    if as_json:
        print_json(document(sweep, state))
    else:
        show_failures(sweep.failures)
        show_results(table_of(sweep), *shown)
    left = sum(cell.state not in ("done", "pruned") for cell in sweep.cells)
    if pending.code is not None and left:
        say(f"Interrupted with {count(left, 'cell')} left; nnexpr-tui sweep --resume {sweep.id} goes on.")
        return pending.code
    pruned = sum(cell.state == "pruned" for cell in sweep.cells)
    told = f", {pruned:,} pruned on the way" if pruned else ""
    say(
        f"Sweep {sweep.id}: {len(sweep.cells) - left - pruned:,} of {count(len(sweep.cells), 'cell')} done{told}."
    )
    if sweep.failures:
        raise FailedRunError(
            f"{count(len(sweep.failures), 'job')} failed; sweep --resume {sweep.id} tries again"
        )
    if all(cell.metrics.get("nonfinite") for cell in sweep.cells):
        raise FailedRunError("all cells diverged: the loss is not finite; a smaller lr may help")
    return 0


def _trained(
    sweep: Sweep, jobs: list[Job], store: Store, pending: Pending, stop_after: int | None,
    elsewhere: Elsewhere | None,
) -> Reached:  # fmt: skip
    """Train the jobs on this machine or elsewhere, with a bar."""
    import torch

    from nnexpr.runs.sweeps.estimate import require_fits
    from nnexpr.runs.sweeps.local import beside, run_here

    workers, where = 1, f"by {elsewhere.address}" if elsewhere else ""
    if elsewhere is None:
        require_fits(jobs, store.folder)
        workers = beside(jobs, torch.get_num_threads())
        where = f"{workers} at once"
    cells = sum(len(job.cells) for job in jobs)
    say(f"Training {count(cells, 'cell')} in {count(len(jobs), 'job')}, {where}, as sweep {sweep.id}.")
    with Progress("sweep", 1.0) as bar:

        def tell(reached: Reached) -> None:
            done = sum(len(job.cells) for job in jobs if job.number in reached.done)
            failed = f", {count(len(reached.failed), 'job')} failed" if reached.failed else ""
            bar.show(
                reached.work_done / max(1.0, reached.work), f"{done:,} of {count(cells, 'cell')}{failed}"
            )

        def stop() -> bool:
            return pending.code is not None

        if elsewhere is not None:
            from nnexpr.runs.cluster.carrying import Listener

            return elsewhere.carried_out(sweep, jobs, Listener(say, tell, stop, stop_after))
        return run_here(sweep, jobs, workers=workers, tell=tell, stop=stop, stop_after=stop_after)
