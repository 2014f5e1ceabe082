"""``bench``: measures this machine, in about half a minute."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from nnexpr_tui.commands.options import SectionedCommand, declared_options, json_option, threads_option
from nnexpr_tui.commands.output import Progress, number, print_json, print_table, print_text

if TYPE_CHECKING:
    import torch

    from nnexpr_tui.commands.measure import Part

__all__ = ["bench"]

_SHAPES = ((6, 4), (3, 16), (3, 64))  # depth and width: 1-4x5-1, 1-16x2-1 and 1-64x2-1
_MEMBERS = (1, 30, 240)
_MEASUREMENTS = len(_SHAPES) * (1 + 2 * len(_MEMBERS)) + 3


@click.command(cls=SectionedCommand)
@declared_options("device", device="cpu")
@threads_option
@json_option
def bench(device: str | None, as_json: bool) -> None:
    """Measure this machine: the engine against sequential PyTorch and torch.func, regions, frames.

    Training is full-batch Adam on 512 points in float32; times are microseconds for one epoch of one network. Regions
    are counted and frames drawn on the processor.
    """
    from nnexpr.training.devices import describe_device, resolve_device
    from nnexpr_tui.commands import machine

    place = resolve_device("cpu" if device is None else device)
    found = {"schema": 1, "machine": machine.machine(), "versions": machine.versions()}
    found |= {"device": describe_device(place), **_measured(place)}
    found["verdict"] = _verdict(found)
    if as_json:
        print_json(found)
    else:
        _show(found)


def _measured(device: torch.device) -> dict[str, Any]:
    from nnexpr_tui.commands import measure

    training: list[dict[str, Any]] = []
    with Progress("measuring", _MEASUREMENTS) as bar:
        done = iter(range(_MEASUREMENTS))

        def rate(note: str, part: Part) -> float:
            bar.show(next(done), note)
            return measure.best(part)

        for depth, width in _SHAPES:
            sequential = 1e6 / rate("one after another", measure.one_after_another(depth, width, device))
            for members in _MEMBERS:
                size = (depth, width, members, device)
                engine = 1e6 / rate(f"engine, {members} members", measure.engine(*size))
                functional = 1e6 / rate(f"torch.func, {members} members", measure.functional(*size))
                row: dict[str, Any] = {"shape": [1, *[width] * (depth - 1), 1], "members": members}
                row |= {"engine": engine, "sequential": sequential, "torch_func": functional}
                row |= {"against_sequential": sequential / engine, "against_torch_func": functional / engine}
                training.append(row)
        return {
            "training": training,
            "regions_per_second": rate("regions", measure.regions()),
            "cells_per_second": rate("cells", measure.cells()),
            "frames_per_second": rate("frames", measure.frames()),
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
    columns = {
        "engine": "engine, us", "sequential": "sequential, us", "torch_func": "torch.func, us",
        "against_sequential": "x sequential", "against_torch_func": "x torch.func",
    }  # fmt: skip
    rows = [
        (_name(row["shape"]), str(row["members"]), *(number(row[key]) for key in columns))
        for row in found["training"]
    ]
    title = f"One epoch of one network, 512 points, Adam, on {found['device']}"
    print_table(title, ("network", "members", *columns.values()), rows)
    for sentence in found["verdict"]:
        print_text(sentence)


def _name(shape: list[int]) -> str:
    """A network's widths, as 1-4x5-1 for five layers of four units between one input and one output."""
    runs = [(width, len(list(run))) for width, run in groupby(shape)]
    return "-".join(f"{width}x{times}" if times > 1 else str(width) for width, times in runs)
