"""How members, points and threads are divided: what each group, block and thread holds, and no more than it may."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.kernels.tiles import BLOCK_BYTES
from nnexpr.networks.builders import mlp
from nnexpr.specification import FitSpecification
from nnexpr.training.group import divide, divide_for_tensors
from nnexpr.training.plan import make_plan
from nnexpr.training.schedules import Stages, learning_rates
from nnexpr.training.stepper import Data
from nnexpr.training.threads import LARGE_PRODUCT, Threads

MEMBERS, THREADS = st.integers(1, 70), st.integers(1, 9)


@settings(deadline=None, max_examples=100, database=None)
@given(MEMBERS, THREADS)
def test_compiled_groups_are_the_smallest_of_at_most_two_a_thread(members: int, threads: int) -> None:
    made = divide(mlp(2, 3, members=members), 50, threads)
    most = 2 * threads if threads > 1 else 1
    assert made.compiled
    assert made.chunk == 50
    assert made.members * most >= members
    assert made.members == 1 or (made.members - 1) * most < members
    assert made.threads == max(k for k in range(1, threads + 1) if k == 1 or k * members <= threads)


@settings(deadline=None, max_examples=100, database=None)
@given(MEMBERS, THREADS, st.integers(1, 3000), st.integers(10, 22), st.sampled_from(["float32", "float64"]))
def test_groups_of_tensors_fit_their_room(
    members: int, threads: int, points: int, power: int, dtype: str
) -> None:
    """2 (16 + 5 + 1) numbers a point and member: outputs and deltas."""
    network, room = mlp(3, (16, 5), members=members, dtype=dtype), 2**power
    each = 44 * network.parameters.element_size()
    made = divide_for_tensors(network, points, room, threads)
    fitting = max(1, room // (each * points))
    assert 1 <= made.members <= fitting
    rounds = -(-members // (threads * fitting))
    assert made.members * threads * rounds >= members
    assert made.members == 1 or (made.members - 1) * threads * rounds < members
    if made.members > 1:
        assert made.chunk == points
    else:
        assert made.chunk == min(points, max(256, room // each))
    assert (made.threads, made.compiled) == (1, False)


@settings(deadline=None, max_examples=60, database=None)
@given(MEMBERS, st.integers(1, 3000), st.integers(6, 22), st.integers(1, 9))
def test_on_a_device_all_members_that_fit_are_one_group(
    members: int, points: int, power: int, batches: int
) -> None:
    network, room = mlp(3, (16, 5), members=members).to(device="meta"), 2**power
    whole = points * batches
    made = divide_for_tensors(network, points, room, whole=whole)
    few = 44 * 4 * min(points, 256)
    assert 1 <= made.members <= members
    assert made.members == 1 or made.members * few <= room
    assert made.members == members or (made.members + 1) * few > room
    assert 1 <= made.chunk <= whole
    own = 44 * 4 * made.members
    assert made.chunk <= 256 or made.chunk * own <= room
    assert made.chunk == whole or (made.chunk + 1) * own > room


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("width", [(3,), (20, 9), (64, 64, 64)])
def test_a_block_takes_what_the_cache_is_given(width: tuple[int, ...], activation: str, dtype: str) -> None:
    """384 KiB with a row for the points' values: as many points as fit, in whole tiles; all points are in a block."""
    layers, size = mlp(len(width) + 1, width, activation).layers, np.dtype(dtype).itemsize
    many = make_plan(layers, 10**7, np.dtype(dtype))
    assert many.lanes * size == BLOCK_BYTES
    assert many.stride % many.lanes == 0
    rows = many.size // many.stride + 1
    fitting = (384 << 10) // (rows * size)
    assert fitting > 64
    assert fitting - many.lanes < many.stride < fitting + many.lanes
    for points in (1, many.lanes, fitting, fitting + 1, 5 * fitting):
        plan = make_plan(layers, points, np.dtype(dtype))
        blocks = -(-points // fitting)
        assert blocks * plan.stride >= points
        assert blocks * (plan.stride - plan.lanes) < points


def test_a_wide_network_has_blocks_of_few_points_still() -> None:
    assert make_plan(mlp(3, 3000).layers, 10**5, np.dtype("float32")).stride == 64


@pytest.mark.parametrize(
    ("groups", "product", "inside"),
    [(1, LARGE_PRODUCT, 3), (1, LARGE_PRODUCT - 1, 1), (2, LARGE_PRODUCT, 1), (5, 1, 1)],
)
def test_threads_are_inside_a_large_product_or_side_by_side(groups: int, product: int, inside: int) -> None:
    before, seen = torch.get_num_threads(), []
    torch.set_num_threads(3)
    try:
        threads = Threads(groups, product, torch.device("cpu"))
        threads.each(lambda item: seen.append((item, torch.get_num_threads())), range(groups))
        assert torch.get_num_threads() == 3
        with pytest.raises(ZeroDivisionError):
            threads.each(lambda item: 1 // item, [1, 0])
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert sorted(seen) == [(item, inside) for item in range(groups)]


def test_a_turn_of_mini_batches_draws_at_most_four_million_numbers() -> None:
    def data(points: int, batch_size: int | None) -> Data:
        return Data(torch.zeros(1, points), torch.zeros(points), batch_size)

    assert data(1000, 10).most_epochs == 4000
    assert data(3, 2).most_epochs == 4_000_000 // 3
    assert data(4_000_001, 10).most_epochs == 1
    assert not data(10, 10).is_split
    assert not data(10, None).is_split
    assert data(10, 10).most_epochs > 10**9


def test_a_cosine_over_one_epoch_or_none() -> None:
    assert learning_rates("cosine", 0.3, 0, 3, 1) == pytest.approx([0.3, 0.0, 0.0], abs=1e-16)
    assert learning_rates("cosine", 0.3, 0, 1, 0) == [0.3]


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [(9, [1, 1, 1, 2, 2, 2, 3, 3, 3]), (2, [1, 2, 3, 3]), (0, [1, 2, 3]), (11, [1] * 3 + [2] * 3 + [3] * 5)],
)
def test_stages_share_the_epochs_and_the_last_takes_the_rest(epochs: int, expected: list[int]) -> None:
    spec = FitSpecification.make(network="compositional", depth=3, epochs=epochs, stages=(1, 2, 3))
    stages = Stages(spec)
    assert [stages.at(epoch) for epoch in range(len(expected))] == expected
    parts = list(stages.parts(0, len(expected)))
    assert [stage for stage, _, part in parts for _ in range(part.start, part.stop)] == expected
    assert [done for _, done, _ in parts] == [0] * len(parts)
    for begin in range(len(expected)):
        stage, done, part = next(stages.parts(begin, 1))
        assert (stage, part) == (expected[begin], slice(0, 1))
        assert done == begin - expected.index(stage)
