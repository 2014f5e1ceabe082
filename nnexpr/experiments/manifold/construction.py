"""Compositional networks as the paper constructs them and as they are built: claims M1 and M12, and the theorems.

The construction is judged in rational arithmetic; the networks that are built from it, by counting their weights as
they are.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Claim, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.manifold.theorems import convex, differentiable, second_derivative, wave_slopes
from nnexpr.networks.compositional import compositional
from nnexpr.regions.line import linear_regions
from nnexpr.regions.rational import rational_count
from nnexpr.splines.tent import theorem_scales
from nnexpr.theory import exact

__all__ = ["layers", "regions", "run"]

DEEPEST, DEEPEST_QUICK = 20, 12
ENUMERATED = 10  # layers whose breakpoints are found one by one
COUNTED = 8  # layers whose weights are counted in rational arithmetic
BINARY = (0, 1, 2)  # j of the peaks 1/(1 + 2^j), with which the valleys of rounded weights are exactly 0
FEW, MANY = 20, 200  # networks drawn


def run(attempt: Attempt) -> Result:
    """Seconds; quick draws fewer peaks."""
    draws = attempt.choose(MANY, FEW)
    steps = (regions, differentiable, convex, second_derivative, layers)
    tables, claims = [], []
    for step in attempt.over(steps, lambda step: step.__name__.replace("_", " ")):
        table, made = step(draws, attempt.seed)
        tables.append(table)
        claims += made
    return Result(tables, claims=claims)


def regions(draws: int, seed: int) -> tuple[Table, list[Claim]]:
    """The construction, networks of few binary digits, and networks with random peaks, at every depth."""
    rng = np.random.default_rng(seed)
    rows = []
    deepest = DEEPEST if draws >= MANY else DEEPEST_QUICK
    for depth in range(1, deepest + 1):
        peaks = [exact.random_peaks(depth + 1, rng) for _ in range(draws)]
        counts = {exact.regions(a, theorem_scales(a, sign)[:depth]) for a in peaks for sign in (-1, 1)}
        binary = compositional(
            depth, [[1 / (1 + 2**j)] for j in BINARY], members=len(BINARY), dtype="float64"
        )
        members = min(draws, 20) if depth <= DEEPEST_QUICK else 2
        drawn = compositional(depth, members=members, seed=seed, dtype="float64")
        rounded = [one.count for each in (binary, drawn) for one in linear_regions(each, certify=False)]
        weights = slivers = None
        if depth <= ENUMERATED:
            _, slopes = wave_slopes(peaks[0], theorem_scales(peaks[0])[:depth])
            counts.add(1 + sum(left != right for left, right in pairwise(slopes)))
        if depth <= COUNTED:
            of_binary = {rational_count(binary, member=i).linear_regions for i in range(len(BINARY))}
            weights, slivers = (
                max(of_binary, key=lambda count: abs(count - 2**depth)),
                rational_count(drawn).linear_regions,
            )
        rows.append(
            _Counts(depth, 2**depth, min(counts), max(counts), weights, slivers, min(rounded), max(rounded))
        )
    columns = (
        "L", "2^L", "construction, least", "most", "weights, peaks 1/(1 + 2^j)", "weights, random peaks",
        "float64 with the tie rule, least", "most",
    )  # fmt: skip
    table = Table("Linear regions of compositional networks", columns, rows)
    return table, [_construction(rows, draws), _rounded(rows, quick=deepest < DEEPEST)]


class _Counts(NamedTuple):
    """At one depth: by construction, of the weights as they are with no tolerance, and as ``linear_regions`` counts."""

    depth: int
    expected: int
    least: int
    most: int
    weights: int | None
    slivers: int | None
    rounded_least: int
    rounded_most: int


def _construction(rows: list[_Counts], draws: int) -> Claim:
    right = all(row.least == row.most == row.expected and row.weights in (None, row.expected) for row in rows)
    return judged(
        "M1", "A compositional network of L hidden layers has 2^L linear regions for any peaks in (0, 1)",
        f"2^L for L <= {len(rows)}",
        (f"2^L for {2 * draws} random peaks a depth in exact arithmetic, and for the weights of networks with peaks "
         f"1/(1 + 2^j), with no tolerance, to L = {COUNTED}") if right else "not 2^L",
        "exact", right,
        fails_if="some peaks give another number, by slope gaps, by enumeration or in the weights of a network",
    )  # fmt: skip


def _rounded(rows: list[_Counts], quick: bool) -> Claim:
    """Networks in float64, counted in float64."""
    short = [row for row in rows if not row.rounded_least == row.rounded_most == row.expected]
    first = (
        f"2^L to L = {short[0].depth - 1}; {short[0].rounded_least:,} at L = {short[0].depth}"
        if short
        else ""
    )
    return judged(
        "M1 float64", "So do the networks as they are built and counted, in float64",
        f"2^L for L <= {DEEPEST}", first or f"2^L to L = {len(rows)}",
        "kinks within 2 eps of the terms are one", None if quick else not short,
        fails_if=f"a network is counted with another number at some L <= {DEEPEST}",
        why=(f"A quick run stops at L = {len(rows)}." if quick else
             "Where peaks are steep, deep bends fade below the rounding of the slopes. With no tie rule weights have "
             f"too many, slivers of some 1e-17 where kinks do not meet: {rows[COUNTED - 1].slivers} at L = {COUNTED}."),
    )  # fmt: skip


def layers(draws: int, seed: int) -> tuple[Table, list[Claim]]:
    """The rows of t1 and t2, and the amplitude that the bias unit carries."""
    network = compositional(8, members=draws, seed=seed, dtype="float64")
    differ, largest = 0.0, 0.0
    rows: list[list[Cell]] = []
    amplitude = torch.ones(draws)
    for index in range(1, 8):
        weights = network.weight(index)
        differ = max(differ, float((weights[:, 1, :3] - weights[:, 2, :3]).abs().max()))
        ratio = weights[:, 3, 3]
        largest = max(largest, float(ratio.max()))
        amplitude = amplitude * ratio
        rows.append([index + 1, float(amplitude.quantile(0.5)), float(amplitude.max())])
    claim = judged(
        "M12", "In a layer t1 and t2 have identical slopes, and outputs decay with depth",
        "equal weights; ratio below 1", f"weights differ by {differ:g}; largest ratio {largest:.3g}", "exact",
        differ == 0.0 and largest < 1.0,
        fails_if="a weight of t1 is not that of t2, or a layer's amplitude is not below the one before",
    )  # fmt: skip
    title = f"Amplitude of the outputs by hidden layer, {draws} networks (layer 1 has 1)"
    return Table(title, ("hidden layer", "median", "largest"), rows), [claim]
