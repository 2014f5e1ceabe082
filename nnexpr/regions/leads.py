"""Which of several outputs is the largest along a path, as far as bounds of rounding tell.

At places between two of which every output is affine it is enough to know the largest at the places: the difference of
two outputs that is above zero at both ends is so between. A place is open if an output that is not told to be the
largest there may be, for all that its bound and theirs say. Where the class changes, the two of it are told.
"""

from __future__ import annotations

import numpy as np

from nnexpr.networks.graph.graph import Graph
from nnexpr.regions.enclosed import enclosed
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.line.front import Path

__all__ = ["doubts_of", "enclosed_on", "open_places", "points_on"]

ROUNDINGS = 4 * 2.0**-53  # of a point between two vertices, beside its two terms


def points_on(path: Path, segments: Index, at: Array) -> Array:
    """The inputs at arc lengths on given segments, ``(n, d)``."""
    points: Array = _terms(path, segments, at).sum(axis=0)
    return points


def _terms(path: Path, segments: Index, at: Array) -> Array:
    """What the two ends of a segment add to the inputs there, ``(2, n, d)``."""
    starts = path.knots[segments]
    along = ((at - starts) / (path.knots[segments + 1] - starts))[:, None]
    return np.stack([(1.0 - along) * path.inputs[segments], along * path.inputs[segments + 1]])


def enclosed_on(graph: Graph, path: Path, segments: Index, at: Array) -> tuple[Array, Array]:
    """The outputs at arc lengths on given segments, and how far each may be off: ``(n, outputs)``."""
    terms = _terms(path, segments, at)
    return enclosed(graph, terms.sum(axis=0), ROUNDINGS * np.abs(terms).sum(axis=0))


def doubts_of(values: Array, bounds: Array) -> Array:
    """By how much the difference of two outputs that may both be the largest may be off, ``(n,)``."""
    may = values + bounds >= (values - bounds).max(axis=1, keepdims=True)
    found: Array = 2.0 * np.where(may, bounds, 0.0).max(axis=1)
    return found


def open_places(values: Array, bounds: Array, left: Index, right: Index) -> int:
    """At how many of ``n`` places another output may be the largest than those told ``left`` and ``right`` of it."""
    row = np.arange(len(values))
    own = np.where(values[row, left] >= values[row, right], left, right)
    least = values[row, own] - bounds[row, own]
    may = ~(values + bounds < least[:, None])  # what is not a number may be anything
    may[row, left] = may[row, right] = False
    return int(np.count_nonzero(may.any(axis=1)))
