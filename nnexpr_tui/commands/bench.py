"""``bench``: measures this machine, in about half a minute."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from nnexpr_tui.commands.options import SectionedCommand, declared_options, json_option
from nnexpr_tui.commands.output import number, print_json, print_table, print_text, progress
from nnexpr_tui.commands.threads import use_threads

if TYPE_CHECKING:
    import torch

__all__ = ["bench"]

_SHAPES = ((6, 4), (3, 16), (3, 64))  # depth and width: 1-4x5-1, 1-16x2-1 and 1-64x2-1
_MEMBERS = (1, 30, 240)
_MEASUREMENTS = len(_SHAPES) * (1 + 2 * len(_MEMBERS)) + 3


@click.command(cls=SectionedCommand)
@declared_options("device", "threads", device="cpu")
@json_option
def bench(device: str | None, threads: int | None, as_json: bool) -> int:
    """Measure this machine: the engine against sequential PyTorch and torch.func, regions, frames.

    Training is full-batch Adam on 512 points in float32; times are microseconds for one epoch of one network. Regions
    are counted and frames drawn on the processor.
    """
    use_threads(threads)
    from nnexpr.training.devices import describe_device, resolve_device
    from nnexpr_tui.commands import machine

    place = resolve_device(device or "cpu")
    found: dict[str, Any] = {
        "schema": 1,
        "machine": {**machine.processor(), **machine.devices()},
        "versions": machine.versions(),
        "device": describe_device(place),
        **_measured(place),
    }
    found["verdict"] = _verdict(found)
    if as_json:
        print_json(found)
    else:
        _show(found)
    return 0


def _measured(device: torch.device) -> dict[str, Any]:
    from nnexpr_tui.commands import measure

    training: list[dict[str, Any]] = []
    with progress("measuring", _MEASUREMENTS) as bar:
        done = 0

        def advance(note: str) -> None:
            nonlocal done
            done += 1
            bar.show(done, note)

        for depth, width in _SHAPES:
            shape = [1, *[width] * (depth - 1), 1]
            sequential = measure.one_after_another(depth, width, device).microseconds
            advance("one after another")
            for members in _MEMBERS:
                engine = measure.engine(depth, width, members, device).microseconds
                advance(f"engine, {members} members")
                functional = measure.functional(depth, width, members, device).microseconds
                advance(f"torch.func, {members} members")
                row: dict[str, Any] = {"shape": shape, "members": members}
                row |= {"engine": engine, "sequential": sequential, "torch_func": functional}
                row |= {"against_sequential": sequential / engine, "against_torch_func": functional / engine}
                training.append(row)
        regions = measure.regions()
        advance("regions")
        cells = measure.cells()
        advance("cells")
        frames = measure.frames()
        advance("frames")
    return {
        "training": training,
        "regions_per_second": regions.per_second,
        "cells_per_second": cells.per_second,
        "frames_per_second": frames.per_second,
    }


def _verdict(found: dict[str, Any]) -> list[str]:
    """Sentences to paste."""
    machine, torch = found["machine"], found["versions"]["torch"]
    place = "" if found["device"] == "cpu" else f"{found['device']}, "
    words = [f"{place}{machine['processor']}, {machine['threads']} threads, torch {torch}:"]
    for members in (_MEMBERS[0], _MEMBERS[-1]):
        of_these = [row for row in found["training"] if row["members"] == members]
        parts = [
            f"{_name(row['shape'])} {row['engine']:.3g} us an epoch and network, "
            f"{row['against_sequential']:.3g}x sequential PyTorch, {row['against_torch_func']:.3g}x torch.func"
            for row in of_these
        ]
        noun = "member" if members == 1 else "members at once"
        words.append(f"{members} {noun}: {'; '.join(parts)}.")
    words.append(
        f"A second: {found['regions_per_second']:,.0f} linear regions on the line and "
        f"{found['cells_per_second']:,.0f} in the plane counted, {found['frames_per_second']:,.0f} chart frames drawn."
    )
    return words


def _show(found: dict[str, Any]) -> None:
    keys = ("engine", "sequential", "torch_func", "against_sequential", "against_torch_func")
    rows = [
        (_name(row["shape"]), str(row["members"]), *(number(row[key]) for key in keys))
        for row in found["training"]
    ]
    columns = (
        "network",
        "members",
        "engine, us",
        "sequential, us",
        "torch.func, us",
        "x sequential",
        "x torch.func",
    )
    print_table(f"One epoch of one network, 512 points, Adam, on {found['device']}", columns, rows)
    for sentence in found["verdict"]:
        print_text(sentence)


def _name(shape: list[int]) -> str:
    """A network's widths, as 1-4x5-1 for five layers of four units between one input and one output."""
    runs = [(width, len(list(run))) for width, run in groupby(shape)]
    return "-".join(f"{width}x{times}" if times > 1 else str(width) for width, times in runs)
