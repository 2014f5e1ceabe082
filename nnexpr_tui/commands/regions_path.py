"""``regions --along`` and ``--circle``: the linear regions that a network of any number of inputs has along a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnexpr.specification import InputError
from nnexpr_tui.commands.options import SectionedOption, attached, own_option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["AskedPath", "asked_path", "path_options", "vertices_option"]

_VERTICES = 64
# Vertices (V, d) in own units; whether the last is joined to the first.
AskedPath = tuple["NDArray[np.float64]", bool]


# --along, --closed and --circle
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
)
vertices_option = own_option(
    "vertices", "integer", _VERTICES, "of that polygon", "Path", minimum=3, maximum=1_000_000
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
