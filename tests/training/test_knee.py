"""The knee of a loss curve: where it is known, it is found; units, looks and what is missing change nothing."""

from __future__ import annotations

import numpy as np
import pytest

from nnexpr.training.knee import knees

EPOCHS = np.arange(1001)


def two_pieces(
    knee: float, before: float = -0.02, after: float = -0.0005, epochs: np.ndarray = EPOCHS
) -> np.ndarray:
    """A loss whose logarithm is two straight pieces that meet at the knee."""
    return np.exp(0.3 + before * np.minimum(epochs, knee) + after * np.maximum(epochs - knee, 0))


@pytest.mark.parametrize("knee", [1, 17, 150, 500, 990, 999])
def test_two_straight_pieces_meet_at_the_knee(knee: int) -> None:
    found = knees(EPOCHS, two_pieces(knee))
    assert found.epochs == knee
    assert (found.before, found.after) == pytest.approx((-0.02, -0.0005), rel=1e-6)


def test_members_are_each_on_their_own() -> None:
    losses = np.stack([two_pieces(40), np.full(1001, np.nan), two_pieces(700, -0.01, 0.001)], axis=1)
    found = knees(EPOCHS, losses)
    np.testing.assert_array_equal(found.epochs, [40, np.nan, 700])
    np.testing.assert_allclose(found.after, [-0.0005, np.nan, 0.001], rtol=1e-6)


def noisy(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return two_pieces(rng.integers(50, 400)) * np.exp(0.1 * rng.standard_normal(1001))


@pytest.mark.parametrize("seed", range(5))
def test_units_of_loss_and_time_change_only_its_own(seed: int) -> None:
    losses = noisy(seed)
    one, other = knees(EPOCHS, losses), knees(300.0 + 7.0 * EPOCHS, 1e-9 * losses)
    assert other.epochs == 300 + 7 * one.epochs
    assert (7 * other.before, 7 * other.after) == pytest.approx((one.before, one.after), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_pair_of_pieces_is_nearer(seed: int) -> None:
    """By another way: the best line for a given knee from numpy's least squares, the knee by trying all."""
    epochs, losses = EPOCHS[::20], noisy(seed)[::20]

    def distance(knee: float) -> float:
        columns = np.stack([np.ones(len(epochs)), epochs, np.maximum(epochs - knee, 0)], axis=1)
        weights = np.sqrt(np.r_[0.5, np.ones(len(epochs) - 2), 0.5])
        return float(np.linalg.lstsq(columns * weights[:, None], np.log(losses) * weights)[1][0])

    assert knees(epochs, losses).epochs == min(epochs[1:-1], key=distance)


def test_it_is_the_curves_and_not_of_where_it_was_looked_at() -> None:
    """Of a smooth curve: looks an epoch apart, and ever rarer ones, tell the same to within a gap."""
    dense = np.arange(2001.0)
    rare = np.unique(np.rint(np.geomspace(1, 2000, 300)))

    def curve(t: np.ndarray) -> np.ndarray:
        return 0.1 + np.exp(-t / 100)

    exact = knees(dense, curve(dense)).epochs
    gap = np.diff(rare)[np.searchsorted(rare, exact)]
    assert abs(knees(rare, curve(rare)).epochs - exact) <= gap


def test_where_a_decay_meets_its_rest_is_near_the_knee_of_the_integrals() -> None:
    """log(c + exp(-t / tau)) is max(log c, -t / tau) up to log 2: for a deep rest the two pieces are these."""
    c, tau, epochs = np.exp(-200.0), 1.0, np.arange(0.0, 1001.0)
    found = knees(epochs, c + np.exp(-epochs / tau))
    assert found.epochs == pytest.approx(200, abs=2)
    assert found.before == pytest.approx(-1, rel=1e-3)


@pytest.mark.parametrize(
    "losses",
    [
        np.exp(-0.01 * EPOCHS),  # one rate
        np.ones(1001),
        two_pieces(300, -0.001, -0.02),  # a plateau, then a drop
        two_pieces(300, -0.01, -0.006),  # slower, but not by half
        two_pieces(300, 0.01, 0.02),  # it rises
        np.zeros(1001),
        np.full(1001, np.inf),
        np.where(EPOCHS < 3, 1.0, np.nan),
    ],
)
def test_some_curves_have_none(losses: np.ndarray) -> None:
    found = knees(EPOCHS, losses)
    assert np.isnan([found.epochs, found.before, found.after]).all()


def test_half_the_rate_is_the_bar() -> None:
    assert knees(EPOCHS, two_pieces(300, -0.01, -0.00499)).epochs == 300


def test_what_is_not_finite_or_not_positive_hides_nothing() -> None:
    losses = two_pieces(100)
    gaps = losses.copy()
    gaps[[3, 50, 900]] = [np.nan, np.inf, np.nan]
    assert knees(EPOCHS, gaps).epochs == 100
    exact = np.append(losses, 0.0)  # a loss of nothing at all counts as the least there was
    assert knees(np.arange(1002), exact).epochs == pytest.approx(100, abs=1)


def test_a_member_that_diverges_has_the_knee_of_what_came_before() -> None:
    assert knees(EPOCHS, np.where(EPOCHS < 600, two_pieces(100), np.nan)).epochs == 100


@pytest.mark.parametrize("epochs", [[0, 1, 1, 2], [0, 2, 1, 3], [0, 1, 2], [[0, 1, 2, 3]]])
def test_epochs_ascend_one_for_each_row(epochs: list[int]) -> None:
    with pytest.raises(ValueError, match="epochs"):
        knees(epochs, np.ones(4))


def test_no_entries_no_members() -> None:
    assert knees([], np.empty((0, 3))).epochs.shape == (3,)
    assert np.isnan(knees([], []).epochs)


def test_a_loss_that_stays_has_none_nor_has_its_rounding() -> None:
    """As of networks that learn nothing: constants, and constants that float32 rounds this way and that."""
    rng = np.random.default_rng(0)
    levels = rng.uniform(1e-5, 2.0, 30)
    jitter = 1 + 2.0**-24 * rng.integers(-1, 2, (1001, 30))
    for losses in (np.tile(levels, (1001, 1)), levels * jitter):
        assert np.isnan(knees(EPOCHS, losses).epochs).all()
    assert knees(EPOCHS, two_pieces(500, before=-1e-8, after=0.0)).epochs == 500
