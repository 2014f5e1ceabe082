"""When a run is kept: at most every so many seconds, and in at most a small share of the time."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from nnexpr.runs.holding import Held, hold
from nnexpr.runs.run import Run
from nnexpr.specification import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.runs.recorder import Recorder
    from nnexpr.runs.store import Store
    from nnexpr.training.session import Session

__all__ = ["Keeper"]

LEAST_REST = 20  # times what the last checkpoint cost: keeping takes at most a twentieth of the time
OVER = ("finished", "failed", "stopped")  # states of a session that trains no more
QUICK_EPOCH = 0.1  # seconds; where epochs take longer, a checkpoint makes no pass over the points of its own


class Keeper:
    """Keeps one run in a store, every time over what it kept of it before; a new one unless one is given.

    ``run``: its id, and ``epoch``: that of its file; None before it was kept. ``problem``: one sentence on why the last
    attempt failed, if it did; what was written before stands. ``words``: what the file's head says beside what every
    run's does. While the session can still train, the keeper holds the run (:mod:`nnexpr.runs.holding`) from the first
    time on that it was kept.
    """

    def __init__(
        self, store: Store, every: float, run: str | None = None, words: Mapping[str, Any] | None = None
    ) -> None:
        self._store, self._every, self._words = store, every, dict(words or {})
        self._next = monotonic() + every
        self.run = run
        self.epoch: int | None = None
        self.problem = ""
        self._let_go: weakref.finalize[..., Keeper] | None = None

    def take(self) -> None:
        """Hold the run that was given, from before it is read; raises InputError where another process trains it.

        Where its file is damaged the previous checkpoint takes its place, and ``problem`` says so. Raises OSError where
        that cannot be written.
        """
        try:
            if self.run is not None:
                self._hold(self.run)
                self.problem = Run(self.run, self._store.place(self.run)).mend()
        except Held as error:
            raise InputError("run", str(self.run), str(error.strerror)) from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """While inside, the run that was given is taken (:meth:`take`)."""
        self.take()
        try:
            yield
        finally:
            self.release()

    def _hold(self, run: str) -> None:
        if self._let_go is None:
            self._store.make_folder()
            self._let_go = weakref.finalize(self, hold(self._store.place(run)))

    def _hold_new(self) -> str:
        """A fresh id, held: of many processes that begin in one second two may have drawn the same."""
        while True:
            run = self._store.fresh_id()
            with suppress(Held):
                self._hold(run)
                if not self._store.place(run).exists():  # nor was it kept, and let go, before it was held
                    return run
                self.release()

    def release(self) -> None:
        """Let others go on with the run."""
        if self._let_go is not None:
            self._let_go()
            self._let_go = None

    def keep(self, session: Session, recorder: Recorder | None = None) -> None:
        """Write the run as it is now, with what was recorded of it; where that fails, ``problem`` says why."""
        from nnexpr.runs.contents import tensors_of, words_of

        began = monotonic()
        try:
            losses = _losses(session, recorder)
            checkpoint = session.checkpoint()
            recording = recorder.recording() if recorder is not None else None
            run = self.run or self._hold_new()
            self._hold(run)
            self.run = self._store.keep(
                session.current_network(),
                session.specification,
                session.target,
                epoch=session.epoch,
                losses=losses.tolist(),
                run=run,
                words=words_of(session, checkpoint, recording) | self._words,
                tensors=tensors_of(session, checkpoint, losses, recording),
                goes_on=session.state not in OVER,
            )
            self.epoch, self.problem = session.epoch, ""
        except OSError as error:
            kept = "" if self.epoch is None else f"; what is there is of epoch {self.epoch:,}"
            self.problem = (
                f"the run could not be kept in {self._store.folder}: {error.strerror or error}{kept}"
            )
        finally:
            if self.run is None or session.state in OVER:
                self.release()
            now = monotonic()
            self._next = now + max(self._every, LEAST_REST * (now - began))

    @property
    def kept(self) -> str | None:
        """The run's id, where there is a file of it: a name that was claimed may never have come to one."""
        return self.run if self.run is not None and self._store.find(self.run) else None

    @property
    def is_due(self) -> bool:
        """Whether the last checkpoint is old enough."""
        return monotonic() >= self._next


def _losses(session: Session, recorder: Recorder | None) -> NDArray[np.floating]:
    """``(members,)`` in own units: as they are now, or while long epochs go on, the last that were measured."""
    is_long = session.seconds > QUICK_EPOCH * session.epoch
    if session.state in ("running", "paused") and is_long and len(session.history):
        last: NDArray[np.floating] = session.history.losses[-1]
        return last
    return session.losses() if recorder is None else recorder.record().losses
