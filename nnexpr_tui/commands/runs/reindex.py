"""``runs reindex``: the index over the runs, made anew from their files."""

from __future__ import annotations

import click

from nnexpr.runs.index import IndexProblem
from nnexpr.runs.store import Store
from nnexpr_tui.commands.group import FailedRunError
from nnexpr_tui.commands.options import SectionedCommand, json_option, store_option
from nnexpr_tui.commands.output import count, print_json, print_text

__all__ = ["reindex"]


_EXAMPLES = {"": "of the usual store", "--store /data/runs": "of another"}


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@json_option
@store_option
def reindex(as_json: bool, store: Store) -> None:
    """Make the index over the runs and sweeps anew from their files.

    Lists and questions bring it up to date by themselves. An index that is damaged is set aside under another name.
    """
    try:
        rebuilt = store.index().rebuild()
    except IndexProblem as problem:
        raise FailedRunError(str(problem)) from None
    if as_json:
        print_json({"schema": 1, **vars(rebuilt), "set_aside": rebuilt.set_aside or None})
        return
    damaged = f", of which {rebuilt.damaged:,} cannot be read" if rebuilt.damaged else ""
    swept = f" and {count(rebuilt.sweeps, 'sweep')}" if rebuilt.sweeps else ""
    print_text(f"{count(rebuilt.runs, 'run')}{damaged}{swept}, in {rebuilt.seconds:.2f} s.")
    for sentence in rebuilt.problems:
        print_text(f"Not read: {sentence}.")
    if rebuilt.set_aside:
        print_text(f"What was there was damaged; it is now {rebuilt.set_aside}.")
