"""The map in an application: it repaints the rows that changed and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from textual.app import App, ComposeResult

from nnexpr_tui.charts.heat import Picture, pixels
from nnexpr_tui.charts.heatmap import HeatMap

SIZE = (30, 12)


class CountingMap(HeatMap):
    """Notes the regions it repaints."""

    def __init__(self) -> None:
        super().__init__()
        self.repainted: list[Any] = []

    def refresh(self, *regions: Any, **options: Any) -> Any:
        if hasattr(self, "repainted"):
            self.repainted.extend(regions)
        return super().refresh(*regions, **options)


class MapApp(App[None]):
    def compose(self) -> ComposeResult:
        yield CountingMap()


def picture(**changes: int) -> Picture:
    """A ramp of blues, with some pixels of other colours: ``y3x5=0xFF0000``."""
    colors = np.tile(np.arange(SIZE[0], dtype=np.int32) * 8, (2 * SIZE[1], 1))
    for name, color in changes.items():
        y, x = map(int, name[1:].split("x"))
        colors[y, x] = color
    return pixels(colors)


def colors_of(widget: HeatMap, y: int) -> list[tuple[str, str, str]]:
    """Character, ink and paper of each cell of a row as it is painted."""
    return [
        (character, str(segment.style.color.name), str(segment.style.bgcolor.name))
        for segment in widget.render_line(y)
        for character in segment.text
    ]


async def test_only_rows_that_changed_are_repainted_up_to_the_last_change() -> None:
    async with MapApp().run_test(size=SIZE) as pilot:
        shown = pilot.app.query_one(CountingMap)
        whole = shown.show_picture(picture())
        await pilot.pause()
        shown.repainted.clear()
        part = shown.show_picture(picture(y4x7=0xFF0000, y5x20=0x00FF00, y9x0=0x112233))
        assert [(r.y, r.x, r.width, r.height) for r in shown.repainted] == [
            (2, 0, 21, 1),
            (4, 0, 1, 1),
        ]
        assert 0 < part < whole / 10
        shown.repainted.clear()
        assert shown.show_picture(picture(y4x7=0xFF0000, y5x20=0x00FF00, y9x0=0x112233)) == 0
        assert shown.repainted == []


async def test_what_has_no_room_is_painted_later_and_every_row_has_its_turn() -> None:
    async with MapApp().run_test(size=SIZE) as pilot:
        shown = pilot.app.query_one(CountingMap)
        shown.show_picture(picture())
        await pilot.pause()
        other = picture(**{f"y{2 * y}x29": 0xFF0000 for y in range(SIZE[1])})
        rows: list[int] = []
        for _ in range(SIZE[1]):
            shown.repainted.clear()
            shown.show_picture(other, most=1)
            rows += [region.y for region in shown.repainted]
            if not shown.is_behind:
                break
        assert rows == list(range(SIZE[1]))
        assert all(colors_of(shown, y)[29][1] == "#ff0000" for y in range(SIZE[1]))
        assert shown.show_picture(other) == 0


async def test_what_is_painted_is_the_picture() -> None:
    async with MapApp().run_test(size=SIZE) as pilot:
        shown = pilot.app.query_one(CountingMap)
        shown.show_picture(picture())
        shown.show_picture(picture(y4x7=0xFF0000))
        row = colors_of(shown, 2)
        assert row[7][0] in "▀▄"
        assert {"#ff0000", f"#{7 * 8:06x}"} == set(row[7][1:])
        for x in (0, 6, 8, 29):
            character, ink, paper = row[x]
            assert {" ": paper, "█": ink}[character] == f"#{8 * x:06x}"


async def test_another_size_is_painted_whole_and_a_size_not_yet_followed_is_cut_or_filled() -> None:
    async with MapApp().run_test(size=SIZE) as pilot:
        shown = pilot.app.query_one(CountingMap)
        shown.show_picture(picture())
        await pilot.resize_terminal(20, 8)
        assert shown.render_line(0).cell_length == 20
        await pilot.resize_terminal(50, 20)
        assert [shown.render_line(y).cell_length for y in (0, 15, 19)] == [50] * 3
        assert shown.render_line(15).text.isspace()


@pytest.mark.parametrize(("variable", "lacking"), [("", False), ("NO_COLOR", True)])
async def test_no_colour_asks_for_shades(
    variable: str, lacking: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    if variable:
        monkeypatch.setenv(variable, "1")
    async with MapApp().run_test(size=SIZE) as pilot:
        shown = pilot.app.query_one(CountingMap)
        assert shown.lacks_colors is lacking
        shown.set_markers("ascii")
        assert shown.lacks_colors
