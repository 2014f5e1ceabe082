"""A gap in one of the first rows of a file takes neither its header nor the rows above away."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import nnexpr
from nnexpr.specification import InputError

ROWS = 6


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., nnexpr.Target]:
    def target(text: str, missing: str) -> nnexpr.Target:
        path = tmp_path / "table.csv"
        path.write_text(text)
        return nnexpr.target(f"csv:{path}", missing=missing)

    return target


def table(header: str, gaps: tuple[int, ...], without: str, separator: str) -> str:
    rows = [f"{x}{separator}{without if x in gaps else x * x}" for x in range(ROWS)]
    return "\n".join([*filter(None, [header.replace(",", separator)]), *rows]) + "\n"


@pytest.mark.parametrize("header", ["", "length,force", "length,force\nmm,N"])
@pytest.mark.parametrize("without", ["", "NA", "nan"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("gaps", [*combinations(range(ROWS), 1), (0, 1), (1, 3), (0, 2, 4)])
def test_a_gap_anywhere_leaves_header_and_rows(
    read: Callable[..., nnexpr.Target], header: str, without: str, separator: str, gaps: tuple[int, ...]
) -> None:
    text = table(header, gaps, without, separator)
    found = read(text, "drop")
    np.testing.assert_array_equal(found.own_inputs[:, 0], [x for x in range(ROWS) if x not in gaps])
    assert not any("the table begins below" in note for note in found.notes)
    assert (found.value_name == "force") == bool(header)
    with pytest.raises(InputError, match=f"line {gaps[0] + 1 + len(header.splitlines())} has"):
        read(text, "refuse")


def test_what_stands_above_the_header_is_still_passed_over(read: Callable[..., nnexpr.Target]) -> None:
    above = "Station,12\nYear,\n2020,\n"
    found = read(above + table("length,force", (1,), "", ","), "drop")
    assert found.points == ROWS - 1
    assert found.value_name == "force"
