"""What is compiled is kept on disk, and compiled again when any compiled source has changed."""

from __future__ import annotations

import errno
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numba
import pytest

from nnexpr.kernels import compiled

SCRIPT = """
import sys
import numpy as np
from nnexpr.kernels import compiled
compiled._LOADED, compiled.digest_of_sources = sys.argv[1], lambda: sys.argv[2]
from nnexpr.kernels.units import loops
activate, _ = loops("nnexpr.kernels.units:RELU")
z = np.array([-1.0, 2.0])
activate(z, 0, 0, 2)
assert z.tolist() == [0.0, 2.0]
print(sum(activate.stats.cache_hits.values()), sum(activate.stats.cache_misses.values()))
"""


def hits_and_misses(folder: Path, loaded: str, now: str) -> str:
    """Of a process that has loaded some sources, and now finds these in their place."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, loaded, now], capture_output=True, text=True, check=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder)},
    )  # fmt: skip
    return done.stdout.strip()


def test_kept_on_disk_until_a_source_changes(tmp_path: Path) -> None:
    assert hits_and_misses(tmp_path, "before", "before") == "0 1"
    assert hits_and_misses(tmp_path, "before", "before") == "1 0"
    assert hits_and_misses(tmp_path, "after", "after") == "0 1"


def test_what_was_compiled_of_sources_that_have_changed_since_is_not_kept(tmp_path: Path) -> None:
    assert hits_and_misses(tmp_path, "before", "after") == "0 1"
    for loaded in ("before", "after"):
        assert hits_and_misses(tmp_path, loaded, loaded) == "0 1"


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("left", [0, 1, 0.5, 0.98])
def test_a_file_that_was_cut_short_is_written_anew(tmp_path: Path, ending: str, left: float) -> None:
    """A process that is killed, or a disk that is full, leaves part of a file: of the index, or of the code."""
    kept = compiled_anew(tmp_path)
    assert kept() == (0, 1)
    [file] = tmp_path.rglob(f"*.{ending}")
    content = file.read_bytes()
    file.write_bytes(content[: int(left * len(content)) if left < 1 else 1])
    assert kept() == (0, 1)
    assert kept() == (1, 0)


def test_a_disk_that_is_full_keeps_nothing_from_being_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    kept = compiled_anew(tmp_path)
    monkeypatch.setattr(numba.core.caching.IndexDataCacheFile, "_save_data", full)
    assert kept() == (0, 1)


def compiled_anew(folder: Path) -> Callable[[], tuple[int, int]]:
    """A function of a module of its own, as another process would find it: (hits, misses) after a call."""
    source = folder / "thrice.py"
    source.write_text("def thrice(x):\n    return 3.0 * x\n")

    def call() -> tuple[int, int]:
        space = runpy.run_path(str(source))
        thrice = compiled.compiled(space["thrice"])
        assert thrice(2.0) == 6.0
        return sum(thrice.stats.cache_hits.values()), sum(thrice.stats.cache_misses.values())

    return call


@pytest.mark.parametrize("odd", ["NUMBA_DISABLE_JIT=1", "NUMBA_NUM_THREADS=0", "NUMBA_NUM_THREADS=-3"])
def test_settings_of_numba_that_no_loop_could_run_under_are_set_aside(odd: str) -> None:
    name, value = odd.split("=")
    script = "from nnexpr.kernels import compiled; assert hasattr(compiled.compiled(lambda x: x), 'py_func')"
    subprocess.run([sys.executable, "-c", script], check=True, env={**os.environ, name: value})


def test_without_a_place_to_keep_it_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object) -> None:
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(compiled, "_PackageCache", nowhere)

    @compiled.compiled
    def doubled(x: float) -> float:
        return 2.0 * x

    assert doubled(4.0) == 8.0
