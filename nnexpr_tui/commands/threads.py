"""How many processor threads the libraries take."""

from __future__ import annotations

import os

__all__ = ["use_threads"]

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def use_threads(threads: int | None) -> None:
    """Give torch and the linear algebra of NumPy and SciPy so many threads; None leaves them all they take.

    Called before NumPy and torch are loaded: their libraries read the variables once.
    """
    if threads is None:
        return
    os.environ.update(dict.fromkeys(_VARIABLES, str(threads)))
    import torch

    torch.set_num_threads(threads)
