"""Work on consecutive shares, side by side: compiled loops release the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch

__all__ = ["in_shares"]

Result = TypeVar("Result")
SHARES = 4  # of each thread, so that none waits long for another


def in_shares(work: Callable[[int, int], Result], count: int, fewest: int) -> list[Result]:
    """``work(first, last)`` of consecutive shares of ``range(count)``, in order, on as many threads as torch uses.

    One thread for every ``fewest`` at most; with one, all of it is one share.
    """
    threads = min(torch.get_num_threads(), count // fewest)
    if threads < 2:
        return [work(0, count)]
    bounds = np.linspace(0, count, SHARES * threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, bounds[:-1], bounds[1:]))
