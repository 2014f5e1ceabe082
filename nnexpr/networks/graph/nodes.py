"""The nodes of a graph: each gives a flat vector of units, made of what earlier nodes give.

Two of them bend: :class:`Kinks`, a piecewise-linear function of one variable on each unit, and :class:`Maximum`, the
largest of several units. All others are affine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from nnexpr.activations import PiecewiseLinear
from nnexpr.networks.graph.maps import Array, Index, LinearMap

__all__ = ["Affine", "Concatenate", "Input", "Kinks", "Maximum", "Node", "Sum"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Node:
    """``of``: the nodes, by number, whose units it takes."""

    of: tuple[int, ...]
    bends: ClassVar[bool] = False

    @property
    def units(self) -> int:
        """How many it gives."""
        raise NotImplementedError

    def evaluate(self, *given: Array) -> Array:
        """``(n, units)`` from the ``(n, units)`` of each node that it takes."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False, kw_only=True)
class _Sized(Node):
    """One that says how many units it gives."""

    size: int

    @property
    def units(self) -> int:
        """How many it gives."""
        return self.size


@dataclass(frozen=True, eq=False, kw_only=True)
class Input(_Sized):
    """The input itself."""

    of: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Affine(Node):
    """x M + b, ``bias (units,)``."""

    map: LinearMap
    bias: Array

    @property
    def units(self) -> int:
        """How many it gives."""
        return self.map.outputs

    def evaluate(self, *given: Array) -> Array:
        """The map applied, and the bias added."""
        made = self.map.apply(given[0])
        made += self.bias
        return made


@dataclass(frozen=True, eq=False, kw_only=True)
class Sum(_Sized):
    """The sum of what several nodes give, unit by unit."""

    def evaluate(self, *given: Array) -> Array:
        """Added up in their order."""
        made = given[0] + given[1]
        for each in given[2:]:
            made += each
        return made


@dataclass(frozen=True, eq=False, kw_only=True)
class Concatenate(_Sized):
    """What several nodes give, one behind the other."""

    def evaluate(self, *given: Array) -> Array:
        """Beside each other."""
        return np.concatenate(given, axis=1)


@dataclass(frozen=True, eq=False, kw_only=True)
class Kinks(Node):
    """A function for each unit: unit i is ``pieces[which[i]]`` of unit i of what it takes."""

    pieces: tuple[PiecewiseLinear, ...]
    which: Index
    bends: ClassVar[bool] = True

    @property
    def units(self) -> int:
        """How many it gives."""
        return len(self.which)

    def evaluate(self, *given: Array) -> Array:
        """Each unit by its own function."""
        (z,) = given
        if len(self.pieces) == 1:
            return _bent(self.pieces[0], z)
        made = np.empty_like(z)
        for number, units in enumerate(self._units_of):
            made[:, units] = _bent(self.pieces[number], z[:, units])
        return made

    @cached_property
    def _units_of(self) -> list[Index]:
        """The units of each function."""
        return [np.flatnonzero(self.which == number) for number in range(len(self.pieces))]


@dataclass(frozen=True, eq=False, kw_only=True)
class Maximum(Node):
    """The largest of several: ``groups (units, k)``, by number among what it takes, -1 where there are fewer."""

    groups: Index
    bends: ClassVar[bool] = True

    @property
    def units(self) -> int:
        """How many it gives."""
        return len(self.groups)

    def evaluate(self, *given: Array) -> Array:
        """Compared one after another; each group's first is there."""
        (z,) = given
        made = z[:, self.groups[:, 0]]
        for column in self.groups.T[1:]:
            there = np.flatnonzero(column >= 0)
            made[:, there] = np.maximum(made[:, there], z[:, column[there]])
        return made


def _bent(function: PiecewiseLinear, z: Array) -> Array:
    """Its values; of one kink, without a search."""
    if len(function.kinks) != 1:
        return function(z)
    (kink,), slopes, intercepts = function.kinks, function.slopes, function.intercepts
    if kink == 0.0 and slopes == (0.0, 1.0) and intercepts == (0.0, 0.0):
        return np.maximum(z, 0.0)
    below, above = (slope * z + shift for slope, shift in zip(slopes, intercepts, strict=True))
    return np.where(z <= kink, below, above)
