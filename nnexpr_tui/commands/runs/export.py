"""``runs export``: recordings written to a file, in the way that its ending asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from nnexpr.declarations import load
from nnexpr.runs.store import Store
from nnexpr.specification import InputError
from nnexpr_tui.commands.completion import runs
from nnexpr_tui.commands.group import FailedRunError
from nnexpr_tui.commands.options import (
    SectionedCommand,
    json_option,
    output_option,
    specified_options,
    store_option,
)
from nnexpr_tui.commands.output import Progress, count, print_json, print_text
from nnexpr_tui.exports import EXPORTS, export_to

__all__ = ["export"]

_EXAMPLES = {
    "20261127 --to losses.csv": "of the only run of that day, the losses over the epochs",
    "ID ID --to runs.json": "all that was recorded of two runs",
    "ID ID --to both.svg --frames 40 --seconds 6": "two runs side by side, moving, for a README",
    "ID --to run.cast --size 80x24": "for asciinema's players",
}


class _ExportCommand(SectionedCommand):
    """Its help lists the endings there are, as they are declared when it is shown."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The endings, and then the examples."""
        with formatter.section("Endings"):
            formatter.write_dl([(export.name, export.words) for export in EXPORTS.values()])
        super().format_epilog(ctx, formatter)


def asked_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that some exports have, as they declare them."""
    for home in dict.fromkeys(export.asks for export in EXPORTS.values() if export.asks):
        function = specified_options(load(home))(function)
    return function


@click.command(cls=_ExportCommand, examples=_EXAMPLES)
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=runs)
@output_option(
    "--to", metavar="FILE", required=True, type=click.Path(), help="what to write; its ending says how"
)
@output_option("--force", is_flag=True, help="write over a file that is there")
@asked_options
@json_option
@store_option
def export(ids: tuple[str, ...], to: str, force: bool, as_json: bool, store: Store, **options: Any) -> None:
    """Write what was recorded of runs to a file, by the file's ending."""
    path = Path(to)
    chosen = export_to(path)
    kept = [store.named(each) for each in dict.fromkeys(ids)]
    asked = {name: value for name, value in options.items() if value is not None}
    chosen.require(path, len(kept), asked)
    if path.exists() and not force:
        raise InputError("to", to, "there is such a file; --force writes over it")
    if not path.absolute().parent.is_dir():
        raise InputError("to", to, "its folder must be there")
    recordings = [run.recording() for run in kept]
    try:
        with Progress(f"writing {path.name}", 1.0) as bar:
            chosen.write(recordings, path, asked=asked, tell=lambda done, of: bar.show(done / of, ""))
    except OSError as error:
        raise FailedRunError(f"{to} could not be written: {error.strerror or error}") from None
    size = path.stat().st_size
    if as_json:
        print_json({"schema": 1, "file": to, "bytes": size, "runs": [run.id for run in kept]})
    else:
        print_text(f"{to}: {count(len(kept), 'run')}, {size:,} bytes.")
