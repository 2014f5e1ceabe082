"""A server of explorers as a process of its own, and the explorers that it has started."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import psutil
from explorer_app import EXPLORER, PROJECT
from pty_app import environment

__all__ = ["PATIENCE", "Served", "is_ready", "until"]

PATIENCE = 120.0  # seconds
FIT = ("--target", "two_tone", "--width", "4", "--threads", "1", "--fresh")


def until(condition: Callable[[], object], wait: Callable[[], object] = lambda: sleep(0.02)) -> None:
    """Wait until it holds."""
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline, "it never came to hold"
        wait()


def is_ready(text: str) -> bool:
    """Whether an explorer that draws this hears keys of a training."""
    return re.search(r"\bready\b", text) is not None


class Served:
    """``nnexpr-tui serve`` on a free port; leaving the ``with`` block ends it and what it started."""

    def __init__(self, folder: Path, *options: str) -> None:
        # A server that was begun where nothing can be drawn serves browsers that can.
        variables = environment(folder, TERM="dumb", LANG="C", NO_COLOR="", TMUX="x")
        self.process = subprocess.Popen(
            [*EXPLORER, "serve", "--port", "0", "--json", *FIT, *options],
            cwd=PROJECT, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr and self.process.stderr.read()
        self.url: str = json.loads(line)["url"]
        self._seen: set[psutil.Process] = set()

    @property
    def explorers(self) -> list[psutil.Process]:
        """Those that it has started and that have not ended, whether or not it lives itself."""
        if self.process.poll() is None:
            self._seen |= set(psutil.Process(self.process.pid).children())
        return [each for each in self._seen if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        for explorer in self.explorers:
            explorer.kill()
        self.process.kill()
        self.process.communicate()
