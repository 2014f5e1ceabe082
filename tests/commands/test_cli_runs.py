"""``runs``: what is kept is listed, shown, labelled, exported and deleted."""

from __future__ import annotations

import csv
import json
import shlex

import numpy as np
import pytest
from click.shell_completion import ShellComplete
from safetensors import safe_open
from safetensors.torch import save_file

from nnexpr.exports import EXPORTS
from nnexpr.runs.holding import hold
from nnexpr.runs.store import Store
from nnexpr.runs.sweep_journal import Sweeps
from nnexpr_tui.commands.cli import cli

FIT = ("--width", 4, "--epochs", 40, "--points", 32)


def document(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout, parse_constant=pytest.fail)


@pytest.fixture
def kept(run):
    """The ids of two runs, the second on another target, and one whose members have all diverged."""
    targets = (("cube",), ("arctan25",), ("cube", "--optimizer", "sgd", "--lr", 1e9, "--members", 2))
    return [json.loads(run("fit", *FIT, "--json", "--target", *target).stdout)["run"] for target in targets]


def test_what_was_kept_is_listed(run, kept):
    fitted = document(run("fit", *FIT, "--target", "cube", "--json"))
    listed = document(run("runs", "list", "--json"))["runs"]
    assert [head["id"] for head in listed] == sorted([*kept, fitted["run"]])
    heads = {head["id"]: head for head in listed}
    assert [heads[each]["target"] for each in kept] == ["cube", "arctan25", "cube"]
    last = heads[fitted["run"]]
    assert last["config"] == fitted["config"]
    assert last["losses"] == [member["loss"] for member in fitted["members"]]
    assert (last["epoch"], last["state"]) == (40, "finished")
    lost = heads[kept[2]]
    assert (lost["losses"], lost["least_loss"], lost["nonfinite"]) == ([None, None], None, True)
    assert lost["state"] == "failed"
    of_cube = document(run("runs", "list", "--target", "cube", "--json"))["runs"]
    assert [head["id"] for head in of_cube] == sorted({*heads} - {kept[1]})
    newest = document(run("runs", "list", "--last", 1, "--json"))["runs"]
    assert [head["id"] for head in newest] == [listed[-1]["id"]]


def test_people_read_a_table(run, kept):
    printed = run("runs", "list").stdout
    assert all(each in printed for each in kept)
    assert "The newest 1 of 3" in run("runs", "list", "--last", 1).stdout
    assert "list" in run("runs").stdout


def test_a_network_that_adds_channels_is_called_so(run):
    for words in (("--network", "mmnn", "--depth", 3, "--residual"), ("--residual",)):
        run("fit", *FIT, "--epochs", 0, "--target", "cube", *words)
    printed = run("runs", "list").stdout
    assert (printed.count("mmnn"), printed.count("mlp"), printed.count("residual")) == (1, 1, 1)


def test_an_empty_store_is_an_empty_list(run, tmp_path):
    assert document(run("runs", "list", "--json", "--store", tmp_path / "none")) == {"schema": 1, "runs": []}
    assert "No runs in" in run("runs", "list", "--store", tmp_path / "none").stderr


def test_a_file_that_cannot_be_read_is_listed_as_such(run, kept, tmp_path):
    (tmp_path / "store" / "20200101-000000-000000.safetensors").write_bytes(b"\x00" * 100)
    heads = document(run("runs", "list", "--json"))["runs"]
    assert len(heads) == 4
    assert heads[0]["id"] == "20200101-000000-000000"
    assert "not a safetensors file" in heads[0]["problem"]
    assert "unreadable" in run("runs", "list").stdout


