"""How many small changes for the worse the tests of a folder notice, and which they do not.

    python tests/mutation/mutate.py regions --minutes 20     twenty minutes of mutants of nnexpr/regions
    python tests/mutation/mutate.py --minutes 10             ten minutes of each folder

Mutants (``mutants.py``) are taken in a random order that is always the same, and what was found is kept in
``build/mutants``: the next call goes on where this one ended, for a file that has changed since anew. A mutant is
killed if a test of its folder fails or does not end; one that all of them pass has survived, and is a law that is
missing. Those that no test can kill are explained in ``explained.toml`` and not counted.

The package is copied, one file changed in the copy, and a process forked from one that has torch and Numba loaded
already: a mutant costs its tests and nothing else. Compiled functions are compiled anew only if what they call has
changed. See docs/decisions/mutants.md for why this is not mutmut or cosmic-ray.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sys
import time
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from mutants import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "mutants"
FOLDERS = {
    "regions": (("nnexpr/regions",), ("tests/regions", "tests/laws")),
    "linear": (("nnexpr/linear",), ("tests/linear",)),
    "splines": (("nnexpr/splines",), ("tests/splines",)),
    "training": (("nnexpr/training", "nnexpr/kernels"), ("tests/training", "tests/kernels")),
    "networks": (("nnexpr/networks",), ("tests/networks",)),
    "runs": (("nnexpr/runs",), ("tests/runs",)),
    "theory": (("nnexpr/theory",), ("tests/theory",)),
    "claims": (("nnexpr/experiments",), ("tests/experiments",)),
}
COPIED = ("nnexpr", "nnexpr_tui", "tests", "examples", "benchmarks", "pyproject.toml", "README.md")
PATIENCE = (
    5.0  # times what the tests take without a change, and that of compiling everything, before they hang
)
COMPILING = 120.0  # seconds
SHARE = 0.05  # of survivors, at most


class Fastest:
    """Runs the quick tests first, and notes how long each takes."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self.seconds.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration


class Folder:
    """The mutants of one folder, and what has become of them."""

    def __init__(self, name: str) -> None:
        self.name = name
        sources, self.tests = FOLDERS[name]
        paths = [
            path for each in sources for path in ([ROOT / each] if each.endswith(".py") else _files(each))
        ]
        self.texts = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}
        explained = tomllib.loads((Path(__file__).with_name("explained.toml")).read_text())
        whole, single = explained.get("files", {}), explained.get("mutants", {})
        everything = [
            mutant
            for path in paths
            if (place := path.relative_to(ROOT).as_posix()) not in whole
            for mutant in mutants_of(path, place)
        ]
        self.mutants = [mutant for mutant in everything if mutant.key not in single]
        random.Random(0).shuffle(self.mutants)  # noqa: S311 - the same order every time
        self._file = KEPT / f"{name}.jsonl"
        rows = map(json.loads, self._file.read_text().splitlines()) if self._file.exists() else ()
        self.found: dict[str, bool] = {row["mutant"]: row["killed"] for row in rows}

    def identity(self, mutant: Mutant) -> str:
        """Of the mutant in the text that its file has now, under the tests there are now."""
        return f"{mutant.key} @{mutant.start} {_digest(self.texts[mutant.path])} {_tests_digest(self.tests)}"

    def note(self, mutant: Mutant, killed: bool) -> None:
        self.found[self.identity(mutant)] = killed
        KEPT.mkdir(parents=True, exist_ok=True)
        with self._file.open("a") as file:
            file.write(json.dumps({"mutant": self.identity(mutant), "killed": killed}) + "\n")

    def report(self) -> bool:
        """Print the survivors and their share; whether that is small enough."""
        tried = [mutant for mutant in self.mutants if self.identity(mutant) in self.found]
        alive = [mutant for mutant in tried if not self.found[self.identity(mutant)]]
        for mutant in sorted(alive, key=lambda mutant: (mutant.path, mutant.line)):
            before, after = (" ".join(text.split()) for text in (mutant.before, mutant.after))
            print(f"  {mutant.path}:{mutant.line}: {before}  ->  {after}")
        share = len(alive) / max(1, len(tried))
        print(f"{self.name}: {len(alive)} of {len(tried)} survived ({share:.1%}); {len(self.mutants)} in all")
        return share <= SHARE


def _files(folder: str) -> list[Path]:
    return [
        path
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.name != "__init__.py" or path.stat().st_size
    ]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


