"""Counts that rounding would decide, against rational arithmetic; certificates, by networks made wrong on purpose."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rational import exact_regions

from nnexpr import linear_regions, path_regions, plane_regions
from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network
from nnexpr.regions.layer import Layer, layer_of
from nnexpr.regions.line.certificate import residual
from nnexpr.regions.line.front import NOTHING, Front, Path
from nnexpr.regions.plane.certificate import compared
from nnexpr.regions.plane.layers import subdivide
from nnexpr.regions.plane.placed import placed
from nnexpr.regions.stack import Stack


def network(*blocks: object, activation: str = "relu", tolerance: float = 2.0**-49) -> Network:
    """From its layers' [W | b]."""
    arrays = [np.asarray(block, dtype=np.float64) for block in blocks]
    layers = [AffineLayer(block.shape[1] - 1, block.shape[0], activation) for block in arrays]
    layers[-1] = AffineLayer(layers[-1].inputs, layers[-1].outputs)
    flat = np.concatenate([block.ravel() for block in arrays])
    return Network(tuple(layers), torch.from_numpy(flat)[None], tie_tolerance=tolerance)


class TestSlopesThatCancelInAHiddenLayer:
    """Three equal units, added up with weights c, 2 c and -3 c: what is left is rounding, and no slope.

    Where they are on the left end of the domain, and where they are off there.
    """

    @pytest.mark.parametrize("unit", [[0.7, -0.35], [-0.7, 0.35]])
    @pytest.mark.parametrize("c", [float.fromhex("0x1.999999999999p-4"), 0.1, 1 / 3, 7.7])
    def test_at_once(self, c: float, unit: list[float]) -> None:
        three = 2 * c + c
        [found] = linear_regions(network([unit] * 3, [[c, 2 * c, -three, 1.0]], [[1.0, 0.0]]))
        assert (found.count, found.activation_regions, found.collapsed) == (1, 2, True)
        assert found.check.merged == 1
        assert found.check.certified == (
            Fraction(three) == 3 * Fraction(c)
        )  # else a slope of 1e-17 is merged

    @pytest.mark.parametrize("unit", [[0.7, -0.35], [-0.7, 0.35]])
    def test_after_a_layer_that_passes_the_rest_on(self, unit: list[float]) -> None:
        c = 0.1
        lower = [[c, 2 * c, -3 * c, 1.0], [c, 2 * c, -3 * c, 1.0]]
        [found] = linear_regions(network([unit] * 3, lower, [[1.0, 1.0, 0.5]], [[2.0, 0.0]]))
        assert (found.count, found.collapsed) == (1, True)

    @pytest.mark.parametrize("unit", [[0.7, -0.35], [-0.7, 0.35]])
    def test_of_two_halves_that_are_made_differently(self, unit: list[float]) -> None:
        """Both units of the second layer have slope 0.7 k, once in one term and once in three."""
        first = [unit] * 3
        second = [[0.6, 0.0, 0.0, 1.0], [0.1, 0.2, 0.3, 1.0]]
        [found] = linear_regions(network(first, second, [[1.0, -1.0, 3.0]], [[1.0, 0.0]]))
        assert (found.count, found.collapsed) == (1, True)

    def test_a_slope_that_is_small_and_not_rounding_is_kept(self) -> None:
        [found] = linear_regions(network([[0.7, -0.35]] * 3, [[1.0, 2.0, -3.0 + 1e-12, 1.0]], [[1.0, 0.0]]))
        assert (found.count, found.collapsed) == (2, False)


@pytest.mark.parametrize("power", [-100, 0, 100])
def test_the_size_of_the_output_decides_nothing(power: int) -> None:
    """Three units that cancel and one that bends, times a power of two."""
    c, scale = 0.1, 2.0**power
    last = [scale * c, scale * 2 * c, -scale * (2 * c + c) * (1 + 2.0**-52), scale, 0.0]
    small = network([*[[0.7, -0.35]] * 3, [1.0, -0.6]], [last])
    [found] = linear_regions(small)
    assert found.breakpoints == pytest.approx([0.6])
    assert found.check.merged == 1


