"""``--help`` and ``--version`` cost neither torch nor textual, and say what there is."""

from __future__ import annotations

import dataclasses
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from nnexpr.specification import OPTIONS
from nnexpr_tui.commands.cli import cli
from nnexpr_tui.commands.group import COMMANDS
from nnexpr_tui.settings import Settings

HEAVY = {"torch", "textual", "numpy", "scipy", "rich", "plotext"}
SCRIPT = """
import sys
from nnexpr_tui.__main__ import main
try:
    main()
except SystemExit as leaving:
    code = leaving.code
print(code, *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def loaded(*args):
    """The top-level modules that a command has imported when it ends."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, *args], capture_output=True, text=True, check=True)
    code, *modules = done.stderr.split()
    assert code == "0", done.stderr
    return set(modules), done.stdout


@pytest.mark.parametrize(
    "args", [("--help",), ("--version",), *((name, "--help") for name in COMMANDS)], ids=" ".join
)
def test_help_loads_nothing_heavy(args):
    modules, printed = loaded(*args)
    assert "click" in modules
    assert not modules & HEAVY
    assert printed


def test_the_list_of_commands_is_true_to_the_commands(run):
    printed = run("--help").stdout
    for name in COMMANDS:
        assert re.search(rf"^  {name}  ", printed, re.MULTILINE)
        assert run(name, "--help").exit_code == 0


def test_every_option_of_a_fit_is_in_its_help(run):
    printed = run("fit", "--help").stdout
    for option in OPTIONS.values():
        assert option.flag in printed
    for flag in (
        "--json",
        "--save",
        "--store",
        "--no-store",
        "--checkpoint-every",
        "--list-targets",
        "--no-encoding-raw",
    ):
        assert flag in printed


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_is_in_the_help_and_in_the_guide(run, name):
    variable = f"NNEXPR_{name.upper()}"
    page = (Path(__file__).parents[2] / "docs" / "guide" / "explorer.md").read_text(encoding="utf-8")
    assert f"  {variable}  " in run("--help").stdout
    assert f"| `{variable}` |" in page


def every_command(group=cli, path=()):
    """Each command with the words that lead to it."""
    yield path, group
    for name in group.list_commands(click.Context(group)) if isinstance(group, click.Group) else ():
        yield from every_command(group.get_command(click.Context(group), name), (*path, name))


@pytest.mark.parametrize(
    ("path", "command"), [pytest.param(*each, id=" ".join(each[0])) for each in every_command()]
)
def test_every_help_has_examples_that_are_understood_and_says_how_it_ends(run, path, command):
    printed = " ".join(run(*path, "--help").stdout.split())
    assert command.examples
    for line, says in command.examples.items():
        assert " ".join(["nnexpr-tui", *path, *line.split(), *says.split()]) in printed
        words, named = shlex.split(line), command
        while (
            isinstance(named, click.Group) and words and words[0] in named.list_commands(click.Context(named))
        ):
            named = named.get_command(click.Context(named), words.pop(0))
        assert named.make_context(path[-1] if path else "nnexpr-tui", words).params is not None
    assert f"0 done 1 {command.failed} 2 a value" in printed
    if len(path) > 1:  # the others have another sentence in the list
        listed = " ".join(run(*path[:-1], "--help").stdout.split())
        assert f"{path[-1]} {command.get_short_help_str()}" in listed, "none is cut"


def test_an_option_says_what_it_is_in_its_own_command(run):
    shown = {name: " ".join(run(name, "--help").stdout.split()) for name in COMMANDS}
    for name in ("lstsq", "reproduce"):
        assert "of the first member's weights" not in shown[name]
    assert "--vertices INT of that polygon [default: 64]" in shown["regions"]
    assert "--domain A B where they are counted" in shown["regions"]
    assert not any("in the explorer" in shown[name] for name in COMMANDS if name != "fit")


def test_an_option_shows_the_default_of_its_own_command(run):
    """Those of the networks of a fit are a fit's: neither compose nor lstsq builds one."""
    shown = {name: " ".join(run(name, "--help").stdout.split()) for name in ("fit", "compose", "lstsq")}
    assert "[default: 3; shallow" not in shown["compose"]
    assert "--depth INT folds: how often the triangle map is composed [default: 6]" in shown["compose"]
    assert "lines of ridges or nodes of hats [default: 100]" in shown["lstsq"]
    assert "both ends included (shallow) [default: 64]" in shown["fit"]
    assert re.search(r"layers of an mmnn \(.*?\) \[default: 3; \w+ \d+", shown["fit"])
