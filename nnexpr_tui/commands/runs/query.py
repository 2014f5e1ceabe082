"""``runs query``: a question in SQL about the runs that are kept."""

from __future__ import annotations

from typing import Any

import click

from nnexpr.runs.index import DESCRIBED, LONGEST, MOST_ROWS, IndexProblem
from nnexpr.runs.store import Store
from nnexpr_tui.commands.group import FailedRunError
from nnexpr_tui.commands.options import SectionedCommand, json_option, own_option, store_option
from nnexpr_tui.commands.output import number, print_json, print_table, print_text, say

__all__ = ["query"]

_EXAMPLES = {
    '"SELECT target, count(*), min(least_loss) FROM runs GROUP BY target"': "the best of each target",
    "\"SELECT id, json_extract(config, '$.depth'), least_loss FROM runs ORDER BY 3\"": "an option of each fit",
    "\"SELECT epoch, least, median FROM metrics WHERE run = '20261127-193943-0123ab'\" --json": "losses over time",
    "\"SELECT json_extract(config, '$.width') AS width, min(value) FROM cells JOIN cell_metrics USING (sweep, number) "
    "WHERE name = 'loss' GROUP BY width\"": "the best cell of each width, of all sweeps",
    '"SELECT id, name, state, done, failed, cells FROM sweeps"': "how far each sweep is",
}


class _QueryCommand(SectionedCommand):
    """Its help has the tables."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The tables, and then the examples."""
        with formatter.section("Tables"):
            formatter.write_dl(list(DESCRIBED.items()))
        with formatter.section("Numbers that are not finite"):
            formatter.write_text("are NULL, and the column's name with _state says nan, inf or -inf.")
        super().format_epilog(ctx, formatter)


@click.command(cls=_QueryCommand, examples=_EXAMPLES)
@click.argument("sql", metavar="SQL")
@own_option("rows", "integer", MOST_ROWS, "at most so many rows", "Output", minimum=1, maximum=1_000_000)
@own_option("seconds", "number", LONGEST, "at most so long", "Output", minimum=0, exclusive=True)
@json_option
@store_option
def query(sql: str, rows: int | None, seconds: float | None, as_json: bool, store: Store) -> None:
    """Ask a question in SQL about the runs that are kept, their members, losses, tags and sweeps.

    It reads, and can do nothing else.
    """
    index = store.index()
    try:
        answer = index.query(sql, rows=rows or MOST_ROWS, seconds=seconds or LONGEST)
    except IndexProblem as problem:
        raise FailedRunError(str(problem)) from None
    for note in index.notes:
        say(note)
    if as_json:
        print_json({"schema": 1, "columns": answer.columns, "rows": answer.rows, "cut": answer.is_cut})
        return
    print_table("Answer", answer.columns, [tuple(map(_shown, row)) for row in answer.rows], words=True)
    if answer.is_cut:
        print_text(f"The first {len(answer.rows):,} rows; --rows N gives more.")


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return number(value, 6) if isinstance(value, int | float) else str(value)
