"""A result counts where it was trained: its regions, in the target's units, are what it predicts there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import nnexpr

CSV = "csv:examples/data/sunspots.csv"


@pytest.mark.parametrize("name", ["abs", "cube", CSV])
def test_the_regions_of_a_result_are_what_it_predicts(name: str) -> None:
    target = nnexpr.target(name)
    result = nnexpr.fit(nnexpr.mlp(3, 8, members=3, dtype="float64"), target, epochs=60, lr=1e-2)
    (low, high), unit = target.own_domain[0], np.ptp(target.own_values)
    x = np.linspace(low, high, 301)
    for lines, values in zip(result.regions(), result.predict(x), strict=True):
        assert lines.knots[[0, -1]] == pytest.approx([low, high], rel=1e-14)
        np.testing.assert_allclose(lines(x), values, atol=1e-12 * unit)


def test_the_largest_error_is_that_of_the_predictions_at_the_training_points() -> None:
    for name in ("abs", CSV):
        target = nnexpr.target(name)
        result = nnexpr.fit(nnexpr.mlp(3, 8, members=3, dtype="float64"), target, epochs=200, lr=1e-2)
        errors = np.abs(result.predict(target.own_inputs) - target.own_values)
        np.testing.assert_allclose(result.max_error, errors.max(axis=1), rtol=1e-9)
        np.testing.assert_allclose(result.loss, (errors**2).mean(axis=1), rtol=1e-9)


def test_in_the_plane_likewise() -> None:
    target = nnexpr.target("waves2d")
    network = nnexpr.mlp(3, 6, inputs=2, members=2, dtype="float64")
    result = nnexpr.fit(network, target, epochs=20)
    (a1, b1), (a2, b2) = target.own_domain
    x = np.random.default_rng(0).uniform((a1, a2), (b1, b2), (200, 2))
    for cells, values in zip(result.regions(), result.predict(x), strict=True):
        assert cells.domain == target.own_domain
        np.testing.assert_allclose(cells(x), values, atol=1e-12)
    assert nnexpr.plane_regions(result.network, member=1).count == result.regions()[1].count


def test_a_network_is_counted_where_it_was_trained_last() -> None:
    network = nnexpr.mlp(3, 16, members=2, dtype="float64")
    assert network.domain is None
    wide, unit = nnexpr.target("abs"), nnexpr.target("abs", domain=(0.0, 1.0))
    first = nnexpr.fit(network, wide, epochs=20)
    again = nnexpr.fit(first.network, unit, epochs=20)
    assert (network.domain, first.network.domain, again.network.domain) == (None, ((-1, 1),), ((0, 1),))
    for result, ends in ((first, (-1.0, 1.0)), (again, (0.0, 1.0))):
        counts = [lines.count for lines in nnexpr.linear_regions(result.network)]
        assert counts == [lines.count for lines in nnexpr.linear_regions(result.network, ends)]
        assert counts == [lines.count for lines in result.regions()]
        alone = result.network.member(1)
        assert nnexpr.linear_regions(alone)[0].count == counts[1]
        assert nnexpr.rational_count(alone) == nnexpr.rational_count(alone, ends)
    # Beyond the smaller one there is more of it, and where it was not trained, it is counted from 0 to 1.
    assert first.regions()[0].count > nnexpr.linear_regions(first.network, (0.0, 1.0))[0].count
    assert nnexpr.linear_regions(network)[0].knots[[0, -1]].tolist() == [0.0, 1.0]


def test_every_snapshot_and_session_says_the_same_domain() -> None:
    target = nnexpr.target("chirp", points=32)
    session = nnexpr.Session(nnexpr.mlp(2, 4), target, nnexpr.FitSpecification.make(epochs=2))
    assert session.network.domain == session.current_network().domain == target.domain


def test_a_domain_has_one_interval_for_each_input() -> None:
    network = nnexpr.mlp(2, 3)
    with pytest.raises(ValueError, match="the domain has 2 intervals; the network has 1 inputs"):
        nnexpr.Network(network.layers, network.parameters, domain=((0.0, 1.0), (0.0, 1.0)))


def test_a_file_keeps_the_domain(tmp_path: Path) -> None:
    result = nnexpr.fit(nnexpr.mlp(3, 12, members=2), nnexpr.target("abs", points=64), epochs=20)
    nnexpr.save(tmp_path / "a", result.network)
    loaded = nnexpr.load(tmp_path / "a")
    assert loaded.network.domain == loaded.domain == ((-1.0, 1.0),)
    assert torch.equal(loaded.network.parameters, result.network.parameters)


def test_the_largest_error_of_many_members_at_many_points_is_found_in_parts() -> None:
    """2000 members at 1001 points are two parts: straight lines, whose largest errors lie anywhere."""
    x = np.linspace(0.0, 1.0, 1001)
    goal = nnexpr.Target("wave", "", x[:, None], np.sin(9 * x), ((0.0, 1.0),))
    lines = torch.randn(2000, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    network = nnexpr.mlp(1, members=2000, dtype="float64").with_parameters(lines)
    result = nnexpr.fit(network, goal, epochs=0)
    errors = np.abs(lines.numpy() @ np.stack([x, np.ones_like(x)]) - np.sin(9 * x))
    np.testing.assert_allclose(result.max_error, errors.max(axis=1), rtol=1e-12)
    late = errors.argmax(axis=1) >= 500
    assert 0.1 < late.mean() < 0.9
