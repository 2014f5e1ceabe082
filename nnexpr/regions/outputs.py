"""The output layer: neighbours with equal slopes joined to linear regions, each member with its certificate.

Neighbours are joined if, for every output, their slopes agree to

    |s_right - s_left| <= eps sum_l (n_l + 1) (sum |w||s'_left| + sum |w||s'_right|)

with w the output's weights, s' the slopes of the last hidden layer, n_l the widths and eps = 2^-52: the rounding of so
many sums. (A unit below dead ones bends, and the output does not.) A bend weaker than that, about 1e-14 of the slopes,
is not told from none: compositional networks, whose waves fade with depth, have such bends from L = 12 on for some
peaks. A member whose one slope is within that of zero has collapsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from nnexpr.regions.certificate import Certificate, residuals
from nnexpr.regions.front import Front, Index, Mask, affine_rows
from nnexpr.regions.pieces import LineRegions
from nnexpr.regions.stack import Stack

__all__ = ["outputs"]


def outputs(
    stack: Stack, hidden: Front, dead: list[Mask], domain: tuple[float, float], certify: bool
) -> Iterator[LineRegions]:
    """Every member's regions, from the front below the output layer and the dead units of each hidden one."""
    affine = stack.affines[-1]
    front = replace(
        hidden,
        values=affine_rows(hidden.values, hidden.starts, affine),
        slopes=affine_rows(hidden.slopes, hidden.starts, affine, bias=False),
    )
    finite = np.isfinite(front.values).all(axis=1) & np.isfinite(front.slopes).all(axis=1)
    if not finite.all():
        member = stack.numbers[front.members_of(np.flatnonzero(~finite)[:1])[0]]
        raise ValueError(f"member {member} overflows float64 on this domain")
    sums = sum(each.shape[1] + 1 for each in stack.affines)
    terms = affine_rows(np.abs(hidden.slopes), hidden.starts, np.abs(affine), bias=False)
    rounding = np.finfo(np.float64).eps * sums * terms
    begins = np.ones(len(front.positions), dtype=bool)
    begins[1:] = (np.abs(np.diff(front.slopes, axis=0)) > rounding[1:] + rounding[:-1]).any(axis=1)
    begins[front.starts[:-1]] = True
    begins[front.starts[1:] - 1] = False
    still = (np.abs(front.slopes) <= rounding).all(axis=1)
    residual = None
    if certify:
        regions = np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0))
        residual = residuals(front, regions, stack.affines, stack.activations).tolist()
    dead_units = _listed(dead, front.members)
    for member, (low, high) in enumerate(pairwise(front.starts.tolist())):
        rows = low + np.flatnonzero(begins[low:high])
        check = Certificate(
            max_residual=None if residual is None else residual[member],
            ties=int(front.ties[member]),
            unresolved=int(np.count_nonzero(np.diff(front.positions[rows]) == 0.0)),
        )
        collapsed = len(rows) == 1 and bool(still[low])
        yield _pieces(front, rows, high - 1, domain, len(dead), dead_units[member], collapsed, check)


def _pieces(
    front: Front,
    rows: Index,
    last: int,
    domain: tuple[float, float],
    hidden_layers: int,
    dead_units: tuple[tuple[int, int], ...],
    collapsed: bool,
    check: Certificate,
) -> LineRegions:
    """One member, whose linear regions begin at ``rows`` and end at row ``last``."""
    bends = rows[1:]
    layers = front.layers[bends]
    slopes, values = front.slopes[rows], front.values[np.append(rows, last)]
    single = values.shape[1] == 1
    return LineRegions(
        domain=domain,
        breakpoints=front.positions[bends],
        slopes=slopes[:, 0] if single else slopes,
        values=values[:, 0] if single else values,
        activation_regions=int(last - rows[0]),
        bends_by_layer=tuple(np.bincount(layers, minlength=hidden_layers + 1)[1:].tolist()),
        bend_layers=layers,
        bend_units=front.units[bends],
        dead_units=dead_units,
        collapsed=collapsed,
        check=check,
    )


def _listed(dead: list[Mask], members: int) -> list[tuple[tuple[int, int], ...]]:
    """Each member's dead units as (layer from 1, unit from 0)."""
    found: list[list[tuple[int, int]]] = [[] for _ in range(members)]
    for layer, mask in enumerate(dead, 1):
        for member, unit in zip(*(index.tolist() for index in np.nonzero(mask)), strict=True):
            found[member].append((layer, unit))
    return [tuple(units) for units in found]
