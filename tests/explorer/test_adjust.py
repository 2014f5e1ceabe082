"""One step of an option, as a law: it stays allowed, goes the right way, and can be undone."""

from __future__ import annotations

import shlex

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.declarations import Specified, options_of
from nnexpr.kinds import NETWORKS
from nnexpr.linear.basis import BASES, SOLVERS
from nnexpr.linear.specification import LstsqSpecification, SpectrumSpecification
from nnexpr.networks.architecture import architecture
from nnexpr.specification import OPTIONS, FitSpecification, command_line
from nnexpr_tui.adjust import replaced, round_neighbour, shown_options, stepped, stepped_width, with_depth

LAWS = settings(deadline=None, max_examples=200, database=None)
KINDS = (FitSpecification, LstsqSpecification, SpectrumSpecification)
PLACES = [(kind, name) for kind in KINDS for name in options_of(kind)]
NUMBERS = [
    (kind, name)
    for kind, name in PLACES
    if (option := options_of(kind)[name]).kind in ("integer", "number") and not option.nullable
]


@LAWS
@given(
    st.sampled_from(list(OPTIONS)),
    st.sampled_from(list(NETWORKS)),
    st.lists(st.sampled_from([-1, 1]), max_size=30),
)
def test_no_walk_of_steps_leaves_what_is_allowed(name: str, network: str, walk: list[int]) -> None:
    specification = FitSpecification.make(network=network)
    for direction in walk:
        specification = stepped(specification, name, direction)  # a value out of bounds would raise
    assert FitSpecification.from_config(specification.as_config()) == specification


@LAWS
@given(
    st.sampled_from([LstsqSpecification, SpectrumSpecification]),
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from([-1, 1])), max_size=30),
)
def test_no_walk_through_the_options_of_a_linear_fit_leaves_what_is_allowed(
    kind: type[Specified], walk: list[tuple[int, int]]
) -> None:
    specification, names = kind.make(), list(options_of(kind))
    for place, direction in walk:
        specification = stepped(specification, names[place % len(names)], direction)
    assert kind.from_config(specification.as_config()) == specification


@pytest.mark.parametrize(("kind", "name"), NUMBERS)
def test_up_is_greater_and_down_is_less(kind: type[Specified], name: str) -> None:
    plain, option = kind.make(), options_of(kind)[name]
    up, down = stepped(plain, name, 1), stepped(plain, name, -1)
    assert getattr(up, name) > getattr(plain, name) or getattr(plain, name) == option.maximum
    assert getattr(down, name) < getattr(plain, name) or getattr(plain, name) == option.minimum


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("given_cut_off", [None, 3e-5, 1e-3, 1e-20])
def test_a_cut_off_moves_by_powers_of_ten_above_the_rounding_that_it_stands_for(
    dtype: str, given_cut_off: float | None
) -> None:
    epsilon = float(np.finfo(dtype).eps)
    specification = LstsqSpecification.make(solver="svd", dtype=dtype, rcond=given_cut_off)
    above = []
    for _ in range(40):
        specification = stepped(specification, "rcond", 1)
        above.append(specification.rcond)
    assert above == sorted(above)
    assert {f"{cut_off:e}".partition("e")[0] for cut_off in above} == {"1.000000"}
    assert above[-1] == 0.1
    assert epsilon < stepped(LstsqSpecification.make(dtype=dtype), "rcond", 1).rcond <= 10 * epsilon
    below = []
    while specification.rcond is not None:
        below.append(specification.rcond)
        specification = stepped(specification, "rcond", -1)
    assert epsilon < below[-1] <= 10 * epsilon
    assert stepped(specification, "rcond", -1).rcond is None


def test_a_ridge_moves_from_what_the_solver_takes_unless_given() -> None:
    normal = LstsqSpecification.make(solver="normal")
    assert [stepped(normal, "ridge", step).ridge for step in (-1, 1)] == [1e-7, 1e-5]
    hat = LstsqSpecification.make(solver="hat")
    assert [stepped(hat, "ridge", step).ridge for step in (-1, 1)] == [None, 1e-16]


