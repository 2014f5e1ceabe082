"""Files that are runs as far as lists of them go, made without torch."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from nnexpr.specification import FitSpecification


def write_run(
    folder: Path, run: str, /, *, losses: tuple[float | None, ...] = (0.5,), aged: bool = True,
    options: dict[str, Any] | None = None, tensors: dict[str, Any] | None = None, **extra: Any,
) -> Path:  # fmt: skip
    """A run; ``aged``: last written an hour ago. ``extra``: of its head, over epoch 10 of a session that stopped."""
    specification = FitSpecification.make(**{"target": "cube", "width": (4,), **(options or {})})
    document = {
        "specification": specification.as_config(),
        "provenance": {"nnexpr": "0.1.0", "created": "2026-11-27T18:39:43+00:00"},
        "extra": {
            "run": run, "epoch": 10, "losses": list(losses), "seconds": 1.5, "state": "stopped", "device": "cpu",
            "snapshots": 3, **extra,
        },
    }  # fmt: skip
    path = folder / f"{run}.safetensors"
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        tensors or {"parameters": np.zeros((len(losses), 3), np.float32)},
        path,
        {"nnexpr": json.dumps(document)},
    )
    if aged:
        age(path)
    return path


def age(path: Path, seconds: float = 3600.0) -> None:
    """Make it as old."""
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def ids(count: int) -> list[str]:
    """So many ids, the oldest first."""
    return [f"20261127-19{number // 60:02}{number % 60:02}-{number:06x}" for number in range(count)]
