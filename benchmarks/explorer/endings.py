"""How soon the explorer is gone, and what is left of it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from statistics import median
from time import sleep

from pty_app import PtyApp

from explorer.figures import Effort, Figure, milliseconds
from explorer.trained import training


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
