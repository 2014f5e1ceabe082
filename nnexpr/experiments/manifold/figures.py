"""Figures 1 to 6 of the paper, as data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Figure, Result
from nnexpr.experiments.manifold.setup import CURVES, DEFAULT_RATE, Setting, start, train
from nnexpr.networks.network import Network
from nnexpr.splines.tent import relu_weights
from nnexpr.splines.tent import waves as composed_waves

__all__ = ["run"]

X = np.linspace(0.0, 1.0, 513)
UNITS = ("sum", "t1", "t2")
DEPTH_5 = 7  # hidden layers of figure 5: the text speaks of layers 6 and 7


def run(attempt: Attempt) -> Result:
    """Six figures, each of a few panels."""
    setting, figures = Setting.of(attempt, members=6), [*_figure_1(), *_figure_2(), *_figure_4()]
    attempt.report(0.1, "figure 3: a network trained on the manifold")
    cube = CURVES[0]
    goal = setting.target(cube)
    stage_1 = train(start("theorem", cube.sign, setting), goal, (1,), setting)
    figures += _layers("Figure 3: x³ after stage 1", _best(stage_1.network, stage_1.loss))
    attempt.report(0.4, "figure 5: what survives training")
    deep = replace(setting, depth=DEPTH_5)
    for label, before in (("gradient descent only", ()), ("trained on the manifold first", (1,))):
        result = train(start("theorem", cube.sign, deep), goal, (*before, 3), deep)
        figures += _layers(f"Figure 5: x³, {label}", _best(result.network, result.loss))
    attempt.report(0.8, "figure 6: a default network")
    default = train(start("default", cube.sign, setting), goal, (3,), setting, DEFAULT_RATE)
    figures += _before_relu("Figure 6: x³, a default network", _best(default.network, default.loss))
    attempt.report(1.0)
    return Result(figures=figures)


def _best(network: Network, losses: torch.Tensor) -> Network:
    return network.member(int(losses.nan_to_num(torch.inf).argmin()))


def _figure_1() -> list[Figure]:
    """Composed triangle waves; x² by three sums of them; and the derivatives of those."""
    waves = composed_waves([0.5] * 3, X)
    sums = [X - sum(0.25 ** (i + 1) * waves[i] for i in range(m)) for m in range(4)]
    middles = (X[:-1] + X[1:]) / 2
    slopes = [np.diff(values) / np.diff(X) for values in sums]
    names = ["x", "one wave", "two waves", "three waves"]
    approximations = dict(zip(names, sums, strict=True))
    derivatives = dict(zip(names, slopes, strict=True))
    return [
        Figure.over(X, {f"W_{i}": waves[i] for i in range(3)}, "Figure 1: triangle waves", "x", "W"),
        Figure.over(X, {**approximations, "x²": X**2}, "Figure 1: approximation of x²", "x", "y"),
        Figure.over(middles, {**derivatives, "2x": 2 * middles}, "Figure 1: its derivative", "x", "dy/dx"),
    ]


def _figure_2(peak: float = 0.4) -> list[Figure]:
    """The triangle that t1 and t2 make."""
    t1, t2 = X, np.maximum(X - peak, 0.0)
    up, down = relu_weights(peak)
    series = {"t1": t1, "t2": t2, "t1/a - t2/(a - a²)": up * t1 + down * t2}
    return [Figure.over(X, series, f"Figure 2: a triangle with its peak at {peak}", "x", "output")]


def _figure_4() -> list[Figure]:
    """Two triangles and their composition: peaks become valleys, slopes are dilated."""
    peaks = [0.3, 0.6]
    triangles = {f"peak {peak}": composed_waves([peak], X)[0] for peak in peaks}
    waves = {f"W_{i}": values for i, values in enumerate(composed_waves(peaks, X))}
    return [
        Figure.over(X, triangles, "Figure 4: triangle functions", "x", "T"),
        Figure.over(X, waves, "Figure 4: the composed wave", "x", "W"),
    ]


def _layers(title: str, network: Network) -> list[Figure]:
    """Each hidden layer's units over the input, then the output."""
    *hidden, output = network.layer_values(torch.from_numpy(X))
    figures = [
        Figure.over(
            X, dict(zip(UNITS, values[0], strict=False)), f"{title}: hidden layer {index}", "x", "output"
        )
        for index, values in enumerate(hidden, 1)
    ]
    return [*figures, Figure.over(X, {"network": output[0, 0]}, f"{title}: the network", "x", "y")]


def _before_relu(title: str, network: Network) -> list[Figure]:
    """Each hidden layer's pre-activations, then the output."""
    figures = []
    for number, (layer, (z,)) in enumerate(
        zip(network.layers, network.pre_activations(torch.from_numpy(X)), strict=True), 1
    ):
        name = f"hidden layer {number}, before ReLU" if layer.activation == "relu" else "the network"
        series = {f"unit {row}": values for row, values in enumerate(z)}
        figures.append(Figure.over(X, series, f"{title}: {name}", "x", "pre-activation"))
    return figures
