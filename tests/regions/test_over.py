"""Counts by epoch: of recordings, of pairs, while a network trains."""

from __future__ import annotations

import numpy as np
import pytest

import nnexpr
from nnexpr import InputError
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.scene import scene_of
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of


def test_a_recordings_counts_are_those_of_its_networks() -> None:
    session = session_of(FitSpecification.make(target="waves2d", width=(6,), points=64, epochs=6, members=2))
    recorder = Recorder(session, scene_of(session))
    for _ in range(3):
        recorder.add(session.snapshot())
        session.step(2)
    recording = recorder.recording()
    way = np.array([[0.1, 0.2], [0.9, 0.7], [0.4, 0.9]])
    along = nnexpr.regions_over(recording, vertices=way)
    across = nnexpr.regions_over(recording, domain=((0.0, 1.0), (0.0, 1.0)))
    epochs = [snapshot.epoch for snapshot in recording.snapshots]
    assert [each.epoch for each in along] == [each.epoch for each in across] == epochs
    for index, (path, plane) in enumerate(zip(along, across, strict=True)):
        network = recording.network_at(index)
        [found] = nnexpr.path_regions(network, way)
        cells = nnexpr.plane_regions(network, ((0.0, 1.0), (0.0, 1.0)))
        assert (path.count, path.activation_regions) == (found.count, found.activation_regions)
        assert (plane.count, plane.activation_regions) == (cells.count, cells.activation_regions)
        assert path.certified
        assert plane.certified


def test_pairs_and_classes() -> None:
    networks = [nnexpr.mlp(3, 8, inputs=5, outputs=4, seed=seed, dtype="float64") for seed in range(3)]
    ends = np.random.default_rng(0).normal(size=(2, 5)) * 5
    found = nnexpr.regions_over(enumerate(networks), vertices=ends, of="argmax")
    decided = [nnexpr.path_decisions(network, ends)[0] for network in networks]
    assert [(each.epoch, each.count) for each in found] == [(i, each.count) for i, each in enumerate(decided)]
    plane, domain = nnexpr.plane_through(np.zeros(5), *ends), ((-3.0, 3.0), (-3.0, 3.0))
    one = nnexpr.count_at(networks[1], plane=plane, domain=domain, of="argmax", epoch=7)
    assert (one.epoch, one.count) == (
        7,
        nnexpr.plane_regions(networks[1], domain, plane=plane, of="argmax").count,
    )


def test_a_path_and_a_plane_are_not_both() -> None:
    network = nnexpr.mlp(2, 3, inputs=2)
    with pytest.raises(InputError, match="one of them"):
        nnexpr.count_at(network, vertices=[[0, 0], [1, 1]], domain=((0, 1), (0, 1)))
