"""A finding reads back as it was written, and nothing else reads as one."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnexpr.experiments import origin as origins
from nnexpr.experiments.data import VERDICTS, Claim, Curve, Figure, Map, Result, Table, to_json
from nnexpr.experiments.findings import Finding, keep_finding, kept_finding, read_finding, written

ROOT = Path(__file__).parents[2]
RESULT = Result(
    (Table("A table", ("k", "measured"), [(1, 0.5), (2, None)]),),
    (
        Figure("Rates", "units", "error", [Curve("one", [1.0, 10.0], [1.0, float("nan")])], log_x=True),
        Map(
            "Errors",
            "x",
            "epoch",
            [0.0, 1.0, 3.0],
            [1.0, 10.0],
            [[1.0, 2.0, float("nan")], [0.1, 0.0, -1.0]],
            "error",
            log_y=True,
            log=True,
            limits=[1e-3, 1.0],
        ),
    ),
    tuple(
        Claim(f"T{i}", "a statement", i, 1.5 * i, "equal", verdict, "it is not", "why")
        for i, verdict in enumerate(VERDICTS)
    ),
)
FINDING = Finding("bends", True, 2.5, 1.7e9, RESULT)
cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


def told(finding: Finding) -> list[dict[str, object]]:
    return [json.loads(line) for line in written(finding, origin=origins.origin())]


def plain(result: Result) -> str:
    """As text, in which a value that is no number equals itself."""
    return repr(
        (
            [vars(claim) for claim in result.claims],
            [(table.title, [*table.columns], [[*row] for row in table.rows]) for table in result.tables],
            [
                ({**vars(figure), "series": None}, [(c.label, [*c.x], [*c.y]) for c in figure.series])
                if isinstance(figure, Figure)
                else [json.loads(to_json(value)) for value in vars(figure).values()]
                for figure in result.figures
            ],
        )
    )


@given(cells, st.lists(st.tuples(cells, cells), max_size=4), st.lists(st.floats(), max_size=4), st.text())
def test_what_is_written_reads_back(
    cell: float | str | None, rows: list[tuple[object, object]], numbers: list[float], text: str
) -> None:
    given_result = Result(
        (Table(text, (text, "b"), rows),),  # type: ignore[arg-type]
        (
            Map(
                text,
                "x",
                "y",
                (0.0,),
                np.arange(1.0, len(numbers) + 2).tolist(),
                [[n] for n in (*numbers, 0.0)],
                text,
                diverging=True,
            ),
            Figure(text, "x", "y", (Curve(text, numbers, numbers),), log_y=True),
        ),
        (Claim(text, text, cell, cell, None, "fails", text, why=text),),
    )
    back = read_finding(told(Finding("id", False, 1.0, 2.0, given_result)))
    assert (back.id, back.quick, back.seconds, back.finished) == ("id", False, 1.0, 2.0)
    assert plain(back.result) == plain(given_result)


def test_arrays_and_their_numbers_are_read_as_plain_ones() -> None:
    given_result = Result(
        (Table("t", ("a", "b"), ((np.int64(3), np.float32(0.5)),)),),  # type: ignore[arg-type]
        (
            Figure("f", "x", "y", (Curve("c", np.arange(2.0), np.ones(2)),)),  # type: ignore[arg-type]
            Map("m", "x", "y", np.arange(2.0), np.arange(3.0), np.eye(3, 2), "v"),  # type: ignore[arg-type]
        ),
    )
    back = read_finding(told(Finding("id", False, 1.0, 2.0, given_result))).result
    assert back.tables[0].rows == ((3, 0.5),)
    curves, plane = back.figures
    assert isinstance(curves, Figure)
    assert isinstance(plane, Map)
    assert curves.series[0].x == (0.0, 1.0)
    assert (plane.y, plane.values) == ((0.0, 1.0, 2.0), ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0)))


def test_a_map_of_arrays_has_its_values_to_four_figures() -> None:
    values = np.array([[np.pi, -1e-9 * np.e], [np.nan, 12345.678]])
    made = Map.over(np.arange(2), np.geomspace(1, 10, 2), values, "m", "x", "epoch", "error", log_y=True)
    np.testing.assert_array_equal(made.values, [[3.142, -2.718e-9], [np.nan, 12350.0]])
    assert (made.x, made.y, made.log_y) == ([0.0, 1.0], [1.0, 10.0], True)


@pytest.mark.parametrize(
    "changed",
    [
        {"x": [0.0, 1.0]},
        {"y": [1.0]},
        {"x": [0.0, 1.0, 1.0]},
        {"y": [3.0, 1.0]},
        {"y": []},
        {"x": [0.0, 1.0, float("inf")]},
        {"y": [0.0, 1.0]},
        {"values": [[1.0, 2.0, 3.0], [1.0, 2.0]]},
        {"diverging": True},
        {"limits": [0.0, 1.0]},
        {"limits": [1.0, 1.0]},
        {"limits": [1.0, float("nan")]},
        {"limits": [1.0]},
    ],
)
def test_a_map_that_is_none_is_refused(changed: dict[str, Any]) -> None:
    """Values without a place, places without a value, two values at one; and no sign or zero has a logarithm."""
    given = RESULT.figures[1]
    assert isinstance(given, Map)
    with pytest.raises(ValueError, match="Errors"):
        replace(given, **changed)


def test_what_an_earlier_version_wrote_is_read() -> None:
    """The lines of schema 1, as they stand in files and come out of pipes."""
    lines = """{"finding": {"schema": 1, "id": "bends", "quick": false, "seconds": 2.5, "finished": 1e9, "origin": {}}}
{"table": {"title": "t", "columns": ["k"], "rows": [[1], [null]]}}
{"end": 2}"""
    back = read_finding(map(json.loads, lines.splitlines()))
    assert (back.id, back.quick, back.seconds, back.finished) == ("bends", False, 2.5, 1e9)
    assert plain(back.result) == plain(Result((Table("t", ("k",), ((1,), (None,))),), (), ()))


@pytest.mark.parametrize("lines", range(len(told(FINDING))))
def test_a_finding_that_was_cut_is_none(lines: int) -> None:
    with pytest.raises(ValueError, match="not a finding"):
        read_finding(told(FINDING)[:lines])


def damaged() -> list[list[object]]:
    """The finding's lines with one value after another replaced by something of another kind."""
    cases: list[list[object]] = []
    for number, line in enumerate(told(FINDING)):
        cases += [
            [*told(FINDING)[:number], wrong, *told(FINDING)[number + 1 :]]
            for wrong in (None, [1], {}, "x", 7)
        ]
        for kind, value in line.items():
            for key in value if isinstance(value, dict) else ():
                if key != "origin":
                    changed = {kind: {**value, key: {"a": 1}}}
                    cases.append([*told(FINDING)[:number], changed, *told(FINDING)[number + 1 :]])
    return cases


