"""``runs delete``: removes runs for good, once it was confirmed."""

from __future__ import annotations

import sys

import click

from nnexpr.runs.run import Run
from nnexpr.runs.store import Store
from nnexpr.specification import InputError
from nnexpr_tui.commands.completion import runs
from nnexpr_tui.commands.group import FailedRunError
from nnexpr_tui.commands.options import SectionedCommand, json_option, output_option, store_option
from nnexpr_tui.commands.output import count, number, print_json, print_text, say

__all__ = ["delete"]

_EXAMPLES = {
    "20261127-193943": "one run, once it was confirmed",
    "20261127-193943 20261127-201502 --yes": "two, unasked: in a script",
}


@click.command(cls=SectionedCommand, examples=_EXAMPLES, failed="it failed, or it was not confirmed")
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=runs)
@output_option("--yes", is_flag=True, help="do not ask")
@json_option
@store_option
def delete(ids: tuple[str, ...], yes: bool, as_json: bool, store: Store) -> int:
    """Delete runs for good.

    Their networks, histories and recordings go with them.
    """
    kept = [store.named(each) for each in dict.fromkeys(ids)]
    for run in kept:
        run.require_free()
    if not yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise InputError(
                "yes", "", "there is no terminal to ask on; give --yes to delete without being asked"
            )
        for run in kept:
            say(_told(run))
        if not click.confirm(f"Delete {count(len(kept), 'run')} for good?", err=True):
            say("Nothing was deleted.")
            return 1
    gone: list[str] = []
    for run in kept:
        try:
            run.delete()
        except OSError as error:
            raise FailedRunError(
                f"{run.path} could not be deleted: {error.strerror or error}; {len(gone)} were deleted before"
            ) from None
        gone.append(run.id)
    if as_json:
        print_json({"schema": 1, "deleted": gone})
    else:
        print_text(f"Deleted {count(len(gone), 'run')}.")
    return 0


def _told(run: Run) -> str:
    try:
        head = run.head()
    except InputError as error:
        return f"{run.id}: {error.allowed}"
    return f"{run.id}: {head.config.get('target')}, epoch {head.epoch:,}, loss {number(head.least_loss)}"
