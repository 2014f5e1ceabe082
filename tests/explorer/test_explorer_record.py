"""The record of snapshots: bounded, in order, even, with both ends, whatever is added to it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.training.snapshots import Snapshot
from nnexpr_tui.training.record import Record


def snapshot(epoch: int, parameters: int = 3) -> Snapshot:
    return Snapshot(
        epoch=epoch, seconds=0.0, learning_rate=1.0, losses=np.zeros(1), member=0,
        prediction=np.zeros(4, dtype=np.float32), band=None, parameters=np.zeros(parameters, dtype=np.float32),
    )  # fmt: skip


@settings(deadline=None, max_examples=60, database=None)
@given(st.lists(st.integers(1, 50), max_size=400), st.integers(16, 40))
def test_it_is_bounded_in_order_and_keeps_both_ends(gaps: list[int], most: int) -> None:
    record = Record(most)
    record.add(snapshot(0))
    epoch = 0
    for gap in gaps:
        epoch += gap
        record.add(snapshot(epoch))
    epochs = [item.epoch for item in record.snapshots()]
    assert len(epochs) <= most + 1
    assert epochs == sorted(set(epochs))
    assert (epochs[0], epochs[-1]) == (0, epoch)


def test_a_long_training_is_spread_evenly() -> None:
    record = Record(100)
    for epoch in range(20_000):
        if record.due(epoch):
            record.add(snapshot(epoch))
    gaps = np.diff([item.epoch for item in record.snapshots()])
    assert len(gaps) >= 45
    assert gaps[:-1].max() <= 2 * gaps[:-1].min()


def test_the_same_epoch_again_replaces_what_was_there() -> None:
    record = Record()
    first, second = snapshot(5), snapshot(5)
    record.add(first)
    record.add(second)
    assert record.snapshots() == (second,)


def test_large_networks_are_kept_without_their_weights_and_many_large_ones_are_thinned() -> None:
    record = Record()
    record.add(snapshot(0, parameters=200_000))
    assert record.snapshots()[0].parameters.size == 0
    record = Record()
    for epoch in range(1000):
        record.add(snapshot(epoch, parameters=90_000))
    assert sum(item.parameters.nbytes for item in record.snapshots()) <= 9_000_000
