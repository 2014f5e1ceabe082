"""The store of runs: a folder with one file a run (:mod:`nnexpr.runs.file`), named by the run's id.

Which folder it is, is settled once by :func:`store`, where a front end begins; from there the :class:`Store` is passed
to whatever keeps or looks for runs. What lists of runs show comes from an index beside them (:mod:`nnexpr.runs.index`),
and where that cannot be used from the files. Loading this module costs no torch.
"""

from __future__ import annotations

import math
import os
import secrets
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from nnexpr.atomic import try_writing
from nnexpr.runs.folder import (
    bring_back,
    drop_previous,
    is_id,
    is_taken,
    labels_file,
    previous_file,
    scan,
    throw_away,
    thrown_away,
)
from nnexpr.runs.holding import locked
from nnexpr.runs.labels import Labels, labels_of, require_name, require_note, require_tags, write_labels
from nnexpr.runs.run import Run
from nnexpr.specification import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from nnexpr.networks.network import Network
    from nnexpr.runs.entry import Entry
    from nnexpr.runs.index import Index
    from nnexpr.runs.sweep_journal import Sweeps
    from nnexpr.specification import FitSpecification
    from nnexpr.targets.target import Target

__all__ = ["Store", "new_id", "store"]

_SUFFIX = ".safetensors"
_MOST_TOLD = 5  # runs that an error names
_PATIENCE = 10.0  # seconds for another process to have written its labels


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
        goes_on: bool = False,
    ) -> str:
        """Write a run and return its id; the id of an earlier call replaces that run's file.

        While it ``goes_on`` what was there stays beside it as the previous checkpoint.

        ``losses``: (members,) in the target's own units. ``words`` and ``tensors`` are what
        :mod:`nnexpr.runs.contents` makes of the session that was recorded; without them the run is its network only.
        Raises OSError where the folder cannot be written.
        """
        from nnexpr.runs.file import save

        run = run or self.fresh_id()
        finite = [loss if math.isfinite(loss) else None for loss in map(float, losses)]
        progress = {"run": run, "epoch": epoch, "losses": finite, **(words or {})}
        path = self.place(run)
        earlier = previous_file(path) if goes_on else None
        save(
            path, network, specification, target=target, extra=progress, tensors=tensors, private=True,
            previous=earlier,
        )  # fmt: skip
        if not goes_on:
            drop_previous(path)
        return run

    def make_folder(self) -> None:
        """Make the folder where it is missing; raises OSError."""
        self.folder.mkdir(0o700, parents=True, exist_ok=True)

    def fresh_id(self) -> str:
        """The id of a run that is to be kept, which none has, nor one in the trash, nor a name that waits for a run."""
        return next(run for _ in range(1000) if not is_taken(self.place(run := new_id())))

    def require_writable(self) -> None:
        """Raises InputError where no run could be kept; the folder is made."""
        try:
            try_writing(self.place(new_id()), private=True)
        except OSError as error:
            allowed = (
                f"it cannot be written ({error.strerror or error}); give another --store DIR, or --no-store"
            )
            raise InputError("store", str(self.folder), allowed) from None

    def find(self, run: str) -> Run | None:
        """A run by its whole id; None where there is none."""
        if not is_id(run):
            return None
        path = self.place(run)
        return Run(run, path) if any(map(os.path.lexists, (path, previous_file(path)))) else None

    def runs(self, beginning: str = "") -> tuple[Run, ...]:
        """Every run there is whose id begins so, the oldest first; InputError where the folder is a file."""
        ids = (run for run in scan(self.folder).stamps if run.startswith(beginning))
        return tuple(Run(run, self.place(run)) for run in ids)

    def named(self, wanted: str) -> Run:
        """The run whose id begins so, or that has this name, if it is the only one; InputError where it is not."""
        found = self.runs(wanted) if wanted else ()
        if not found and wanted:
            found = tuple(Run(each.id, self.place(each.id)) for each in self.entries() if each.name == wanted)
        if len(found) == 1:
            return found[0]
        if not found:
            raise InputError("run", wanted, f"no run in {self.folder} has an id that begins so, or this name")
        shown = ", ".join(run.id for run in found[-_MOST_TOLD:])
        newest = f"; the newest {_MOST_TOLD} are" if len(found) > _MOST_TOLD else ":"
        raise InputError("run", wanted, f"{len(found):,} runs begin so{newest} {shown}")

    @property
    def sweeps(self) -> Sweeps:
        """The journals of the sweeps that are kept here."""
        from nnexpr.runs.sweep_journal import Sweeps

        return Sweeps(self.folder)

    # Lists of runs

    def index(self) -> Index:
        """The index over the files."""
        from nnexpr.runs.index import Index

        return Index(self.folder)

    def entries(self) -> tuple[Entry, ...]:
        """Every run at a glance, the oldest first, as the files are now; InputError where the folder is a file."""
        return self.index().entries()

    def entry(self, run: str) -> Entry | None:
        """One at a glance, from its file, by its whole id; None where there is none."""
        from nnexpr.runs.index.reading import entry_of

        found = self.find(run)
        return None if found is None else entry_of(found)

    # What a person says of runs

    def tag(self, run: str, *tags: str) -> None:
        """Give a run tags beside those that it has; raises InputError and OSError, as all of these."""
        self._label(run, lambda labels: replace(labels, tags=require_tags((*labels.tags, *tags))))

    def untag(self, run: str, *tags: str) -> None:
        """Take tags from a run; those that it has not change nothing."""
        self._label(
            run, lambda labels: replace(labels, tags=tuple(tag for tag in labels.tags if tag not in tags))
        )

    def rename(self, run: str, name: str) -> None:
        """Give a run a name that no other has, by which it is found as by its id; an empty one takes it away."""
        name = require_name(name)
        others = [each.id for each in self.entries() if name and each.name == name and each.id != run]
        if others:
            raise InputError("name", name, f"run {others[0]} has it")
        self._label(run, lambda labels: replace(labels, name=name))

    def note(self, run: str, text: str) -> None:
        """Note something of a run, in place of what was noted before; an empty text takes it away."""
        note = require_note(text)
        self._label(run, lambda labels: replace(labels, note=note))

    def _label(self, run: str, change: Callable[[Labels], Labels]) -> None:
        path = labels_file(self._found(run).path)
        with locked(self.folder / ".labels.lock", _PATIENCE):
            write_labels(path, change(labels_of(path)))

    def _found(self, run: str) -> Run:
        found = self.find(run)
        if found is None:
            raise InputError("run", run, f"there is none of this id in {self.folder}")
        return found

    # The trash

    def trash(self, run: str) -> None:
        """Put a run where :meth:`restore` brings it back from, for a week; raises InputError where it is trained."""
        found = self._found(run)
        with found.held():
            throw_away(found.path)

    def restore(self, run: str) -> None:
        """Bring a run back from the trash; raises InputError where it is not there."""
        if not is_id(run) or not bring_back(self.place(run)):
            raise InputError("run", run, "it is not in the trash")

    def trashed(self) -> tuple[str, ...]:
        """Ids of the runs that can be brought back, the oldest first."""
        return thrown_away(self.folder)

    def place(self, run: str) -> Path:
        """Where the file of a run is, or would be."""
        return self.folder / f"{run}{_SUFFIX}"
