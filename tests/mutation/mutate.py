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
from loaded import Loaded
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
NOT_AS_PYTHON = {"nnexpr/kernels"}  # written in LLVM's instructions as much as in Python
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
        self.sources, self.tests = FOLDERS[name]
        paths = [path for each in self.sources for path in _files(each)]
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


class Trials:
    """Where mutants of a folder are tried: in processes that have it loaded, and with their file changed."""

    def __init__(self, folder: Folder) -> None:
        self._folder, self._tree = folder, KEPT / "tree"
        whole = trial.copy(ROOT, self._tree, folder.tests)
        own = [each.replace("/", ".") for each in folder.sources if each not in NOT_AS_PYTHON]
        self._loaded = []
        for name, python in ("", ()), (".python", own):
            loaded = Loaded(self._tree, list(folder.texts), folder.tests, python)
            usual = self._without_a_change(loaded, KEPT / f"{folder.name}{name}.json", whole)
            passed = {each: took for each, took in usual.items() if took is not None}
            if not python and len(passed) < len(usual):
                failing = ", ".join(sorted(usual.keys() - passed.keys()))
                sys.exit(f"tests of {folder.name} fail without a change: {failing}")
            self._loaded.append((loaded, passed))

    def _without_a_change(self, loaded: Loaded, file: Path, whole: str) -> dict[str, float | None]:
        """The seconds of each test that passes, run only if its file, or anything but tests, has changed since."""
        kept = json.loads(file.read_text()) if file.exists() else {}
        if kept.get("whole") != whole:
            kept = {"whole": whole, "tests": {}}
        files = {each.split("::")[0] for each in loaded.tests}
        laws = {place: trial.digest((self._tree / place).read_bytes()) for place in files}
        known = {
            each: took for each, (law, took) in kept["tests"].items() if laws.get(each.split("::")[0]) == law
        }
        if left := [each for each in loaded.tests if each not in known]:
            print(f"{file.stem}: {len(left)} tests without a change ...", flush=True)
            known |= loaded.passing(left)
            kept["tests"] = {each: (laws[each.split("::")[0]], took) for each, took in known.items()}
            file.write_text(json.dumps(kept))
        return {each: known[each] for each in loaded.tests}

    def run(self, mutant: Mutant) -> trial.Outcome:
        """What the tests say of it: in the first process where it can be made; what none notices, of its file."""
        text = self._folder.texts[mutant.path]
        for loaded, usual in self._loaded:
            order = sorted(usual, key=_order(self._folder, mutant.path, usual))
            outcome = loaded.run(mutant, text, order, usual)
            if outcome and outcome.failed:
                return outcome
            if outcome:
                break
        return self._of_the_file(mutant, text)

    def _of_the_file(self, mutant: Mutant, text: bytes) -> trial.Outcome:
        file, usual = self._tree / mutant.path, self._loaded[0][1]
        stamp = file.stat()
        file.write_bytes(mutant.applied(text))
        rank = _order(self._folder, mutant.path, usual)
        outcome = trial.run(self._tree, _stages(self._folder, mutant.path), rank, usual)
        file.write_bytes(text)
        os.utime(
            file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns)
        )  # Numba looks at it, and so does who wants bytecode
        Path(cache_from_source(str(file))).unlink(
            missing_ok=True
        )  # two changes in one second would pass for one
        return outcome

    def close(self) -> None:
        for loaded, _ in self._loaded:
            loaded.close()


def _try(folder: Folder, minutes: float, again: bool) -> None:
    """Mutants of the folder, one after another, until the time is over or there are none left."""
    trials = Trials(folder)
    until = time.monotonic() + 60 * minutes
    for mutant in folder.mutants:
        if time.monotonic() > until:
            break
        if not folder.verdicts.holds(mutant) and (not again or folder.verdicts.had_survived(mutant)):
            folder.verdicts.note(mutant, trials.run(mutant))
    trials.close()


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
