"""Members walked along a path, each by one compiled call, on as many threads as torch uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np

from nnexpr.regions.line.member import OVERFLOW, SUSPECT, Traced, trace
from nnexpr.regions.stack import Array, Index, Stack
from nnexpr.regions.threads import in_shares

__all__ = ["Path", "dead_units", "layer_counts", "walk"]

Result = TypeVar("Result")

FEWEST = 64  # members worth a second thread
WIDE = 2.0**-40  # a tie tolerance that the quick way's margin of 2^-30 no longer covers well


@dataclass(frozen=True)
class Path:
    """Given positions ``knots (S + 1,)`` and the ``inputs (S + 1, d)`` there, affine between them.

    ``origins (S, d)``, ``directions (S + 1, d)``: on segment s the input at position t is ``origins[s] + directions[s]
    t``; the last direction is zero.
    """

    knots: Array
    inputs: Array
    origins: Array
    directions: Array


def walk(
    stack: Stack, path: Path, result: Callable[[int, Traced], Result], *, certify: bool, measure: bool = False
) -> list[Result]:
    """``result(member, traced)`` of every member, in order; the numbers do not depend on how many threads there are.

    Members in general position are traced the quick way; those with ties, or suspect of them, with variances. Raises
    ValueError for a member whose values are not finite.
    """

    def share(first: int, last: int) -> list[Result]:
        return [
            result(member, _traced(stack, member, path, certify, measure)) for member in range(first, last)
        ]

    return list(chain.from_iterable(in_shares(share, len(stack.parameters), FEWEST)))


def _traced(stack: Stack, member: int, path: Path, certify: bool, measure: bool) -> Traced:
    layers = stack.parameters[member], stack.shapes, stack.pieces, stack.tolerance
    way = path.knots, path.inputs, path.origins, path.directions
    traced = trace(*layers, *way, stack.tolerance > WIDE, certify, measure)
    if traced[0] == SUSPECT:
        traced = trace(*layers, *way, True, certify, measure)
    if traced[0] == OVERFLOW:
        raise ValueError(f"member {member} overflows float64 on this domain")
    return traced


def layer_counts(layers: Index, hidden: int) -> tuple[int, ...]:
    """How often each hidden layer, from 1, is among ``layers``; 0 is none of them."""
    return tuple(np.bincount(layers, minlength=hidden + 1)[1:].tolist())


def dead_units(dead: Index, units: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The hidden units marked in ``dead``, as (layer from 1, unit from 0)."""
    return tuple(units[place] for place in dead.nonzero()[0].tolist())
