"""Recordings: bounded, in order, dense early and even late, with both ends; each snapshot is of its own network."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.regions.line import linear_regions
from nnexpr.runs.recorder import MOST_BYTES, Recorder, Spacing
from nnexpr.runs.scene import scene_of
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of
from nnexpr.training.session import Session
from nnexpr.training.snapshots import Snapshot

SMALL = session_of(FitSpecification.make(width=(3,), points=16))


def recorder(session: Session = SMALL, most: int = 300) -> Recorder:
    return Recorder(session, scene_of(session), most)


def snapshot(epoch: int, parameters: int = 3) -> Snapshot:
    return Snapshot(
        epoch=epoch, seconds=0.0, learning_rate=1.0, losses=np.zeros(1), member=0,
        prediction=np.zeros(4, dtype=np.float32), band=None, parameters=np.zeros(parameters, dtype=np.float32),
    )  # fmt: skip


def epochs(made: Recorder) -> list[int]:
    return [item.epoch for item in made.recording().snapshots]


@settings(deadline=None, max_examples=60, database=None)
@given(st.lists(st.integers(1, 50), max_size=400), st.integers(16, 40))
def test_it_is_bounded_in_order_and_keeps_both_ends(gaps: list[int], most: int) -> None:
    made = recorder(most=most)
    made.add(snapshot(0))
    epoch = 0
    for gap in gaps:
        epoch += gap
        made.add(snapshot(epoch))
    found = epochs(made)
    assert len(found) <= most + 1
    assert found == sorted(set(found))
    assert (found[0], found[-1]) == (0, epoch)


@settings(deadline=None, max_examples=60, database=None)
@given(st.integers(1, 10**6), st.integers(40, 300))
def test_however_long_it_trains_the_beginning_is_dense_and_the_rest_is_even(last: int, most: int) -> None:
    made = recorder(most=most)
    epoch = 0
    while epoch <= last:
        made.add(snapshot(epoch))
        epoch = made.spacing.after(epoch)
    found = epochs(made)
    assert len(found) <= most + 1
    powers = {0} | {1 << k for k in range(last.bit_length()) if 1 << k <= last}
    assert powers <= set(found)
    detail, stride = made.spacing.detail, made.spacing.stride
    for before, after in pairwise(found):
        assert after - before <= min(stride, max(1, after // detail))
    if last >= 2 * most:  # a good part of the room is in use, in both parts
        assert len(found) >= most // 2
        assert most * stride <= 8 * last or detail == 1
        assert detail >= 4 or most < 200


@settings(deadline=None, max_examples=60, database=None)
@given(st.integers(0, 8), st.integers(0, 40), st.integers(0, 10**9))
def test_a_coarser_spacing_joins_whole_cells(detail: int, stride: int, epoch: int) -> None:
    fine = Spacing(1 << detail, 1 << stride)
    assert fine.start(epoch) <= epoch < fine.after(epoch)
    assert fine.start(fine.after(epoch)) == fine.after(epoch)
    for some in ([0], [epoch]):
        coarse = fine.coarser(some)
        assert coarse.start(fine.start(epoch)) == coarse.start(epoch)
        assert coarse.start(fine.after(epoch) - 1) == coarse.start(epoch)


def test_as_long_as_there_is_room_every_snapshot_is_kept() -> None:
    made = recorder(most=100)
    for epoch in range(100):
        made.add(snapshot(epoch))
    assert epochs(made) == list(range(100))


def test_everything_in_a_snapshot_counts_for_the_room_it_takes() -> None:
    def size(item: Snapshot) -> int:
        band = 0 if item.band is None else item.band.nbytes
        return item.parameters.nbytes + item.prediction.nbytes + item.losses.nbytes + band

    large = {
        "parameters": np.zeros(90_000, dtype=np.float32), "prediction": np.zeros(90_000, dtype=np.float32),
        "band": np.zeros((2, 45_000), dtype=np.float32), "losses": np.zeros(45_000),
    }  # fmt: skip
    for name, array in large.items():
        made = recorder()
        for epoch in range(300):
            made.add(replace(snapshot(epoch), **{name: array}))
        assert sum(map(size, made.recording().snapshots)) <= MOST_BYTES + 360_100


def test_the_same_epoch_again_replaces_what_was_there() -> None:
    made = recorder()
    first, second = snapshot(5), snapshot(5)
    made.add(first)
    made.add(second)
    assert made.recording().snapshots == (second,)


def test_large_networks_are_kept_without_their_weights_and_many_large_ones_are_thinned() -> None:
    made = recorder()
    made.add(snapshot(0, parameters=200_000))
    assert made.recording().snapshots[0].parameters.size == 0
    assert made.recording().network_at(0) is None
    made = recorder()
    for epoch in range(1000):
        made.add(snapshot(epoch, parameters=90_000))
    assert sum(item.parameters.nbytes for item in made.recording().snapshots) <= 9_000_000


def test_a_snapshot_is_of_its_own_network_also_after_another_of_as_many_parameters_was_built() -> None:
    spec = FitSpecification.make(width=(5,), members=2, points=64, target="expr:sin(2*pi*x)", epochs=40)
    first, second = (session_of(spec.replace(activation=name)) for name in ("relu", "hat"))
    made = {}
    for session in (first, second):
        made[session] = recorder(session)
        for _ in range(2):
            made[session].add(session.snapshot(1))
            session.step(20)
    for session in (first, second):
        recording = made[session].recording()
        network = recording.network_at(1)
        assert network is not None
        assert (network.layers, network.seeds) == (session.network.layers, session.network.seeds[1:])
        with torch.no_grad():
            predicted = network(torch.as_tensor(session.grid))[0, :, 0].numpy()
        assert predicted == pytest.approx(recording.snapshots[1].prediction, abs=1e-6)
        assert linear_regions(network, (0.0, 1.0))[0].count > 0


def test_it_holds_what_was_trained_and_how_it_went() -> None:
    session = session_of(FitSpecification.make(width=(4,), members=3, points=32, epochs=12))
    made = recorder(session)
    made.add(session.snapshot())
    session.step(12)
    made.add(session.snapshot(2))
    recording = made.recording()
    assert recording.specification == session.specification
    assert epochs(made) == [0, 12]
    assert recording.epochs.tolist() == list(range(13))
    assert recording.losses.shape == (13, 3)
    assert recording.losses[-1] == pytest.approx(session.losses(), rel=1e-6)
    assert torch.equal(recording.network.parameters, session.network.parameters)
    session.reconfigure(epochs=20)
    session.step(2)
    assert recording.epochs.tolist() == list(range(13))  # it is what was, and stays so


def test_the_scene_of_a_line_and_of_a_plane() -> None:
    line = scene_of(
        session_of(FitSpecification.make(target="expr:2*x+1", domain=(-1, 3), width=(4,), points=50))
    )
    assert (line.dimension, line.domain, line.plane) == (1, ((-1.0, 3.0),), None)
    assert line.truth == pytest.approx(2 * line.x + 1)
    assert (line.countable, line.has_cells, line.data) == (True, False, None)
    plane = scene_of(session_of(FitSpecification.make(target="waves2d", width=(4,), points=50)))
    assert plane.dimension == 2
    assert plane.plane == plane.domain
    assert (plane.countable, plane.has_cells, plane.lower_bound) == (False, True, None)
    smooth = scene_of(session_of(FitSpecification.make(activation="tanh", noise=0.1, points=50)))
    assert (smooth.countable, smooth.has_cells, smooth.upper_bound) == (False, False, None)
    assert smooth.data is not None
    assert smooth.data.shape == (2, 50)


def test_a_network_without_hidden_layers_is_a_line_that_can_be_counted() -> None:
    assert scene_of(session_of(FitSpecification.make(depth=1, points=50))).countable


def test_importing_it_costs_neither_torch_nor_numpy() -> None:
    loaded = "import sys, nnexpr.runs.recording; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
