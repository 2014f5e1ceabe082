"""The catalogue: every entry against its formula computed another way, and the laws of the families."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnexpr.specification import FitSpecification, InputError
from nnexpr.targets import CATALOGUE, build_target, target
from nnexpr.targets.build import idle_options

ONE_DIMENSIONAL: dict[str, Callable[[float], float]] = {
    "cube": lambda x: x * x * x,
    "power11": lambda x: math.pow(x, 11),
    "tanh3": lambda x: 1 - 2 / (math.exp(6 * x) + 1),
    "quarter_sine": lambda x: math.cos(math.pi * (1 - x) / 2),
    "square": lambda x: x * x,
    "arctan25": lambda x: math.atan2(25 * x, 1),
    "two_tone": lambda x: math.cos(6 * math.pi * x) - math.sin(2 * math.pi * x),
    "gaussian_bump": lambda x: math.exp(-100 * x * x),
    "sine16": lambda x: math.sin(16 * math.pi * x),
    "chirp": lambda x: math.sin(16 * math.pi * abs(x) * math.sqrt(abs(x))),
    "localized_sine": lambda x: math.sin(50 * math.pi * x) if abs(x) < 0.02 else 0.0,
    "abs": lambda x: math.copysign(x, 1),
    "step": lambda x: 1.0 if x >= 0 else 0.0,
    "runge": lambda x: 1 / (1 + (5 * x) ** 2),
    "sqrt": lambda x: math.exp(math.log(x) / 2) if x > 0 else 0.0,
    "sine": lambda x: math.cos(2 * math.pi * x - math.pi / 2),
    "sawtooth": lambda x: math.fmod(4 * x, 1),
    "square_wave": lambda x: 1.0 if math.fmod(4 * x, 1) < 0.5 else -1.0,
    "doppler": lambda x: math.sqrt(x - x * x) * math.sin(2 * math.pi * 1.05 / (x + 0.05)),
    "heavisine": lambda x: 4 * math.sin(4 * math.pi * x) + (-2.0 if 0.3 < x < 0.72 else 0.0),
}


@pytest.mark.parametrize("name", ONE_DIMENSIONAL)
def test_formula_of_one_variable(name: str) -> None:
    made = target(name, points=211)
    if name in ("square_wave", "sawtooth"):  # rounding decides at the jumps themselves
        made = target(name, points=211, domain=(0.0013, 0.9987))
    expected = [ONE_DIMENSIONAL[name](x) for x in made.inputs[:, 0].tolist()]
    np.testing.assert_allclose(made.values, expected, rtol=1e-12, atol=1e-12)


def waves(x1: float, x2: float, s: float) -> float:
    """The four products written out, with the printed numbers in units of pi."""
    p = s * math.pi
    return (
        0.3 * math.sin(p * (2.4 * x1 + 2.4 * x1 * x1)) * math.cos(p * (2.4 * x1 + 4.8 * x1 * x1))
        + 0.2 * math.sin(p * (2.4 * x1 + 4.8 * x1 * x2)) * math.cos(p * (4.8 * x2 + 7.2 * x1 * x1))
        + 0.2 * math.sin(p * (4.8 * x2 + 9.6 * x2 * x1)) * math.cos(p * (2.4 * x1 + 9.6 * x2 * x2))
        + 0.3 * math.sin(p * (4.8 * x2 + 4.8 * x2 * x2)) * math.cos(p * (4.8 * x2 + 7.2 * x2 * x2))
    )


def star(x1: float, x2: float) -> float:
    rho = 0.1 + 0.02 * math.cos(math.pi * math.atan2(x2, x1) ** 2)
    ramp = 25 * (rho - math.hypot(x1, x2)) + 0.5
    return 0.0 if ramp <= 0 else 1.0 if ramp >= 1 else ramp


def franke(x: float, y: float) -> float:
    return (
        0.75 * math.exp(-((9 * x - 2) ** 2) / 4 - (9 * y - 2) ** 2 / 4)
        + 0.75 * math.exp(-((9 * x + 1) ** 2) / 49 - (9 * y + 1) / 10)
        + 0.5 * math.exp(-((9 * x - 7) ** 2) / 4 - (9 * y - 3) ** 2 / 4)
        - 0.2 * math.exp(-((9 * x - 4) ** 2) - (9 * y - 7) ** 2)
    )


TWO_DIMENSIONAL: dict[str, Callable[[float, float], float]] = {
    "waves2d": lambda x1, x2: waves(x1, x2, 1),
    "waves2d_fine": lambda x1, x2: waves(x1, x2, 3),
    "star2d": star,
    "product2d": lambda x1, x2: ((x1 + x2) ** 2 - (x1 - x2) ** 2) / 4,
    "cone2d": math.hypot,
    "xor2d": lambda x1, x2: 0.0 if x1 * x2 == 0 else (1.0 if (x1 > 0) == (x2 > 0) else -1.0),
    "franke2d": franke,
}


@pytest.mark.parametrize("name", TWO_DIMENSIONAL)
def test_formula_of_two_variables(name: str) -> None:
    made = target(name, points=625)
    expected = [TWO_DIMENSIONAL[name](x1, x2) for x1, x2 in made.inputs.tolist()]
    np.testing.assert_allclose(made.values, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_is_described_and_finite(name: str) -> None:
    entry = CATALOGUE[name]
    made = target(name, points=10_007)
    assert entry.name == name
    assert entry.source
    assert entry.formula.isprintable()
    assert entry.domain[0] < entry.domain[1]
    assert made.dimension == entry.dimension
    assert made.domain == (entry.domain,) * entry.dimension
    assert np.isfinite(made.values).all()
    assert np.ptp(made.values) > 0
    assert "terms" not in made.formula


def test_the_names_that_were_promised_are_there() -> None:
    promised = (
        "fourier cube power11 tanh3 quarter_sine arctan25 triangle sine16 chirp localized_sine gaussian_bump "
        "two_tone waves2d star2d"
    )
    assert set(promised.split()) <= set(CATALOGUE)


@pytest.mark.parametrize("folds", range(1, 12))
def test_triangle_has_two_to_the_folds_pieces(folds: int) -> None:
    """Values at dyadic numbers alternate 0, 1, 0, ... and are exactly 1/2 half way: 2^k pieces, none missing."""
    knots = target("triangle", terms=folds, points=2**folds + 1).values
    assert (knots == np.arange(2**folds + 1) % 2).all()
    halves = target("triangle", terms=folds, points=2 ** (folds + 1) + 1).values[1::2]
    assert (halves == 0.5).all()


def test_triangle_says_when_its_pieces_cannot_be_seen() -> None:
    assert any("1025" in note for note in target("triangle", terms=10, points=512).notes)
    assert target("triangle", terms=9, points=513).notes == ()


def test_triangles_sum_to_the_square() -> None:
    """x - sum_(i<=m) 4^-i T_i(x) interpolates x^2 at the dyadic numbers of order m (Yarotsky 2017)."""
    m, square = 6, target("square", points=4097)
    waves = sum(target("triangle", terms=i, points=4097).values / 4**i for i in range(1, m + 1))
    error = square.inputs[:, 0] - waves - square.values
    assert abs(error).max() == pytest.approx(4.0 ** -(m + 1), rel=1e-12)
    assert abs(error[:: 4096 // 2**m]).max() == 0.0


def test_takagi_is_a_sum_of_triangles_and_reaches_two_thirds() -> None:
    takagi = target("takagi", terms=7, points=1025)
    waves = sum(target("triangle", terms=i, points=1025).values / 2**i for i in range(1, 8))
    assert (takagi.values == waves).all()
    assert target("takagi", terms=60, points=4).values[1] == pytest.approx(2 / 3, rel=1e-12)


def test_weierstrass_obeys_its_functional_equation() -> None:
    """W_(n+1)(x) = cos(pi x) + W_n(3x)/2, and W_n(0) = 2 - 2^(1-n)."""
    longer, shorter = target("weierstrass", terms=9, points=101), target("weierstrass", terms=8, points=101)
    assert shorter.function is not None
    expected = np.cos(np.pi * longer.inputs[:, 0]) + shorter.function(3 * longer.inputs) / 2
    np.testing.assert_allclose(longer.values, expected, atol=1e-9)
    assert longer.values[50] == 2 - 2.0**-8
    assert np.isfinite(target("weierstrass", terms=1000).values).all()


def spectrum(seed: int, terms: int) -> np.ndarray:
    made = target("fourier", seed=seed, terms=terms, points=257)
    assert made.values[0] == pytest.approx(made.values[-1], abs=1e-12)
    return np.fft.rfft(made.values[:-1]) / 128


def test_fourier_has_mean_zero_and_no_mode_above_its_terms() -> None:
    modes = spectrum(seed=3, terms=10)
    assert abs(modes[0]) < 1e-13
    assert (abs(modes[1:11]) > 1e-3).all()
    assert abs(modes[11:]).max() < 1e-13


def test_a_longer_fourier_series_begins_with_the_same_pairs() -> None:
    short, long = spectrum(seed=5, terms=4), spectrum(seed=5, terms=9)
    np.testing.assert_allclose(long[1:5] * 3, short[1:5] * 2, atol=1e-12)


@pytest.mark.parametrize("terms", [1, 10, 40])
def test_fourier_has_unit_variance_whatever_its_terms(terms: int) -> None:
    energies = [
        np.mean(target("fourier", seed=seed, terms=terms, points=129).values[:-1] ** 2) for seed in range(400)
    ]
    error = 5 / math.sqrt(400 * terms)  # five standard deviations of the mean of chi-squared/(2 terms)
    assert np.mean(energies) == pytest.approx(1, abs=error)


def test_fourier_depends_on_its_seed_alone() -> None:
    assert (target("fourier", seed=1).values == target("fourier", seed=1, noise=0).values).all()
    assert (target("fourier", seed=1).values != target("fourier", seed=2).values).any()


def test_blocks_jump_and_bumps_peak_where_they_should() -> None:
    blocks, bumps = target("blocks", points=10_001), target("bumps", points=10_001)
    assert abs(np.diff(blocks.values)).sum() == pytest.approx(41.0)
    assert blocks.values[[0, 2000]] == pytest.approx([0.0, 2.0])
    peaks = np.flatnonzero((np.diff(bumps.values[:-1]) > 0) & (np.diff(bumps.values[1:]) < 0)) + 1
    expected = [0.10, 0.13, 0.15, 0.23, 0.25, 0.40, 0.44, 0.65, 0.76, 0.78, 0.81]
    assert bumps.inputs[peaks, 0] == pytest.approx(expected, abs=1e-9)


def test_star_is_continuous_flat_inside_and_zero_outside() -> None:
    made = target("star2d", points=401 * 401)
    radius = np.hypot(*made.inputs.T)
    assert (made.values[radius < 0.06] == 1).all()
    assert (made.values[radius > 0.14] == 0).all()
    angles = np.linspace(-np.pi, np.pi, 400)
    edge = (0.1 + 0.02 * np.cos(np.pi * angles**2))[:, None] * np.stack(
        [np.cos(angles), np.sin(angles)], axis=1
    )
    assert made.function is not None
    np.testing.assert_allclose(made.function(edge), 0.5, atol=1e-9)


@pytest.mark.parametrize(
    ("spelling", "hint"),
    [
        ("fourrier", "did you mean fourier? it must be expr:FORMULA"),
        ("", "expr:FORMULA"),
        ("sin(x)", "expr:FORMULA"),
        ("data.csv", "csv:PATH"),
        ("\x1b[31m", "one of"),
        ("x" * 100_000, "one of"),
    ],
)
def test_an_unknown_name_is_refused_with_what_is_known(spelling: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        target(spelling)
    assert hint in caught.value.allowed
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("name", [*CATALOGUE, "expr:sin(3*x) + (0 < x < 1)"])
def test_targets_survive_pickling(name: str) -> None:
    made = target(name, points=64, seed=3)
    again = pickle.loads(pickle.dumps(made))  # noqa: S301 - our own bytes
    assert again.function is not None
    assert made.function is not None
    np.testing.assert_array_equal(again.function(made.inputs), made.function(made.inputs))
    np.testing.assert_array_equal(again.own_values, made.own_values)
    assert (again.name, again.formula, again.domain, again.notes) == (
        made.name,
        made.formula,
        made.domain,
        made.notes,
    )


@pytest.mark.parametrize("name", [*CATALOGUE, "expr:x**2 + 1", "csv"])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_an_option_is_idle_where_it_changes_nothing(name: str, noise: float, tmp_path: Path) -> None:
    spelling = name
    if name == "csv":
        spelling = f"csv:{tmp_path / 'gaps.csv'}"
        (tmp_path / "gaps.csv").write_text("d,v\n2020-01-01,1\n2020-01-02,\n2020-01-03,3\n")
    plain = FitSpecification.make(target=spelling, noise=noise, points=50)
    others = {"points": 60, "terms": 3, "target_seed": 5, "missing": "refuse"}
    changing = {name for name, value in others.items() if _differs(plain, plain.replace(**{name: value}))}
    assert idle_options(plain) == set(others) - changing
    assert "target_seed" not in idle_options(plain.replace(batch_size=2))


def _differs(one: FitSpecification, other: FitSpecification) -> bool:
    try:
        first, second = build_target(one), build_target(other)
    except InputError:
        return True
    return not (np.array_equal(first.inputs, second.inputs) and np.array_equal(first.values, second.values))
