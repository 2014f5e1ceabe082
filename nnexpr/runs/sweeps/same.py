"""Whether a file's sweep is there already, and what has changed where it is another."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from nnexpr.runs.store import Store
from nnexpr.runs.sweep_journal import CellEntry
from nnexpr.runs.sweeps.file import SweepFile
from nnexpr.runs.sweeps.sweep import Sweep

__all__ = ["changes", "find"]

MOST_TOLD = 4  # options


def find(store: Store, file: SweepFile, halving: str = "") -> tuple[Sweep | None, Sweep | None]:
    """The newest sweep with the file's cells, halved likewise, and the newest of a file at the same place.

    None for none; of the latter too where the former is there.
    """
    journal, path = store.sweeps, os.path.abspath(file.path)
    place = None
    for entry in reversed(journal.all()):
        same_place = entry.words.get("path") == path
        likewise = entry.cells == len(file.configs) and entry.words.get("halving", "") == halving
        if likewise and _is_same(journal.cells(entry.id), file.configs):
            found = Sweep(store, entry)
            if not found.changed_data:
                return found, None
        if same_place and place is None:
            place = Sweep(store, entry)
    return None, place


def _is_same(cells: Sequence[CellEntry], configs: Sequence[Mapping[str, Any]]) -> bool:
    return all(
        cell.config == json.loads(json.dumps(config)) for cell, config in zip(cells, configs, strict=True)
    )


def changes(before: Sweep, file: SweepFile) -> str:
    """What is another now, in words: how many cells, and the options whose values are; empty where none is."""
    then, now = _values([cell.config for cell in before.cells]), _values(file.configs)
    told = []
    if len(before.cells) != len(file.configs):
        told.append(f"{len(before.cells):,} cells then, {len(file.configs):,} now")
    differing = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    told += [
        f"{name} {_told(then.get(name))} then, {_told(now.get(name))} now" for name in differing[:MOST_TOLD]
    ]
    told += [f"{path} holds something else" for path in before.changed_data[:MOST_TOLD]]
    if len(differing) > MOST_TOLD:
        told.append(f"and {len(differing) - MOST_TOLD} options more")
    return "; ".join(told)


def _values(configs: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The different values of each option that is named, as JSON."""
    found: dict[str, dict[str, None]] = {}
    for config in configs:
        for name, value in config.items():
            found.setdefault(name, {})[json.dumps(value)] = None
    return {name: list(values) for name, values in found.items()}


def _told(values: Sequence[str] | None) -> str:
    if not values:
        return "not named"
    return values[0] if len(values) == 1 else f"{len(values):,} values"
