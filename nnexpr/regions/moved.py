"""A plane in the space of a network's inputs moved to another: turned in itself, tilted out of itself, shifted aside.

All of them keep lengths and angles of the plane's directions u and v, so what is the same stays the same in s and t.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nnexpr.regions.layer import Array
from nnexpr.regions.plane.placed import Plane
from nnexpr.specification import InputError

__all__ = ["normal", "shifted", "tilted", "turned", "upright"]

LEAST = 1e-9  # of a direction, that must lead out of the plane

Point = tuple[float, float]


def upright(plane: Plane) -> Plane:
    """The same plane with v at a right angle to u and as long, on the side on which it was."""
    aside = _aside(plane)
    return plane._replace(v=aside * (np.linalg.norm(plane.u) / np.linalg.norm(aside)))


def turned(plane: Plane, degrees: float, about: Point = (0.0, 0.0)) -> Plane:
    """The same plane with u and v turned in it, from u towards v; the point at ``about`` stays there."""
    along, aside = plane.u / np.linalg.norm(plane.u), _aside(plane)
    return _rotated(plane, along, aside / np.linalg.norm(aside), degrees, about)


def tilted(plane: Plane, towards: ArrayLike, degrees: float, about: Point = (0.0, 0.0)) -> Plane:
    """The plane turned about its own line through ``about`` along u, v's side towards this direction ``(d,)``.

    Raises InputError where the direction lies in the plane.
    """
    aside = _aside(plane)
    return _rotated(plane, aside / np.linalg.norm(aside), normal(plane, towards), degrees, about)


def shifted(plane: Plane, towards: ArrayLike, distance: float) -> Plane:
    """The plane moved aside by so much, in the direction of what of ``towards`` is orthogonal to it."""
    return plane._replace(origin=plane.origin + distance * normal(plane, towards))


def normal(plane: Plane, towards: ArrayLike) -> Array:
    """What of this direction is orthogonal to the plane, of length 1; InputError where nothing is."""
    given = np.asarray(towards, dtype=np.float64).ravel()
    basis = np.linalg.qr(np.stack([plane.u, plane.v], axis=1))[0]
    rest = given - basis @ (basis.T @ given)
    rest -= basis @ (basis.T @ rest)  # once more, for what rounding has left
    if not np.linalg.norm(rest) > LEAST * np.linalg.norm(given):
        raise InputError("direction", "in the plane", "one that leads out of it")
    unit: Array = rest / np.linalg.norm(rest)
    return unit


def _aside(plane: Plane) -> Array:
    """What of v is orthogonal to u."""
    along = plane.u / np.linalg.norm(plane.u)
    aside: Array = plane.v - (plane.v @ along) * along
    return aside


def _rotated(plane: Plane, first: Array, second: Array, degrees: float, about: Point) -> Plane:
    """Rotated in the plane of two orthonormal vectors, the first towards the second."""
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))

    def rotate(x: Array) -> Array:
        a, b = x @ first, x @ second
        turned: Array = x + (a * (cosine - 1) - b * sine) * first + (a * sine + b * (cosine - 1)) * second
        return turned

    s, t = about
    fixed, u, v = plane.at(s, t), rotate(plane.u), rotate(plane.v)
    return Plane(fixed - s * u - t * v, u, v)
