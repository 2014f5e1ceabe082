"""Ranks of hierarchical tensors, against NumPy, exact arithmetic and the theorem."""

from __future__ import annotations

from fractions import Fraction
from math import prod

import numpy as np
import pytest

from nnexpr.theory.tensors import (
    PRIME,
    cp_tensor,
    expected_rank,
    hierarchical_tensor,
    matricised,
    modular_rank,
)


def fraction_rank(matrix: list[list[int]]) -> int:
    """By elimination over the rationals."""
    rows, rank = [[Fraction(entry) for entry in row] for row in matrix], 0
    for column in range(len(rows[0])):
        pivot = next((row for row in rows[rank:] if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(rank, pivot)
        for other in rows[rank + 1 :]:
            factor = other[column] / pivot[column]
            other[:] = [a - factor * b for a, b in zip(other, pivot, strict=True)]
        rank += 1
    return rank


@pytest.mark.parametrize(
    ("order", "dimension", "rank"),
    [(2, 5, 3), (2, 3, 7), (4, 3, 2), (4, 4, 9), (8, 2, 2), (8, 3, 2), (16, 2, 2)],
)
def test_the_rank_is_the_theorems(order: int, dimension: int, rank: int) -> None:
    tensor = hierarchical_tensor(order, dimension, rank, seed=3)
    assert modular_rank(matricised(tensor)) == expected_rank(order, dimension, rank)
    assert modular_rank(matricised(tensor, "halves")) == min(rank, dimension ** (order // 2))


@pytest.mark.parametrize("terms", [1, 4, 9, 12])
def test_a_sum_of_rank_one_terms_has_at_most_their_number(terms: int) -> None:
    assert modular_rank(matricised(cp_tensor(4, 3, terms))) == min(terms, 9)


@pytest.mark.parametrize(("rows", "columns", "rank"), [(6, 6, 3), (5, 9, 5), (12, 7, 4)])
def test_modular_rank_agrees_with_numpy_and_the_rationals(rows: int, columns: int, rank: int) -> None:
    rng = np.random.default_rng(rank)
    matrix = rng.integers(-9, 10, (rows, rank)) @ rng.integers(-9, 10, (rank, columns))
    assert (
        modular_rank(matrix) == np.linalg.matrix_rank(matrix.astype(float)) == fraction_rank(matrix.tolist())
    )


def test_the_format_is_its_recursion() -> None:
    """Order 2: Σ_b w_b a_b ⊗ c_b, drawn in the same order."""
    rng = np.random.default_rng(0)
    left, right = (rng.integers(0, PRIME, (3, 4)) for _ in range(2))
    weights = rng.integers(0, PRIME, (1, 3))[0]
    expected = [
        [sum(int(w) * int(a) * int(c) for w, a, c in zip(weights, left[:, i], right[:, j], strict=True)) % PRIME
         for j in range(4)]
        for i in range(4)
    ]  # fmt: skip
    assert hierarchical_tensor(2, 4, 3, seed=0).tolist() == expected


def test_small_integer_tensors_have_the_rank_in_floating_point_too() -> None:
    rng = np.random.default_rng(1)
    leaves = rng.standard_normal((4, 2, 3))
    pairs = [
        np.einsum("ab,bi,bj->aij", rng.standard_normal((2, 2)), leaves[2 * k], leaves[2 * k + 1])
        for k in (0, 1)
    ]
    tensor = np.einsum("b,bij,bkl->ijkl", rng.standard_normal(2), *pairs)
    matrix = tensor.transpose(0, 2, 1, 3).reshape(9, 9)
    assert np.linalg.matrix_rank(matrix) == expected_rank(4, 3, 2)


def test_other_orders_are_refused() -> None:
    with pytest.raises(ValueError, match="power of 2"):
        hierarchical_tensor(6, 2, 2)


def test_a_sum_of_rank_one_terms_is_the_products_of_its_vectors() -> None:
    factors = np.random.default_rng(0).integers(0, PRIME, (4, 3, 2)).tolist()
    made = cp_tensor(4, 2, 3)
    for place in np.ndindex(2, 2, 2, 2):
        terms = [
            prod(factors[mode][term][index] for mode, index in enumerate(place)) % PRIME for term in range(3)
        ]
        assert int(made[place]) == sum(terms) % PRIME
    assert np.array_equal(hierarchical_tensor(4, 2, 3), hierarchical_tensor(4, 2, 3, seed=0))
