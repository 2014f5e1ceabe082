"""Linear regions of networks with one input, exactly.

A network of affine layers and piecewise-linear activations is a continuous piecewise-linear function of x. Its
breakpoints on an interval are found layer by layer, without sampling: between two neighbouring positions at which some
unit so far changes its piece, every pre-activation of the next layer is affine in x, so a unit bends inside iff its
pre-activation lies on two sides of a kink at the two ends. It is the restriction of a network to a line of Sotoudeh and
Thakur (NeurIPS 2019), in float64 and for many networks at once.

Two counts. *Activation regions* are the maximal intervals on which no unit changes its piece. *Linear regions* are the
maximal intervals on which the output is affine.

    propagate.py   one layer: crossings, interpolation, activation
    ties.py        kinks that coincide: the rule that decides them
    outputs.py     which neighbours are one linear region
    certificate.py the comparison with a direct evaluation

Cost: about one forward pass for each region, and as much again for the certificate. Error: values carry the rounding of
float64, positions that of the domain's larger end. The counts do not depend on rounding, except that crossings closer
than the tie rule's tolerance are counted as one, and reported.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import numpy as np
import torch

from nnexpr.networks.network import Network
from nnexpr.regions.front import Front, Mask, first_front
from nnexpr.regions.outputs import outputs
from nnexpr.regions.pieces import LineRegions
from nnexpr.regions.propagate import advance
from nnexpr.regions.stack import NotPiecewiseLinear, Stack
from nnexpr.specification import InputError

__all__ = ["LineRegions", "NotPiecewiseLinear", "linear_regions"]

# Values of one layer held for one group of members. Of 2^15 ... 2^19, 2^17 (1 MiB, the size of a second-level cache)
# was fastest for many networks 1-64-64-64-64-1; the others took 2 to 20 % more.
GROUP = 1 << 17
FEWEST = 64  # members worth a second thread
WIDE = 2.0**-40  # a tie tolerance that the quick way's margin of 2^-30 no longer covers well


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
    stack = Stack.of(network)

    def share(first: int, last: int) -> list[LineRegions]:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return _count(stack.select(slice(first, last)), (low, high), certify)

    threads = min(torch.get_num_threads(), network.members // FEWEST)
    if threads < 2:
        return share(0, network.members)
    bounds = np.linspace(0, network.members, 4 * threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        return list(chain.from_iterable(pool.map(share, bounds[:-1], bounds[1:])))


def _count(stack: Stack, domain: tuple[float, float], certify: bool) -> list[LineRegions]:
    """Members in general position the quick way; those with ties, or suspect of them, with variances."""
    found: dict[int, LineRegions] = {}
    for careful in (stack.tolerance > WIDE, True):
        rest = np.array([place for place, number in enumerate(stack.numbers.tolist()) if number not in found])
        if len(rest):
            group = stack if len(rest) == len(stack.numbers) else stack.select(rest)
            for part, front, dead in _groups(group, first_front(len(rest), domain, careful)):
                regions = outputs(part, front, dead, domain, certify)
                members = zip(part.numbers.tolist(), regions, front.suspects, strict=True)
                found.update({number: each for number, each, suspect in members if not suspect})
    return [found[number] for number in stack.numbers.tolist()]


def _groups(stack: Stack, front: Front) -> Iterator[tuple[Stack, Front, list[Mask]]]:
    """Take all hidden layers, in groups of members that are halved whenever they outgrow the cache.

    Yields each group's layers, its front below the output layer and the dead units of its hidden layers. A group is
    given up once all its members are suspect.
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
            if not front.suspects.all():
                waiting.append((low, high, front, [*dead, mask]))
        else:
            yield stack.select(slice(low, high)), front, dead
