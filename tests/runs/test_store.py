"""A run that is kept comes back whole, from the folder that was chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import nnexpr
from nnexpr.runs.folder import labels_file, previous_file
from nnexpr.runs.store import Store, new_id
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import assemble


def test_keeping_and_finding(tmp_path: Path) -> None:
    store = nnexpr.store(tmp_path / "runs")
    assert store.runs() == ()
    spec = FitSpecification.make(members=2, points=16)
    network, target = assemble(spec)
    run = store.keep(network, spec, target, epoch=7, losses=[0.5, float("nan")])
    found = store.find(run)
    assert found is not None
    assert found.path.parent == tmp_path / "runs"
    saved = found.read()
    assert torch.equal(saved.network.parameters, network.parameters)
    assert saved.specification == spec
    assert saved.metadata["extra"] == {"run": run, "epoch": 7, "losses": [0.5, None]}
    again = store.keep(network, spec, target, epoch=9, losses=[0.4, 0.3], run=run)
    assert again == run
    assert [file.name for file in found.path.parent.iterdir()] == [found.path.name]


def test_runs_are_listed_by_age_and_nothing_else_is(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ids = ["20261122-120001-000000", "20261122-120000-abcdef", "20251231-235959-ffffff"]
    for name in (*ids, "net", ".20261122-120000-abcdef"):
        (tmp_path / f"{name}.safetensors").touch()
    assert [run.id for run in store.runs()] == sorted(ids)


@pytest.mark.parametrize(
    "run", ["", "../../etc/passwd", "20261122-120000-abcdeg", "nothing", "20261122-120000-abcdef"]
)
def test_what_is_not_a_run_is_not_found(run: str, tmp_path: Path) -> None:
    assert Store(tmp_path).find(run) is None


def test_what_was_given_goes_before_the_environment_and_that_before_the_platforms_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NNEXPR_STORE", "/told")
    assert nnexpr.store("/chosen") == Store(Path("/chosen"))
    assert nnexpr.store() == Store(Path("/told"))
    monkeypatch.delenv("NNEXPR_STORE")
    assert nnexpr.store().folder.name == "runs"


def test_the_journals_of_sweeps_are_at_hand(tmp_path: Path) -> None:
    sweep = Store(tmp_path).sweeps.begin("widths", "", [{"width": 4}])
    assert [each.id for each in nnexpr.store(tmp_path).sweeps.all()] == [sweep]


def test_a_fresh_id_is_no_one_elses_nor_of_what_was_thrown_away_or_is_only_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"20260101-000000-00000{number}" for number in range(5)]
    kept, previous, named, trashed, free = (Store(tmp_path).place(run) for run in ids)
    (tmp_path / ".trash").mkdir()
    for path in (kept, previous_file(previous), labels_file(named), tmp_path / ".trash" / trashed.name):
        path.write_bytes(b"")
    monkeypatch.setattr("nnexpr.runs.store.new_id", iter(ids).__next__)
    assert Store(tmp_path).fresh_id() == free.stem


def test_ids_sort_by_age_and_differ() -> None:
    ids = {new_id() for _ in range(50)}
    assert len(ids) == 50
    assert all(len(run) == 22 and run[:8].isdigit() for run in ids)
