"""The screens on which more goes on: keys, bytes and the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import sleep

from explorer_app import is_training
from pty_app import PtyApp

from explorer.figures import Effort, Figure, milliseconds
from explorer.keys import key_to_paint, keys_figure
from explorer.sent import bytes_sent
from explorer.trained import training


def plane(effort: Effort) -> Iterator[Figure]:
    """Keys and bytes on the Plane screen, where all maps and the cells move: borders of the cells on and off."""
    with training("--target", "waves2d") as app:
        app.send("4")
        app.wait_for("Cells by slope")
        waits = key_to_paint(app, effort.keys, (0.3, 0.7), "bb", "Borders by layer")
        yield keys_figure("key to paint, Plane", waits, 0.05, "≤ 50 ms, aim 30 ms")
        yield from bytes_sent(app, effort, ", Plane")


def manifold(effort: Effort) -> Iterator[Figure]:
    """Keys and bytes while Compose trains a manifold and its twin: one layer and the next."""
    with training() as app:
        app.send(" 3v")
        app.wait_for("Layer 1 of")
        app.send(" ")
        app.wait_for(is_training)
        waits = key_to_paint(app, effort.keys, (0.3, 0.7), "lh", "Layer 2 of")
        yield keys_figure("key to paint, manifold", waits, 0.05, "≤ 50 ms, aim 30 ms")
        yield from bytes_sent(app, effort, ", manifold")


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
    yield keys_figure("key to paint while an experiment runs", waits, 0.05, "≤ 50 ms, aim 30 ms")
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
