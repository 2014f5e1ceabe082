"""No subcommand: the explorer, begun with what was given on the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from nnexpr.runs.store import Store
from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr_tui.commands.options import Decorator, SectionedOption, attached, fit_options, keeping_options
from nnexpr_tui.commands.preset import preset_options
from nnexpr_tui.presets import Preset
from nnexpr_tui.served import is_served

if TYPE_CHECKING:
    from nnexpr_tui.settings import Settings

__all__ = ["amended", "explore", "explorer_options", "require_beginning", "require_terminal"]


def explorer_options() -> Decorator:
    """Every option of the explorer; those of a fit are shown in the help of ``fit``."""
    section = "Explorer"
    own = (
        SectionedOption(["--start"], section=section, is_flag=True, help="begin training at once"),
        SectionedOption(
            ["--fresh"], section=section, is_flag=True, help="begin with the defaults, not where it was left"
        ),
        SectionedOption(
            ["--config"], section=section, metavar="PATH", help="a settings file other than the usual one"
        ),
    )
    shown = attached(*own)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        return fit_options(hidden=True)(keeping_options(hidden=True)(preset_options()(shown(function))))

    return decorate


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

    settings = require_beginning(options, config)
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
    """Refuse to open where stdin or stdout is none, unless it is a browser that will show it."""
    for stream in ("stdout", "stdin"):
        if not (is_served() or getattr(sys, stream).isatty()):
            needs = "and the explorer needs one; for a run without it use: nnexpr-tui fit"
            raise click.UsageError(f"{stream} is not a terminal, {needs}")


def require_beginning(options: dict[str, Any], config: str | None) -> Settings:
    """Refuse options, data files and settings that are wrong before anything is drawn; the settings.

    Whether they can be built shows once torch is loaded.
    """
    from nnexpr_tui.settings import Settings

    _require_file(options.get("target", ""))
    return Settings.load(config)


def _require_file(target: str) -> None:
    """Refuse a data file that is not there."""
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
