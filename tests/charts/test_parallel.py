"""Parallel coordinates in a terminal."""

from __future__ import annotations

import pytest

from nnexpr.runs.sweeps.pictures import Coordinate, Parallel
from nnexpr_tui.charts.maps import Ground
from nnexpr_tui.charts.parallel import parallel_picture


def lines(data: Parallel, ground: Ground) -> list[str]:
    return ["".join(map(chr, row)) for row in parallel_picture(data, ground)["code"].tolist()]


UP = Parallel(
    (
        Coordinate("width", (0.0, 1.0), ((0.0, "4"), (1.0, "8"))),
        Coordinate("loss", (0.0, 1.0), ((0.0, "lo"), (1.0, "hi"))),
    ),
    (1, 0),
)


def test_axes_stand_at_the_ends_with_their_names_and_values() -> None:
    drawn = lines(UP, Ground(40, 12, "ascii", plain=True))
    assert drawn[0].startswith("width")
    assert drawn[0].rstrip().endswith("loss")
    assert " 8 " in drawn[1]
    assert " hi" in drawn[1]
    assert " 4 " in drawn[-1]
    assert " lo" in drawn[-1]
    assert all(line[0] in "|*" for line in drawn[1:])


def test_a_line_runs_from_place_to_place() -> None:
    """One across the top, one across the bottom, nothing between them."""
    drawn = lines(UP, Ground(40, 12, "ascii"))
    assert drawn[1].count("*") > 25
    assert drawn[-1].count("*") > 25
    assert not any("*" in line for line in drawn[2:-1])


@pytest.mark.parametrize("width", [0, 1, 5, 24, 200])
@pytest.mark.parametrize("height", [0, 1, 6, 60])
@pytest.mark.parametrize("markers", ["braille", "block", "ascii"])
def test_any_size_is_filled(width: int, height: int, markers: str) -> None:
    picture = parallel_picture(UP, Ground(width, height, markers))  # type: ignore[arg-type]
    assert picture.shape == (height, width)


def test_nothing_and_one_cell_and_no_number_are_drawn() -> None:
    nan = float("nan")
    for data in (
        Parallel((), ()),
        Parallel((Coordinate("a", (0.5,), ((0.5, "x"),)),), (0,)),
        Parallel((Coordinate("a\x1b[31m", (nan,), ()), Coordinate("b", (0.2,), ())), (0,)),
    ):
        assert "\x1b" not in "".join(lines(data, Ground(40, 10)))
