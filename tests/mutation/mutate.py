"""How many small changes for the worse the tests of a folder notice, and which they do not.

    python tests/mutation/mutate.py regions --minutes 20     twenty minutes of mutants of nnexpr/regions
    python tests/mutation/mutate.py --minutes 10             ten minutes of each folder
    python tests/mutation/mutate.py regions --only ties.py   of the files whose path contains it
    python tests/mutation/mutate.py regions --again          only those that had survived, under the tests of now

Mutants (``mutants.py``) are taken in a random order that is always the same, whatever else is changed or explained,
and what was found is kept in ``build/mutants`` (``verdicts.py``): the next call goes on where this one ended. A mutant
is killed if a test of its folder fails or does not end; one that all of them pass has survived, and is a law that is
missing. Those that no test can kill are explained in ``explained.toml`` and not counted.

The package is copied, one file changed in the copy, and a process forked from one that has torch and Numba loaded
already (``trial.py``): a mutant costs its tests and nothing else. Tests that have killed another mutant of the same
file come first, then those of the file that mirrors it, then the quickest. Compiled functions are compiled anew only
if what they call has changed. See docs/decisions/mutants.md for why this is not mutmut or cosmic-ray.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import tomllib
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import cache_from_source
from pathlib import Path, PurePosixPath

import trial
from mutants import Mutant, mutants_of
from verdicts import Verdicts

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
SHARE = 0.05  # of survivors, at most
LOADED = (
    "numba",
    "scipy.integrate",
    "scipy.interpolate",
    "scipy.optimize",
    "scipy.stats",
    "torch",
)  # before forking


class Folder:
    """The mutants of one folder, of the files whose path contains ``only``, and what has become of them."""

    def __init__(self, name: str, only: str = "") -> None:
        self.name = name
        sources, self.tests = FOLDERS[name]
        paths = [path for each in sources for path in _files(each)]
        self.texts = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}
        explained = tomllib.loads((Path(__file__).with_name("explained.toml")).read_text())
        whole, single = explained.get("files", {}), explained.get("mutants", {})
        self.mutants = drawn(
            mutant
            for path in paths
            if (place := path.relative_to(ROOT).as_posix()) not in whole and only in place
            for mutant in mutants_of(path, place)
            if mutant.key not in single
        )
        self.verdicts = Verdicts(KEPT / f"{name}.jsonl", ROOT, self.tests)

    def report(self) -> bool:
        """Print the survivors and their share; whether that is small enough."""
        tried = [mutant for mutant in self.mutants if self.verdicts.killed(mutant) is not None]
        alive = [mutant for mutant in tried if not self.verdicts.killed(mutant)]
        for mutant in sorted(alive, key=lambda mutant: (mutant.path, mutant.line)):
            since = "" if self.verdicts.holds(mutant) else "   (of tests that have changed since)"
            print(f"  {mutant.line}: {mutant.key}{since}")
        share = len(alive) / max(1, len(tried))
        hung = sum(map(self.verdicts.hung, tried))
        print(
            f"{self.name}: {len(alive)} of {len(tried)} survived ({share:.1%}), {hung} hung; {len(self.mutants)} in all"
        )
        return share <= SHARE


def drawn(mutants: Iterable[Mutant]) -> list[Mutant]:
    """In a random order that is always the same: what is added, changed or explained moves none of the others."""
    return sorted(mutants, key=lambda mutant: trial.digest(mutant.key.encode()))


def _files(folder: str) -> list[Path]:
    return [
        path
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.name != "__init__.py" or path.stat().st_size
    ]


def mirrors(source: str, test: str) -> int:
    """0 for the test file of that source, 1 for one of its folder, 2 for the others.

    nnexpr/regions/line/ties.py is mirrored by tests/regions/line/test_ties.py, by tests/regions/test_ties.py and by
    test_line.py; nnexpr/splines/p1.py by tests/splines/test_p1.py.
    """
    source_path, test_path = PurePosixPath(source), PurePosixPath(test)
    inner = source_path.parts[1:-1]
    if test_path.stem.removeprefix("test_") in (source_path.stem, *inner[1:]):
        return 0
    return 1 if test_path.parts[1:-1] == inner else 2


def _order(folder: Folder, path: str, usual: dict[str, float]) -> Callable[[str], tuple[float, ...]]:
    """What tests are sorted by for mutants of the file: who has killed most of them a second comes first."""
    killers = folder.verdicts.killers(path)

    def rank(nodeid: str) -> tuple[float, ...]:
        seconds = usual.get(nodeid, 0.0)
        if killed := killers[nodeid]:
            return 0, (seconds + 0.05) / killed
        return 1 + mirrors(path, nodeid.split("::")[0]), seconds

    return rank


def _stages(folder: Folder, path: str) -> list[list[str]]:
    """The files that are likely to notice a change of this one, which alone are collected sooner; then all."""
    files = {file.relative_to(ROOT).as_posix() for each in folder.tests for file in _files(each)}
    likely = {nodeid.split("::")[0] for nodeid in folder.verdicts.killers(path)}
    tests = {file: mirrors(path, file) for file in files if Path(file).stem.startswith("test_")}
    likely |= {file for file, rank in tests.items() if rank == min(tests.values()) < 2}
    return [sorted(likely & files), list(folder.tests)] if likely & files else [list(folder.tests)]


def _without_a_change(folder: Folder, place: Path) -> dict[str, float]:
    """The seconds of each test, which all pass; run only if anything has changed since they last did.

    The least that they have taken: the first time some also compile what they call.
    """
    whole = trial.copy(ROOT, place)
    file = KEPT / f"{folder.name}.json"
    kept = json.loads(file.read_text()) if file.exists() else {"tree": "", "seconds": {}}
    usual: dict[str, float] = kept["seconds"]
    if kept["tree"] == whole:
        return usual
    print(f"{folder.name}: without a change ...", flush=True)
    outcome = trial.run(place, [list(folder.tests)], lambda _: (0.0,), {}, keep=True)
    if outcome.failed:
        sys.exit(f"the tests of {folder.name} fail without a change: {outcome.by or 'none is named'}")
    usual = {each: min(took, usual.get(each, took)) for each, took in outcome.seconds.items()}
    file.write_text(json.dumps({"tree": whole, "seconds": usual}))
    return usual


def _try(folder: Folder, minutes: float, again: bool) -> None:
    """Mutants of the folder, one after another, until the time is over or there are none left."""
    place = KEPT / "tree"
    usual = _without_a_change(folder, place)
    until = time.monotonic() + 60 * minutes
    for mutant in folder.mutants:
        if time.monotonic() > until:
            return
        if folder.verdicts.holds(mutant) or (again and not folder.verdicts.had_survived(mutant)):
            continue
        _try_one(folder, mutant, place, usual)


def _try_one(folder: Folder, mutant: Mutant, place: Path, usual: dict[str, float]) -> None:
    file, text = place / mutant.path, folder.texts[mutant.path]
    stamp = file.stat()
    file.write_bytes(mutant.applied(text))
    rank = _order(folder, mutant.path, usual)
    folder.verdicts.note(mutant, trial.run(place, _stages(folder, mutant.path), rank, usual))
    file.write_bytes(text)
    os.utime(
        file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns)
    )  # Numba looks at it, and so does who wants bytecode
    Path(cache_from_source(str(file))).unlink(missing_ok=True)  # two changes in one second would pass for one


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", help=f"of {', '.join(FOLDERS)}; all unless given")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each folder; 0 only reports")
    parser.add_argument("--only", default="", metavar="PATH", help="files whose path contains it")
    parser.add_argument("--again", action="store_true", help="only what had survived")
    asked = parser.parse_args()
    if unknown := set(asked.folders) - FOLDERS.keys():
        parser.error(f"there is no folder {', '.join(sorted(unknown))}; there are {', '.join(FOLDERS)}")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["NUMBA_CACHE_DIR"] = str(KEPT / "cache")
    for name in LOADED:
        import_module(name)
    small = True
    for name in asked.folders or FOLDERS:
        folder = Folder(name, asked.only)
        if asked.minutes:
            _try(folder, asked.minutes, asked.again)
        small &= folder.report()
    sys.exit(0 if small else 1)


if __name__ == "__main__":
    main()
