"""C10: circuits for parity, made and evaluated on every input."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.theory.parity import dnf, parity_table, sensitive, tent_parity, threshold_circuit, xor_tree

__all__ = ["run"]

MOST_INPUTS, QUICK_MOST_INPUTS = 16, 10


class _Row(NamedTuple):
    inputs: int
    terms: int
    thresholds: int
    tree: int
    tree_depth: int
    tents: int
    right: bool  # all four agree with parity on every input
    minimal: bool  # parity changes with every bit at every input, so no DNF has fewer terms


def run(attempt: Attempt) -> Result:
    """Four constructions for n = 2 ... 16, each checked on all 2^n inputs."""
    most = attempt.choose(MOST_INPUTS, QUICK_MOST_INPUTS)
    rows = []
    for inputs in range(2, most + 1):
        attempt.report(2.0 ** (inputs - 1 - most), f"{inputs} inputs")
        rows.append(_row(inputs))
    attempt.report(1.0)
    columns = ("n", "DNF terms", "threshold gates", "tree gates", "tree depth", "tent units", "right on all inputs",
               "DNF minimal")  # fmt: skip
    table = Table("Gates for the parity of n bits", columns, rows)
    series = {
        "DNF terms": [r.terms for r in rows],
        "tree": [r.tree for r in rows],
        "threshold gates": [r.thresholds for r in rows],
        "ReLU tents": [r.tents for r in rows],
    }
    figure = Figure.over([r.inputs for r in rows], series, "Gates for parity", "n", "gates", log_y=True)
    exact = all(
        r.right
        and r.minimal
        and (r.terms, r.thresholds, r.tree) == (2 ** (r.inputs - 1), r.inputs, 3 * (r.inputs - 1))
        for r in rows
    )
    claim = judged(
        "C10",
        "Parity is small deep and exponentially large at depth 2 (without threshold gates)",
        "2^(n−1) terms, n threshold gates, 3(n − 1) gates in a tree",
        f"{'exactly so' if exact else 'other counts'}, on all 2^n inputs, n <= {most}; "
        f"n = {most}: {rows[-1].terms}, {rows[-1].thresholds}, {rows[-1].tree}",
        "exact",
        exact,
        fails_if="a circuit is wrong on an input or has another number of gates, or a DNF with fewer terms is possible",
    )
    return Result((table,), (figure,), (claim,))


def _row(inputs: int) -> _Row:
    truth = parity_table(inputs)
    terms, thresholds, tree = dnf(inputs), threshold_circuit(inputs), xor_tree(inputs)
    units, folded = tent_parity(inputs)
    tables = (terms.table(), thresholds.table(), tree.table(), folded)
    return _Row(
        inputs=inputs,
        terms=terms.size - 1,  # but the OR
        thresholds=thresholds.size - 1,  # but the output gate
        tree=tree.size,
        tree_depth=tree.depth,
        tents=units,
        right=all(bool(np.array_equal(table, truth)) for table in tables),
        minimal=sensitive(truth),
    )
