"""What the chart tests share: any chart whatever, and ways to read what was drawn."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st
from rich.cells import cell_len

from nnexpr_tui.charts.series import MARKER_SETS, Axis, ChartData, Frame, Series

floats = st.lists(
    st.one_of(st.floats(), st.sampled_from([0.0, 5e-324, 1e-300, 1e300, -1e308, 1.0])), max_size=30
)
labels = st.text(max_size=12) | st.sampled_from(
    ["\x1b[31mred", "[bold]x[/]", "日本語の目標", "a\nb", "\u202eabc", "\x07"]
)
limits = st.none() | st.tuples(st.floats(), st.floats())
included = st.lists(st.floats(), max_size=2).map(tuple)
axes = st.builds(Axis, log=st.booleans(), label=labels, limits=limits, include=included)
series = st.builds(
    Series,
    floats,
    floats,
    labels,
    st.sampled_from(["primary", "red", "no such colour", ""]),
    labels,
    st.sampled_from(["line", "points", "band", "ticks"]),
    st.none() | floats,
)
charts = st.builds(ChartData, st.lists(series, max_size=4).map(tuple), axes, axes, labels)
frames = st.builds(
    Frame, st.integers(1, 200), st.integers(1, 60), st.sampled_from(MARKER_SETS), st.booleans()
)


def text_of(rows):
    return ["".join(text for text, _ in row) for row in rows]


def braille_dots(lines):
    """The dots of braille characters, from their Unicode names, as {(column, row from the top)}."""
    places = {
        "1": (0, 0),
        "2": (0, 1),
        "3": (0, 2),
        "7": (0, 3),
        "4": (1, 0),
        "5": (1, 1),
        "6": (1, 2),
        "8": (1, 3),
    }
    dots = set()
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            if character != " ":
                for digit in unicodedata.name(character).removeprefix("BRAILLE PATTERN DOTS-"):
                    across, down = places[digit]
                    dots.add((2 * column + across, 4 * row + down))
    return dots


def cells(row):
    """One (character, colour) a cell; a wide character takes two."""
    return [(c, color) for text, color in row for c in text for _ in range(max(cell_len(c), 1))]