def rewritten(path, change):
    """The run's file, with another head."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        told = json.loads(file.metadata()["nnexpr"])
    del told["checksums"]
    save_file(tensors, path, {"nnexpr": change(told)})


def test_one_hostile_head_is_listed_as_unreadable(run, kept, tmp_path):
    def deep(told):
        told["specification"]["target"] = "DEEP"
        return json.dumps(told).replace('"DEEP"', "[" * 900 + "]" * 900)

    rewritten(tmp_path / "store" / f"{kept[0]}.safetensors", deep)
    heads = document(run("runs", "list", "--json"))["runs"]
    assert ["problem" in head for head in heads if head["id"] == kept[0]] == [True]
    assert sum("problem" in head for head in heads) == 1


def test_a_terminal_obeys_nothing_that_a_file_says(run, kept, tmp_path):
    def evil(told):
        told["provenance"]["created"] = "\x1b[2Jnow"
        told["specification"]["target"] = "csv:\x1b]0;owned\x07.csv"
        return json.dumps(told)

    rewritten(tmp_path / "store" / f"{kept[0]}.safetensors", evil)
    shown = run("runs", "show", kept[0])
    assert shown.exit_code == 0
    assert "now" in shown.stdout
    assert "owned" in shown.stdout
    assert not {"\x1b", "\x07"} & {*shown.stdout}


def test_a_store_that_is_a_file_is_refused(run, tmp_path):
    (tmp_path / "file").touch()
    refused = run("runs", "list", "--store", tmp_path / "file")
    assert (refused.exit_code, "must be a folder" in refused.stderr) == (2, True)


def test_what_was_half_written_goes_with_its_run(run, kept, tmp_path):
    left, other = (tmp_path / "store" / f".{each}.safetensors.0123abcd.9.tmp" for each in kept[:2])
    left.touch()
    other.touch()
    run("runs", "delete", kept[0], "--yes")
    assert (left.exists(), other.exists()) == (False, True)


def test_a_run_is_shown_by_as_much_of_its_id_as_is_its_own(run, kept):
    shown = document(run("runs", "show", kept[0][:-1], "--json"))
    assert shown["id"] == kept[0]
    assert shown["history"]["epochs"][-1] == 40
    assert {event["kind"] for event in shown["events"]} >= {"best"}
    printed = run("runs", "show", kept[0]).stdout
    line = next(line for line in printed.splitlines() if line.startswith("nnexpr-tui fit"))
    again = document(run(*shlex.split(line)[1:], "--json", "--no-store"))
    assert again["config"] == shown["config"], "the line that is shown makes the same run"
    assert "The least loss is" in printed
    diverged = document(run("runs", "show", kept[2], "--json"))
    assert "divergence" in {event["kind"] for event in diverged["events"]}


@pytest.mark.parametrize("command", [("show",), ("delete", "--yes"), ("export", "--to", "a.csv")])
def test_what_names_no_run_or_several_is_refused(run, kept, command):
    for name, why in (
        ("2", "3 runs begin so"),
        ("x", "has an id that begins so"),
        ("../a", "has an id"),
        ("", "has an"),
    ):
        result = run("runs", *command, name)
        assert result.exit_code == 2
        assert f"RUN is {name or 'empty'}: " in result.stderr
        assert why in result.stderr


def test_runs_are_exported_by_the_ending(run, kept, tmp_path):
    to = tmp_path / "out.csv"
    told = document(run("runs", "export", kept[0], kept[2], "--to", to, "--json"))
    assert (told["file"], told["bytes"], told["runs"]) == (str(to), to.stat().st_size, [kept[0], kept[2]])
    with to.open(newline="") as file:
        rows = list(csv.DictReader(file))
    recording = Store(tmp_path / "store").named(kept[0]).recording()
    own = np.float32([float(row["loss"]) for row in rows if row["run"] == kept[0]])
    assert own.tobytes() == recording.losses[:, 0].tobytes()
    assert "nan" in {row["loss"] for row in rows if row["run"] == kept[2]}
    again = run("runs", "export", kept[0], "--to", to)
    assert (again.exit_code, "--force" in again.stderr) == (2, True)
    assert run("runs", "export", kept[0], "--to", to, "--force").exit_code == 0


def test_clips_take_options_of_their_own_and_tables_none(run, kept, tmp_path):
    to = tmp_path / "both.cast"
    asked = ("--frames", 5, "--seconds", 1.5, "--size", "80x24", "--format", "v2")
    told = document(run("runs", "export", kept[0], kept[1], "--to", to, *asked, "--json"))
    assert told["runs"] == kept[:2]
    header, *events = map(json.loads, to.read_text().splitlines())
    assert (header["version"], header["width"], header["height"], header["duration"]) == (2, 80, 24, 3.5)
    assert sum(code == "o" for _, code, _ in events) == 6
    before = sorted(tmp_path.iterdir())
    for name, wrong, why in (
        ("a.csv", ("--frames", 5), "--frames is 5: it has a meaning for .cast, .svg"),
        ("a.svg", ("--frames", 1), "--frames is 1: "),
        ("a.svg", ("--size", "9x9"), "--size is 9x9: it must be a width and a height between 320x200"),
        ("a.gif", ("--theme", "pink"), "--theme is pink: it must be one of light, dark"),
    ):
        refused = run("runs", "export", kept[0], "--to", tmp_path / name, *wrong)
        assert (refused.exit_code, why in refused.stderr) == (2, True), refused.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_what_cannot_be_exported_is_refused_before_anything_is_read(run, kept, tmp_path):
    unknown = run("runs", "export", kept[0], "--to", tmp_path / "a.docx")
    assert unknown.exit_code == 2
    assert all(name in unknown.stderr for name in EXPORTS)
    nowhere = run("runs", "export", kept[0], "--to", tmp_path / "no" / "a.csv")
    assert (nowhere.exit_code, "its folder must be there" in nowhere.stderr) == (2, True)
    help_text = run("runs", "export", "--help").stdout
    assert all(f"  {name}  " in help_text for name in EXPORTS)


def test_a_run_without_a_recording_says_so(run, tmp_path):
    fitted = document(run("fit", *FIT, "--no-record", "--json"))
    result = run("runs", "export", fitted["run"], "--to", tmp_path / "a.json")
    assert result.exit_code == 2
    assert "not a recording" in result.stderr
    assert "No snapshots" in run("runs", "show", fitted["run"]).stdout


def test_opening_needs_a_terminal(run, kept):
    result = run("runs", "open", *kept)
    assert (result.exit_code, "is not a terminal" in result.stderr) == (2, True)


def test_deleting_needs_a_word(run, kept):
    refused = run("runs", "delete", kept[0])
    assert (refused.exit_code, "--yes" in refused.stderr) == (2, True)
    assert document(run("runs", "delete", kept[0], kept[1], "--yes", "--json"))["deleted"] == kept[:2]
    assert [head["id"] for head in document(run("runs", "list", "--json"))["runs"]] == kept[2:]


def test_ids_are_offered_by_tab(run, kept, tmp_path):
    shell = ShellComplete(cli, {}, "nnexpr-tui", "_NNEXPR_TUI_COMPLETE")
    for command in ("show", "open", "resume", "export", "delete"):
        offered = shell.get_completions(["runs", command, "--store", str(tmp_path / "store")], "2")
        assert [item.value for item in offered] == sorted(kept, reverse=True)


def test_a_list_is_filtered_and_sorted(run, kept):
    def listed(*words):
        return [head["id"] for head in document(run("runs", "list", "--json", *words))["runs"]]

    assert listed("--filter", "cube !sgd") == [kept[0]]
    assert listed("--filter", "/^arc/ | state=diverged") == sorted(kept[1:])
    assert listed("--filter", "members>1") == [kept[2]]
    by_loss = listed("--sort", "loss")
    assert by_loss[2] == kept[2], "without a loss last"
    assert listed("--sort", "-loss") == [by_loss[1], by_loss[0], kept[2]]
    assert listed("--sort", "loss", "--last", 1) == by_loss[:1]
    printed = run("runs", "list", "--filter", "nothing").stderr
    assert "that the filter accepts" in printed
    for words, why in ((("--filter", "/("), "ends with a /"), (("--sort", "colour"), "colour is no field")):
        refused = run("runs", "list", *words)
        assert (refused.exit_code, why in refused.stderr) == (2, True)


def test_a_run_is_tagged_named_and_noted(run, kept):
    assert document(run("runs", "tag", kept[0], "paper", "good", "--json"))["tags"] == ["good", "paper"]
    assert document(run("runs", "untag", kept[0], "good", "--json"))["tags"] == ["paper"]
    assert run("runs", "rename", kept[0], "baseline").exit_code == 0
    assert "of figure 3" in run("runs", "note", "baseline", "the one of figure 3").stdout
    [told] = document(run("runs", "list", "--filter", "tag=paper", "--json"))["runs"]
    assert (told["id"], told["name"], told["tags"], told["note"]) == (
        kept[0], "baseline", ["paper"], "the one of figure 3",
    )  # fmt: skip
    assert document(run("runs", "show", "baseline", "--json"))["id"] == kept[0]
    shown = run("runs", "show", "baseline").stdout
    assert all(word in shown for word in ("baseline", "paper", "the one of figure 3"))
    table = run("runs", "list").stdout
    assert all(word in table for word in ("name", "tags", "baseline", "paper"))
    refused = run("runs", "rename", kept[1], "baseline")
    assert (refused.exit_code, "has it" in refused.stderr) == (2, True)
    assert document(run("runs", "delete", "baseline", "--yes", "--json"))["deleted"] == [kept[0]]


def test_a_question_is_answered_and_nothing_else_done(run, kept):
    sql = (
        "SELECT target, count(*) AS runs, min(least_loss) AS least FROM runs GROUP BY target ORDER BY target"
    )
    told = document(run("runs", "query", sql, "--json"))
    assert (told["columns"], told["cut"]) == (["target", "runs", "least"], False)
    heads = {head["id"]: head for head in document(run("runs", "list", "--json"))["runs"]}
    losses = [heads[each]["least_loss"] for each in kept]
    assert told["rows"] == [["arctan25", 1, losses[1]], ["cube", 2, losses[0]]]
    assert "arctan25" in run("runs", "query", sql).stdout
    assert "The first 1 rows" in run("runs", "query", sql, "--rows", 1).stdout
    for wrong, why in (("DELETE FROM runs", "must only read"), ("SELECT x FROM runs", "no such column: x")):
        refused = run("runs", "query", wrong)
        assert (refused.exit_code, why in refused.stderr) == (2, True)
    help_text = run("runs", "query", "--help").stdout
    assert all(name in help_text for name in ("members", "metrics", "cell_metrics", "json_extract", "_state"))


def test_the_index_is_made_anew(run, kept, tmp_path):
    told = document(run("runs", "reindex", "--json"))
    assert (told["runs"], told["damaged"], told["set_aside"]) == (3, 0, None)
    before = document(run("runs", "list", "--json"))
    (tmp_path / "store" / "index.sqlite").write_bytes(b"nonsense")
    listed = run("runs", "list", "--json")
    assert json.loads(listed.stdout) == before
    assert "index.damaged-" in listed.stderr
    assert "3 runs, in" in run("runs", "reindex").stdout


def test_sweeps_are_asked_for_and_one_that_cannot_be_read_is_named(run, kept, tmp_path):
    folder = tmp_path / "store"
    sweep = Sweeps(folder).begin("widths", "", [{"width": 4}, {"width": 8}])
    (folder / "sweeps" / "20260101-000000-abcdef.jsonl").write_text("nonsense")
    asked = document(run("runs", "query", "SELECT id, state, cells FROM sweeps ORDER BY id", "--json"))
    assert asked["rows"] == [["20260101-000000-abcdef", "damaged", 0], [sweep, "running", 2]]
    told = run("runs", "reindex").stdout
    assert "3 runs and 2 sweeps, in" in told
    assert "20260101-000000-abcdef" in told
    assert document(run("runs", "reindex", "--json"))["sweeps"] == 2


def test_whether_a_run_is_trained_now_is_told(run, kept, tmp_path):
    let_go = hold(Store(tmp_path / "store").named(kept[0]).path)
    told = {head["id"]: head for head in document(run("runs", "list", "--json"))["runs"]}
    assert [told[each]["live"] for each in kept] == [True, False, False]
    assert [told[each]["status"] for each in kept] == ["running", "finished", "diverged"]
    assert "This process is training it." in run("runs", "show", kept[0]).stdout
    let_go()
    assert "is training it" not in run("runs", "show", kept[0]).stdout


def test_a_run_that_is_being_trained_is_left_to_whoever_trains_it(run, kept, tmp_path):
    file = Store(tmp_path / "store").named(kept[0]).path
    let_go = hold(file)
    for words in (("resume", kept[0], "--epochs", 60), ("delete", kept[0], "--yes")):
        refused = run("runs", *words)
        assert (refused.exit_code, "this process is training it" in refused.stderr) == (2, True)
    let_go()
    assert document(run("runs", "resume", kept[0], "--epochs", 60, "--json"))["epochs"] == 60
    assert document(run("runs", "delete", kept[0], "--yes", "--json"))["deleted"] == [kept[0]]
    assert not [*file.parent.glob(f"*{kept[0]}*")]


def test_what_cannot_be_resumed_says_why(run, kept, tmp_path):
    finished = run("runs", "resume", kept[0])
    assert (finished.exit_code, "--epochs gives it more" in finished.stderr) == (2, True)
    few = run("runs", "resume", kept[0], "--epochs", 40)
    assert (few.exit_code, "it has 40 already" in few.stderr) == (2, True)
    lost = run("runs", "resume", kept[2])
    assert (lost.exit_code, "nothing to go on with" in lost.stderr) == (2, True)
    more = document(run("runs", "resume", kept[0], "--epochs", 60, "--json"))
    whole = document(run("fit", *FIT, "--target", "cube", "--epochs", 60, "--json"))
    assert more["members"] == whole["members"]
