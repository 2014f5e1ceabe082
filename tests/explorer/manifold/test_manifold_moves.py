"""What keys make of a point of the manifold: bounds, free scales and the theorem, and that nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr_tui.manifold import moves
from nnexpr_tui.manifold.engine import targets
from nnexpr_tui.manifold.moment import FIRST_TARGETS, MOST_LAYERS, ManifoldStart, stages_from

PEAKS = st.lists(st.integers(1, 999).map(lambda value: value / 1000), min_size=1, max_size=6).map(tuple)


def theorem(peaks: tuple[float, ...], sign: int) -> list[float]:
    """s_0 = a_0 a_1 (or (1 - a_0) a_1), s_{i+1} = s_i (1 - a_{i+1}) a_{i+2}, the last peak repeated."""
    a = [*peaks, peaks[-1]]
    scales = [(a[0] if sign < 0 else 1 - a[0]) * a[1]]
    for i in range(len(peaks) - 1):
        scales.append(scales[-1] * (1 - a[i + 1]) * a[min(i + 2, len(peaks))])
    return scales


@settings(deadline=None, max_examples=50, database=None)
@given(PEAKS, st.data())
def test_a_peak_moves_alone_and_never_leaves_the_interval(
    peaks: tuple[float, ...], data: st.DataObject
) -> None:
    layer = data.draw(st.integers(0, len(peaks) - 1))
    steps = data.draw(st.sampled_from([-500, -5, -1, 1, 5, 500]))
    start = ManifoldStart(peaks=peaks)
    moved = moves.peak_moved(start, layer, steps)
    assert 0 < moved.peaks[layer] < 1
    assert (moved.peaks[layer] - peaks[layer]) * steps >= 0
    assert replace(moved, peaks=peaks) == start
    assert [p for i, p in enumerate(moved.peaks) if i != layer] == [
        p for i, p in enumerate(peaks) if i != layer
    ]


def test_a_peak_goes_there_and_back() -> None:
    start = ManifoldStart()
    assert moves.peak_moved(moves.peak_moved(start, 2, 5), 2, -5) == start
    assert moves.peak_moved(start, 2, 1).peaks[2] == 0.51


@settings(deadline=None, max_examples=30, database=None)
@given(PEAKS, st.sampled_from([-1, 1]))
def test_freed_scales_are_the_theorems_and_follow_again(peaks: tuple[float, ...], sign: int) -> None:
    start = ManifoldStart(peaks=peaks, sign=sign)
    free = moves.freed(start)
    assert free.scales == pytest.approx(theorem(peaks, sign), rel=1e-12)
    assert moves.freed(free) == start
    assert (stages_from(start), stages_from(free)) == ((1, 2, 3), (2, 3))


def test_a_scale_moves_alone_by_a_factor_and_is_free() -> None:
    start = ManifoldStart(peaks=(0.5,) * 3)
    moved = moves.scale_moved(start, 1, 5)
    assert moved.scales == pytest.approx((1 / 4, 1.02**5 / 16, 1 / 64), rel=1e-12)
    assert moves.scale_moved(moved, 1, -5).scales == pytest.approx((1 / 4, 1 / 16, 1 / 64), rel=1e-12)
    assert moves.scale_moved(moved, 0, -(10**5)).scales[0] > 0


def test_layers_come_and_go() -> None:
    start = ManifoldStart(peaks=(0.3, 0.6))
    deeper = moves.deepened(start, 1)
    assert deeper.peaks == (0.3, 0.6, 0.5)
    assert moves.deepened(deeper, -1) == start
    assert len(moves.deepened(start, 100).peaks) == MOST_LAYERS
    assert len(moves.deepened(start, -100).peaks) == 1
    free = moves.deepened(moves.freed(start), 1)
    assert free.scales is not None
    assert free.scales[2] == free.scales[1] / 4


def test_every_target_is_reached_and_the_papers_come_first() -> None:
    start = seen = ManifoldStart(target="square")
    names = []
    for _ in targets():
        names.append(seen.target)
        seen = moves.aimed(seen, 1)
    assert names[: len(FIRST_TARGETS)] == list(FIRST_TARGETS)
    assert len(set(names)) == len(names)
    assert seen.target == start.target
    assert moves.aimed(moves.aimed(start, -1), 1).target == start.target


@pytest.mark.parametrize(
    ("target", "sign"),
    [("square", -1), ("cube", -1), ("power11", -1), ("quarter_sine", 1), ("tanh3", 1), ("sqrt", 1)],
)
def test_concave_curves_are_sums_and_convex_ones_differences(target: str, sign: int) -> None:
    names = targets()
    before = names[names.index(target) - 1]
    aimed = moves.aimed(ManifoldStart(target=before), 1)
    assert (aimed.target, aimed.sign) == (target, sign)
    assert moves.turned(aimed).sign == -sign
