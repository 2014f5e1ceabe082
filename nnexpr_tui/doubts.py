"""Why a count is not certified, and what is to be said beside one that is: sentences, for screens and tables.

Reads what certificates tell; nothing here needs NumPy or torch to be imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnexpr.regions.counted import Certificate
    from nnexpr.regions.plane.cells import PlaneCertificate

__all__ = ["doubts", "remarks"]

MOST_AREA_ERROR = 1e-9  # as in nnexpr.regions.plane.cells


def doubts(check: Certificate | PlaneCertificate) -> list[str]:
    """Why a count is not certified, the weightiest first; none where it is."""
    if check.certified:
        return []
    found = [*_of_pieces(check), *_of_cells(check), *_open(check)]
    return found or ["what vouches for it does not hold"]


def _of_pieces(check: Certificate | PlaneCertificate) -> list[str]:
    residual, found = check.max_residual, []
    if residual is None:
        found.append("it was not held against the network")
    elif not residual <= check.allowed:
        found.append(
            f"its pieces are {residual:.2g} away from the network, and rounding explains {check.allowed:.2g}"
        )
    if overruled := getattr(check, "overruled", 0):
        found.append(f"at {_places(overruled)} another output is larger, by more than rounding explains")
    return found


def _of_cells(check: Certificate | PlaneCertificate) -> list[str]:
    found = []
    if getattr(check, "euler", 1) != 1:
        found.append(f"vertices - edges + cells is {check.euler}, not 1")  # type: ignore[union-attr]
    if crossed := getattr(check, "twice_crossed", 0):
        found.append(f"rounding has bent {crossed:,} cell{'s' * (crossed != 1)}, which a line crosses twice")
    if wrong := getattr(check, "sampled_mismatches", 0):
        found.append(f"{wrong:,} of {check.sampled_points:,} sampled points belong to other cells")  # type: ignore[union-attr]
    if not (error := getattr(check, "area_error", 0.0)) <= MOST_AREA_ERROR:
        found.append(f"the cells' areas miss that of the window by a share of {error:.2g}")
    return found


def _open(check: Certificate | PlaneCertificate) -> list[str]:
    """What rounding leaves open, and nothing else has settled."""
    if not check.unsettled:
        return []
    found = ["exact arithmetic does not agree, or could not be asked"] if check.exact is False else []
    if check.merged:
        found.append(f"{_places(check.merged)} may be bends too weak to be told from rounding")
    if check.level:
        found.append(f"at {_places(check.level)} another output is larger, by what may be rounding")
    if check.literal and check.ties:
        found.append(f"at {_places(check.ties)} rounding may have put bends together")
    return found


def remarks(check: Certificate | PlaneCertificate) -> list[str]:
    """What a count that is certified leaves to be said."""
    if not check.certified:
        return []
    found = []
    if check.level:
        found.append(f"at {_places(check.level)} two outputs are equal, but for rounding")
    if unresolved := getattr(check, "unresolved", 0):
        found.append(f"{unresolved:,} neighbouring bends lie in one number of float64")
    return found


def _places(count: int) -> str:
    return f"{count:,} place{'s' * (count != 1)}"
