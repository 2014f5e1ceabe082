"""``reproduce``: its JSON, its list, quick mode, an interrupt that keeps what was done, and what is refused."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace

import pytest

from nnexpr.experiments import discovery
from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Curve, Figure, Map, Result, Table
from nnexpr.experiments.discovery import Experiment
from nnexpr.experiments.findings import kept_finding
from nnexpr.experiments.judging import judged


def works(attempt: Attempt) -> Result:
    attempt.report(0.5, "half")
    table = Table("A table", ("name", "value"), [["one", 1.0], ["none", None], ["lost", float("nan")]])
    figure = Figure("A figure", "x", "y", [Curve("line", [0.0, 1.0], [0.0, 2.0])])
    plane = Map("A map", "across", "up", [0.0, 1.0, 2.0], [1.0, 10.0], [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], "height",
                log_y=True)  # fmt: skip
    claims = [
        judged("T1", "one is one", 1.0, 1.0, None, True, fails_if="one is another"),
        judged("T2", "one is two", 2.0, 1.0, "exact", False, fails_if="one is one", why="It is not."),
        judged("T3", "misprinted", 1, 1, None, True, fails_if="1 is 0", corrected=True),
    ]
    return Result([table], [figure, plane], claims)


CALLS: list[str] = []


def is_cut_short(attempt: Attempt) -> Result:
    value = attempt.kept("part", lambda: CALLS.append("computed") or len(CALLS))
    if len(CALLS) < 2:
        CALLS.append("signalled")
        os.kill(os.getpid(), signal.SIGINT)
        attempt.report(0.5)
    return Result([Table("Parts", ("value",), [[value]])])


@pytest.fixture
def fakes(monkeypatch):
    """Two experiments in a group of their own, in place of the others."""
    made = tuple(
        Experiment(name, "fakes", "a source", f"Title of {name}", "Does it work?", function)
        for name, function in (("works", works), ("cut", is_cut_short))
    )
    monkeypatch.setattr(discovery, "groups", lambda: {"fakes": made})
    CALLS.clear()


@pytest.mark.parametrize("quick", [False, True])
def test_the_document(run, fakes, quick: bool) -> None:
    done = run("reproduce", "works", "--json", *["--quick"] * quick)
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.get("quick", False) is quick
    assert set(found) - {"quick"} == {"schema", "seed", "experiments"}
    [one] = found["experiments"]
    assert set(one) - {"nonfinite"} == {"id", "title", "source", "seconds", "tables", "claims"}
    assert (one["id"], one["title"], one["source"]) == ("works", "Title of works", "a source")
    [table] = one["tables"]
    assert table["rows"] == [["one", 1.0], ["none", None], ["lost", None]]
    assert table["columns"] == ["name", "value"]
    assert [claim["verdict"] for claim in one["claims"]] == ["holds", "fails", "holds as corrected"]
    assert set(one["claims"][0]) == {
        *("id", "part", "statement", "expected", "measured", "tolerance", "verdict", "fails_if", "why")
    }
    assert [claim["fails_if"] for claim in one["claims"]] == ["one is another", "one is one", "1 is 0"]
    assert [claim["why"] for claim in one["claims"]] == ["", "It is not.", ""]


def test_wide_tables_are_shown_in_blocks_that_break_no_number(run, monkeypatch) -> None:
    numbers = [1234567.0 + place for place in range(14)]
    columns = ("curve", "network", *(f"column number {place}" for place in range(14)))
    wide = Table("Wide", columns, [["x³", "Stage 1", *(1000 * int(number) for number in numbers)]])
    made = (Experiment("wide", "fakes", "a source", "Wide", "How?", lambda *_: Result([wide])),)
    monkeypatch.setattr(discovery, "groups", lambda: {"fakes": made})
    shown = run("reproduce", "wide").stdout
    assert "Wide (continued)" in shown
    assert all(f"{1000 * int(number):,}" in shown for number in numbers)
    assert shown.count("Stage 1") == shown.count("Wide (continued)") + 1
    assert max(map(len, shown.splitlines())) <= 100


def test_a_large_run_is_said_to_be_large_and_is_kept_apart(run, monkeypatch, tmp_path) -> None:
    """Where an experiment has no larger size it is run as it is."""
    asked: list[tuple[bool, str]] = []

    def tells(attempt: Attempt) -> Result:
        asked.append((attempt.large, attempt.device))
        return works(attempt)

    made = tuple(
        Experiment(name, "fakes", "a source", "Title", "Does it?", tells, "full size", "quick size", large)
        for name, large in (("has", "large size"), ("none", ""))
    )
    monkeypatch.setattr(discovery, "groups", lambda: {"fakes": made})
    store = ("--store", str(tmp_path))
    shown = run("reproduce", "fakes", "--large", "--device", "cpu", *store)
    assert shown.exit_code == 0, shown.stderr
    assert asked == [(True, "cpu"), (False, "cpu")]
    assert "large size" in shown.stdout
    assert shown.stdout.count("full size") == 1
    assert json.loads(run("reproduce", "has", "--large", "--json", *store).stdout)["large"] is True
    assert "large" not in json.loads(run("reproduce", "has", "--json", *store).stdout)
    assert sorted(path.name for path in tmp_path.rglob("*.finding.jsonl")) == [
        "has-large.finding.jsonl", "has.finding.jsonl", "none.finding.jsonl",
    ]  # fmt: skip
    refused = run("reproduce", "has", "--large", "--quick", *store)
    assert refused.exit_code == 2
    assert "large" in refused.stderr
    assert run("reproduce", "has", "--device", "cuda:99", *store).exit_code == 2


def test_figures_on_request(run, fakes) -> None:
    [one] = json.loads(run("reproduce", "works", "--json", "--figures").stdout)["experiments"]
    assert one["figures"][0]["series"] == [{"label": "line", "x": [0.0, 1.0], "y": [0.0, 2.0]}]
    assert one["figures"][1]["values"] == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    shown = run("reproduce", "works", "--figures").stdout
    assert "A figure" in shown
    assert "line" in shown
    plane = shown[shown.index("A map: height over across and up") :].splitlines()
    assert [word in line for word, line in zip(("up", "height"), (plane[1], plane[1]), strict=True)] == [
        True,
        True,
    ]
    rows = [line for line in plane if "█" in line or "░" in line]
    assert "█" in rows[0]  # the greatest at the top right, the least at the bottom left
    assert rows[0].index("█") > rows[0].index("▒" if "▒" in rows[0] else "▓")


def test_for_people(run, fakes) -> None:
    done = run("reproduce", "works", "--quick")
    assert done.exit_code == 0, done.stderr
    for words in (
        "Title of works (quick",
        "A table",
        "T2 fails: one is two.",
        "It is not.",
        "fails if",
        "one is another",
        "holds as corrected",
    ):
        assert words in done.stdout
    assert "quick" not in run("reproduce", "works").stdout


def test_the_result_is_kept_where_the_explorer_looks(run, fakes, tmp_path) -> None:
    folder = tmp_path / "store" / "experiments"
    store = ["--store", str(tmp_path / "store")]
    assert run("reproduce", "works", "--seed", "3", *store).exit_code == 0
    assert kept_finding(folder, "works", quick=False) is None  # other draws are not what is shown there
    assert run("reproduce", "works", "--quick", *store).exit_code == 0
    finding = kept_finding(folder, "works", quick=True)
    assert finding is not None
    assert [claim.verdict for claim in finding.result.claims] == ["holds", "fails", "holds as corrected"]
    assert kept_finding(folder, "works", quick=False) is None


def test_an_interrupt_gives_what_was_done_and_the_next_run_goes_on(start_main, fakes) -> None:
    code, out = start_main("reproduce", "fakes", "--json")
    assert code == 130
    assert [one["id"] for one in json.loads(out)["experiments"]] == ["works"]
    code, out = start_main("reproduce", "cut", "--json")
    assert code == 0
    assert CALLS == ["computed", "signalled"]  # the part was found again
    assert json.loads(out)["experiments"][0]["tables"][0]["rows"] == [[1]]


def test_a_report_is_written_beside_what_is_printed(run, fakes, tmp_path) -> None:
    page = tmp_path / "found.html"
    done = run("reproduce", "works", "--quick", "--seed", "3", "--report", str(page), "--json")
    assert done.exit_code == 0, done.stderr
    assert [one["id"] for one in json.loads(done.stdout)["experiments"]] == ["works"]
    assert f"The report is {page}" in " ".join(done.stderr.split())
    written = page.read_text(encoding="utf-8")
    assert "nnexpr-tui reproduce works --quick --seed 3 --report found.html" in written
    assert "Quick: fewer members or epochs" in written
    assert "from seed 3" in written


def test_what_was_kept_is_not_measured_again(run, fakes, tmp_path, monkeypatch) -> None:
    store, page = ["--store", str(tmp_path / "store")], tmp_path / "found.html"
    assert run("reproduce", "works", *store).exit_code == 0
    broken = tuple(replace(each, run=lambda _: 1 / 0) for each in discovery.groups()["fakes"])
    monkeypatch.setattr(discovery, "groups", lambda: {"fakes": broken})
    assert run("reproduce", "works", "--kept", "--report", str(page), *store).exit_code == 0
    assert "T2" in page.read_text(encoding="utf-8")
    quick = run("reproduce", "works", "--kept", "--quick", *store)
    assert isinstance(quick.exception, ZeroDivisionError), "nothing was kept of a quick one"
    refused = run("reproduce", "works", "--kept", "--seed", "3", *store)
    assert refused.exit_code == 2
    assert "--kept is on" in refused.stderr


def test_an_interrupted_report_says_what_is_missing(run, fakes, tmp_path) -> None:
    page = tmp_path / "found.html"
    done = run("reproduce", "fakes", "--report", str(page))
    assert done.exit_code == 130
    assert "Interrupted: 1 of 2 experiments is missing: cut." in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["found.pdf", "none/found.html", "folder.html"])
def test_where_no_report_can_be_written_nothing_is_measured(run, fakes, tmp_path, name: str) -> None:
    (tmp_path / "folder.html").mkdir()
    done = run("reproduce", "cut", "--report", str(tmp_path / name))
    assert done.exit_code == 2
    assert "--report is" in done.stderr
    assert not CALLS


def test_the_seed_goes_to_the_run_and_into_the_document(run, monkeypatch) -> None:
    def draws(attempt: Attempt) -> Result:
        seed = attempt.seed
        return Result([Table("Drawn", ("seed", "kept"), [[seed, attempt.kept("part", lambda: seed)]])])

    made = (Experiment("draws", "fakes", "a source", "Draws", "Which?", draws),)
    monkeypatch.setattr(discovery, "groups", lambda: {"fakes": made})
    for seed in (0, 7):
        found = json.loads(run("reproduce", "draws", "--json", *["--seed", str(seed)] * (seed > 0)).stdout)
        assert found["seed"] == seed
        assert found["experiments"][0]["tables"][0]["rows"] == [[seed, seed]]
    refused = run("reproduce", "draws", "--seed", "-1")
    assert refused.exit_code == 2
    assert "seed is -1" in refused.stderr


@pytest.fixture
def start_main(run):
    """The command in this process, with its exit code and stdout: signals are handled as they are in a process."""

    def invoke(*args: str) -> tuple[int, str]:
        done = run(*args)
        return done.exit_code, done.stdout

    return invoke


def test_a_list(run) -> None:
    found = json.loads(run("reproduce", "--list", "--json").stdout)
    ids = [one["id"] for one in found["experiments"]]
    assert "manifold-tables" in ids
    keys = {"id", "group", "source", "title", "question", "settings"}
    assert all(set(one) == keys for one in found["experiments"])
    for one in found["experiments"]:
        sizes = (
            {"full", "quick", "large"}
            if one["id"] in ("waves", "star", "oscillations")
            else {"full", "quick"}
        )
        assert set(one["settings"]) == sizes
    assert "manifold-tables" in run("reproduce", "manifold", "--list").stdout
    assert "manifold-tables" in run("reproduce").stdout  # with no name nothing is run


def test_a_name_as_lists_show_it_is_known(run, fakes, monkeypatch) -> None:
    made = (Experiment("fakes-works", "fakes", "a source", "Works", "Does it?", works),)
    monkeypatch.setattr(discovery, "groups", lambda: {"fakes": made})
    [one] = json.loads(run("reproduce", "works", "--json").stdout)["experiments"]
    assert one["id"] == "fakes-works"


def test_an_empty_name_is_none(run) -> None:
    """It does not run everything, as a script's empty variable would have it."""
    done = run("reproduce", "")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "EXPERIMENT is" in done.stderr


def test_an_unknown_name_is_refused(run) -> None:
    done = run("reproduce", "manifolds")
    assert done.exit_code == 2
    assert "EXPERIMENT is manifolds" in done.stderr
    assert "manifold-tables" in done.stderr


def test_a_real_one_to_the_end(run) -> None:
    done = run("reproduce", "manifold-construction", "--quick", "--json")
    assert done.exit_code == 0, done.stderr
    [one] = json.loads(done.stdout)["experiments"]
    assert {claim["id"] for claim in one["claims"]} == {"M1", "M7", "M8", "M9", "M12"}
