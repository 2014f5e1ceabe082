"""Where a plane lies in the space of a network's inputs: x = origin + s u + t v.

The corners of a rectangle of (s, t) go through the network's first layer at x, as they are; gradients in (s, t) begin
with u and v. So nothing is lost of a network of thousands of inputs, and only four points of it are ever multiplied by
the first layer's weights. What rounding leaves in x = origin + s u + t v counts among what the tie rule allows for:

    sigma(x_j)^2 = s^2 u_j^2 + t^2 v_j^2 + origin_j^2        s, t the largest of the rectangle

A network of two inputs that are s and t themselves has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nnexpr.declarations import InputError
from nnexpr.regions.layer import Array

__all__ = ["Domain", "Placed", "Plane", "placed", "plane_through"]

# Directions whose angle is less than this, or three points as near to one line, are no plane: its coordinates would
# have lost half of their digits.
FLAT = 2.0**-26

Domain = tuple[tuple[float, float], tuple[float, float]]


class Plane(NamedTuple):
    """x = origin + s u + t v; each ``(d,)``."""

    origin: Array
    u: Array
    v: Array

    def __repr__(self) -> str:
        return f"<Plane: x = origin + s u + t v, {len(self.origin):,} numbers each>"

    def at(self, s: ArrayLike, t: ArrayLike) -> Array:
        """x at (s, t): ``(d,)``, or ``(..., d)`` for arrays of the same shape."""
        along, across = np.asarray(s, dtype=np.float64)[..., None], np.asarray(t, dtype=np.float64)[..., None]
        x: Array = self.origin + along * self.u + across * self.v
        return x

    def coordinates(self, points: ArrayLike) -> Array:
        """(s, t) of the point of the plane nearest to each of ``points (..., d)``: ``(..., 2)``."""
        away: Array = np.asarray(points, dtype=np.float64) - self.origin
        directions = np.stack([self.u, self.v])
        return np.asarray(
            np.linalg.solve(directions @ directions.T, (away @ directions.T)[..., None])[..., 0]
        )


class Placed(NamedTuple):
    """A plane as the counting takes it."""

    origin: Array  # (d,)
    directions: Array  # (2, d)
    given: Plane | None  # None where s and t are the network's two inputs

    def at(self, points: Array) -> Array:
        """x of ``points (n, 2)``: ``(n, d)``."""
        return points if self.given is None else self.given.at(points[:, 0], points[:, 1])

    def sigmas(self, domain: Domain) -> Array:
        """What rounding leaves in x on a rectangle at most, in units of the tolerance, ``(d,)``."""
        if self.given is None:
            return np.zeros(2)
        reach = np.abs(np.array(domain)).max(axis=1)
        sizes: Array = np.linalg.norm(np.vstack([reach[:, None] * self.directions, self.origin]), axis=0)
        return sizes


def placed(plane: Sequence[ArrayLike] | None, inputs: int) -> Placed:
    """The plane of a network of so many inputs; None is that of its two inputs. Raises ``InputError``."""
    if plane is None:
        return Placed(np.zeros(2), np.eye(2), None)
    try:
        origin, u, v = (np.array(each, dtype=np.float64).reshape(-1) for each in plane)
    except (TypeError, ValueError):
        raise InputError("plane", plane, "three rows of numbers: an origin and two directions") from None
    for name, each in (("origin", origin), ("first direction", u), ("second direction", v)):
        if len(each) != inputs or not np.isfinite(each).all():
            told = f"whose {name} has {len(each)} numbers"
            raise InputError("plane", told, f"{inputs} finite numbers each, one for every input")
    if not _apart(u, v):
        raise InputError("plane", "of two directions along one line", "directions of two dimensions")
    return Placed(origin, np.stack([u, v]), Plane(origin, u, v))


def plane_through(p: ArrayLike, q: ArrayLike, r: ArrayLike) -> Plane:
    """The plane of three points, each of any shape, the same one: origin p, u towards q, v on the side of r.

    u and v are orthonormal, so that distances and areas in (s, t) are those between inputs: p is at (0, 0), q at
    (|q - p|, 0). ``Plane.coordinates`` gives those of r. Raises ``InputError`` for points that are not finite, or on
    one line.

    >>> from nnexpr import plane_through
    >>> plane = plane_through([0, 0, 1], [2, 0, 1], [1, 3, 1])
    >>> plane.coordinates([[0, 0, 1], [2, 0, 1], [1, 3, 1]]).tolist()
    [[0.0, 0.0], [2.0, 0.0], [1.0, 3.0]]
    """
    points = [np.array(each, dtype=np.float64).reshape(-1) for each in (p, q, r)]
    sizes = {len(each) for each in points}
    if len(sizes) > 1 or sizes == {0} or not all(np.isfinite(each).all() for each in points):
        told = f"of {', '.join(str(len(each)) for each in points)} numbers"
        raise InputError("points", told, "three points of as many finite numbers each")
    origin, along, across = points[0], points[1] - points[0], points[2] - points[0]
    if not _apart(along, across):
        raise InputError("points", "three on one line", "points that span a plane")
    u = along / np.linalg.norm(along)
    v = across / np.linalg.norm(across)
    for _ in range(2):  # once leaves what rounding makes of nearly parallel ones
        v = v - (v @ u) * u
        v /= np.linalg.norm(v)
    return Plane(origin, u, v)


def _apart(u: Array, v: Array) -> bool:
    """Whether two directions are not along one line."""
    long, short = np.linalg.norm(u), np.linalg.norm(v)
    if not (0.0 < long < np.inf and 0.0 < short < np.inf):
        return False
    one, two = u / long, v / short
    return bool(np.linalg.norm(two - (two @ one) * one) > FLAT)
