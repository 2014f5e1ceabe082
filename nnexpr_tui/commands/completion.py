"""What a shell offers when tab is pressed: targets, runs, sweeps and files, experiments."""

from __future__ import annotations

import os
from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem

__all__ = ["experiments", "networks", "plotted", "presets", "runs", "runs_and_sweeps", "sweeps", "targets"]

_MOST = 200  # files or runs


def targets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Names of the catalogue with their formulas, ``expr:``, and files behind ``csv:``."""
    from nnexpr.targets.catalogue import CATALOGUE

    if incomplete.startswith("csv:"):
        return [CompletionItem(f"csv:{path}") for path in _files(incomplete.removeprefix("csv:"))]
    offered = {name: entry.formula for name, entry in CATALOGUE.items()}
    offered |= {"expr:": "a formula in x, or in x1 and x2", "csv:": "a file"}
    return [CompletionItem(name, help=says) for name, says in offered.items() if name.startswith(incomplete)]


def networks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids of runs, the newest first, and files."""
    return [*runs(ctx, param, incomplete), CompletionItem(incomplete, type="file")]


def runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Ids of runs, the newest first."""
    from nnexpr.runs.store import store

    kept = (ctx.params.get("store") or store()).runs(incomplete)
    return [CompletionItem(run.id) for run in reversed(kept[-_MOST:])]


def sweeps(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Names and ids of sweeps, the newest first."""
    from nnexpr.runs.store import store

    kept = (ctx.params.get("store") or store()).sweeps.all()
    names = dict.fromkeys(name for each in reversed(kept) for name in (each.name, each.id) if name)
    return _beginning(names, incomplete)[:_MOST]


def runs_and_sweeps(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids of runs, and sweeps."""
    return [*runs(ctx, param, incomplete), *sweeps(ctx, param, incomplete)]


def experiments(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Experiments, their groups, and all of them."""
    from nnexpr.experiments.discovery import every

    known = every()
    return _beginning(
        ["all", *dict.fromkeys(one.group for one in known), *(one.id for one in known)], incomplete
    )


def plotted(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Whatever there are figures of: experiments and their groups, runs, files."""
    return [*experiments(ctx, param, incomplete), *networks(ctx, param, incomplete)]


def presets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Questions ready to run."""
    from nnexpr_tui.presets import PRESETS

    return [
        CompletionItem(name, help=preset.question)
        for name, preset in PRESETS.items()
        if name.startswith(incomplete)
    ]


def _beginning(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _files(start: str) -> list[str]:
    """Paths that begin so; a folder ends in a slash."""
    folder, stem = os.path.split(start)
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as entries:
            found = sorted((entry.name, entry.is_dir()) for entry in entries if entry.name.startswith(stem))
    except OSError:
        return []
    return [os.path.join(folder, name) + "/" * is_folder for name, is_folder in found[:_MOST]]
