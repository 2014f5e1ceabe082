"""What of the site follows from the code: a page a topic of the Python interface, the command line, the decisions.

MkDocs calls the functions of this file while it builds (``hooks`` in mkdocs.yml); griffe, which reads the docstrings
without importing anything, the class.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import nnexpr  # noqa: E402 - this checkout's
from nnexpr_tui.commands.cli import cli  # noqa: E402

TOPICS = {  # what the packages of the engine are called where people read
    "networks": "Networks", "targets": "Targets", "training": "Training", "regions": "Linear regions",
    "linear": "Least squares and spectra", "splines": "The spline floor", "theory": "Theory", "runs": "Runs",
    "specification": "Specifications", "plot": "Figures",
}  # fmt: skip
ROLE = re.compile(r":\w+:`~?(?:[^`]*?<)?([\w.]+?)>?`")  # :class:`~nnexpr.training.session.Session`
OUTSIDE = {"CHANGELOG.md": "Changes", "CONTRIBUTING.md": "Contributing"}  # pages that lie above docs/


class Roles(griffe.Extension):
    """Writes the roles in docstrings as code: Markdown knows none."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for each module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = ROLE.sub(
                lambda role: f"`{role[1].rpartition('.')[2]}`", obj.docstring.value
            )


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the pages that are not listed by hand to the navigation."""
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    config.nav = [
        *(config.nav or []),
        {"Command line": "command-line.md"},
        {"Python": [{title: f"python/{topic}.md"} for topic, title in _topics().items()]},
        {"Words": "words.md"},
        {"Decisions": [f"decisions/{page.name}" for page in decisions]},
        {"Project": [{title: name.lower()} for name, title in OUTSIDE.items()]},
    ]
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    for name, text in {**_python(), "command-line.md": _command_line(), **_outside()}.items():
        files.append(File.generated(config, name, content=text))
    return files


def _topics() -> dict[str, str]:
    """The topics that have a public name."""
    there = {home.split(".")[1] for home in nnexpr._PUBLIC} | set(nnexpr._PACKAGES)
    return {topic: title for topic, title in TOPICS.items() if topic in there} | {
        topic: topic.capitalize() for topic in sorted(there - TOPICS.keys())
    }


def _python() -> dict[str, str]:
    """A page a topic: every public name of the package, with its docstring."""
    pages: dict[str, str] = {}
    for topic, title in _topics().items():
        names = _named(topic)
        parts = [f"# {title}\n", *(_directive(f"{home}.{name}", shown) for shown, home, name in names)]
        pages[f"python/{topic}.md"] = "\n".join(parts)
    return pages


def _named(topic: str) -> Iterator[tuple[str, str, str]]:
    """As it is called, where it lives, its name."""
    if topic in nnexpr._PACKAGES:
        package: Any = __import__(f"nnexpr.{topic}", fromlist=["_"])
        public: Mapping[str, str] = package._PUBLIC
    else:
        public = {home: names for home, names in nnexpr._PUBLIC.items() if home.split(".")[1] == topic}
    before = f"nnexpr.{topic}" if topic in nnexpr._PACKAGES else "nnexpr"
    for home, names in public.items():
        for name in names.split():
            yield f"{before}.{name}", home, name


def _directive(path: str, shown: str) -> str:
    return f"::: {path}\n    options:\n      heading: {shown}\n      toc_label: {shown.rpartition('.')[2]}\n"


def _command_line() -> str:
    """The help of every command, as it is printed."""
    parts = ["# Command line\n", "What `--help` prints, command by command.\n"]
    for path, command in _commands(("nnexpr-tui",), cli):
        context = click.Context(command, info_name=" ".join(path), max_content_width=100, terminal_width=100)
        parts += [f"## {' '.join(path)}\n", f"```text\n{command.get_help(context)}\n```\n"]
    return "\n".join(parts)


def _commands(
    path: tuple[str, ...], command: click.Command
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _commands((*path, name), inner)


def _outside() -> dict[str, str]:
    """Files above docs/, whose links into it begin one folder lower here."""
    return {
        name.lower(): (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](") for name in OUTSIDE
    }
