"""Processor threads: groups side by side where there are several, threads inside each operation only where it pays.

The budget is torch's own thread count when a session is made. Operations on small networks take microseconds; splitting
each of them over threads costs more in waiting than it gains, and far more on a machine that is busy. So groups run in
threads of their own, one torch thread each. A single group uses torch's threads when its products are large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

__all__ = ["Threads"]

LARGE_PRODUCT = (
    30_000_000  # multiply-adds: found by trying; below it a second thread inside a product gains nothing
)

Item = TypeVar("Item")


class Threads:
    """Runs work over groups, ``budget`` threads in all."""

    def __init__(self, groups: int, largest_product: int, device: torch.device) -> None:
        budget = torch.get_num_threads() if device.type == "cpu" else 1
        side_by_side = min(groups, budget)
        self._inside = budget if side_by_side == 1 and largest_product >= LARGE_PRODUCT else 1
        self._pool = (
            ThreadPoolExecutor(side_by_side, "group", initializer=torch.set_num_threads, initargs=(1,))
            if side_by_side > 1
            else None
        )

    def each(self, work: Callable[[Item], object], items: Sequence[Item]) -> None:
        """Call ``work`` on every item and wait for all of them; the first exception is raised."""
        with _torch_threads(self._inside):
            for _ in self._pool.map(work, items) if self._pool else map(work, items):
                pass


@contextmanager
def _torch_threads(count: int) -> Iterator[None]:
    """Torch with so many threads inside, and as it was outside."""
    before = torch.get_num_threads()
    if before == count:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
