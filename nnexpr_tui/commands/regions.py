"""``regions``: the exact linear regions and bends of a saved network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from nnexpr.specification import InputError
from nnexpr_tui.commands.options import (
    SectionedCommand,
    declared_options,
    json_option,
    output_option,
    own_option,
    store_option,
    threads_option,
)
from nnexpr_tui.commands.output import number, print_json, print_table, print_text
from nnexpr_tui.commands.regions_path import asked_path, path_options, show_path

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.file import SavedNetwork
    from nnexpr.runs.store import Store

__all__ = ["regions"]

_MOST_ROWS = 20
_UNIT = (0.0, 1.0)


@click.command(cls=SectionedCommand)
@click.argument("file")
@declared_options("domain", "activation")
@threads_option
@own_option(
    "domain2", "interval", None, "of a network of two inputs, the domain of the second", section="Target"
)
@path_options
@output_option("--members", metavar="I,J-K,...", help="only these members, counted from 0  [default: all]")
@store_option
@json_option
def regions(
    file: str,
    domain: tuple[float, float] | None,
    domain2: tuple[float, float] | None,
    activation: str | None,
    along: str | None,
    closed: bool,
    circle: tuple[float, float, float] | None,
    vertices: int | None,
    members: str | None,
    store: Store,
    as_json: bool,
) -> int:
    """Count the linear regions of the network in FILE exactly, with its bends and dead units.

    FILE is a run's id, a .safetensors file written by fit --save, or a .safetensors or .pt state dict of an
    nn.Sequential of nn.Linear layers, with --activation between them. The domain is in the target's own units: the one
    the network was trained on unless given, 0 to 1 where none was. With --along or --circle the regions are counted
    along a path instead, for any number of inputs.

    Of a network of two inputs the cells in the plane are counted, for its first output: --domain is that of both inputs
    unless --domain2 is given for the second.
    """
    from nnexpr_tui.commands.network_file import read_network

    saved = read_network(file, store, activation)
    chosen = _chosen(members, saved.network.members)
    path = asked_path(along, closed, circle, vertices)
    if path is not None:
        show_path(file, saved, chosen, path, as_json)
        return 0
    if saved.network.inputs == 2:
        return _plane(file, saved, chosen, domain, domain2, as_json)
    if domain2 is not None:
        raise InputError("domain2", domain2, "leave it out; it is for networks of two inputs")
    own = domain or (saved.domain or (_UNIT,))[0]
    found = _count(file, saved, chosen, own)
    if as_json:
        print_json(_document(own, chosen, found))
    else:
        _show(file, own, chosen, found)
    return 0


def _count(file: str, saved: SavedNetwork, members: list[int], own: tuple[float, float]) -> list[LineRegions]:
    """The regions of the members on the domain, which is in own units, as are the results."""
    from nnexpr.regions.line import linear_regions

    network = saved.network
    if network.inputs != 1 or network.outputs != 1:
        shape = f"it has {network.inputs} inputs and {network.outputs} outputs"
        raise InputError(
            "file", file, f"{shape}; regions are counted for one input and one output, or two inputs"
        )
    if not network.is_piecewise_linear:
        raise InputError("file", file, f"it {_why_not(saved)}, so it has no linear regions to count")
    scale = saved.input_scales[0]
    low, high = ((end - scale.shift) / scale.factor for end in own)
    selected = network if len(members) == network.members else network.select(members)
    try:
        found = linear_regions(selected, (low, high))
    except ValueError as error:  # numbers that are not finite, or become so
        raise InputError("file", file, str(error)) from None
    return [lines.rescaled(scale, saved.value_scale) for lines in found]


def _plane(
    file: str,
    saved: SavedNetwork,
    members: list[int],
    domain: tuple[float, float] | None,
    domain2: tuple[float, float] | None,
    as_json: bool,
) -> int:
    """``regions`` of a network of two inputs."""
    from nnexpr_tui.commands.plane_report import count_members, show

    if not saved.network.is_piecewise_linear:
        raise InputError("file", file, f"it {_why_not(saved)}, so it has no linear regions to count")
    trained = saved.domain or (_UNIT, _UNIT)
    own = domain or trained[0], domain2 or domain or trained[1]
    (a1, b1), (a2, b2) = (
        ((low - scale.shift) / scale.factor, (high - scale.shift) / scale.factor)
        for (low, high), scale in zip(own, saved.input_scales, strict=True)
    )
    try:
        found = count_members(saved.network, ((a1, b1), (a2, b2)), members, saved.value_scale.factor)
    except ValueError as error:  # numbers that are not finite, or become so; too many cells
        raise InputError("file", file, str(error)) from None
    if as_json:
        print_json({"schema": 1, "domain": own, "members": found})
    else:
        show(file, own, found)
    return 0


def _why_not(saved: SavedNetwork) -> str:
    from nnexpr.activations import ACTIVATIONS

    if saved.network.encoding is not None:
        return "encodes its input by sines and cosines"
    smooth = {layer.activation for layer in saved.network.layers if not ACTIVATIONS[layer.activation].pieces}
    return f"has the activation {', '.join(sorted(smooth))}, which is not piecewise linear"


def _chosen(text: str | None, members: int) -> list[int]:
    """The members that ``text`` names, such as ``0,2,5-9``."""
    if text is None:
        return list(range(members))
    found = [re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip()) for part in text.split(",")]
    ranges = [range(int(part[1]), int(part[2] or part[1]) + 1) for part in found if part]
    if len(ranges) < len(found) or not all(part and part[-1] < members for part in ranges):
        allowed = f"they must be from 0 to {members - 1}, such as 0 or 0,2,5-9; this file has {members}"
        raise InputError("members", text, allowed)
    return [member for part in ranges for member in part]


def _document(own: tuple[float, float], members: list[int], found: list[LineRegions]) -> dict[str, Any]:
    return {
        "schema": 1,
        "domain": list(own),
        "members": [
            {
                "member": member,
                "linear_regions": lines.count,
                "bends": lines.bends,
                "activation_regions": lines.activation_regions,
                "breakpoints": lines.breakpoints,
                "slopes": lines.slopes,
                "intercepts": lines.intercepts,
                "dead_units": lines.dead_units,
                "bends_by_layer": lines.bends_by_layer,
                "collapsed": lines.collapsed,
                "check": {"max_residual": lines.check.max_residual, "ties": lines.check.ties},
            }
            for member, lines in zip(members, found, strict=True)
        ],
    }


def _show(file: str, own: tuple[float, float], members: list[int], found: list[LineRegions]) -> None:
    rows = [
        (
            str(member),
            number(lines.count),
            number(lines.bends),
            " + ".join(f"{bends:,}" for bends in lines.bends_by_layer),
            number(lines.activation_regions),
            number(len(lines.dead_units)),
            f"{lines.check.max_residual:.1e}",
            number(lines.check.ties),
        )
        for member, lines in zip(members, found, strict=True)
    ]
    columns = (
        "member",
        "regions",
        "bends",
        "by layer",
        "activation regions",
        "dead units",
        "residual",
        "ties",
    )
    title = f"Linear regions of {file} on [{number(own[0], 6)}, {number(own[1], 6)}]"
    print_table(title, columns, rows[:_MOST_ROWS])
    if len(rows) > _MOST_ROWS:
        counts = sorted(lines.count for lines in found)
        print_text(
            f"... and {len(rows) - _MOST_ROWS:,} more members (all with --json); regions: least {counts[0]:,}, "
            f"median {counts[len(counts) // 2]:,}, greatest {counts[-1]:,}"
        )
    if len(found) == 1:
        dead = ", ".join(f"{unit} of layer {layer}" for layer, unit in found[0].dead_units)
        print_text(f"dead units: {dead or 'none'}")
        _show_pieces(found[0])


def _show_pieces(lines: LineRegions) -> None:
    """The regions of one member, from left to right."""
    ends = [lines.domain[0], *lines.breakpoints.tolist(), lines.domain[1]]
    slopes, intercepts = lines.slopes.tolist(), lines.intercepts.tolist()
    rows = [
        (
            str(piece + 1),
            number(ends[piece], 6),
            number(ends[piece + 1], 6),
            number(slopes[piece], 6),
            number(intercepts[piece], 6),
        )
        for piece in range(min(lines.count, _MOST_ROWS))
    ]
    print_table("Pieces: y = slope x + intercept", ("piece", "from", "to", "slope", "intercept"), rows)
    if lines.count > _MOST_ROWS:
        print_text(f"... and {lines.count - _MOST_ROWS:,} more pieces (all with --json)")
