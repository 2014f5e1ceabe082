"""A process that runs one experiment for the explorer and tells it by lines of JSON.

An experiment may hold the interpreter or sit in a library for minutes; in a process of its own it takes no key from
the explorer, and can be ended at any moment. Lines on standard output: ``{"progress": [share, note]}`` as it goes, then
those of :mod:`nnexpr.experiments.findings` or ``{"failed": sentence}``. Nothing else reaches that pipe: what is printed
goes to standard error. Standard input holds nothing; its end means that the explorer is gone, and so then is this.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import IO, Any

from nnexpr_tui.threads import use_threads

__all__ = ["command", "main", "run"]

NICENESS = 10  # of 19: whoever types, and a training, come first
FIRST_KILLED = "500"  # of 1000: where memory runs out, this process goes and the explorer stays
INTERVAL = 0.1  # seconds between two lines that tell the same note
START = "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); from {0} import main; main()"
DEATH_SIGNAL, KILL = 1, 9  # PR_SET_PDEATHSIG, SIGKILL


def command(name: str, *, quick: bool, folder: Path | None, threads: int | None) -> list[str]:
    """What starts this process, with this process' own path of modules."""
    given = {
        "name": name,
        "quick": quick,
        "folder": folder and str(folder),
        "threads": threads,
        "parent": os.getpid(),
    }
    return [sys.executable, "-P", "-c", START.format(__name__), json.dumps(sys.path), json.dumps(given)]


def main() -> None:
    """Run what the command line asks for, then end."""
    given = json.loads(sys.argv[1])
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _end_with(given["parent"])
    _yield_to_others()
    use_threads(given["threads"])
    folder = Path(given["folder"]) if given["folder"] else None
    run(given["name"], quick=given["quick"], folder=folder, out=out)
    out.flush()
    os._exit(0)  # nothing is left to do, and a library's farewell may take long


def run(name: str, *, quick: bool, folder: Path | None, out: IO[str]) -> None:
    """Do an experiment, telling ``out``. With a folder its parts and its finding are kept there."""
    from nnexpr.experiments.discovery import find
    from nnexpr.experiments.findings import written
    from nnexpr.experiments.runner import perform

    try:
        (experiment,) = find(name)
        out.writelines(written(perform(experiment, folder, quick=quick, progress=_reporter(out))))
    except MemoryError:
        _tell(out, failed="there was not enough memory")
    except Exception as error:
        text = str(error).strip().splitlines()
        _tell(out, failed=f"{type(error).__name__}: {text[0]}" if text else type(error).__name__)


def _reporter(out: IO[str]) -> Callable[[float, str], None]:
    told: list[Any] = [float("-inf"), None]

    def report(fraction: float, note: str) -> None:
        now = monotonic()
        if note != told[1] or now - told[0] >= INTERVAL:
            told[:] = now, note
            _tell(out, progress=[float(fraction), str(note)])

    return report


def _tell(out: IO[str], **line: Any) -> None:
    out.write(json.dumps(line) + "\n")
    out.flush()


def _end_with(parent: int) -> None:
    """End when the explorer does, however it does: by its pipe, and on Linux by the kernel, also in a long call."""

    def watch() -> None:
        with suppress(OSError):
            while os.read(0, 1):
                pass
        os._exit(1)

    threading.Thread(target=watch, name="watch", daemon=True).start()
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(DEATH_SIGNAL, KILL)
    if sys.platform != "win32" and os.getppid() != parent:
        os._exit(1)


def _yield_to_others() -> None:
    """Take what processor time others leave."""
    if sys.platform != "win32":
        with suppress(OSError):
            os.nice(NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_KILLED, encoding="ascii")
