"""The explorer in a real terminal, measured against its budgets.

    python benchmarks/terminal.py [--quick] [--only NAME] [--long]

Every figure is taken from outside, at the other end of a pseudo-terminal: bytes and the times they came. What the
bytes put on the screen is worked out afterwards, so that looking costs the explorer nothing. Speeds are ratios of two
programs measured in turn. The exit code is 1 if a budget is missed. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "terminal"))

from explorer_app import EXPLORER, PROJECT, TARGET, epoch, is_training, launch
from pty_app import WIDE, Emulator, PtyApp, environment

CORES = os.cpu_count() or 2
THREADS = str(max(1, CORES - 1))  # torch's share of the machine, as the explorer takes it
OPTIONS = ["--start", "--fresh", "--target", TARGET, "--threads", THREADS]
MINIMAL = [sys.executable, str(PROJECT / "tests" / "terminal" / "minimal_app.py")]
SLOW_LINK = 64_000  # bytes a second
LINKS = {"here": None, "64 kB/s": SLOW_LINK, "16 kB/s": 16_000}
BUDGETS = {"here": 0.1, "64 kB/s": 0.5, "16 kB/s": 1.0}  # seconds from a key to the end of what it paints
PAUSES = {"here": (0.4, 0.8), "64 kB/s": (0.8, 1.4), "16 kB/s": (1.6, 2.2)}
PAINTED = b"\x1b[?2026l"  # the end of a synchronised update

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

# The same training with no screen: prints the time and the epoch after every turn.
HEADLESS = """
import sys, time
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of
session = session_of(FitSpecification.make(target=sys.argv[1], threads=int(sys.argv[2]), epochs=10**9))
session.start()
while session.advance(0.02):
    print(time.monotonic(), session.epoch, flush=True)
"""


class Figure(NamedTuple):
    """One row of the table."""

    what: str
    budget: str
    reached: str
    ok: bool | None = None


class Effort(NamedTuple):
    """How often and how long to measure."""

    starts: int  # of the explorer
    turns: int  # of training with the screen, and as many without
    turn: float  # seconds
    keys: int
    seconds: float  # of listening to what is sent


FULL = Effort(starts=9, turns=16, turn=2.5, keys=60, seconds=10)
QUICK = Effort(starts=3, turns=4, turn=2, keys=16, seconds=4)


# Parts of a measurement


@contextmanager
def training(*options: str, bytes_per_second: float | None = None) -> Iterator[PtyApp]:
    """An explorer that trains at the default rate, just begun."""
    with (
        tempfile.TemporaryDirectory() as folder,
        launch(Path(folder), *OPTIONS, *options, bytes_per_second=bytes_per_second) as app,
    ):
        app.wait_for(is_training)
        yield app


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


def quantile(values: list[float], part: float) -> float:
    """The smallest value that at least this part of them does not exceed."""
    return sorted(values)[max(0, -int(-part * len(values) // 1) - 1)]


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


# The measurements


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


def training_speed(effort: Effort) -> Iterator[Figure]:
    """Epochs a second in the explorer and in the same session without a screen, each stopped while the other runs."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", HEADLESS, TARGET, THREADS]
        with (
            training() as explorer,
            PtyApp(command, Path(folder), working_folder=PROJECT) as headless,
        ):
            headless.wait_for(lambda text: text.strip())
            headless.signal(signal.SIGSTOP)
            explorer.signal(signal.SIGSTOP)
            turns = [(turn(explorer, effort), turn(headless, effort)) for _ in range(effort.turns)]
            shown, alone = screen_epochs(explorer), printed_epochs(headless)
    with_screen = [rate(shown, *drawn) for drawn, _ in turns]
    without = [rate(alone, *bare) for _, bare in turns]
    lost = [100 * (1 - slow / fast) for slow, fast in zip(with_screen, without, strict=True)]
    reached = f"{median(lost):.1f} % ({min(lost):.1f} to {max(lost):.1f} in {len(lost)} pairs)"
    yield Figure("training speed lost to the screen", "≤ 10 %, aim 5 %", reached, median(lost) <= 10)
    yield Figure(
        "epochs a second, with it and without", "", f"{median(with_screen):,.0f}, {median(without):,.0f}"
    )


def turn(app: PtyApp, effort: Effort) -> tuple[float, float]:
    """Let a stopped program run for a while; the time that counts."""
    app.signal(signal.SIGCONT)
    sleep(0.5)  # until its caches are warm and its clocks have caught up
    began = monotonic()
    sleep(effort.turn)
    ended = monotonic()
    app.signal(signal.SIGSTOP)
    return began, ended


def screen_epochs(app: PtyApp) -> list[tuple[float, int]]:
    """When each epoch came to be shown."""
    emulator = Emulator(app.size)
    seen: list[tuple[float, int]] = []
    for chunk in app.chunks:
        emulator.feed(chunk.data)
        shown = epoch(emulator.lines[0])
        if shown >= 0 and (not seen or seen[-1][1] != shown):
            seen.append((chunk.time, shown))
    return seen


