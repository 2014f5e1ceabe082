"""Figures 1 to 6 of the paper, as data."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.experiments.manifold.setup import CURVES, DEFAULT_RATE, Setting, start, train
from nnexpr.experiments.registry import Curve, Figure, Report, Result
from nnexpr.networks.compositional import wave
from nnexpr.networks.network import Network

__all__ = ["run"]

Array = NDArray[np.float64]
X = np.linspace(0.0, 1.0, 513)
UNITS = ("sum", "t1", "t2", "bias")
DEPTH_5 = 7  # hidden layers of figure 5: the text speaks of layers 6 and 7


def run(quick: bool, report: Report, seed: int = 0) -> Result:
    """Six figures, each of a few panels."""
    setting, figures = Setting.of(quick, seed), [*_figure_1(), *_figure_2(), *_figure_4()]
    setting = Setting(**{**vars(setting), "members": 6})
    report(0.1, "figure 3: a network trained on the manifold")
    cube = CURVES[0]
    goal = setting.target(cube)
    stage_1 = train(start("theorem", cube.sign, setting), goal, (1,), setting)
    figures += _layers("Figure 3: x³ after stage 1", _best(stage_1.network, stage_1.loss))
    report(0.4, "figure 5: what survives training")
    deep = Setting(**{**vars(setting), "depth": DEPTH_5})
    for label, before in (("gradient descent only", ()), ("trained on the manifold first", (1,))):
        network = start("theorem", cube.sign, deep)
        if before:
            network = train(network, goal, before, deep).network
        result = train(network, goal, (3,), deep)
        figures += _layers(f"Figure 5: x³, {label}", _best(result.network, result.loss))
    report(0.8, "figure 6: a default network")
    default = train(start("default", cube.sign, setting), goal, (3,), setting, DEFAULT_RATE)
    figures += _before_relu("Figure 6: x³, a default network", _best(default.network, default.loss))
    report(1.0, "")
    return Result(figures=figures)


def _best(network: Network, losses: torch.Tensor) -> Network:
    return network.member(int(losses.nan_to_num(torch.inf).argmin()))


def _curve(label: str, y: Array, x: Array = X) -> Curve:
    return Curve(label, x.tolist(), np.asarray(y, dtype=float).tolist())


def _figure_1() -> list[Figure]:
    """Composed triangle waves; x² by three sums of them; and the derivatives of those."""
    waves = wave([0.5] * 3, X)
    sums = [X - sum(0.25 ** (i + 1) * waves[i] for i in range(m)) for m in range(4)]
    middles = (X[:-1] + X[1:]) / 2
    slopes = [np.diff(values) / np.diff(X) for values in sums]
    names = ["x", "one wave", "two waves", "three waves"]
    return [
        Figure(
            "Figure 1: triangle waves", "x", "W", [_curve(f"W_{i}", waves[i]) for i in range(3)]
        ),
        Figure(
            "Figure 1: approximation of x²", "x", "y",
            [*(_curve(name, values) for name, values in zip(names, sums, strict=True)), _curve("x²", X**2)],
        ),
        Figure(
            "Figure 1: its derivative", "x", "dy/dx",
            [*(_curve(name, s, middles) for name, s in zip(names, slopes, strict=True)), _curve("2x", 2 * X)],
        ),
    ]  # fmt: skip


def _figure_2(peak: float = 0.4) -> list[Figure]:
    """The triangle that t1 and t2 make."""
    t1, t2 = X, np.maximum(X - peak, 0.0)
    triangle = t1 / peak - t2 / (peak - peak**2)
    return [Figure(f"Figure 2: a triangle with its peak at {peak}", "x", "output", [
        _curve("t1", t1), _curve("t2", t2), _curve("t1/a - t2/(a - a²)", triangle)
    ])]  # fmt: skip


def _figure_4() -> list[Figure]:
    """Two triangles and their composition: peaks become valleys, slopes are dilated."""
    peaks = [0.3, 0.6]
    waves = wave(peaks, X)
    return [
        Figure("Figure 4: triangle functions", "x", "T", [
            _curve(f"peak {peak}", wave([peak], X)[0]) for peak in peaks
        ]),
        Figure("Figure 4: the composed wave", "x", "W", [_curve("W_0", waves[0]), _curve("W_1", waves[1])]),
    ]  # fmt: skip


def _layers(title: str, network: Network) -> list[Figure]:
    """Each hidden layer's units over the input, then the output."""
    *hidden, output = network.layer_values(torch.from_numpy(X))
    figures = [
        Figure(
            f"{title}: hidden layer {index}", "x", "output",
            [_curve(name, values[0, row].double().numpy()) for row, name in enumerate(UNITS[:3])],
        )
        for index, values in enumerate(hidden, 1)
    ]  # fmt: skip
    return [
        *figures,
        Figure(f"{title}: the network", "x", "y", [_curve("network", output[0, 0].double().numpy())]),
    ]


def _before_relu(title: str, network: Network) -> list[Figure]:
    """Each hidden layer's pre-activations, then the output."""
    below = network.features(torch.from_numpy(X)).expand(1, -1, -1)
    figures = []
    for index, layer in enumerate(network.layers):
        z = torch.baddbmm(network.bias(index).unsqueeze(2), network.weight(index), below)
        name = f"hidden layer {index + 1}, before ReLU" if layer.activation == "relu" else "the network"
        curves = [_curve(f"unit {row}", z[0, row].double().numpy()) for row in range(z.shape[1])]
        figures.append(Figure(f"{title}: {name}", "x", "pre-activation", curves))
        below = z.relu()
    return figures
