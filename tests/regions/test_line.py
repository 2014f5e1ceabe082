"""Linear regions on the line: what a caller may rely on."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
import torch

from nnexpr.kinds import AffineLayer
from nnexpr.networks.builders import mlp
from nnexpr.networks.compositional import compositional
from nnexpr.networks.encoding import Encoding
from nnexpr.networks.network import Network
from nnexpr.regions import threads
from nnexpr.regions.line import LineRegions, NotPiecewiseLinear, linear_regions
from nnexpr.scale import Scale
from nnexpr.specification import InputError


def random_network(widths: list[int], activation: str = "relu", members: int = 1, seed: int = 0) -> Network:
    """Weights N(0, 2 / inputs), biases N(0, 1), float64."""
    rng = np.random.default_rng(seed)
    sizes = [1, *widths, 1]
    layers = [AffineLayer(a, b, activation) for a, b in itertools.pairwise(sizes)]
    layers[-1] = AffineLayer(sizes[-2], 1)
    blocks = []
    for a, b in itertools.pairwise(sizes):
        block = rng.normal(size=(members, b, a + 1))
        block[:, :, :-1] *= np.sqrt(2 / a)
        blocks.append(block.reshape(members, -1))
    return Network(tuple(layers), torch.from_numpy(np.concatenate(blocks, axis=1)))


def relu(rows: list[list[list[float]]], **options: float) -> Network:
    """One ReLU network from its layers' [W | b]."""
    layers = [AffineLayer(len(block[0]) - 1, len(block), "relu") for block in rows]
    layers[-1] = dataclasses.replace(layers[-1], activation="identity")
    flat = [value for block in rows for row in block for value in row]
    return Network(tuple(layers), torch.tensor([flat], dtype=torch.float64), **options)


def same(one: LineRegions, two: LineRegions) -> bool:
    arrays = ("breakpoints", "slopes", "values", "bend_layers", "bend_units")
    rest = ("activation_regions", "bends_by_layer", "dead_units", "collapsed", "domain")
    # Whether exact arithmetic is asked depends on the units, and what it says does not.
    checks = [dataclasses.replace(found.check, exact=None) for found in (one, two)]
    return (
        all(np.array_equal(getattr(one, name), getattr(two, name)) for name in arrays)
        and all(getattr(one, name) == getattr(two, name) for name in rest)
        and checks[0] == checks[1]
    )


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "hat", "hardtanh"])
def test_the_pieces_are_the_network(activation: str) -> None:
    network = random_network([16, 16, 16], activation, members=5)
    x = np.linspace(-4, 4, 5001)
    direct = network(torch.from_numpy(x))[:, :, 0].numpy()
    for member, regions in enumerate(linear_regions(network, (-4.0, 4.0))):
        assert regions(x) == pytest.approx(direct[member], abs=1e-12)
        assert regions.check.max_residual is not None
        assert regions.check.max_residual < 1e-12
        assert np.all(np.diff(regions.breakpoints) > 0)
        assert sum(regions.bends_by_layer) == regions.bends == regions.count - 1
        middle = (np.append(-4.0, regions.breakpoints) + np.append(regions.breakpoints, 4.0)) / 2
        assert regions.slopes * middle + regions.intercepts == pytest.approx(regions(middle), abs=1e-10)


def test_no_bend_is_missed_that_a_dense_scan_sees() -> None:
    network = random_network([12, 12], members=6, seed=3)
    x = np.linspace(-3, 3, 200_001)
    values = network(torch.from_numpy(x))[:, :, 0].numpy()
    for regions, y in zip(linear_regions(network, (-3.0, 3.0)), values, strict=True):
        bent = x[1:-1][np.abs(np.diff(y, 2)) > 1e-10]
        nearest = np.abs(bent[:, None] - regions.breakpoints).min(axis=1)
        assert nearest.max() <= x[1] - x[0]
        assert regions.bends >= np.count_nonzero(np.diff(bent) > 2 * (x[1] - x[0])) + 1


def test_a_member_alone_equals_the_member_in_any_batch() -> None:
    network = random_network([64, 64, 64], members=150)
    together = linear_regions(network, (-2.0, 2.0))
    assert len(together) == 150
    for member in (0, 63, 149):
        [alone] = linear_regions(network.member(member), (-2.0, 2.0))
        assert same(alone, together[member])


def test_members_with_ties_do_not_disturb_the_others() -> None:
    network = random_network([6, 6, 6], members=9)
    for index in range(4):
        network.bias(index)[::3] = 0.0
    together = linear_regions(network, (-2.0, 2.0))
    assert [regions.check.ties > 0 for regions in together] == [True, False, False] * 3
    for member, regions in enumerate(together):
        [alone] = linear_regions(network.member(member), (-2.0, 2.0))
        assert same(alone, regions)


