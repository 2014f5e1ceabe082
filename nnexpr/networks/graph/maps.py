"""The linear maps of a graph: y = x M on rows x, each kept in the form that it has.

M is ``(inputs, outputs)`` and mostly zeros: a convolution is its few weights and where they go, padding and reshaping
pick inputs by number. Every form is applied to many rows at once, and its entries squared likewise, which is how
variances of rounding go up through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Array", "Dense", "Diagonal", "Index", "LinearMap", "Selection"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class LinearMap(Protocol):
    """``(inputs, outputs)``, in float64. Its arrays must not be written to."""

    @property
    def inputs(self) -> int:
        """Of one row."""
        ...

    @property
    def outputs(self) -> int:
        """Of one row."""
        ...

    @property
    def numbers(self) -> Array:
        """Its own: of a matrix or a convolution the weights."""
        ...

    @property
    def squared(self) -> LinearMap:
        """The same with each entry squared."""
        ...

    @property
    def magnitudes(self) -> LinearMap:
        """The same with each entry's absolute value."""
        ...

    def apply(self, rows: Array) -> Array:
        """``(n, inputs)`` to ``(n, outputs)``, new numbers."""
        ...

    def sparse(self) -> sparse.csr_array:
        """The entries that are not zero, ``(inputs, outputs)``."""
        ...


@dataclass(frozen=True, eq=False)
class Dense:
    """A matrix, ``weights (inputs, outputs)``."""

    weights: Array

    @property
    def numbers(self) -> Array:
        """Its own."""
        return self.weights

    @property
    def inputs(self) -> int:
        """Rows of the matrix."""
        return len(self.weights)

    @property
    def outputs(self) -> int:
        """Its columns."""
        return int(self.weights.shape[1])

    @cached_property
    def squared(self) -> Dense:
        """The same with each entry squared."""
        return Dense(self.weights * self.weights)

    @cached_property
    def magnitudes(self) -> Dense:
        """The same with each entry's absolute value."""
        return Dense(np.abs(self.weights))

    def apply(self, rows: Array) -> Array:
        """``rows @ weights``."""
        return rows @ self.weights

    def sparse(self) -> sparse.csr_array:
        """The entries that are not zero."""
        return sparse.csr_array(self.weights)


@dataclass(frozen=True, eq=False)
class Diagonal:
    """Each number times its own: ``factors (units,)``."""

    factors: Array

    @property
    def numbers(self) -> Array:
        """Its own."""
        return self.factors

    @property
    def inputs(self) -> int:
        """As many as factors."""
        return len(self.factors)

    @property
    def outputs(self) -> int:
        """As many as factors."""
        return len(self.factors)

    @cached_property
    def squared(self) -> Diagonal:
        """The same with each factor squared."""
        return Diagonal(self.factors * self.factors)

    @cached_property
    def magnitudes(self) -> Diagonal:
        """The same with each factor's absolute value."""
        return Diagonal(np.abs(self.factors))

    def apply(self, rows: Array) -> Array:
        """``rows * factors``."""
        return rows * self.factors

    def sparse(self) -> sparse.csr_array:
        """The factors that are not zero."""
        return sparse.csr_array(sparse.diags_array(self.factors))


@dataclass(frozen=True, eq=False)
class Selection:
    """Each output is one input, or 0: ``picks (outputs,)``, -1 for 0. Reshaping, padding, slicing."""

    picks: Index
    inputs: int

    @property
    def numbers(self) -> Array:
        """None but ones."""
        return np.ones(0)

    @property
    def outputs(self) -> int:
        """As many as picks."""
        return len(self.picks)

    @property
    def squared(self) -> Selection:
        """Itself: its entries are 0 and 1."""
        return self

    @property
    def magnitudes(self) -> Selection:
        """Itself: its entries are 0 and 1."""
        return self

    @cached_property
    def is_whole(self) -> bool:
        """Whether the outputs are the inputs, in their order."""
        return np.array_equal(self.picks, np.arange(self.inputs))

    def apply(self, rows: Array) -> Array:
        """The picked columns."""
        picked: Array = rows[:, self.picks]
        picked[:, self.picks < 0] = 0.0
        return picked

    def sparse(self) -> sparse.csr_array:
        """One 1 for each output that is picked."""
        taken = np.flatnonzero(self.picks >= 0)
        shape = (self.inputs, self.outputs)
        return sparse.csr_array((np.ones(len(taken)), (self.picks[taken], taken)), shape=shape)
