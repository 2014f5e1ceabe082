"""The store of runs: a folder with one safetensors file a run, named by its id.

A file holds the members and, in its metadata, the specification, the scales and the losses, so it can be read
back, counted and shared on its own. Files are written beside their place and moved there, so a run is kept whole or
not at all.
"""

from __future__ import annotations

import math
import os
import re
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnexpr.networks.network import Network
    from nnexpr.specification import FitSpecification
    from nnexpr.targets.target import Target

__all__ = ["find", "folder", "keep", "new_id"]

_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")


def folder(store: str | os.PathLike[str] | None = None) -> Path:
    """Where runs are kept: ``store``, else the environment's NNEXPR_STORE, else the platform's data folder."""
    chosen = store or os.environ.get("NNEXPR_STORE")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("nnexpr", appauthor=False)) / "runs"


def new_id() -> str:
    """A fresh run id: date, time and six random digits; ids sort by age."""
    return time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3)


def keep(
    network: Network,
    specification: FitSpecification,
    target: Target,
    *,
    epoch: int,
    losses: Sequence[float],
    run: str | None = None,
    store: str | os.PathLike[str] | None = None,
) -> str:
    """Write a run and return its id; the id of an earlier call replaces that run's file.

    ``losses``: (members,) in the target's own units. Raises OSError where the folder cannot be written.
    """
    from nnexpr.networks.files import save

    run = run or new_id()
    place = folder(store)
    place.mkdir(parents=True, exist_ok=True)
    progress = {
        "run": run,
        "epoch": epoch,
        "losses": [loss if math.isfinite(loss) else None for loss in map(float, losses)],
    }
    save(place / f"{run}.safetensors", network, specification, target=target, extra=progress)
    return run


def find(run: str, store: str | os.PathLike[str] | None = None) -> Path | None:
    """The file of a run, by its whole id; None where there is none."""
    if not _ID.fullmatch(run):
        return None
    path = folder(store) / f"{run}.safetensors"
    return path if path.is_file() else None
