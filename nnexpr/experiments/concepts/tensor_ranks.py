"""C11: the matricisation rank of random hierarchical tensors, and of sums of rank-one terms, in exact arithmetic."""

from __future__ import annotations

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Curve, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.theory.tensors import cp_tensor, expected_rank, hierarchical_tensor, matricised, modular_rank

__all__ = ["run"]

CASES = (
    (2, 4, 3), (2, 4, 6), (4, 4, 2), (4, 4, 3), (4, 4, 6), (4, 8, 5), (8, 2, 2), (8, 3, 2), (8, 3, 3), (8, 4, 3),
    (8, 4, 6), (8, 5, 3), (16, 2, 2), (16, 2, 3),
)  # order N, dimension M, rank r  # fmt: skip
QUICK_CASES = CASES[:9]
SEEDS, QUICK_SEEDS = 5, 2


def run(attempt: Attempt) -> Result:
    """For each order, dimension and rank: several draws, the two matricisations, and a CP tensor of r terms."""
    cases, draws = attempt.choose((CASES, SEEDS), (QUICK_CASES, QUICK_SEEDS))
    rows, met = [], 0
    for order, dimension, rank in attempt.over(cases, lambda case: "N = {}, M = {}, r = {}".format(*case)):
        seeds = range(attempt.seed, attempt.seed + draws)
        tensors = [hierarchical_tensor(order, dimension, rank, seed) for seed in seeds]
        ranks = [modular_rank(matricised(tensor)) for tensor in tensors]
        halves = modular_rank(matricised(tensors[0], "halves"))
        shallow = modular_rank(matricised(cp_tensor(order, dimension, rank, attempt.seed)))
        expected = expected_rank(order, dimension, rank)
        met += min(ranks) == max(ranks) == expected
        parameters = order * dimension * rank + rank**2 * (order - 2) + rank
        cp_parameters = expected * (order * dimension + 1)
        rows.append(
            (order, order.bit_length() - 1, dimension, rank, min(ranks), max(ranks), expected, halves, shallow,
             parameters, cp_parameters)
        )  # fmt: skip
    columns = ("N", "layers", "M", "r", "least rank", "largest rank", "min(r,M)^(N/2)", "rank, halves", "CP of r terms",
               "parameters", "parameters of a CP of equal rank")  # fmt: skip
    table = Table(f"Ranks of hierarchical tensors, odd against even modes ({draws} draws)", columns, rows)
    series = []
    for m, r in ((2, 2), (4, 3)):
        chosen = [row for row in rows if row[2:4] == (m, r)]
        x, y = [float(row[1]) for row in chosen], [float(row[4]) for row in chosen]
        series.append(Curve(f"M = {m}, r = {r}", x, y))
    claim = judged(
        "C11",
        "The rank of hierarchical tensors grows multiplicatively with depth",
        "min(r, M)^(N/2)",
        f"equal in {met} of {len(cases)} cases, all draws",
        "exact, modulo 2^31 − 1",
        met == len(cases),
        fails_if="a draw of some case has another rank",
    )
    return Result((table,), (Figure("Matricisation rank", "layers", "rank", series, log_y=True),), (claim,))
