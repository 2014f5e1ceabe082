"""Deep networks as hierarchical tensors: the rank that depth multiplies, in exact arithmetic.

A convolutional arithmetic circuit (products for pooling) with M features for each of N = 2^L patches is a tensor of
order N and dimension M: one hidden layer is a sum of Z rank-one terms (CP), L layers a hierarchical Tucker tensor, here
with r channels in every layer,

    φ^{0,j,a} ∈ K^M,   φ^{l,j,a} = Σ_b w^{l,j,a}_b φ^{l-1,2j-1,b} ⊗ φ^{l-1,2j,b},   A = φ^{L,1}.

Arrange the entries as a matrix with the odd modes for its rows and the even modes for its columns. Then for almost all
weights rank A = min(r, M)^{N/2}: neighbours meet in the lowest layer, each pair gives a matrix of rank min(r, M), and
⊗ multiplies ranks. A CP tensor has rank at most Z there, so Z must be that large to be equal. With the first half of
the modes against the second half, it is the other way round: the top layer joins them, and the rank is at most r.

The weights are drawn from the field of integers modulo p = 2^31 − 1, so ranks are exact, with no tolerance: a rank that
is reached modulo p for integer weights is reached over the rationals too, hence almost everywhere.

Source: N. Cohen, O. Sharir, A. Shashua, "On the expressive power of deep learning: a tensor analysis", COLT 2016
(their bound is on the CP rank, by this matricisation); W. Hackbusch, S. Kühn 2009 for the format. Cost: O(M^{3N/2})
for the elimination.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["PRIME", "cp_tensor", "expected_rank", "hierarchical_tensor", "matricised", "modular_rank"]

Integers = NDArray[np.int64]

PRIME = 2**31 - 1  # products of two residues fit int64


def expected_rank(order: int, dimension: int, rank: int) -> int:
    """min(rank, dimension)^(order / 2)."""
    return int(min(rank, dimension) ** 2 ** (_levels(order) - 1))


def hierarchical_tensor(order: int, dimension: int, rank: int, seed: int = 0) -> Integers:
    """A random hierarchical tensor modulo PRIME, ``(dimension,) * order``; ``order`` is a power of 2, at least 2."""
    levels = _levels(order)
    rng = np.random.default_rng(seed)
    nodes = [rng.integers(0, PRIME, (rank, dimension)) for _ in range(order)]
    for level in range(1, levels + 1):
        channels = 1 if level == levels else rank
        nodes = [
            _joined(rng.integers(0, PRIME, (channels, rank)), left, right)
            for left, right in zip(nodes[::2], nodes[1::2], strict=True)
        ]
    return nodes[0].reshape((dimension,) * order)


def cp_tensor(order: int, dimension: int, terms: int, seed: int = 0) -> Integers:
    """A random sum of ``terms`` rank-one tensors modulo PRIME, ``(dimension,) * order``."""
    rng = np.random.default_rng(seed)
    factors = rng.integers(0, PRIME, (order, terms, dimension))
    half = order // 2
    left, right = _products(factors[:half]), _products(factors[half:])  # (terms, dimension^half)
    return _matmul(left.T.copy(), right).reshape((dimension,) * order)


def matricised(tensor: Integers, split: Literal["alternating", "halves"] = "alternating") -> Integers:
    """The tensor as a square matrix: odd modes against even modes, or the first half against the second."""
    order, dimension = tensor.ndim, tensor.shape[0]
    modes = [*range(0, order, 2), *range(1, order, 2)] if split == "alternating" else list(range(order))
    side = dimension ** (order // 2)
    return np.ascontiguousarray(tensor.transpose(modes)).reshape(side, -1)


def modular_rank(matrix: Integers) -> int:
    """The rank modulo PRIME, by Gaussian elimination."""
    rows = np.array(matrix, dtype=np.int64) % PRIME
    rank = 0
    for column in range(rows.shape[1]):
        candidates = np.flatnonzero(rows[rank:, column])
        if not len(candidates):
            continue
        pivot = rank + int(candidates[0])
        rows[[rank, pivot]] = rows[[pivot, rank]]
        below = rows[rank + 1 :]
        factors = below[:, column] * pow(int(rows[rank, column]), -1, PRIME) % PRIME
        below[:, column:] -= factors[:, None] * rows[rank, column:] % PRIME
        below %= PRIME
        rank += 1
        if rank == len(rows):
            break
    return rank


def _levels(order: int) -> int:
    levels = order.bit_length() - 1
    if order < 2 or order != 2**levels:
        raise ValueError(f"order is {order}; it must be a power of 2, at least 2")
    return levels


def _joined(weights: Integers, left: Integers, right: Integers) -> Integers:
    """Σ_b w_b left_b ⊗ right_b for each row of ``weights``: ``(channels, left size · right size)``."""
    return np.stack([_matmul((row[:, None] * left % PRIME).T.copy(), right).ravel() for row in weights])


def _products(factors: Integers) -> Integers:
    """⊗ over the first axis: ``(modes, terms, dimension)`` to ``(terms, dimension^modes)``."""
    made: Integers = factors[0]
    for factor in factors[1:]:
        made = (made[:, :, None] * factor[:, None, :] % PRIME).reshape(len(made), -1)
    return made


def _matmul(left: Integers, right: Integers) -> Integers:
    """The product modulo PRIME, summed term by term so that nothing overflows."""
    total = np.zeros((left.shape[0], right.shape[1]), dtype=np.int64)
    for index in range(left.shape[1]):
        total += left[:, index, None] * right[index] % PRIME
        total %= PRIME
    return total
