"""The explorer for an hour: memory, file handles, threads, frames and training speed, minute by minute.

    python benchmarks/soak.py [--minutes 60]

A fit trains without end in a real pseudo-terminal and is kept in a store, while somebody goes through the screens,
opens and closes what opens, and drags the window's corner every ten seconds. Growth is the slope of a line through all
minutes but the first sixth, in which what is used for the first time is loaded. The exit code is 1 where memory grew
by more than 20 MB an hour, handles or threads grew, an epoch or a frame stopped coming, or the terminal was left
otherwise than it was found.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from itertools import cycle, pairwise
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import psutil
from explorer.keys import PAINTED
from explorer.trained import THREADS
from explorer_app import TARGET, epoch, is_training, launch
from pty_app import NARROW, WIDE, PtyApp

MOST_GROWTH = 20.0  # MB an hour
# A row a minute, which ends on Explore: the screens, what opens and closes, what redraws all.
WALK = (
    *("2", "3", "4", "5", "6", "1"),
    *("?", "?", "\x10", "\x1b", "z", "z"),
    *("e", "narrow", "l", "l", "wide", "e"),
)
STEP = 10.0  # seconds
HEAD = " minute      MB  handles  threads          epoch  frames/s   kB/s  store MB"


@dataclass(frozen=True)
class Minute:
    """What was seen at the end of one."""

    memory: float  # MB, of the process and those it started
    handles: int
    threads: int
    epoch: int
    frames: float  # a second
    sent: float  # kB a second
    store: float  # MB

    def __str__(self) -> str:
        return (
            f"{self.memory:>7.1f} {self.handles:>8} {self.threads:>8} {self.epoch:>14,} "
            f"{self.frames:>9.1f} {self.sent:>6.1f} {self.store:>9.1f}"
        )


def minute(app: PtyApp, store: Path, steps: cycle[str]) -> Minute:
    """Go through the screens for a minute; what is to be seen then, on the first of them."""
    began, until = monotonic(), monotonic() + 60.0
    while (left := until - monotonic()) > 0:
        sleep(min(STEP, left))
        step = next(steps)
        if step in ("narrow", "wide"):
            app.resize(*(NARROW if step == "narrow" else WIDE))
        else:
            app.send(step)
    processes = [psutil.Process(app.pid), *psutil.Process(app.pid).children(recursive=True)]
    files = [path.stat() for path in store.rglob("*") if path.is_file()]
    sent = b"".join(chunk.data for chunk in app.chunks if chunk.time >= began)
    shown = app.wait_for(lambda text: epoch(text.splitlines()[0]) >= 0)
    return Minute(
        memory=sum(each.memory_info().rss for each in processes) / 1e6,
        handles=sum(each.num_fds() for each in processes),
        threads=sum(each.num_threads() for each in processes),
        epoch=epoch(shown.splitlines()[0]),
        frames=sent.count(PAINTED) / 60.0,
        sent=len(sent) / 60e3,
        store=sum(each.st_size for each in files) / 1e6,
    )


def an_hours_growth(values: list[float]) -> float:
    """The slope of a line through the values of each minute, an hour."""
    return float(np.polyfit(np.arange(len(values)) / 60.0, values, 1)[0])


def main() -> int:
    """Watch, print a line a minute, and say what grew."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=60, help="at least 6 (60)")
    minutes = max(6, parser.parse_args().minutes)
    options = ["--start", "--fresh", "--target", TARGET, "--threads", THREADS, "--epochs", "1000000000"]
    seen: list[Minute] = []
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "soak"
        with launch(Path(folder), *options, "--store", str(store)) as app:
            app.wait_for(is_training)
            steps = cycle(WALK)
            for number in range(1, minutes + 1):
                seen.append(minute(app, store, steps))
                print(f"{number:>6} {seen[-1]}", flush=True)
            app.send("q")
            code = app.wait_exit()
            faults = [*app.faults(), *([] if app.is_alone else ["a process is left"])]
    settled = seen[minutes // 6 :]
    grown = {
        name: an_hours_growth([getattr(each, name) for each in settled])
        for name in ("memory", "handles", "threads")
    }
    stalled = any(after.epoch <= before.epoch or not after.frames for before, after in pairwise(seen))
    print(
        f"\nan hour more: {grown['memory']:+.1f} MB, {grown['handles']:+.1f} handles, {grown['threads']:+.1f} threads; "
        f"left with {code}{', ' + '; '.join(faults) if faults else ', the terminal as it was'}"
    )
    steady = grown["memory"] <= MOST_GROWTH and grown["handles"] < 2 and grown["threads"] < 2
    return 0 if steady and not stalled and not faults and code == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
