"""Parity, small when deep and large when shallow: circuits made for it, and evaluated on every input.

x_1 ⊕ ... ⊕ x_n asked of four kinds of circuit, all gates but the inputs counted:

    DNF                 2^{n-1} conjunctions of n literals and one OR    depth 2
    threshold circuit   n gates [Σ x >= k] and one gate                  depth 2
    AND/OR/NAND tree    3 (n − 1) gates                                  depth 2 ceil(log2 n)
    ReLU tents          2 ceil(log2 n) units: T(Σ x / 2^k), k times      depth ceil(log2 n)

The DNF cannot be smaller: a conjunction that leaves a variable out does not change with it, parity does at every input
(``sensitive``), so each conjunction names all n variables and covers one of the 2^{n-1} odd inputs. At any fixed depth
AND/OR circuits stay exponential, 2^{Ω(n^{1/(d-1)})} at depth d (Håstad 1986). The tents fold the sum at its middle, as
in ``sawtooth.py``: on i/2^k the wave of 2^k pieces is i mod 2.

Sources: O. Lupanov 1961 for the DNF; S. Muroga 1959 for the threshold circuit; J. Håstad, STOC 1986.

A circuit is a list of gates over signals numbered from the inputs on; its table over all 2^n inputs is kept as bits,
64 inputs to a word, so that a gate of two inputs costs 2^n / 64 operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log2
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nnexpr.splines.tent import composed

__all__ = [
    "Circuit",
    "Gate",
    "dnf",
    "parity_table",
    "sensitive",
    "tent_parity",
    "threshold_circuit",
    "xor_tree",
]

Bits = NDArray[np.bool_]
Kind = Literal["and", "or", "nand", "threshold"]

MOST_INPUTS = 20


@dataclass(frozen=True)
class Gate:
    """One gate. ``sources``: signals, as they are where positive (from 1), negated where negative.

    A threshold gate is Σ weights · signals >= threshold.
    """

    kind: Kind
    sources: tuple[int, ...]
    weights: tuple[int, ...] = ()
    threshold: int = 0


@dataclass(frozen=True)
class Circuit:
    """Gates over ``inputs`` bits; gate g, from 0, is signal inputs + 1 + g, the last one the output."""

    inputs: int
    gates: tuple[Gate, ...]

    @property
    def size(self) -> int:
        """Gates."""
        return len(self.gates)

    @property
    def depth(self) -> int:
        """Gates on the longest way from an input to the output."""
        depths = [0] * self.inputs
        for gate in self.gates:
            depths.append(1 + max(depths[abs(source) - 1] for source in gate.sources))
        return depths[-1]

    def table(self) -> Bits:
        """The output at all inputs, ``(2^inputs,)``; input i is bit i of the index."""
        signals = list(_input_words(self.inputs))
        for gate in self.gates:
            signals.append(_gate_words(gate, signals, self.inputs))
        return np.unpackbits(signals[-1].view(np.uint8), bitorder="little")[: 2**self.inputs].astype(bool)


def parity_table(inputs: int) -> Bits:
    """x_1 ⊕ ... ⊕ x_n at all inputs, ``(2^inputs,)``."""
    return (np.bitwise_count(np.arange(2 ** _checked(inputs))) % 2).astype(bool)


def sensitive(table: Bits) -> bool:
    """Whether the function changes with every single bit at every input."""
    inputs = int(log2(len(table)))
    index = np.arange(len(table))
    return all(bool((table != table[index ^ (1 << bit)]).all()) for bit in range(inputs))


def dnf(inputs: int) -> Circuit:
    """One conjunction of all literals for each odd input, and their OR."""
    odd = np.flatnonzero(parity_table(inputs)).tolist()
    terms = [Gate("and", tuple(i + 1 if row >> i & 1 else -(i + 1) for i in range(inputs))) for row in odd]
    return Circuit(inputs, (*terms, Gate("or", tuple(range(inputs + 1, inputs + 1 + len(terms))))))


def threshold_circuit(inputs: int) -> Circuit:
    """Gates [Σ x >= k] for k = 1 ... n, and their alternating sum >= 1."""
    every = tuple(range(1, _checked(inputs) + 1))
    layer = [Gate("threshold", every, (1,) * inputs, k) for k in every]
    signs = tuple((-1) ** k for k in range(inputs))
    return Circuit(inputs, (*layer, Gate("threshold", tuple(inputs + k for k in every), signs, 1)))


def xor_tree(inputs: int) -> Circuit:
    """A balanced tree of x ⊕ y = AND(OR(x, y), NAND(x, y)); raises ValueError for one input, which needs no gate."""
    if _checked(inputs) < 2:
        raise ValueError("inputs is 1; a tree joins at least 2")
    gates: list[Gate] = []
    level = list(range(1, inputs + 1))
    while len(level) > 1:
        above = []
        for left, right in zip(level[::2], level[1::2], strict=False):
            first = inputs + len(gates) + 1
            gates += [Gate("or", (left, right)), Gate("nand", (left, right)), Gate("and", (first, first + 1))]
            above.append(first + 2)
        level = above + level[len(level) - len(level) % 2 :]
    return Circuit(inputs, tuple(gates))


def tent_parity(inputs: int) -> tuple[int, Bits]:
    """The 2k units of k = ceil(log2 n) folds (one for a single bit), and the folded sum's output at all inputs.

    Σ x / 2^k is a dyadic number, so float64 is exact.
    """
    folds = max(1, ceil(log2(_checked(inputs))))
    total = np.bitwise_count(np.arange(2**inputs))
    return 2 * folds, composed(folds, total / 2**folds) == 1.0


def _input_words(inputs: int) -> list[NDArray[np.uint64]]:
    index = np.arange(max(64, 2 ** _checked(inputs)), dtype=np.uint32)
    return [
        np.packbits((index >> bit & 1).astype(bool), bitorder="little").view(np.uint64)
        for bit in range(inputs)
    ]


def _gate_words(gate: Gate, signals: Sequence[NDArray[np.uint64]], inputs: int) -> NDArray[np.uint64]:
    chosen = [signals[source - 1] if source > 0 else ~signals[-source - 1] for source in gate.sources]
    if gate.kind == "threshold":
        total = np.zeros(max(64, 2**inputs), dtype=np.int64)
        for weight, source in zip(gate.weights, chosen, strict=True):
            total += weight * np.unpackbits(source.view(np.uint8), bitorder="little").astype(np.int64)
        return np.packbits(total >= gate.threshold, bitorder="little").view(np.uint64)
    words: NDArray[np.uint64] = (np.bitwise_or if gate.kind == "or" else np.bitwise_and).reduce(chosen)
    return ~words if gate.kind == "nand" else words


def _checked(inputs: int) -> int:
    if not 1 <= inputs <= MOST_INPUTS:
        raise ValueError(f"inputs is {inputs}; it must be from 1 to {MOST_INPUTS}")
    return inputs
