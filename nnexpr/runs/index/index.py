"""The index of a store: brought up to date by whoever asks it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnexpr.runs.entry import Entry
from nnexpr.runs.folder import Found, scan
from nnexpr.runs.holding import holder
from nnexpr.runs.index import details, sweeps
from nnexpr.runs.index.database import (
    PATIENCE,
    DamagedIndex,
    IndexProblem,
    Missing,
    NewerIndex,
    nothing_kept,
    reading,
    set_aside,
    writing,
)
from nnexpr.runs.index.question import Answer, asked
from nnexpr.runs.index.reading import entry_in, is_sound, read_entry, row_of
from nnexpr.runs.index.schema import RUN_COLUMNS
from nnexpr.runs.run import Run
from nnexpr.runs.sweep_journal import Sweeps

__all__ = ["Index", "Rebuilt"]

FILE = "index.sqlite"
MOST_ROWS, LONGEST = 10_000, 10.0  # of an answer: rows, and seconds
SHORT = 1.0  # seconds that a list waits for another process to have written
SWEEP = RUN_COLUMNS.index("sweep")
_COLUMNS = ", ".join(RUN_COLUMNS)
_KEEP = f"INSERT OR REPLACE INTO runs ({_COLUMNS}) VALUES ({', '.join('?' * len(RUN_COLUMNS))})"  # noqa: S608 - constants

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Rebuilt:
    """What :meth:`Index.rebuild` did; ``set_aside``: the name that what was there before has now, if it was damaged."""

    runs: int
    damaged: int  # of them, that cannot be read
    sweeps: int
    problems: tuple[str, ...]  # a sentence for each sweep that cannot be read, or for all of them
    seconds: float
    set_aside: str


class Index:
    """Over the files of ``folder``. ``notes``: what was told of the index on the way, one sentence each."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / FILE
        self.notes: list[str] = []

    def entries(self) -> tuple[Entry, ...]:
        """Every run at a glance, the oldest first, as the files are now.

        Raises InputError where the folder is a file, OSError where it cannot be read; for the index, nothing.
        """
        found, rows = self._as_files_are()
        live = {run for run in found.locked if holder(self._file(run))}
        names = Sweeps(self.folder).names({row[SWEEP] for row in rows.values()} - {""})
        return tuple(entry_in(rows[run], live=run in live, sweeps=names) for run in found.stamps)

    def _as_files_are(self, *, must_write: bool = False) -> tuple[Found, dict[str, Row]]:
        """What is there, and the row of each run; the index has them too where it can, or they ``must`` be written."""
        found = scan(self.folder)
        known = self._known() if found.stamps or self.path.exists() else {}
        changed = (run for run, stamp in found.stamps.items() if not _is_known(known, run, stamp))
        fresh = self._read(changed, found)
        gone = known.keys() - found.stamps.keys()
        worth = {run: row for run, row in fresh.items() if row[1] or row != known.get(run)}
        if worth or gone:
            self._write(worth, gone, known, must=must_write)
        return found, {run: fresh.get(run) or known[run] for run in found.stamps}

    def query(self, sql: str, *, rows: int = MOST_ROWS, seconds: float = LONGEST) -> Answer:
        """A question in SQL, which only reads; see ``DESCRIBED`` for the tables.

        At most so many rows come back; a folder that is not there yet has none, and none is made. Raises InputError
        for what is no question, or takes longer than so many seconds, IndexProblem where there is no index and none
        can be made.
        """
        if not self.folder.exists():
            self.notes.append(f"no run is kept in {self.folder}")
            with nothing_kept() as connection:
                return asked(connection, sql, rows, seconds)
        try:
            self._bring_up_to_date()
        except DamagedIndex as problem:
            self._set_aside(problem)
            self._bring_up_to_date()
        with reading(self.path) as connection:
            return asked(connection, sql, rows, seconds)

    def _journals(self) -> dict[str, str] | None:
        """What the journals of sweeps are now; None, and a note, where their folder cannot be read."""
        try:
            return Sweeps(self.folder).stamps()
        except OSError as error:
            note = (
                f"sweeps cannot be read ({error.strerror or error}): what is told of them is as it was last"
            )
            if note not in self.notes:
                self.notes.append(note)
            return None

    def _bring_up_to_date(self) -> None:
        """All tables, for a question."""
        self._as_files_are(must_write=True)
        journals = self._journals()
        try:
            with reading(self.path) as connection:
                known = details.is_up_to_date(connection) and sweeps.is_up_to_date(connection, journals)
        except Missing:  # of an older version, or another process is making it: whoever writes waits for it
            known = False
        if not known:
            with writing(self.path) as connection:
                details.bring_up_to_date(connection, self.folder)
                sweeps.bring_up_to_date(connection, self.folder, journals)

    def rebuild(self) -> Rebuilt:
        """Make the index anew from the files; raises IndexProblem where that is not possible."""
        began, aside = time.monotonic(), ""
        found = scan(self.folder)
        try:
            with writing(self.path):
                pass
        except DamagedIndex:
            aside = set_aside(self.path)
        rows, journals = self._read(found.stamps, found), self._journals()
        # What belongs to them is read again with them.
        anew = ("runs", "details") if journals is None else ("runs", "details", "sweeps")
        with writing(self.path) as connection:
            for table in anew:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
            connection.executemany(_KEEP, rows.values())
            details.bring_up_to_date(connection, self.folder)
            sweeps.bring_up_to_date(connection, self.folder, journals)
            [(kept,)] = connection.execute("SELECT count(*) FROM sweeps").fetchall()
            problems = (*self.notes, *sweeps.damaged(connection))
        damaged = sum(entry_in(row, live=False).state == "damaged" for row in rows.values())
        return Rebuilt(len(rows), damaged, kept, problems, time.monotonic() - began, aside)

    def _file(self, run: str) -> Path:
        return self.folder / f"{run}.safetensors"

    def _known(self) -> dict[str, Row]:
        """Rows by id, as they were read last; none where the index cannot be used."""
        try:
            with reading(self.path) as connection:
                rows = connection.execute(f"SELECT {_COLUMNS} FROM runs").fetchall()  # noqa: S608 - constants
        except DamagedIndex as problem:
            self._set_aside(problem)
        except NewerIndex as problem:
            self.notes.append(str(problem))
        except IndexProblem:  # it is made, or will be when it is free again
            pass
        else:
            if all(map(is_sound, rows)):
                return {row[0]: row for row in rows}
            self._set_aside(DamagedIndex("the index is damaged: a row is not as it was written"))
        return {}

    def _set_aside(self, problem: IndexProblem) -> None:
        try:
            self.notes.append(
                f"{problem}; it is now {set_aside(self.path)}, and was made anew from the files"
            )
        except IndexProblem as worse:
            self.notes.append(str(worse))

    def _read(self, runs: Iterable[str], found: Found) -> dict[str, Row]:
        return {run: row_of(read_entry(Run(run, self._file(run))), found.stamps[run]) for run in runs}

    def _write(self, fresh: dict[str, Row], gone: Set[str], known: dict[str, Row], *, must: bool) -> None:
        """Let the index have what is new; not where another has written the same run since it was looked up.

        So an older state of a file never takes the place of a newer one. Unless it ``must`` be, nothing is written
        where that cannot be.
        """
        try:
            self._write_once(fresh, gone, known, PATIENCE if must else SHORT)
        except DamagedIndex as problem:
            self._set_aside(problem)
            if must:
                self._write_once(fresh, set(), {}, PATIENCE)
        except IndexProblem:
            if must:
                raise

    def _write_once(
        self, fresh: dict[str, Row], gone: Set[str], known: dict[str, Row], patience: float
    ) -> None:
        with writing(self.path, patience) as connection:
            now = dict(connection.execute("SELECT id, checked FROM runs").fetchall())
            mine = {run for run in fresh.keys() | gone if now.get(run) == _checked(known, run)}
            connection.executemany("DELETE FROM runs WHERE id = ?", [(run,) for run in gone & mine])
            connection.executemany(_KEEP, [row for run, row in fresh.items() if run in mine])


def _checked(known: dict[str, Row], run: str) -> int | None:
    return known[run][-1] if run in known else None


def _is_known(known: dict[str, Row], run: str, stamp: str) -> bool:
    return stamp != "" and run in known and known[run][1] == stamp
