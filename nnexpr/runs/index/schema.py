"""The tables of the index, and how an older index becomes one of today.

A number that is not finite is NULL beside a state, ``nan``, ``inf`` or ``-inf``, in the column of the same name with
``_state``; SQL has no such numbers.
"""

from __future__ import annotations

import math

__all__ = ["MIGRATIONS", "RUN_COLUMNS", "TABLES", "VERSION", "told"]

VERSION = 1  # PRAGMA user_version

# In the order in which rows of `runs` are read and written.
RUN_COLUMNS = (
    "id", "stamp", "name", "note", "tags", "state", "session", "problem", "target", "network", "device", "version",
    "sweep", "created", "written", "epoch", "epochs", "members", "seconds", "snapshots", "least_loss",
    "least_loss_state", "losses", "size", "config", "checked",
)  # fmt: skip

TABLES = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    stamp TEXT NOT NULL,  -- size and time of the run's files when they were read
    name TEXT NOT NULL, note TEXT NOT NULL,
    tags TEXT NOT NULL,  -- with spaces between
    state TEXT NOT NULL,  -- interrupted, finished, diverged, kept or damaged; whether it runs now is not known here
    session TEXT NOT NULL,  -- running, paused, ... as the file says
    problem TEXT NOT NULL,
    target TEXT NOT NULL, network TEXT NOT NULL, device TEXT NOT NULL,
    version TEXT NOT NULL,  -- of nnexpr
    sweep TEXT NOT NULL,
    created TEXT NOT NULL, written TEXT NOT NULL,
    epoch INTEGER NOT NULL, epochs INTEGER, members INTEGER NOT NULL,
    seconds REAL, snapshots INTEGER NOT NULL,
    least_loss REAL, least_loss_state TEXT NOT NULL,
    losses TEXT NOT NULL,  -- JSON: one a member, null where it has diverged
    size INTEGER NOT NULL,  -- bytes
    config TEXT NOT NULL,  -- JSON: every option
    checked INTEGER NOT NULL  -- a checksum of the columns before it
) WITHOUT ROWID;
"""

MIGRATIONS: dict[int, str] = {}  # from a version to the next


def told(value: float | None) -> tuple[float | None, str]:
    """A number as two columns have it: itself where it is finite, and its state; NULL and nothing for none."""
    if value is None:
        return None, ""
    if math.isfinite(value):
        return float(value), "finite"
    return None, "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
