"""``bench``: measures this machine, in about half a minute."""

from __future__ import annotations

from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from nnexpr_tui.commands.options import SectionedCommand, declared_options, json_option, threads_option
from nnexpr_tui.commands.output import Progress, number, print_json, print_table, print_text

if TYPE_CHECKING:
    import torch

__all__ = ["bench"]

_SHAPES = ((6, 4), (3, 16), (3, 64))  # depth and width: 1-4x5-1, 1-16x2-1 and 1-64x2-1
_MEMBERS = (1, 30, 240)
_OTHERS = ("sequential", "torch_func")  # ways
_MOST_SPREAD = 0.25  # of a ratio that a sentence tells: beyond it the machine was busy with something else

_EXAMPLES = {
    "": "half a minute, and sentences to paste",
    "--device cuda --json": "on a graphics processor, as numbers",
}


@click.command(cls=SectionedCommand, examples=_EXAMPLES)
@declared_options("device", device="cpu")
@threads_option
@json_option
def bench(device: str | None, as_json: bool) -> None:
    """Measure this machine: the engine against sequential PyTorch and torch.func, regions, frames.

    Training is full-batch Adam on 512 points in float32; times are microseconds for one epoch of one network. The ways
    take turns, seven each: told are medians, with ± half the range of the middle half. Regions are counted and frames
    drawn on the processor.
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

    sizes = [(depth, width, members) for depth, width in _SHAPES for members in _MEMBERS]
    counts = {"regions": measure.regions, "cells": measure.cells, "frames": measure.frames}
    with Progress("measuring", len(sizes) + len(counts)) as bar:
        training = []
        for done, size in enumerate(sizes):
            bar.show(done, f"{_name(_shape(*size[:2]))}, {size[2]} members")
            training.append(_row(*size, device))
        found: dict[str, Any] = {"training": training}
        for done, (name, begin) in enumerate(counts.items(), len(sizes)):
            bar.show(done, name)
            rates = measure.turn_about({name: begin()})[name]
            found[f"{name}_per_second"] = float(median(rates))
            found[f"{name}_spread"] = measure.spread(rates)
    return found


def _row(depth: int, width: int, members: int, device: torch.device) -> dict[str, Any]:
    """The medians of each way's times, and how many times the engine's they are; with the spread of both."""
    from nnexpr_tui.commands import measure

    rates = measure.turn_about(
        {
            "engine": measure.engine(depth, width, members, device),
            "sequential": measure.one_after_another(depth, width, device),
            "torch_func": measure.functional(depth, width, members, device),
        }
    )
    row: dict[str, Any] = {"shape": _shape(depth, width), "members": members}
    row |= {way: 1e6 / float(median(each)) for way, each in rates.items()}
    row |= {f"against_{way}": row[way] / row["engine"] for way in _OTHERS}
    # Of two ways in the same round: a machine that is slow for a while is slow for both.
    spreads = {f"against_{way}": rates["engine"] / rates[way] for way in _OTHERS}
    return row | {"spread": {name: measure.spread(each) for name, each in {**rates, **spreads}.items()}}


def _verdict(found: dict[str, Any]) -> list[str]:
    """Sentences to paste; of what spreads too much, that it does."""
    machine, torch = found["machine"], found["versions"]["torch"]
    place = "" if found["device"] == "cpu" else f"{found['device']}, "
    words = [f"{place}{machine['processor']}, {machine['threads']} threads, torch {torch}:"]
    for members in (_MEMBERS[0], _MEMBERS[-1]):
        parts = [_told(row) for row in found["training"] if row["members"] == members]
        noun = "member" if members == 1 else "members at once"
        words.append(f"{members} {noun}: {'; '.join(parts)}.")
    done = {"regions": "linear regions on the line", "cells": "in the plane", "frames": "chart frames"}
    rates = [
        f"{found[f'{name}_per_second']:,.0f} {what}"
        if found[f"{name}_spread"] <= _MOST_SPREAD
        else f"{what} {_busy(found[f'{name}_spread'])}"
        for name, what in done.items()
    ]
    words.append(f"A second, counted or drawn: {', '.join(rates)}.")
    if any("not told" in sentence for sentence in words):
        words.append("What is not told spread because the machine was busy; measure again when it is not.")
    return words


def _told(row: dict[str, Any]) -> str:
    worst = max(row["spread"][f"against_{way}"] for way in _OTHERS)
    if worst > _MOST_SPREAD:
        return f"{_name(row['shape'])} {_busy(worst)}"
    return (
        f"{_name(row['shape'])} {row['engine']:.3g} us an epoch and network, "
        f"{row['against_sequential']:.3g}x sequential PyTorch, {row['against_torch_func']:.3g}x torch.func"
    )


def _busy(spread: float) -> str:
    return f"not told, it spread by {spread:.0%}"


def _show(found: dict[str, Any]) -> None:
    columns = {
        "engine": "engine, us", "sequential": "sequential, us", "torch_func": "torch.func, us",
        "against_sequential": "x sequential", "against_torch_func": "x torch.func",
    }  # fmt: skip
    rows = [
        (
            _name(row["shape"]),
            str(row["members"]),
            *(f"{number(row[key])} ±{row['spread'][key] / 2:.0%}" for key in columns),
        )
        for row in found["training"]
    ]
    title = f"One epoch of one network, 512 points, Adam, on {found['device']}"
    print_table(title, ("network", "members", *columns.values()), rows)
    for sentence in found["verdict"]:
        print_text(sentence)


def _shape(depth: int, width: int) -> list[int]:
    return [1, *[width] * (depth - 1), 1]


def _name(shape: list[int]) -> str:
    """A network's widths, as 1-4x5-1 for five layers of four units between one input and one output."""
    runs = [(width, len(list(run))) for width, run in groupby(shape)]
    return "-".join(f"{width}x{times}" if times > 1 else str(width) for width, times in runs)
