"""``regions --along`` and ``--circle``: the linear regions that a network of any number of inputs has along a path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nnexpr.specification import InputError
from nnexpr_tui.commands.options import SectionedOption, attached
from nnexpr_tui.commands.output import number, print_json, print_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.path import PathRegions
    from nnexpr.runs.file import SavedNetwork

__all__ = ["AskedPath", "asked_path", "path_options", "show_path"]

_MOST_ROWS = 20
_VERTICES = 64
AskedPath = tuple[
    "NDArray[np.float64]", bool
]  # vertices (V, d) in own units; whether the last is joined to the first


# --along, --closed, --circle and --vertices
path_options = attached(
    SectionedOption(
        ["--along"],
        section="Path",
        metavar='"X1,Y1;X2,Y2;..."',
        help="count along the polyline through these points, as many coordinates each as the network has inputs",
    ),
    SectionedOption(["--closed"], section="Path", is_flag=True, help="join its last point to its first"),
    SectionedOption(
        ["--circle"],
        section="Path",
        nargs=3,
        type=float,
        default=None,
        metavar="CX CY R",
        help="count around a circle, by the regular polygon inscribed in it; for two inputs",
    ),
    SectionedOption(
        ["--vertices"],
        section="Path",
        type=click.IntRange(3, 1_000_000),
        default=None,
        help=f"of the polygon  [default: {_VERTICES}]",
    ),
)


def asked_path(
    along: str | None, closed: bool, circle: tuple[float, float, float] | None, vertices: int | None
) -> AskedPath | None:
    """The path that the options describe, None if they describe none; raises InputError."""
    import numpy as np

    from nnexpr.regions.path import circle as polygon

    if circle is not None and along is not None:
        raise InputError("circle", circle, "leave it out beside --along; one path is walked at a time")
    if circle is not None:
        x, y, radius = circle
        return polygon((x, y), radius, vertices or _VERTICES), True
    if vertices is not None:
        raise InputError("vertices", vertices, "it goes with --circle")
    if along is None:
        if closed:
            raise InputError("closed", True, "it goes with --along")
        return None
    allowed = 'points of as many finite coordinates each, such as "0,0;1,0.5"'
    try:
        points = [[float(value) for value in point.split(",")] for point in along.strip(" ;").split(";")]
    except ValueError:
        raise InputError("along", along, allowed) from None
    if len(points) < 2 or len({len(point) for point in points}) > 1 or not np.isfinite(points).all():
        raise InputError("along", along, f"at least two {allowed}")
    return np.array(points), closed


def show_path(file: str, saved: SavedNetwork, members: list[int], path: AskedPath, as_json: bool) -> None:
    """Print the regions of the members along the path."""
    from nnexpr.regions.path import path_regions, trajectory_length

    vertices, closed = path
    network = saved.network
    if vertices.shape[1] != network.inputs:
        raise InputError(
            "along", f"points of {vertices.shape[1]} coordinates", f"{network.inputs}, one for each input"
        )
    if not network.is_piecewise_linear:
        raise InputError("file", file, "it is not piecewise linear, so it has no linear regions to count")
    if len(set(saved.input_scales)) > 1:  # then an arc length has no unit
        raise InputError(
            "file", file, "its inputs are scaled differently, so a path has no length in its own units"
        )
    selected = network if len(members) == network.members else network.select(members)
    own = saved.input_scales[0].to_network(vertices)
    try:
        found = path_regions(selected, own, closed=closed)
        lengths = trajectory_length(selected, own, closed=closed).tolist()
    except ValueError as error:  # numbers that are not finite, or become so
        raise InputError("file", file, str(error)) from None
    if as_json:
        print_json(_document(saved, members, path, found, lengths))
    else:
        _show(file, members, found, lengths)


def _document(
    saved: SavedNetwork,
    members: list[int],
    path: AskedPath,
    found: list[PathRegions],
    lengths: list[list[float]],
) -> dict[str, Any]:
    across, up = saved.input_scales[0], saved.value_scale
    stretch = abs(across.factor)
    return {
        "schema": 1,
        "path": {"vertices": path[0], "closed": path[1], "length": stretch * found[0].length},
        "members": [
            {
                "member": member,
                "linear_regions": along.count,
                "bends": along.bends,
                "pieces": along.pieces,
                "activation_regions": along.activation_regions,
                "breakpoints": stretch * along.breakpoints,
                "points": across.to_own(along.points),
                "piece_ends": stretch * along.piece_positions,
                "slopes": along.slopes * (up.factor / stretch),
                "segment_pieces": along.segment_pieces,
                "turned": along.turned,
                "bends_by_layer": along.bends_by_layer,
                "dead_units": along.dead_units,
                "trajectory_lengths": curve,
                "check": {
                    "max_residual": (along.check.max_residual or 0.0) * abs(up.factor),
                    "ties": along.check.ties,
                },
            }
            for member, along, curve in zip(members, found, lengths, strict=True)
        ],
    }


def _show(file: str, members: list[int], found: list[PathRegions], lengths: list[list[float]]) -> None:
    rows = [
        (
            str(member),
            number(along.count),
            number(along.bends),
            " + ".join(f"{bends:,}" for bends in along.bends_by_layer),
            number(along.pieces),
            number(along.activation_regions),
            ", ".join(number(length) for length in curve),
            f"{along.check.max_residual or 0.0:.1e}",
            number(along.check.ties),
        )
        for member, along, curve in zip(members, found, lengths, strict=True)
    ]
    columns = (
        "member", "regions", "bends", "by layer", "pieces", "activation regions", "lengths", "residual", "ties",
    )  # fmt: skip
    along = found[0]
    kind = "closed path" if along.closed else "path"
    segments = len(along.segment_pieces)
    title = (
        f"Linear regions of {file} along a {kind} of {segments} segments, length {number(along.length, 6)}"
    )
    print_table(title, columns, rows[:_MOST_ROWS])
