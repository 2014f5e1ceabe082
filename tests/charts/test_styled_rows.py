"""Rows that are wider than what shows them end in a sign, so that half a number is never taken for one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from nnexpr_tui.charts.rows import row_width, shortened_row

TEXTS = st.text("abc 019.,–漢…", max_size=8)
ROWS = st.lists(st.tuples(TEXTS, st.sampled_from(["label", "value"])), max_size=5).map(tuple)


def said(row: tuple[tuple[str, str], ...]) -> str:
    return "".join(text for text, _ in row)


@given(ROWS, st.integers(1, 30))
def test_a_row_is_whole_or_ends_in_the_sign_of_being_cut(row, width):
    made = shortened_row(row, width)
    if cell_len(said(row).rstrip()) <= width:
        assert made == row
        return
    assert row_width(made) <= width
    text = said(made)
    assert text.endswith("…")
    assert said(row).startswith(text[:-1].rstrip(" ,"))
    assert [color for _, color in made] == [color for _, color in row][: len(made)]
