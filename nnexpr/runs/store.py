"""The store of runs: a folder with one file a run (:mod:`nnexpr.runs.file`), named by the run's id.

Which folder it is, is settled once by :func:`store`, where a front end begins; from there the :class:`Store` is passed
to whatever keeps or looks for runs. Loading this module costs no torch.
"""

from __future__ import annotations

import math
import os
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import platformdirs

from nnexpr.atomic import try_writing
from nnexpr.specification import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from nnexpr.networks.network import Network
    from nnexpr.runs.file import SavedNetwork
    from nnexpr.runs.head import Head
    from nnexpr.runs.recording import Recording
    from nnexpr.specification import FitSpecification
    from nnexpr.targets.target import Target
    from nnexpr.training.fit import FitResult
    from nnexpr.training.session import Session

__all__ = ["Run", "Store", "new_id", "store"]

Restored = TypeVar("Restored")

_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
_SUFFIX = ".safetensors"
_MOST_TOLD = 5  # runs that an error names


def store(path: str | os.PathLike[str] | None = None) -> Store:
    """The store in ``path``, else where the environment's NNEXPR_STORE says, else in the platform's data folder."""
    chosen = path or os.environ.get("NNEXPR_STORE")
    return Store(
        Path(chosen) if chosen else Path(platformdirs.user_data_dir("nnexpr", appauthor=False)) / "runs"
    )


def new_id() -> str:
    """A fresh run id: date, time and six random digits; ids sort by age, to the second."""
    return time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3)


@dataclass(frozen=True)
class Run:
    """A fit that was kept: its id and its file."""

    id: str
    path: Path

    def read(self) -> SavedNetwork:
        """All that the file holds; raises InputError where it cannot be read."""
        from nnexpr.runs.file import load

        return load(self.path)

    def head(self) -> Head:
        """What the head of the file says, of which no tensor is read; raises InputError where it cannot be read."""
        from nnexpr.runs.head import read_head

        return read_head(self.path, self.id)

    def delete(self) -> None:
        """Remove the file for good; raises OSError where that is not allowed, nothing where it has gone.

        What a process that was killed had half written of it goes too.
        """
        self.path.unlink(missing_ok=True)
        for beside in self.path.parent.glob(f".{self.path.name}.*.tmp"):
            beside.unlink(missing_ok=True)

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


@dataclass(frozen=True)
class Store:
    """Where runs are kept. The folder is made when the first run is."""

    folder: Path

    @property
    def findings(self) -> Path:
        """The folder beside the runs for what experiments find."""
        return self.folder / "experiments"

    def keep(
        self,
        network: Network,
        specification: FitSpecification,
        target: Target,
        *,
        epoch: int,
        losses: Sequence[float],
        run: str | None = None,
        words: Mapping[str, Any] | None = None,
        tensors: Mapping[str, Tensor] | None = None,
    ) -> str:
        """Write a run and return its id; the id of an earlier call replaces that run's file.

        ``losses``: (members,) in the target's own units. ``words`` and ``tensors`` are what
        :mod:`nnexpr.runs.contents` makes of the session that was recorded; without them the run is its network only.
        Raises OSError where the folder cannot be written.
        """
        from nnexpr.runs.file import save

        run = run or new_id()
        finite = [loss if math.isfinite(loss) else None for loss in map(float, losses)]
        progress = {"run": run, "epoch": epoch, "losses": finite, **(words or {})}
        save(self._place(run), network, specification, target=target, extra=progress, tensors=tensors)
        return run

    def require_writable(self) -> None:
        """Raises InputError where no run could be kept; the folder is made."""
        try:
            try_writing(self._place(new_id()))
        except OSError as error:
            allowed = (
                f"it cannot be written ({error.strerror or error}); give another --store DIR, or --no-store"
            )
            raise InputError("store", str(self.folder), allowed) from None

    def find(self, run: str) -> Run | None:
        """A run by its whole id; None where there is none."""
        if not _ID.fullmatch(run) or not self._place(run).is_file():
            return None
        return Run(run, self._place(run))

    def runs(self, beginning: str = "") -> tuple[Run, ...]:
        """Every run there is whose id begins so, the oldest first; InputError where the folder is a file."""
        try:
            with os.scandir(self.folder) as entries:
                names = [entry.name for entry in entries if entry.name.startswith(beginning)]
        except FileNotFoundError:
            return ()
        except NotADirectoryError:
            raise InputError("store", str(self.folder), "it must be a folder") from None
        ids = sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))
        return tuple(run for name in ids if (run := self.find(name)))

    def named(self, beginning: str) -> Run:
        """The run whose id begins so, if it is the only one; raises InputError where it is not."""
        found = self.runs(beginning) if beginning else ()
        if len(found) == 1:
            return found[0]
        if not found:
            raise InputError("run", beginning, f"no run in {self.folder} has an id that begins so")
        shown = ", ".join(run.id for run in found[-_MOST_TOLD:])
        newest = f"; the newest {_MOST_TOLD} are" if len(found) > _MOST_TOLD else ":"
        raise InputError("run", beginning, f"{len(found):,} runs begin so{newest} {shown}")

    def _place(self, run: str) -> Path:
        return self.folder / f"{run}{_SUFFIX}"
