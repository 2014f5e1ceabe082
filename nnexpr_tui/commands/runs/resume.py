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
from nnexpr_tui.commands.interrupts import waiting
from nnexpr_tui.commands.options import SectionedCommand, json_option, own_option, store_option
from nnexpr_tui.commands.output import say
from nnexpr_tui.threads import use_threads

if TYPE_CHECKING:
    from nnexpr.runs.recorder import Recorder
    from nnexpr.training.session import Session

__all__ = ["resume"]

_EXAMPLES = {
    "20261127-193943": "to the end of its epochs",
    "20261127-193943 --epochs 20000": "beyond it",
}


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@click.argument("run", metavar="ID", shell_complete=runs)
@own_option(
    "epochs", "integer", None, "train to this epoch in place of the one asked for then", "Training", minimum=1
)
@own_option(
    "checkpoint_every", "number", 2.0, "seconds between two checkpoints of the run", "Output", minimum=0
)
@json_option
@store_option
def resume(run: str, epochs: int | None, checkpoint_every: float | None, as_json: bool, store: Store) -> int:
    """Go on with a run from its last checkpoint.

    The device and the threads are those of its first part. On the same machine it ends bit for bit where it would have
    ended had it never stopped. The run is kept under its id.
    """
    kept = store.named(run)
    store.require_writable()
    keeper = Keeper(store, 2.0 if checkpoint_every is None else checkpoint_every, kept.id)
    with keeper.held():
        session, recorder = _taken_up(kept, epochs)
        say(f"Going on from epoch {session.epoch:,}.")
        session.start()
        return carried_out(session, recorder, keeper, as_json=as_json)


def _taken_up(kept: Run, epochs: int | None) -> tuple[Session, Recorder | None]:
    """Its session, which holds at its last checkpoint, and what goes on recording it."""
    head = kept.head()
    use_threads(head.config.get("threads"))
    with waiting("Loading torch and the compiled loops ..."):
        from nnexpr.runs.recorder import Recorder
        from nnexpr.runs.scene import scene_of

        session = kept.session()
        recorder = Recorder(session, scene_of(session)) if head.snapshots else None
        if recorder is not None:
            recorder.resume(kept.recording())
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
