"""``bench``: every measurement is there, and the ratios are those of the times."""

from __future__ import annotations

import json

import numpy as np
import pytest


@pytest.fixture
def measured(run, monkeypatch):
    """A short run: two sizes, a hundredth of a second each."""
    from nnexpr_tui.commands import bench, measure

    monkeypatch.setattr(bench, "_SHAPES", ((3, 4),))
    monkeypatch.setattr(bench, "_MEMBERS", (1, 3))
    monkeypatch.setattr(bench, "_MOST_SPREAD", 1e9)
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
        assert row["spread"].keys() == {
            "engine", "sequential", "torch_func", "against_sequential", "against_torch_func",
        }  # fmt: skip
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


def test_ways_take_turns_and_a_slow_while_cancels_from_their_ratio():
    """A machine that is five times slower in every other round: the times spread, their ratio does not."""
    from nnexpr_tui.commands import measure

    asked = []

    def way(name, speed):
        def part(seconds):
            asked.append(name)
            slow = 5.0 if (len(asked) - 1) // 2 % 2 else 1.0
            return speed / slow

        return part

    rates = measure.turn_about({"engine": way("engine", 300.0), "other": way("other", 3.0)})
    assert asked == ["engine", "other"] * measure.ROUNDS
    assert rates["engine"] / rates["other"] == pytest.approx(np.full(measure.ROUNDS, 100.0))
    assert measure.spread(rates["engine"] / rates["other"]) == pytest.approx(0.0, abs=1e-12)
    assert measure.spread(rates["engine"]) > 0.5
    assert measure.spread(np.array([1.0, 2.0, 3.0, 4.0, 5.0])) == pytest.approx(2 / 3)


def test_what_spreads_is_not_told():
    from nnexpr_tui.commands.bench import _told

    row = {"shape": [1, 4, 1], "engine": 2.0, "sequential": 200.0, "torch_func": 4.0, "against_sequential": 100.0,
           "against_torch_func": 2.0, "spread": {"against_sequential": 0.1, "against_torch_func": 0.2}}  # fmt: skip
    assert _told(row) == "1-4-1 2 us an epoch and network, 100x sequential PyTorch, 2x torch.func"
    row["spread"]["against_torch_func"] = 0.6
    assert _told(row).startswith("1-4-1 not told, it spread by 60%")
    assert "100x" not in _told(row)
