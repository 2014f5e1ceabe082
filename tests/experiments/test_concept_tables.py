"""Tables and figures of the concept page: each column is what its heading says, by closed forms or by the others."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np
import pytest
from quick import columns, curves, quick

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.concepts import tensor_ranks
from nnexpr.theory.barron import barron_bound
from nnexpr.theory.tensors import cp_tensor, hierarchical_tensor


def close(found: object, expected: object) -> None:
    np.testing.assert_allclose(np.array(found, dtype=float), np.array(expected, dtype=float), rtol=1e-12)


def test_folds() -> None:
    result, _ = quick("triangle-waves")
    counts, shallow = result.tables
    k, pieces, units, parameters, least = columns(
        counts, "k", "pieces", "units", "parameters", "shallow units at least"
    )
    assert list(k) == list(range(1, 13))
    assert list(pieces) == [2**n for n in k]
    assert list(units) == [2 * n for n in k]
    assert list(parameters) == [6 * n + 1 for n in k]
    assert list(least) == [2**n - 1 for n in k]  # one bend a unit
    shown = curves(result.figures[0])
    assert shown["exact"] == (list(k), list(k))
    assert shown["as printed"] == (list(k), [1.0] * 12)
    assert shown["sampled"][1][:5] == list(k[:5])
    knots, features, mse, ridge, regions = columns(
        shallow, "knots", "features", "mse", "mse with the page's ridge", "linear regions"
    )
    assert list(features) == [n + 2 for n in knots]
    assert (mse <= ridge * (1 + 1e-9) + 1e-12).all()  # the least squares are the least
    assert (regions <= knots + 1).all()


def test_bounds() -> None:
    result, _ = quick("region-bounds")
    [table] = result.tables
    names = ("Montúfar, lower", "built", "Serra, upper")
    for number, log in zip(
        columns(table, *names), columns(table, "log2 lower", "log2 built", "log2 upper"), strict=True
    ):
        close(2.0**log, number)
    for what in ("start", "trained"):
        mean, most = columns(table, f"{what}, mean", f"{what}, most")
        assert (mean <= most).all()
    inputs, widths, shallow, telgarsky = columns(table, "inputs", "hidden widths", "Zaslavsky", "Telgarsky")
    assert list(zip(inputs, widths, strict=True)) == [(1, "12"), (1, "3 of 4"), (2, "12"), (2, "2 of 6")]
    assert list(shallow) == [13, 13, 79, 79]  # 1 + 12, and 1 + 12 + 66
    assert list(telgarsky) == [24, 8**3, None, None]
    for number, figure in zip((1, 2), result.figures, strict=True):
        rows = inputs == number
        mean = columns(table, "start, mean")[0][rows].astype(float)
        close(curves(figure)["at start"], ([1, 2], np.log2(mean)))
        upper, lower = curves(figure)["upper bound"][1], curves(figure)["lower bound"][1]
        built = curves(figure)["constructed"][1]
        assert upper == sorted(upper)
        assert all(a <= b <= c for a, b, c in zip(lower, built, upper, strict=True))


def test_regions_of_random_networks() -> None:
    result, _ = quick("random-regions")
    started, trained = result.tables
    names = ("networks", "Σ n + 1", "mean", "standard error", "excess, %", "standard deviation")
    networks, expected, mean, error, excess, deviation = columns(started, *names)
    assert set(networks) == {40}
    assert list(expected) == [65, 129, 257, 129, 193, 161, 129, 193, 257, 129]
    close(error, deviation / np.sqrt(networks))
    close(1 + excess / 100, mean / expected)
    assert list(mean[:3]) == [65, 129, 257]  # of one layer every network has them all
    before, after, change = columns(trained, "mean at start", "mean after", "change, %")
    close(1 + change / 100, after / before)
    assert set(columns(trained, "Σ n + 1")[0]) == {65}
    shown = curves(result.figures[0])
    close(shown["mean"], (expected, mean))
    close(shown["Σ n + 1"], (expected, expected))


def test_equal_parameters() -> None:
    result, _ = quick("equal-parameters")
    [table] = result.tables
    most, target, loss = columns(table, "regions at most", "target", "loss, median")
    assert set(columns(table, "parameters")[0]) == {97}
    assert list(most[:5]) == [33, 81, 72, 72, 324]  # the product of n + 1
    for what in ("regions", "loss"):
        middle, low, high = columns(table, f"{what}, median", f"{what} from", f"{what} to")
        assert ((low <= middle) & (middle <= high) & (low < high)).all()
    assert (columns(table, "regions to")[0] <= most).all()
    for name, shown in curves(result.figures[0]).items():
        assert shown == ([1, 2, 3, 4, 5], list(loss[target == name]))


def test_capacity() -> None:
    result, _ = quick("capacity")
    [depth] = [claim for claim in result.claims if claim.id == "C7 depth"]
    assert re.findall(r"at L = (\d+)", str(depth.measured)) == ["9", "199"]  # the shallowest and the deepest
    table, exact = result.tables
    weights, layers, units, reached, growth = columns(table, "W", "L", "units", "reached", "growth")
    shapes = [[8, *[n] * 9, 1] for n in (8, 16, 32, 64, 128, 256, 512, 1024)]
    shapes += [[8, *[64] * depth, 1] for depth in (8, 13, 18, 28, 48, 98, 198)]
    assert list(weights) == [sum(a * (b + 1) for b, a in itertools.pairwise(shape)) for shape in shapes]
    assert list(layers) == [len(shape) - 1 for shape in shapes]
    assert list(units) == [sum(shape[1:]) for shape in shapes]
    lower, upper = columns(table, "reached ratio", "growth ratio")
    close(lower * weights * layers * np.log2(weights / layers), reached)
    close(upper * weights * layers * np.log2(weights), growth)
    for figure, rows, across in zip(
        result.figures, (slice(8), slice(8, None)), (weights, layers), strict=True
    ):
        shown = curves(figure)
        assert shown["growth function"] == (list(across[rows]), list(growth[rows]))
        assert shown["reached"][1] == list(reached[rows])
        assert (np.array(shown["reached"][1]) < shown["growth function"][1]).all()
        assert (np.array(shown["growth function"][1]) < shown["Bartlett et al."][1]).all()
        assert (np.array(shown["Bartlett et al."][1]) < shown["Anthony, Bartlett"][1]).all()
    units, weights, dimension = columns(exact, "units", "W", "VC dimension")
    assert list(units) == [3, 4, 5, 6]
    assert list(weights) == [3 * n + 1 for n in units]
    assert list(dimension) == [n + 2 for n in units]


def test_forward_cost() -> None:
    """A multiplication and an addition for each weight."""
    result, _ = quick("forward-cost")
    [table] = result.tables
    formula, flat, modules, operations, micros, speed = columns(table, *table.columns[1:])
    assert list(formula) == list(flat) == list(modules)
    assert (formula[0], operations[0]) == (64 * 2 + 65, 2 * (64 + 64))
    close(operations / (1e3 * micros), speed)
    assert list(operations) == sorted(operations)
    shown = curves(result.figures[0])
    close(shown["measured"], (256 * operations, 256e-6 * micros))
    steps = np.diff(shown["straight line"][1]) / np.diff(shown["straight line"][0])
    np.testing.assert_allclose(steps, steps[0], rtol=1e-9)


def test_barron() -> None:
    result, _ = quick("barron-rate")
    [table] = result.tables
    norm, bound, share = columns(table, "C_f", "bound", "largest share of the bound")
    close(bound, 4 * norm**2 / 48)
    greedy, drawn = columns(table, "greedy error, m = 48", "random, m = 48")
    assert (greedy < drawn).all()
    assert (greedy <= share * bound).all()
    assert list(columns(table, "d")[0]) == [2, 2, 5, 5]
    for which in ("greedy", "random"):
        low, middle, high = columns(table, f"{which} from", f"{which} slope", f"{which} to")
        assert ((low <= middle) & (middle <= high)).all()
    for figure, row in zip(result.figures, (2, 3), strict=True):
        m = np.arange(1, 49)
        shown = curves(figure)
        close(shown["(2rC)²/m"], (m, 4 * norm[row] ** 2 / m))
        assert shown["greedy units"][1][-1] == greedy[row]
        assert shown["random units"][1][-1] == drawn[row]
        assert shown["greedy units"][1] == sorted(shown["greedy units"][1], reverse=True)
    close(barron_bound(2.0, np.array([1, 4])), [16, 4])


def test_parity() -> None:
    result, _ = quick("parity-circuits")
    [table] = result.tables
    n, depth = columns(table, "n", "tree depth")
    assert list(n) == list(range(2, 11))
    assert list(depth) == [2 * math.ceil(math.log2(bits)) for bits in n]  # an XOR is two gates deep
    for label, heading in (
        ("DNF terms", "DNF terms"), ("tree", "tree gates"), ("threshold gates", "threshold gates"),
        ("ReLU tents", "tent units"),
    ):  # fmt: skip
        assert curves(result.figures[0])[label] == (list(n), list(columns(table, heading)[0]))
    assert list(columns(table, "tent units")[0]) == [
        2 * math.ceil(math.log2(bits)) for bits in n
    ]  # two a fold


def test_tensors() -> None:
    result, _ = quick("tensor-ranks")
    [table] = result.tables
    n, layers, m, r, least, most, expected = columns(
        table, "N", "layers", "M", "r", "least rank", "largest rank", "min(r,M)^(N/2)"
    )
    close(2.0**layers, n)
    assert list(least) == list(most) == list(expected) == list(np.minimum(r, m) ** (n // 2))
    halves, terms = columns(table, "rank, halves", "CP of r terms")
    assert list(halves) == list(np.minimum(r, m ** (n // 2)))  # the root joins its two halves in r terms
    assert list(terms) == list(np.minimum(r, m ** (n // 2)))
    own, of_cp = columns(table, "parameters", "parameters of a CP of equal rank")
    assert list(own) == list(n * m * r + (n - 2) * r**2 + r)  # leaves, r by r between, the root
    assert list(of_cp) == list(expected * (n * m + 1))
    shown = curves(result.figures[0])
    assert shown == {"M = 2, r = 2": ([3.0], [16.0]), "M = 4, r = 3": ([1.0, 2.0], [3.0, 9.0])}


def test_one_draw_of_a_lower_rank_is_told_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every other one is a sum of too few products."""

    def drawn(order: int, dimension: int, rank: int, seed: int) -> np.ndarray:
        right = hierarchical_tensor(order, dimension, rank, seed)
        return cp_tensor(order, dimension, 1, seed) if seed % 2 else right

    monkeypatch.setattr(tensor_ranks, "hierarchical_tensor", drawn)
    monkeypatch.setattr(tensor_ranks, "QUICK_CASES", ((4, 2, 2),))
    result = tensor_ranks.run(Attempt(quick=True))
    least, most = columns(result.tables[0], "least rank", "largest rank")
    assert (list(least), list(most)) == ([1], [4])
    assert [claim.verdict for claim in result.claims] == ["fails"]


