"""What a change on the Spectrum screen costs, beside least squares from the beginning.

    python benchmarks/spectrum.py [KNOTS] [SAMPLES]

Each line: one change as the screen makes it (until its first answer: fit, eigenvalues, mode, frequencies), in processor
time, which is what it takes where nothing else runs, and by the clock; medians of several; and how many times the
processor time of ``least_squares`` with the condition for the same. Threads as in the explorer: all cores but one.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", str(max(1, (os.cpu_count() or 2) - 1)))

from nnexpr.linear.problem import choices_of, knots_of, samples_of
from nnexpr.linear.solvers import least_squares
from nnexpr.linear.specification import LstsqSpecification
from nnexpr_tui.spectrum.engine import Kept, answers
from nnexpr_tui.spectrum.moment import SpectrumQuestion

ROUNDS = 9


def first(specification: LstsqSpecification, kept: Kept) -> None:
    """Until there is something to see."""
    next(answer for answer in answers(SpectrumQuestion(specification), kept) if answer is not None)


def direct(specification: LstsqSpecification) -> None:
    """The same fit and its condition, without anything kept."""
    samples = samples_of(specification)
    knots = knots_of(specification, samples)
    how = choices_of(specification, knots)
    if not specification.relevant("rcond"):
        how["rcond"] = None
    _ = least_squares(samples.x, samples.y, knots, domain=samples.domain, **how).condition


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of the processor, and by the clock."""
    began, processor = time.perf_counter(), time.process_time()
    work()
    return 1e3 * (time.process_time() - processor), 1e3 * (time.perf_counter() - began)


def main() -> None:
    """Every change, one after another."""
    given = [int(word) for word in sys.argv[1:3]]
    n, samples = given[0] if given else 300, given[1] if len(given) > 1 else 1000
    plain = LstsqSpecification.make(knots=n, samples=samples, basis="relu", solver="svd", rcond=1e-6)
    changes: dict[str, dict[str, Any]] = {
        "cut-off": {"rcond": 1e-4}, "cut-off of gram": {"solver": "gram", "rcond": 1e-4},
        "cut-off of qr": {"solver": "qr", "rcond": 1e-4}, "solver": {"solver": "gram"},
        "precision": {"dtype": "float32"}, "basis": {"basis": "tanh"}, "knots": {"knots": n + 1},
        "placement": {"biases": "adaptive"},
    }  # fmt: skip
    print(f"{n} knots, {samples} samples, {os.environ['OPENBLAS_NUM_THREADS']} threads; median of {ROUNDS}")
    for name, change in changes.items():
        after, spent, whole = plain.replace(**change), [], []
        for _ in range(ROUNDS):
            kept = Kept()
            first(after.replace(rcond=1e-6) if name.startswith("cut") else plain, kept)
            spent.append(timed(lambda: first(after, kept)))  # noqa: B023
            whole.append(timed(lambda: direct(after)))  # noqa: B023
        (used, passed), (other, _) = (map(median, zip(*each, strict=True)) for each in (spent, whole))
        print(
            f"{name:<18}{used:7.1f} ms, by the clock {passed:7.1f}   from the beginning {other / used:6.1f} times"
        )


if __name__ == "__main__":
    main()
