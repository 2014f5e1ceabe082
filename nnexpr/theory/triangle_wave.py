"""The triangle wave: 2^k linear regions from 2k units, and the shallow network that has to buy each of them.

The tent T(x) = 2σ(x) − 4σ(x − 1/2) on [0, 1] composed k times has 2^k linear regions; a network of k hidden layers of
two units makes it. A network of one hidden layer with fixed knots has at most one bend a knot, so it needs 2^k − 1 of
them, and with far fewer its best fit is the wave's mean: mean squared error 1/12, the variance of the wave.

The concept page prints σ(x) − 2σ(x − 1/2) + σ(x − 1), whose peak is 1/2: it maps [0, 1/2] to itself, so it has two
regions however often it is composed. Here that is ``printed_regions``; everything else is the corrected map of peak 1.

The shallow fits use the page's samples, (i + 1/2)/4096. They are dyadic and T moves the binary point: from depth 12
on all of them would meet the wave at 1/2, then at 1, then at 0, and a constant would seem to fit. So where they are
fewer than 16 a region (depth 9) or two a knot, the error is integrated in closed form (``wave_projection.py``).

Source: the concept page "Neural Network Expressivity", examples 1 and 2; M. Telgarsky, COLT 2016, for the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnexpr.linear.solvers import least_squares
from nnexpr.networks.compositional import tent
from nnexpr.networks.knots import uniform_knots
from nnexpr.regions.line import linear_regions
from nnexpr.regions.rational import rational_count
from nnexpr.regions.sampled import sampled_regions
from nnexpr.specification import InputError
from nnexpr.splines.linear import LinearSpline
from nnexpr.splines.tent import composed
from nnexpr.theory.exact import PRINTED_TENT, composed_regions
from nnexpr.theory.wave_projection import project_wave

__all__ = ["Composition", "ShallowFit", "compose", "shallow_fit"]

KNOTS = (8, 16, 32, 64, 128)  # the page's widths
SAMPLES = 4096  # the page's
RIDGE = 1e-6  # the page's, on the sum over its samples
DEEPEST = 40
DEEPEST_ENUMERATED = 20  # 2^20 regions; beyond, they are counted by their images, in exact arithmetic
LEAST_A_REGION, LEAST_A_KNOT = 16, 2  # samples below which the error is integrated
MOST_SAMPLES = 1 << 22
MOST_KNOTS = 1_000_000
VISIBLE = 1e-12  # of the largest value: what a change of slope must move f by within an element to be a bend


@dataclass(frozen=True, eq=False)
class ShallowFit:
    """The least-squares fit of one hidden layer with ``knots`` units, at i/(knots + 1): features 1, x and the ReLUs."""

    spline: LinearSpline  # exact least squares
    mse: float  # its
    mse_ridge: float  # with the page's ridge, λ = 1e-6 on the sum over 4096 samples
    linear_regions: int
    samples: int  # 0: the error is integrated over [0, 1]

    @property
    def knots(self) -> int:
        """Inner ones."""
        return self.spline.bends

    @property
    def features(self) -> int:
        """Dimension of the space: the value and the slope at 0, and a change of slope at each knot."""
        return len(self.spline.knots)

    def as_json(self) -> dict[str, Any]:
        """Its row in the document that ``compose --json`` prints."""
        names = ("knots", "features", "mse", "mse_ridge", "linear_regions")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, eq=False)
class Composition:
    """The counts of the triangle wave of ``depth`` folds, and the shallow fits beside it."""

    depth: int
    linear_regions: int  # exact
    sampled_regions: int  # the page's counter: 20,000 cells, slope threshold 1e-3
    printed_regions: int  # of the map as the page prints it
    units: int
    parameters: int
    shallow: tuple[ShallowFit, ...]
    knots_needed: int  # to be the wave exactly, with uniform knots

    def as_json(self) -> dict[str, Any]:
        """The document that ``compose --json`` prints."""
        names = (
            "depth",
            "linear_regions",
            "sampled_regions",
            "units",
            "parameters",
            "shallow",
            "knots_needed",
        )
        return {name: getattr(self, name) for name in names} | {
            "shallow": [fit.as_json() for fit in self.shallow]
        }


def compose(depth: int, knots: Sequence[int] = KNOTS, samples: int | None = None) -> Composition:
    """The composition of ``depth`` tents, counted, and a shallow fit for each of ``knots``.

    ``samples``: for the shallow fits, 0 for the integral; unless given, the page's 4096 where those are enough.

    Raises :class:`InputError` for a depth outside 1…40, a knot count outside 1…1,000,000, and samples (but 0)
    outside two a region to 2^22.
    """
    depth = _check_whole("depth", depth, 1, DEEPEST)
    network = tent(depth)
    return Composition(
        depth=depth,
        linear_regions=(
            linear_regions(network)[0].count
            if depth <= DEEPEST_ENUMERATED
            else rational_count(network).linear_regions
        ),
        sampled_regions=sampled_regions(lambda x: composed(depth, x)),
        printed_regions=composed_regions(depth, PRINTED_TENT),
        units=sum(network.architecture.hidden_widths),
        parameters=network.parameter_count,
        shallow=tuple(shallow_fit(depth, count, samples) for count in knots),
        knots_needed=2**depth - 1,
    )


def shallow_fit(depth: int, knots: int, samples: int | None = None) -> ShallowFit:
    """The least-squares fit to the wave in [1, x, σ(x − t_1), …], t_i = i/(knots + 1), in O(samples + knots).

    The ends 0 and 1 count as knots of the hat basis, which adds x to the span and nothing else.
    """
    depth, knots = _check_whole("depth", depth, 1, DEEPEST), _check_whole("knots", knots, 1, MOST_KNOTS)
    used = _check_samples(depth, knots, samples)
    positions = uniform_knots(knots + 2)
    if used == 0:
        moved, mse = project_wave(depth, knots + 1)
        _, mse_ridge = project_wave(depth, knots + 1, ridge=RIDGE / SAMPLES)
        spline = LinearSpline(positions, 0.5 + moved)
    else:
        x = (np.arange(used) + 0.5) / used
        y = composed(depth, x)
        exact = least_squares(x, y, positions)
        mse, mse_ridge = exact.mse, least_squares(x, y, positions, basis="relu", ridge=RIDGE).mse
        spline = exact.spline
    return ShallowFit(spline, mse, mse_ridge, spline.visible_bends(VISIBLE) + 1, used)


def _check_samples(depth: int, knots: int, samples: int | None) -> int:
    """How many samples to use, 0 for the integral."""
    if samples is None:
        return SAMPLES if max(LEAST_A_REGION * 2**depth, LEAST_A_KNOT * (knots + 1)) <= SAMPLES else 0
    if samples == 0 and not isinstance(samples, bool):
        return 0
    least = 2 * 2**depth
    if least > MOST_SAMPLES:
        raise InputError(
            "samples",
            samples,
            f"depth {depth} needs at least {least}, and {MOST_SAMPLES} is the most; 0 integrates",
        )
    return _check_whole("samples", samples, least, MOST_SAMPLES)


def _check_whole(option: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise InputError(option, value, f"it must be a whole number from {least} to {most}")
    return int(value)
