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
