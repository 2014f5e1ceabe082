"""The tie rule in the plane: when a pre-activation counts as exactly on a kink.

Lines that meet in one vertex, lie on one another or on an edge by design (zero biases, duplicated units, whole-number
weights) do so only up to rounding. The rule: at a vertex, z counts as on the kink k if

    |z - k| <= tolerance * sigma + doubt * steepness,

but at most a quarter of the distance between two kinks, and is then set to it: the line passes through the vertex and
no new one is made. The three, for a unit with weights w
and bias b over units with |a_j| <= A_j on the whole domain (attained at a vertex, for the values are affine on cells):

    sigma^2     = sum_j w_j^2 (A_j^2 + s^2 sigma_j^2) + b^2   the rounding that z gathers if every weight, bias and
                                                              value is off by the tolerance, independently
    steepness^2 = sum_j w_j^2 s^2 steepness_j^2               how fast z changes, were the units below independent
    doubt       = |ab| tolerance sigma / |z(b) - z(a)|        how far a vertex, where a unit crosses the edge ab, may
                                                              be from its place; added to the larger one of a and b

with s the steepest slope of the activation below. As in ``ties.py``, on the line, the tolerance is the network's
``tie_tolerance``, at least 2^-50. That is the rounding of a value at a time, not a bound on all of it together; from
layer to layer sigma may outgrow the values by 2^16 at most, so that very deep networks are not all ties.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnexpr.regions.layer import Array, Bends, Layer, affine, pieces_of, squared
from nnexpr.regions.plane.placed import Domain, Placed

__all__ = ["Rounding", "sizes_above"]

MOST_GROWTH = 2.0**16


@dataclass(frozen=True)
class Rounding:
    """What the tie rule knows of one layer's units: ``sigmas``, ``steepness: (units,)``."""

    sigmas: Array
    steepness: Array

    @classmethod
    def of_inputs(cls, place: Placed, domain: Domain) -> Rounding:
        """The inputs on a plane, which are its coordinates themselves where none was given."""
        return cls(place.sigmas(domain), np.linalg.norm(place.directions, axis=0))

    def through(self, layer: Layer, sizes: Array) -> Rounding:
        """That of a layer's pre-activations over inputs of at most ``sizes: (inputs,)``."""
        terms = np.stack([sizes, self.sigmas, self.steepness]) ** 2
        own, gathered, steep = affine(terms, squared(layer), np.zeros(len(layer.bias)))
        own += layer.bias**2
        gathered = np.minimum(own + gathered, MOST_GROWTH**2 * own)
        sigmas, steepness = np.sqrt(gathered), np.sqrt(steep)
        # Squares overflow from 1e154 on: nothing is taken for a tie there.
        return Rounding(
            np.nan_to_num(sigmas, nan=0.0, posinf=0.0), np.nan_to_num(steepness, nan=0.0, posinf=0.0)
        )

    def above(self, bends: Bends) -> Rounding:
        """That of the values above what bends, of numbers that pass as they are."""
        steepest = np.ones(len(self.sigmas))
        for (first, end, kinks), function in zip(bends.runs, bends.functions, strict=True):
            steepest[first:end] = np.abs(function[1, : kinks + 1]).max()
        return Rounding(self.sigmas * steepest, self.steepness * steepest)


def sizes_above(bends: Bends, ranges: Array) -> Array:
    """The largest size of each value above what bends, and of each number that passes as it is, ``(inputs,)``, of
    pre-activations between ``ranges (2, inputs)``, which they reach.
    """
    sizes: Array = np.abs(ranges).max(axis=0)
    for run, (first, end, _) in enumerate(bends.runs):
        kinks, slopes, shifts = pieces_of(bends, run)
        own = ranges[:, first:end]
        piece = np.searchsorted(kinks, own)
        found = np.abs(slopes[piece] * own + shifts[piece]).max(axis=0)
        for number, kink in enumerate(kinks):
            between = (own[0] < kink) & (kink < own[1])
            found = np.where(between, np.maximum(found, abs(slopes[number] * kink + shifts[number])), found)
        sizes[first:end] = found
    return sizes
