"""The table of endings: which is chosen, what is refused before anything is written, and what the writers write."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnexpr.exports import EXPORTS, Export, declare, export_to
from nnexpr.exports.curves import curves_of
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.recording import Recording
from nnexpr.runs.scene import scene_of
from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr.training.fit import session_of


def recorded(run: str, **options: object) -> Recording:
    session = session_of(FitSpecification.make(width=(4,), points=32, epochs=6, **options))
    recorder = Recorder(session, scene_of(session))
    for _ in range(4):
        recorder.add(session.snapshot())
        if session.state in ("ready", "paused"):
            session.step(2)
    return replace(recorder.recording(), run=run)


@pytest.fixture(scope="module")
def healthy() -> Recording:
    return recorded("first", members=2)


@pytest.fixture(scope="module")
def diverged() -> Recording:
    return recorded("second", members=1, seed=7, optimizer="sgd", lr=1e9)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_losses_are_read_back_bit_for_bit(tmp_path: Path, healthy: Recording, diverged: Recording) -> None:
    EXPORTS[".csv"].write([healthy, diverged], tmp_path / "a.csv")
    found = rows(tmp_path / "a.csv")
    for recording in (healthy, diverged):
        for member, seed in enumerate(recording.network.seeds):
            own = [row for row in found if (row["run"], row["member"]) == (recording.run, str(member))]
            assert [int(row["epoch"]) for row in own] == recording.epochs.tolist()
            assert {row["seed"] for row in own} == {str(seed)}
            read = np.array([float(row["loss"]) for row in own], dtype=np.float32)
            assert read.tobytes() == recording.losses[:, member].tobytes()
    assert any(row["loss"] == "nan" for row in found)
    assert len(found) == healthy.losses.size + diverged.losses.size


def test_a_member_has_a_row_with_its_options_and_its_end(
    tmp_path: Path, healthy: Recording, diverged: Recording
) -> None:
    EXPORTS[".members.csv"].write([healthy, diverged], tmp_path / "a.members.csv")
    found = rows(tmp_path / "a.members.csv")
    assert [(row["run"], row["member"], row["member_seed"]) for row in found] == [
        ("first", "0", "0"), ("first", "1", "1"), ("second", "0", "7"),
    ]  # fmt: skip
    for row, recording, member in zip(found, (healthy, healthy, diverged), (0, 1, 0), strict=True):
        options = {name: row[name] for name in OPTIONS if row[name]}
        read = {name: option.parse(options[name]) for name, option in OPTIONS.items() if name in options}
        asked = recording.specification
        assert read == {name: getattr(asked, name) for name in OPTIONS if getattr(asked, name) is not None}
        last = recording.snapshots[-1]
        assert float(row["loss"]) == pytest.approx(last.losses[member], nan_ok=True)
        assert int(row["epoch"]) == last.epoch
        if recording is healthy:
            assert float(row["least_loss"]) == recording.losses[:, member].min()
            at = recording.epochs.tolist().index(int(row["epoch_of_least"]))
            assert recording.losses[at, member] == recording.losses[:, member].min()


def test_the_document_holds_all_that_was_recorded(
    tmp_path: Path, healthy: Recording, diverged: Recording
) -> None:
    EXPORTS[".json"].write([healthy, diverged], tmp_path / "a.json")
    document = json.loads((tmp_path / "a.json").read_text(), parse_constant=pytest.fail)
    first, second = document["recordings"]
    assert FitSpecification.from_config(first["config"]) == healthy.specification
    assert first["scene"]["x"] == healthy.scene.x.tolist()
    for told, snapshot in zip(first["snapshots"], healthy.snapshots, strict=True):
        assert told["epoch"] == snapshot.epoch
        assert np.float32(told["prediction"]).tobytes() == snapshot.prediction.tobytes()
        assert told["losses"] == snapshot.losses.tolist()
    assert first["history"]["epochs"] == healthy.epochs.tolist()
    assert np.float32(first["history"]["losses"]).tobytes() == healthy.losses.tobytes()
    assert second["snapshots"][-1]["losses"] == [None]
    assert second["snapshots"][-1]["nonfinite"] is True


def test_the_longest_ending_is_chosen_and_an_unknown_one_is_told_which_there_are() -> None:
    assert export_to(Path("a.csv")).name == ".csv"
    assert export_to(Path("a.MEMBERS.csv")).name == ".members.csv"
    for name in ("a.docx", "csv", ".csv", "a"):
        with pytest.raises(InputError, match=f"its ending must be one of {', '.join(EXPORTS)}"):
            export_to(Path(name))


@pytest.fixture
def made_up() -> Iterator[None]:
    before = dict(EXPORTS)
    yield
    EXPORTS.clear()
    EXPORTS.update(before)


@pytest.mark.usefixtures("made_up")
def test_what_cannot_be_written_is_refused_before(tmp_path: Path, healthy: Recording) -> None:
    declare(Export(name=".one", words="", writer="nowhere:write"))
    with pytest.raises(InputError, match=r"it holds one run; several go into \.csv"):
        EXPORTS[".one"].write([healthy, healthy], tmp_path / "a.one")
    declare(Export(name=".two", words="", writer="nowhere:write", modules=("json", "no_such_module")))
    with pytest.raises(InputError, match=r"it needs no_such_module: pip install 'nnexpr-tui\[plots\]'"):
        EXPORTS[".two"].write([healthy], tmp_path / "a.two")
    declare(Export(name=".three", words="", writer="nowhere:write", refusal="platform:system"))
    with pytest.raises(InputError, match=r"to is .*a\.three: [A-Z]"):
        EXPORTS[".three"].write([healthy], tmp_path / "a.three")
    assert list(tmp_path.iterdir()) == []


def test_every_declared_writer_is_there() -> None:
    from nnexpr.declarations import load

    for export in EXPORTS.values():
        assert callable(load(export.writer))
        assert export.words


def test_the_table_costs_neither_torch_nor_numpy() -> None:
    loaded = "import sys, nnexpr_tui.exports; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0


@pytest.mark.parametrize("residual", [False, True])
def test_residual_networks_are_called_so(residual: bool) -> None:
    told = [
        curves_of(recorded("run", network=network, depth=3, residual=residual), most=3).name
        for network in ("mmnn", "mlp")
    ]
    assert told == ["mmnn 4-4-4 relu" + " residual" * residual, "mlp 4-4 relu"]


def test_the_least_loss_may_be_that_of_a_snapshot_later_than_the_history(
    tmp_path: Path, healthy: Recording
) -> None:
    cut = replace(healthy, epochs=healthy.epochs[:1], losses=healthy.losses[:1])
    EXPORTS[".members.csv"].write([cut], tmp_path / "a.members.csv")
    for row in rows(tmp_path / "a.members.csv"):
        losses = [float(each.losses[int(row["member"])]) for each in cut.snapshots]
        assert int(row["epoch_of_least"]) == cut.snapshots[int(np.argmin(losses))].epoch > 0
        assert float(row["least_loss"]) == pytest.approx(min(losses))
