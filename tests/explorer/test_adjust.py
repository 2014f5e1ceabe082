"""One step of an option, as a law: it stays allowed, goes the right way, and can be undone."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.kinds import NETWORKS
from nnexpr.networks.architecture import architecture
from nnexpr.specification import OPTIONS, FitSpecification
from nnexpr_tui.adjust import replaced, round_neighbour, shown_options, stepped, stepped_width, with_depth
from nnexpr_tui.controller import command_line

LAWS = settings(deadline=None, max_examples=200, database=None)
NUMBERS = [
    name for name, option in OPTIONS.items() if option.kind in ("integer", "number") and not option.nullable
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


@pytest.mark.parametrize("name", NUMBERS)
def test_up_is_greater_and_down_is_less(name: str) -> None:
    plain = FitSpecification.make()
    up, down = stepped(plain, name, 1), stepped(plain, name, -1)
    assert getattr(up, name) > getattr(plain, name) or getattr(plain, name) == OPTIONS[name].maximum
    assert getattr(down, name) < getattr(plain, name) or getattr(plain, name) == OPTIONS[name].minimum


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
