"""The command line: no subcommand opens the explorer, a subcommand runs one batch task.

Nothing is imported here but click and the declarations of the options: ``--help`` and ``--version`` answer
before torch, NumPy, rich or textual would have been loaded.
"""

from __future__ import annotations

from typing import Any

import click

import nnexpr
from nnexpr_tui.commands.explore import explore, explorer_options, require_terminal
from nnexpr_tui.commands.group import CommandGroup
from nnexpr_tui.commands.options import given
from nnexpr_tui.commands.preset import list_presets as print_presets
from nnexpr_tui.presets import Preset

__all__ = ["cli"]

_EXAMPLES = {
    "": "the explorer; ? in it says what each pane shows",
    "--start --target csv:data.csv --width 64": "training at once on a file of your own",
    "--preset folding": "a question, on the screen that answers it",
    "fit --target cube --json": "without a terminal, for a script",
}


@click.group(
    cls=CommandGroup,
    name="nnexpr-tui",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    examples=_EXAMPLES,
    epilog="Any option of fit may stand here too: see nnexpr-tui fit --help. The guide is in docs/guide.",
)
@explorer_options()
@click.version_option(nnexpr.__version__, prog_name="nnexpr-tui", message="%(prog)s %(version)s")
@click.pass_context
def cli(
    ctx: click.Context,
    /,
    start: bool,
    fresh: bool,
    config: str | None,
    preset: Preset | None,
    list_presets: bool,
    **options: Any,
) -> int:
    """Explore what a neural network can represent, and how it gets there.

    Without a subcommand the explorer opens, ready at epoch 0; its first network and target are set by the
    options of fit. The subcommands are the same engine for scripts: data on stdout, narration on stderr, one
    JSON document with --json.
    """
    if ctx.invoked_subcommand is not None:
        return 0
    if list_presets:
        print_presets()
        return 0
    require_terminal()

    keeping = {name: options[name] for name in ("store", "no_store", "checkpoint_every")}
    return explore(given(ctx), start=start, fresh=fresh, preset=preset, config=config, **keeping)
