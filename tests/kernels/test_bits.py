"""Comparisons as bits, against Python's own integers."""

from __future__ import annotations

import numpy as np
import pytest

from nnexpr.kernels.bits import WORD, count, exceeding, lowest, put
from nnexpr.kernels.compiled import compiled


@compiled
def first_and_number(bits: int) -> tuple[int, int]:
    return lowest(bits), count(bits)


def as_flags(words: np.ndarray, size: int) -> np.ndarray:
    return np.array([(int(words[i // WORD]) >> (i % WORD)) & 1 == 1 for i in range(size)], dtype=bool)


@pytest.mark.parametrize("size", [1, 7, 8, 63, 64, 65, 130])
def test_a_bit_is_set_where_one_exceeds_the_other(size: int) -> None:
    a, b = np.random.default_rng(size).integers(-2, 3, (2, size)).astype(float)
    words = np.full(-(-size // WORD), -1)
    exceeding(a, b, words)
    assert (as_flags(words, WORD * len(words))[:size] == (a > b)).all()
    assert not as_flags(words, WORD * len(words))[size:].any()


@pytest.mark.parametrize("size", [1, 7, 8, 63, 64, 65, 130])
def test_numbers_are_put_where_bits_are_set(size: int) -> None:
    words = np.random.default_rng(size).integers(-(2**63), 2**63 - 1, -(-size // WORD))
    out = np.arange(float(size))
    put(-1.0, words, out)
    assert (out == np.where(as_flags(words, size), -1.0, np.arange(size))).all()


@pytest.mark.parametrize("bits", [1, 6, 1 << 40, (1 << 62) + (1 << 5), -1, -(1 << 63)])
def test_the_lowest_bit_and_how_many_there_are(bits: int) -> None:
    unsigned = bits % (1 << 64)
    assert first_and_number(bits) == ((unsigned & -unsigned).bit_length() - 1, unsigned.bit_count())
