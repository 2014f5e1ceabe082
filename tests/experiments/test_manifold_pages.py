"""The tables and figures of the manifold paper are what their headings say: by closed forms and by each other."""

from __future__ import annotations

import math
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from quick import columns, curves, quick

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Figure
from nnexpr.experiments.manifold import construction, draws, starts, steps, theorems
from nnexpr.experiments.manifold.near_print import WITH_STAGE_1
from nnexpr.experiments.manifold.printed import PRINTED, SPARSE
from nnexpr.experiments.manifold.setup import CURVES, RATES, Curve, Row, Setting
from nnexpr.networks.compositional import random_peaks
from nnexpr.splines.tent import theorem_scales
from nnexpr.theory import exact


def figure(title: str) -> Figure:
    [found] = [each for each in quick("manifold-figures")[0].figures if each.title == title]
    return found


# --- figures


def test_waves_sums_and_slopes_of_figure_1() -> None:
    """x minus m waves interpolates x² at the multiples of 2^-m; its slopes there are the chords'."""
    waves = curves(figure("Figure 1: triangle waves"))
    x = np.array(waves["W_0"][0])
    assert (x[0], x[-1], len(x)) == (0.0, 1.0, 513)
    for folds in range(3):
        expected = 1 - np.abs(2 * ((2**folds * x) % 1) - 1)
        np.testing.assert_allclose(waves[f"W_{folds}"][1], expected, atol=1e-12)
    sums = curves(figure("Figure 1: approximation of x²"))
    slopes = curves(figure("Figure 1: its derivative"))
    middles = np.array(slopes["2x"][0])
    np.testing.assert_allclose(slopes["2x"][1], 2 * middles)
    np.testing.assert_allclose(middles, (x[1:] + x[:-1]) / 2)
    np.testing.assert_allclose(sums["x²"][1], x**2)
    for m, name in enumerate(("x", "one wave", "two waves", "three waves")):
        knots = np.arange(2**m + 1) / 2**m
        np.testing.assert_allclose(sums[name][1], np.interp(x, knots, knots**2), atol=1e-12)
        np.testing.assert_allclose(slopes[name][1], (2 * np.floor(middles * 2**m) + 1) / 2**m, atol=1e-9)


def test_triangles_of_figures_2_and_4() -> None:
    triangle = curves(figure("Figure 2: a triangle with its peak at 0.4"))
    x = np.array(triangle["t1"][0])
    np.testing.assert_allclose(triangle["t1"][1], x)
    np.testing.assert_allclose(triangle["t2"][1], np.maximum(x - 0.4, 0))
    np.testing.assert_allclose(
        triangle["t1/a - t2/(a - a²)"][1], np.minimum(x / 0.4, (1 - x) / 0.6), atol=1e-12
    )
    shown, waves = (
        curves(figure("Figure 4: triangle functions")),
        curves(figure("Figure 4: the composed wave")),
    )
    for peak in (0.3, 0.6):
        expected = np.minimum(x / peak, (1 - x) / (1 - peak))
        np.testing.assert_allclose(shown[f"peak {peak}"][1], expected, atol=1e-12)
    inner = np.array(shown["peak 0.3"][1])
    np.testing.assert_allclose(waves["W_0"][1], inner)
    np.testing.assert_allclose(waves["W_1"][1], np.minimum(inner / 0.6, (1 - inner) / 0.4), atol=1e-9)


@pytest.mark.parametrize(
    ("title", "hidden", "error"),
    [
        ("Figure 3: x³ after stage 1", 5, 0.03),
        ("Figure 5: x³, gradient descent only", 7, 0.02),
        ("Figure 5: x³, trained on the manifold first", 7, 0.01),
    ],
)
def test_layers_of_figures_3_and_5_end_in_the_curve(title: str, hidden: int, error: float) -> None:
    """Two units of each layer, which are nowhere negative, and a sum of theirs that is x³ at last."""
    for layer in range(1, hidden + 1):
        shown = curves(figure(f"{title}: hidden layer {layer}"))
        assert list(shown) == ["sum", "t1", "t2"]
        assert min(min(shown["t1"][1]), min(shown["t2"][1])) >= 0
    x, y = curves(figure(f"{title}: the network"))["network"]
    assert np.abs(np.array(y) - np.array(x) ** 3).max() < error
    assert not any(
        each.title == f"{title}: hidden layer {hidden + 1}" for each in quick("manifold-figures")[0].figures
    )


def test_figure_6_shows_what_relu_cuts() -> None:
    """Four pre-activations of each layer, affine where those below keep their sign; then the network, near x³."""
    title = "Figure 6: x³, a default network"
    first = curves(figure(f"{title}: hidden layer 1, before ReLU"))
    assert list(first) == [f"unit {row}" for row in range(4)]
    for _, y in first.values():
        np.testing.assert_allclose(np.diff(y, 2), 0, atol=1e-6)
    for layer in range(2, 6):
        assert len(curves(figure(f"{title}: hidden layer {layer}, before ReLU"))) == 4
    ((x, y),) = curves(figure(f"{title}: the network")).values()
    assert np.mean((np.array(y) - np.array(x) ** 3) ** 2) < 0.01


