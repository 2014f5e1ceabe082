"""``runs resume``: a run taken up where it was kept last, to the end that it would have come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nnexpr.runs.keeper import Keeper
from nnexpr.runs.run import Run
from nnexpr.runs.store import Store
from nnexpr.specification import InputError
from nnexpr_tui.commands.completion import runs
from nnexpr_tui.commands.fit import carried_out
from nnexpr_tui.commands.options import SectionedCommand, json_option, own_option, store_option
from nnexpr_tui.commands.output import say
from nnexpr_tui.commands.taken_up import taken_up

if TYPE_CHECKING:
    from nnexpr.runs.recorder import Recorder
    from nnexpr.training.session import Session

__all__ = ["resume"]

_EXAMPLES = {
    "20261127-193943": "to the end of its epochs",
    "20261127-193943 --epochs 20000": "beyond it",
    "--latest": "whichever was cut short last",
}


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@click.argument("run", metavar="[ID]", required=False, shell_complete=runs)
@click.option("--latest", is_flag=True, help="the run that was cut short last, in place of ID")
@own_option(
    "epochs", "integer", None, "train to this epoch in place of the one asked for then", "Training", minimum=1
)
@own_option(
    "checkpoint_every", "number", 2.0, "seconds between two checkpoints of the run", "Output", minimum=0
)
@json_option
@store_option
def resume(
    run: str | None,
    latest: bool,
    epochs: int | None,
    checkpoint_every: float | None,
    as_json: bool,
    store: Store,
) -> int:
    """Go on with a run from its last checkpoint.

    The device and the threads are those of its first part. On the same machine it ends bit for bit where it would have
    ended had it never stopped. The run is kept under its id.
    """
    kept = _chosen(store, run, latest)
    store.require_writable()
    keeper = Keeper(store, 2.0 if checkpoint_every is None else checkpoint_every, kept.id)
    with keeper.held():
        if keeper.problem:
            say(keeper.problem)
        session, recorder = _to_go_on(kept, epochs)
        say(f"Going on from epoch {session.epoch:,}.")
        session.start()
        return carried_out(session, recorder, keeper, as_json=as_json)


def _chosen(store: Store, run: str | None, latest: bool) -> Run:
    """The run that was asked for; raises InputError."""
    if latest == (run is not None):
        raise InputError("run", run or "missing", "give the id or the name of a run, or --latest")
    if run is not None:
        return store.named(run)
    cut_short = [entry for entry in store.entries() if entry.state == "interrupted"]
    if not cut_short:
        raise InputError("latest", "given", f"no run in {store.folder} was cut short")
    return store.named(max(cut_short, key=lambda entry: (entry.written, entry.id)).id)


def _to_go_on(kept: Run, epochs: int | None) -> tuple[Session, Recorder | None]:
    """Taken up, with more epochs if they are given; raises InputError where there is nothing to go on with."""
    session, recorder = taken_up(kept)
    if session.state == "failed":
        raise InputError("run", kept.id, "all of its members have diverged: there is nothing to go on with")
    if epochs is not None:
        if epochs <= session.epoch:
            raise InputError("epochs", epochs, f"it has {session.epoch:,} already")
        session.reconfigure(epochs=epochs)
    if session.state == "finished":
        raise InputError(
            "run", kept.id, f"all its {session.epoch:,} epochs are trained; --epochs gives it more"
        )
    return session, recorder
