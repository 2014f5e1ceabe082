"""What only questions need of runs: members, losses over time, tags; brought up to date before one."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnexpr.networks.tensor_file import read_arrays, read_metadata
from nnexpr.runs.index.rows import Row, forget, insert, told, word
from nnexpr.specification import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bring_up_to_date", "is_up_to_date"]

MOST_EPOCHS = 32  # of a run
_ARRAYS = ("loss", "best_loss", "epoch_of_best", "diverged", "history.epochs", "history.losses")
_OF_RUNS = ("members", "metrics", "tags")


def is_up_to_date(connection: sqlite3.Connection) -> bool:
    """Whether there is nothing to do for :func:`bring_up_to_date`."""
    return not (_stale(connection) or _gone(connection))


def bring_up_to_date(connection: sqlite3.Connection, store: Path) -> None:
    """Let the tables be as the files of the store are, for the runs of the table ``runs``."""
    stale, gone = _stale(connection), _gone(connection)
    for run in [*gone, *stale]:
        forget(connection, _OF_RUNS, "run", run)
        connection.execute("DELETE FROM details WHERE run = ?", (run,))
    for run, stamp in stale.items():
        insert(connection, "tags", ((run, tag) for tag in _tags(connection, run)))
        members, metrics = _of_run(store / f"{run}.safetensors", run)
        insert(connection, "members", members)
        insert(connection, "metrics", metrics)
        insert(connection, "details", [(run, stamp)])


def _stale(connection: sqlite3.Connection) -> dict[str, str]:
    """Runs whose files are not those that were read; a stamp of nothing is that of a file that may still change."""
    rows = connection.execute(
        "SELECT runs.id, runs.stamp FROM runs LEFT JOIN details ON details.run = runs.id "
        "WHERE details.stamp IS NULL OR details.stamp <> runs.stamp OR runs.stamp = ''"
    )
    return dict(rows.fetchall())


def _gone(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT run FROM details WHERE run NOT IN (SELECT id FROM runs)")
    return [run for (run,) in rows.fetchall()]


def _tags(connection: sqlite3.Connection, run: str) -> list[str]:
    [(tags,)] = connection.execute("SELECT tags FROM runs WHERE id = ?", (run,)).fetchall()
    return str(tags).split()


def _of_run(path: Path, run: str) -> tuple[list[Row], list[Row]]:
    """Rows of its members and of its losses over time; none of a file that cannot be read or has no such arrays."""
    try:
        arrays = read_arrays(path, _ARRAYS)
        document = json.loads(read_metadata(path)["nnexpr"])
        return _members(run, arrays, document.get("seeds", [])), _metrics(run, arrays)
    except (InputError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return [], []


def _members(run: str, arrays: dict[str, NDArray[Any]], seeds: list[Any]) -> list[Row]:
    import numpy as np

    names = ("loss", "best_loss", "epoch_of_best", "diverged")
    if not all(name in arrays and arrays[name].shape == arrays["loss"].shape for name in names):
        return []
    best = np.where(
        np.isinf(arrays["best_loss"]), np.nan, arrays["best_loss"]
    )  # of none before the first epoch
    rows = zip(
        arrays["loss"].tolist(), best.tolist(), *(arrays[name].tolist() for name in names[2:]), strict=True
    )
    return [
        (
            run, member, word(str(seeds[member])) if member < len(seeds) else "", *told(loss), *told(best_loss),
            epoch, None if diverged < 0 else diverged,
        )
        for member, (loss, best_loss, epoch, diverged) in enumerate(rows)
    ]  # fmt: skip


def _metrics(run: str, arrays: dict[str, NDArray[Any]]) -> list[Row]:
    """At epochs evenly spaced in the history, with its first and last."""
    import numpy as np

    epochs, losses = arrays["history.epochs"], arrays["history.losses"].astype(np.float64)
    if not len(epochs) or losses.shape[:1] != epochs.shape:
        return []
    chosen = np.unique(np.linspace(0, len(epochs) - 1, MOST_EPOCHS).astype(int))
    rows = []
    for place in chosen.tolist():
        finite = losses[place][np.isfinite(losses[place])]
        numbers = [finite.min(), np.median(finite), finite.max()] if len(finite) else [np.nan] * 3
        rows.append((run, int(epochs[place]), *(part for number in numbers for part in told(float(number)))))
    return rows
