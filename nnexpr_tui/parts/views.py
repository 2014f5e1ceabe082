"""What every view has: panes that can be reached, zoomed and explained, and keys that are heard while it is shown."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Container
from textual.css.query import NoMatches
from textual.message import Message
from textual.widget import Widget

from nnexpr_tui.actions import ViewEntry, bindings
from nnexpr_tui.charts.widget import Chart
from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.footer import FooterLine
from nnexpr_tui.parts.form import Form
from nnexpr_tui.parts.status import StatusLine
from nnexpr_tui.presets import Preset
from nnexpr_tui.training.moment import FitMoment, Refused, TakenUp
from nnexpr_tui.training.subject import FitSubject
from nnexpr_tui.worker.scheduler import Topic

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording

__all__ = ["CHART_INTERVAL", "NUMBERS_INTERVAL", "View"]

CHART_INTERVAL = 0.3  # seconds between two drawings of a chart that changes slowly, while training
NUMBERS_INTERVAL = 0.45  # and of tables: twice a second are enough for numbers that are read


class View(Container):
    """A part of a screen that is looked at as a whole, beside its status line and footer.

    A subclass names its folder's entry, ``class FitView(View, entry=VIEW)``: the rows there are its keys. It composes
    its panes in columns of the class ``column``, and :meth:`show` draws the newest moments and returns about how many
    bytes that sends.
    """

    class Changed(Message):
        """There is something else to be seen; ``urgent``: a key asked for it."""

        def __init__(self, *, urgent: bool) -> None:
            super().__init__()
            self.urgent = urgent

    class Wished(Message):
        """Another view is to be shown, beginning with what the preset says, and a sentence be said there."""

        def __init__(self, preset: Preset, said: str = "") -> None:
            super().__init__()
            self.preset, self.said = preset, said

    HELP: ClassVar[str] = ""
    FIRST: ClassVar[str]  # the pane that has the focus first
    TOPICS: ClassVar[tuple[Topic, ...]] = ()  # what it looks at beside the fit

    entry: ClassVar[ViewEntry]

    def __init_subclass__(cls, *, entry: ViewEntry | None = None, **options: Any) -> None:
        if entry is not None:
            cls.entry, cls.BINDINGS = entry, bindings(entry.actions)
        super().__init_subclass__(**options)

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.controller, self.look = controller, controller.look
        self._drawn: dict[str, tuple[Hashable, float]] = {}

    @property
    def is_shown(self) -> bool:
        """Whether it is what the keys are meant for."""
        return self.display and self.screen.is_current

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What it looks at now, beside the fit."""
        return self.TOPICS

    @property
    def footer(self) -> FooterLine:
        """Where sentences are said."""
        return self.screen.query_one(FooterLine)

    def redraw(self, *, urgent: bool = True) -> None:
        """Draw as soon as the terminal can take it; what is not urgent, when the next frame is due."""
        self.app.post_message(
            self.Changed(urgent=urgent)
        )  # bubbling would end at a screen that is its sender

    def seen(self, fit: FitMoment | None) -> FitMoment | None:
        """The moment of the fit that is drawn: its parts may have been looked at less often."""
        return fit

    def is_hurried(self, state: str) -> bool:
        """Whether frames follow one another, so that not all is drawn in each; what is held is drawn whole."""
        return state == "running" and not self.controller.is_held

    def show_status(self, status: StatusLine, fit: FitMoment | None) -> int:
        """Draw the line at the top."""
        return status.show(fit, self.controller.state)

    def show(self, fit: FitMoment | None) -> int:
        """Draw the panes."""
        raise NotImplementedError

    def set_markers(self) -> list[Chart]:
        """Have all charts drawn with the markers that are chosen; the charts."""
        charts = list(self.query(Chart))
        for chart in charts:
            chart.set_markers(self.look.markers)
        return charts

    def is_due(self, name: str, key: Hashable, interval: float = float("inf")) -> bool:
        """Whether to draw what has this name: at once with another key, else after so many seconds."""
        before, drawn_at = self._drawn.get(name, (None, float("-inf")))
        now = monotonic()
        if key == before and now - drawn_at < interval:
            return False
        self._drawn[name] = key, now
        return True

    def begin(self) -> None:
        """Before an action that changes what is seen."""
        self.footer.clear()
        self.redraw()

    def action_flip(self, name: str) -> None:
        """Look the other way: the error in place of the fit, another axis, the whole of it."""
        self.begin()
        setattr(self.look, name, not getattr(self.look, name))
        for chart in self.query(Chart):
            chart.reset_limits()

    def covered(self) -> None:
        """Something lies over it, or something else is shown in its place."""

    def begin_with(self, **values: Any) -> None:
        """Begin with what a preset says, in the words of this view."""
        raise NotImplementedError(f"{self.entry.name} begins with nothing of its own: {values}")

    def refused(self, message: Refused) -> None:
        """What was asked for could not be built; it has been said."""

    def taken_up(self, message: TakenUp) -> None:
        """A training of before is the fit now."""

    # Beginning where it was left

    def kept(self) -> dict[str, Any]:
        """What comes back with the next start, as JSON has it."""
        return {}

    def restore(self, values: Mapping[str, Any]) -> None:
        """Begin so, before anything is drawn; raises ValueError, TypeError or the like for what it never kept."""

    # Taking it elsewhere

    def copied(self) -> tuple[str, str]:
        """The text that is copied, empty for none, and the sentence that says so."""
        return self.controller.summary(), "Copied the command line and the numbers"

    def recordings(self) -> tuple[Recording, ...]:
        """What it shows of trainings, from their beginning on: they can be written as a clip, a page, a table."""
        return ()

    def export(self, folder: Path) -> None:
        """Have the files of this moment written; the picture of the screen follows (see ``Exported``)."""
        self.controller.ask(FitSubject, lambda fit: fit.export(folder))

    # Panes

    @property
    def all_panes(self) -> list[Widget]:
        """Also those that are put away."""
        return [
            widget
            for widget in self.query(".column > *")
            if widget.can_focus and not widget.has_class("-elsewhere")
        ]

    @property
    def first(self) -> Widget:
        """The pane that is looked at first."""
        return self.query_one(self.FIRST)

    def focus_first(self) -> None:
        """Focus the pane that is looked at first, unless it is put away, or the explorer ends before it is there."""
        with suppress(NoMatches):
            if self.first.focusable:
                self.first.focus()

    def go_to(self, pane: Widget) -> None:
        """Focus a pane, alone where there is no room for it beside the others."""
        if pane.region.area and pane.is_on_screen:
            pane.focus()
        else:
            self.zoom(pane)
            self.call_after_refresh(self.redraw)

    @property
    def zoomed(self) -> Widget | None:
        """The pane that is shown alone."""
        return next(iter(self.query(".-zoomed")), None)

    def zoom(self, pane: Widget | None) -> None:
        """Show one pane alone; None: all of them again."""
        for widget in self.query(".-zoomed"):
            widget.remove_class("-zoomed")
        self.set_class(pane is not None, "-zoom")
        column = pane.parent if pane is not None else None
        for widget in self.query(".column"):
            widget.set_class(widget is column, "-zoomed-column")
        if pane is not None:
            pane.add_class("-zoomed")
            pane.focus()
        else:
            self.call_after_refresh(self._leave_hidden)

    def _leave_hidden(self) -> None:
        """Where the focused pane is no longer to be seen, focus the first that is."""
        focused = self.screen.focused
        if focused is not None and not (focused.region.area and focused.is_on_screen):
            self.first.focus()

    def toggle_column(self, column: Widget, widths: Iterable[str], first: str) -> None:
        """Put it away or bring it back on screens of these widths, which have room; else it lies over the charts.

        ``first``: the pane of it that has the focus once it is there.
        """
        self.zoom(None)
        if any(self.screen.has_class(width) for width in widths):
            shown = column.has_class("-away")
            column.toggle_class("-away")
        else:
            shown = not column.has_class("-open")
            self.query(".column").remove_class("-open")
            column.set_class(shown, "-open")
        (self.query_one(first) if shown else self.first).focus()
        self.call_after_refresh(self.redraw)

    def close(self) -> bool:
        """Close what lies over the panes; whether there was something."""
        if self.zoomed is not None:
            self.zoom(None)
            return True
        opened = self.query(".column.-open")
        opened.remove_class("-open")
        if opened:
            self.first.focus()
        return bool(opened)

    # What panes have no room for

    def on_chart_pane_cut(self, message: ChartPane.Cut) -> None:
        if message.text:
            self.footer.say(message.text)
        else:
            self.footer.clear()

    # Forms

    def on_form_failed(self, message: Form.Failed) -> None:
        self.footer.say(str(message.error), error=True)

    def on_form_cut(self, message: Form.Cut) -> None:
        self.footer.say(message.text)
