"""Experiments: every experiment of the sources, run here in a process of its own, with its claims, tables and figures.

What runs, waits and is known is in :class:`~.runs.ExperimentRuns`; runs go on while another screen is shown.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from nnexpr.atomic import write_atomically
from nnexpr.experiments.data import Map
from nnexpr.experiments.discovery import Experiment, every
from nnexpr.experiments.findings import Finding
from nnexpr.plain import plain
from nnexpr_tui.charts.widget import Chart
from nnexpr_tui.controller import Controller
from nnexpr_tui.documents import experiments_document
from nnexpr_tui.experiments import VIEW
from nnexpr_tui.experiments.pages import Page, ShownTable, page_text, pages_of
from nnexpr_tui.experiments.panes import Entry, about_lines, claim_lines, list_lines
from nnexpr_tui.experiments.runs import ExperimentEnded, ExperimentRuns
from nnexpr_tui.parts.fields import FieldPane
from nnexpr_tui.parts.lines import Line, clean, wrapped
from nnexpr_tui.parts.table import ScrollPane, TablePane, entitle
from nnexpr_tui.parts.views import View
from nnexpr_tui.training.moment import FitMoment
from nnexpr_tui.worker.scheduler import Exported, Said

__all__ = ["ExperimentsView"]

TICK = 1.0  # seconds between two looks at the clock while an experiment runs

LIST_HELP = """\
Every experiment, by source. ✓ what it claims holds, ≠ a claim fails: something else was found, ≈ it holds once a
misprint is corrected, ? it is not judged; · it has not run yet, ▶ it runs, … it waits, ! it gave no result.
In ASCII: + - ~ ? and > : !
enter runs it in full, r runs it quick: fewer members or epochs, which is marked wherever such a result is shown."""
ABOUT_HELP = """\
What the experiment asks, and of which source. An experiment runs in a process of its own, which takes what processor
time is left: a training goes on beside it. What measures time is better run with nothing beside it.
One that is cancelled goes on where it was when it is run again. Results are kept for the next start."""
PAGE_HELP = """\
The claims with what was expected and measured and what would have made them fail, then each table, then each figure:
← and → turn the pages, v goes to the next kind. A wide table keeps its first column; > and < show its other columns.
pgup and pgdn scroll; z gives it the whole screen; y copies it as text."""
FIGURE_HELP = """\
A figure of the experiment, on the axes of the source. ← and → turn the pages; . and , show one curve alone.
V puts a cursor on it: ← and → then move that, and the values of the curves there stand in the lower border.
Of a map each place has the colour of its value: the bar beneath has all of them, from the least to the greatest.
m changes the markers; z gives it the whole screen; y copies its numbers."""


class ExperimentsView(View, entry=VIEW):
    """The list at the left; at the right what the chosen one asks, and a page of what it gave."""

    HELP = "Every experiment of the sources: run it here, see its claims judged, its tables and its figures."
    FIRST = "#experiments-list"

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._experiments = every()
        self._runs = ExperimentRuns(
            self.post_message, lambda: controller.findings, lambda: controller.spare_threads
        )
        self._chosen = 0
        self._numbers: list[int | None] = []  # of the entries, by line of the list
        self._at: dict[str, int] = {}  # the page that is open, by experiment
        self._column, self._alone = 1, -1
        self._came_from: Widget | None = None  # whoever had the focus before the result was zoomed
        self._list = ScrollPane("Experiments", id="experiments-list")
        self._about = TablePane("Question", id="experiments-about")
        self._text = ScrollPane("Result", id="experiments-page")
        self._chart = FieldPane("Figure", FIGURE_HELP, id="experiments-figure")
        self._legend = Chart(id="experiments-legend")

    def compose(self) -> ComposeResult:
        with Vertical(classes="column", id="experiments-left"):
            yield self._list
        with Vertical(classes="column", id="experiments-right"):
            yield from (self._about, self._text, self._chart, self._legend)

    def on_mount(self) -> None:
        self._list.help_text, self._text.help_text = LIST_HELP, PAGE_HELP
        self._runs.load(experiment.id for experiment in self._experiments)
        self.set_interval(TICK, self._tick)

    def _tick(self) -> None:
        if self._runs.running is not None:
            self.on_experiments_changed()

    def on_experiments_changed(self) -> None:
        if self.is_shown:
            self.redraw(urgent=False)

    def on_experiment_ended(self, message: ExperimentEnded) -> None:
        """The next one starts; told where it is not seen."""
        self._runs.ended()
        if self.is_shown:
            self.redraw()
        elif message.sentence:
            self.app.post_message(Said(message.sentence, error=bool(message.failure)))

    def on_unmount(self) -> None:
        """The explorer ends, and so does what it runs."""
        self._runs.stop()
        self._runs.wait()

    def kept(self) -> dict[str, Any]:
        return {"experiment": self._chosen_id}

    def restore(self, values: Mapping[str, Any]) -> None:
        self._chosen = [each.id for each in self._experiments].index(values["experiment"])

    # What is known

    @property
    def _chosen_id(self) -> str:
        return self._experiments[self._chosen].id

    def _entry(self, experiment: Experiment) -> Entry:
        runs, name = self._runs, experiment.id
        entry = Entry(experiment, runs.shown(name), runs.failures.get(name, ""), run := runs.going(name))
        if run is not None:
            return replace(entry, is_quick=run.quick)
        if runs.keeps:
            entry = replace(entry, cancelled=runs.cancelled.get((name, False), ""))
        waits = ((place, quick) for place, (other, quick) in enumerate(runs.waiting, 1) if other == name)
        place, quick = next(waits, (0, False))
        return replace(entry, place=place, is_quick=quick)

    @property
    def _finding(self) -> Finding | None:
        return self._runs.shown(self._chosen_id)

    @property
    def _page(self) -> Page | None:
        """The page that is open."""
        pages = pages_of(self._finding)
        return pages[min(self._at.get(self._chosen_id, 0), len(pages) - 1)] if pages else None

    # Drawing

    def show(self, fit: FitMoment | None) -> int:
        ascii_only = self.look.markers == "ascii"
        entries = [self._entry(experiment) for experiment in self._experiments]
        width = self._list.content_size.width
        lines, self._numbers = list_lines(entries, self._chosen, width, ascii_only=ascii_only)
        done = sum(entry.finding is not None for entry in entries)
        measured = "" if self.screen.has_class("-narrow") else " measured"
        title = f"Experiments: {done} of {len(entries)}{measured}"
        sent = self._list.show_text(title, lines, chosen=self._numbers.index(self._chosen))
        entry, is_training = entries[self._chosen], fit is not None and fit.state == "running"
        size = self._about.content_size
        asked = about_lines(entry, *size, is_training=is_training, ascii_only=ascii_only)
        sent += self._about.show_table(entry.experiment.id, ABOUT_HELP, asked)
        return sent + self._show_page(ascii_only=ascii_only)

    def _show_page(self, *, ascii_only: bool) -> int:
        page = self._page
        is_figure = page is not None and page.kind == "figure"
        self._exchange(is_figure=is_figure)
        if page is None:
            return self._text.show_text("Result", self._nothing())
        if is_figure:
            return self._show_figure(page)
        width = self._text.content_size.width
        if page.kind == "claims":
            lines = claim_lines(page.finding.result.claims, width, ascii_only=ascii_only)
            return self._text.show_text(page.title(width - 4), lines, note=page.place)
        shown = ShownTable.of(page.table, width, self._column)
        self._column = shown.first_column
        note = " · ".join(text for text in (page.place, shown.more(width)) if text)
        return self._text.show_text(page.title(width - 4), shown.rows, head=shown.head, note=note)

    def _nothing(self) -> list[Line]:
        sentence = "No result yet: its claims, tables and figures will be here."
        if self._runs.going(self._chosen_id):
            sentence = "Claims, tables and figures come here once it is done; c cancels it."
        return wrapped(sentence, self._text.content_size.width, "label")

    def _show_figure(self, page: Page) -> int:
        from nnexpr_tui.charts.figures import figure_chart, legend_rows

        chart, figure = self._chart, page.figure
        if isinstance(figure, Map):
            return self._show_map(page, figure)
        curves = figure.series
        alone = self._alone if 0 <= self._alone < len(curves) else None
        self.set_markers()
        only = f"only {clean(curves[alone].label)} · " if alone is not None else ""
        entitle(chart, page.title(max(10, chart.content_size.width - 4)), only + page.place)
        key = page.finding, page.number, alone, chart.frame
        if not self.is_due("figure", key):
            return 0
        chart.reset_limits()
        data = figure_chart(figure, alone)
        rows = legend_rows(data, chart.frame)
        legend = self._legend
        legend.set_class(not rows, "-hidden")
        legend.styles.height = len(rows)
        return legend.show(rows) + chart.update_chart(replace(data, has_legend=not rows))

    def _show_map(self, page: Page, figure: Map) -> int:
        from nnexpr_tui.charts.grids import grid_map

        chart = self._chart
        self.set_markers()
        self._legend.add_class("-hidden")
        entitle(chart, page.title(max(10, chart.content_size.width - 4)), page.place)
        if not chart.is_wanted:
            self._drawn.pop("figure", None)
            return 0
        key = page.finding, page.number, chart.frame, self.app.theme
        return chart.show_field(partial(grid_map, figure)) if self.is_due("figure", key) else 0

    def _exchange(self, *, is_figure: bool) -> None:
        """Text or chart; what is zoomed or focused moves over."""
        shown, hidden = (self._chart, self._text) if is_figure else (self._text, self._chart)
        if not is_figure:
            self._legend.add_class("-hidden")
            self._drawn.clear()
        if shown.has_class("-hidden") or not hidden.has_class("-hidden"):
            shown.remove_class("-hidden")
            hidden.add_class("-hidden")
            if self.zoomed is hidden:
                self.zoom(shown)
            elif self.screen.focused is hidden:
                shown.focus()
            self.call_after_refresh(self.redraw)

    def on_chart_frame_changed(self) -> None:
        """Another size."""
        self.redraw()

    def on_line_pane_room_changed(self) -> None:
        """Texts are wrapped to the panes."""
        self.redraw()

    def on_scroll_pane_line_clicked(self, message: ScrollPane.LineClicked) -> None:
        """Choose the experiment that was clicked."""
        if message.pane is self._list and message.line < len(self._numbers):
            number = self._numbers[message.line]
            if number is not None:
                self._choose(number)

    def zoom(self, pane: Widget | None) -> None:
        """The result alone, also where the list has the focus, which then gets it back."""
        before, self._came_from = self._came_from, None
        result = next(each for each in (self._text, self._chart) if not each.has_class("-hidden"))
        if pane is not None and pane not in (self._text, self._chart):
            pane, self._came_from = result, pane
        super().zoom(pane)
        if pane is None and before is not None:
            before.focus()
        elif pane is not None and self._came_from is None:
            self._came_from = before
        self.call_after_refresh(self.redraw)

    # Taking it elsewhere

    def copied(self) -> tuple[str, str]:
        page = self._page
        if page is None:
            return "", "There is nothing to copy yet: enter runs the experiment"
        return page_text(page), f"Copied the {page.kind} as text"

    def export(self, folder: Path) -> None:
        """The JSON of ``reproduce --figures --json``, written by a thread: figures have many numbers."""
        finding, experiment, post = self._finding, self._experiments[self._chosen], self.app.post_message
        if finding is None:
            self.footer.say("There is nothing to export yet: enter runs the experiment", error=True)
            return
        stem = folder / f"nnexpr-{finding.id}{'-quick' * finding.quick}"

        def work() -> None:
            done = [(experiment, finding)]
            document = plain(experiments_document(done, quick=finding.quick, figures=True))
            path = stem.with_name(stem.name + ".json")
            try:
                write_atomically(path, json.dumps(document, allow_nan=False) + "\n")
                post(Exported(stem, ".json and .svg", {}))
            except OSError as error:
                post(Said(f"Could not write {path}: {error.strerror}", error=True))

        threading.Thread(target=work, name="export", daemon=True).start()

    def begin_with(self, *, experiment: str, quick: bool) -> None:  # type: ignore[override]
        """The result of an experiment, which runs unless it is known."""
        self._choose([each.id for each in self._experiments].index(experiment))
        if self._finding is None:
            self._ask(experiment, quick=quick)

    # Actions: what they mean is in the declaration

    def _choose(self, number: int) -> None:
        self.footer.clear()
        number = min(max(number, 0), len(self._experiments) - 1)
        if number != self._chosen:
            self._chosen = number
            self._turned()
        self.redraw()

    def _turned(self) -> None:
        """Another page: from its top, with its first columns and all curves."""
        self._column, self._alone = 1, -1
        self._text.to_top()

    def action_move(self, step: int) -> None:
        if self.screen.focused is self._text:
            self._text.scroll_lines(step)
        else:
            self._choose(self._chosen + step)

    def action_scroll(self, pages: int) -> None:
        self._text.scroll_pages(pages)

    def action_run(self) -> None:
        self._ask(self._chosen_id, quick=False)

    def action_run_quick(self) -> None:
        self._ask(self._chosen_id, quick=True)

    def _ask(self, name: str, *, quick: bool) -> None:
        self.footer.clear()
        if self._runs.going(name, quick):
            self.footer.say("It runs already: c cancels it")
        self._runs.ask(name, quick=quick)
        self.redraw()

    def action_run_rest(self) -> None:
        for experiment in self._experiments:
            if self._runs.shown(experiment.id) is None:
                self._runs.ask(experiment.id, quick=True)
        self.redraw()

    def action_cancel(self) -> None:
        """The chosen one if it runs or waits, else the one that runs."""
        run, name = self._runs.running, self._chosen_id
        if self._runs.cancel(name) or (run is not None and self._runs.cancel(name := run.name)):
            self.footer.say(f"Cancelled {name}; run again, it goes on where it was")
        else:
            self.footer.say("Nothing runs")
        self.redraw()

    def action_cancel_all(self) -> None:
        self.footer.say("Cancelled all" if self._runs.cancel() else "Nothing runs")
        self.redraw()

    def action_page(self, step: int) -> None:
        pages = pages_of(self._finding)
        if pages:
            at = min(self._at.get(self._chosen_id, 0), len(pages) - 1)
            self._at[self._chosen_id] = min(max(at + step, 0), len(pages) - 1)
            self._turned()
        self.redraw()

    def action_kind(self) -> None:
        """The first page of the next kind."""
        pages, page = pages_of(self._finding), self._page
        if page is not None:
            kinds = list(dict.fromkeys(page.kind for page in pages))
            kind = kinds[(kinds.index(page.kind) + 1) % len(kinds)]
            self._at[self._chosen_id] = next(i for i, page in enumerate(pages) if page.kind == kind)
            self._turned()
        self.redraw()

    def action_columns(self, step: int) -> None:
        self._column = max(1, self._column + step)
        self.redraw()

    def action_curve(self, step: int) -> None:
        page = self._page
        if page is not None and page.kind == "figure" and not isinstance(page.figure, Map):
            count = len(page.figure.series) + 1  # one more: all of them
            self._alone = (self._alone + 1 + step) % count - 1
        self.redraw()