@cache
def _tests_digest(tests: tuple[str, ...]) -> str:
    paths = [path for each in tests for path in ([ROOT / each] if each.endswith(".py") else _files(each))]
    return _digest(b"".join(path.read_bytes() for path in paths))


def _copy(tree: Path) -> None:
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, tree / name)


def _run(tree: Path, tests: tuple[str, ...], seconds: dict[str, float], limit: float, *, keep: bool) -> int:
    """Pytest's exit code for the tests in the tree, in a process of their own; 1 after ``limit`` seconds."""
    child = os.fork()
    if child == 0:
        os.setsid()
        _silence()
        os.chdir(tree)
        sys.path.insert(0, str(tree))
        code = 3
        try:
            _stamp_by_imports(tree, keep)
            timer = Fastest(seconds)
            code = int(pytest.main([*tests, "-x", "--hypothesis-seed=0"], [timer]))
            if keep:
                (tree / "seconds.json").write_text(json.dumps(timer.seconds))
        finally:
            os._exit(code)
    began = time.monotonic()
    while time.monotonic() - began < limit:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 1


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def _stamp_by_imports(tree: Path, keep: bool) -> None:
    """Have a compiled function taken from disk unless a file has changed that its own imports, however far away."""
    from nnexpr.kernels import compiled

    def sources(self: Any) -> str:
        module = Path(self._py_func.__code__.co_filename)
        own = [module, *map(Path, self._files)]
        return _closure(
            tree, tuple(path.relative_to(tree).as_posix() for path in own if tree in path.parents)
        )

    compiled._PackageCache._sources = sources
    if not keep:
        compiled._PackageCache.save_overload = lambda *_: None


@cache
def _closure(tree: Path, places: tuple[str, ...]) -> str:
    """The digest of the files and of all of the package that they import."""
    left, seen = list(places), {}
    while left:
        place = left.pop()
        if place in seen or not (tree / place).is_file():
            continue
        seen[place] = text = (tree / place).read_bytes()
        for module, names in re.findall(
            rb"^\s*from (nnexpr[\w.]*) import \(?([\w, \n]*)", text, re.MULTILINE
        ):
            stem = module.decode().replace(".", "/")
            stems = [stem, *(f"{stem}/{name.strip()}" for name in names.decode().split(","))]
            left += [f"{each}{ending}" for each in stems for ending in (".py", "/__init__.py")]
    return _digest(b"".join(text for _, text in sorted(seen.items())))


def _try(folder: Folder, minutes: float) -> None:
    """Mutants of the folder, one after another, until the time is over or there are none left."""
    tree = KEPT / "tree"
    _copy(tree)
    until = time.monotonic() + 60 * minutes
    print(f"{folder.name}: without a change ...", flush=True)
    for _ in range(2):  # once to compile what they call, once to see how long they take
        began = time.monotonic()
        if code := _run(tree, folder.tests, {}, 3600.0, keep=True):
            sys.exit(f"the tests of {folder.name} fail without a change (pytest: {code})")
    usual = time.monotonic() - began
    seconds = json.loads((tree / "seconds.json").read_text())
    for mutant in folder.mutants:
        if time.monotonic() > until:
            return
        if folder.identity(mutant) in folder.found:
            continue
        place, text = tree / mutant.path, folder.texts[mutant.path]
        stamp = place.stat()
        place.write_bytes(mutant.applied(text))
        code = _run(tree, folder.tests, seconds, PATIENCE * usual + COMPILING, keep=False)
        place.write_bytes(text)
        os.utime(place, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # Numba looks at it
        folder.note(mutant, killed=code != 0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", help=f"of {', '.join(FOLDERS)}; all unless given")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each folder; 0 only reports")
    asked = parser.parse_args()
    if unknown := set(asked.folders) - FOLDERS.keys():
        parser.error(f"there is no folder {', '.join(sorted(unknown))}; there are {', '.join(FOLDERS)}")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["NUMBA_CACHE_DIR"] = str(KEPT / "cache")
    for name in ("numba", "scipy.optimize", "torch"):  # not what pytest wants to load itself
        import_module(name)
    small = True
    for name in asked.folders or FOLDERS:
        folder = Folder(name)
        if asked.minutes:
            _try(folder, asked.minutes)
        small &= folder.report()
    sys.exit(0 if small else 1)


if __name__ == "__main__":
    main()
