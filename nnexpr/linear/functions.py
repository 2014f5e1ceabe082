"""From a basis' name and its knots, or how many, to its functions: on the line or in the plane, as samples are."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnexpr.linear.bases.base import Functions
from nnexpr.linear.basis import BASES
from nnexpr.linear.piecewise import check_knots
from nnexpr.linear.plane import Rectangle, check_sides
from nnexpr.specification import InputError

__all__ = ["Domain", "functions_for", "rectangle_of"]

Array = NDArray[np.float64]
Domain = tuple[float, float] | Rectangle


def functions_for(
    basis: str,
    x: Array,
    knots: int | ArrayLike,
    domain: Domain | None,
    dtype: np.dtype[np.floating],
    **options: Any,
) -> Functions:
    """The basis, in ``dtype``, where x ``(samples,)`` or ``(samples, 2)`` is.

    ``knots``: where they are, or how many are spread evenly over the ``domain``, which covers the samples unless given;
    of an interval in the plane both inputs are in it. InputError for what cannot be used.
    """
    known = BASES[basis]
    number = int(knots) if isinstance(knots, (int, np.integer)) else None
    if number is not None and number < 2:
        raise InputError("knots", number, "at least 2 are needed, the two ends")
    if x.ndim == 1:
        interval = cast("tuple[float, float]", domain or (float(x.min()), float(x.max())))
        if number is not None:
            check_sides(interval)
            knots = np.linspace(*interval, number)
        return known.on(check_knots(knots, dtype), **options)
    rectangle = rectangle_of(
        domain or cast("Rectangle", tuple(zip(x.min(axis=0), x.max(axis=0), strict=True)))
    )
    kind = known.in_the_plane
    if number is not None:
        check_sides(*rectangle)
        knots = kind.spread(number, rectangle, None, ends=True)
    return known.on_plane(kind.checked(knots, dtype), rectangle, **options)


def rectangle_of(domain: Domain) -> Rectangle:
    """The two sides of a rectangle; of an interval, of its square. InputError for anything else."""
    sides = np.asarray(domain, dtype=np.float64)
    if sides.shape not in ((2,), (2, 2)):
        raise InputError(
            "domain", domain, "in two dimensions it is ((low, high), (low, high)), or one interval for both"
        )
    first, second = np.broadcast_to(sides, (2, 2)).tolist()
    return tuple(first), tuple(second)
