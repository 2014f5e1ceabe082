"""What the Runs screen shows: the table, what is known of the chosen run, its fit and its loss.

Everything that touches the disk is asked of the :class:`~.reader.Reader`; here is shown what came back last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnexpr.runs.entry import Entry
from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.charts import ChartPane, fit_chart, loss_chart
from nnexpr_tui.parts.lines import Line, clean, wrapped
from nnexpr_tui.parts.numbers import count
from nnexpr_tui.parts.table import LinesInSight, ScrollPane, TablePane
from nnexpr_tui.parts.views import View
from nnexpr_tui.runs.panes import MARKS, Columns, comparison, known_of
from nnexpr_tui.runs.reader import Listed, Listing, Look, Looked, Reader, Wanted
from nnexpr_tui.training.moment import FitMoment

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording

__all__ = ["ShownRuns"]

KNOWN_HELP = """\
What is known of the chosen run: its options that are not as usual, how far it came, its loss, and the exact count of
its linear regions and bends, of the member that its last snapshot shows. Of marked runs: the options that are not the
same in all of them, and how far each came. > and < scroll."""


class ShownRuns(View):
    """The runs that the reader listed last; the chosen one is found again by its id wherever it is then."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        store = controller.kept_in
        self._reader = None if store is None else Reader(store, self.post_message)
        self._wanted = Wanted()
        self._listing: Listing | None = None
        self._look: Look | None = None
        self._sought: tuple[Entry, ...] = ()
        self._chosen: tuple[int, str] = 0, ""  # its place, and its id
        self._marked: list[str] = []
        self._columns = Columns(80)

    def _ask(self, *, again: bool = False) -> None:
        if self._reader is not None:
            self._reader.list(self._wanted, again=again)

    # What came back

    def on_listed(self, message: Listed) -> None:
        before, self._listing = self._listing, message.listing
        if before is None or before.wanted.filter != self._listing.wanted.filter:
            self._chosen = 0, self._chosen[1]  # the first, where a new filter leaves it out
        self.redraw(urgent=False)

    def on_looked(self, message: Looked) -> None:
        self._look = message.look
        self.redraw(urgent=False)

    # What is looked at

    @property
    def _table(self) -> ScrollPane:
        return self.query_one("#runs-table", ScrollPane)

    @property
    def _entries(self) -> tuple[Entry, ...]:
        return self._listing.entries if self._listing is not None else ()

    @property
    def _at(self) -> int:
        """The place of the chosen run: where it is now, or where it was that is there no more."""
        at, run = self._chosen
        entries = self._entries
        if not (at < len(entries) and entries[at].id == run):
            at = next((place for place, entry in enumerate(entries) if entry.id == run), at)
        return min(at, max(0, len(entries) - 1))

    @property
    def chosen(self) -> Entry | None:
        """The run that is looked at."""
        return self._entries[self._at] if self._entries else None

    @property
    def marked(self) -> list[Entry]:
        """Those that are marked and in the table, in the order in which they were."""
        by_id = {entry.id: entry for entry in self._entries if entry.id in self._marked}
        return [by_id[run] for run in self._marked if run in by_id]

    @property
    def _meant(self) -> list[Entry]:
        """The marked ones, else the chosen one."""
        return self.marked or ([self.chosen] if self.chosen is not None else [])

    def seek(self) -> None:
        """Have the chosen run and the marked ones read, unless they were as they are now."""
        chosen = self.chosen
        sought = () if chosen is None else tuple(dict.fromkeys((chosen.id, *self._marked)))
        by_id = {entry.id: entry for entry in (*self.marked, *([] if chosen is None else [chosen]))}
        entries = tuple(by_id[run] for run in sought if run in by_id)
        is_due = self._look is not None and self._look.sought == entries and not self._look.is_counted
        if self._reader is not None and entries and (entries != self._sought or is_due):
            self._sought = entries
            self._reader.look(entries)

    # Drawing

    def show(self, fit: FitMoment | None) -> int:  # noqa: ARG002 - the runs are shown, whatever trains
        if self._listing is None:
            self._ask(again=True)
        if self.chosen is not None:
            self._chosen = self._at, self.chosen.id
        self.seek()
        return self._show_table() + self._show_known() + self._show_charts()

    def _show_table(self) -> int:
        table, listing, entries = self._table, self._listing, self._entries
        width = table.content_size.width
        if not entries or listing is None:
            return table.show_text(
                self._title(), wrapped(self._nothing(), width, "label"), note=self._below()
            )
        columns = self._columns = Columns(width)
        letters = {
            entry.id: mark for entry, mark in zip(self.marked, MARKS, strict=False)
        }  # as they are compared
        at = self._at

        def line(number: int) -> Line:
            entry = entries[number]
            return columns.line(entry, letters.get(entry.id, ""), is_chosen=number == at)

        head = columns.head(listing.wanted.order)
        lines = LinesInSight(len(entries), line)
        return table.show_text(self._title(), lines, head=[head], chosen=at, note=self._below())

    def _title(self) -> str:
        listing = self._listing
        if listing is None:
            return "Runs"
        if listing.total == len(listing.entries):
            return f"Runs: {count(listing.total)}"
        return f"Runs: {count(len(listing.entries))} of {count(listing.total)}"

    def _below(self) -> str:
        """What the table is narrowed down to, and sorted by where no column says so."""
        told, listing = [], self._listing
        if self._wanted.filter:
            told.append(clean(self._wanted.filter)[:40])
        if listing is not None and listing.refused:
            told.append(listing.refused)
        by = self._wanted.order.removeprefix("-")
        if by not in self._columns.fields:
            told.append(f"by {by}")
        return " · ".join(told)

    def _nothing(self) -> str:
        """Why the table is empty."""
        store, listing = self.controller.kept_in, self._listing
        if store is None:
            return "No runs are kept here (--no-store, or keep_runs in the settings)."
        if listing is None:
            return f"Looking through {store.folder} …"
        if listing.problem:
            return f"The runs cannot be read: {listing.problem}"
        if listing.total:
            return (
                f"None of {count(listing.total)} runs is like that; / changes the filter, esc takes it away."
            )
        return f"There are no runs in {store.folder} yet: what is trained is kept there, here and by fit."

    def _show_known(self) -> int:
        pane = self.query_one("#runs-known", TablePane)
        width, marked, chosen = pane.content_size.width, self.marked, self.chosen
        if len(marked) > 1:
            head, lines = comparison(marked, width)
            pane.help_text = KNOWN_HELP
            return pane.show_text(f"{len(marked)} runs compared", lines, head=head)
        lines = [] if chosen is None else known_of(chosen, self._look, width)
        return pane.show_table(chosen.id if chosen is not None else "Run", KNOWN_HELP, lines)

    def _show_charts(self) -> int:
        fit, loss = self.query_one("#runs-fit", ChartPane), self.query_one("#runs-loss", ChartPane)
        self.set_markers()
        recording, look = self._recording, self.look
        if recording is None:
            self._drawn.clear()
            return fit.clear() + loss.clear()
        counts = self._look.counts if self._look is not None else None
        sent, snapshot = 0, recording.snapshots[-1]
        if fit.is_wanted and self.is_due("fit", (recording, counts, look.residual)):
            fit.reset_limits()
            sent += fit.update_chart(fit_chart(recording.scene, snapshot, counts, residual=look.residual))
        if loss.is_wanted and self.is_due("loss", (recording, look.log_axis, look.log_epochs)):
            loss.reset_limits()
            losses = recording.losses[:, snapshot.member]
            sent += loss.update_chart(
                loss_chart(recording.epochs, losses, look=look, members=recording.losses, recording=recording)
            )
        return sent

    @property
    def _recording(self) -> Recording | None:
        """Of the chosen run, once it is read."""
        known = self._look.recordings if self._look is not None else {}
        return known.get(self.chosen.id) if self.chosen is not None else None

    def on_line_pane_room_changed(self) -> None:
        """Columns of the new width."""
        self.redraw()