def test_lottery() -> None:
    result, _ = quick("lottery")
    [table] = result.tables
    width, weights, kept, ticket, anew = columns(table, "width", "weights", "kept, %", "ticket", "drawn anew")
    assert list(weights) == [
        w * w + 2 * w for w in width
    ]  # of three affine layers with one input and one output
    assert list(kept[::4]) == [100.0] * 4
    assert list(ticket[::4]) == list(anew[::4])
    by_case = ticket.reshape(4, 4)
    for losses, heading in ((ticket, "ticket / dense"), (anew, "anew / dense")):
        close(columns(table, heading)[0].reshape(4, 4), losses.reshape(4, 4) / by_case[:, :1])
    for number, figure in enumerate(result.figures):
        shown = curves(figure)
        rows = slice(4 * number, 4 * number + 4)
        assert shown["ticket"] == (list(kept[rows]), list(ticket[rows]))
        assert shown["drawn anew"][1] == list(anew[rows])
        assert shown["dense"][1] == [ticket[4 * number]] * 4


def test_trajectories() -> None:
    result, _ = quick("trajectories")
    [table] = result.tables
    shown = curves(result.figures[0])
    for row, (x, y) in zip(table.rows, shown.values(), strict=True):
        assert (x, y) == ([1, 2, 3, 4], list(row[3:7]))
        middle, low, high = row[7:10]
        assert low <= middle <= high
        assert (y[-1] / y[0]) ** (1 / 3) == pytest.approx(
            middle, rel=0.1
        )  # medians of ratios and ratios of medians


