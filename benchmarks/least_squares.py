"""Least squares on fixed knots: the linear-time way beside dense QR and SciPy's spline, as ratios, in one run.

Each is left out where it would take minutes: dense QR beyond 500 knots; SciPy's spline, whose time grows with samples
times knots, beyond 2000 (at 100,000 knots it took 86 s where ours took 0.06).

    python benchmarks/least_squares.py

Prints seconds (the best of a few), the ratio to ours, and how far the mean squared errors are apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.interpolate import make_lsq_spline

from nnexpr.linear.solvers import least_squares

REPEATS = 3


def best_of(work: Callable[[], float]) -> tuple[float, float]:
    """(seconds, mean squared error), the fastest of a few runs."""
    runs = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        error = work()
        runs.append((time.perf_counter() - start, error))
    return min(runs)


def spline(x: np.ndarray, y: np.ndarray, knots: np.ndarray) -> float:
    """SciPy's least-squares B-spline of degree 1 on the same knots."""
    fitted = make_lsq_spline(x, y, np.concatenate([knots[:1], knots, knots[-1:]]), k=1)
    return float(np.mean((fitted(x) - y) ** 2))


def compare(n: int, samples: int) -> None:
    """One line a way, for n uniform knots."""
    x = np.linspace(-1, 1, samples)
    y, knots = np.arctan(25 * x), np.linspace(-1, 1, n)
    ways: dict[str, Callable[[], float]] = {
        "nnexpr, O(n), hats": lambda: least_squares(x, y, knots).mse,
        "nnexpr, O(n), ReLUs": lambda: least_squares(x, y, knots, basis="relu").mse,
    }
    if n <= 2000:
        ways["SciPy make_lsq_spline"] = lambda: spline(x, y, knots)
    if n <= 500:
        ways["dense QR, ReLUs"] = lambda: least_squares(x, y, knots, basis="relu", solver="qr").mse
    print(f"\n{n:,} knots, {samples:,} samples of arctan(25x)")
    seconds, error = best_of(ways["nnexpr, O(n), hats"])
    for name, work in ways.items():
        taken, found = best_of(work)
        print(
            f"  {name:24s}{taken:10.4f} s{taken / seconds:10.2f} ×   mse {found:.4e} ({found / error - 1:+.0e})"
        )


if __name__ == "__main__":
    compare(100, 10_000)
    compare(500, 10_000)
    compare(2000, 20_000)
    compare(100_000, 400_000)
