"""Which of several outputs is the largest along a path, as far as bounds of rounding tell.

At places between two of which every output is affine it is enough to know the largest at the places: the difference of
two outputs that is above zero at both ends is so between. A place is open if an output that is not told to be the
largest there may be, for all that its bound and theirs say. Where the class changes, the two of it are told.

Bounds take three forward passes, and most places need none: pieces that are the network within r half-way between
neighbours, and at both ends, are so within (2 n + 1) r at the last of n places, for a difference that is affine from
one to the next is at the one twice that half-way less that at the other. Where the largest of the pieces' values leads
by far more than that, they are taken as they are.
"""

from __future__ import annotations

import numpy as np

from nnexpr.networks.graph.graph import Graph
from nnexpr.regions.enclosed import enclosed
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.line.front import Path
from nnexpr.regions.line.member import Traced
from nnexpr.regions.stack import Stack

__all__ = ["doubts_of", "enclosed_on", "enclosed_where_near", "open_places", "points_on"]

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


def enclosed_where_near(traced: Traced, stack: Stack, path: Path, segments: Index) -> tuple[Array, Array]:
    """The same at all positions of a member, on given segments; its own values where the largest is in no doubt, and
    is that at the positions beside it too.
    """
    values, at = traced.values, traced.positions
    check = traced.certificate(at, stack)
    known = check.max_residual is not None and check.max_residual <= check.allowed
    # What rounding explains of the residual, and as much again of the network's own.
    off = 2.0 * (2 * len(at) + 1) * check.allowed if known else np.inf
    first, second = np.partition(values, (-2, -1), axis=1)[:, :-3:-1].T
    near, classes = ~(first - second > 4.0 * off), values.argmax(axis=1)
    turns = classes[1:] != classes[:-1]
    near[1:] |= turns
    near[:-1] |= turns
    found, bounds = values.copy(), np.full(values.shape, off)
    found[near], bounds[near] = enclosed_on(stack.source(traced.number), path, segments[near], at[near])
    return found, bounds


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
