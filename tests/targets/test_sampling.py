"""Where targets are sampled: the sources' regular grids, noise in a stream of its own, curves for charts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.specification import FitSpecification, InputError
from nnexpr.targets import build_target, target

ends = st.floats(-1e6, 1e6, allow_subnormal=False)


@settings(deadline=None, max_examples=100, database=None)
@given(ends, st.floats(1e-3, 1e6), st.integers(2, 300))
def test_points_are_evenly_spaced_with_both_ends(low: float, width: float, points: int) -> None:
    made = target("step", points=points, domain=(low, low + width))
    x = made.inputs[:, 0]
    assert x[0] == low
    assert x[-1] == low + width
    np.testing.assert_allclose(np.diff(x), width / (points - 1), rtol=1e-3, atol=1e-9)


def test_one_point_is_the_middle() -> None:
    assert target("cube", points=1).inputs.tolist() == [[0.5]]
    assert target("cube", points=1).values.tolist() == [0.125]
    assert target("product2d", points=1).inputs.tolist() == [[0.0, 0.0]]


def test_the_plane_is_sampled_on_a_square_grid() -> None:
    made = target("expr:x1 + 10*x2", points=10, domain=(0, 2))
    assert made.inputs.tolist() == [[i, j] for i in (0.0, 1.0, 2.0) for j in (0.0, 1.0, 2.0)]
    assert made.values.tolist() == [i + 10 * j for i in (0, 1, 2) for j in (0, 1, 2)]
    assert made.domain == ((0, 2), (0, 2))
    assert made.input_names == ("x1", "x2")
    assert "3 by 3" in made.notes[0]
    assert target("waves2d", points=400).notes == ()


def test_units_of_a_function_are_its_own() -> None:
    made = target("arctan25", domain=(-2, 3))
    assert made.own_domain == made.domain == ((-2, 3),)
    assert (made.own_inputs == made.inputs).all()
    assert (made.own_values == made.values).all()


def test_noise_is_gaussian_reproducible_and_apart_from_the_coefficients() -> None:
    clean, noisy = (
        target("fourier", points=20_000, seed=4),
        target("fourier", points=20_000, seed=4, noise=0.3),
    )
    drawn = noisy.values - clean.values
    assert drawn.std() == pytest.approx(0.3, rel=0.03)
    assert abs(drawn.mean()) < 0.01
    assert np.mean(abs(drawn) < 0.3) == pytest.approx(0.6827, abs=0.015)
    other = target("expr:0", points=20_000, seed=4, noise=0.6)
    np.testing.assert_allclose(other.values, 2 * drawn, atol=1e-12)
    assert (target("fourier", points=20_000, seed=5, noise=0.3).values != noisy.values).all()
    assert noisy.function is not None
    assert (noisy.function(noisy.inputs) == clean.values).all()


def test_a_specification_builds_the_same_target() -> None:
    options: dict[str, Any] = {"points": 40, "domain": (0.1, 0.7), "noise": 0.2, "terms": 3}
    built = build_target(FitSpecification.make(target="fourier", target_seed=9, **options))
    made = target("fourier", seed=9, **options)
    assert (built.inputs == made.inputs).all()
    assert (built.values == made.values).all()
    assert built.formula == made.formula


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("points", 0),
        ("points", 1.5),
        ("terms", 0),
        ("noise", -1.0),
        ("noise", float("nan")),
        ("noise", 1e308),
        ("domain", (1, 1)),
        ("domain", (2, 1)),
        ("domain", (0, float("inf"))),
        ("domain", (-1e308, 1e308)),
    ],
)
def test_an_option_out_of_bounds_is_refused_by_name(option: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        target("cube", **{option: value})  # type: ignore[arg-type]
    assert caught.value.option == option


def test_a_domain_where_the_function_overflows_is_refused() -> None:
    with pytest.raises(InputError, match="not finite"):
        target("expr:sin(x**3)", domain=(-1e149, 0))
    with pytest.raises(InputError, match="too wide"):
        target("fourier", domain=(-1e308, 0))


def test_section_runs_along_the_first_input_through_the_middle() -> None:
    made = target("star2d", points=9, domain=(-3, 5))
    inputs = made.section(5)
    assert inputs[:, 0] == pytest.approx(np.linspace(*made.domain[0], 5))
    assert inputs[:, 1] == pytest.approx(np.full(5, np.mean(made.domain[1])))
    assert made.section_name.startswith("x1, x2 = ")
    line = target("cube", points=3)
    np.testing.assert_array_equal(line.section(7), np.linspace(0, 1, 7)[:, None])
    assert line.section_name == "x"
