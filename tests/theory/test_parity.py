"""Parity circuits: every input, against bit counting."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product

import numpy as np
import pytest

from nnexpr.theory.parity import (
    Circuit,
    Gate,
    dnf,
    parity_table,
    sensitive,
    tent_parity,
    threshold_circuit,
    xor_tree,
)


@pytest.mark.parametrize("inputs", range(1, 17))
def test_the_table_is_the_number_of_ones_modulo_two(inputs: int) -> None:
    expected = [row.bit_count() % 2 == 1 for row in range(2**inputs)]
    assert parity_table(inputs).tolist() == expected


@pytest.mark.parametrize("inputs", [2, 3, 5, 7, 8, 11, 13])
@pytest.mark.parametrize("make", [dnf, threshold_circuit, xor_tree])
def test_circuits_are_right_on_every_input(make: Callable[[int], Circuit], inputs: int) -> None:
    assert np.array_equal(make(inputs).table(), parity_table(inputs))


@pytest.mark.parametrize("inputs", range(2, 17))
def test_their_sizes_and_depths(inputs: int) -> None:
    levels = (inputs - 1).bit_length()
    assert dnf(inputs).size == 2 ** (inputs - 1) + 1
    assert threshold_circuit(inputs).size == inputs + 1
    assert xor_tree(inputs).size == 3 * (inputs - 1)
    assert (dnf(inputs).depth, threshold_circuit(inputs).depth, xor_tree(inputs).depth) == (2, 2, 2 * levels)


@pytest.mark.parametrize("inputs", range(1, 17))
def test_folded_sums_are_parity(inputs: int) -> None:
    units, table = tent_parity(inputs)
    assert np.array_equal(table, parity_table(inputs))
    assert units == 2 * max(1, (inputs - 1).bit_length())


def test_no_smaller_dnf_computes_the_parity_of_three_bits() -> None:
    """All sets of three conjunctions, by enumeration."""
    truth = parity_table(3)
    rows = np.arange(8)
    terms = []
    for literals in product((None, 0, 1), repeat=3):
        fits = np.ones(8, dtype=bool)
        for bit, wanted in enumerate(literals):
            if wanted is not None:
                fits &= (rows >> bit & 1) == wanted
        if not (fits & ~truth).any():
            terms.append(fits)
    assert len(terms) == 4
    assert not any(np.array_equal(a | b | c, truth) for a, b, c in combinations(terms, 3))
    assert sensitive(truth)
    assert not sensitive(rows > 3)
    assert not sensitive(rows > 0)  # at some input every bit changes it, at others none does


def test_gates_do_what_they_say() -> None:
    gate = Gate("threshold", (1, -2), (2, 1), 2)  # 2 x_1 + not x_2 >= 2
    assert Circuit(2, (gate,)).table().tolist() == [False, True, False, True]


def test_too_many_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="from 1 to 20"):
        parity_table(21)
    with pytest.raises(ValueError, match="at least 2"):
        xor_tree(1)
