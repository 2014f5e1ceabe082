"""``bench``: every measurement is there, and the ratios are those of the times."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def measured(run, monkeypatch):
    """A short run: two sizes, a hundredth of a second each."""
    from nnexpr_tui.commands import bench, measure

    monkeypatch.setattr(bench, "_SHAPES", ((3, 4),))
    monkeypatch.setattr(bench, "_MEMBERS", (1, 3))
    monkeypatch.setattr(measure, "SECONDS", 0.01)
    return run


def test_json(measured):
    done = measured("bench", "--threads", 1, "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert [(row["shape"], row["members"]) for row in found["training"]] == [
        ([1, 4, 4, 1], 1),
        ([1, 4, 4, 1], 3),
    ]
    for row in found["training"]:
        assert min(row["engine"], row["sequential"], row["torch_func"]) > 0
        assert row["against_sequential"] == pytest.approx(row["sequential"] / row["engine"])
        assert row["against_torch_func"] == pytest.approx(row["torch_func"] / row["engine"])
    assert found["regions_per_second"] > 0
    assert found["frames_per_second"] > 0
    assert found["device"] == "cpu"
    assert found["verdict"][1].startswith("1 member: 1-4x2-1 ")


def test_a_device_that_is_not_there_is_named(measured):
    done = measured("bench", "--device", "cuda:99")
    assert done.exit_code == 2
    assert "cuda:99" in done.stderr


def test_the_verdict_is_printed(measured):
    done = measured("bench", "--threads", 1)
    assert done.exit_code == 0, done.stderr
    for word in ("sequential PyTorch", "torch.func", "members at once", "linear regions", "frames"):
        assert word in done.stdout
