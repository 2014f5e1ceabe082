"""``sweep``: a file of fits, trained and kept; interrupted or killed, the same command goes on to the same bits."""

from __future__ import annotations

import errno
import json
import signal
import time
from pathlib import Path

import pytest

from nnexpr.runs.store import Store
from nnexpr.runs.sweep_journal import CellEntry, Sweeps
from nnexpr.runs.sweeps import Sweep, read_file

GRID = "[base]\ntarget = 'cube'\npoints = 32\nepochs = 30\n[grid]\nwidth = [4, 8]\nlr = [1e-3, 1e-2]\n"
PATIENCE = 100


def document(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout, parse_constant=pytest.fail)


@pytest.fixture
def grid(tmp_path):
    """A file of a sweep: ``grid(text)`` writes it."""

    def write(text: str = GRID, name: str = "grid.toml") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_every_cell_is_what_fit_makes_of_its_options(run, grid):
    found = document(run("sweep", grid("seeds = 2\n" + GRID), "--json"))
    assert (found["cells"], found["done"], found["diverged"], found["state"]) == (8, 8, 0, "finished")
    assert found["varied"] == ["width", "lr", "seed"]
    for row in found["results"]:
        options = ("--target", "cube", "--points", 32, "--epochs", 30, "--threads", 1)
        own = ("--width", row["width"], "--lr", row["lr"], "--seed", row["seed"])
        [alone] = document(run("fit", *options, *own, "--no-store", "--json"))["members"]
        same = (
            "loss",
            "best_loss",
            "epoch_of_best",
            "max_error",
            "linear_regions",
            "bends",
            "activation_regions",
        )
        assert {name: row[name] for name in same} == {name: alone[name] for name in same}
        assert row["dead_units"] == len(alone["dead_units"])


def test_the_same_command_does_nothing_twice_and_another_file_is_another_sweep(run, grid):
    place = grid()
    first = document(run("sweep", place, "--json"))
    again = run("sweep", place, "--json")
    assert document(again) == first
    assert "has the same cells" in again.stderr
    grid(GRID + "# a remark\n")
    assert document(run("sweep", place, "--json"))["sweep"] == first["sweep"]
    grid(GRID.replace("epochs = 30", "epochs = 31").replace("[4, 8]", "[4, 8, 16]"))
    other = run("sweep", place, "--json")
    assert document(other)["sweep"] != first["sweep"]
    assert "4 cells then, 6 now; epochs 30 then, 31 now; width 2 values then, 3 values now" in other.stderr
    listed = document(run("sweep", "list", "--json"))["sweeps"]
    assert [each["cells"] for each in listed] == [4, 6]
    grid()
    assert document(run("sweep", place, "--again", "--json"))["sweep"] not in {each["id"] for each in listed}


def test_people_see_tables_and_pictures(run, grid):
    place = grid("seeds = 3\n" + GRID)
    printed = run("sweep", place).stdout
    for words in (
        "Best of 12 cells",
        "Best of 4 configurations",
        "Loss (median) over width and lr",
        "the brightest the best",
    ):
        assert words in printed
    assert "nnexpr-tui fit" in printed
    assert "\x1b" not in printed
    shown = run("sweep", "show", "grid", "--top", 2).stdout
    assert "12 of 12 cells done" in shown
    assert "Sweeps in" in run("sweep", "list").stdout


def test_a_dry_run_tells_what_it_would_be_and_keeps_nothing(run, grid, tmp_path):
    place = grid("seeds = 5\n" + GRID)
    told = document(run("sweep", place, "--dry-run", "--json"))
    assert len(told["cells"]) == 20
    assert [job["cells"] for job in told["jobs"]] == [list(range(10)), list(range(10, 20))]
    assert told["estimate"]["seconds"] > 0
    assert told["estimate"]["memory_bytes"] > 0
    printed = run("sweep", place, "--dry-run").stdout
    assert "2 jobs, each trained as one ensemble" in printed
    assert "measured on" in printed
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[grid]\nlr = [1e-3, -1]", "line 2: lr is -1"),
        ("[base]\ntarget = 'expr:sin(y)'", "line 2: target is"),
        ("[base]\n\ntarget = 'csv:nowhere.csv'", "line 3: target is"),
        ("[base]\ntarget = 'waves2d'\n[grid]\nnetwork = ['mlp',\n 'shallow']", "line 5: network is shallow"),
        ("[base]\ndepth = 60\nwidth = 65536", "width is 65536: this fit needs about"),
        ("seeds = 1000000000000", "line 1: seeds is 1000000000000: a sweep has at most 100,000 cells"),
    ],
)
def test_a_file_that_cannot_be_is_refused_before_anything_is_trained(run, grid, tmp_path, text, words):
    for more in ((), ("--dry-run",)):
        result = run("sweep", grid(text), *more)
        assert result.exit_code == 2
        assert words in result.stderr
        assert result.stderr.count("\n") == 1
        assert not list((tmp_path / "store").glob("*.safetensors"))


