"""The target: the function or the data that a network approximates, with its training points.

A target has two sets of units. The *network's* units are what the network sees: for data from a file, inputs and values
scaled to the unit interval. The target's *own* units are what people see: charts, errors and losses. For a catalogue
function or a formula the two are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexpr.scale import SAME, Scale
from nnexpr.shown import Shown
from nnexpr.targets.wording import printable

__all__ = ["LARGEST", "Target"]

Array = NDArray[np.float64]

LARGEST = 1e150  # own units of x and of values: their squares, products and quotients stay finite


@dataclass(frozen=True, eq=False)
class Target(Shown):
    """What is approximated. Arrays are float64 and must not be written to.

    ``inputs: (points, dimension)`` and ``values: (points,)`` are the training points, in the network's units, noise
    included. ``domain``: one ``(low, high)`` for each dimension, in the network's units. ``function`` gives the
    noiseless values at ``(points, dimension)`` in the network's units; None where only data exists.
    """

    name: str  # as it is spelled: "fourier", "expr:sin(x)", "csv:file.csv"
    formula: str  # for people: "sum a_i sin 2 pi i x + b_i cos 2 pi i x, i <= 10"
    inputs: Array
    values: Array
    domain: tuple[tuple[float, float], ...]
    function: Callable[[Array], Array] | None = None
    input_scales: tuple[Scale, ...] = (SAME,)
    value_scale: Scale = SAME
    input_names: tuple[str, ...] = ("x",)
    value_name: str = "y"
    source: str = ""
    notes: tuple[str, ...] = ()  # what was done to the data, one sentence each

    def __repr__(self) -> str:
        sides = " x ".join(f"[{low:g}, {high:g}]" for low, high in self.own_domain)
        names = ", ".join(self.input_names)
        name = printable(self.name, 60)
        return f"<Target {name}: {self.value_name} of {names} on {sides}, {self.points:,} points>"

    @property
    def dimension(self) -> int:
        """1 or 2: how many inputs the function has."""
        return int(self.inputs.shape[1])

    @property
    def points(self) -> int:
        """How many training points there are."""
        return int(self.inputs.shape[0])

    @property
    def own_domain(self) -> tuple[tuple[float, float], ...]:
        """The domain in own units."""
        return tuple(
            (scale.factor * low + scale.shift, scale.factor * high + scale.shift)
            for scale, (low, high) in zip(self.input_scales, self.domain, strict=True)
        )

    @property
    def own_inputs(self) -> Array:
        """The training inputs ``(points, dimension)`` in own units."""
        columns = zip(self.input_scales, self.inputs.T, strict=True)
        return np.stack([scale.to_own(column) for scale, column in columns], axis=1)

    def to_network(self, own: Array) -> Array:
        """Inputs ``(points, dimension)`` in the network's units, from own units."""
        if own.ndim != 2 or own.shape[1] != self.dimension:
            raise ValueError(f"x has shape {own.shape}; expected (points, {self.dimension})")
        columns = zip(self.input_scales, own.T, strict=True)
        return np.stack([scale.to_network(column) for scale, column in columns], axis=1)

    @property
    def own_values(self) -> Array:
        """The training values in own units."""
        return self.value_scale.to_own(self.values)

    def section(self, points: int) -> Array:
        """``(points, dimension)`` inputs along the first axis, ends included, through the middle of the domain.

        In the network's units.
        """
        inputs = np.tile(np.mean(np.asarray(self.domain, dtype=np.float64), axis=1), (points, 1))
        inputs[:, 0] = np.linspace(*self.domain[0], points)
        return inputs

    def truth(self, section: Array) -> Array:
        """Its values ``(points,)`` without noise on a :meth:`section`, in own units.

        Of data, on the line through the training points; NaN where it is not known.
        """
        if self.function is not None:
            with np.errstate(all="ignore"):
                return self.value_scale.to_own(np.asarray(self.function(section), dtype=np.float64))
        if self.dimension > 1:
            return np.full(len(section), np.nan)
        order = np.argsort(self.inputs[:, 0], kind="stable")
        values: Array = np.interp(section[:, 0], self.inputs[order, 0], self.own_values[order])
        return values

    @property
    def section_name(self) -> str:
        """The input along :meth:`section`, and what the others are there, in own units."""
        named = zip(self.input_names[1:], self.own_domain[1:], strict=True)
        return ", ".join(
            [self.input_names[0], *(f"{name} = {(low + high) / 2:g}" for name, (low, high) in named)]
        )
