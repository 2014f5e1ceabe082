"""``runs show``: one run: its options, how far it came, and what happened on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nnexpr.runs.entry import Entry
from nnexpr.runs.store import Store
from nnexpr_tui.commands.completion import runs
from nnexpr_tui.commands.group import harmless
from nnexpr_tui.commands.options import SectionedCommand, json_option, store_option
from nnexpr_tui.commands.output import count, figure, number, print_json, print_table, print_text
from nnexpr_tui.commands.runs.listing import described

if TYPE_CHECKING:
    from nnexpr.runs.events import Event
    from nnexpr.runs.head import Head
    from nnexpr.runs.recording import Recording

__all__ = ["show"]

MOST_ROWS = 20  # members that the table shows one by one

_EXAMPLES = {
    "20261127-193943": "its fit as a chart, what happened, and its losses",
    "20261127-193943 --json": "all that is known of it, with the losses over the epochs",
}


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@click.argument("run", metavar="ID", shell_complete=runs)
@json_option
@store_option
def show(run: str, as_json: bool, store: Store) -> None:
    """Show a run: its options, its losses, what happened."""
    kept = store.named(run)
    head = kept.head()
    entry = store.entry(kept.id) or Entry(id=kept.id)
    recording = kept.recording() if head.snapshots else None
    from nnexpr.runs.events import events

    found = events(recording) if recording is not None else ()
    if as_json:
        print_json(_document(entry, recording, found))
        return
    _print(head, entry, recording, found)
    if who := kept.holder():
        print_text(f"{who[0].upper()}{who[1:]} is training it.")


def _document(entry: Entry, recording: Recording | None, found: tuple[Event, ...]) -> dict[str, Any]:
    history = None if recording is None else {"epochs": recording.epochs, "losses": recording.losses}
    happened = [{"kind": each.kind, "epoch": each.epoch, "words": each.words} for each in found]
    return {"schema": 1, **described(entry), "events": happened, "history": history}


def _print(head: Head, entry: Entry, recording: Recording | None, found: tuple[Event, ...]) -> None:
    from nnexpr.specification import FitSpecification, command_line
    from nnexpr_tui.commands.fit_report import print_fit

    specification = FitSpecification.from_config(head.config)
    print_text(f"Run {head.run}" + (f", {harmless(entry.name)}" if entry.name else ""), style="bold")
    if entry.tags or entry.note:
        print_text(harmless("; ".join(filter(None, (" ".join(entry.tags), entry.note)))))
    print_text(harmless(command_line(specification)))
    took = "" if head.seconds is None else f" in {head.seconds:.3g} s"
    print_text(f"{head.state or 'kept'} at epoch {head.epoch:,}{took}; written {harmless(head.written)}.")
    if recording is None:
        print_text("No snapshots of the way there were kept.")
    else:
        print_text(f"{count(len(recording.snapshots), 'snapshot')} of the way there.")
        last, known = recording.snapshots[-1], recording.scene.data is None or specification.noise > 0
        print_fit(recording.scene, last, recording.network.seeds[last.member], known=known)
    for event in found:
        print_text(f"  {event.words}")
    rows = [(str(member), figure(loss)) for member, loss in enumerate(head.losses[:MOST_ROWS])]
    print_table("Members", ("member", "loss"), rows)
    if head.members > MOST_ROWS:
        print_text(
            f"… and {count(head.members - MOST_ROWS, 'more member')}; least loss {number(head.least_loss)}."
        )
