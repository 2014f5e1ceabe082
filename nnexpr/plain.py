"""Values as JSON has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["plain", "shortest"]


def shortest(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The doubles of fewest digits that are these numbers in their own precision: 0.1 for the float32 nearest to it."""
    import numpy as np

    return values.astype(str).astype(np.float64)


def plain(value: Any) -> Any:
    """``value`` in JSON's own types: arrays become lists, records their fields, and a non-finite number null.

    A mapping that holds such a number, itself or in a list, then says ``"nonfinite": true``.
    """
    return _plain(value)[0]


def _plain(value: Any) -> tuple[Any, bool]:
    """The plain value, and whether a number in it was not finite and no mapping below has said so."""
    if isinstance(value, float):
        return (float(value), False) if math.isfinite(value) else (None, True)
    if value is None or isinstance(value, (str, bool, int)):
        return value, False
    if is_dataclass(value):
        value = vars(value)
    if isinstance(value, Mapping):
        pairs = {str(key): _plain(item) for key, item in value.items()}
        document = {key: item for key, (item, _) in pairs.items()}
        if any(lost for _, lost in pairs.values()):
            document["nonfinite"] = True
        return document, False
    if hasattr(value, "tolist"):  # an array, a tensor, or one of their numbers
        return _plain(value.tolist())
    items = [_plain(item) for item in value]
    return [item for item, _ in items], any(lost for _, lost in items)
