"""Folds: the triangle map folded with the keys, beside a shallow least-squares fit.

Everything that is shown belongs to one answer of the engine, so numbers and curves never disagree. What the keys ask
for is asked when the screen is drawn; an answer to anything but the newest question is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from nnexpr_tui.charts.series import ChartData
from nnexpr_tui.controller import Controller
from nnexpr_tui.folds import VIEW
from nnexpr_tui.folds import panes as folds
from nnexpr_tui.folds.subject import MOST_FOLDS, FoldQuestion, FoldsMoment, FoldsSubject
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.lines import Line
from nnexpr_tui.parts.table import TablePane, entitle
from nnexpr_tui.parts.views import View
from nnexpr_tui.parts.waves import shown_regions
from nnexpr_tui.training.moment import FitMoment

__all__ = ["FoldsView"]

PAGE_FOLDS, PAGE_KNOTS = 6, 8  # the concept page's second example
MOST_KNOTS = 2 << MOST_FOLDS
TICK = 0.12  # seconds
TICKS_A_FOLD = 4  # in which a fold is seen to be made
TICKS_A_STEP = 9  # from one fold to the next while they are played


class FoldsView(View, entry=VIEW):
    """A wave, folded fold after fold."""

    HELP = "One wave folded over and over, and what a network of one hidden layer makes of it."
    FIRST = "#fold-wave"
    TOPICS = (FoldsSubject,)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._depth, self._knots = PAGE_FOLDS, PAGE_KNOTS
        self._width = 0  # of the charts, in cells; 0 before they are laid out
        self._asked: FoldQuestion | None = None
        self._folded: FoldsMoment | None = None
        self._share = 1.0  # of the last fold that is done
        self._goal: int | None = None  # what is played up to
        self._ticks = 0
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="fold-charts", classes="column"):
            yield ChartPane("Wave", folds.WAVE_HELP, id="fold-wave")
            yield ChartPane("Shallow", folds.SHALLOW_HELP, id="fold-shallow")
        with Vertical(id="fold-tables", classes="column"):
            yield TablePane("Wave", id="fold-numbers")
            yield TablePane("Shallow", id="fold-more")

    def on_mount(self) -> None:
        """What the first answer needs is loaded when the screen is made: in a lull, unless it is shown at once."""
        first = FoldQuestion(self._depth, self._knots, 2)
        self.controller.ask(FoldsSubject, lambda folds: folds.fold(first))

    def kept(self) -> dict[str, Any]:
        return {"folds": self._depth, "knots": self._knots}

    def restore(self, values: Mapping[str, Any]) -> None:
        folds, knots = values["folds"], values["knots"]
        if not (type(folds) is type(knots) is int and 1 <= folds <= MOST_FOLDS and 1 <= knots <= MOST_KNOTS):
            raise ValueError("folds")
        self._depth, self._knots = folds, knots

    # Questions and answers

    def _shown(self, depth: int) -> int:
        """How many of 2^depth pieces are drawn."""
        markers = self.look.markers
        return 2**depth if self.look.whole else shown_regions(depth, self._width, markers)

    @property
    def _waits(self) -> bool:
        return self._folded is None or self._folded.question != self._asked

    def _ask(self) -> None:
        question = FoldQuestion(self._depth, self._knots, self._shown(self._depth))
        if self._width and question != self._asked:
            self._asked = question
            if self._waits:
                self.controller.ask(FoldsSubject, lambda folds: folds.fold(question))

    def _take(self) -> None:
        """Show the answer, if it is to what was last asked; a fold more is seen being made."""
        answer, before = self.controller.moment(FoldsSubject), self._folded
        if answer is None or answer is before or answer.question != self._asked:
            return
        self._folded = answer
        if before is not None and answer.question.depth == before.question.depth + 1:
            self._watch_fold()

    # Drawing

    def show(self, fit: FitMoment | None) -> int:
        charts = self.set_markers()  # sizes are known before the screen is shown, and the question with them
        widths = [pane.content_size.width for pane in charts if pane.is_wanted or not self.is_shown]
        self._width = max(widths, default=self._width)
        self._ask()
        self._take()
        answer = self._folded
        if answer is None:
            loads = fit is None and not self.controller.targets
            sentences = ("loading torch", "the keys already work") if loads else ("counting…",)
            lines = [((sentence, "label"),) for sentence in sentences]
            return self.query_one("#fold-numbers", TablePane).show_lines(lines)
        question = answer.question
        depth, shown, share = question.depth, question.shown, self._share
        error = self.look.error
        sent = self._chart(
            "#fold-wave", folds.wave_title(depth, shown, whole=self.look.whole), (answer, share),
            lambda: folds.wave_chart(depth, shown, share),
        )  # fmt: skip
        sent += self._chart(
            "#fold-shallow", folds.shallow_title(answer, error=error), (answer, error),
            lambda: folds.shallow_chart(answer, error=error),
        )  # fmt: skip
        sent += self._table("#fold-numbers", "Wave", folds.WAVE_HELP, folds.wave_lines(answer))
        return sent + self._table(
            "#fold-more", "Shallow fit", folds.SHALLOW_HELP, folds.shallow_lines(answer)
        )

    def _chart(self, name: str, title: str, key: Hashable, make: Callable[[], ChartData]) -> int:
        """Draw it, unless it is drawn already."""
        if not self.is_due(name, key):
            return 0
        pane = self.query_one(name, ChartPane)
        entitle(pane, title)
        pane.reset_limits()
        return pane.update_chart(make())

    def _table(self, name: str, title: str, help_text: str, lines: list[Line]) -> int:
        waits = "counting…" if self._waits else ""
        return self.query_one(name, TablePane).show_table(title, help_text, lines, subtitle=waits)

    def on_chart_frame_changed(self) -> None:
        """Another size: more or fewer regions can be told apart."""
        self.redraw()

    # Playing

    def _watch_fold(self) -> None:
        if self.is_shown and not self.look.whole and not self.controller.settings.low_bandwidth:
            self._share = 0.0
            self._run_timer()

    def _run_timer(self) -> None:
        if self._timer is None:
            self._timer = self.set_interval(TICK, self._tick)

    def covered(self) -> None:
        """The fold that is being made is made, and no other follows."""
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
        if self._goal is None or self._depth >= self._goal:
            if self._share >= 1:
                self.covered()
        elif self._ticks >= TICKS_A_STEP and not self._waits:
            self._ticks = 0
            self._depth += 1
            self.redraw()

    def begin_with(self, *, folds: int, knots: int) -> None:  # type: ignore[override]
        """Fold after fold, up to so many, beside so many knots."""
        self._depth, self._knots = folds, knots
        self.action_play()

    # Actions: what they mean is in the declaration

    def begin(self) -> None:
        """Before each action: what is played stops."""
        self.covered()
        super().begin()

    def action_play(self) -> None:
        played = self._goal is not None
        self.begin()
        if not played:
            self._goal, self._depth = self._depth if self._depth > 1 else PAGE_FOLDS, 1
            self._run_timer()

    def action_fold(self, step: int) -> None:
        self.begin()
        self._depth = min(max(self._depth + step, 1), MOST_FOLDS)

    def _set_knots(self, knots: int) -> None:
        self.begin()
        self._knots = min(max(knots, 1), MOST_KNOTS)

    def action_knots(self, step: int) -> None:
        self._set_knots(self._knots + step)

    def action_multiply(self, power: int) -> None:
        self._set_knots(2 * self._knots if power > 0 else self._knots // 2)

    def action_enough(self) -> None:
        self._set_knots(2**self._depth - 1)
