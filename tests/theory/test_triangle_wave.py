"""The triangle wave and its shallow baselines: exact counts, the page's numbers, and the integral against samples."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from nnexpr.kinds import AffineLayer
from nnexpr.networks.compositional import tent
from nnexpr.networks.network import Network
from nnexpr.regions.line import linear_regions
from nnexpr.specification import InputError
from nnexpr.splines.tent import composed
from nnexpr.theory.exact import PRINTED_TENT, composed_regions
from nnexpr.theory.triangle_wave import SAMPLES, compose, shallow_fit


def page_ridge(depth, knots):
    """The page's features, its sums over the samples, its ridge, its Cholesky: dense, in the order it prints them."""
    x = (np.arange(SAMPLES) + 0.5) / SAMPLES
    t = (np.arange(knots) + 1.0) / (knots + 1.0)
    features = np.column_stack([np.ones(SAMPLES), x, np.maximum(x[:, None] - t, 0)])
    normal = features.T @ features + 1e-6 * np.eye(knots + 2)
    lower = np.linalg.cholesky(normal)
    weights = np.linalg.solve(lower.T, np.linalg.solve(lower, features.T @ composed(depth, x)))
    return np.mean((features @ weights - composed(depth, x)) ** 2)


def as_network(fit):
    """The shallow fit as a network of one hidden layer."""
    slopes = np.diff(fit.spline.values) / np.diff(fit.spline.knots)
    weights = np.concatenate([slopes[:1], np.diff(slopes)])
    first = np.stack([np.ones_like(weights), -fit.spline.knots[:-1]], axis=1).ravel()
    parameters = np.concatenate([first, weights, fit.spline.values[:1]])
    layers = (AffineLayer(1, len(weights), "relu"), AffineLayer(len(weights), 1))
    return Network(layers, torch.from_numpy(parameters[None]))


def test_the_claim_at_six_folds():
    """Claim C3, with 63 aligned knots beside the page's widths."""
    made = compose(6, (8, 16, 32, 63, 64, 128))
    assert (made.linear_regions, made.sampled_regions, made.printed_regions) == (64, 96, 2)
    assert (made.units, made.parameters, made.knots_needed) == (12, tent(6).parameter_count, 63)
    errors = [fit.mse for fit in made.shallow]
    expected = [8.33e-2, 8.33e-2, 8.33e-2, 0, 4.04e-2, 2.33e-3]
    assert errors == pytest.approx(expected, rel=2e-3, abs=1e-20)
    assert [fit.features for fit in made.shallow] == [10, 18, 34, 65, 66, 130]
    assert made.shallow[3].linear_regions == 64
    assert {fit.samples for fit in made.shallow} == {4096}


def test_the_document_is_that_of_the_interface():
    document = compose(3, (2, 7)).as_json()
    assert list(document) == [
        "depth", "linear_regions", "sampled_regions", "units", "parameters", "shallow", "knots_needed",
    ]  # fmt: skip
    assert [list(row) for row in document["shallow"]] == [
        ["knots", "features", "mse", "mse_ridge", "linear_regions"]
    ] * 2
    assert all(type(value) in (int, float) for row in document["shallow"] for value in row.values())


@pytest.mark.parametrize("knots", [8, 32, 63, 64, 128])
def test_the_ridge_is_the_pages(knots):
    assert shallow_fit(6, knots).mse_ridge == pytest.approx(page_ridge(6, knots), rel=1e-4, abs=1e-12)


@pytest.mark.parametrize("depth", [1, 3, 5, 9])
def test_the_wave_is_the_network(depth):
    x = np.linspace(0, 1, 1001)
    network = tent(depth)(torch.from_numpy(x))[0, :, 0].numpy()
    np.testing.assert_allclose(composed(depth, x), network, atol=2.0 ** (depth - 50))


def test_the_wave_is_exact_at_dyadic_points():
    """T^k(j/2^n) by whole numbers: j doubles or folds, and the wave turns at every multiple of 2^-k."""
    n, depth = 40, 37
    rng = np.random.default_rng(0)
    for j in rng.integers(0, 2**n, 50).tolist():
        value = Fraction(j, 2**n)
        for _ in range(depth):
            value = 2 * value if value <= Fraction(1, 2) else 2 - 2 * value
        assert composed(depth, j / 2**n) == float(value)
    corners = np.arange(2**10 + 1) / 2**10
    np.testing.assert_array_equal(composed(10, corners), np.arange(2**10 + 1) % 2)


