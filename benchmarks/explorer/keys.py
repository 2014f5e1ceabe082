"""From a key to the frame that shows what it did."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from time import sleep
from typing import NamedTuple

from pty_app import Emulator, PtyApp

from explorer.figures import Effort, Figure, milliseconds, quantile
from explorer.trained import training

SLOW_LINK = 64_000  # bytes a second
LINKS = {"here": None, "64 kB/s": SLOW_LINK, "16 kB/s": 16_000}
BUDGETS = {"here": 0.1, "64 kB/s": 0.5, "16 kB/s": 1.0}  # seconds from a key to the end of what it paints
PAUSES = {"here": (0.4, 0.8), "64 kB/s": (0.8, 1.4), "16 kB/s": (1.6, 2.2)}
RESIDUAL = (("e", "fit − target"), ("e", r"(?s)\A(?!.*fit − target)"))  # it is turned on and off
PAINTED = b"\x1b[?2026l"  # the end of a synchronised update


def keys(effort: Effort) -> Iterator[Figure]:
    """From a key that changes the fit to the frame that shows it."""
    with training() as app:
        waits = key_to_paint(app, effort.keys, (0.3, 0.7))
    yield keys_figure("key to paint while training", waits, 0.05, "≤ 50 ms, aim 30 ms")


def slow_link(effort: Effort) -> Iterator[Figure]:
    """The same while the terminal takes 64 kB a second and no more."""
    with training(bytes_per_second=SLOW_LINK) as app:
        sleep(2)
        waits = key_to_paint(app, effort.keys // 2, (0.8, 1.4))
    yield keys_figure("key to paint on a link of 64 kB/s", waits, 0.5, "≤ 500 ms")


def key_to_paint(
    app: PtyApp,
    times: int,
    pause: tuple[float, float],
    steps: Sequence[tuple[str, str]] = RESIDUAL,
    *,
    before: Callable[[], object] = lambda: None,
    during: str = "",
) -> list[float]:
    """Press keys in turn at random moments, each with what is to be seen of it and was not before (an expression).

    The seconds until that is on the screen. ``before``: what is done ahead of every key; ``during``: what the screen
    says when a key is pressed that is measured.
    """
    phase = random.Random(0)  # noqa: S311
    sleep(2)
    pressed = []
    for number in range(times):
        sleep(phase.uniform(*pause))
        before()
        pressed.append(app.send(steps[number % len(steps)][0]))
    sleep(3)
    emulator = Emulator(app.size)
    waits: list[float] = []
    number, meant = 0, ""  # the key that is waited for, and the screen as it was when it was pressed
    for chunk in app.chunks:
        is_pressed = number < times and chunk.time >= pressed[number]
        meant = meant or (emulator.text if is_pressed else "")
        emulator.feed(chunk.data)
        if is_pressed and re.search(steps[number % len(steps)][1], emulator.text):
            waits += [chunk.time - pressed[number]] * bool(re.search(during, meant))
            number, meant = number + 1, ""
    return waits + [float("inf")] * (times - number if number < times else not waits)


def keys_figure(what: str, waits: list[float], most: float, budget: str) -> Figure:
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
    Kind("screen 5", "5", "Gram eigenvalues", "1"),
    Kind("screen 6", "6", "Experiments: ", "1"),
    Kind("screen 7", "7", "Runs: ", "1"),
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
        end = b""  # of what came so far: a slow link brings the mark in two pieces
        for chunk in chunks[self._seen :]:
            self._emulator.feed(chunk.data)
            if number == len(pressed) or chunk.time < pressed[number]:
                continue
            sent += len(chunk.data)
            latest = end + chunk.data
            end = latest[1 - len(PAINTED) :]
            is_shown = is_shown or bool(re.search(shown, self._emulator.text)) is (number % 2 == 0)
            if is_shown and PAINTED in latest:
                yield chunk.time - pressed[number], sent
                number, sent, is_shown = number + 1, 0, False
        self._seen = len(chunks)
