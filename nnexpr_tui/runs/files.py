"""The files of a run that are taken elsewhere: its own, and what is known of it as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.message import Message

from nnexpr.atomic import write_atomically
from nnexpr.plain import plain
from nnexpr.runs.entry import Entry
from nnexpr.runs.store import Store
from nnexpr_tui.worker.scheduler import Exported

__all__ = ["document_of", "write_run"]


def document_of(entry: Entry) -> dict[str, Any]:
    """The run as ``runs show --json`` has it, without its history."""
    names = (
        "id", "name", "tags", "note", "state", "target", "network", "members", "epoch", "epochs", "least_loss",
        "losses", "seconds", "snapshots", "written", "device", "version", "sweep", "config",
    )  # fmt: skip
    return {"schema": 1, **{name: getattr(entry, name) for name in names}}


def write_run(store: Store, entry: Entry, folder: Path, post: Callable[[Message], object]) -> str:
    """``nnexpr-ID.safetensors`` and ``.json`` in the folder; a picture of the screen follows."""
    stem = folder / f"nnexpr-{entry.id}"
    weights = store.named(entry.id).path.read_bytes()
    write_atomically(stem.with_name(stem.name + ".safetensors"), weights)
    text = json.dumps(plain(document_of(entry)), allow_nan=False, indent=1)
    write_atomically(stem.with_name(stem.name + ".json"), text + "\n")
    post(Exported(stem, ".json, .safetensors and .svg", {}))
    return ""
