"""``--help`` and ``--version`` cost neither torch nor textual, and say what there is."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from nnexpr.specification import OPTIONS
from nnexpr_tui.commands.group import COMMANDS

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
