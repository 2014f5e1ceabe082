"""Z20's errors: a function fitted by one shallow network, and in stretched pieces with as many degrees of freedom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from nnexpr.experiments.data import Claim, Figure
from nnexpr.experiments.judging import judged
from nnexpr.linear.solvers import least_squares
from nnexpr.networks.builders import shallow
from nnexpr.networks.network import Network
from nnexpr.targets.target import Target
from nnexpr.theory.decomposition import Division, Function
from nnexpr.training.many import fit_many

__all__ = ["PIECES", "WAYS", "Errors", "both", "by_size", "degrees", "lower"]

Errors = tuple[float, float]  # of one network, of pieces

PIECES, KNOTS = 16, 16
SAMPLES = 4000  # in all; among those of a piece its ends count as often as all others
EXACT, SINGLE, TRAINED = WAYS = ("exact least squares", "modes above single precision", "Adam")
EPOCHS, RATE = 2000, 1e-2
PRECISION = 2.0**-23  # modes with λ < n ε λ_1 are left out, as a pseudo-inverse in single precision does


def degrees(pieces: int) -> int:
    """The coefficients of all pieces, and the breaks."""
    return pieces * KNOTS + pieces + 1


def both(f: Function, pieces: int, way: str, members: int, seed: int) -> Errors:
    """Root mean square errors over f's root mean square on [-1, 1], between the samples; medians of the members."""
    whole, division = (Division(f, np.linspace(-1, 1, count + 1)) for count in (1, pieces))
    each = SAMPLES // pieces
    [one] = fitted([whole.target(0, SAMPLES)], degrees(pieces), way, members, seed)
    parts = fitted([division.target(i, each, each // 2) for i in range(pieces)], KNOTS, way, members, seed)
    networks = [
        division.network(Network(parts[0].layers, torch.cat([part.parameters[[member]] for part in parts])))
        for member in range(one.members)
    ]
    x = np.linspace(-1, 1, 20_001)
    y = f(x)
    values = one(x)[:, :, 0], np.stack([network(x)[0, :, 0] for network in networks])
    first, second = (float(np.median(np.sqrt(np.mean((v - y) ** 2, axis=1) / np.mean(y**2)))) for v in values)
    return first, second


def fitted(targets: Sequence[Target], knots: int, way: str, members: int, seed: int) -> list[Network]:
    """A network of evenly spaced fixed knots for each target; by least squares of one member."""
    if way == TRAINED:
        starts = [shallow(knots, domain=(-1, 1), members=members, seed=seed) for _ in targets]
        return [found.network for found in fit_many(starts, targets, epochs=EPOCHS, lr=RATE)]
    solver, cut_off = ("hat", None) if way == EXACT else ("gram", PRECISION * knots)
    places = np.linspace(-1, 1, knots)
    fits = (
        least_squares(each.inputs[:, 0], each.values, places, basis="relu", solver=solver, rcond=cut_off)
        for each in targets
    )
    return [fit.to_network() for fit in fits]


def lower(errors: Mapping[tuple[str, str], Errors]) -> list[Claim]:
    """Z20's error per degree of freedom, from those of every target by every way."""
    claims = []
    for way, part in ((SINGLE, "Z20 error"), (TRAINED, "Z20 trained"), (EXACT, "Z20 exact")):
        ratios = [one / pieces for (_, by), (one, pieces) in errors.items() if by == way]
        claims.append(judged(
            part, f"As many degrees of freedom are nearer in {PIECES} pieces than in one shallow network: {way}",
            "above 1", ", ".join(f"{ratio:.3g}" for ratio in ratios), "the error of one network over that of pieces",
            min(ratios) > 1, fails_if="on one of the targets the pieces are as far off as the one network, or further",
            why="Solved exactly the one network is the better spline: it has as many knots, and none of its "
            "coefficients goes to a break. What pieces spare is digits and epochs." if way == EXACT else "",
        ))  # fmt: skip
    return claims


def by_size(f: Function, counts: Sequence[int], name: str) -> Figure:
    """Errors of one function over degrees of freedom, by both ways of least squares."""
    series = {}
    for way in (EXACT, SINGLE):
        found = [both(f, count, way, 1, 0) for count in counts]
        for label, errors in zip(("one network", "pieces"), zip(*found, strict=True), strict=True):
            series[f"{label}, {way}"] = errors
    return Figure.over(
        map(degrees, counts),
        series,
        f"{name}: relative error",
        "degrees of freedom",
        "error",
        log_x=True,
        log_y=True,
    )
