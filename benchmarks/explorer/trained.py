"""An explorer that trains: where the measurements begin."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer_app import TARGET, is_training, launch
from pty_app import PtyApp

CORES = os.cpu_count() or 2
THREADS = str(max(1, CORES - 1))  # torch's share of the machine, as the explorer takes it
OPTIONS = ["--start", "--fresh", "--target", TARGET, "--threads", THREADS]


@contextmanager
def training(*options: str, bytes_per_second: float | None = None) -> Iterator[PtyApp]:
    """An explorer that trains at the default rate, just begun."""
    with (
        tempfile.TemporaryDirectory() as folder,
        launch(Path(folder), *OPTIONS, *options, bytes_per_second=bytes_per_second) as app,
    ):
        app.wait_for(is_training)
        yield app