@pytest.mark.parametrize("lines", damaged())
def test_a_damaged_finding_is_refused_and_its_file_is_as_if_not_there(
    lines: list[object], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="not a finding"):
        read_finding(lines)  # type: ignore[arg-type]
    keep_finding(FINDING, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert kept_finding(tmp_path, "bends", quick=True) is None


def test_a_kept_finding_is_found_under_its_name_and_kind_only(tmp_path: Path) -> None:
    keep_finding(FINDING, tmp_path / "new")
    back = kept_finding(tmp_path / "new", "bends", quick=True)
    assert back is not None
    assert plain(back.result) == plain(FINDING.result)
    assert kept_finding(tmp_path / "new", "bends", quick=False) is None
    assert kept_finding(tmp_path / "new", "draws", quick=True) is None
    assert kept_finding(tmp_path, "bends", quick=True) is None
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_another_devices_finding_stands_beside_the_processors(tmp_path: Path) -> None:
    for device, seconds in (("cpu", 1.0), ("cuda", 2.0), ("cuda:1", 3.0)):
        keep_finding(replace(FINDING, device=device, seconds=seconds), tmp_path)
    for device, seconds in (("cpu", 1.0), ("cuda", 2.0), ("cuda:1", 3.0)):
        back = kept_finding(tmp_path, "bends", quick=True, device=device)
        assert back is not None
        assert (back.device, back.seconds) == (device, seconds)
    assert kept_finding(tmp_path, "bends", quick=True) is not None
    (tmp_path / "bends-quick-cuda.finding.jsonl").replace(tmp_path / "bends-quick.finding.jsonl")
    assert kept_finding(tmp_path, "bends", quick=True) is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[" * 100_000, b"{}\n", b'{"finding": 3}\n'])
def test_a_file_that_is_something_else_is_ignored(content: bytes, tmp_path: Path) -> None:
    keep_finding(FINDING, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert kept_finding(tmp_path, "bends", quick=True) is None


def test_what_other_sources_or_versions_measured_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_finding(FINDING, tmp_path)
    monkeypatch.setattr(origins, "digest_of_sources", lambda: "another")
    assert kept_finding(tmp_path, "bends", quick=True) is None


def test_what_only_draws_changes_no_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages above the experiments' floor, as the contract of the floors has them, and no other."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    floor = next(place for place, layer in enumerate(layers) if "nnexpr.experiments" in layer)
    above = {name.strip().removeprefix("nnexpr.") for layer in layers[:floor] for name in layer.split("|")}
    assert set(origins.ABOVE) == above
    folders = ("experiments", "training", *origins.ABOVE)
    for folder in folders:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text("1")
    monkeypatch.setattr(origins, "__file__", str(tmp_path / "experiments" / "origin.py"))
    before, changed = origins.digest_of_sources.__wrapped__(), set()
    for folder in folders:
        (tmp_path / folder / "a.py").write_text("2")
        if (now := origins.digest_of_sources.__wrapped__()) != before:
            before = now
            changed.add(folder)
    assert changed == {"experiments", "training"}
