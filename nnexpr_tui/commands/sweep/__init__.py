"""``sweep``: many fits from one file; one file a subcommand, of which ``run`` is meant where none is named."""

from __future__ import annotations

import click

from nnexpr_tui.commands.helped import Helped
from nnexpr_tui.commands.sweep.listing import listing
from nnexpr_tui.commands.sweep.run import run
from nnexpr_tui.commands.sweep.show import show

__all__ = ["sweep"]


class _SweepGroup(Helped, click.Group):
    """What is no subcommand is for ``run``, whose help is the group's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        asks = args[:1] and args[0] in (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, args if asks or not args else ["run", *args])

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [name for name, command in self.commands.items() if not command.hidden]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "[OPTIONS] FILE.toml | --resume ID | COMMAND ...")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        run.format_help_text(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        run.format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


@click.group(cls=_SweepGroup, invoke_without_command=True, examples=run.examples, failed=run.failed)
@click.pass_context
def sweep(ctx: click.Context) -> None:
    """Train a grid of fits from a TOML file."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


for command in (run, show, listing):
    sweep.add_command(command)
