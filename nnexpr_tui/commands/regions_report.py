"""What is told of the linear regions of members, as JSON and from that as tables: on the line, along a path, in the
plane. A member's cells in the plane, hundreds of bytes each, are not kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from nnexpr_tui.commands.output import number, print_table, print_text
from nnexpr_tui.doubts import doubts

if TYPE_CHECKING:
    from nnexpr.networks.network import Network
    from nnexpr.regions.line import LineRegions
    from nnexpr.regions.path import PathRegions
    from nnexpr.regions.plane import PlaneRegions
    from nnexpr.scale import Scale

__all__ = [
    "CHECK", "COUNTS", "PLANE", "Columns", "Member", "along_path", "cells", "counts", "finish", "in_plane", "on_line",
    "show_line", "show_path", "show_plane", "table",
]  # fmt: skip

Rectangle = tuple[tuple[float, float], tuple[float, float]]
Member = dict[str, Any]  # as JSON tells of it
Columns = Mapping[str, Callable[[Member], str]]

_MOST_ROWS = 20
_MOST_DEAD = 12  # units that are named

COUNTS: Columns = {
    "member": lambda told: str(told["member"]),
    "regions": lambda told: number(told["linear_regions"]),
    "bends": lambda told: number(told["bends"]),
    "by layer": lambda told: " + ".join(f"{bends:,}" for bends in told["bends_by_layer"]),
    "activation regions": lambda told: number(told["activation_regions"]),
    "dead units": lambda told: number(len(told["dead_units"])),
}
_PATH: Columns = {
    "pieces": lambda told: number(told["pieces"]),
    "lengths": lambda told: ", ".join(number(length) for length in told["trajectory_lengths"].tolist()),
}
PLANE: Columns = {
    "member": COUNTS["member"],
    "euler": lambda told: str(told["euler"]),
    "area error": lambda told: f"{told['area_error']:.1e}",
    "mean degree": lambda told: f"{told['mean_degree']:.3f}",
    "mismatches": lambda told: "{sampled_mismatches:,} of {sampled_points:,}".format(**told["check"]),
}
CHECK: Columns = {
    "certified": lambda told: "yes" if told["certified"] else "NO",
    "residual": lambda told: f"{told['check']['max_residual']:.1e}",
    "ties": lambda told: number(told["check"]["ties"]),
    "merged": lambda told: number(told["check"]["merged"]),
}


def counts(member: int, found: LineRegions | PathRegions | PlaneRegions) -> Member:
    """What is told of any member."""
    return {
        "member": member,
        "linear_regions": found.count,
        "bends": found.bends,
        "activation_regions": found.activation_regions,
        "bends_by_layer": found.bends_by_layer,
        "dead_units": found.dead_units,
        "certified": found.check.certified,
        "doubts": doubts(found.check),
    }


def on_line(member: int, lines: LineRegions) -> Member:
    """A member of one input."""
    return counts(member, lines) | {
        "collapsed": lines.collapsed,
        "breakpoints": lines.breakpoints,
        "slopes": lines.slopes,
        "intercepts": lines.intercepts,
        "check": vars(lines.check),
    }


def along_path(member: int, along: PathRegions, across: Scale, up: Scale) -> Member:
    """A member along a path, in own units; what was found is in the network's."""
    stretch = abs(across.factor)
    return counts(member, along) | {
        "pieces": along.pieces,
        "breakpoints": stretch * along.breakpoints,
        "points": across.to_own(along.points),
        "piece_ends": stretch * along.piece_positions,
        "slopes": along.slopes * (up.factor / stretch),
        "segment_pieces": along.segment_pieces,
        "turned": along.turned,
        "trajectory_lengths": along.lengths,
        "check": vars(along.check.rescaled(up)),
    }


def cells(member: int, plane: PlaneRegions, up: Scale) -> Member:
    """A member in the plane; ``up`` takes the residual to own units."""
    check = dict(vars(plane.check.rescaled(up)))
    return counts(member, plane) | {
        "collapsed": plane.collapsed,
        "cells": plane.activation_regions,
        **{key: check.pop(key) for key in ("euler", "area_error", "mean_degree")},
        "check": check,
    }


