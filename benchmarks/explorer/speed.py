"""What the screen costs the training, in epochs and in memory."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import monotonic, sleep

from explorer_app import PROJECT, TARGET, epoch
from pty_app import Emulator, PtyApp

from explorer.figures import Effort, Figure
from explorer.trained import THREADS, training

Stretch = tuple[float, float]  # from when to when
Epochs = list[tuple[float, int]]  # when each was seen

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


def training_speed(effort: Effort) -> Iterator[Figure]:
    """Epochs a second in the explorer and in the same session without a screen, each stopped while the other runs."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", HEADLESS, TARGET, THREADS]
        with (
            training() as explorer,
            PtyApp(command, Path(folder), working_folder=PROJECT) as headless,
        ):
            headless.wait_for(lambda text: text.strip())
            turns = _in_turn(explorer, headless, effort)
            shown, alone = screen_epochs(explorer), printed_epochs(headless)
    yield from _lost("training speed lost to the screen", "≤ 10 %, aim 5 %", shown, alone, turns)


def tangent_speed(effort: Effort) -> Iterator[Figure]:
    """The same in an explorer that shows the tangent kernel and in one that shows the loss."""
    for width in ("16", "64", "256"):
        with training("--width", width) as looking, training("--width", width) as other:
            looking.send("K")
            looking.wait_for("eigenvalues of K")
            turns = _in_turn(looking, other, effort)
            shown, alone = screen_epochs(looking), screen_epochs(other)
        yield from _lost(f"speed lost to the tangent kernel, width {width}", "≤ 10 %", shown, alone, turns)


def _in_turn(first: PtyApp, second: PtyApp, effort: Effort) -> list[tuple[Stretch, Stretch]]:
    """When each of two programs ran, each stopped while the other did."""
    first.signal(signal.SIGSTOP)
    second.signal(signal.SIGSTOP)
    return [(turn(first, effort), turn(second, effort)) for _ in range(effort.turns)]


def _lost(
    what: str, budget: str, shown: Epochs, alone: Epochs, turns: list[tuple[Stretch, Stretch]]
) -> Iterator[Figure]:
    """How much slower the first of two programs trains, and how fast both do."""
    slow = [rate(shown, *stretch) for stretch, _ in turns]
    fast = [rate(alone, *stretch) for _, stretch in turns]
    lost = [100 * (1 - one / other) for one, other in zip(slow, fast, strict=True)]
    reached = f"{median(lost):.1f} % ({min(lost):.1f} to {max(lost):.1f} in {len(lost)} pairs)"
    yield Figure(what, budget, reached, median(lost) <= 10)
    yield Figure("epochs a second, with it and without", "", f"{median(slow):,.0f}, {median(fast):,.0f}")


def turn(app: PtyApp, effort: Effort) -> Stretch:
    """Let a stopped program run for a while; the time that counts."""
    app.signal(signal.SIGCONT)
    sleep(0.5)  # until its caches are warm and its clocks have caught up
    began = monotonic()
    sleep(effort.turn)
    ended = monotonic()
    app.signal(signal.SIGSTOP)
    return began, ended


def screen_epochs(app: PtyApp) -> Epochs:
    """When each epoch came to be shown."""
    emulator = Emulator(app.size)
    seen: Epochs = []
    for chunk in app.chunks:
        emulator.feed(chunk.data)
        shown = epoch(emulator.lines[0])
        if shown >= 0 and (not seen or seen[-1][1] != shown):
            seen.append((chunk.time, shown))
    return seen


def printed_epochs(app: PtyApp) -> Epochs:
    """The same, as the program printed it."""
    lines = [line.split() for line in app.output.decode().splitlines()]
    return [(float(line[0]), int(line[1])) for line in lines if len(line) == 2]


def rate(epochs: Epochs, began: float, ended: float) -> float:
    """Epochs a second between the first and the last that were seen in this time."""
    seen = [(time, number) for time, number in epochs if began <= time < ended]
    return (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0])


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
