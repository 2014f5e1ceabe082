"""A run that was kept, and what is read from its file. Loading this module costs no torch."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nnexpr.runs.folder import damaged_file, labels_file, previous_file, remove
from nnexpr.runs.holding import Held, hold, holder
from nnexpr.runs.labels import Labels, labels_of
from nnexpr.specification import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nnexpr.runs.file import SavedNetwork
    from nnexpr.runs.head import Head
    from nnexpr.runs.recording import Recording
    from nnexpr.training.fit import FitResult
    from nnexpr.training.session import Session

__all__ = ["Run"]

Restored = TypeVar("Restored")
Read = TypeVar("Read")


@dataclass(frozen=True)
class Run:
    """A fit that was kept: its id and its file."""

    id: str
    path: Path

    def read(self) -> SavedNetwork:
        """All that the file holds, or where that is damaged the previous checkpoint, which then says so.

        Raises InputError where neither can be read.
        """
        from nnexpr.runs.file import load

        saved, why = self._either(load)
        if not why:
            return saved
        return replace(
            saved, stands_in=why + f"of epoch {saved.metadata['extra'].get('epoch', 0):,}, stands in"
        )

    def _either(self, read: Callable[[Path], Read]) -> tuple[Read, str]:
        """What is read of the file, or of that of the previous checkpoint and the beginning of a sentence on why."""
        try:
            return read(self.path), ""
        except InputError as error:
            earlier = previous_file(self.path)
            if not earlier.is_file():
                raise
            with suppress(InputError):
                return read(
                    earlier
                ), f"{self.path.name} cannot be read ({error.allowed}): its previous checkpoint, "
            raise

    def mend(self) -> str:
        """Let the previous checkpoint take the place of a file that is damaged, before the run goes on.

        What was there is set aside beside it. Returns one sentence on that, nothing where nothing was to be done;
        raises OSError. For whoever holds the run.
        """
        from nnexpr.runs.file import load

        with suppress(InputError):
            load(self.path)
            return ""
        try:
            why = self.read().stands_in
        except InputError:
            return ""
        if self.path.exists():
            self.path.replace(damaged_file(self.path))
        previous_file(self.path).replace(self.path)
        return why

    def labels(self) -> Labels:
        """What a person says of it: its name, tags and note."""
        return labels_of(labels_file(self.path))

    def head(self) -> Head:
        """What the head of the file says, of which no tensor is read; raises InputError where it cannot be read."""
        from nnexpr.runs.head import read_head

        head, why = self._either(lambda path: read_head(path, self.id))
        return replace(head, problem=why + f"of epoch {head.epoch:,}, stands in") if why else head

    def holder(self) -> str:
        """Who trains it: ``process 4711``; nothing where nobody does."""
        return holder(self.path)

    @contextmanager
    def held(self) -> Iterator[None]:
        """While inside, nobody trains it; raises InputError where somebody does."""
        try:
            let_go = hold(self.path)
        except Held as error:
            raise InputError("run", self.id, str(error.strerror)) from None
        try:
            yield
        finally:
            let_go()

    def require_free(self) -> None:
        """Raises InputError where somebody trains it."""
        if who := self.holder():
            raise InputError("run", self.id, str(Held(who).strerror))

    def delete(self) -> None:
        """Remove its files for good; raises OSError where that is not allowed, nothing where they have gone.

        What a process that was killed had half written of it goes too. Raises InputError where somebody trains it.
        """
        with self.held():
            remove(self.path)

    def load(self) -> FitResult:
        """The fit as far as it came; raises InputError where the file cannot be read or holds only a network."""
        from nnexpr.runs.restored import result_of

        return self._restored(result_of, "how the training went")

    def session(self) -> Session:
        """A session that holds where the run was kept last, and goes on bit for bit; torch takes its threads.

        Raises InputError where the file has no checkpoint, or it cannot be gone on from on this machine.
        """
        from nnexpr.runs.resumed import session_from

        return self._restored(session_from, "a checkpoint to go on from")

    def recording(self) -> Recording:
        """What was recorded while it trained; raises InputError where nothing was, or the file cannot be read."""
        from nnexpr.runs.restored import recording_of

        return self._restored(lambda saved: recording_of(saved, self.id), "a recording")

    def _restored(self, restore: Callable[[SavedNetwork], Restored | None], what: str) -> Restored:
        from nnexpr.training.checkpoint import Differs

        saved = self.read()
        try:
            restored = restore(saved)
        except InputError:
            raise
        except Differs as error:
            raise InputError("run", self.id, str(error)) from None
        except (
            ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError,
        ):  # fmt: skip
            raise InputError(
                "run", self.id, f"it was saved by nnexpr, but {what} that its file holds is damaged"
            ) from None
        if restored is None:
            raise InputError("run", self.id, f"its file holds the trained network, but not {what}")
        return restored
