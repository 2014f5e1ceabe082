"""Where a network of any number of inputs is looked at, as people spell it: between two points, or on a plane.

A :class:`Slice` is words; for a network's inputs it becomes a segment or a plane.
Points are spelled as :mod:`nnexpr.targets.points` reads them, in the units that the network's file is in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexpr.regions.plane.placed import Plane, placed, plane_through
from nnexpr.scale import SAME, Scale
from nnexpr.specification import InputError
from nnexpr.targets.points import read_point

__all__ = ["Interval", "Slice"]

Array = NDArray[np.float64]
Interval = tuple[float, float]

AROUND = (-0.5, 1.5)  # the triangle of three points lies in [0, 1] of both
BESIDE = (-1.0, 1.0)  # an origin


@dataclass(frozen=True)
class Slice:
    """``between`` two points; or a plane through the three ``points``, or by ``origin`` and two ``directions``.

    ``domain``, ``domain2``: of s and t in the plane x = origin + s u + t v; t has that of s unless it has its own.
    Raises InputError where that says nothing, or two things.
    """

    between: tuple[str, str] | None = None
    points: tuple[str, str, str] | None = None
    origin: str | None = None
    directions: tuple[str, str] | None = None
    domain: Interval | None = None
    domain2: Interval | None = None

    def __post_init__(self) -> None:
        said = [name for name in ("between", "points", "directions") if getattr(self, name) is not None]
        spelled = {"points": "plane"}
        if len(said) > 1:
            first, second = (spelled.get(name, name) for name in said[:2])
            raise InputError(
                second, "given", f"leave it out beside --{first}; one place is looked at at a time"
            )
        if (self.origin is None) != (self.directions is None):
            there, missing = ("origin", "directions") if self.directions is None else ("directions", "origin")
            raise InputError(there, "given", f"it goes with --{missing}")
        if self.between is not None and (given := self.domain or self.domain2) is not None:
            raise InputError("domain", given, "leave it out beside --between, which says where")

    @property
    def is_given(self) -> bool:
        """Whether anything was said of a place."""
        return self.between is not None or self.is_plane

    @property
    def is_plane(self) -> bool:
        """Whether that is a plane."""
        return self.points is not None or self.directions is not None

    @property
    def words(self) -> tuple[str, ...]:
        """The options that say where, without the intervals."""
        if self.between is not None:
            return "--between", *self.between
        if self.points is not None:
            return "--plane", *self.points
        if self.origin is not None and self.directions is not None:
            return "--origin", self.origin, "--directions", *self.directions
        return ()

    @property
    def rectangle(self) -> tuple[Interval, Interval]:
        """The s and t that are looked at."""
        usual = AROUND if self.points is not None else BESIDE
        first = self.domain or usual
        return first, self.domain2 or (self.domain or usual)

    def ends(self, scales: Sequence[Scale]) -> Array:
        """Both points, ``(2, d)``, in the network's units; ``scales``: one for each input."""
        assert self.between is not None  # noqa: S101 - asked of a segment only
        ends = [_point(each, scales, "between") for each in self.between]
        if (ends[0] == ends[1]).all():
            raise InputError("between", self.between[1], "the same point twice; give two that differ")
        return np.stack(ends)

    def plane(self, scales: Sequence[Scale]) -> Plane:
        """The plane, in the network's units."""
        if len(scales) < 2:
            raise InputError("plane", "given", "the network has one input; a plane takes two or more")
        if self.points is not None:
            p, q, r = (_point(each, scales, "plane") for each in self.points)
            try:
                plane_through(p, q, r)
            except InputError as error:
                raise InputError("plane", error.shown, error.allowed) from None
            return Plane(p, q - p, r - p)
        assert self.origin is not None and self.directions is not None  # noqa: S101, PT018 - a plane has one or other
        factors = np.array([scale.factor for scale in scales])
        u, v = (read_point(each, len(scales), "directions").ravel() / factors for each in self.directions)
        return Plane(_point(self.origin, scales, "origin"), u, v)

    def check(self) -> None:
        """What can be seen without the network: raises InputError for points that cannot be read, or are no place."""
        option = "between" if self.between else "plane" if self.points else "origin"
        spelled = [(option, each) for each in self.given] + [
            ("directions", each) for each in self.directions or ()
        ]
        sizes = [read_point(each, None, name).size for name, each in spelled]
        for (name, each), size in zip(spelled, sizes, strict=True):
            if size != sizes[0]:
                other = f"it has {size:,} numbers, and {spelled[0][1]} has {sizes[0]:,}"
                raise InputError(name, each, other)
        if self.between is not None:
            self.ends((SAME,) * sizes[0])
        elif self.is_plane:
            placed(self.plane((SAME,) * sizes[0]), sizes[0])

    @property
    def given(self) -> tuple[str, ...]:
        """The points by their spelling; not the directions."""
        return self.between or self.points or ((self.origin,) if self.origin is not None else ())


def _point(spelled: str, scales: Sequence[Scale], option: str) -> Array:
    numbers = read_point(spelled, len(scales), option).ravel()
    shifts, factors = (np.array([getattr(scale, name) for scale in scales]) for name in ("shift", "factor"))
    made: Array = (numbers - shifts) / factors
    return made
