"""The tables of the index, and how an older index becomes one of today.

A number that is not finite is NULL beside a state, ``nan``, ``inf`` or ``-inf``, in the column of the same name with
``_state``; SQL has no such numbers.
"""

from __future__ import annotations

__all__ = ["DESCRIBED", "MIGRATIONS", "RUN_COLUMNS", "TABLES", "VERSION"]

VERSION = 4  # PRAGMA user_version

# In the order in which rows of `runs` are read and written.
RUN_COLUMNS = (
    "id", "stamp", "name", "note", "tags", "state", "session", "problem", "target", "network", "device", "version",
    "sweep", "created", "written", "epoch", "epochs", "members", "seconds", "snapshots", "least_loss",
    "least_loss_state", "losses", "size", "config", "own", "checked",
)  # fmt: skip

_RUNS = """
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
    own TEXT NOT NULL,  -- JSON: options that members have of their own, a list of each
    checked INTEGER NOT NULL  -- a checksum of the columns before it
) WITHOUT ROWID;
"""

# What only questions need, brought up to date when one is asked.
_DETAILS = """
CREATE TABLE details (run TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID;  -- of which files the rest is
CREATE TABLE members (
    run TEXT NOT NULL, member INTEGER NOT NULL, seed TEXT NOT NULL,
    loss REAL, loss_state TEXT NOT NULL,
    best_loss REAL, best_loss_state TEXT NOT NULL,
    epoch_of_best INTEGER, diverged_at INTEGER,
    PRIMARY KEY (run, member)
) WITHOUT ROWID;
CREATE TABLE metrics (
    run TEXT NOT NULL, epoch INTEGER NOT NULL,
    least REAL, least_state TEXT NOT NULL,
    median REAL, median_state TEXT NOT NULL,
    largest REAL, largest_state TEXT NOT NULL,
    PRIMARY KEY (run, epoch)
) WITHOUT ROWID;
CREATE TABLE tags (run TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (run, tag)) WITHOUT ROWID;
"""

# From the journals of sweeps, with how far each was read.
_SWEEPS = """
CREATE TABLE sweeps (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, created TEXT NOT NULL,
    text TEXT NOT NULL,  -- its TOML
    state TEXT NOT NULL,  -- running, finished, failed or stopped, as the journal says, or damaged
    problem TEXT NOT NULL,
    cells INTEGER NOT NULL,  -- how many, and how many of them are in each state
    waiting INTEGER NOT NULL, running INTEGER NOT NULL, done INTEGER NOT NULL, failed INTEGER NOT NULL,
    pruned INTEGER NOT NULL,
    stamp TEXT NOT NULL,  -- of the journal's file when it was read
    size INTEGER NOT NULL, checksum INTEGER NOT NULL  -- of what was read of it
) WITHOUT ROWID;
CREATE TABLE cells (
    sweep TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, run TEXT NOT NULL, member INTEGER,
    problem TEXT NOT NULL, config TEXT NOT NULL,
    PRIMARY KEY (sweep, number)
) WITHOUT ROWID;
CREATE TABLE cell_metrics (
    sweep TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, value REAL, value_state TEXT NOT NULL,
    PRIMARY KEY (sweep, number, name)
) WITHOUT ROWID;
"""

TABLES = _RUNS + _DETAILS + _SWEEPS

# From a version to the next. Tables that are made empty are filled from the files at the next question.
_JOURNALS_ANEW = "".join(f"DROP TABLE IF EXISTS {each};" for each in ("sweeps", "cells", "cell_metrics"))
MIGRATIONS = {1: _DETAILS, 2: _JOURNALS_ANEW + _SWEEPS, 3: "DROP TABLE runs;" + _RUNS}

# For whoever asks questions: the columns of each table, and what its rows are.
DESCRIBED = {
    "runs": "one a run: id, name, note, tags, state (interrupted, finished, diverged, kept, damaged), session, "
    "problem, target, network, device, version, sweep, created, written, epoch, epochs, members, seconds, snapshots, "
    "least_loss, losses (JSON), size, config (JSON of all options: json_extract(config, '$.depth')), own (JSON of the "
    "options that members have of their own in a sweep, lr and seed: a list of each)",
    "members": "one a network of a run: run, member, seed, loss, best_loss, epoch_of_best, diverged_at",
    "metrics": "losses over time, at most 32 epochs of a run: run, epoch, and of all members least, median, largest",
    "tags": "run, tag",
    "sweeps": "one a sweep: id, name, created, text (the TOML file), state (running, finished, failed, stopped, "
    "damaged), problem, cells (how many), and of them waiting, running, done, failed, pruned",
    "cells": "one a cell of a sweep: sweep, number, state (waiting, running, done, failed, pruned), run, member, "
    "problem, config (JSON of what the file names: json_extract(config, '$.width'))",
    "cell_metrics": "what was measured of a cell: sweep, number, name (loss, ...), value",
}
