"""Compose: the triangle map folded with the keys, beside a shallow fit; and a compositional network opened by layer.

Everything that is shown belongs to one answer of the engine, so numbers and curves never disagree. What the keys ask
for is asked when the screen is drawn; an answer to anything but the newest question is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer

from nnexpr_tui.actions import bindings, in_scope
from nnexpr_tui.charts.series import ChartData
from nnexpr_tui.compositions import (
    MOST_FOLDS,
    MOST_LAYERS,
    Folded,
    FoldQuestion,
    Layered,
    LayersQuestion,
    build_layers,
    fold,
)
from nnexpr_tui.controller import Controller
from nnexpr_tui.frames import Frame
from nnexpr_tui.panes import fold as folds
from nnexpr_tui.panes import layers
from nnexpr_tui.panes.charts import ChartPane
from nnexpr_tui.panes.keys import ViewFooter
from nnexpr_tui.panes.lines import Line
from nnexpr_tui.panes.table import TablePane, entitle
from nnexpr_tui.screens.base import ExplorerScreen

__all__ = ["ComposeScreen"]

PAGE_FOLDS, PAGE_KNOTS = 6, 8  # the concept page's second example
MOST_KNOTS = 2 << MOST_FOLDS
LEAST_PEAK, MOST_PEAK = 2, 98  # hundredths
TICK = 0.12  # seconds
TICKS_A_FOLD = 4  # in which a fold is seen to be made
TICKS_A_STEP = 9  # from one fold or layer to the next while they are played
KEYS_OF_FOLDS, KEYS_OF_LAYERS = ("knots", "multiply", "enough"), ("layer", "peak", "halves")

Question = FoldQuestion | LayersQuestion
Answer = Folded | Layered


class Answered(Message):
    """The worker's answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def answered(question: Question) -> Answered:
    """Ask the engine; on the worker's thread."""
    return Answered(fold(question) if isinstance(question, FoldQuestion) else build_layers(question))


