"""What is changed of the store on the Runs screen, by the reader's thread: names, tags, notes, deleting; and SQL."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from nnexpr.runs.entry import Entry
from nnexpr.specification import InputError
from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.asking import Asking
from nnexpr_tui.parts.lines import clean
from nnexpr_tui.parts.numbers import count
from nnexpr_tui.runs.asked import AnswerScreen
from nnexpr_tui.runs.reader import Answered
from nnexpr_tui.runs.shown import ShownRuns

if TYPE_CHECKING:
    from nnexpr.runs.store import Store

__all__ = ["ChangedRuns"]

FIRST_QUESTION = "SELECT id, target, epoch, least_loss FROM runs ORDER BY least_loss NULLS LAST LIMIT 20"


class ChangedRuns(ShownRuns):
    """Texts are typed in the footer, and what is wrong with one is said by the store."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._deleted: list[tuple[str, ...]] = []  # the newest last; only the reader's thread touches it
        self._sql = FIRST_QUESTION

    def _change(self, work: Callable[[Store], str]) -> None:
        if self._reader is not None:
            self._reader.change(work)

    def action_name(self) -> None:
        if (chosen := self.chosen) is not None:
            self.footer.ask("Name:", chosen.name, partial(self._take_name, chosen.id))

    def _take_name(self, run: str, text: str) -> bool:
        def work(store: Store) -> str:
            store.rename(run, text.strip())
            return f"{run} is called {text.strip()}" if text.strip() else f"{run} has no name now"

        self._change(work)
        return True

    def action_note(self) -> None:
        if (chosen := self.chosen) is not None:
            self.footer.ask("Note:", chosen.note, partial(self._take_note, chosen.id))

    def _take_note(self, run: str, text: str) -> bool:
        def work(store: Store) -> str:
            store.note(run, text.strip())
            return f"The note on {run} is kept" if text.strip() else f"There is no note on {run} now"

        self._change(work)
        return True

    def action_tag(self) -> None:
        if meant := self._meant:
            shared = [tag for tag in meant[0].tags if all(tag in entry.tags for entry in meant)]
            self.footer.ask("Tags:", " ".join(shared), partial(self._take_tags, meant, shared))

    def _take_tags(self, runs: list[Entry], before: list[str], text: str) -> bool:
        """Those that were taken out are taken away, and those that are new given."""
        tags = text.split()

        def work(store: Store) -> str:
            for entry in runs:
                store.tag(entry.id, *tags)
                store.untag(entry.id, *(tag for tag in before if tag not in tags))
            return f"Tags of {_told(runs)}: {' '.join(tags) or 'none in common'}"

        self._change(work)
        return True

    def action_delete(self) -> None:
        meant = self._meant
        if not meant or not self.is_shown:
            return
        one = (
            f"{clean(meant[0].name or meant[0].id)}, {clean(meant[0].target)}, epoch {count(meant[0].epoch)}"
        )
        question = f"Delete {one if len(meant) == 1 else _told(meant)}? u brings back what was deleted."
        self.app.push_screen(Asking("Delete", question, "deletes", partial(self._delete, meant)))

    def _delete(self, runs: list[Entry]) -> None:
        def work(store: Store) -> str:
            gone: list[str] = []
            try:
                for entry in runs:
                    store.trash(entry.id)
                    gone.append(entry.id)
            finally:
                if gone:
                    self._deleted.append(tuple(gone))
            return f"Deleted {_told(runs)}; u brings {'it' if len(runs) == 1 else 'them'} back"

        self._change(work)

    def action_undo(self) -> None:
        def work(store: Store) -> str:
            if not self._deleted:
                return "Nothing was deleted here"
            gone, at = self._deleted.pop(), 0
            try:
                for at, run in enumerate(gone):  # noqa: B007 - how far it came
                    store.restore(run)
            except (InputError, OSError) as error:  # one that is not there any more is not asked for again
                if left := gone[at + isinstance(error, InputError) :]:
                    self._deleted.append(left)
                raise
            return f"{gone[0] if len(gone) == 1 else f'{len(gone)} runs'} brought back"

        self._change(work)

    def action_query(self) -> None:
        if self._reader is not None:
            self.footer.ask("SQL:", self._sql, self._query)

    def _query(self, sql: str) -> bool:
        self._sql = sql or FIRST_QUESTION
        if sql and self._reader is not None:
            self._reader.query(sql)
        return True

    def on_answered(self, message: Answered) -> None:
        if self.is_shown:
            self.app.push_screen(AnswerScreen(message.sql, message.answer))


def _told(runs: list[Entry]) -> str:
    return clean(runs[0].name or runs[0].id) if len(runs) == 1 else f"{len(runs)} runs"
