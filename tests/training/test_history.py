"""The history stays bounded, even and truthful, however its losses arrive."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.training.history import MOST_ENTRIES, History


@settings(deadline=None, max_examples=60, database=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=40), st.integers(1, 3))
def test_any_chopping_of_the_epochs_leaves_even_true_entries(turns: list[int], members: int) -> None:
    history, epoch = History(members), 0
    for turn in turns:
        epochs = np.arange(epoch, epoch + turn)
        history.record(epoch, np.stack([epochs * (k + 1) for k in range(members)], axis=1).astype(float))
        epoch += turn
    kept = history.epochs
    assert len(kept) == len(history) <= MOST_ENTRIES
    assert np.array_equal(kept, np.arange(0, epoch, history.stride))
    for member in range(members):
        assert np.array_equal(history.member(member), (kept * (member + 1)).astype(np.float32))
    assert history.stride == 1 or len(history) >= MOST_ENTRIES // 2 - 1


def test_memory_is_bounded_for_many_members() -> None:
    history = History(10_000)
    history.record(0, np.ones((300, 10_000)))
    assert history.losses.nbytes <= 4 * 64 * 10_000
    assert history.stride > 1
