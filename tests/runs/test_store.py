"""A run that is kept comes back whole, from the folder that was chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from nnexpr.networks.files import load
from nnexpr.runs import store
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import assemble


def test_keeping_and_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNEXPR_STORE", str(tmp_path / "runs"))
    spec = FitSpecification.make(members=2, points=16)
    network, target = assemble(spec)
    run = store.keep(network, spec, target, epoch=7, losses=[0.5, float("nan")])
    path = store.find(run)
    assert path is not None
    assert path.parent == tmp_path / "runs"
    saved = load(path)
    assert torch.equal(saved.network.parameters, network.parameters)
    assert saved.specification == spec
    again = store.keep(network, spec, target, epoch=9, losses=[0.4, 0.3], run=run)
    assert again == run
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "run", ["", "../../etc/passwd", "20261122-120000-abcdeg", "nothing", "20261122-120000-abcdef"]
)
def test_what_is_not_a_run_is_not_found(run: str, tmp_path: Path) -> None:
    assert store.find(run, tmp_path) is None


def test_the_platforms_folder_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNEXPR_STORE", raising=False)
    assert store.folder().name == "runs"
    assert store.folder("/chosen") == Path("/chosen")


def test_ids_sort_by_age_and_differ() -> None:
    ids = {store.new_id() for _ in range(50)}
    assert len(ids) == 50
    assert all(len(run) == 22 for run in ids)
    assert np.all([run[:8].isdigit() for run in ids])
