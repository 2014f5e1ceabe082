"""No subcommand: the explorer, begun with what was given on the command line."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any

import click

from nnexpr.runs.store import Store
from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr_tui.presets import Preset

__all__ = ["amended", "explore", "require_terminal"]


def explore(
    options: dict[str, Any],
    *,
    start: bool,
    fresh: bool,
    config: str | None,
    store: Store,
    no_store: bool,
    checkpoint_every: float | None,
    preset: Preset | None = None,
    opening: Preset | None = None,
) -> int:
    """Open the explorer; the exit code it ends with. ``options`` are those of a fit that were given.

    ``opening`` is what a view begins with, without a question.
    """
    from nnexpr_tui.app import run_explorer
    from nnexpr_tui.controller import DEFAULT_EPOCHS
    from nnexpr_tui.last_seen import LastSeen
    from nnexpr_tui.settings import Settings

    _require_file(options.get("target", ""))
    settings = Settings.load(config)
    if no_store:
        settings = replace(settings, keep_runs=False)
    if checkpoint_every is not None:
        settings = replace(settings, checkpoint_every=checkpoint_every)
    restored = settings.restore and not fresh
    specification = None
    if preset is not None and (preset.fit or options):
        specification = preset.specification(**options)
    elif options:
        last = LastSeen.load()[0].specification if restored else None
        specification = amended(last, options, epochs=DEFAULT_EPOCHS)
    return run_explorer(
        specification,
        start=start,
        fresh=fresh,
        settings=settings,
        store=store,
        preset=preset,
        opening=opening,
    )


def require_terminal() -> None:
    """Refuse to open where stdin or stdout is none."""
    for stream in ("stdout", "stdin"):
        if not getattr(sys, stream).isatty():
            needs = "and the explorer needs one; for a run without it use: nnexpr-tui fit"
            raise click.UsageError(f"{stream} is not a terminal, {needs}")


def _require_file(target: str) -> None:
    """Refuse a data file that is not there before anything is drawn; the rest shows once torch is loaded."""
    kind, _, text = target.partition(":")
    # Columns may follow the path, and the path may hold colons itself.
    readings = (text, text.rpartition(":")[0], text.rpartition(":")[0].rpartition(":")[0])
    if (
        kind == "csv"
        and text
        and not any(os.path.exists(os.path.expanduser(path)) for path in readings if path)
    ):
        raise InputError("target", target, "there is no such file")


def amended(last: FitSpecification | None, options: dict[str, Any], *, epochs: int) -> FitSpecification:
    """What was looked at last with the given options in place of its own.

    Another network begins with its own defaults, another target on its own domain. Where the given options contradict
    what was looked at they stand alone, with so many ``epochs``.
    """
    alone = FitSpecification.make(**{"epochs": epochs, **options})  # raises for what is wrong in themselves
    if last is None:
        return alone
    kept = last.as_config()
    if options.get("network", last.network) != last.network:
        kept = {name: value for name, value in kept.items() if OPTIONS[name].group != "network"}
    if options.get("target", last.target) != last.target:
        del kept["domain"]
    try:
        return FitSpecification.from_config({**kept, **options})
    except InputError:
        return alone
