"""Linear regions of networks with one input, exactly.

A network of affine layers and piecewise-linear activations is a continuous piecewise-linear function of x. Its
breakpoints on an interval are found layer by layer, without sampling: between two neighbouring positions at which some
unit so far changes its piece, every pre-activation of the next layer is affine in x, so a unit bends inside iff its
pre-activation lies on two sides of a kink at the two ends (``propagate.py``, which also states the tie rule). It is the
restriction of a network to a line of Sotoudeh and Thakur (NeurIPS 2019), in float64 and for many networks at once.

Two counts. *Activation regions* are the maximal intervals on which no unit changes its piece. *Linear regions* are the
maximal intervals on which the output is affine: neighbours are joined if their slopes agree to

    |s_right - s_left| <= 4 eps sum_l (n_l + 1) (sum |w||s'_left| + sum |w||s'_right|)

with w the output's weights, s' the slopes of the last hidden layer, n_l the widths and eps = 2^-52: the rounding of so
many sums. (A unit below dead ones bends, and the output does not.)

Cost: about one forward pass for each region. Error: positions and values carry the rounding of float64; the certificate
compares the pieces with a direct evaluation. The counts do not depend on rounding, except that crossings closer than
the tie rule's tolerance are counted as one, and reported.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import torch

from nnexpr.activations import ACTIVATIONS, PiecewiseLinear
from nnexpr.networks.network import Network
from nnexpr.regions.certificate import Certificate, residuals
from nnexpr.regions.front import Array, Front, Index, Mask, affine_rows, first_front
from nnexpr.regions.pieces import LineRegions
from nnexpr.regions.propagate import advance
from nnexpr.specification import InputError

__all__ = ["LineRegions", "NotPiecewiseLinear", "linear_regions"]

# Values held for one group of members. Of 2^14 ... 2^22, 2^17 (1 MiB: the second-level cache) was fastest for 1000
# networks 1-64-64-64-64-1; within 10 % from 2^16 to 2^18.
GROUP = 1 << 17
FEWEST = 64  # members worth a second thread
ROUNDING = 2.0**-50  # a smaller tie tolerance could not tell a tie from rounding


class NotPiecewiseLinear(ValueError):
    """The network has an activation or an encoding that is not piecewise linear, so it has no linear regions."""


def linear_regions(
    network: Network, domain: tuple[float, float] = (0.0, 1.0), *, certify: bool = True
) -> list[LineRegions]:
    """The linear regions of every member on ``domain``, in the network's units.

    ``certify=False`` leaves out the comparison with a direct evaluation, which is half of the time. Many members are
    counted on as many threads as torch uses; the numbers do not depend on how many.

    Raises ``NotPiecewiseLinear``; ``InputError`` for a domain that is not two finite numbers in order; ``ValueError``
    if the network has several inputs, or a member's parameters or values are not finite.

    >>> from nnexpr import linear_regions, tent
    >>> [regions] = linear_regions(tent(6))
    >>> regions.count, regions.activation_regions
    (64, 64)
    """
    low, high = (float(end) for end in domain)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError("domain", (low, high), "two finite numbers, the lower one first")
    stack = _Stack.of(network)

    def share(first: int, last: int) -> list[LineRegions]:
        front = first_front(last - first, (low, high))
        with np.errstate(over="ignore", invalid="ignore"):
            return list(_count(stack.part(first, last), front, (low, high), certify, first))

    threads = min(torch.get_num_threads(), network.members // FEWEST)
    if threads < 2:
        return share(0, network.members)
    bounds = np.linspace(0, network.members, 4 * threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        return list(chain.from_iterable(pool.map(share, bounds[:-1], bounds[1:])))


@dataclass(frozen=True)
class _Stack:
    """A network's layers in float64: [W | b] ``(members, outputs, inputs + 1)``; the last one has no kinks."""

    affines: list[Array]
    activations: list[PiecewiseLinear]
    tolerance: float

    @classmethod
    def of(cls, network: Network) -> _Stack:
        known = [ACTIVATIONS[layer.activation].pieces for layer in network.layers]
        activations = [pieces for pieces in known if pieces is not None]
        if not network.is_piecewise_linear:
            raise NotPiecewiseLinear(
                "linear regions need a piecewise-linear network: relu, leaky_relu, hat, hardtanh or identity layers "
                "and no encoding"
            )
        if network.inputs != 1:
            raise ValueError(f"the network has {network.inputs} inputs; regions on the line need one")
        parameters = network.parameters.detach().cpu().numpy().astype(np.float64)
        finite = np.isfinite(parameters).all(axis=1)
        if not finite.all():
            raise ValueError(f"member {int(finite.argmin())} has parameters that are not finite")
        affines = [
            parameters[:, low:high].reshape(-1, layer.outputs, layer.inputs + 1)
            for layer, (low, high) in zip(network.layers, pairwise(network.offsets), strict=True)
        ]
        if activations[-1].kinks:  # then the output layer is one more hidden layer, below an identity
            last = np.eye(network.outputs, network.outputs + 1)
            affines.append(np.broadcast_to(last, (network.members, *last.shape)))
            activations.append(PiecewiseLinear((), (1.0,), (0.0,)))
        return cls(affines, activations, max(network.tie_tolerance, ROUNDING))

    def part(self, first: int, last: int) -> _Stack:
        """Members ``first:last``, as views."""
        return _Stack([affine[first:last] for affine in self.affines], self.activations, self.tolerance)


def _count(
    stack: _Stack, front: Front, domain: tuple[float, float], certify: bool, first: int
) -> Iterator[LineRegions]:
    """Layer by layer, in groups of members that are halved whenever they outgrow the cache; in the members' order.

    ``first`` is the number of the first member.
    """
    waiting: list[tuple[int, int, Front, list[Mask]]] = [(0, front.members, front, [])]
    while waiting:
        low, high, front, dead = waiting.pop()
        layer = len(dead)
        affine = stack.affines[layer][low:high]
        half = (high - low) // 2
        if half and len(front.positions) * affine.shape[1] > GROUP:
            waiting.append((low + half, high, front.part(half, high - low), [mask[half:] for mask in dead]))
            waiting.append((low, low + half, front.part(0, half), [mask[:half] for mask in dead]))
        elif layer + 1 < len(stack.affines):
            front, mask = advance(front, layer + 1, affine, stack.activations[layer], stack.tolerance)
            waiting.append((low, high, front, [*dead, mask]))
        else:
            yield from _outputs(stack.part(low, high), front, dead, domain, certify, first + low)


def _outputs(
    stack: _Stack, hidden: Front, dead: list[Mask], domain: tuple[float, float], certify: bool, first: int
) -> Iterator[LineRegions]:
    """The output layer above the last hidden one, and the joining of neighbours with equal slopes."""
    affine = stack.affines[-1]
    front, _ = advance(hidden, len(stack.affines), affine, stack.activations[-1], stack.tolerance)
    finite = np.isfinite(front.values).all(axis=1) & np.isfinite(front.slopes).all(axis=1)
    if not finite.all():
        member = first + int(front.members_of(np.flatnonzero(~finite)[:1])[0])
        raise ValueError(f"member {member} overflows float64 on this domain")
    sums = sum(each.shape[1] + 1 for each in stack.affines)
    terms = affine_rows(np.abs(hidden.slopes), hidden.starts, np.abs(affine), bias=False)
    rounding = 4 * np.finfo(np.float64).eps * sums * terms
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
    starts = front.starts.tolist()
    for member, (low, high) in enumerate(pairwise(starts)):
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