def test_universality() -> None:
    result, _ = quick("universality")
    [table] = result.tables
    target, units, possible, trained, deep, made = columns(table, *table.columns)
    assert list(units[:11]) == [4, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128]
    for figure, name in zip(result.figures, ("tanh3", "two_tone", "square", "triangle"), strict=True):
        rows = target == name
        shown = curves(figure)
        expected = list(zip(units[rows], possible[rows], strict=True))
        assert list(zip(*shown["one hidden layer, best possible"], strict=True)) == [
            (count, pytest.approx(error, nan_ok=True) if error else pytest.approx(math.nan, nan_ok=True))
            for count, error in expected
        ]
        best = possible[rows]
        assert (np.diff(best.astype(float)) <= 0).all()  # a piece more is never worse
        for column in (trained, deep):
            assert [
                count for count, error in zip(units[rows], column[rows], strict=True) if error is not None
            ] == [8, 16]
        assert all(a >= b for a, b in zip(trained[rows], best, strict=True) if a is not None)
    constructed = dict(zip(units[target == "square"], made[target == "square"], strict=True))
    # x² by m waves from 4 m units: its chords of width 2^-m are off by at most h²/4, squared and averaged h⁴/30.
    assert constructed[8] == pytest.approx(2.0 ** (-4 * 2) / 30, rel=0.05)
    assert [count for count, error in constructed.items() if error is not None] == [
        4,
        8,
        12,
        16,
        20,
        24,
        32,
        48,
    ]
    folds = dict(zip(units[target == "triangle"], made[target == "triangle"], strict=True))
    assert [count for count, error in folds.items() if error is not None] == [12]
    assert folds[12] < 1e-12
