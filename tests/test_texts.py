"""What texts promise is there: every command that is named in a message, a help text or a page."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from nnexpr_tui.commands.cli import cli

ROOT = Path(__file__).parent.parent
NAMED = re.compile(r"nnexpr-tui +([a-z][a-z-]*)")
PROSE = {"is", "and", "or"}  # words that may follow the name of the program in a sentence
PAGES = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    *(
        path
        for part in ("nnexpr", "nnexpr_tui", "examples", "benchmarks")
        for path in ROOT.glob(f"{part}/**/*.py")
    ),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_named_is_there(page: Path) -> None:
    named = set(NAMED.findall(page.read_text(encoding="utf-8"))) - PROSE
    assert named <= set(cli.list_commands(click.Context(cli)))
