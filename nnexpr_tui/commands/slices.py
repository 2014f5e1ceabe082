"""The options that say where a network of any number of inputs is looked at: ``--between``, ``--plane``, ``--of``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnexpr.specification import InputError
from nnexpr_tui.commands.options import SectionedOption, attached

if TYPE_CHECKING:
    from nnexpr.regions.slices import Slice

__all__ = [
    "asked_slice",
    "between_option",
    "of_option",
    "plane_options",
    "refuse_beside",
    "uncounted",
    "up_to_option",
]

_POINT = "a point is a .npy file, FILE:INDEX into a .npy or CSV file (from 0), or its numbers, 0.5,-1,..."

between_option = attached(
    SectionedOption(
        ["--between"],
        section="Place",
        nargs=2,
        default=None,
        metavar="A B",
        help=f"on the segment between two inputs; {_POINT}",
    )
)
# --plane, --origin and --directions
plane_options = attached(
    SectionedOption(
        ["--plane"],
        section="Place",
        nargs=3,
        default=None,
        metavar="P Q R",
        help="on the plane through three inputs: P at s, t = 0, 0, Q at 1, 0 and R at 0, 1",
    ),
    SectionedOption(
        ["--origin"], section="Place", metavar="O", help="of the plane x = O + s U + t V: the point O"
    ),
    SectionedOption(
        ["--directions"],
        section="Place",
        nargs=2,
        default=None,
        metavar="U V",
        help="of that plane: the directions U and V",
    ),
)
of_option = attached(
    SectionedOption(
        ["--of"],
        section="Network",
        metavar="regions|argmax|output:K|margin:K",
        help="what is counted: regions of all outputs together, where the largest output is another, of output K, from "
        "0, or of output K minus the largest of the others, with where that is zero  [default: regions]",
    )
)


up_to_option = attached(
    SectionedOption(
        ["--up-to"],
        section="Network",
        metavar="NODE",
        help="of an ONNX file: stop before this node, by its name or that of what it gives",
    )
)


def asked_slice(
    between: tuple[str, str] | None,
    plane: tuple[str, str, str] | None,
    origin: str | None,
    directions: tuple[str, str] | None,
    domain: tuple[float, float] | None,
    domain2: tuple[float, float] | None,
) -> Slice | None:
    """The place that the options describe, None where they describe none; raises InputError."""
    if all(each is None for each in (between, plane, origin, directions)):
        return None
    from nnexpr.regions.slices import Slice

    return Slice(between, plane, origin, directions, domain, domain2)


def uncounted(file: str, error: ValueError) -> InputError:
    """Why the network of a file cannot be counted: numbers that are not finite, or become so; too many cells."""
    from nnexpr.regions.room import TooManyCells

    if isinstance(error, TooManyCells):
        return InputError("file", file, f"{error.told}; a smaller --domain has fewer")
    return InputError("file", file, str(error))


def refuse_beside(place: Slice, **others: Any) -> None:
    """Refuse options that mean nothing beside a place."""
    beside = "between" if place.between else "plane" if place.points else "directions"
    for option, given in others.items():
        if given not in (None, False):
            raise InputError(
                option, given, f"leave it out beside --{beside}; one place is looked at at a time"
            )
