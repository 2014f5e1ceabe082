"""Presets on the command line."""

from __future__ import annotations

import json

import pytest
from click import Context
from click.shell_completion import ShellComplete

from nnexpr_tui.commands.cli import cli
from nnexpr_tui.presets import PRESETS


@pytest.mark.parametrize("words", [("--list-presets",), ("fit", "--list-presets")])
def test_all_are_listed(run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == 0
    assert all(name in done.stdout for name in PRESETS)


def test_as_json_with_the_command_that_answers_each(run) -> None:
    listed = json.loads(run("fit", "--list-presets", "--json").stdout)
    assert [each["name"] for each in listed] == list(PRESETS)
    for each in listed:
        program, command, *_ = each["batch"].split()
        assert (program, each["look_for"]) == ("nnexpr-tui", PRESETS[each["name"]].look_for)
        assert command in cli.list_commands(Context(cli))


def test_it_is_a_fit_whose_options_may_be_replaced(run) -> None:
    done = run("fit", "--preset", "hu-report", "--epochs", 7, "--json")
    config, preset = json.loads(done.stdout)["config"], PRESETS["hu-report"]
    assert done.exit_code == 0
    assert config["epochs"] == 7
    assert (config["target"], config["points"], config["depth"]) == ("fourier", 500, preset.fit["depth"])


@pytest.mark.parametrize(
    ("name", "says"), [("nosuch", "it must be one of low-first, "), ("folding", "compose --depth 6")]
)
def test_what_cannot_be_is_one_sentence(run, name: str, says: str) -> None:
    done = run("fit", "--preset", name)
    assert done.exit_code == 2
    assert says in done.stderr
    assert done.stderr.count("\n") <= 2


def test_the_shell_offers_them() -> None:
    shell = ShellComplete(cli, {}, "nnexpr-tui", "_NNEXPR_TUI_COMPLETE")
    offered = shell.get_completions(["fit", "--preset"], "lo")
    assert [item.value for item in offered] == [name for name in PRESETS if name.startswith("lo")]
