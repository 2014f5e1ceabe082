"""Networks of two inputs: their cells counted side by side, and what is told of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from nnexpr_tui.commands.output import number, print_table, print_text

if TYPE_CHECKING:
    from nnexpr.networks.network import Network
    from nnexpr.regions.plane import PlaneRegions

__all__ = ["count_members", "show"]

Domain = tuple[tuple[float, float], tuple[float, float]]

_MOST_ROWS = 20
_MOST_DEAD = 12  # units that are named


def count_members(
    network: Network, domain: Domain, members: Sequence[int], factor: float, *, seconds: float = float("inf")
) -> list[dict[str, Any]]:
    """What JSON says of the members on the domain, in the network's units, counted on as many threads as torch uses.

    ``factor`` takes the residual to own units. No member is begun after ``seconds`` but the first: those that are
    missing were not reached. Raises ValueError.
    """
    import torch

    from nnexpr.regions.plane import plane_regions

    until = time.monotonic() + seconds

    def count(member: int) -> dict[str, Any] | None:
        if member != members[0] and time.monotonic() > until:
            return None
        return _member(member, plane_regions(network, domain, member), abs(factor))

    with ThreadPoolExecutor(max(1, min(torch.get_num_threads(), len(members)))) as pool:
        return [found for found in pool.map(count, members) if found is not None]


def _member(member: int, plane: PlaneRegions, factor: float) -> dict[str, Any]:
    """The cells themselves, hundreds of bytes each, are not kept."""
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
            "max_residual": factor * check.max_residual,
            "ties": check.ties,
            "twice_crossed": check.twice_crossed,
            "sampled_points": check.sampled_points,
            "sampled_mismatches": check.sampled_mismatches,
        },
    }


def show(file: str, domain: Domain, found: list[dict[str, Any]]) -> None:
    """The counts in one table, what certifies them in another."""
    shown = found[:_MOST_ROWS]
    sides = " × ".join(f"[{number(low, 6)}, {number(high, 6)}]" for low, high in domain)
    rows = [
        (
            *(number(member[key]) for key in ("member", "linear_regions", "activation_regions", "bends")),
            " + ".join(f"{bends:,}" for bends in member["bends_by_layer"]),
            number(len(member["dead_units"])),
        )
        for member in shown
    ]
    columns = ("member", "regions", "activation regions", "bends", "by layer", "dead units")
    print_table(f"Linear regions of {file} on {sides}", columns, rows)
    certified = [
        (
            str(member["member"]),
            str(member["euler"]),
            f"{member['area_error']:.1e}",
            f"{member['mean_degree']:.3f}",
            f"{member['check']['max_residual']:.1e}",
            f"{member['check']['sampled_mismatches']:,} of {member['check']['sampled_points']:,}",
            number(member["check"]["ties"]),
        )
        for member in shown
    ]
    checks = ("member", "euler", "area error", "mean degree", "residual", "mismatches", "ties")
    print_table("Certificates: vertices - edges + cells is 1, areas sum to the domain's", checks, certified)
    if len(found) > _MOST_ROWS:
        print_text(f"... and {len(found) - _MOST_ROWS:,} more members (all with --json)")
    if len(found) == 1:
        units = found[0]["dead_units"]
        named = ", ".join(f"{unit} of layer {layer}" for layer, unit in units[:_MOST_DEAD])
        more = f" and {len(units) - _MOST_DEAD:,} more" if len(units) > _MOST_DEAD else ""
        print_text(f"dead units: {named or 'none'}{more}")
