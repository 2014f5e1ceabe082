"""``runs list``: the runs that are kept, at a glance, as the index has them."""

from __future__ import annotations

from typing import Any

import click

from nnexpr.kinds import kinds_with
from nnexpr.runs.entry import Entry
from nnexpr.runs.filters import ordered, parse
from nnexpr.runs.store import Store
from nnexpr_tui.commands.options import SectionedCommand, json_option, output_option, own_option, store_option
from nnexpr_tui.commands.output import number, print_json, print_table, print_text, say

__all__ = ["described", "listing"]

SHOWN = 50  # runs, where people read
COLUMNS = ("id", "target", "network", "members", "epoch", "least loss", "state")
_EXAMPLES = {
    "": f"the newest {SHOWN}",
    "--filter 'cube depth>3 !tanh'": "on the cube, deeper than three layers, of another activation than tanh",
    "--filter 'tag=paper | /^sin/' --sort loss": "of either kind, the least loss first",
    "--sort=-written --last 5": "the five that were kept last",
}


@click.command("list", cls=SectionedCommand, examples=_EXAMPLES)
@own_option(
    "last",
    "integer",
    None,
    f"only so many: the newest, or the first by --sort; {SHOWN} unless given, with --json all",
    "Output",
    minimum=1,
)
@output_option("--target", "wanted", metavar="NAME", help="only runs on this target")
@output_option(
    "--filter", "typed", metavar="TEXT", default="", help="only runs that it accepts, as said above"
)
@output_option(
    "--sort", metavar="FIELD", help="by a field or an option of fit, the least first; -FIELD the greatest"
)
@json_option
@store_option
def listing(
    last: int | None, wanted: str | None, typed: str, sort: str | None, as_json: bool, store: Store
) -> None:
    """List the runs that are kept, the oldest first.

    In a filter a b means both, a | b either, !a not; /regex/ is an expression, "a b" a phrase, and depth>3, loss<=1e-3
    or tag=paper compare a field or any option of fit. Cells of a sweep that were trained together are one run here;
    a filter finds it by the lr or seed of any of them, and runs query has each (table cells).
    """
    accepted, index = parse(typed), store.index()
    found = [
        entry
        for entry in index.entries()
        if accepted.accepts(entry) and (wanted is None or entry.config.get("target") == wanted)
    ]
    for note in index.notes:
        say(note)
    total, most = len(found), last or (None if as_json else SHOWN)
    if sort is not None:
        found = list(ordered(found, sort))[:most]
    elif most:
        found = found[-most:]
    if as_json:
        print_json({"schema": 1, "runs": [_document(entry) for entry in found]})
        return
    if not found:
        which = "".join(
            (f"on {wanted} " if wanted else "", "that the filter accepts " if typed.strip() else "")
        )
        say(f"No runs {which}in {store.folder}.")
        return
    _print(found, store)
    if len(found) < total:
        which = "newest" if sort is None else "first"
        print_text(f"The {which} {len(found)} of {total:,}; --last N shows more.")


def _print(found: list[Entry], store: Store) -> None:
    named = "name" if any(entry.name for entry in found) else None
    tagged = "tags" if any(entry.tags for entry in found) else None
    columns = [*COLUMNS, *filter(None, (named, tagged))]
    rows = []
    for entry in found:
        more = [entry.name] * bool(named) + [" ".join(entry.tags)] * bool(tagged)
        rows.append((*_row(entry), *more))
    print_table(f"Runs in {store.folder}", columns, rows, words=True)
    for entry in found:
        if entry.problem and entry.state != "damaged":
            say(f"{entry.id}: {entry.problem}")


def _document(entry: Entry) -> dict[str, Any]:
    if entry.state == "damaged":
        return {"id": entry.id, "problem": entry.problem}
    return described(entry)


def described(entry: Entry) -> dict[str, Any]:
    """A run as JSON has it. ``state`` is its session's, as it was kept; ``status`` how it stands now."""
    return {
        "id": entry.id,
        "name": entry.name or None,
        "tags": list(entry.tags),
        "note": entry.note or None,
        "target": entry.config.get("target"),
        "network": entry.config.get("network"),
        "members": entry.members,
        "epoch": entry.epoch,
        "epochs": entry.config.get("epochs"),
        "least_loss": entry.least_loss,
        "losses": entry.losses,
        "state": entry.session or None,
        "status": entry.state,
        "live": entry.state == "running",
        "seconds": entry.seconds,
        "snapshots": entry.snapshots,
        "created": entry.created,
        "written": entry.written,
        "device": entry.device or None,
        "size": entry.size,
        "sweep": entry.sweep or None,
        **({"problem": entry.problem} if entry.problem else {}),
        "config": entry.config,
    }


def _row(entry: Entry) -> tuple[str, ...]:
    if entry.state == "damaged":
        return entry.id, entry.problem, "", "", "", "", "unreadable"
    members = number(entry.members)
    told = entry.target, architecture(entry), members, f"{entry.epoch:,}"
    return entry.id, *told, number(entry.least_loss), entry.state if entry.session else "–"


def architecture(entry: Entry) -> str:
    """The network in a few words: its kind, depth and width, activation."""
    config = entry.config
    widths = config.get("width")
    width = ",".join(map(str, widths)) if isinstance(widths, list) else str(widths)
    kind = config.get("network")
    told = f"{kind} {config.get('depth')}×{width} {config.get('activation')}"
    return told + " residual" if kind in kinds_with("residual") and config.get("residual") else told
