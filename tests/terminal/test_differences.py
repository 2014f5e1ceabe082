"""What is sent makes the terminal show what Textual would have made it show: of two emulators one gets it all."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from pty_app import Emulator, Size
from rich.cells import cell_len

from nnexpr_tui.differences import Piece, ShownCells

SIZE = Size(24, 6)
STYLES = ["", "1", "2", "3", "4", "7", "9", "1;4", "1;7", "1;2", "4;21"]
INKS = ["", "31", "97", "38;5;200", "38;2;1;2;3", "38;2;250;250;250"]
PAPERS = ["", "44", "107", "48;5;17", "48;2;1;2;3", "48;2;30;30;30"]
TEXTS = ["", " ", "a", "loss", "│─", "⣿⡇", "▀▄ █", "            ", "      ", "x    y", "é"]
WIDE = [*TEXTS, "数", "数据 ok", "e\u0301", "👩\u200d💻", "🙂"]

codes = st.builds(
    lambda *parts: ";".join(part for part in parts if part),
    st.sampled_from(STYLES), st.sampled_from(INKS), st.sampled_from(PAPERS),
)  # fmt: skip


def whole(pieces: list[Piece]) -> str:
    """As Textual writes them."""
    return "".join(
        f"\x1b[{piece.y + 1};{piece.x + 1}H"
        + "".join(f"\x1b[{sgr}m{text}\x1b[0m" for text, sgr in piece.runs)
        for piece in pieces
    )


@st.composite
def updates(draw: st.DrawFn, texts: list[str]) -> list[Piece]:
    """Whole screens and parts of them, each row from the left, cut at its end."""
    is_whole = draw(st.booleans())
    rows = range(SIZE.rows) if is_whole else sorted(draw(st.sets(st.integers(0, SIZE.rows - 1), min_size=1)))
    pieces = []
    for y in rows:
        x = 0 if is_whole else draw(st.integers(0, SIZE.columns - 1))
        runs = draw(st.lists(st.tuples(st.sampled_from(texts), codes), max_size=6))
        fitting, left = [], SIZE.columns - x
        for text, sgr in runs:
            if cell_len(text) <= left:
                fitting.append((text, sgr))
                left -= cell_len(text)
        pieces.append(Piece(y, x, [*fitting, (" " * left, draw(codes))] if is_whole else fitting))
    return pieces


@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(updates(TEXTS) | updates(WIDE), min_size=1, max_size=6), st.booleans(), st.integers(0, 5))
def test_the_terminal_shows_what_it_would_have_shown(
    steps: list[list[Piece]], erases: bool, forgotten: int
) -> None:
    told_all, told_changes = Emulator(SIZE), Emulator(SIZE)
    for emulator in (told_all, told_changes):
        emulator.feed(b"\x1b[?7l")  # no wrapping, as Textual asks
    shown = ShownCells(erases=erases)
    for number, pieces in enumerate(steps):
        if number == forgotten:
            for emulator in (told_all, told_changes):
                emulator.feed(b"\x1b[H\x1b[Jnoise")
            shown.forget()
        told_all.feed(whole(pieces).encode())
        told_changes.feed(shown.update(SIZE, pieces).encode())
        assert told_changes.cells == told_all.cells


@settings(max_examples=60, deadline=None, database=None)
@given(st.lists(updates(TEXTS), min_size=2, max_size=6), st.booleans())
def test_what_is_shown_already_costs_nothing(steps: list[list[Piece]], erases: bool) -> None:
    shown = ShownCells(erases=erases)
    for pieces in steps:
        shown.update(SIZE, pieces)
        assert shown.update(SIZE, pieces) == ""


def test_a_style_does_not_outlast_its_update() -> None:
    shown, emulator = ShownCells(erases=True), Emulator(SIZE)
    emulator.feed(shown.update(SIZE, [Piece(0, 0, [("loss", "1;4;31;44")])]).encode() + b" x")
    assert emulator.cells[5] == (0, 5, "x", "default", False, False, False, "default", False, False)
