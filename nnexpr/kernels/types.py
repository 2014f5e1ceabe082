"""The arrays that compiled functions take: flat or in rows, contiguous."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Index", "Numbers"]

Numbers: TypeAlias = NDArray[Any]  # float32 or float64, one of them throughout a call
Index: TypeAlias = NDArray[np.int64]