def printed_epochs(app: PtyApp) -> list[tuple[float, int]]:
    """The same, as the program printed it."""
    lines = [line.split() for line in app.output.decode().splitlines()]
    return [(float(line[0]), int(line[1])) for line in lines if len(line) == 2]


def rate(epochs: list[tuple[float, int]], began: float, ended: float) -> float:
    """Epochs a second between the first and the last that were seen in this time."""
    seen = [(time, number) for time, number in epochs if began <= time < ended]
    return (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0])


def keys(effort: Effort) -> Iterator[Figure]:
    """From a key that changes the fit to the frame that shows it."""
    with training() as app:
        waits = key_to_paint(app, effort.keys, (0.3, 0.7))
    yield _keys("key to paint while training", waits, 0.05, "≤ 50 ms, aim 30 ms")


def slow_link(effort: Effort) -> Iterator[Figure]:
    """The same while the terminal takes 64 kB a second and no more."""
    with training(bytes_per_second=SLOW_LINK) as app:
        sleep(2)
        waits = key_to_paint(app, effort.keys // 2, (0.8, 1.4))
    yield _keys("key to paint on a link of 64 kB/s", waits, 0.5, "≤ 500 ms")


def key_to_paint(
    app: PtyApp, times: int, pause: tuple[float, float], keys: str = "ee", shown: str = "fit − target"
) -> list[float]:
    """Press two keys in turn at random moments, of which the first brings these words and the second takes them away.

    Without others given they turn the residual on and off. The seconds until each is on the screen.
    """
    phase = random.Random(0)  # noqa: S311
    sleep(2)
    pressed = []
    for number in range(times):
        sleep(phase.uniform(*pause))
        pressed.append(app.send(keys[number % 2]))
    sleep(3)
    emulator = Emulator(app.size)
    waits: list[float] = []
    for chunk in app.chunks:
        emulator.feed(chunk.data)
        number = len(waits)
        if number == times or chunk.time < pressed[number]:
            continue
        if (shown in emulator.text) is (number % 2 == 0):
            waits.append(chunk.time - pressed[number])
    return waits + [float("inf")] * (times - len(waits))


def _keys(what: str, waits: list[float], most: float, budget: str) -> Figure:
    p95 = quantile(waits, 0.95)
    reached = f"{milliseconds(p95)} (median {milliseconds(median(waits))}, {len(waits)} keys)"
    return Figure(f"{what}, 95th percentile", budget, reached, p95 <= most)


class Kind(NamedTuple):
    """A key of a kind, what is then to be seen (a regular expression), and the key that takes it back."""

    name: str
    key: str
    shown: str
    back: str


EVERY_KIND = (
    Kind("help", "?", "esc closes", "?"),
    Kind("palette", "\x10", "Search for commands", "\x1b"),
    Kind("jump", "\x0f", "a Architecture ", "\x1b"),
    Kind("zoom", "z", r"(?s)\A(?!.*Architecture)", "z"),
    Kind("residual", "e", "fit − target", "e"),
    Kind("screen 2", "2", "Snapshot ", "1"),
    Kind("screen 3", "3", "Sampled says", "1"),
    Kind("screen 4", "4", "this screen needs two", "1"),
    Kind("screen 6", "6", "Experiments: ", "1"),
    Kind("form field", "j", r"Depth +‹", "k"),
    Kind("value in a form", "\x1b[C", r"Depth +‹ 4", "\x1b[D"),
)


def every_key(effort: Effort) -> Iterator[Figure]:
    """Each kind of key while training, on three links: to the end of the update that shows it, and what it sends."""
    found = {link: dict(_kinds_on(link, effort)) for link in LINKS}
    for kind in found["here"]:
        p95 = {link: quantile([wait for wait, _ in found[link][kind]], 0.95) for link in LINKS}
        sent = median(sent for _, sent in found["here"][kind]) / 1000
        reached = f"{', '.join(milliseconds(p95[link]) for link in LINKS)}; {sent:.1f} kB"
        kept = all(p95[link] <= BUDGETS[link] for link in LINKS)
        yield Figure(f"{kind}: here, 64 kB/s, 16 kB/s", "≤ 0.1, 0.5, 1 s", reached, kept)


def _kinds_on(link: str, effort: Effort) -> Iterator[tuple[str, list[tuple[float, int]]]]:
    """For each kind, there and back, the seconds and bytes of every press."""
    with training(bytes_per_second=LINKS[link]) as app:
        screen = Watched(app)
        sleep(3)
        for kind in EVERY_KIND:
            if kind.name == "form field":  # the form has the focus, its second row the cursor, and back
                app.send("\x0f")
                sleep(1)
                app.send("a")
                sleep(1)
            elif kind.name == "value in a form":
                app.send("j")
                sleep(1)
            there, back = screen.presses(kind, max(3, effort.keys // 6), PAUSES[link])
            yield kind.name, there
            yield f"{kind.name}, back", back


class Watched:
    """The screen that a program has painted so far, looked at after its keys were pressed."""

    def __init__(self, app: PtyApp) -> None:
        self._app, self._emulator, self._seen = app, Emulator(app.size), 0

    def presses(
        self, kind: Kind, times: int, pause: tuple[float, float]
    ) -> tuple[list[tuple[float, int]], list[tuple[float, int]]]:
        """Press a key and the one that takes it back in turn; of each the seconds and the bytes until it is painted."""
        phase = random.Random(0)  # noqa: S311
        pressed = []
        for number in range(2 * times):
            pressed.append(self._app.send(kind.back if number % 2 else kind.key))
            sleep(phase.uniform(*pause))
        sleep(pause[1])
        found = list(self._painted(kind.shown, pressed))
        missing = [(float("inf"), 0)] * (2 * times - len(found))
        return (found + missing)[::2], (found + missing)[1::2]

    def _painted(self, shown: str, pressed: list[float]) -> Iterator[tuple[float, int]]:
        chunks = self._app.chunks
        number = sent = 0
        is_shown = False
        for chunk in chunks[self._seen :]:
            self._emulator.feed(chunk.data)
            if number == len(pressed) or chunk.time < pressed[number]:
                continue
            sent += len(chunk.data)
            is_shown = is_shown or bool(re.search(shown, self._emulator.text)) is (number % 2 == 0)
            if is_shown and PAINTED in chunk.data:
                yield chunk.time - pressed[number], sent
                number, sent, is_shown = number + 1, 0, False
        self._seen = len(chunks)


def whole_screen(_: Effort) -> Iterator[Figure]:
    """What painting a screen anew sends, on every screen while nothing moves."""
    with training() as app:
        sleep(2)
        app.send(" ")
        sent = {}
        for screen in "12346":
            app.send(screen)
            sleep(2)
            began = monotonic()
            app.send("\x0c")
            sleep(1)
            sent[screen] = app.bytes_between(began, monotonic()) / 1000
    reached = ", ".join(f"{screen}: {size:.1f}" for screen, size in sent.items())
    yield Figure("a whole screen, kB", "≤ 10 kB", reached, max(sent.values()) <= 10)


def wire(effort: Effort) -> Iterator[Figure]:
    """Bytes a second while training, from the beginning on, and paused."""
    with training() as app:
        yield from bytes_sent(app, effort, "")


def bytes_sent(app: PtyApp, effort: Effort, where: str) -> Iterator[Figure]:
    """Of a training that runs, and once it is paused."""
    began = monotonic()
    sleep(3 * effort.seconds)
    parts = [began + part * effort.seconds for part in range(4)]
    sent = [app.bytes_between(a, b) / (b - a) / 1000 for a, b in pairwise(parts)]
    app.send(" ")
    app.wait_for("paused")
    app.wait_quiet()
    began = monotonic()
    sleep(3)
    paused = app.bytes_between(began, monotonic())
    reached = f"{median(sent):.1f} kB/s (windows of {effort.seconds:g} s: {', '.join(f'{part:.1f}' for part in sent)})"
    yield Figure(f"on the wire while training{where}", "≤ 40 kB/s, aim 25", reached, max(sent) <= 40)
    yield Figure(f"on the wire while paused{where}, in 3 s", "0 bytes", f"{paused} bytes", paused == 0)


def plane(effort: Effort) -> Iterator[Figure]:
    """Keys and bytes on the Plane screen, where all maps and the cells move: borders of the cells on and off."""
    with training("--target", "waves2d") as app:
        app.send("4")
        app.wait_for("Cells by slope")
        waits = key_to_paint(app, effort.keys, (0.3, 0.7), "bb", "Borders by layer")
        yield _keys("key to paint, Plane", waits, 0.05, "≤ 50 ms, aim 30 ms")
        yield from bytes_sent(app, effort, ", Plane")


def manifold(effort: Effort) -> Iterator[Figure]:
    """Keys and bytes while Compose trains a manifold and its twin: one layer and the next."""
    with training() as app:
        app.send(" 3v")
        app.wait_for("Layer 1 of")
        app.send(" ")
        app.wait_for(is_training)
        waits = key_to_paint(app, effort.keys, (0.3, 0.7), "lh", "Layer 2 of")
        yield _keys("key to paint, manifold", waits, 0.05, "≤ 50 ms, aim 30 ms")
        yield from bytes_sent(app, effort, ", manifold")


def leaving(effort: Effort) -> Iterator[Figure]:
    """From q, and from SIGTERM, to the end of the process, and what is left of the terminal."""
    endings: dict[str, tuple[Callable[[PtyApp], float], int]] = {
        "q": (lambda app: app.send("q"), 0),
        "SIGTERM": (lambda app: app.signal(signal.SIGTERM), 143),
    }
    for name, (end, code) in endings.items():
        waits, faults = [], []
        for _ in range(max(3, effort.starts // 2)):
            with training() as app:
                sleep(1.5)
                began = end(app)
                ended = app.wait_exit()
                faults += app.faults() + ([] if ended == code else [f"exit code {ended}"])
                waits.append((app.exit_time or float("inf")) - began)
        reached = f"{milliseconds(max(waits))} (median {milliseconds(median(waits))}; {len(waits)} times)"
        yield Figure(f"{name} while training, longest", "≤ 1 s", reached, max(waits) <= 1)
        yield Figure(
            f"{name}: the terminal afterwards", "as it was", "; ".join(faults) or "as it was", not faults
        )


@contextmanager
def experimenting() -> Iterator[PtyApp]:
    """An explorer that trains beside an experiment in exact arithmetic, with others waiting behind it."""
    with training() as app:
        app.send("6")
        app.wait_for("Experiments: ")
        for key in "GGkkkkkkkk\rj\rj\r":  # construction, starts, bends
            app.send(key)
            sleep(0.1)
        app.send("G")
        app.wait_for("What do the layers")
        yield app


def experiments(effort: Effort) -> Iterator[Figure]:
    """From a key to the experiment that it chooses, and from q to the end, while one runs and a training too."""
    with experimenting() as app:
        waits = key_to_paint(app, effort.keys, (0.3, 0.7), "kj", "What is left to gain")
        lost = [] if re.search(r"▶ \w", app.text) else ["no experiment ran any more"]
    yield _keys("key to paint while an experiment runs", waits, 0.05, "≤ 50 ms, aim 30 ms")
    waits, faults = [], lost
    for _ in range(max(3, effort.starts // 2)):
        with experimenting() as app:
            sleep(1.5)
            began = app.send("q")
            app.wait_exit()
            faults += app.faults() + ([] if app.is_alone else ["a process is left"])
            waits.append((app.exit_time or float("inf")) - began)
    reached = f"{milliseconds(max(waits))} (median {milliseconds(median(waits))}; {len(waits)} times)"
    yield Figure("q while an experiment runs, longest", "≤ 1 s", reached, max(waits) <= 1)
    yield Figure("and what is left of it", "nothing", "; ".join(faults) or "nothing", not faults)


def memory(_: Effort) -> Iterator[Figure]:
    """How much the explorer grows in a minute of training, once it has been running for one."""
    import psutil

    with training() as app:
        process = psutil.Process(app.pid)
        sleep(30)
        before = process.memory_info().rss
        sleep(60)
        grown = (process.memory_info().rss - before) / 1e6
    yield Figure("memory after 30 s of training, in a minute more", "", f"{grown:+.1f} MB")


MEASUREMENTS: dict[str, Callable[[Effort], Iterator[Figure]]] = {
    "first-paint": first_paint,
    "help": help_page,
    "training": training_speed,
    "keys": keys,
    "wire": wire,
    "slow-link": slow_link,
    "every-key": every_key,
    "whole-screen": whole_screen,
    "quit": leaving,
    "plane": plane,
    "manifold": manifold,
    "experiments": experiments,
    "memory": memory,
}


def measured(name: str, effort: Effort) -> Iterator[Figure]:
    """The figures of one measurement; one more, of its failure, where the explorer did not do as it should."""
    try:
        yield from MEASUREMENTS[name](effort)
    except AssertionError as failure:
        print(failure, file=sys.stderr)
        yield Figure(name, "", "could not be measured", ok=False)


def main() -> int:
    """Measure, print the table as it grows, and say whether all budgets were kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter measurements")
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, metavar="NAME",
                        help="one measurement, may be repeated: " + ", ".join(MEASUREMENTS))  # fmt: skip
    parser.add_argument("--long", action="store_true", help="also how memory grows in a minute")
    given = parser.parse_args()
    chosen = given.only or [name for name in MEASUREMENTS if name != "memory" or given.long]
    load = os.getloadavg()[0]
    print(f"{WIDE.columns}×{WIDE.rows}, {CORES} cores, torch on {THREADS}; load before {load:.1f}\n")
    print(f"{'what':<50} {'budget':<17} {'ok':<4} reached")
    kept = True
    for name in chosen:
        for figure in measured(name, QUICK if given.quick else FULL):
            ok = {True: "yes", False: "NO", None: ""}[figure.ok]
            print(f"{figure.what:<50} {figure.budget:<17} {ok:<4} {figure.reached}", flush=True)
            kept = kept and figure.ok is not False
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
