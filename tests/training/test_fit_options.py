"""What a fit in Python takes, refuses, gives back and says that it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import nnexpr
from nnexpr import InputError
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import Training, session_of
from nnexpr.training.session import Session

GOAL = nnexpr.target("cube", points=40)
NETWORK = nnexpr.mlp(2, 4, members=2)


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("depth", 4, "it is the network's"),
        ("activation", "tanh", "it is the network's"),
        ("members", 4, "it is the network's"),
        ("dtype", "float64", "it is the network's"),
        ("device", "cpu", "it is the network's"),
        ("points", 9, "it is the target's"),
        ("noise", 0.1, "it is the target's"),
        ("epoch", 3, "known options are epochs, lr"),
        ("momentum", 0.5, "adam does not take it"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(option: str, value: object, why: str) -> None:
    for call in (nnexpr.fit, lambda *given, **named: list(nnexpr.train(*given, **named))):
        with pytest.raises(InputError, match=why):
            call(NETWORK, GOAL, **{option: value})
    with pytest.raises(InputError, match="lbfgs chooses its own steps"):
        nnexpr.fit(NETWORK, GOAL, optimizer="lbfgs", lr=1e-3)


def test_what_is_no_network_or_target_is_refused_with_how_to_make_one() -> None:
    for given, why in (
        ((NETWORK, "cube"), "target is 'cube': it must be a Target, such as nnexpr.target"),
        ((GOAL, NETWORK), "network is <Target cube: .*>: it must be a Network, such as nnexpr.mlp"),
        ((NETWORK, None), "target is None: it must be a Target"),
    ):
        with pytest.raises(InputError, match=why):
            nnexpr.fit(*given)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"network is <Network 1-5-1 relu.*>: stages train peaks and scales"):
        nnexpr.fit(nnexpr.mlp(2, 5), GOAL, stages=(1,))


def test_every_option_of_training_is_one() -> None:
    given = {"epochs": 2, "lr": [1e-3, 1e-2], "optimizer": "sgd", "momentum": 0.5, "schedule": "cosine"}
    given |= {"batch_size": 10, "stop_loss": 0.0, "stages": None, "target_seed": 3, "loops": "tensors"}
    given |= {"modes": True, "masks": torch.ones_like(NETWORK.parameters)}
    assert set(given) == set(Training.__annotations__)
    result = nnexpr.fit(NETWORK, GOAL, **given)
    assert result.epochs == 2
    assert result.modes is not None
    assert nnexpr.fit(NETWORK, GOAL, epochs=1).modes is None


def test_predictions_are_in_the_units_of_the_target(tmp_path: Path) -> None:
    x = np.linspace(1900.0, 2000.0, 30)
    (tmp_path / "line.csv").write_text("".join(f"{a},{5 - 3 * a}\n" for a in x))
    goal = nnexpr.target(f"csv:{tmp_path / 'line.csv'}")
    network = nnexpr.mlp(1, members=2, dtype="float64")
    result = nnexpr.fit(network, goal, optimizer="levenberg-marquardt", epochs=60)
    new = [1912.5, 1999.0]
    predicted = result.predict(new)
    assert predicted.shape == (2, 2)
    scale = float(np.ptp(goal.own_values))
    np.testing.assert_allclose(predicted, [5 - 3 * np.array(new)] * 2, atol=1e-6 * scale)
    at_points = result.predict(goal.own_inputs)
    np.testing.assert_allclose(((at_points - goal.own_values) ** 2).mean(axis=1), result.loss, atol=1e-6)
    with pytest.raises(ValueError, match="x has shape"):
        result.predict(np.zeros((3, 2)))


def test_an_encoding_shorter_than_the_domain_warns() -> None:
    network = nnexpr.mlp(2, 4, encoding_bands=2)
    with pytest.warns(UserWarning, match="period is 1 and the target's domain is 2 long"):
        nnexpr.fit(network, nnexpr.target("arctan25", points=20), epochs=1)
    nnexpr.fit(
        nnexpr.mlp(2, 4, encoding_bands=2, domain=(-1, 1)), nnexpr.target("arctan25", points=20), epochs=1
    )


def test_what_is_shown_is_one_line_that_says_what_it_is() -> None:
    result = nnexpr.fit(NETWORK, GOAL, epochs=5)
    plane = nnexpr.mlp(2, 5, inputs=2)
    shown = {
        "<Target cube: y of x on [0, 1], 40 points>": GOAL,
        "<Target product2d: y of x1, x2 on [-1, 1] x [-1, 1], 16 points>": nnexpr.target(
            "product2d", points=16
        ),
        "<Network 1-4-1 relu: 2 members, 13 parameters, float32>": NETWORK,
        "<Network 4-3-1 tanh, 2 bands: 1 member, 19 parameters, float64>": nnexpr.mlp(
            2, 3, "tanh", encoding_bands=2, dtype="float64"
        ),
        "<History: 6 entries of 2 members, up to epoch 5>": result.history,
        "<FitResult: losses ": result,
        "<LineRegions: ": nnexpr.linear_regions(NETWORK)[0],
        "<PlaneRegions: ": nnexpr.plane_regions(plane, ((-1, 1), (-1, 1))),
        "<PathRegions: ": nnexpr.path_regions(plane, [(-1, 0), (1, 0)])[0],
    }
    for start, thing in shown.items():
        assert repr(thing).startswith(start), repr(thing)
        assert "\n" not in repr(thing)
        assert len(repr(thing)) < 160
    line = nnexpr.linear_regions(nnexpr.mlp(1))[0]
    assert repr(line) == "<LineRegions: 1 linear region, 0 bends, 0 dead units>"
    assert isinstance(nnexpr.Session, type(Session))


def test_the_specification_of_a_session_says_what_it_runs_on() -> None:
    """The domain of a formula, the number of points of a file, and torch's threads, which are those asked for."""
    before = torch.get_num_threads()
    try:
        wide = session_of(FitSpecification.make(target="expr:x", domain=(-2.0, 3.0), points=17, threads=3))
        assert (wide.specification.domain, wide.specification.points) == ((-2.0, 3.0), 17)
        assert torch.get_num_threads() == wide.specification.threads == 3
    finally:
        torch.set_num_threads(before)
    own = session_of(FitSpecification.make(target="abs")).specification
    assert own.domain == nnexpr.target("abs").own_domain[0]
    assert own.threads == before
    assert own.device == "cpu"
    data = session_of(FitSpecification.make(target="csv:examples/data/sunspots.csv"))
    assert data.specification.domain is None
    assert data.specification.points == data.target.points


def test_a_learning_rate_of_a_member_is_above_zero() -> None:
    for rates in ([0.0, 1e-3], [-1e-3, 1e-3]):
        with pytest.raises(InputError, match="give one positive number, or 2 of them"):
            nnexpr.fit(NETWORK, GOAL, lr=rates)


def test_speed_is_members_times_epochs_a_second() -> None:
    result = nnexpr.fit(NETWORK, GOAL, epochs=30)
    assert result.member_epochs_per_second * result.seconds == pytest.approx(60)
    assert replace(result, seconds=0.0).member_epochs_per_second == 0.0
