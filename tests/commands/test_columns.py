"""Tables in any room: every column stands once in a line, no word is broken that fits, nothing goes over the edge."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from nnexpr_tui.commands.columns import laid_out

WORDS = st.lists(st.text("abcdef0123é", min_size=1, max_size=12), max_size=6).map(" ".join)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    columns = draw(st.integers(1, 9))
    row = st.lists(WORDS, min_size=columns, max_size=columns)
    return draw(row), draw(st.lists(row, max_size=4))


@given(tables(), st.integers(12, 140), st.booleans())
def test_columns_fit_and_words_stay_whole(
    table: tuple[list[str], list[list[str]]], room: int, narrow: bool
) -> None:
    headings, rows = table
    groups = laid_out(headings, rows, room, narrow=narrow)
    assert all(group.places[0] == 0 for group in groups)
    later = [place for group in groups for place in group.places[1:]]
    assert later == list(range(1, len(headings)))
    for group in groups:
        between = 2 * len(group.places) if group.close else 3 * len(group.places) + 1
        assert sum(group.widths) + between <= room
        for place, width in zip(group.places, group.widths, strict=True):
            words = [
                word for text in (headings[place], *(row[place] for row in rows)) for word in text.split()
            ]
            longest = max(map(cell_len, words), default=0)
            assert width >= min(longest, (room - 4) // 2)


def test_what_has_room_is_not_wrapped() -> None:
    [group] = laid_out(["member", "linear regions"], [["0", "1,234"]], 60)
    assert (group.widths, group.close) == ([6, 14], False)
    [group] = laid_out(["member", "linear regions"], [["0", "1,234"]], 20)
    assert (group.widths, group.close) == ([6, 7], True)
