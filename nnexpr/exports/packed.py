"""Arrays as text in a JSON document: base64 of little-endian numbers, as they are or in as many steps as fit.

``{"type": "float64", "shape": [2, 3], "data": …}`` holds an array of NumPy bit for bit. A *quantised* one has the rows
of its last axis in 254 or 65,534 equal steps between the least and the greatest value of each row,

    value = low + code (high - low) / steps,

so it errs by at most half a step of its row; the greatest code stands for what is not finite. What is read is checked
before it is believed: ValueError, TypeError or LookupError otherwise.
"""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["packed", "quantised", "unpacked", "unquantised"]

TYPES = ("float32", "float64", "int32", "uint8", "uint16")
LARGEST = float(np.finfo(np.float32).max)  # what is larger is held as this


def packed(array: NDArray[Any], kind: str) -> dict[str, Any]:
    """The array as ``kind``, one of :data:`TYPES`."""
    data = np.ascontiguousarray(array, dtype=np.dtype(kind).newbyteorder("<"))
    return {
        "type": kind,
        "shape": list(array.shape),
        "data": base64.b64encode(data.tobytes()).decode("ascii"),
    }


def unpacked(given: Any, kind: str, *shape: int | None) -> NDArray[Any]:
    """An array of ``kind`` and of this shape, None where any length will do, from what :func:`packed` wrote."""
    if given["type"] != kind or kind not in TYPES:
        raise ValueError(f"an array of {given['type']}, not of {kind}")
    found = tuple(given["shape"])
    expected = len(found) == len(shape) and all(
        want in (None, size) for want, size in zip(shape, found, strict=True)
    )
    if not expected or not all(type(size) is int and size >= 0 for size in found):
        raise ValueError(f"an array of shape {found}, not {shape}")
    data = base64.b64decode(given["data"], validate=True)
    if len(data) != math.prod(found) * np.dtype(kind).itemsize:
        raise ValueError("an array that was cut short")
    return np.frombuffer(data, dtype=np.dtype(kind).newbyteorder("<")).astype(kind).reshape(found)


def quantised(array: NDArray[np.floating], kind: str) -> dict[str, Any]:
    """An array ``(..., n)`` in the steps of ``kind``, uint8 or uint16."""
    values = np.clip(array.astype(np.float64), -LARGEST, LARGEST)
    finite, steps = np.isfinite(array), np.iinfo(kind).max - 1
    low = np.min(values, axis=-1, where=finite, initial=np.inf)
    high = np.max(values, axis=-1, where=finite, initial=-np.inf)
    empty = low > high
    low, high = np.where(empty, 0.0, low), np.where(empty, 0.0, high)
    height = np.where(high > low, high - low, 1.0)
    codes = np.rint(np.where(finite, (values - low[..., None]) / height[..., None], 0.0) * steps)
    codes[~finite] = steps + 1
    ends = {"low": packed(low, "float64"), "high": packed(high, "float64")}
    return {**packed(codes, kind), **ends}


def unquantised(given: Any, kind: str, *shape: int | None) -> NDArray[np.float32]:
    """What :func:`quantised` wrote, to half a step, and NaN for what was not finite."""
    codes, steps = unpacked(given, kind, *shape), np.iinfo(kind).max - 1
    low, high = (unpacked(given[end], "float64", *codes.shape[:-1])[..., None] for end in ("low", "high"))
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise ValueError("steps without ends")
    values = np.clip(low + codes * ((high - low) / steps), -LARGEST, LARGEST)
    found: NDArray[np.float32] = np.where(codes > steps, np.nan, values).astype(np.float32)
    return found
