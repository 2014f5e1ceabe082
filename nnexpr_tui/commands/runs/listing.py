"""``runs list``: the runs that are kept, from the heads of their files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import click

from nnexpr.kinds import kinds_with
from nnexpr.runs.head import Head
from nnexpr.runs.store import Run, Store
from nnexpr.specification import InputError
from nnexpr_tui.commands.options import SectionedCommand, json_option, output_option, own_option, store_option
from nnexpr_tui.commands.output import number, print_json, print_table, print_text, say

__all__ = ["described", "listing"]

SHOWN = 50  # runs, where people read
COLUMNS = ("id", "target", "network", "members", "epoch", "least loss", "state")


@click.command("list", cls=SectionedCommand)
@own_option(
    "last",
    "integer",
    None,
    f"only so many, the newest; {SHOWN} unless given, with --json all",
    "Output",
    minimum=1,
)
@output_option("--target", "wanted", metavar="NAME", help="only runs on this target")
@json_option
@store_option
def listing(last: int | None, wanted: str | None, as_json: bool, store: Store) -> None:
    """List the runs that are kept, the oldest first, to the second in which they began."""
    kept, most = store.runs(), last or (None if as_json else SHOWN)
    shown: Sequence[Head | tuple[str, str]]
    if wanted is None:
        shown = list(_heads(kept[-most:] if most else kept))
        total = len(kept)
    else:
        heads = _heads(kept)
        found = [head for head in heads if isinstance(head, Head) and head.config.get("target") == wanted]
        shown, total = found[-most:] if most else found, len(found)
    if as_json:
        print_json({"schema": 1, "runs": [_document(head) for head in shown]})
        return
    if not shown:
        say(f"No runs {'' if wanted is None else f'on {wanted} '}in {store.folder}.")
        return
    print_table(f"Runs in {store.folder}", COLUMNS, [_row(head) for head in shown], words=True)
    if len(shown) < total:
        print_text(f"The newest {len(shown)} of {total:,}; --last N shows more.")


def _heads(runs: Iterable[Run]) -> Iterable[Head | tuple[str, str]]:
    """A head each; of a file that cannot be read its run's id and why."""
    for run in runs:
        try:
            yield run.head()
        except InputError as error:
            yield run.id, error.allowed


def _document(head: Head | tuple[str, str]) -> dict[str, Any]:
    if isinstance(head, tuple):
        return {"id": head[0], "problem": head[1]}
    return described(head)


def described(head: Head) -> dict[str, Any]:
    """A run's head as JSON has it."""
    return {
        "id": head.run,
        "target": head.config.get("target"),
        "network": head.config.get("network"),
        "members": head.members,
        "epoch": head.epoch,
        "epochs": head.config.get("epochs"),
        "least_loss": head.least_loss,
        "losses": head.losses,
        "state": head.state or None,
        "seconds": head.seconds,
        "snapshots": head.snapshots,
        "written": head.written,
        "config": head.config,
    }


def _row(head: Head | tuple[str, str]) -> tuple[str, ...]:
    if isinstance(head, tuple):
        return head[0], head[1], "", "", "", "", "unreadable"
    members = number(head.members)
    told = str(head.config.get("target")), architecture(head), members, f"{head.epoch:,}"
    return head.run, *told, number(head.least_loss), head.state or "–"


def architecture(head: Head) -> str:
    """The network in a few words: its kind, depth and width, activation."""
    config = head.config
    widths = config.get("width")
    width = ",".join(map(str, widths)) if isinstance(widths, list) else str(widths)
    kind = config.get("network")
    told = f"{kind} {config.get('depth')}×{width} {config.get('activation')}"
    return told + " residual" if kind in kinds_with("residual") and config.get("residual") else told
