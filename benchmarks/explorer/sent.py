"""How many bytes are sent: by a whole screen, in a second of training, and while nothing goes on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from time import monotonic, sleep

from pty_app import PtyApp

from explorer.figures import Effort, Figure
from explorer.trained import training


def whole_screen(_: Effort) -> Iterator[Figure]:
    """What painting a screen anew sends, on every screen while nothing moves."""
    with training() as app:
        sleep(2)
        app.send(" ")
        sent = {}
        for screen in "123456":
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