# --- tables in rational arithmetic


def test_amplitudes_are_the_scales_of_the_theorem() -> None:
    table, _ = construction.layers(7, 3)
    peaks = random_peaks(8, 7, 3)
    scales = np.array([theorem_scales([*own, 0.5]) for own in peaks.tolist()])[:, :8]
    layer, middle, largest = columns(table, "hidden layer", "median", "largest")
    assert list(layer) == list(range(2, 9))
    first = scales[:, :7]  # the layer's amplitude is that of the wave below
    np.testing.assert_allclose(middle, np.median(first, axis=0), rtol=1e-6)
    np.testing.assert_allclose(largest, first.max(axis=0), rtol=1e-6)


def test_counts_of_compositional_networks_at_every_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(construction, "DEEPEST_QUICK", 6)
    monkeypatch.setattr(construction, "COUNTED", 4)
    _, (claim, _) = (table, claims) = construction.regions(2, 0)
    assert claim.verdict == "holds"
    depth, expected, least, most, weights, slivers, low, high = columns(table, *table.columns)
    assert list(depth) == [1, 2, 3, 4, 5, 6]
    assert list(expected) == list(least) == list(most) == [2**k for k in depth]
    assert list(weights[:4]) == list(expected[:4])
    assert slivers[0] == 2
    assert (slivers[:4] >= expected[:4]).all()  # where kinks of rounded weights do not meet, there are more
    assert all(each is None for column in (weights, slivers) for each in column[4:])
    assert (low <= high).all()
    assert list(low) == list(high) == list(expected)
    assert claims[1].verdict == "not measured"


def test_gaps_over_the_depth_are_products_of_what_the_peaks_leave() -> None:
    table, _ = theorems.differentiable(1, 0)
    peaks = exact.random_peaks(33, np.random.default_rng(1), theorems.LEAST)
    depth, theorem, free = columns(table, *table.columns)
    assert list(depth) == [2, 4, 8, 16, 32]
    np.testing.assert_allclose(
        theorem, [float(math.prod(1 - peak for peak in peaks[2 : d + 1])) for d in depth], rtol=1e-12
    )
    assert (free[2:] > theorem[2:]).all()
    several, _ = theorems.differentiable(4, 0)
    _, larger, smaller = columns(several, *several.columns)
    assert (larger >= theorem).all()
    assert (smaller <= free).all()


def test_largest_ratio_and_quotients() -> None:
    table, (ratio, *_) = theorems.convex(3, 0)
    assert [row[1] for row in table.rows] == [ratio.measured, True, True]
    table, _ = theorems.second_derivative(3, 0)
    for row in table.rows:
        low, high = np.array(row[1::2]), np.array(row[2::2])
        if row[0] == 0.5:
            assert set(low) == set(high) == {2.0}
        else:
            assert (np.diff(low) < 0).all()
            assert (np.diff(high) > 0).all()
            assert (low <= 2).all()
            assert (high >= 2).all()
    assert [row[0] for row in table.rows] == [0.3, 0.4, 0.5, 0.6, 0.7]
    assert theorems._square_error(1) == Fraction(1, 16)


# --- tables of trainings


def test_what_stands_in_the_way_is_told_by_the_other_tables() -> None:
    result, _ = quick("manifold-beyond")
    obstacles, last, deeper, spread = result.tables
    curve, network, optimiser, least, floor = columns(last, "curve", "network", "last stage", "min", "floor")
    depths, by_depth = columns(deeper, "hidden layers", "min")
    for place, each in enumerate(CURVES):
        row = dict(zip(obstacles.columns, obstacles.rows[place], strict=True))
        unit = row["floor of 32 pieces"]
        own = (curve == each.label) & (network == "All stages")
        for name in ("Adam", "L-BFGS", "Lev.-Marq."):
            [found] = least[own & (optimiser == name)]
            assert row[f"all stages, {name}"] == pytest.approx(found / unit)
        assert row["7 layers, Adam"] == pytest.approx(by_depth[3 * place + 2] / unit)
        assert row["stage 1 only"] > row["all stages, Adam"] > 1
        assert deeper.rows[3 * place][list(deeper.columns).index("floor of 2^L pieces")] == pytest.approx(
            unit
        )
    assert list(depths) == [5, 6, 7] * 4
    for table in (last, deeper, spread):
        smallest, floor, ratio = columns(table, "min", "floor", "min / floor")
        np.testing.assert_allclose(smallest.astype(float), (ratio * floor).astype(float), rtol=1e-9)
        assert all(a <= b for a, b in zip(*columns(table, "min", "median"), strict=True))
    printed = last.columns.index("min, printed")
    assert {row[printed] is None for row in last.rows if row[2] != "Adam"} == {True}
    assert [row[printed] for row in last.rows[:3:3]] == [PRINTED["default"]["cube"][0]]


