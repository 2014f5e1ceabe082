"""Plane: a target of two inputs, its fit, the error and the network's cells as maps, while the network is trained.

The engine's thread makes what is shown of the plane, in the viewport that this screen asks for. While training, a frame
draws as many of the maps as it has room for on the wire, those first that have waited longest; the crosshair is in all.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.cells import COLORS
from nnexpr_tui.parts.lines import LinePane, wrapped
from nnexpr_tui.parts.map_panes import show_only, viewport_of
from nnexpr_tui.parts.numbers import count
from nnexpr_tui.parts.status import StatusLine
from nnexpr_tui.parts.table import ROOMY, TablePane, entitle
from nnexpr_tui.parts.training import TrainingView
from nnexpr_tui.parts.viewport import Viewport, Window, around
from nnexpr_tui.parts.views import NUMBERS_INTERVAL
from nnexpr_tui.plane import VIEW
from nnexpr_tui.plane.moment import PlaneMoment
from nnexpr_tui.plane.panes import COUNT_HELP, POINT_HELP, CellPane, ValuePane, count_lines, point_lines
from nnexpr_tui.plane.subject import PlaneSubject
from nnexpr_tui.training.moment import FitMoment

if TYPE_CHECKING:
    from nnexpr.runs.recording import Scene
    from nnexpr_tui.charts.heat import Picture
    from nnexpr_tui.charts.maps import Ground

__all__ = ["PlaneView"]

FRAME_BYTES = 8_000  # of maps, sent by one frame while training: what is left over waits for the next
KEY_BYTES = 16_000  # the same of what a key changed: the crosshair in all maps, or one map in another size
ZOOM = 2.0
DEEPEST = 2.0**-20  # of the domain's width
FIRST_PLANE = "waves2d"
ARRANGEMENTS = {
    "four": ("target", "fit", "error", "cells"),
    "fit": ("fit", "cells"),
    "target": ("target", "fit"),
}


class PlaneView(TrainingView, entry=VIEW):
    """Looks at the training of a network with two inputs."""

    HELP = "Maps of a target with two inputs, of its fit, of the error and of the network's cells."
    FIRST = "#plane-fit"
    TOPICS = (PlaneSubject,)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._scene: Scene | None = None
        self._domain: Window | None = None
        self._window: Window | None = None
        self._point = (0.0, 0.0)
        self._arrangement = ""  # of ARRANGEMENTS; empty: as there is room
        self._colors = next(iter(COLORS))
        self._asked: Viewport | None = None
        self._scale: tuple[object, tuple[float, float]] = (None, (0.0, 1.0))
        self._error_limit: float | None = None

    def compose(self) -> ComposeResult:
        with Container(id="plane-maps", classes="column"):
            yield ValuePane("Target", id="plane-target")
            yield ValuePane("Fit", id="plane-fit")
            yield ValuePane("Error", signed=True, id="plane-error")
            yield CellPane("Cells", id="plane-cells")
        with Vertical(id="plane-tables", classes="column"):
            yield TablePane("Counts", id="plane-counts")
            yield TablePane("Crosshair", id="plane-point")
        yield LinePane(id="plane-none")

    @property
    def _maps(self) -> list[ValuePane | CellPane]:
        return [*self.query(ValuePane), *self.query(CellPane)]

    # What is asked of the engine's thread

    @property
    def moment(self) -> PlaneMoment | None:
        """The newest one."""
        return self.controller.moment(PlaneSubject)

    def _enter(self, scene: Scene) -> None:
        """Another network; where its domain is another too, look at the whole of it."""
        self._scene = scene
        self._error_limit = self.query_one(CellPane).limit = None
        if scene.plane is not None and scene.plane != self._domain:
            self._domain = self._window = scene.plane
            (left, right), (bottom, top) = scene.plane
            self._point = 0.5 * (left + right), 0.5 * (bottom + top)

    # Drawing

    def show_status(self, status: StatusLine, fit: FitMoment | None) -> int:
        """Its cells are what counts here, and they have no bends."""
        moment = self.moment
        if fit is None or moment is None:
            return super().show_status(status, fit)
        owed = "…" if fit.scene.has_cells else "n/a"
        regions = count(moment.cells.regions.count) if moment.cells is not None else owed
        return status.show(fit, self.controller.state, regions=regions)

    def show(self, fit: FitMoment | None) -> int:
        self.set_markers()
        if fit is None:
            self._arrange(None)
            return self.query_one("#plane-counts", TablePane).show_lines([(("loading torch", "label"),)])
        if fit.scene is not self._scene:
            self._enter(fit.scene)
        self._arrange(fit.scene)
        if fit.scene.plane is None:
            return self._show_line(fit.scene)
        wanted = viewport_of(self._maps, self._window)
        if wanted is not None and wanted != self._asked:
            self._asked = wanted
            self.controller.ask(PlaneSubject, lambda plane: plane.watch(wanted))
        moment = self.moment
        sent = self._show_maps(fit, moment) if moment is not None else 0
        return sent + self._show_numbers(fit)

    def _show_line(self, scene: Scene) -> int:
        """There is nothing to map on a line."""
        pane = self.query_one("#plane-none", LinePane)
        said = f"The target {scene.name} has one input, and this screen needs two."
        lines = wrapped(said, pane.content_size.width, "value")
        return pane.show_lines([*lines, (("enter", "key"), (f" takes {FIRST_PLANE}", "value"))])

    @property
    def _shown(self) -> str:
        roomy = self.screen.has_class("-high") and not self.screen.has_class("-narrow")
        return self._arrangement or ("four" if roomy else "fit")

    def _arrange(self, scene: Scene | None) -> None:
        """Which maps there are; ``e`` puts the error in the place of the fit."""
        shown = ARRANGEMENTS[self._shown]
        if self._shown != "four" and self.look.residual:
            shown = tuple("error" if name == "fit" else name for name in shown)
        self.set_class(self._shown == "four", "-four")
        was_line, is_line = self.has_class("-line"), scene is not None and scene.plane is None
        self.set_class(is_line, "-line")
        if was_line and not is_line:
            self.call_after_refresh(self._focus_again)
        if show_only(self._maps, shown):
            self.call_after_refresh(self.redraw)
            focused = self.screen.focused
            if focused is not None and focused.has_class("-hidden") and self.zoomed is None:
                self.query_one("#plane-error" if self.look.residual else "#plane-fit").focus()

    def _focus_again(self) -> None:
        """Where there was nothing to map, nothing has the focus."""
        if self.is_shown and self.screen.focused is None:
            self.focus_first()

    def _show_maps(self, fit: FitMoment, moment: PlaneMoment) -> int:
        """All that a key changed; then what is new, the longest waiting first, as far as the frame has room for it."""
        cross = moment.viewport.cross(self._point)
        seen = [pane for pane in self._maps if pane.is_wanted]
        is_running, sent = self.is_hurried(fit.state), 0
        for pane in seen:
            ground = pane.ground(cross)
            setting = ground, moment.viewport, self._colors
            if pane.setting != setting and (not is_running or sent < KEY_BYTES):
                kept = pane.moment if is_running and pane.moment is not None else moment
                shown = kept if kept.viewport == moment.viewport else moment
                sent += pane.take(shown, setting, self._picture(pane, shown, ground))
        for pane in sorted(seen, key=lambda pane: pane.drawn_at):
            if is_running and sent >= FRAME_BYTES:
                break
            if pane.is_behind or pane.has_news(moment):
                room = FRAME_BYTES - sent if is_running else None
                sent += pane.take(moment, pane.setting, self._picture(pane, moment, pane.ground(cross)), room)
                pane.drawn_at = monotonic()
        return sent

    def _picture(self, pane: ValuePane | CellPane, moment: PlaneMoment, ground: Ground) -> Picture:
        from nnexpr_tui.charts.maps import held_limit, value_limits

        if isinstance(pane, CellPane):
            return pane.picture(moment, ground, self._colors)
        if pane.id == "plane-error":
            error = moment.fit - moment.target
            self._error_limit = limit = held_limit(error, self._error_limit)
            return pane.picture(error, (-limit, limit), ground, moment.viewport)
        if self._scale[0] is not moment.target:
            self._scale = moment.target, value_limits(moment.target)
        values = moment.target if pane.id == "plane-target" else moment.fit
        return pane.picture(values, self._scale[1], ground, moment.viewport)

    def _show_numbers(self, fit: FitMoment) -> int:
        moment = self.moment
        ascii_only = self.look.markers == "ascii"
        counts, cells = self.query_one("#plane-counts", TablePane), self.query_one(CellPane)
        entitle(cells, COLORS[self._colors])
        shown = fit.scene, self._point, moment and (moment.viewport, moment.cells is None)
        if not self.is_due("numbers", shown, NUMBERS_INTERVAL * self.is_hurried(fit.state)):
            return 0
        sent = counts.show_table("Counts", COUNT_HELP, count_lines(fit, moment))
        if moment is None:
            return sent
        table = self.query_one("#plane-point", TablePane)
        room = table.content_size.width or ROOMY
        lines = point_lines(moment, self._point, ascii_only=ascii_only, room=room)
        return sent + table.show_table("Crosshair", POINT_HELP, lines)

    def on_chart_frame_changed(self) -> None:
        """Another size: other pixels are to be made."""
        self.redraw()

    def on_line_pane_room_changed(self) -> None:
        """Texts are wrapped to the panes."""
        self.redraw()

    # Actions: what they mean is in the declaration

    def action_target(self) -> None:
        """Through the targets of two inputs."""
        self.attempt(lambda: self.controller.step_plane_target(1))

    def action_open(self) -> None:
        """As the screen says where there is nothing to map."""
        if self._scene is not None and self._scene.plane is None:
            self.action_target()

    def action_arrange(self) -> None:
        names = list(ARRANGEMENTS)
        self._arrangement = names[(names.index(self._shown) + 1) % len(names)]
        self.zoom(None)
        *maps, last = ARRANGEMENTS[self._arrangement]
        self.footer.say(f"Shown: {', '.join(maps)} and {last}")
        self.redraw()

    def action_residual(self) -> None:
        """The error in the place of the fit; where all maps are shown, the focus goes to it and back."""
        look = self.look
        look.residual = not look.residual
        if self._shown == "target":
            self._arrangement = "fit"
        name, other = ("error", "fit") if look.residual else ("fit", "error")
        if self._shown == "four":
            self.query_one(f"#plane-{name}").focus()
        if self.zoomed is not None and self.zoomed.id == f"plane-{other}":
            self.zoom(self.query_one(f"#plane-{name}"))
            self.call_after_refresh(self.redraw)
        self.redraw()

    def action_colors(self) -> None:
        names = list(COLORS)
        self._colors = names[(names.index(self._colors) + 1) % len(names)]
        self.redraw()

    def action_move(self, columns: int, rows: int) -> None:
        """The crosshair by so many pixels; at the edge of a window that is zoomed in, the window goes along."""
        if self._asked is None or self._domain is None or self._window is None:
            return
        column, row = self._asked.place(self._point)
        point = self._asked.point(column + columns, row + rows)
        held = tuple(min(max(p, low), high) for p, (low, high) in zip(point, self._domain, strict=True))
        self._point = held[0], held[1]
        self._window = around(self._point, self._window)
        self.redraw()

    def action_zoom_window(self, direction: int) -> None:
        """In or out around the crosshair, which stays where it is on the screen as far as the domain allows."""
        if self._domain is None or self._window is None:
            return
        factor = ZOOM**-direction
        sides = []
        for p, (low, high), (least, most) in zip(self._point, self._window, self._domain, strict=True):
            size = min(max((high - low) * factor, (most - least) * DEEPEST), most - least)
            start = p - (p - low) / (high - low) * size
            start = min(max(start, least), most - size)
            sides.append((least, most) if size == most - least else (start, start + size))
        self._window = sides[0], sides[1]
        self.redraw()

    def action_whole(self) -> None:
        self._window = self._domain
        self.redraw()

    # Taking it elsewhere

    def copied(self) -> tuple[str, str]:
        text, sentence = super().copied()
        if self.moment is not None and self.moment.cells is not None:
            text += f"\n# linear regions {self.moment.cells.regions.count}"
        return text, sentence

    def export(self, folder: Path) -> None:
        self.controller.ask(PlaneSubject, lambda plane: plane.export(folder))