def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    network = random_network([8, 8, 8], members=130)
    monkeypatch.setattr(threads.torch, "get_num_threads", lambda: 2)
    expected = linear_regions(network)
    monkeypatch.setattr(threads.torch, "get_num_threads", lambda: 1)
    assert all(map(same, linear_regions(network), expected))


def test_float32_parameters_are_taken_exactly() -> None:
    network = mlp(depth=4, width=16, members=3, dtype="float32")
    both = zip(linear_regions(network), linear_regions(network.to(dtype=torch.float64)), strict=True)
    assert all(same(one, two) for one, two in both)


@pytest.mark.parametrize("activation", ["relu", "hat", "hardtanh"])
def test_dead_units_are_those_that_never_move(activation: str) -> None:
    network = random_network([10, 10, 10], activation, members=8, seed=1)
    hidden = network.layer_values(torch.linspace(-0.5, 0.5, 20_001, dtype=torch.float64))[:-1]
    for member, regions in enumerate(linear_regions(network, (-0.5, 0.5))):
        still = {
            (number, unit)
            for number, values in enumerate(hidden, 1)
            for unit in range(10)
            if bool((values[member, unit] == values[member, unit, 0]).all())
        }
        live_but_fed_by_dead = still - set(regions.dead_units)
        assert set(regions.dead_units) <= still
        for number, unit in live_but_fed_by_dead:  # constant because everything below is
            weights = network.weight(number - 1)[member, unit]
            below = [(number - 1, j) for j in range(10) if weights[j] != 0]
            assert set(below) <= still


def test_a_leaky_unit_never_dies() -> None:
    [regions] = linear_regions(random_network([6, 6], "leaky_relu"), (-0.01, 0.01))
    assert regions.dead_units == ()


def test_a_network_of_dead_units_is_collapsed() -> None:
    [regions] = linear_regions(relu([[[1.0, -2.0], [-1.0, -1.0]], [[3.0, 4.0, 5.0]]]))
    assert regions.dead_units == ((1, 0), (1, 1))
    assert regions.collapsed
    assert (regions.count, regions.bends_by_layer) == (1, (0,))
    assert regions([0.0, 0.3]).tolist() == [5.0, 5.0]


def test_a_unit_below_dead_ones_bends_and_the_output_does_not() -> None:
    [regions] = linear_regions(relu([[[1.0, -0.5]], [[-1.0, 0.0]], [[1.0, 0.0]]]))
    assert (regions.activation_regions, regions.count, regions.collapsed) == (2, 1, True)


class TestTies:
    def test_duplicated_and_scaled_units_bend_once(self) -> None:
        for scale in (1.0, 3.0, 0.1, 7.7):
            [regions] = linear_regions(relu([[[0.3, -0.1], [0.3 * scale, -0.1 * scale]], [[1.0, 1.0, 0.0]]]))
            assert (regions.count, regions.activation_regions, regions.check.ties) == (2, 2, 1)
            assert (regions.bend_layers.tolist(), regions.bend_units.tolist()) == ([1], [0])

    def test_units_that_cancel_bend_and_the_output_does_not(self) -> None:
        [regions] = linear_regions(relu([[[0.3, -0.1], [-0.3, 0.1]], [[1.0, -1.0, 0.0]]]))
        assert (regions.count, regions.activation_regions) == (1, 2)
        assert regions.slopes[0] == pytest.approx(0.3, rel=1e-14)

    def test_kinks_on_the_ends_are_no_bends(self) -> None:
        [regions] = linear_regions(relu([[[1.0, 0.0], [1.0, -1.0]], [[1.0, 1.0, 0.0]]]))
        assert (regions.count, regions.activation_regions, regions.check.ties) == (1, 1, 2)
        assert regions.dead_units == ((1, 1),)

    def test_zero_biases_bend_at_zero_only(self) -> None:
        network = random_network([8, 8, 8], members=20)
        for index in range(4):
            network.bias(index).zero_()
        for regions in linear_regions(network, (-1.0, 1.0)):
            assert regions.count <= 2
            assert regions.breakpoints.tolist() in ([], [0.0])

    def test_a_bend_at_a_place_where_another_unit_bends_is_attributed_to_the_first(self) -> None:
        # The second layer's unit is 0 where the first layer's bends, and positive only beyond it.
        [regions] = linear_regions(relu([[[1.0, -0.5]], [[1.0, 0.0]], [[1.0, 0.0]]]))
        assert (regions.bend_layers.tolist(), regions.bends_by_layer) == ([1], (1, 0))

    def test_a_stated_tolerance_joins_kinks_that_nearly_coincide(self) -> None:
        rows = [[[1.0, -0.5], [1.0, -0.5000001]], [[1.0, 1.0, 0.0]]]
        assert linear_regions(relu(rows))[0].count == 3
        assert linear_regions(relu(rows, tie_tolerance=1e-6))[0].count == 2


