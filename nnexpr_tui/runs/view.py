"""Runs: what the store keeps as a table, what is known of the chosen run, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical

from nnexpr.runs.filters import ordered, parse
from nnexpr.specification import command_line
from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.charts import FIT_HELP, LOSS_HELP, ChartPane
from nnexpr_tui.parts.table import ScrollPane, TablePane
from nnexpr_tui.presets import Preset
from nnexpr_tui.runs import VIEW
from nnexpr_tui.runs.changed import ChangedRuns
from nnexpr_tui.runs.files import write_run
from nnexpr_tui.runs.panes import MARKS, specification_of
from nnexpr_tui.runs.reader import Wanted
from nnexpr_tui.training.moment import FitMoment, TakenUp

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording

__all__ = ["RunsView"]

TICK = 1.0  # seconds between two looks whether the store has changed
ROOM = ("-wide", "-medium")  # the widths at which the charts have a place of their own

TABLE_HELP = """\
Every run that is kept, also by other explorers and by fit, as it is now. ▶ a process trains it, ‖ it is not at its end
and can be gone on with, ■ it is, ! all its members have diverged, ? its file is damaged.
Filter (/): words that a run has in its id, name, tags, note, state, target or network; a b both, a | b either, !c not,
/regex/ an expression, depth>3 or lr<=0.01 any option of a fit, loss<1e-3, tag=good.
space marks up to four runs: what they have otherwise is told below, and enter opens them side by side in Replay."""


class RunsView(ChangedRuns, entry=VIEW):
    """The table over what is known of the chosen run, and beside them its fit and loss."""

    HELP = "The runs that are kept: look through them, compare them, go on with one, take it elsewhere."
    FIRST = "#runs-table"

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._resuming = ""  # the run that Explore is to show once it is there
        self._going_on = ""  # what is said of that there

    def compose(self) -> ComposeResult:
        with Vertical(classes="column", id="runs-left"):
            yield ScrollPane("Runs", id="runs-table")
            yield TablePane("Run", id="runs-known")
        with Vertical(classes="column", id="runs-charts"):
            yield ChartPane("Fit", FIT_HELP, id="runs-fit")
            yield ChartPane("Loss", LOSS_HELP, id="runs-loss")

    def on_mount(self) -> None:
        self._table.help_text = TABLE_HELP
        self.set_interval(TICK, self._tick)
        self._ask()  # a screen is made before it is shown: then the list is there

    def on_unmount(self) -> None:
        if self._reader is not None:
            self._reader.stop()

    def _tick(self) -> None:
        if self.is_shown:
            self._ask(again=True)
            self.seek()  # what counts may be compiled by now

    def kept(self) -> dict[str, Any]:
        return {"filter": self._wanted.filter, "order": self._wanted.order, "run": self._chosen[1]}

    def restore(self, values: Mapping[str, Any]) -> None:
        wanted, run = Wanted(values["filter"], values["order"]), values["run"]
        parse(wanted.filter)
        ordered((), wanted.order)
        self._wanted, self._chosen = wanted, (0, str(run))

    def show(self, fit: FitMoment | None) -> int:
        if self._resuming and fit is not None and fit.run == self._resuming:
            self._resuming = ""
            self.post_message(self.Wished(Preset("fit", "", ""), self._going_on))
        return super().show(fit)

    def taken_up(self, message: TakenUp) -> None:
        self._going_on = message.said

    def on_scroll_pane_line_clicked(self, message: ScrollPane.LineClicked) -> None:
        """Choose the run that was clicked."""
        if message.pane is self._table:
            self._choose(message.line)

    def close(self) -> bool:
        """What lies over the panes, then the marks, then the filter."""
        if super().close():
            return True
        if self._marked:
            self._marked = []
            return True
        if self._wanted.filter:
            self._filter("")
            return True
        return False

    # Actions: what they mean is in the declaration

    def _choose(self, at: int) -> None:
        at = min(max(at, 0), max(0, len(self._entries) - 1))
        self._chosen = at, self._entries[at].id if self._entries else ""
        self.query_one("#runs-known", TablePane).to_top()
        self.begin()

    def action_move(self, step: float) -> None:
        self._choose(int(self._at + step))

    def action_page(self, pages: int) -> None:
        self._choose(self._at + pages * max(1, self._table.content_size.height - 2))

    def action_scroll(self, pages: int) -> None:
        self.query_one("#runs-known", TablePane).scroll_pages(pages)

    def action_mark(self) -> None:
        chosen = self.chosen
        self.begin()
        if chosen is None:
            return
        if chosen.id in self._marked:
            self._marked.remove(chosen.id)
        elif len(self.marked) == len(MARKS):
            self.footer.say(f"{len(MARKS)} runs are marked already; esc takes the marks away")
        else:
            self._marked = [entry.id for entry in self.marked] + [chosen.id]

    def action_filter(self) -> None:
        if self._reader is not None:
            self.footer.ask("Filter:", self._wanted.filter, lambda _: True, typed=self._filter)

    def _filter(self, text: str) -> None:
        self._want(self._wanted._replace(filter=text))

    def _want(self, wanted: Wanted) -> None:
        if wanted != self._wanted:
            self._wanted = wanted
            self._ask()
            self.redraw()

    def action_sort(self, step: int) -> None:
        fields, by = self._columns.fields, self._wanted.order.removeprefix("-")
        at = fields.index(by) if by in fields else -1
        by = fields[(at + step) % len(fields)]
        self.footer.clear()
        self._want(self._wanted._replace(order=f"-{by}" if by == "created" else by))

    def action_reverse(self) -> None:
        by = self._wanted.order
        self._want(self._wanted._replace(order=by[1:] if by.startswith("-") else f"-{by}"))

    def action_charts(self) -> None:
        self.toggle_column(self.query_one("#runs-charts"), ROOM, "#runs-fit")

    def action_replay(self) -> None:
        self.begin()
        meant = self._meant
        bare = next((entry for entry in meant if not entry.snapshots), None)
        if bare is not None:
            why = bare.problem or "its file holds the trained network, but not a recording"
            self.footer.say(f"{bare.name or bare.id}: {why}", error=True)
        elif meant:
            runs = tuple(entry.id for entry in meant)
            self.post_message(self.Wished(Preset("runs", "", "", view="Replay", begin={"runs": runs})))

    def action_resume(self) -> None:
        chosen = self.chosen
        self.begin()
        if chosen is None:
            return
        self._resuming, fit = chosen.id, self.controller.fit
        if fit is None or fit.run != chosen.id:
            self.controller.take_up(chosen.id)
        elif fit.state == "paused":
            self.controller.toggle()
            self._going_on = f"Going on from epoch {fit.epoch:,}"
        elif fit.state == "finished":
            self._going_on = f"All {fit.epoch:,} epochs are trained: space trains it further"
        else:
            self._going_on = f"It is {fit.state}"

    # Taking it elsewhere

    def recordings(self) -> tuple[Recording, ...]:
        """Of the marked runs, else of the chosen one, as far as they are read."""
        known = self._look.recordings if self._look is not None else {}
        return tuple(known[entry.id] for entry in self._meant if entry.id in known)

    def copied(self) -> tuple[str, str]:
        chosen = self.chosen
        fit = specification_of(chosen) if chosen is not None else None
        if chosen is None or fit is None:
            return "", "There is nothing to copy"
        lines = [command_line(fit), f"# run {chosen.id}, epoch {chosen.epoch}: loss {chosen.least_loss:.6g}"]
        return "\n".join(lines), "Copied the command line and the numbers of the run"

    def export(self, folder: Path) -> None:
        """The file of the chosen run, and its numbers as JSON."""
        chosen = self.chosen
        if chosen is None or self._reader is None:
            self.footer.say("There is nothing to export", error=True)
            return
        post = self.app.post_message
        self._reader.change(lambda store: write_run(store, chosen, folder, post))
