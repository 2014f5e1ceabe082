"""The registry: names, lazy listing, verdicts, parts that are kept; and the laws that every experiment keeps."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from nnexpr.experiments import registry
from nnexpr.experiments.parts import keeping, kept
from nnexpr.experiments.registry import GROUPS, TOO_QUICK, VERDICTS, Claim, deferred, find, judged
from nnexpr.specification import InputError


def test_listing_loads_no_torch() -> None:
    code = (
        "import sys; from nnexpr.experiments.registry import find; "
        "assert find('all'); assert not {'torch', 'numba', 'scipy'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_are_unique_and_groups_are_whole() -> None:
    every = registry.EXPERIMENTS
    names = [experiment.id for experiment in every]
    assert len({*names, *GROUPS, "all"}) == len(names) + len(GROUPS) + 1
    assert find("all") == every == tuple(one for group in GROUPS for one in find(group))
    for experiment in every:
        assert find(experiment.id) == (experiment,)
        assert experiment.group in GROUPS
        assert experiment.title
        assert experiment.question.endswith("?")
        assert experiment.settings.full
        assert experiment.settings.quick


def test_an_unknown_name_is_refused_with_what_there_is() -> None:
    with pytest.raises(InputError) as refused:
        find("manifolds")
    assert "manifold-tables" in str(refused.value)
    assert "all, " in str(refused.value)


def test_a_deferred_run_imports_when_it_is_run() -> None:
    run = deferred("nnexpr.no_such_module:run")
    with pytest.raises(ModuleNotFoundError):
        run(True, lambda *_: None)


@pytest.mark.parametrize(
    ("holds", "corrected", "measured", "verdict"),
    [
        (True, False, 1.0, "holds"),
        (True, True, 1.0, "holds as corrected"),
        (False, True, 1.0, "fails"),
        (None, False, None, "not measured"),
        (True, False, float("nan"), "not measured"),
    ],
)
def test_verdicts(holds: bool | None, corrected: bool, measured: float | None, verdict: str) -> None:
    claim = judged("X1", "one is one", 1.0, measured, 0.1, holds, corrected=corrected)
    assert claim == Claim("X1", "one is one", 1.0, measured, 0.1, verdict)  # type: ignore[arg-type]
    assert claim.verdict in VERDICTS


@pytest.mark.parametrize(
    ("holds", "quick", "verdict", "why"),
    [
        (True, False, "holds", ""),
        (True, True, "holds", ""),
        (False, False, "fails", "because"),
        (False, True, "not measured", TOO_QUICK),
        (None, True, "not measured", "because"),
    ],
)
def test_a_quick_run_lets_no_claim_fail_and_reasons_go_with_what_does_not_hold(
    holds: bool | None, quick: bool, verdict: str, why: str
) -> None:
    claim = judged("X1", "one is one", 1.0, 2.0, None, holds, quick=quick, why="because")
    assert (claim.verdict, claim.why) == (verdict, why)


def counting() -> tuple[list[int], object]:
    calls: list[int] = []

    def compute() -> list[float]:
        calls.append(1)
        return [1.5, 2.0]

    return calls, compute


def test_parts_of_a_run_cut_short_are_found_again(tmp_path) -> None:
    calls, compute = counting()

    def cut_short() -> None:
        with keeping("one", tmp_path):
            assert kept("part", compute) == kept("part", compute) == [1.5, 2.0]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_short()
    assert len(calls) == 1
    with keeping("one", tmp_path):
        assert kept("part", compute) == [1.5, 2.0]
    assert len(calls) == 1
    assert not list(
        tmp_path.iterdir()
    )  # a run that has ended leaves nothing that could stand in for a measurement
    with keeping("one", tmp_path):
        kept("part", compute)
    assert len(calls) == 2


def test_parts_are_kept_apart_by_seed_and_quickness(tmp_path) -> None:
    ways = [(quick, seed) for quick in (False, True) for seed in (0, 1, 12)]

    def cut_short(quick: bool, seed: int) -> None:
        with keeping("one", tmp_path, quick=quick, seed=seed):
            kept("part", lambda: [quick, seed])
            raise KeyboardInterrupt

    for way in ways:
        with pytest.raises(KeyboardInterrupt):
            cut_short(*way)
    for quick, seed in ways:
        with keeping("one", tmp_path, quick=quick, seed=seed):
            assert kept("part", lambda: None) == [quick, seed]


def test_parts_of_other_sources_are_not_taken(tmp_path) -> None:
    (tmp_path / "one.json").write_text(json.dumps({"sources": "other", "parts": {"part": 7}}))
    with keeping("one", tmp_path):
        assert kept("part", lambda: 8) == 8


def test_nothing_is_kept_outside_and_a_folder_that_cannot_be_written_stops_nothing(tmp_path) -> None:
    calls, compute = counting()
    kept("part", compute)
    kept("part", compute)
    assert len(calls) == 2
    (tmp_path / "file").write_text("")
    with keeping("one", tmp_path / "file" / "folder"):
        assert kept("part", compute) == kept("part", compute)
    assert len(calls) == 3