class ComposeScreen(ExplorerScreen):
    """Two views: the folds of one wave, and the layers of a network that sums such waves."""

    SCOPE = "compose"
    HELP = "Two views, changed by v: one wave folded over and over, and a network that sums such waves."
    CSS_PATH = "compose.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(SCOPE)
    AUTO_FOCUS = "#compose-top"

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self.footer = self._keys = ViewFooter([])
        self._in_layers = False
        self._width = 0  # of the charts, in cells; 0 before they are laid out
        self._depth, self._knots = PAGE_FOLDS, PAGE_KNOTS
        self._peaks = [50] * 5
        self._opened = 0
        self._whole = self._error = False
        self._asked: Question | None = None
        self._folded: Folded | None = None
        self._layered: Layered | None = None
        self._drawn: dict[str, Hashable] = {}
        self._share = 1.0  # of the last fold that is done
        self._goal: int | None = None  # what is played up to
        self._ticks = 0
        self._timer: Timer | None = None

    def body(self) -> ComposeResult:
        with Vertical(classes="column"):
            yield ChartPane("Wave", folds.WAVE_HELP, id="compose-top")
            yield ChartPane("Shallow", folds.SHALLOW_HELP, id="compose-bottom")
        with Vertical(classes="column", id="compose-tables"):
            yield TablePane("Wave", id="compose-what")
            yield TablePane("Shallow", id="compose-more")

    def on_mount(self) -> None:
        super().on_mount()
        self._show_keys()

    def _show_keys(self) -> None:
        others = KEYS_OF_FOLDS if self._in_layers else KEYS_OF_LAYERS
        actions = in_scope(self.SCOPE, "everywhere")
        self._keys.show_keys(action for action in actions if action.name.partition("(")[0] not in others)

    # Questions and answers

    @property
    def _question(self) -> Question:
        if self._in_layers:
            return LayersQuestion(tuple(self._peaks))
        return FoldQuestion(self._depth, self._knots, self._shown(self._depth))

    def _shown(self, depth: int) -> int:
        """How many of 2^depth pieces are drawn."""
        markers = self.controller.view.markers
        return 2**depth if self._whole else folds.shown_regions(depth, self._width, markers)

    @property
    def _answer(self) -> Answer | None:
        return self._layered if self._in_layers else self._folded

    @property
    def _waits(self) -> bool:
        return self._answer is None or self._answer.question != self._asked

    def _ask(self) -> None:
        question = self._question
        if self._width and question != self._asked:
            self._asked = question
            if self._waits:
                self.controller.worker.ask("compose", partial(answered, question), self.post_message)

    def on_answered(self, message: Answered) -> None:
        """Show it, if it is what was last asked for; a fold more is seen being made."""
        answer = message.answer
        if answer.question != self._asked:
            return
        if isinstance(answer, Layered):
            self._layered = answer
        else:
            before, self._folded = self._folded, answer
            if before is not None and answer.question.depth == before.question.depth + 1:
                self._watch_fold()
        self.redraw()

    # Drawing

    def show(self, frame: Frame | None) -> int:
        charts = self.query(ChartPane)
        self._width = max((pane.content_size.width for pane in charts if pane.is_wanted), default=self._width)
        for pane in charts:
            pane.set_markers(self.controller.view.markers)  # type: ignore[arg-type]
        self._ask()
        if self._answer is None:
            loads = frame is None and not self.controller.targets
            sentences = ("loading torch", "the keys already work") if loads else ("counting…",)
            lines = [((sentence, "label"),) for sentence in sentences]
            return self.query_one("#compose-what", TablePane).show_lines(lines)
        if isinstance(self._answer, Layered):
            return self._show_layers(self._answer)
        return self._show_folds(self._answer)

    def _show_folds(self, answer: Folded) -> int:
        question = answer.question
        depth, shown, share = question.depth, question.shown, self._share
        sent = self._chart(
            "#compose-top", folds.wave_title(depth, shown, whole=self._whole), folds.WAVE_HELP, (answer, share),
            lambda: folds.wave_chart(depth, shown, share),
        )  # fmt: skip
        sent += self._chart(
            "#compose-bottom", folds.shallow_title(answer, error=self._error), folds.SHALLOW_HELP,
            (answer, self._error), lambda: folds.shallow_chart(answer, error=self._error),
        )  # fmt: skip
        sent += self._table("#compose-what", "Wave", folds.WAVE_HELP, folds.wave_lines(answer))
        sent += self._table("#compose-more", "Shallow fit", folds.SHALLOW_HELP, folds.shallow_lines(answer))
        return sent

    def _show_layers(self, answer: Layered) -> int:
        count, opened = len(answer.question.peaks), min(self._opened, len(answer.question.peaks) - 1)
        shown = self._shown(opened + 1)
        sent = self._chart(
            "#compose-top", f"Sum of {count} waves" + (": its error" if self._error else ""), layers.SUM_HELP,
            (answer, opened, self._error), lambda: layers.sum_chart(answer, opened, error=self._error),
        )  # fmt: skip
        sent += self._chart(
            "#compose-bottom", layers.units_title(answer, opened, shown), layers.UNITS_HELP, (answer, opened, shown),
            lambda: layers.units_chart(answer, opened, shown),
        )  # fmt: skip
        sent += self._table("#compose-what", "Network", layers.SUM_HELP, layers.sum_lines(answer))
        pointer = ">" if self.controller.view.markers == "ascii" else "▸"
        lines = layers.peak_lines(answer, opened, pointer)
        return sent + self._table("#compose-more", "Peaks", layers.PEAKS_HELP, lines, chosen=opened + 1)

    def _chart(
        self, name: str, title: str, help_text: str, key: Hashable, make: Callable[[], ChartData]
    ) -> int:
        """Draw it, unless it is drawn already."""
        if self._drawn.get(name) == key:
            return 0
        self._drawn[name] = key
        pane = self.query_one(name, ChartPane)
        entitle(pane, title)
        pane.help_text = help_text
        pane.reset_limits()
        return pane.update_chart(make())

    def _table(self, name: str, title: str, help_text: str, lines: list[Line], *, chosen: int = 0) -> int:
        waits = "counting…" if self._waits else ""
        return self.query_one(name, TablePane).show_table(
            title, help_text, lines, subtitle=waits, chosen=chosen
        )

    def on_chart_frame_changed(self) -> None:
        """Another size: more or fewer regions can be told apart."""
        self.redraw()

    # Playing

    def _watch_fold(self) -> None:
        if self.is_current and not self._whole and not self.controller.settings.low_bandwidth:
            self._share = 0.0
            self._run_timer()

    def _run_timer(self) -> None:
        if self._timer is None:
            self._timer = self.set_interval(TICK, self._tick)

    def _stop(self) -> None:
        self._share, self._goal, self._ticks = 1.0, None, 0
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _tick(self) -> None:
        """Go on with the fold; after a while, with the next one."""
        self._ticks += 1
        if self._share < 1:
            self._share = min(1.0, self._share + 1 / TICKS_A_FOLD)
            self.redraw()
        at = self._opened + 1 if self._in_layers else self._depth
        if self._goal is None or at >= self._goal:
            if self._share >= 1:
                self._stop()
        elif self._ticks >= TICKS_A_STEP and not self._waits:
            self._ticks = 0
            if self._in_layers:
                self._opened = at
            else:
                self._depth = at + 1
            self.redraw()

    def on_screen_suspend(self) -> None:
        self._stop()

    # Actions: what they mean is in the table

    def _begin(self, view_of_layers: bool | None = None) -> bool:
        """Before each action: what is played stops. False, and said why, where the action is the other view's."""
        self._stop()
        self.footer.clear()
        if view_of_layers is None or view_of_layers == self._in_layers:
            return True
        self.footer.say(f"That key works with the {'layers' if view_of_layers else 'folds'}: v shows them")
        self.redraw()
        return False

    def action_view(self) -> None:
        self._begin()
        self._in_layers = not self._in_layers
        self._asked = None
        self._drawn.clear()
        self._show_keys()
        self.redraw()

    def action_play(self) -> None:
        played = self._goal is not None
        self._begin()
        if not played:
            if self._in_layers:
                self._goal, self._opened = len(self._peaks), 0
            else:
                self._goal, self._depth = self._depth if self._depth > 1 else PAGE_FOLDS, 1
            self._run_timer()
        self.redraw()

    def action_deeper(self, step: int) -> None:
        self._begin()
        if self._in_layers:
            count = min(max(len(self._peaks) + step, 1), MOST_LAYERS)
            self._peaks = [*self._peaks, 50][:count]
            self._opened = min(self._opened, count - 1)
        else:
            self._depth = min(max(self._depth + step, 1), MOST_FOLDS)
        self.redraw()

    def _set_knots(self, knots: int) -> None:
        self._knots = min(max(knots, 1), MOST_KNOTS)
        self.redraw()

    def action_knots(self, step: int) -> None:
        if self._begin(False):
            self._set_knots(self._knots + step)

    def action_multiply(self, power: int) -> None:
        if self._begin(False):
            self._set_knots(2 * self._knots if power > 0 else self._knots // 2)

    def action_enough(self) -> None:
        if self._begin(False):
            self._set_knots(2**self._depth - 1)

    def action_whole(self) -> None:
        self._begin()
        self._whole = not self._whole
        self.redraw()

    def action_error(self) -> None:
        self._begin()
        self._error = not self._error
        self.redraw()

    def action_layer(self, step: int) -> None:
        if self._begin(True):
            self._opened = min(max(self._opened + step, 0), len(self._peaks) - 1)
            self.redraw()

    def action_peak(self, hundredths: int) -> None:
        if self._begin(True):
            peak = self._peaks[self._opened] + hundredths
            self._peaks[self._opened] = min(max(peak, LEAST_PEAK), MOST_PEAK)
            self.redraw()

    def action_halves(self) -> None:
        if self._begin(True):
            self._peaks = [50] * len(self._peaks)
            self.redraw()
