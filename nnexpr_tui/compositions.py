"""What the Compose screen asks of the engine: questions and answers as plain data, and how they are answered.

:func:`fold` and :func:`build_layers` run on the worker's thread and import the engine there; this module brings
neither NumPy nor torch, so a screen may import it before they are loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.experiments.composition import Composition, ShallowFit

    Array = NDArray[np.float64]

__all__ = [
    "MOST_FOLDS", "MOST_LAYERS", "FoldQuestion", "Folded", "Layered", "LayersQuestion", "bends", "build_layers",
    "exact_sum", "fold",
]  # fmt: skip

MOST_FOLDS = 16  # 65,536 regions: beyond, a shallow fit takes seconds
MOST_LAYERS = 10
MOST_POINTS = 2048  # of a curve: more than any terminal has dots across


@dataclass(frozen=True)
class FoldQuestion:
    """The triangle map composed ``depth`` times, and least squares with ``knots`` knots.

    Of both, the leftmost ``shown`` of the wave's 2^depth linear regions are drawn.
    """

    depth: int
    knots: int
    shown: int

    @property
    def until(self) -> float:
        """The right end of what is drawn; exact, a power of two."""
        return self.shown * 0.5**self.depth


@dataclass(frozen=True, eq=False)
class Folded:
    """The answer: counts, errors, and curves over [0, ``question.until``]."""

    question: FoldQuestion
    linear_regions: int  # exact
    sampled_regions: int  # the concept page's counter
    units: int
    parameters: int
    knots_needed: int
    features: int
    mse: float
    mse_ridge: float
    fit_regions: int
    fit: tuple[Array, Array]
    error: tuple[Array, Array]  # fit - wave
    knots: Array


@dataclass(frozen=True)
class LayersQuestion:
    """A compositional network with these peaks, in hundredths."""

    peaks: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Layered:
    """The answer. Curves are given at ``x``, all bends and both ends, between which they are straight.

    ``units: (layers, 3, points)``: the hidden layers' t1, t2 and sum as the network holds them; ``output: (points,)``.
    """

    question: LayersQuestion
    scales: tuple[float, ...]  # Theorem 3.4
    linear_regions: int  # exact, in whole numbers
    float_regions: int  # of the network whose weights are float64
    parameters: int
    gap: float  # the largest jump of the slope at a bend
    max_error: float  # the largest |F(x) - x²|
    x: Array
    output: Array
    units: Array
    error: tuple[Array, Array]  # F - x²


def exact_sum(peaks: tuple[int, ...]) -> tuple[list[int], list[int]]:
    """The bends and ends of F = x - Σ s_i W_i on [0, 1] with peaks in hundredths, exactly: whole numbers.

    Returns x in units of 100^-L and F(x) in units of 100^-2L, ascending. Between two neighbours W goes from 0 to 1
    or back, so the next layer's triangle cuts every piece once, where W is the peak a: the share a of the way up, 1 - a
    of the way down. The new W is 1 there and 0 at all earlier points, so F falls by s_i below the straight line at the
    cut and is done with at the others. L layers make 2^L pieces; at how many of the cuts F does bend, :func:`bends`
    says. The s_i are Theorem 3.4's: s_0 = a_0 a_1, s_{i+1} = s_i (1 - a_{i+1}) a_{i+2}, the last peak repeated.
    """
    layers = len(peaks)
    unit = 100 ** (2 * layers)
    ahead = (*peaks[1:], peaks[-1])
    scale = unit * peaks[0] * ahead[0] // 100**2
    xs, sums = [0, 100**layers], [0, unit]
    for layer, peak in enumerate(peaks):
        if layer:
            scale = scale * (100 - peak) * ahead[layer] // 100**2
        cut_xs, cut_sums = xs[:1], sums[:1]
        for i in range(len(xs) - 1):
            share = peak if i % 2 == 0 else 100 - peak  # W rises first, then turns at every point
            cut_xs += [xs[i] + (xs[i + 1] - xs[i]) * share // 100, xs[i + 1]]
            cut_sums += [sums[i] + (sums[i + 1] - sums[i]) * share // 100 - scale, sums[i + 1]]
        xs, sums = cut_xs, cut_sums
    return xs, sums


def bends(xs: list[int], ys: list[int]) -> int:
    """At how many of the inner points the line through all points bends; exact."""
    steps = [(xs[i + 1] - xs[i], ys[i + 1] - ys[i]) for i in range(len(xs) - 1)]
    return sum(steps[i][1] * steps[i + 1][0] != steps[i + 1][1] * steps[i][0] for i in range(len(steps) - 1))


def fold(question: FoldQuestion) -> Folded:
    """Count the wave, fit it, and draw what is asked for."""
    import numpy as np

    from nnexpr.experiments.composition import wave

    counted = _counted(question.depth)
    fit = _fitted(question.depth, question.knots)
    corners = np.arange(question.shown + 1) / 2.0**question.depth
    knots = fit.positions[1:-1]
    knots = knots[knots < question.until]
    x = np.union1d(corners, knots)
    found = fit.predict(x)
    return Folded(
        question=question,
        linear_regions=counted.linear_regions,
        sampled_regions=counted.sampled_regions,
        units=counted.units,
        parameters=counted.parameters,
        knots_needed=counted.knots_needed,
        features=fit.features,
        mse=fit.mse,
        mse_ridge=fit.mse_ridge,
        fit_regions=fit.linear_regions,
        fit=_thinned(x, found),
        error=_thinned(x, found - wave(question.depth, x)),
        knots=knots[:: max(1, len(knots) // MOST_POINTS)],
    )


@lru_cache
def _counted(depth: int) -> Composition:
    from nnexpr.experiments.composition import compose

    return compose(depth, ())


@lru_cache(maxsize=8)
def _fitted(depth: int, knots: int) -> ShallowFit:
    from nnexpr.experiments.composition import shallow_fit

    return shallow_fit(depth, knots)


def _thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """The least and the greatest point of each of at most ``MOST_POINTS`` stretches; all points where they are few."""
    import numpy as np

    stretch = -(-len(x) // MOST_POINTS)
    if stretch <= 2:
        return x, y
    starts = np.arange(0, len(x), stretch)
    low, high = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    return np.repeat(x[starts], 2), np.stack([low, high], axis=1).ravel()


def build_layers(question: LayersQuestion) -> Layered:
    """Build the network, count its regions exactly, and look into its units at every bend."""
    import numpy as np
    import torch

    from nnexpr.networks.compositional import compositional, theorem_scales
    from nnexpr.regions.line import linear_regions

    layers = len(question.peaks)
    peaks = [peak / 100 for peak in question.peaks]
    network = compositional(layers, peaks, dtype="float64")
    xs, sums = exact_sum(question.peaks)
    x = np.array([value / 100**layers for value in xs])
    output = np.array([value / 100 ** (2 * layers) for value in sums])
    rises = [(sums[i + 1] - sums[i]) / ((xs[i + 1] - xs[i]) * 100**layers) for i in range(len(xs) - 1)]
    values = network.layer_values(torch.from_numpy(x))
    fine = np.union1d(x, np.linspace(0.0, 1.0, MOST_POINTS // 4 + 1))
    return Layered(
        question=question,
        scales=tuple(theorem_scales(torch.tensor(peaks, dtype=torch.float64)).tolist()),
        linear_regions=1 + bends(xs, sums),
        float_regions=linear_regions(network, certify=False)[0].count,
        parameters=network.parameter_count,
        gap=float(np.abs(np.diff(rises)).max()),
        max_error=_square_error(x, output, np.array(rises)),
        x=x,
        output=output,
        units=np.stack([layer[0, [1, 2, 0]].numpy() for layer in values[:-1]]),
        error=(fine, np.interp(fine, x, output) - fine**2),
    )


def _square_error(x: Array, output: Array, slopes: Array) -> float:
    """max |F(x) - x²|: at a bend, at an end, or inside a region where 2x is its slope."""
    import numpy as np

    inside = np.clip(slopes / 2, x[:-1], x[1:])
    at_inside = output[:-1] + slopes * (inside - x[:-1]) - inside**2
    return float(max(np.abs(output - x**2).max(), np.abs(at_inside).max()))