def test_several_faults_are_told_line_by_line(run, grid):
    result = run("sweep", grid("[base]\nwidht = 3\nlr = 0\n"))
    assert result.exit_code == 2
    told = result.stderr.splitlines()
    assert "line 2: option is widht: did you mean width?" in told[0]
    assert "line 3: lr is 0" in told[1]
    assert "2 faults" in told[2]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--resume", "x"),
        ("show", "x"),
        ("g.toml", "--resume", "x"),
        ("--stop-after", 0, "g.toml"),
        ("--resume", "x", "--dry-run"),
    ],
)
def test_what_is_asked_for_wrongly_is_refused(run, words):
    result = run("sweep", *words)
    if words:
        assert (result.exit_code, result.stderr.count("Error: ")) == (2, 1)
    else:
        assert "FILE.toml" in result.stdout


def test_jobs_that_fail_end_it_with_1_and_are_tried_again(run, grid):
    """The second target is not finite at one of its points, which are more than it is tried at beforehand."""
    place = grid("[base]\npoints = 20001\n[grid]\nepochs = [1]\ntarget = ['cube', 'expr:1/(x-1/20000)']")
    result = run("sweep", place, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    [failure] = found["failed"]
    assert "its value is not finite at x = 5e-05" in failure["problem"]
    assert (failure["cells"], found["done"], found["state"]) == ([1], 1, "failed")
    again = run("sweep", "--resume", found["sweep"])
    assert "Training 1 cell in 1 job" in again.stderr
    assert "its value is not finite" in " ".join(again.stdout.split())
    assert again.exit_code == 1


def test_data_that_have_changed_are_told(run, grid, tmp_path):
    table = tmp_path / "d.csv"
    table.write_text("x,y\n0,1\n1,2\n2,5\n")
    place = grid("[base]\ntarget = 'csv:d.csv'\n[grid]\nepochs = [5, 6]")
    first = document(run("sweep", place, "--json"))["sweep"]
    assert document(run("sweep", place, "--json"))["sweep"] == first
    table.write_text("x,y\n0,1\n1,2\n2,6\n")
    other = run("sweep", place, "--json")
    assert document(other)["sweep"] != first
    assert f"{table} holds something else" in other.stderr
    begun = Sweep.begin(Store(tmp_path / "store"), read_file(place)).id
    table.unlink()
    refused = run("sweep", "--resume", begun)
    assert refused.exit_code == 2
    assert "does not hold what it held" in refused.stderr
    assert document(run("sweep", "--resume", first, "--json"))["done"] == 2  # nothing is left to train


def test_a_sweep_whose_cells_all_diverge_fails_and_is_kept(run, grid):
    result = run("sweep", grid("[base]\noptimizer = 'sgd'\n[grid]\nlr = [1e20, 1e21]"), "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [row["loss"] for row in found["results"]] == [None, None]
    assert all(row["nonfinite"] and row["diverged_at"] > 0 for row in found["results"])
    assert "No cell has a finite loss" in run("sweep", "show", found["sweep"]).stdout


def test_interrupted_and_killed_it_ends_with_the_same_bits(run, start, grid, tmp_path):
    lengths = ", ".join(str(6000 + 500 * more) for more in range(5))
    place = grid(
        f"[base]\ntarget = 'cube'\npoints = 32\nwidth = 4\n[grid]\nepochs = [{lengths}]\nlr = [1e-3, 1e-2]"
    )
    journal = Sweeps(tmp_path / "store")

    def until(done: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while not journal.all() or sum(c.state == "done" for c in journal.cells(journal.all()[0].id)) < done:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)

    process = start("sweep", place, "--threads", 1, "--json")
    until(2)
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, said
    told = json.loads(printed)
    assert told["state"] == "stopped"
    assert 2 <= told["done"] < 10
    process = start("sweep", place, "--threads", 1, "--json")
    until(told["done"] + 2)
    process.kill()
    process.wait()
    ended = document(run("sweep", "--resume", told["sweep"], "--json"))
    whole = document(run("sweep", place, "--again", "--json"))
    assert ended["sweep"] == told["sweep"] != whole["sweep"]
    own = {"sweep", "run", "seconds"}
    rows = [
        [{k: v for k, v in row.items() if k not in own} for row in each["results"]] for each in (ended, whole)
    ]
    assert rows[0] == rows[1]


def test_results_go_into_tables_and_figures(run, grid, tmp_path):
    found = document(run("sweep", grid(), "--json"))
    for name in (found["sweep"], "grid"):
        told = document(run("runs", "export", name, "--to", tmp_path / "t.csv", "--force", "--json"))
        assert (told["cells"], told["sweeps"]) == (4, [found["sweep"]])
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 5
    assert run("runs", "export", "grid", "--to", tmp_path / "t.csv").exit_code == 2
    assert run("runs", "export", "grid", "--to", tmp_path / "t.svg").exit_code == 2
    assert (
        run("runs", "export", "grid", found["results"][0]["run"], "--to", tmp_path / "u.csv").exit_code == 2
    )
    drawn = document(run("plot", "grid", "-o", tmp_path / "g.pdf", "--json"))
    assert drawn["figures"] == ["parallel", "width-lr"]
    assert run("plot", "grid", "-o", tmp_path / "g.pdf", "--member", 0).exit_code == 2


def test_a_run_goes_into_a_parquet_table(run, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    kept = document(run("fit", "--epochs", 5, "--points", 16, "--members", 2, "--json"))["run"]
    document(run("runs", "export", kept, "--to", tmp_path / "l.parquet", "--json"))
    document(run("runs", "export", kept, "--to", tmp_path / "m.members.parquet", "--json"))
    losses = parquet.read_table(tmp_path / "l.parquet").to_pylist()
    assert {row["seed"] for row in losses} == {0, 1}
    assert losses[0]["epoch"] == 0
    members = parquet.read_table(tmp_path / "m.members.parquet").to_pylist()
    assert [row["member_seed"] for row in members] == [0, 1]
    assert members[0]["epochs"] == 5


def test_halving_prunes_and_its_best_is_that_of_all(run, grid):
    place = grid(GRID.replace("[1e-3, 1e-2]", "[1e-3, 3e-3, 1e-2, 3e-2, 0.1]"))
    halved = document(run("sweep", place, "--halving", "--objective", "loss", "--json"))
    assert (halved["cells"], halved["done"], halved["pruned"]) == (10, 1, 9)
    whole = document(run("sweep", place, "--json"))
    assert whole["sweep"] != halved["sweep"]
    [left] = [row for row in halved["results"] if row["state"] == "done"]
    assert left["loss"] == whole["results"][left["cell"]]["loss"]
    again = run("sweep", place, "--halving", "--objective", "loss", "--json")
    assert document(again) == halved
    assert "1 of 10 cells done, 9 pruned on the way." in again.stderr
    assert document(run("sweep", "--resume", halved["sweep"], "--json")) == halved
    assert "Best of 10 cells" in run("sweep", "show", halved["sweep"]).stdout
    for wrong in (
        ("--resume", "x", "--halving"),
        (place, "--objective", "bends"),
        (place, "--halving", "--scheduler", "x"),
    ):
        assert run("sweep", *wrong).exit_code == 2


def test_where_the_disk_is_full_it_is_told_where_and_what_was_kept_is_gone_on_with(
    run, grid, tmp_path, monkeypatch
):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    place = grid(GRID)
    with monkeypatch.context() as while_it_lasts:
        while_it_lasts.setattr("nnexpr.runs.sweeps.sweep.write_atomically", full)
        refused = run("sweep", place)
    assert refused.exit_code == 1
    [*_, said] = refused.stderr.splitlines()
    assert said.startswith(
        f"Error: the sweep cannot be kept in {tmp_path / 'store'}: No space left on device; "
    )
    later = run("sweep", place, "--json")
    assert "has the same cells; it goes on." in later.stderr
    assert document(later)["done"] == document(later)["cells"]


def test_journals_that_cannot_be_read_are_named_and_none_is_obeyed(run, tmp_path):
    journals = Sweeps(tmp_path / "store")
    hostile = journals.begin("\x1b]0;owned\x07\u202e", "", [{"lr": 1e-3, "epochs": 2}], {"varied": ["lr"]})
    infinite = {"loss": 1.0, "linear_regions": float("inf"), "bends": float("nan")}
    journals.record(hostile, [CellEntry(hostile, 0, {}, "done", "\x1b[2J", 0, infinite)])
    journals.record(hostile, [CellEntry(hostile, 0, {}, "done", "", 0, infinite, "\x1b[2J[red]")])
    torn = "20260101-000000-abcdef"
    (tmp_path / "store" / "sweeps" / f"{torn}.jsonl").write_text('{"sweep": 1, "na')
    listed = run("sweep", "list")
    assert (listed.exit_code, torn in listed.stderr, hostile in listed.stdout) == (0, True, True)
    told = document(run("sweep", "list", "--json"))
    assert [each["id"] for each in told["unreadable"]] == [torn]
    shown = run("sweep", "show", hostile)
    assert (shown.exit_code, "owned" in shown.stdout) == (0, True)
    assert not {"\x1b", "\x07", "\u202e"} & {*listed.output, *shown.output}
