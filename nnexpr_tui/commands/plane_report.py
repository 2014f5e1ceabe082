"""Networks of two inputs: their cells counted side by side, and what is told of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nnexpr_tui.commands.output import number, print_table, print_text

if TYPE_CHECKING:
    from nnexpr.networks.network import Network
    from nnexpr.regions.plane import PlaneCertificate

__all__ = ["Domain", "PlaneCounts", "count_members", "document", "show"]

Domain = tuple[tuple[float, float], tuple[float, float]]

_MOST_ROWS = 20
_MOST_DEAD = 12  # units that are named


@dataclass(frozen=True)
class PlaneCounts:
    """What is told of one member; its cells, hundreds of bytes each, are not kept."""

    count: int
    bends: int
    activation_regions: int
    bends_by_layer: tuple[int, ...]
    dead_units: tuple[tuple[int, int], ...]
    collapsed: bool
    check: PlaneCertificate


def count_members(
    network: Network, domain: Domain, members: Sequence[int], factor: float, *, seconds: float = float("inf")
) -> dict[int, PlaneCounts]:
    """The counts of the members on the domain, in the network's units, on as many threads as torch uses.

    ``factor`` takes the residual to own units. No member is begun after ``seconds`` but the first: those that are
    missing were not reached. Raises ValueError.
    """
    import torch

    from nnexpr.regions.plane import plane_regions

    until = time.monotonic() + seconds

    def count(member: int) -> PlaneCounts | None:
        if member != members[0] and time.monotonic() > until:
            return None
        plane = plane_regions(network, domain, member)
        return PlaneCounts(
            plane.count,
            plane.bends,
            plane.activation_regions,
            plane.bends_by_layer,
            plane.dead_units,
            plane.collapsed,
            replace(plane.check, max_residual=abs(factor) * plane.check.max_residual),
        )

    with ThreadPoolExecutor(max(1, min(torch.get_num_threads(), len(members)))) as pool:
        counted = zip(members, pool.map(count, members), strict=True)
        return {member: plane for member, plane in counted if plane is not None}


def document(domain: Domain, found: list[tuple[int, PlaneCounts]]) -> dict[str, Any]:
    """The JSON document of ``regions``."""
    return {
        "schema": 1,
        "domain": [list(side) for side in domain],
        "members": [_member(member, plane) for member, plane in found],
    }


def _member(member: int, plane: PlaneCounts) -> dict[str, Any]:
    check = plane.check
    return {
        "member": member,
        "linear_regions": plane.count,
        "bends": plane.bends,
        "activation_regions": plane.activation_regions,
        "cells": plane.activation_regions,
        "euler": check.euler,
        "area_error": check.area_error,
        "mean_degree": check.mean_degree,
        "dead_units": plane.dead_units,
        "bends_by_layer": plane.bends_by_layer,
        "collapsed": plane.collapsed,
        "check": {
            "max_residual": check.max_residual,
            "ties": check.ties,
            "twice_crossed": check.twice_crossed,
            "sampled_points": check.sampled_points,
            "sampled_mismatches": check.sampled_mismatches,
        },
    }


def show(file: str, domain: Domain, found: list[tuple[int, PlaneCounts]]) -> None:
    """The counts in one table, what certifies them in another."""
    shown = found[:_MOST_ROWS]
    sides = " × ".join(f"[{number(low, 6)}, {number(high, 6)}]" for low, high in domain)
    rows = [
        (
            str(member),
            number(plane.count),
            number(plane.activation_regions),
            number(plane.bends),
            " + ".join(f"{bends:,}" for bends in plane.bends_by_layer),
            number(len(plane.dead_units)),
        )
        for member, plane in shown
    ]
    columns = ("member", "regions", "activation regions", "bends", "by layer", "dead units")
    print_table(f"Linear regions of {file} on {sides}", columns, rows)
    certified = [
        (
            str(member),
            str(plane.check.euler),
            f"{plane.check.area_error:.1e}",
            f"{plane.check.mean_degree:.3f}",
            f"{plane.check.max_residual:.1e}",
            f"{plane.check.sampled_mismatches:,} of {plane.check.sampled_points:,}",
            number(plane.check.ties),
        )
        for member, plane in shown
    ]
    checks = ("member", "euler", "area error", "mean degree", "residual", "mismatches", "ties")
    print_table("Certificates: vertices - edges + cells is 1, areas sum to the domain's", checks, certified)
    if len(found) > _MOST_ROWS:
        print_text(f"... and {len(found) - _MOST_ROWS:,} more members (all with --json)")
    if len(found) == 1:
        units = found[0][1].dead_units
        named = ", ".join(f"{unit} of layer {layer}" for layer, unit in units[:_MOST_DEAD])
        more = f" and {len(units) - _MOST_DEAD:,} more" if len(units) > _MOST_DEAD else ""
        print_text(f"dead units: {named or 'none'}{more}")
