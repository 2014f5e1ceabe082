"""What texts promise is there: every command that is named in them; a sign in ASCII for every sign in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from rich.cells import cell_len

from nnexpr_tui.ascii import in_ascii
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


def texts(path: Path) -> Iterator[str]:
    """The strings of a source but for its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    homes = (ast.Module, ast.ClassDef, ast.FunctionDef)
    first = {id(node.body[0].value) for node in ast.walk(tree)
             if isinstance(node, homes) and node.body and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in first:
            yield node.value


def test_every_sign_that_is_written_has_one_in_ascii() -> None:
    paths = [path for part in ("nnexpr", "nnexpr_tui") for path in ROOT.glob(f"{part}/**/*.py")]
    signs = {sign for path in paths for text in texts(path) for sign in text if sign < "\U00010000"}
    signs = {sign for sign in signs if sign.isprintable() and cell_len(sign) == 1}
    assert len(signs) > 100  # they were found
    assert {sign: in_ascii(sign) for sign in signs if not in_ascii(sign).isascii()} == {}
    assert {sign for sign in signs if len(in_ascii(sign)) != 1} == set()


def test_names_of_others_stay_but_for_their_accents() -> None:
    assert in_ascii("Zürich 東京 é.csv") == "Zurich 東京 e.csv"
    assert in_ascii("plain") == "plain"
