"""Network: the network of any file on a plane through its inputs, every cell of it, moved about with the keys.

The engine's thread counts what the newest key asked for; until that is done the picture before stays. The crosshair,
the outputs there and the input as an image come from what was counted, so they never wait. Maps are of a window of the
plane, a chart of the row of the crosshair in it; what is not seen is not counted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widget import Widget

from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.cells import COLORS
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.lines import LinePane, wrapped
from nnexpr_tui.parts.map_panes import show_only, viewport_of
from nnexpr_tui.parts.status import StatusLine
from nnexpr_tui.parts.table import ROOMY, TablePane, entitle
from nnexpr_tui.parts.viewport import Point, Viewport, Window, around, zoomed
from nnexpr_tui.parts.views import View
from nnexpr_tui.slices import VIEW
from nnexpr_tui.slices.lines import (
    COUNT_HELP,
    POINT_HELP,
    count_lines,
    is_row,
    point_lines,
    status_items,
)
from nnexpr_tui.slices.moment import OpenedNetwork, SliceMoment
from nnexpr_tui.slices.panes import ROW_HELP, SlicePane, row_chart, row_title
from nnexpr_tui.slices.subject import Row, SliceSubject
from nnexpr_tui.training.moment import FitMoment

if TYPE_CHECKING:
    from nnexpr.regions.slices import Slice

__all__ = ["SliceView"]

ZOOM = 2.0
DEEPEST = 2.0**-30  # of the window as it was opened, and as far out
ARRANGEMENTS = {
    "four": ("cells", "decisions", "values", "input"),
    "decisions": ("cells", "decisions"),
    "values": ("cells", "values"),
    "input": ("cells", "input"),
    "both": ("cells", "row"),
    "walk": ("row", "input"),
    "row": ("row",),
}
HIGH = ("four", "both", "walk")
WORDS = {
    "cells": "cells",
    "decisions": "decision regions",
    "values": "an output",
    "input": "the input",
    "row": "the row of the crosshair",
}
ROWS_OF_PIXELS = 40  # that the crosshair moves by where no map is seen
NONE = (
    "No network is opened. f asks for a file: .onnx, a state dict (.pt, .safetensors), what fit --save wrote, "
    "or a run's id."
)


class SliceView(View, entry=VIEW):
    """Looks at the network of a file."""

    HELP = (
        "The network of a file on a plane through its inputs: cells, decision regions, an output, the input."
    )
    FIRST = "#slice-cells"
    TOPICS = (SliceSubject,)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._opening = ""  # the file that is being read
        self._of: OpenedNetwork | None = None
        self._window: Window | None = None
        self._point: Point = (0.0, 0.0)
        self._grid: Viewport | None = None  # whose pixels the crosshair moves by
        self._asked: tuple[Viewport | None, Row | None] | None = None
        self._arrangement = ""  # of ARRANGEMENTS; empty: as there is room
        self._colors = next(iter(COLORS))
        self._output = 0
        self._mark = -1  # that the crosshair went to last
        self._ends: tuple[float, float] | None = None  # of the row that is drawn

    def compose(self) -> ComposeResult:
        with Container(id="slice-maps", classes="column"):
            yield SlicePane("cells", "Cells")
            yield SlicePane("decisions", "Decisions")
            yield SlicePane("values", "Values")
            yield ChartPane("Along", ROW_HELP, id="slice-row")
            yield SlicePane("input", "Input")
        with Vertical(id="slice-tables", classes="column"):
            yield TablePane("Counts", id="slice-counts")
            yield TablePane("Crosshair", id="slice-point")
        yield LinePane(id="slice-none")

    @property
    def moment(self) -> SliceMoment | None:
        """The newest one."""
        return self.controller.moment(SliceSubject)

    @property
    def first(self) -> Widget:
        return self.query_one(f"#slice-{ARRANGEMENTS[self._shown][0]}")

    def _ask(self, question: Callable[[SliceSubject], str | None]) -> None:
        self.footer.clear()
        self.controller.ask(SliceSubject, question)

    # Beginning

    def begin_with(self, *, file: str = "", place: Slice | None = None, **how: Any) -> None:
        """Open a network; ``how``: what ``SliceSubject.open`` takes beside. Without a file, ask for one."""
        if not file:
            # Once the focus is where it goes first: the view's own calls that wait, then the screen's.
            self.call_after_refresh(self.screen.call_after_refresh, self.action_ask_file)
            return
        store = self.controller.store
        self._asked, self._opening = None, file
        self._ask(lambda slices: slices.open(file, store, place, **how))

    def action_ask_file(self) -> None:
        self.footer.ask("Open network:", self._of.file if self._of is not None else "", self._take_file)

    def _take_file(self, text: str) -> bool:
        if text.strip():
            self.begin_with(file=str(Path(text.strip()).expanduser()))
        return True

    def _enter(self, of: OpenedNetwork) -> None:
        """Another network: look at it as it was opened."""
        self._of, self._window, self._output, self._mark, self._asked = of, of.window, 0, -1, None
        self._arrangement = ""
        (left, right), (bottom, top) = of.window
        self._point = (left + right) / 2, (bottom + top) / 2
        for pane in self.query(SlicePane):
            pane.limit = None

    # Drawing

    def show_status(self, status: StatusLine, fit: FitMoment | None) -> int:
        moment = self.moment
        if moment is None or moment.opened is None:
            return super().show_status(status, fit)
        state = "counting" if moment.is_counting else "stopped" if moment.note else "counted"
        return status.show_items(state, status_items(moment, ARRANGEMENTS[self._shown]))

    def show(self, fit: FitMoment | None) -> int:  # noqa: ARG002
        self.set_markers()
        moment = self.moment
        of = moment.opened if moment is not None else None
        if of is not None and of is not self._of:
            self._enter(of)
        self._arrange(of)
        if moment is None or of is None:
            return self._show_none(moment)
        self._watch()
        return self._show_maps(moment) + self._show_row(moment) + self._show_numbers(moment)

    def _watch(self) -> None:
        """Ask for the window in as many pixels as the largest map has, and for the row where it is seen."""
        maps = [pane for pane in self.query(SlicePane) if pane.kind != "input"]
        chart = self.query_one(ChartPane)
        if self._window is None:
            return
        viewport = viewport_of(maps, self._window)
        row = (self._window[0], self._point[1]) if chart.is_wanted else None
        if viewport is None and row is None:  # covered, or not laid out yet
            return
        self._grid = viewport or Viewport(self._window, max(chart.content_size.width, 1), ROWS_OF_PIXELS)
        wanted = viewport, row
        if wanted != self._asked:
            self._asked = wanted
            self.controller.ask(SliceSubject, lambda slices: slices.watch(*wanted))

    def _show_none(self, moment: SliceMoment | None) -> int:
        pane = self.query_one("#slice-none", LinePane)
        width = pane.content_size.width
        if moment is not None and moment.note:
            return pane.show_lines([*wrapped(moment.note, width, "error"), *wrapped(NONE, width, "value")])
        return pane.show_lines(
            wrapped(f"Opening {self._opening} …" if self._opening else NONE, width, "value")
        )

    @property
    def _shown(self) -> str:
        if self._arrangement in self._arrangements:
            return self._arrangement
        roomy = self._is_roomy
        if self._of is not None and self._of.is_segment:
            return "walk" if roomy else "row"
        several = self._of is None or self._of.outputs > 1
        return "four" if roomy else "decisions" if several else "values"

    @property
    def _is_roomy(self) -> bool:
        """Whether maps may stand one above the other."""
        return self.screen.has_class("-high") and not self.screen.has_class("-narrow")

    @property
    def _arrangements(self) -> list[str]:
        """Those that there is room for."""
        return [name for name in ARRANGEMENTS if self._is_roomy or name not in HIGH]

    def _arrange(self, of: OpenedNetwork | None) -> None:
        """Which maps there are; a chart of the row is as wide as there is room."""
        shown = ARRANGEMENTS[self._shown]
        self.set_class(self._shown == "four", "-four")
        self.set_class("row" in shown, "-row")
        self.set_class(of is None, "-empty")
        if show_only(self.query("#slice-maps > *"), shown):
            self.call_after_refresh(self.redraw)
            self.call_after_refresh(self._leave_hidden)

    def _show_maps(self, moment: SliceMoment) -> int:
        found, sent = moment.counted, 0
        titles = {
            "cells": COLORS[self._colors],
            "decisions": "Decisions",
            "values": f"Output {self._output}",
            "input": "Input",
        }
        for pane in self.query(SlicePane):
            if not pane.is_wanted:
                continue
            waits = self._waits(moment) and pane.kind == "cells"
            entitle(pane, titles[pane.kind], "counting…" if waits else "")
            cross = None if found is None else found.viewport.cross(self._point)
            setting: tuple[object, ...]
            if pane.kind == "input":
                ground, setting = pane.ground(), (pane.ground(), self._point, moment.looked)
            else:
                ground = pane.ground(cross)
                setting = ground, self._colors, self._output, found, moment.note, moment.marks
            if pane.setting != setting:
                picture = pane.picture(moment, ground, self._point, self._colors, self._output)
                sent += pane.take(moment, setting, picture)
        return sent

    def _waits(self, moment: SliceMoment) -> bool:
        """Whether the cells that are shown are others than those that are asked for."""
        found, viewport = moment.counted, self._asked[0] if self._asked is not None else None
        return not moment.note and (found is None or not moment.is_current or found.viewport != viewport)

    def _show_row(self, moment: SliceMoment) -> int:
        pane, row = self.query_one(ChartPane), moment.along
        if not pane.is_wanted:
            return 0
        t = self._point[1] if row is None else row.t
        owed = (
            row is None
            or row.of is not moment.looked
            or (row.ends, row.t) != (self._asked or (None, None))[1]
        )
        entitle(pane, row_title(t), moment.along_note or ("counting…" if owed else ""))
        key = row, self._output, self._point[0], moment.marks, pane.size
        if not self.is_due("row", key):
            return 0
        chart = row_chart(moment, self._output, self._point[0])
        if row is None or chart is None:
            return pane.clear()
        if row.ends != self._ends:
            self._ends = row.ends
            pane.reset_limits()
        return pane.update_chart(chart)

    def _show_numbers(self, moment: SliceMoment) -> int:
        ascii_only, shown = self.look.markers == "ascii", ARRANGEMENTS[self._shown]
        counts, table = self.query_one("#slice-counts", TablePane), self.query_one("#slice-point", TablePane)
        room = table.content_size.width or ROOMY
        lines = point_lines(moment, self._point, self._output, ascii_only=ascii_only, room=room)
        sent = counts.show_table(
            "Counts", COUNT_HELP, count_lines(moment, shown, counts.content_size.width or ROOMY)
        )
        return sent + table.show_table("Crosshair", POINT_HELP, lines)

    def on_chart_frame_changed(self) -> None:
        """Another size: other pixels are to be made."""
        self.redraw()

    def on_line_pane_room_changed(self) -> None:
        """Texts are wrapped to the panes."""
        self.redraw()

    # Actions: what they mean is in the declaration

    def action_colors(self) -> None:
        names = list(COLORS)
        self._colors = names[(names.index(self._colors) + 1) % len(names)]
        self.redraw()

    def action_output(self, step: int) -> None:
        if self._of is not None:
            self._output = (self._output + step) % self._of.outputs
            self.redraw()

    def action_arrange(self) -> None:
        names = self._arrangements
        self._arrangement = names[(names.index(self._shown) + 1) % len(names)]
        self.zoom(None)
        self.footer.say(f"Shown: {' and '.join(WORDS[each] for each in ARRANGEMENTS[self._arrangement])}")
        self.redraw()

    def action_member(self, step: int) -> None:
        self._ask(lambda slices: slices.step_member(step))

    def action_move(self, columns: int, rows: int) -> None:
        """The crosshair by so many pixels; at the edge the window goes along."""
        if self._grid is None or self._window is None:
            return
        (left, right), (bottom, top) = self._window
        wide, high = (right - left) / self._grid.width, (top - bottom) / self._grid.height
        self._point = self._point[0] + columns * wide, self._point[1] - rows * high
        self._window = around(self._point, self._window)
        self.redraw()

    def action_zoom_window(self, direction: int) -> None:
        """In or out around the crosshair, within what numbers can tell apart."""
        if self._window is None or self._of is None:
            return
        window = zoomed(self._window, self._point, ZOOM**-direction)
        sizes = [
            (high - low) / (most - least)
            for (low, high), (least, most) in zip(window, self._of.window, strict=True)
        ]
        if min(sizes) >= DEEPEST and max(sizes) <= 1.0 / DEEPEST:
            self._window = window
            self.redraw()
        else:
            self.footer.say("As near as it goes" if direction > 0 else "As far as it goes")

    def action_whole(self) -> None:
        if self._of is not None:
            self._window = self._of.window
            self._point = around_inside(self._point, self._of.window)
            self.redraw()

    def action_restart(self) -> None:
        self.action_whole()
        self._ask(SliceSubject.restart)

    def action_turn(self, steps: int) -> None:
        point = self._point
        self._ask(lambda slices: slices.turn_plane(steps, point))

    def action_tilt(self, steps: int) -> None:
        point = self._point
        self._ask(lambda slices: slices.tilt(steps, point))

    def action_shift(self, steps: int) -> None:
        if self._window is not None:
            bottom, top = self._window[1]
            self._ask(lambda slices: slices.shift(steps, top - bottom))

    def action_aside(self) -> None:
        self._ask(SliceSubject.aside)

    def action_point(self) -> None:
        """To the next of the points given, and the window with it."""
        moment = self.moment
        if moment is None or not moment.marks or self._window is None:
            self.footer.say("No points were given: open --plane P Q R, or --between A B, gives some")
            return
        self._mark = (self._mark + 1) % len(moment.marks)
        self._point = moment.marks[self._mark].place
        self._window = around(self._point, self._window)
        self.redraw()

    # Taking it elsewhere

    def copied(self) -> tuple[str, str]:
        from nnexpr_tui.slices.report import summary

        moment = self.moment
        of_row = is_row(ARRANGEMENTS[self._shown])
        if moment is None or moment.opened is None or (moment.along if of_row else moment.counted) is None:
            return "", "There is nothing to copy yet"
        return summary(moment, of_row=of_row), "Copied the command line and the numbers"

    def export(self, folder: Path) -> None:
        self.controller.ask(SliceSubject, lambda slices: slices.export(folder))


def around_inside(point: Point, window: Window) -> Point:
    """The point, or the nearest one that lies in the window."""
    s, t = (min(max(p, low), high) for p, (low, high) in zip(point, window, strict=True))
    return s, t
