"""How soon the explorer is there, and how soon ``--help``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import monotonic, sleep

from explorer_app import EXPLORER, PROJECT
from pty_app import Emulator, PtyApp, environment

from explorer.figures import Effort, Figure, milliseconds
from explorer.trained import OPTIONS

MINIMAL = [sys.executable, str(PROJECT / "tests" / "terminal" / "minimal_app.py")]
# Put first on the path of a child: writes down when each of these packages is first asked for.
IMPORT_CLOCK = """
import os, sys, time
class Clock:
    def find_spec(self, name, path=None, target=None):
        if name in ("torch", "textual", "numpy", "rich"):
            with open(os.environ["IMPORT_LOG"], "a") as log:
                print(name, time.monotonic(), file=log)
sys.meta_path.insert(0, Clock())
"""


def imports(log: Path) -> dict[str, float]:
    """When each watched package was first asked for."""
    lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    return {name: float(time) for name, time in reversed(lines)}


def clocked(folder: Path) -> dict[str, str]:
    """The variables of a child whose imports are written to ``folder/imports``."""
    (folder / "sitecustomize.py").write_text(IMPORT_CLOCK)
    return {"PYTHONPATH": str(folder), "IMPORT_LOG": str(folder / "imports")}


def first_time(app: PtyApp, text: str) -> float:
    """When the screen first held this text."""
    emulator = Emulator(app.size)
    for chunk in app.chunks:
        emulator.feed(chunk.data)
        if text in emulator.text:
            return chunk.time
    raise AssertionError(f"{text!r} was never seen")


def first_paint(effort: Effort) -> Iterator[Figure]:
    """From starting the process to the first frame with text, beside the least that Textual can do."""
    paints: dict[str, list[float]] = {"explorer": [], "minimal": []}
    torch_first = 0
    for _ in range(effort.starts):
        for name, command, text in (
            ("minimal", MINIMAL, "the least"),
            ("explorer", [*EXPLORER, *OPTIONS], "Quit"),
        ):
            with tempfile.TemporaryDirectory() as folder:
                variables = environment(Path(folder), **clocked(Path(folder)))
                with PtyApp(command, Path(folder), variables=variables, working_folder=PROJECT) as app:
                    app.wait_for(text)
                    sleep(0.5)
                    painted = first_time(app, text)
                    paints[name].append(painted - app.started)
                    torch_first += imports(Path(folder, "imports")).get("torch", painted) < painted
    explorer, minimal = median(paints["explorer"]), median(paints["minimal"])
    reached = f"{explorer / minimal:.2f}× ({milliseconds(explorer)} to {milliseconds(minimal)})"
    yield Figure("first paint, to a minimal Textual app", "≤ 2×, aim 1.5×", reached, explorer <= 2 * minimal)
    yield Figure(
        "starts that asked for torch before it", "0", f"{torch_first} of {effort.starts}", torch_first == 0
    )


def help_page(effort: Effort) -> Iterator[Figure]:
    """How long --help takes, and what it imports."""
    for words in (["--help"], ["fit", "--help"]):
        seconds: list[float] = []
        bare: list[float] = []
        with tempfile.TemporaryDirectory() as folder:
            variables = environment(Path(folder), **clocked(Path(folder)))
            for _ in range(effort.starts):
                for command, times in (([*EXPLORER, *words], seconds), ([sys.executable, "-c", ""], bare)):
                    began = monotonic()
                    subprocess.run(command, env=variables, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
                    times.append(monotonic() - began)
            heavy = sorted(imports(Path(folder, "imports")).keys() & {"torch", "textual"})
        reached = f"{milliseconds(median(seconds))} (Python alone {milliseconds(median(bare))})"
        yield Figure(" ".join(words), "≤ 200 ms", reached, median(seconds) <= 0.2)
        yield Figure(
            f"{' '.join(words)} imports of torch, textual", "none", ", ".join(heavy) or "none", not heavy
        )