class TestWeakBendsBesideStrongSlopes:
    @pytest.mark.parametrize("strong", [1e6, 1e15, 1e30, 1e150])
    def test_are_seen_where_the_output_adds_them(self, strong: float) -> None:
        weak = network([[1.0, -0.3], [1.0, -0.6]], [[strong, 1.0, 0.0]])
        [found] = linear_regions(weak)
        assert found.breakpoints == pytest.approx([0.3, 0.6])
        assert found.check.merged == 0
        [along] = path_regions(weak, [0.0, 1.0])
        assert along.count == 3

    def test_are_told_where_a_hidden_layer_loses_them(self) -> None:
        [found] = linear_regions(network([[1.0, -0.3], [1.0, -0.6]], [[1e30, 1.0, 0.0]], [[1.0, 0.0]]))
        assert (found.count, found.activation_regions, found.check.merged) == (2, 3, 1)
        assert (found.check.exact, found.check.certified) == (False, False)

    def test_units_that_cancel_exactly_are_told_too(self) -> None:
        [found] = linear_regions(network([[0.3, -0.1], [0.3, -0.1]], [[1.0, -1.0, 0.0]]))
        assert (found.count, found.activation_regions, found.check.merged) == (1, 2, 1)
        assert (found.check.exact, found.check.certified) == (True, True)

    def test_a_unit_that_feeds_only_dead_ones_hides_nothing(self) -> None:
        [found] = linear_regions(network([[1.0, -0.5]], [[-1.0, 0.0]], [[1.0, 0.0]]))
        assert (found.count, found.activation_regions, found.check.merged) == (1, 2, 0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("steepness", [1e10, 1e15, 1e16, 1e100, 1e300])
def test_a_unit_meets_its_kinks_one_by_one_however_steep(steepness: float, sign: float) -> None:
    steep = network([[sign * steepness, 0.0]], [[1.0, 0.0]], activation="hardtanh")
    [found] = linear_regions(steep, (-1.0, 1.0))
    assert (found.count, found.activation_regions, found.collapsed) == (3, 3, False)
    assert found.values.tolist() == [-sign, -sign, sign, sign]
    assert found.slopes.tolist() == [0.0, sign * steepness, 0.0]


@settings(max_examples=150, deadline=None, database=None)
@given(
    st.sampled_from(["relu", "hat", "hardtanh"]),
    st.lists(st.sampled_from([-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0]), min_size=19, max_size=19),
    st.sampled_from([0.1, 0.7, 1 / 3, 1e3 / 7]),
)
def test_equal_units_cancel_as_the_weights_say(activation: str, whole: list[float], factor: float) -> None:
    """Units that come in equal pairs, added up by weights that are whole multiples of a number which is not dyadic."""
    first = [[whole[0], whole[1]], [whole[0], whole[1]], [whole[2], whole[3]]]
    second = [[factor * w for w in whole[4:7]] + [whole[7]], [factor * w for w in whole[8:11]] + [whole[11]]]
    small = network(first, second, [whole[12:15]], activation=activation)
    [found] = linear_regions(small, (-2.0, 2.0))
    simple = network(
        [first[0], first[2]],
        [[row[0] + row[1], row[2], row[3]] for row in second],
        [whole[12:15]],
        activation=activation,
    )
    exact = exact_regions(simple, 0, (-2.0, 2.0))
    changes = [abs(s - t) for [s], [t] in itertools.pairwise(exact.slopes)]
    widths = [right - left for left, right in itertools.pairwise([-2, *exact.breakpoints, 2])]
    if min([*changes, *widths, 1]) > Fraction(1, 10**9):  # else even these weights are nearly something else
        assert found.count == len(exact.slopes)


class TestTheCertificate:
    def test_says_false_where_kinks_that_are_apart_were_joined(self) -> None:
        rows = [[1.0, -0.3], [1.0, -0.5]], [[1.0, -2.0, 0.0]]
        [right] = linear_regions(network(*rows))
        [wrong] = linear_regions(network(*rows, tolerance=0.5))
        assert (right.count, right.check.certified) == (3, True)
        assert (wrong.count, wrong.check.certified) == (2, False)
        x = np.linspace(0.0, 1.0, 1001)
        apart = np.abs(wrong(x) - right(x)).max()
        assert wrong.check.max_residual is not None
        assert apart / 2 <= wrong.check.max_residual <= apart * (1 + 1e-12)

    def test_is_the_distance_from_another_network(self) -> None:
        """The pieces of one network, held against others with one parameter moved: the residual is the difference."""
        one = network([[1.0, -0.25], [-1.0, 0.75]], [[2.0, -1.0, 0.5]])
        [found] = linear_regions(one)
        places = np.array([0.0, 0.25, 0.75, 1.0])
        births = np.array([[0, 0], [1, 0], [1, 1], [0, 0]])
        empty = np.empty((0, 1))
        slopes = np.append(found.slopes, 0.0)[:, None]
        front = Front(places, births, found.values[:, None], slopes, empty, empty, NOTHING)
        ends = np.arange(4)
        line = Path(places[[0, 3]], places[[0, 3], None], np.zeros((1, 1)), np.array([[1.0], [0.0]]))
        middles = np.array([0.0, 0.125, 0.5, 0.875, 1.0])
        assert residual(front, ends, line, Stack.of(one).member(0)) == 0.0
        for place in range(one.parameter_count):
            other = one.with_parameters(one.parameters.clone())
            other.parameters[0, place] += 0.01
            expected = np.abs(found(middles) - other(torch.from_numpy(middles))[0, :, 0].numpy()).max()
            assert expected > 0.0
            told = residual(front, ends, line, Stack.of(other).member(0))
            assert told == pytest.approx(expected, rel=1e-12)

    def test_that_was_not_asked_for_vouches_for_nothing(self) -> None:
        [found] = linear_regions(network([[1.0, -0.3]], [[1.0, 0.0]]), certify=False)
        assert found.check.max_residual is None
        assert not found.check.certified


class TestInThePlane:
    BOX = ((-1.0, 1.0), (-1.0, 1.0))

    @pytest.mark.parametrize("c", [float.fromhex("0x1.999999999999p-4"), 0.1, 1 / 3, 7.7])
    def test_gradients_that_cancel_in_a_hidden_layer_are_none(self, c: float) -> None:
        found = plane_regions(
            network([[0.7, 0.2, -0.35]] * 3, [[c, 2 * c, -(2 * c + c), 1.0]], [[1.0, 0.0]]), self.BOX
        )
        assert (found.count, found.activation_regions, found.collapsed) == (1, 2, True)
        assert found.check.certified == (Fraction(2 * c + c) == 3 * Fraction(c))

    @pytest.mark.parametrize("steepness", [1e10, 1e15, 1e16, 1e100, 1e300])
    def test_a_unit_meets_its_kinks_one_by_one_however_steep(self, steepness: float) -> None:
        steep = network([[steepness, 0.0, 0.0]], [[1.0, 0.0]], activation="hardtanh")
        found = plane_regions(steep, self.BOX)
        assert (found.count, found.activation_regions, found.collapsed) == (3, 3, False)
        assert found([[-0.5, 0.3], [0.5, 0.3]]).tolist() == [-1.0, 1.0]

    @pytest.mark.parametrize("strong", [1e6, 1e15, 1e30, 1e150])
    def test_weak_bends_are_seen_where_the_output_adds_them(self, strong: float) -> None:
        found = plane_regions(network([[1.0, 0.0, 0.3], [1.0, 0.0, -0.3]], [[strong, 1.0, 0.0]]), self.BOX)
        assert (found.count, found.activation_regions, found.check.merged) == (3, 3, 0)
        assert found.bends_by_layer == (2,)

    def test_weak_bends_are_told_where_a_hidden_layer_loses_them(self) -> None:
        lost = network([[1.0, 0.0, 0.3], [1.0, 0.0, -0.3]], [[1e30, 1.0, 0.0]], [[1.0, 0.0]])
        found = plane_regions(lost, self.BOX)
        assert (found.count, found.activation_regions, found.check.merged) == (2, 3, 1)

    def test_units_that_cancel_exactly_are_told_too(self) -> None:
        found = plane_regions(network([[0.3, 0.2, -0.1]] * 2, [[1.0, -1.0, 0.0]]), self.BOX)
        assert (found.count, found.activation_regions, found.check.merged) == (1, 2, 1)

    def test_what_cancels_on_one_cell_is_no_slope_beside_others_on_which_nothing_does(self) -> None:
        """Three equal units that cancel, and thirty others that do not: their own cells, with one bend more or less."""
        rng = np.random.default_rng(3)
        others, c = rng.normal(size=(30, 3)), 0.1
        twins = [[0.7, 0.2, -0.35]] * 3
        cancel = np.concatenate([[c, 2 * c, -(2 * c + c)], np.zeros(30), [1.0]])
        mixed = np.column_stack([np.zeros((8, 3)), rng.normal(size=(8, 31))])
        second = np.vstack([cancel, mixed])
        last = rng.normal(size=(1, 10))
        found = plane_regions(network([*twins, *others], second, last), self.BOX)
        without = plane_regions(network(others, mixed[:, 3:], last[:, 1:]), self.BOX)
        assert found.activation_regions > without.activation_regions == without.count == found.count
        assert found.check.merged == len(found.edges) - found.bends - np.count_nonzero(found.edge_faces < 0)
        assert not found.check.certified  # the weights do not cancel exactly

    def test_units_that_feed_only_dead_ones_hide_nothing(self) -> None:
        found = plane_regions(network([[1.0, 0.5, 0.1]], [[-1.0, 0.0]], [[1.0, 0.0]]), self.BOX)
        assert (found.count, found.activation_regions, found.check.merged) == (1, 2, 0)

    def test_the_certificate_says_false_where_lines_that_are_apart_were_joined(self) -> None:
        rows = [[1.0, 0.1, -0.3], [1.0, 0.1, -0.5]], [[1.0, -2.0, 0.0]]
        right, wrong = (plane_regions(network(*rows, tolerance=t), self.BOX) for t in (2.0**-49, 0.2))
        assert (right.count, right.check.certified) == (3, True)
        assert not wrong.check.certified
        assert wrong.check.max_residual > 0.01

    def test_residual_and_mismatches_are_those_from_another_network(self) -> None:
        """The cells of one network, held against others with one parameter moved."""
        one = network([[1.0, 0.5, 0.1], [-0.3, 1.0, 0.2], [0.4, -0.6, -0.1]], [[2.0, -1.0, 0.7, 0.5]])
        found = plane_regions(one, self.BOX)
        x = np.random.default_rng(0).uniform(-1, 1, (4000, 2))
        cells = found.locate(x)

        def layers(of: Network) -> list[Layer]:
            member = Stack.of(of, 2, 0).member(0)
            return [layer_of(member, number) for number in range(2)]

        mesh, sides, _ = subdivide(layers(one), 2.0**-49, placed(None, 2), self.BOX, 1000)
        assert len(mesh.sizes)
        for place in range(one.parameter_count):
            other = one.with_parameters(one.parameters.clone())
            other.parameters[0, place] += 0.05
            wrong, values, _ = compared(layers(other), sides, x, cells)
            np.testing.assert_allclose(values[:, 0], other(torch.from_numpy(x))[0, :, 0], rtol=1e-12)
            before, after = ((n.layer_values(torch.from_numpy(x))[0][0] > 0) for n in (one, other))
            assert wrong.tolist() == (before != after).any(dim=0).tolist()
            assert wrong.any() == (place < 9)
