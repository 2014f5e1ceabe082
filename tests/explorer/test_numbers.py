"""How numbers are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnexpr_tui.parts.numbers import number


@given(st.floats(min_value=1e-3, max_value=999_999.0), st.integers(1, 6), st.sampled_from([1, -1]))
def test_what_is_neither_tiny_nor_huge_has_no_power_of_ten(size: float, digits: int, sign: int) -> None:
    written = number(sign * size, digits)
    assert "e" not in written
    apart = abs(float(written.replace(",", "")) - sign * size)
    assert apart <= max(0.501 * 10.0 ** (1 - digits) * size, 0.5 * (size > 99))


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [(537.3, 2, "537"), (999.7, 3, "1,000"), (99.96, 2, "100"), (0.5, 2, "0.5"), (1e-4, 2, "1.0e-04")],
)
def test_examples(value: float, digits: int, written: str) -> None:
    assert number(value, digits) == written
