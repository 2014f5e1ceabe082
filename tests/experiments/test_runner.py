"""Doing an experiment: it tells how far it is, its parts are found again, and its finding is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic, time

import pytest

from nnexpr.experiments.attempt import Attempt, Cancelled, Parts
from nnexpr.experiments.data import Result, Table
from nnexpr.experiments.discovery import Experiment, Work
from nnexpr.experiments.findings import kept_finding
from nnexpr.experiments.runner import perform

RESULT = Result((Table("t", ("a",), ((1,),)),))


def experiment(work: Work) -> Experiment:
    return Experiment("one", "group", "a source", "Title", "Does it?", work, large="more")


def told(attempt: Callable[[Attempt], object]) -> list[tuple[float, str]]:
    """What is reported; where ``attempt`` ends by being cancelled, to then."""
    reports: list[tuple[float, str]] = []
    attempt(Attempt(progress=lambda *report: reports.append(report)))
    return reports


def test_items_are_reported_as_they_are_given() -> None:
    assert told(lambda attempt: list(attempt.over("ab"))) == [(0.0, "a"), (0.5, "b"), (1.0, "")]
    reports = told(lambda attempt: list(attempt.over((1, 2), "k = {}".format, begin=0.5, end=0.75)))
    assert reports == [(0.5, "k = 1"), (0.625, "k = 2"), (0.75, "")]


def test_the_two_kinds_take_different_things() -> None:
    assert (Attempt().choose(30, 6), Attempt(quick=True).choose(30, 6)) == (30, 6)


def test_what_was_found_is_kept_with_its_time_and_its_parts_are_not(tmp_path: Path) -> None:
    reports: list[tuple[float, str]] = []

    def work(attempt: Attempt) -> Result:
        attempt.report(0.5, "half")
        attempt.kept("part", lambda: 1)
        assert len(list(tmp_path.iterdir())) == 1
        return RESULT

    began, at = monotonic(), time()
    found = perform(experiment(work), tmp_path, quick=True, progress=lambda *report: reports.append(report))
    assert reports == [(0.0, "loading"), (0.5, "half")]
    assert (found.id, found.quick, found.result) == ("one", True, RESULT)
    assert 0.0 <= found.seconds <= monotonic() - began
    assert at <= found.finished <= time()
    kept = kept_finding(tmp_path, "one", quick=True)
    assert kept is not None
    assert (kept.seconds, kept.finished, kept.result) == (found.seconds, found.finished, RESULT)
    assert len(list(tmp_path.iterdir())) == 1


def test_what_another_device_found_replaces_nothing(tmp_path: Path) -> None:
    for device in ("cpu", "cuda"):
        perform(experiment(lambda attempt: RESULT), tmp_path, device=device)
    for device in ("cpu", "cuda"):
        kept = kept_finding(tmp_path, "one", quick=False, device=device)
        assert kept is not None
        assert kept.device == device


def test_other_draws_are_not_kept_in_place_of_the_first(tmp_path: Path) -> None:
    perform(experiment(lambda attempt: RESULT), tmp_path, seed=3)
    assert not list(tmp_path.iterdir())


def test_parts_of_an_attempt_that_was_cut_short_are_found_again_by_seed_size_and_device(
    tmp_path: Path,
) -> None:
    sizes = [{"quick": False}, {"quick": True}, {"large": True}, {"large": True, "device": "meta"}]
    ways = [{**size, "seed": seed} for size in sizes for seed in (0, 1, 12)]
    calls: list[object] = []

    def work(attempt: Attempt) -> Result:
        way = [attempt.quick, attempt.large, attempt.device, attempt.seed]
        for _ in range(2):
            assert attempt.kept("part", lambda: calls.append(way) or way) == way
        attempt.report(0.5)
        return Result()

    def cancel(share: float, note: str) -> None:
        if share:
            raise Cancelled

    for way in ways:
        with pytest.raises(Cancelled):
            perform(experiment(work), tmp_path, **way, progress=cancel)
    assert len(calls) == len(ways)
    for way in ways:
        perform(experiment(work), tmp_path, **way)
    assert len(calls) == len(ways)
    assert not list(tmp_path.glob("*.json"))  # nothing is left that could stand in for a measurement
    perform(experiment(work), tmp_path)
    assert len(calls) == len(ways) + 1


@pytest.mark.parametrize(
    "document", ['{"sources": "other", "parts": {"part": 7}}', "[]", "no JSON", '{"parts": 1}']
)
def test_parts_of_other_sources_and_damaged_ones_are_not_taken(document: str, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(document)
    assert Parts.read(tmp_path / "one.json").kept("part", lambda: 8) == 8
    assert json.loads((tmp_path / "one.json").read_text())["parts"] == {"part": 8}


def test_nothing_is_kept_without_a_folder_and_one_that_cannot_be_written_stops_nothing(
    tmp_path: Path,
) -> None:
    calls: list[int] = []

    def work(attempt: Attempt) -> Result:
        for _ in range(2):
            attempt.kept("part", lambda: calls.append(1))
        return RESULT

    (tmp_path / "file").write_text("")
    for folder in (None, tmp_path / "file" / "folder"):
        for _ in range(2):
            calls.clear()
            assert perform(experiment(work), folder).result == RESULT
            assert len(calls) == 1
