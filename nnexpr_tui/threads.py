"""How many processor threads the libraries take."""

from __future__ import annotations

import os
import sys

__all__ = ["use_threads"]

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