def test_bends_of_the_figures_end_in_those_of_the_tables() -> None:
    result, _ = quick("manifold-bends")
    for number, table in enumerate(result.tables):
        depth = 7 if number < 4 else 8
        constructed, *ways = table.rows
        assert list(constructed) == ["constructed", None, depth, depth, *(2**layer for layer in range(depth))]
        reach, most = columns(table, "reach, median", "most")
        assert all(0 <= a <= b <= depth for a, b in zip(reach, most, strict=True))
        for row, each in zip(
            ways, result.figures[3 * (number // 4) :] if number in (0, 4) else (), strict=False
        ):
            shown = curves(each)
            assert each.title.endswith(str(row[0]))
            assert [y[-1] for _, y in shown.values()] == list(row[4:])
            assert shown["layer 1"][0] == [30.0 * shot for shot in range(11)]
            if row[0] == "gradient descent only":
                assert [y[0] for _, y in shown.values()] == list(constructed[4:])


def test_errors_from_ten_points_stand_beside_print() -> None:
    [table] = quick("manifold-sparse")[0].tables
    for place, curve in enumerate(CURVES):
        rows = {
            row[1]: dict(zip(table.columns, row, strict=True))
            for row in table.rows[5 * place : 5 * place + 5]
        }
        assert {row["curve"] for row in rows.values()} == {curve.label}
        assert rows["Default network"]["least, printed"] == SPARSE[curve.name][0]
        assert rows["Stage 1 and 3"]["least, printed"] == SPARSE[curve.name][1]
        assert sum(row["least, printed"] is not None for row in rows.values()) == 2
        assert all(row["least test error"] <= row["median test error"] for row in rows.values())


def test_ten_draws_are_told_by_their_least_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """The d-th draw, members 30 (d - 1) to 30 d - 1, has the d-fold printed error at one of them and more elsewhere."""

    def train_rows(row: Row, curve: Curve, trained: object, setting: Setting) -> Any:
        least, _ = PRINTED[row.name][curve.name]
        draw = setting.seed // 30
        losses = torch.full((setting.members,), 20 * least, dtype=torch.float64)
        losses[draw], losses[draw + 1] = (draw + 1) * least, torch.nan
        return SimpleNamespace(loss=losses)

    monkeypatch.setattr(draws, "train_rows", train_rows)
    result = draws.run(Attempt())
    [table], [claim] = result.tables, result.claims
    printed, middle, best, worst, share = columns(table, *table.columns[2:])
    for factor, column in ((5.5, middle), (1, best), (10, worst)):
        np.testing.assert_allclose(column.astype(float), factor * printed.astype(float), rtol=1e-12)
    assert set(share) == {0.3}
    assert list(table.rows[0][:2]) == ["x³", "Stage 1"]
    assert claim.verdict == "fails"
    assert "30 % of the draws" in claim.why


def test_distances_from_print_are_in_decades(monkeypatch: pytest.MonkeyPatch) -> None:
    """Least errors of ten times print, means of a hundredth of it; with the paper's own steps within three times."""

    def train_rows(row: Row, curve: Curve, trained: object, setting: Setting) -> Any:
        least, mean = PRINTED[row.name][curve.name]
        own = dict(setting.rates) == {1: 1e-3, 2: 1e-3, 3: 1e-3}
        factor = 2.0 if own and row.name in WITH_STAGE_1 else 10.0
        loss = SimpleNamespace(min=lambda: factor * least, mean=lambda: mean / 100)
        return SimpleNamespace(loss=loss)

    monkeypatch.setattr(steps, "train_rows", train_rows)
    result = steps.run(Attempt())
    [table], [claim] = result.tables, result.claims
    near = (3 * 1.0 + 2 * math.log10(2)) / 5
    for row in table.rows:
        own = row[:3] == [1e-3] * 3
        assert row[3:] == [pytest.approx(near if own else 1.0), pytest.approx(2.0), 8 if own else 0]
    assert list(table.rows[0][:3]) == list(RATES.values())
    assert len({tuple(row[:3]) for row in table.rows}) == len(table.rows) == 6
    assert claim.verdict == "holds"


def test_parts_train_each_network_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: dict[str, list[int]] = {kind: [] for kind in starts.TRAINED}

    def trained(kind: str, setting: Setting) -> starts.Counts:
        seeds[kind] += range(setting.seed, setting.seed + setting.members)
        return starts.counts(starts._networks(kind, setting.members, setting.seed))

    monkeypatch.setattr(starts, "_trained", trained)
    monkeypatch.setattr(starts, "MANY", 40)
    result = starts.run(Attempt(seed=7))
    assert all(sorted(each) == list(range(7, 47)) for each in seeds.values())
    before, after = result.tables
    assert [row[0] for row in before.rows] == list(starts.LABELS.values())
    assert [row[0] for row in after.rows] == ["default", "RAAI"]
    for row in after.rows:  # untrained here: the same networks, as they start
        [same] = [each for each in before.rows if each[0] == row[0]]
        assert list(row[1:]) == pytest.approx(list(same[1:]))
