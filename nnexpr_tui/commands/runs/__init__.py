"""``runs``: what is kept of fits, listed, shown, opened, resumed, exported, labelled and deleted."""

from __future__ import annotations

import click

from nnexpr_tui.commands.helped import Helped
from nnexpr_tui.commands.runs.delete import delete
from nnexpr_tui.commands.runs.export import export
from nnexpr_tui.commands.runs.labels import note, rename, tag, untag
from nnexpr_tui.commands.runs.listing import listing
from nnexpr_tui.commands.runs.opening import opening
from nnexpr_tui.commands.runs.query import query
from nnexpr_tui.commands.runs.reindex import reindex
from nnexpr_tui.commands.runs.resume import resume
from nnexpr_tui.commands.runs.show import show

__all__ = ["runs"]


_EXAMPLES = {
    "list": "what there is",
    "show 20261127": "one of them, by as much of its id as no other has",
    "resume 20261127": "train it on from its last checkpoint",
}


class _RunsGroup(Helped, click.Group):
    """Its subcommands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands and not ctx.resilient_parsing:
            allowed = ", ".join(self.commands)
            raise click.UsageError(f"the subcommand of runs is {args[0]}: it must be one of {allowed}")
        return super().resolve_command(ctx, args)


@click.group(cls=_RunsGroup, invoke_without_command=True, examples=_EXAMPLES)
@click.pass_context
def runs(ctx: click.Context) -> None:
    """List, show, open, resume, export and delete the runs that are kept.

    A run is named by its id, by as much of its beginning as no other run has, or by the name that rename gave it.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


for command in (listing, show, opening, resume, export, tag, untag, rename, note, delete, query, reindex):
    runs.add_command(command)
