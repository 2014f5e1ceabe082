"""How many processor threads the libraries take."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["leaving_a_core", "use_threads"]

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)  # read once, by libraries as they load


def use_threads(threads: int | None) -> None:
    """Give torch and the linear algebra of NumPy and SciPy so many threads; None leaves them all they take."""
    if threads is not None:
        os.environ.update(dict.fromkeys(VARIABLES, str(threads)))
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(threads)


@contextmanager
def leaving_a_core() -> Iterator[None]:
    """The linear algebra of NumPy and SciPy, where loaded inside, takes all cores but one, unless told otherwise.

    With all of them beside a training each of its calls waits for the others' threads: on two busy cores the QR
    factorisation of a 1000 x 300 matrix took ten times as long as with one thread.
    """
    told = "OPENBLAS_NUM_THREADS"
    if any(name in os.environ for name in VARIABLES):
        yield
        return
    os.environ[told] = str(max(1, (os.cpu_count() or 2) - 1))
    try:
        yield
    finally:
        del os.environ[told]  # processes that are started from here have a say of their own
