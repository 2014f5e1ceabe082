"""``runs tag``, ``untag``, ``rename`` and ``note``: what a person says of a run."""

from __future__ import annotations

from collections.abc import Callable

import click

from nnexpr.runs.store import Store
from nnexpr_tui.commands.completion import runs
from nnexpr_tui.commands.group import FailedRunError
from nnexpr_tui.commands.options import SectionedCommand, json_option, store_option
from nnexpr_tui.commands.output import print_json, print_text

__all__ = ["note", "rename", "tag", "untag"]

_run = click.argument("run", metavar="ID", shell_complete=runs)
_tags = click.argument("tags", metavar="TAG...", nargs=-1, required=True)


@click.command(cls=SectionedCommand, examples={"20261127-193943 paper good": "two tags"})
@_run
@_tags
@json_option
@store_option
def tag(run: str, tags: tuple[str, ...], as_json: bool, store: Store) -> None:
    """Give a run tags beside those that it has; runs list --filter tag=paper finds it by one."""
    _labelled(run, store, lambda found: store.tag(found, *tags), as_json=as_json)


@click.command(cls=SectionedCommand, examples={"20261127-193943 good": "one of its tags"})
@_run
@_tags
@json_option
@store_option
def untag(run: str, tags: tuple[str, ...], as_json: bool, store: Store) -> None:
    """Take tags from a run."""
    _labelled(run, store, lambda found: store.untag(found, *tags), as_json=as_json)


@click.command(
    cls=SectionedCommand, examples={"20261127-193943 baseline": "runs show baseline then finds it"}
)
@_run
@click.argument("name")
@json_option
@store_option
def rename(run: str, name: str, as_json: bool, store: Store) -> None:
    """Give a run a name that no other has, by which every command finds it; '' takes it away."""
    _labelled(run, store, lambda found: store.rename(found, name), as_json=as_json)


@click.command(
    cls=SectionedCommand, examples={"20261127-193943 'the one of figure 3'": "in place of another note"}
)
@_run
@click.argument("text")
@json_option
@store_option
def note(run: str, text: str, as_json: bool, store: Store) -> None:
    """Note something of a run, in place of what was noted before; '' takes it away."""
    _labelled(run, store, lambda found: store.note(found, text), as_json=as_json)


def _labelled(run: str, store: Store, change: Callable[[str], None], *, as_json: bool) -> None:
    """Change what is said of a run, and tell what now is."""
    found = store.named(run)
    try:
        change(found.id)
    except OSError as error:
        raise FailedRunError(
            f"nothing could be written in {store.folder}: {error.strerror or error}"
        ) from None
    labels = found.labels()
    if as_json:
        told = {"name": labels.name or None, "tags": list(labels.tags), "note": labels.note or None}
        print_json({"schema": 1, "id": found.id, **told})
        return
    print_text(f"{found.id}: {labels.name or 'no name'}; {' '.join(labels.tags) or 'no tags'}")
    if labels.note:
        print_text(labels.note)
