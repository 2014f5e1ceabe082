"""What is compiled is kept on disk, and compiled again when any compiled source has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
import numpy as np
from nnexpr.kernels import compiled
compiled._stamp = lambda: sys.argv[1]
from nnexpr.kernels.units import loops
activate, _ = loops("nnexpr.kernels.units:RELU")
z = np.array([-1.0, 2.0])
activate(z, 0, 0, 2)
assert z.tolist() == [0.0, 2.0]
print(sum(activate.stats.cache_hits.values()), sum(activate.stats.cache_misses.values()))
"""


def hits_and_misses(folder: Path, stamp: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, stamp], capture_output=True, text=True, check=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder)},
    )  # fmt: skip
    return done.stdout.strip()


def test_kept_on_disk_until_a_source_changes(tmp_path: Path) -> None:
    assert hits_and_misses(tmp_path, "before") == "0 1"
    assert hits_and_misses(tmp_path, "before") == "1 0"
    assert hits_and_misses(tmp_path, "after") == "0 1"


def test_without_a_place_to_keep_it_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from nnexpr.kernels import compiled

    def nowhere(*_: object) -> None:
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(compiled, "_PackageCache", nowhere)

    @compiled.compiled
    def doubled(x: float) -> float:
        return 2.0 * x

    assert doubled(4.0) == 8.0
