"""``runs open``: the explorer's Replay on kept runs, side by side."""

from __future__ import annotations

import click

from nnexpr.runs.store import Store
from nnexpr.specification import InputError
from nnexpr_tui.commands.completion import runs
from nnexpr_tui.commands.explore import require_terminal
from nnexpr_tui.commands.options import SectionedCommand, store_option
from nnexpr_tui.presets import Preset

__all__ = ["opening"]

MOST = 4  # side by side

_EXAMPLES = {
    "20261127-193943": "one run",
    "20261127-193943 20261127-201502": "two, side by side on one clock",
}


@click.command("open", cls=SectionedCommand, examples=_EXAMPLES)
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=runs)
@store_option
def opening(ids: tuple[str, ...], store: Store) -> int:
    """Open up to four runs side by side in Replay.

    Scrub, play, jump to where something happened, train variants beside them.
    """
    require_terminal()
    kept = [store.named(each) for each in dict.fromkeys(ids)]
    if len(kept) > MOST:
        raise InputError("run", kept[MOST].id, f"at most {MOST} runs stand side by side")
    for run in kept:
        if not run.head().snapshots:
            raise InputError("run", run.id, "its file holds the trained network, but not a recording")
    from nnexpr_tui.commands.explore import explore

    begin = Preset("runs", "", "", view="Replay", begin={"runs": tuple(run.id for run in kept)})
    return explore(
        {},
        start=False,
        fresh=False,
        config=None,
        store=store,
        no_store=False,
        checkpoint_every=None,
        opening=begin,
    )
