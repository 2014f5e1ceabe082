"""Runs what a page tells its reader to type: the lines and the Python of its blocks, in their order, in one process.

    python tests/lines.py PAGE...      in an empty folder; prints what could not be run, and ends with how many did

A fit that names no epochs is one of few: what it takes, does, prints and writes is the same. ``RUN`` and ``OTHER`` in
a line stand for the ids of the newest run and the one before. What opens the explorer, serves it, or needs a cluster or
a graphics processor is only read, as it would be on the command line.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import shlex
import sys
from pathlib import Path

import click
from click.testing import CliRunner

import nnexpr
from nnexpr_tui.commands.cli import cli

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LONG = {"nnexpr-tui bench"}  # half a minute, and tested elsewhere
ELSEWHERE = ("--scheduler", "--device cuda")
FEW = ("--epochs", "200")
INTERACTIVE = ({"serve"}, {"open"}, {"runs", "open"})


def steps(page: str) -> list[tuple[str, str]]:
    """What is to be typed: Python as a block, of all else the lines that begin with the program."""
    found = []
    for kind, text in BLOCK.findall(page):
        if kind == "python":
            found.append(("python", text))
        elif not kind:
            found += [("line", line) for line in text.splitlines() if line.startswith("nnexpr-tui")]
    return found


def arguments(line: str) -> list[str]:
    """Of the command line, with the ids of runs."""
    words = shlex.split(line)[1:]
    ids = [run.id for run in nnexpr.store().runs()] if {"RUN", "OTHER"} & set(words) else []
    named = {"RUN": ids[-1:], "OTHER": ids[-2:-1]}
    words = [named[word][0] if word in named else word for word in words]
    return [*words, *FEW] if words[:1] == ["fit"] and FEW[0] not in words else words


def is_only_read(words: list[str], line: str) -> bool:
    """Whether it needs what is not there."""
    begins = [set(words[:count]) for count in (1, 2)]
    opens = not words or words[0].startswith("-") or any(named in begins for named in INTERACTIVE)
    return opens or any(each in line for each in ELSEWHERE)


def read(words: list[str]) -> None:
    """As the command line reads it; raises where it would refuse."""
    command: click.Command = cli
    while (
        isinstance(command, click.Group)
        and words
        and words[0] in command.list_commands(click.Context(command))
    ):
        inner = command.get_command(click.Context(command), words[0])
        assert inner is not None
        command, words = inner, words[1:]
    command.make_context("nnexpr-tui", words)


def run(line: str) -> str:
    """Why it failed; nothing if it did not."""
    words = arguments(line)
    if is_only_read(words, line):
        read(words)
        return ""
    done = CliRunner().invoke(cli, words)
    return (
        ""
        if done.exit_code == 0 and done.stdout
        else f"{done.exit_code}: {done.stderr}{done.exception or ''}"
    )


def execute(code: str) -> str:
    """As :func:`run`, for Python; what imports a package that is not there is only compiled."""
    compiled = compile(code, "page", "exec")
    packages = re.findall(r"^(?:import|from) (\w+)", code, re.MULTILINE)
    if all(importlib.util.find_spec(package) for package in packages):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compiled, {"__name__": "page"})  # noqa: S102 - ours
    return ""


def main(pages: list[str]) -> None:
    """Each line once, whatever pages it is on."""
    seen: set[str] = set(LONG)
    failures = []
    for page in pages:
        for kind, text in steps(Path(page).read_text(encoding="utf-8")):
            if (text in seen and "RUN" not in text) or (kind == "python" and page.endswith("README.md")):
                continue  # README's Python has a test of what it prints
            seen.add(text)
            why = run(text) if kind == "line" else execute(text)
            if why:
                failures.append(f"{Path(page).name}: {text}\n    {why}")
    print("\n".join(failures), file=sys.stderr)
    print(f"{len(seen) - len(LONG)} done")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main(sys.argv[1:])
