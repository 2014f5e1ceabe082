"""The screens on which more goes on: keys, bytes and the end."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, pairwise
from pathlib import Path
from statistics import median
from time import sleep

import torch
from explorer_app import is_training, launch
from pty_app import PtyApp

from explorer.figures import Effort, Figure, milliseconds
from explorer.keys import key_to_paint, keys_figure
from explorer.sent import bytes_sent
from explorer.trained import training

COLORS = (("b", "Cells by pattern"), ("b", "Borders by layer"), ("b", "Cells by slope"))
LAST_BUT_ONE = "What is left to gain"
# As large as a network of ACAS Xu; its weights are drawn so that it has some ten thousand cells.
WIDTHS = (5, 50, 50, 50, 50, 50, 50, 5)


def plane(effort: Effort) -> Iterator[Figure]:
    """Keys and bytes on the Plane screen, where all maps and the cells move: borders of the cells on and off."""
    with training("--target", "waves2d") as app:
        app.send("4")
        app.wait_for("Cells by slope")
        waits = key_to_paint(app, effort.keys, (0.3, 0.7), COLORS)
        yield keys_figure("key to paint, Plane", waits, 0.05, "≤ 50 ms, aim 30 ms")
        yield from bytes_sent(app, effort, ", Plane")


def network(effort: Effort) -> Iterator[Figure]:
    """Keys on the Network view while its cells are counted: an output and the next, each behind a turn of the plane."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.pt"
        torch.save(drawn().state_dict(), file)
        with launch(Path(folder), "open", str(file), "--domain", "-5", "5") as app:
            app.wait_for("counted")
            turns = cycle("][")

            def turn() -> None:
                app.send(next(turns))
                sleep(0.1)

            steps = ((".", "Output 1 ─"), (",", "Output 0 ─"))
            waits = key_to_paint(app, effort.keys, (0.3, 0.7), steps, before=turn, during="counting")
            cells = re.search(r"Cells +([\d,]+)", app.text)
    yield keys_figure("key to paint while cells are counted, Network", waits, 0.1, "≤ 100 ms")
    yield Figure("and how many cells those are", "", cells[1] if cells else "none were seen")


def drawn() -> torch.nn.Sequential:
    """A network of these widths."""
    torch.manual_seed(0)
    parts: list[torch.nn.Module] = []
    for given, made in pairwise(WIDTHS):
        layer = torch.nn.Linear(given, made)
        torch.nn.init.kaiming_normal_(layer.weight)
        torch.nn.init.normal_(layer.bias, std=0.5)
        parts += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*parts[:-1])


def manifold(effort: Effort) -> Iterator[Figure]:
    """Keys and bytes while Compose trains a manifold and its twin: one layer and the next."""
    with training() as app:
        app.send(" 3v")
        app.wait_for("Layer 1 of")
        app.send(" ")
        app.wait_for(is_training)
        waits = key_to_paint(app, effort.keys, (0.3, 0.7), (("l", "Layer 2 of"), ("h", "Layer 1 of")))
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
        waits = key_to_paint(
            app, effort.keys, (0.3, 0.7), (("k", LAST_BUT_ONE), ("j", f"(?s)\\A(?!.*{LAST_BUT_ONE})"))
        )
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