@pytest.mark.parametrize("depth", range(1, 13))
def test_counting_by_images_is_enumeration(depth):
    assert composed_regions(depth) == linear_regions(tent(depth))[0].count == 2**depth


@pytest.mark.parametrize("depth", [1, 2, 40, 200])
def test_exact_counts_at_any_depth(depth):
    assert composed_regions(depth) == 2**depth
    assert composed_regions(depth, PRINTED_TENT) == 2


def test_counting_by_images_follows_any_map():
    """A zigzag of three pieces onto [0, 1] triples; a tent of peak 3/4 ends in four images of one Markov partition."""
    third = Fraction(1, 3)
    zigzag = (
        (Fraction(0), Fraction(0)),
        (third, Fraction(1)),
        (2 * third, Fraction(0)),
        (Fraction(1), Fraction(1)),
    )
    assert composed_regions(7, zigzag) == 3**7
    low = ((Fraction(0), Fraction(0)), (Fraction(1, 2), Fraction(3, 4)), (Fraction(1), Fraction(0)))
    x = np.linspace(0, 1, 2**20 + 1)
    for depth in range(1, 8):
        y = x
        for _ in range(depth):
            y = 1.5 * np.minimum(y, 1 - y)
        turns = np.sign(np.diff(y))
        assert composed_regions(depth, low) == 1 + np.count_nonzero(
            turns[1:] * turns[:-1] <= 0
        ) - np.count_nonzero(turns == 0)


@pytest.mark.parametrize(("depth", "knots"), [(1, 8), (4, 5), (6, 40), (6, 63), (6, 64), (8, 1000), (5, 100)])
def test_the_integral_is_the_limit_of_samples(depth, knots):
    sampled, integrated = shallow_fit(depth, knots, 2**20), shallow_fit(depth, knots, 0)
    assert integrated.mse == pytest.approx(sampled.mse, rel=1e-5, abs=1e-14)
    np.testing.assert_allclose(integrated.spline.values, sampled.spline.values, atol=1e-6)
    assert (sampled.samples, integrated.samples) == (2**20, 0)


@pytest.mark.parametrize("knots", [3, 64, 200])
def test_the_ridge_of_the_integral_is_the_pages(knots):
    assert shallow_fit(6, knots, 0).mse_ridge == pytest.approx(
        page_ridge(6, knots), rel=5e-3
    )  # 64 samples a region


def test_deep_waves_are_not_seen_through_the_pages_samples():
    """At depth 12 the page's 4096 samples all meet the wave at 1/2, so a constant would fit without error."""
    assert np.ptp(composed(12, (np.arange(SAMPLES) + 0.5) / SAMPLES)) == 0
    for depth in (12, 21, 40):
        made = compose(depth, (8, 128))
        assert [fit.mse for fit in made.shallow] == pytest.approx([1 / 12] * 2, rel=1e-6)
        assert made.linear_regions == 2**made.depth
        assert {fit.samples for fit in made.shallow} == {0}
    with pytest.raises(InputError, match="samples is 4096"):
        compose(12, (8,), samples=4096)


@pytest.mark.parametrize("depth", [2, 5, 10])
def test_aligned_knots_are_the_wave_and_one_fewer_is_not(depth):
    needed = 2**depth - 1
    aligned, fewer = shallow_fit(depth, needed), shallow_fit(depth, needed - 1)
    assert aligned.mse < 2.0**-52  # squares of about 1/12 are summed and taken from one another
    assert aligned.linear_regions == needed + 1
    assert fewer.mse > 1e-3
    x = np.linspace(0, 1, 777)
    np.testing.assert_allclose(aligned.spline(x), composed(depth, x), atol=1e-12)


@pytest.mark.parametrize(("depth", "knots"), [(6, 8), (6, 63), (6, 100), (3, 15), (4, 7)])
def test_the_regions_of_a_fit_are_those_of_its_network(depth, knots):
    fit = shallow_fit(depth, knots)
    # Where knots lie on the wave's corners and between, bends are rounding, which a network's exact count may see.
    if fit.linear_regions == knots + 1:
        assert linear_regions(as_network(fit))[0].count == fit.linear_regions
    else:
        assert fit.linear_regions == (2**depth if knots > 2**depth - 1 else 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "depth is 0: it must be a whole number from 1 to 40"),
        ((41,), "depth is 41"),
        ((2.5,), "depth is 2.5"),
        ((6, (0,)), "knots is 0"),
        ((6, (10**7,)), "knots is 10000000"),
        ((6, (8,), 100), "samples is 100: it must be a whole number from 128"),
        ((30, (8,), 10**6), "0 integrates"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        compose(*arguments)
