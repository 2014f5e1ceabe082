"""``sweep list``: the sweeps of the store."""

from __future__ import annotations

import click

from nnexpr.runs.store import Store
from nnexpr_tui.commands.options import SectionedCommand, json_option, store_option
from nnexpr_tui.commands.output import print_json, print_table, say

__all__ = ["listing"]


_EXAMPLES = {"": "what there is", "--json": "for a script"}


@click.command("list", cls=SectionedCommand, examples=_EXAMPLES)
@json_option
@store_option
def listing(as_json: bool, store: Store) -> None:
    """List the sweeps that are kept, the oldest first."""
    found, unreadable = store.sweeps.all_and_unreadable()
    if as_json:
        keys = ("id", "name", "created", "state", "cells")
        sweeps = [{key: getattr(each, key) for key in keys} for each in found]
        told = [{"id": sweep, "problem": problem} for sweep, problem in unreadable.items()]
        print_json({"schema": 1, "sweeps": sweeps, "unreadable": told})
        return
    for sweep, problem in unreadable.items():
        say(f"Sweep {sweep} is left out: {problem}.")
    if not found:
        say(f"No sweeps in {store.folder}.")
        return
    rows = [(each.id, each.name, f"{each.cells:,}", each.state) for each in found]
    print_table(f"Sweeps in {store.folder}", ("id", "name", "cells", "state"), rows, words=True)
