"""Compose: one wave folded over and over, and the trainable manifold of networks that sum such waves."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from nnexpr_tui.actions import bindings, in_scope
from nnexpr_tui.controller import Controller
from nnexpr_tui.folds.subject import FoldsSubject
from nnexpr_tui.folds.view import FoldsView
from nnexpr_tui.manifold.panes import status_items
from nnexpr_tui.manifold.subject import ManifoldSubject
from nnexpr_tui.manifold.view import ManifoldView
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.keys import ViewFooter
from nnexpr_tui.training.moment import FitMoment
from nnexpr_tui.worker.scheduler import Topic

__all__ = ["ComposeScreen"]

NAMES = {view: {action.name.partition("(")[0] for action in in_scope(view)} for view in ("folds", "manifold")}


class ComposeScreen(FoldsView, ManifoldView):
    """Two views, each with keys of its own."""

    SCOPE = "compose"
    HELP = "Two views, changed by v: one wave folded over and over, and a network that sums such waves, to be trained."
    CSS_PATH = "compose.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("folds"), *bindings("manifold"), *bindings("compose")]
    AUTO_FOCUS = "#fold-wave"

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self.footer = self._keys = ViewFooter([])
        self._view = "folds"

    def body(self) -> ComposeResult:
        yield from self.folds_body()
        yield from self.manifold_body()

    def on_mount(self) -> None:
        self._show_view()

    @property
    def topics(self) -> tuple[Topic, ...]:
        return (ManifoldSubject,) if self._view == "manifold" else (FoldsSubject,)

    @property
    def scopes(self) -> tuple[str, ...]:
        return (self._view, self.SCOPE)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Keys of the other view are not heard."""
        other = "manifold" if self._view == "folds" else "folds"
        return not (action in NAMES[other] and action not in NAMES[self._view])

    @property
    def all_panes(self) -> list[Widget]:
        prefix = "manifold" if self._view == "manifold" else "fold"
        return [pane for pane in super().all_panes if str(pane.id).startswith(prefix)]

    def _show_view(self) -> None:
        for view in NAMES:
            self.set_class(view == self._view, f"-{view}")
        self._keys.show_keys(in_scope(*self.scopes, "everywhere"))

    # Drawing

    def show_status(self, fit: FitMoment | None) -> int:
        moment = self.moment
        if self._view != "manifold" or fit is None:
            return super().show_status(fit)
        items = status_items(moment, roomy=self.status.is_roomy) if moment is not None else []
        return self.status.show_items(moment.state if moment is not None else "ready", items)

    def show(self, fit: FitMoment | None) -> int:
        charts = [pane for pane in self.query(ChartPane) if pane in self.all_panes]
        self._width = max((pane.content_size.width for pane in charts if pane.is_wanted), default=self._width)
        for pane in charts:
            pane.set_markers(self.controller.view.markers)  # type: ignore[arg-type]
        return self.show_manifold(fit) if self._view == "manifold" else self.show_folds(fit)

    def on_chart_frame_changed(self) -> None:
        """Another size: more or fewer regions can be told apart."""
        self._drawn_panes.clear()
        self.redraw()

    def on_screen_suspend(self) -> None:
        self.stop_playing()

    # Actions: what they mean is in the table

    def action_view(self) -> None:
        self.begin()
        self.zoom(None)
        self._view = "manifold" if self._view == "folds" else "folds"
        self._drawn.clear()
        self._drawn_panes.clear()
        self._show_view()
        first = self.query_one("#manifold-fit" if self._view == "manifold" else "#fold-wave")
        self.call_after_refresh(first.focus)  # now it is still hidden

    def action_whole(self) -> None:
        self.begin()
        self._whole = not self._whole

    def action_error(self) -> None:
        self.begin()
        self._error = not self._error
        for pane in self.query(ChartPane):
            pane.reset_limits()

    # Taking it elsewhere

    def copied(self) -> tuple[str, str]:
        if self._view == "folds":
            return super().copied()
        text = self.manifold_summary()
        return text, "Copied the command line and the numbers" if text else "There is nothing to copy yet"

    def export_stem(self, folder: str) -> Path | None:
        return super().export_stem(folder) if self._view == "folds" else self.manifold_stem(folder)

    def export(self, stem: Path) -> None:
        if self._view == "folds":
            super().export(stem)
        else:
            self.export_manifold(stem)
