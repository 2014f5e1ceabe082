"""``sweep show``: the results of a sweep as they stand."""

from __future__ import annotations

import click

from nnexpr.runs.store import Store
from nnexpr.runs.sweeps.rungs import OBJECTIVES
from nnexpr_tui.commands.completion import sweeps
from nnexpr_tui.commands.options import Decorator, SectionedCommand, json_option, own_option, store_option
from nnexpr_tui.commands.output import count, print_json, print_text
from nnexpr_tui.commands.sweep.report import document, show_failures, show_results

__all__ = ["TOP", "objective_option", "show"]

TOP = 10


def objective_option(default: str) -> Decorator:
    """``--objective``, with what it is unless given."""
    words = f"what cells are judged by: less is better  [default: {default}]"
    return own_option("objective", "choice", None, words, "Output", offered=OBJECTIVES)


_EXAMPLES = {
    "20261127-193943": "the best cells, heat maps, parallel coordinates",
    "widths --top 30": "of the newest sweep of that name, more of them",
    "widths --objective max_error": "ranked by the largest error",
}


@click.command("show", cls=SectionedCommand, examples=_EXAMPLES)
@click.argument("sweep", metavar="ID", shell_complete=sweeps)
@own_option(
    "top", "integer", None, f"so many cells and configurations; {TOP} unless given", "Output", minimum=1
)
@objective_option("loss, or what it was halved by")
@json_option
@store_option
def show(sweep: str, top: int | None, objective: str | None, as_json: bool, store: Store) -> None:
    """Show the results of a sweep, named by its id, the beginning of it, or its name: also while it is at work."""
    from nnexpr.runs.sweeps.sweep import Sweep
    from nnexpr.runs.sweeps.table import table_of

    found = Sweep.open(store, sweep)
    if as_json:
        print_json(document(found, found.entry.state))
        return
    done = sum(cell.state == "done" for cell in found.cells)
    print_text(f"Sweep {found.id}, {found.name}: {found.entry.state}", style="bold")
    print_text(f"{done:,} of {count(len(found.cells), 'cell')} done; begun {found.entry.created}.")
    show_failures(found.failures)
    if done:
        show_results(table_of(found), top or TOP, objective or found.halving or "loss")
