"""A training that has begun, with what is seen and kept of it: built anew, or taken up from a run of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnexpr.runs.keeper import Keeper
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.recording import Scene

if TYPE_CHECKING:
    from nnexpr.runs.run import Run
    from nnexpr.runs.store import Store
    from nnexpr.specification import FitSpecification
    from nnexpr.training.session import Session

__all__ = ["Training", "begun", "notes_of", "taken_up"]


class Training(NamedTuple):
    """A session, and what is seen and kept of it."""

    specification: FitSpecification  # as it was asked for
    session: Session
    recorder: Recorder
    scene: Scene
    keeper: Keeper | None


def begun(
    specification: FitSpecification, session: Session, store: Store | None, keep_every: float
) -> Training:
    """A session at epoch 0; ``store`` None: nothing is kept of it."""
    from nnexpr.runs.scene import scene_of

    scene = scene_of(session)
    keeper = Keeper(store, keep_every) if store is not None else None
    return Training(specification, session, Recorder(session, scene), scene, keeper)


def taken_up(run: str, store: Store, keep_every: float) -> Training:
    """The run where it was kept last: it goes on bit for bit, is kept under its id, and held from before it is read.

    Raises InputError where another process trains it, or there is nothing to go on from. Where its last checkpoint is
    damaged the previous one takes its place, and the keeper's ``problem`` says so.
    """
    kept = store.named(run)
    keeper = Keeper(store, keep_every, kept.id)
    keeper.take()
    try:
        session, recorder, scene = _as_kept(kept)
    except BaseException:
        keeper.release()
        raise
    return Training(session.specification, session, recorder, scene, keeper)


def _as_kept(kept: Run) -> tuple[Session, Recorder, Scene]:
    from nnexpr.runs.scene import scene_of
    from nnexpr.specification import InputError

    has_snapshots = bool(kept.head().snapshots)
    session = kept.session()
    if session.state == "failed":
        raise InputError("run", kept.id, "all of its members have diverged: there is nothing to go on with")
    recorder = Recorder(session, scene := scene_of(session))
    if has_snapshots:
        recorder.resume(kept.recording())
    return session, recorder, scene


def notes_of(session: Session) -> tuple[str, ...]:
    """What was taken otherwise than one may think: a device passed over, the encoding's period, a file's columns."""
    from nnexpr.training.devices import passed_over

    encoding = session.network.encoding
    told = (passed_over(session.specification.device), encoding.note if encoding else "")
    return (*filter(None, told), *session.target.notes)