def other_units(network: Network, powers: list[int]) -> Network:
    """The same function: the values of each hidden layer times a power of two, which the layer above takes back."""
    made, below = network.with_parameters(network.parameters.clone()), 0
    for index, power in enumerate([*powers[: len(network.layers) - 1], 0]):
        made.bias(index).mul_(2.0**power)
        made.weight(index).mul_(2.0 ** (power - below))
        below = power
    return made


@pytest.mark.parametrize(
    "powers", [[40, 40, 40, 40], [-40, 30, -20, 10], [60, 120, 180, 240], [-150, -150, -150, -150]]
)
def test_what_is_near_a_kink_is_so_in_any_unit(powers: list[int]) -> None:
    """Of tents and multiples whose kinks coincide but for rounding, of slopes that cancel, and in general position."""
    generic = random_network([6, 6, 6, 6], members=4)
    halves = relu([[[0.3, -0.1], [-0.3, 0.1], [1.0, -0.7]], [[1.0, -1.0, 0.1, 0.2]], [[0.1, 0.0]] * 3,
                   [[1.0, 2.0, -3.0, 1.0], [1.0, 0.0, 0.0, 0.5]], [[1.0, 1.0, 0.0]]])  # fmt: skip
    multiples = relu([[[0.3, -0.1], [0.3 * 7.7, -0.1 * 7.7]], [[1.0, 1.0, 0.0]]])
    for network in (compositional(4, members=20, dtype="float64"), halves, multiples, generic):
        ours, theirs = linear_regions(network), linear_regions(other_units(network, powers))
        assert all(map(same, ours, theirs))
    assert [found.check.ties > 0 for found in linear_regions(generic)] == [False] * 4
    assert all(
        found.check.ties > 0 for found in linear_regions(compositional(4, members=20, dtype="float64"))
    )
    assert linear_regions(halves)[0].check.merged > 0


def test_several_outputs_and_an_output_that_bends() -> None:
    layers = (AffineLayer(1, 2, "relu"), AffineLayer(2, 2, "relu"))
    network = Network(layers, torch.tensor([[1.0, -0.5, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, -0.25]]))
    [regions] = linear_regions(network)  # (relu(x - 1/2), relu(x - 1/4))
    assert regions.breakpoints.tolist() == [0.25, 0.5]
    assert regions.slopes.tolist() == [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    assert regions.bends_by_layer == (1, 1)
    assert regions(np.array([[0.0, 0.5], [0.75, 1.0]])).shape == (2, 2, 2)
    assert regions.intercepts.tolist() == [[0.0, 0.0], [0.0, -0.25], [-0.5, -0.25]]


@pytest.mark.parametrize("factor", [2.0, -0.5])
def test_own_units(factor: float) -> None:
    [regions] = linear_regions(random_network([9, 9]), (-1.0, 2.0))
    across, up = Scale(factor, 10.0), Scale(-3.0, 1.0)
    own = regions.rescaled(across, up)
    x = np.linspace(-1, 2, 301)
    assert own(across.to_own(x)) == pytest.approx(up.to_own(regions(x)), abs=1e-12)
    assert own.domain[0] < own.domain[1]
    assert np.all(np.diff(own.breakpoints) > 0)
    assert own.count == regions.count
    assert own.check.max_residual == pytest.approx(3 * regions.check.max_residual)


def test_uncertified_counts_are_the_same() -> None:
    network = random_network([9, 9], members=3)
    for one, two in zip(linear_regions(network), linear_regions(network, certify=False), strict=True):
        assert two.check.max_residual is None
        assert same(one, dataclasses.replace(two, check=one.check))


class TestWhatIsRefused:
    def test_smooth_and_encoded_networks(self) -> None:
        with pytest.raises(NotPiecewiseLinear, match="piecewise-linear"):
            linear_regions(random_network([3], "tanh"))
        layers = (AffineLayer(2, 3, "relu"), AffineLayer(3, 1))
        with pytest.raises(NotPiecewiseLinear, match="encoding"):
            linear_regions(Network(layers, torch.zeros(1, 13), encoding=Encoding(1)))

    def test_two_inputs(self) -> None:
        with pytest.raises(ValueError, match="inputs is 2; to count these regions it is 1"):
            linear_regions(Network((AffineLayer(2, 1),), torch.zeros(1, 3)))

    @pytest.mark.parametrize("domain", [(1.0, 0.0), (0.0, 0.0), (0.0, float("inf")), (float("nan"), 1.0)])
    def test_domains(self, domain: tuple[float, float]) -> None:
        with pytest.raises(InputError, match="domain"):
            linear_regions(random_network([3]), domain)

    def test_members_that_are_not_finite(self) -> None:
        network = random_network([3, 3], members=3)
        network.parameters[1, 4] = float("nan")
        with pytest.raises(ValueError, match="member 1 has parameters that are not finite"):
            linear_regions(network)
        network.parameters[1] = 1.0
        network.parameters[2] = 1e200
        with pytest.raises(ValueError, match="member 2 overflows"):
            linear_regions(network)
