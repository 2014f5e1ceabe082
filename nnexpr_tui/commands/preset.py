"""``--preset`` and ``--list-presets``: questions ready to run."""

from __future__ import annotations

from typing import Any

import click

from nnexpr.specification import InputError
from nnexpr_tui.commands.completion import presets
from nnexpr_tui.commands.options import Decorator, SectionedOption, attached
from nnexpr_tui.presets import PRESETS, Preset

__all__ = ["list_presets", "preset_options"]


def preset_options() -> Decorator:
    """A preset, which arrives as one, and whether all are to be listed."""
    return attached(
        SectionedOption(
            ["--preset"], metavar="NAME", type=click.UNPROCESSED, callback=_preset, shell_complete=presets,
            section="Output", help="a question ready to run; options that are given take the place of its own",
        ),
        SectionedOption(
            ["--list-presets"], is_flag=True, section="Output", help="list the questions and leave",
        ),
    )  # fmt: skip


def _preset(ctx: click.Context, param: click.Parameter, name: str | None) -> Preset | None:  # noqa: ARG001
    if name is None or isinstance(name, Preset):
        return name
    if name not in PRESETS:
        raise InputError("preset", name, f"it must be one of {', '.join(PRESETS)}")
    return PRESETS[name]


def list_presets(*, as_json: bool = False) -> None:
    """All of them, with the command that answers each without the explorer."""
    from nnexpr_tui.commands.output import print_json, print_table

    if as_json:
        print_json([_described(preset) for preset in PRESETS.values()])
        return
    rows = [(preset.name, preset.question, _command(preset)) for preset in PRESETS.values()]
    print_table("Presets", ("name", "question", "in batch"), rows, words=True)


def _described(preset: Preset) -> dict[str, Any]:
    keys = ("name", "question", "look_for", "view")
    return {**{key: getattr(preset, key) for key in keys}, "batch": _command(preset)}


def _command(preset: Preset) -> str:
    return f"nnexpr-tui {preset.batch or f'fit --preset {preset.name}'}"