def test_an_option_of_a_linear_fit_is_shown_where_basis_placement_and_solver_take_it() -> None:
    for basis in BASES.values():
        shown = shown_options(LstsqSpecification.make(basis=basis.name), "basis")
        assert {"power", "scale"}.intersection(shown) == set(basis.options)
    for solver in SOLVERS.values():
        shown = shown_options(LstsqSpecification.make(solver=solver.name), "solver")
        assert ("rcond" in shown, "ridge" in shown) == (solver.cut_off, solver.ridge is not None)
    assert "seed" not in shown_options(LstsqSpecification.make(biases="uniform"), "machine", "basis")
    assert "seed" in shown_options(SpectrumSpecification.make(biases="random"), "machine")


def test_another_basis_is_not_left_with_a_solver_that_it_may_not_have() -> None:
    linear = LstsqSpecification.make(basis="relu", solver="hat", ridge=1e-3)
    assert stepped(linear, "power", 1).solver is None
    assert replaced(linear, "basis", "tanh").solver is None
    assert replaced(linear.replace(solver="svd"), "basis", "tanh").solver == "svd"


@LAWS
@given(st.integers(1, 60_000))
def test_widths_step_by_an_eighth_to_a_quarter_and_meet_every_power_of_two(width: int) -> None:
    up, down = stepped_width(width, 1), stepped_width(width, -1)
    assert down < width < up
    assert up - width <= max(1, width / 4)
    power = 1 << width.bit_length()
    assert up <= power
    assert down >= power // 4


@LAWS
@given(st.floats(1e-12, 1e12))
def test_round_neighbours_are_on_either_side_and_lead_back(value: float) -> None:
    up, down = round_neighbour(value, 1), round_neighbour(value, -1)
    assert down < value < up
    assert up / value <= 2.5 * (1 + 1e-9)
    assert round_neighbour(round_neighbour(up, 1), -1) == up


@LAWS
@given(st.lists(st.integers(1, 99), min_size=2, max_size=6), st.integers(2, 9))
def test_a_depth_keeps_the_widths_there_are(widths: list[int], depth: int) -> None:
    before = FitSpecification.make(width=tuple(widths))
    after = with_depth(before, depth)
    kept = min(len(widths), depth - 1)
    assert architecture(after).hidden_widths[:kept] == tuple(widths)[:kept]
    assert set(architecture(after).hidden_widths[kept:]) <= {widths[-1]}


@pytest.mark.parametrize("network", NETWORKS)
def test_another_network_keeps_target_and_training(network: str) -> None:
    before = FitSpecification.make(target="cube", lr=0.02, seed=4, members=3, activation="hat", depth=7)
    after = replaced(before, "network", network)
    assert after.network == network
    assert (after.target, after.lr, after.seed, after.members) == ("cube", 0.02, 4, 3)


def test_another_target_has_its_own_domain() -> None:
    assert replaced(FitSpecification.make(domain=(2.0, 3.0)), "target", "cube").domain is None


def test_a_form_shows_only_what_means_something() -> None:
    assert "knots" in shown_options(FitSpecification.make(network="shallow"), "network")
    assert "width" not in shown_options(FitSpecification.make(network="shallow"), "network")
    assert "momentum" not in shown_options(FitSpecification.make(), "training")
    assert "momentum" in shown_options(FitSpecification.make(optimizer="sgd"), "training")


def test_the_command_line_spells_the_same_fit() -> None:
    specification = FitSpecification.make(
        network="mlp",
        width=(8, 9),
        target="expr:sin(x) * 2",
        domain=(-1.0, 2.0),
        batch_size=32,
        encoding_bands=3,
        encoding_raw=True,
    )
    words = iter(shlex.split(command_line(specification)))
    assert [next(words), next(words)] == ["nnexpr-tui", "fit"]
    given_options: dict[str, object] = {}
    flags = {option.flag: option for option in OPTIONS.values()}
    for word in words:
        option = flags[word]
        if option.kind == "flag":
            given_options[option.name] = True
        elif option.kind == "interval":
            given_options[option.name] = (float(next(words)), float(next(words)))
        else:
            given_options[option.name] = option.parse(next(words))
    assert FitSpecification.make(**given_options) == specification
