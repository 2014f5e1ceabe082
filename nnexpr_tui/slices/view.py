"""Network: the network of any file on a plane through its inputs, every cell of it, moved about with the keys.

The engine's thread counts what the newest key asked for; until that is done the picture before stays. The crosshair,
the outputs there and the input as an image come from what was counted, so they never wait. Maps are of a window of the
plane, a chart of the row of the crosshair in it; what is not seen is not counted.
"""

from __future__ import annotations

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
from nnexpr_tui.parts.viewport import Viewport
from nnexpr_tui.slices import VIEW
from nnexpr_tui.slices.arranged import ARRANGEMENTS, WORDS, arrangements, usual
from nnexpr_tui.slices.kinds import KINDS, MARGIN, OUTPUT, REGIONS, parted, spelled, words
from nnexpr_tui.slices.lines import (
    COUNT_HELP,
    POINT_HELP,
    count_lines,
    is_row,
    point_lines,
    status_items,
)
from nnexpr_tui.slices.moment import OpenedNetwork, SliceMoment
from nnexpr_tui.slices.moving import MovedView
from nnexpr_tui.slices.panes import ROW_HELP, SlicePane, row_chart, row_title
from nnexpr_tui.slices.subject import Row, SliceSubject
from nnexpr_tui.training.moment import FitMoment

if TYPE_CHECKING:
    from nnexpr.regions.slices import Slice

__all__ = ["SliceView"]

ROWS_OF_PIXELS = 40  # that the crosshair moves by where no map is seen
NONE = (
    "No network is opened. f asks for a file: .onnx, a state dict (.pt, .safetensors), what fit --save wrote, "
    "or a run's id."
)


class SliceView(MovedView, entry=VIEW):
    """Looks at the network of a file."""

    HELP = (
        "The network of a file on a plane through its inputs: cells, decision regions, an output, the input."
    )
    FIRST = "#slice-cells"
    TOPICS = (SliceSubject,)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._opening = ""  # the file that is being read
        self._asked: tuple[Viewport | None, Row | None, str] | None = None
        self._arrangement = ""  # of ARRANGEMENTS; empty: as there is room
        self._colors = next(iter(COLORS))
        self._kind = REGIONS  # of KINDS: what is counted
        self._output = 0
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
    def first(self) -> Widget:
        return self.query_one(f"#slice-{ARRANGEMENTS[self._shown][0]}")

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
        self._of, self._window, self._mark, self._asked = of, of.window, -1, None
        self._kind, self._output = parted(of.of)
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
        owed = moment.owed.removesuffix("…")
        state = owed if moment.is_counting else "stopped" if moment.note else "counted"
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
        wanted = viewport, row, spelled(self._kind, self._output)
        if wanted != self._asked:
            self._asked = wanted
            self.controller.ask(SliceSubject, lambda slices: slices.watch(*wanted))

    def _show_none(self, moment: SliceMoment | None) -> int:
        pane = self.query_one("#slice-none", LinePane)
        width = pane.content_size.width
        if moment is not None and moment.note:
            return pane.show_lines([*wrapped(moment.note, width, "error"), *wrapped(NONE, width, "value")])
        waiting = f"Opening {self._opening} …" if self._opening else NONE
        if self._of is not None and self._of.file == self._opening:  # the view was left, and is back
            waiting = f"{self._opening} is shown again as soon as the engine is done with what it counts …"
        return pane.show_lines(wrapped(waiting, width, "value"))

    @property
    def _shown(self) -> str:
        if self._arrangement in arrangements(is_roomy=self._is_roomy):
            return self._arrangement
        return usual(self._of, is_roomy=self._is_roomy)

    @property
    def _is_roomy(self) -> bool:
        """Whether maps may stand one above the other."""
        return self.screen.has_class("-high") and not self.screen.has_class("-narrow")

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
            "values": f"Margin of {self._output}" if self._kind == MARGIN else f"Output {self._output}",
            "input": "Input",
        }
        below = (
            words(spelled(self._kind, self._output)) if self._of is not None and self._of.outputs > 1 else ""
        )
        for pane in self.query(SlicePane):
            if not pane.is_wanted:
                continue
            waits = self._waits(moment) and (
                pane.kind == "cells" or (pane.kind == "values" and self._kind in (OUTPUT, MARGIN))
            )
            entitle(pane, titles[pane.kind], moment.owed if waits else below if pane.kind == "cells" else "")
            cross = None if found is None else found.viewport.cross(self._point)
            setting: tuple[object, ...]
            if pane.kind == "input":
                ground, setting = pane.ground(), (pane.ground(), self._point, moment.looked)
            else:
                ground = pane.ground(cross)
                setting = ground, self._colors, self._output, found, moment.note, moment.owed, moment.marks
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
            or (row.ends, row.t) != (self._asked or (None, None, ""))[1]
        )
        entitle(pane, row_title(t), moment.along_note or (moment.owed if owed else ""))
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
        self.begin()
        names = list(COLORS)
        self._colors = names[(names.index(self._colors) + 1) % len(names)]

    def action_output(self, step: int) -> None:
        if self._of is None:
            return
        self.begin()
        self._output = (self._output + step) % self._of.outputs
        if self._kind in (OUTPUT, MARGIN):
            self.footer.say(f"Counted: {words(spelled(self._kind, self._output))}")
        elif not {"values", "row"} & set(ARRANGEMENTS[self._shown]):  # no title names it
            self.footer.say(f"Output {self._output} of {self._of.outputs}, numbered from 0")

    def action_count_of(self) -> None:
        """All outputs together, the chosen one, its margin, or which is the largest."""
        if self._of is None:
            return
        if self._of.outputs == 1:
            self.footer.say("The network has one output, and that is what is counted")
            return
        self.begin()
        self._kind = KINDS[(KINDS.index(self._kind) + 1) % len(KINDS)]
        chosen = " (. and , choose which)" * (self._kind in (OUTPUT, MARGIN))
        self.footer.say(f"Counted: {words(spelled(self._kind, self._output))}{chosen}")

    def action_arrange(self) -> None:
        names = arrangements(is_roomy=self._is_roomy)
        self._arrangement = names[(names.index(self._shown) + 1) % len(names)]
        self.zoom(None)
        self.footer.say(f"Shown: {' and '.join(WORDS[each] for each in ARRANGEMENTS[self._arrangement])}")
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
