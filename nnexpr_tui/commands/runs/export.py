"""``runs export``: recordings written to a file, in the way that its ending asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from nnexpr.declarations import load
from nnexpr.runs.store import Store
from nnexpr.runs.sweep_journal import SweepEntry
from nnexpr.specification import InputError
from nnexpr_tui.commands.completion import runs_and_sweeps
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
    "widths --to cells.csv": "of the sweep of that name a row each cell, with its options and results",
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
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=runs_and_sweeps)
@output_option(
    "--to", metavar="FILE", required=True, type=click.Path(), help="what to write; its ending says how"
)
@output_option("--force", is_flag=True, help="write over a file that is there")
@asked_options
@json_option
@store_option
def export(ids: tuple[str, ...], to: str, force: bool, as_json: bool, store: Store, **options: Any) -> None:
    """Write what was recorded of runs to a file, by the file's ending.

    Of a sweep, named by its whole id or by its name, the cells are written, to .csv, .json or .parquet: a row each,
    with options and results.
    """
    path = Path(to)
    asked = {name: value for name, value in options.items() if value is not None}
    sweeps = _sweeps(ids, store)
    if sweeps:
        _export_sweeps(sweeps, store, path, asked, force=force, as_json=as_json)
        return
    chosen = export_to(path)
    kept = [store.named(each) for each in dict.fromkeys(ids)]
    chosen.require(path, len(kept), asked)
    _require_place(path, force=force)
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


def _require_place(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        raise InputError("to", str(path), "there is such a file; --force writes over it")
    if not path.absolute().parent.is_dir():
        raise InputError("to", str(path), "its folder must be there")


def _sweeps(ids: tuple[str, ...], store: Store) -> list[SweepEntry]:
    """The sweeps that are named; none where runs are. Raises InputError for some of both."""
    known = store.sweeps.all()
    called = {name: each for each in known for name in (each.name, each.id)}
    found = [called[each] for each in dict.fromkeys(ids) if each in called]
    if found and len(found) < len(set(ids)):
        other = next(each for each in ids if each not in called)
        raise InputError(
            "id", other, "it is no sweep, and others are; runs and sweeps go into files of their own"
        )
    return found


def _export_sweeps(
    sweeps: list[SweepEntry], store: Store, path: Path, asked: dict[str, Any], *, force: bool, as_json: bool
) -> None:
    from nnexpr.exports.sweeps import write_sweep, writer_of
    from nnexpr.runs.sweeps.sweep import Sweep
    from nnexpr.runs.sweeps.table import table_of

    for name, value in asked.items():
        raise InputError(name, value, "leave it out; it has no meaning for a sweep")
    writer_of(path)
    _require_place(path, force=force)
    tables = [table_of(Sweep(store, each)) for each in sweeps]
    try:
        write_sweep(tables, path)
    except OSError as error:
        raise FailedRunError(f"{path} could not be written: {error.strerror or error}") from None
    size, cells = path.stat().st_size, sum(len(table.cells) for table in tables)
    if as_json:
        told = {"file": str(path), "bytes": size, "sweeps": [each.id for each in sweeps], "cells": cells}
        print_json({"schema": 1, **told})
    else:
        print_text(f"{path}: {count(cells, 'cell')}, {size:,} bytes.")