def in_plane(
    network: Network,
    domain: Rectangle | None,
    members: Sequence[int],
    up: Scale,
    *,
    seconds: float = float("inf"),
) -> list[Member]:
    """Members of two inputs, counted on as many threads as torch uses.

    ``domain``: in the network's units; None is the one it was trained on. ``up`` takes the residual to own units. No
    member is begun after ``seconds`` but the first: those that are missing were not reached. Raises ValueError.
    """
    import torch

    from nnexpr.regions.plane import plane_regions

    until = time.monotonic() + seconds

    def told(member: int) -> Member | None:
        if member != members[0] and time.monotonic() > until:
            return None
        return cells(member, plane_regions(network, domain, member), up)

    with ThreadPoolExecutor(max(1, min(torch.get_num_threads(), len(members)))) as pool:
        return [member for member in pool.map(told, members) if member is not None]


def show_line(file: str, domain: tuple[float, float], members: list[Member]) -> None:
    """The counts, and of a single member its pieces."""
    low, high = (number(end, 6) for end in domain)
    table(f"Linear regions of {file} on [{low}, {high}]", {**COUNTS, **CHECK}, members)
    regions = sorted(told["linear_regions"] for told in members)
    least, median, greatest = regions[0], regions[len(regions) // 2], regions[-1]
    finish(members, f"; regions: least {least:,}, median {median:,}, greatest {greatest:,}")
    if len(members) > 1:
        return
    [told] = members
    slopes, intercepts, breakpoints = (told[key].tolist() for key in ("slopes", "intercepts", "breakpoints"))
    ends = [domain[0], *breakpoints, domain[1]]
    pieces = list(zip(ends, ends[1:], slopes, intercepts, strict=False))
    rows = [
        (str(place), *(number(value, 6) for value in piece))
        for place, piece in enumerate(pieces[:_MOST_ROWS], 1)
    ]
    print_table("Pieces: y = slope x + intercept", ("piece", "from", "to", "slope", "intercept"), rows)
    if len(pieces) > _MOST_ROWS:
        print_text(f"... and {len(pieces) - _MOST_ROWS:,} more pieces (all with --json)")


def show_path(file: str, closed: bool, length: float, members: list[Member]) -> None:
    """The counts along a path."""
    kind, segments = "closed path" if closed else "path", len(members[0]["segment_pieces"])
    title = f"Linear regions of {file} along a {kind} of {segments} segments, length {number(length, 6)}"
    table(title, {**COUNTS, **_PATH, **CHECK}, members)
    finish(members)


def show_plane(file: str, domain: Rectangle, members: list[Member]) -> None:
    """The counts in one table, what certifies them in another."""
    sides = " × ".join(f"[{number(low, 6)}, {number(high, 6)}]" for low, high in domain)
    table(f"Linear regions of {file} on {sides}", COUNTS, members)
    title = "Certificates: vertices - edges + cells is 1, areas sum to the domain's"
    table(title, {**PLANE, **CHECK}, members)
    finish(members)


def table(title: str, columns: Columns, members: list[Member], *, narrow: bool = False) -> None:
    rows = [[cell(told) for cell in columns.values()] for told in members[:_MOST_ROWS]]
    print_table(title, list(columns), rows, narrow=narrow)


def finish(members: list[Member], more: str = "") -> None:
    """What stands below the tables: how many members are not in them, or the dead units of the only one."""
    if len(members) > _MOST_ROWS:
        print_text(f"... and {len(members) - _MOST_ROWS:,} more members (all with --json){more}")
    if len(members) == 1:
        units = members[0]["dead_units"]
        named = ", ".join(f"{unit} of layer {layer}" for layer, unit in units[:_MOST_DEAD])
        rest = f" and {len(units) - _MOST_DEAD:,} more" if len(units) > _MOST_DEAD else ""
        print_text(f"dead units: {named or 'none'}{rest}")
