"""The Spectrum screen on the engine's thread: of all questions that wait the newest is answered, piece by piece.

What takes longer than the thread may be busy is answered by a process of its own (``apart``), which another question
ends. Between two pieces of work the scheduler looks at its questions, so the newest change wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from nnexpr.specification import InputError
from nnexpr_tui.spectrum.apart import Apart
from nnexpr_tui.spectrum.moment import Answer, SpectrumMoment, SpectrumQuestion
from nnexpr_tui.worker.scheduler import Exported
from nnexpr_tui.worker.subject import Subject, sentence

if TYPE_CHECKING:
    from nnexpr_tui.spectrum.engine import Kept

__all__ = ["SpectrumSubject"]

POLL = 0.03  # seconds between two looks at the other process
ROWS_INTERVAL = 0.25  # seconds between two moments while bases are compared


class SpectrumSubject(Subject[SpectrumMoment]):
    """Its moment is the newest question with its answer, as far as that has come."""

    def __init__(self) -> None:
        self._kept: Kept | None = None
        self._asked: SpectrumQuestion | None = None  # and not begun
        self._work: Iterator[Answer | None] | None = None
        self._apart = Apart()
        self._moment: SpectrumMoment | None = None
        self._next_rows = 0.0

    def solve(self, question: SpectrumQuestion) -> None:
        """Answer this next, and no question before it."""
        self._asked, self._work = question, None
        self._moment = replace(self._moment or SpectrumMoment(question), question=question, is_working=True)

    # What the scheduler asks

    @property
    def wait(self) -> float | None:
        if self._asked is not None or (self._work is not None and self.is_watched):
            return 0.0
        return POLL if self._apart.is_busy else None

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        try:
            if self._asked is not None:
                return self._begin()
            if self._work is not None:
                return self._go_on(self._work)
            return self._look_apart()
        except InputError as error:
            return self._refuse(error)
        except Exception as error:
            return self._refuse(
                InputError("solver", self._question.specification.solver or "", sentence(error))
            )

    def moment(self) -> SpectrumMoment | None:
        return self._moment

    @property
    def due(self) -> bool:
        return self._work is not None and monotonic() >= self._next_rows

    def end(self) -> None:
        self._apart.end()

    @property
    def _question(self) -> SpectrumQuestion:
        assert self._moment is not None  # noqa: S101 - there is work only for a question
        return self._moment.question

    # Working

    def _begin(self) -> bool:
        """Read the target; see who is to answer."""
        from nnexpr_tui.spectrum.engine import Kept, answers, expected_seconds, is_long

        question, self._asked = self._question, None
        self._kept = self._kept or Kept()
        samples = self._kept.samples(question.specification)
        if is_long(question.specification, samples):
            self._apart.ask(question)
            expected = expected_seconds(question.specification, samples)
            self._moment = replace(self._moment, expected=expected) if self._moment else None
            return True
        if self._apart.is_busy:
            self._apart.end()
        self._work = answers(question, self._kept)
        return False

    def export(self, folder: Path) -> str | None:
        """Write what is on the screen; what is still compared is not waited for."""
        from nnexpr_tui.spectrum.report import file_name, write

        moment = self._moment
        if moment is None or moment.answer is None or moment.answered is None:
            return "There is nothing to write yet"
        stem = folder / file_name(moment.answered.specification)
        write(stem, moment.answered.specification, moment.answer)
        self.scheduler.send(Exported(stem, ".json and .svg", {SpectrumSubject: moment}))
        return None

    def _go_on(self, work: Iterator[Answer | None]) -> bool:
        """The next piece."""
        try:
            answer = next(work)
        except StopIteration:
            self._work = None
            return self._finish()
        return answer is not None and self._show(answer)

    def _look_apart(self) -> bool:
        """What the other process says."""
        found = self._apart.take()
        if found is None:
            return False
        kind, told = found
        if kind == "failed":
            raise told
        return self._finish() if kind == "done" else self._show(told)

    def _show(self, answer: Answer) -> bool:
        """Put it into the moment; whether to show it at once."""
        assert self._moment is not None  # noqa: S101 - there is work only for a question
        before, question = self._moment.answer, self._question
        compared = len(answer.rows)
        is_like = before is not None and before.is_plane == answer.is_plane  # with the same bases
        if before is not None and is_like and len(before.rows) > compared:  # until replaced, those of before
            answer = replace(answer, rows=(*answer.rows, *before.rows[compared:]))
        is_first = self._moment.answered != question
        self._moment = SpectrumMoment(question, answer, question, is_working=True, compared=compared)
        if is_first or monotonic() >= self._next_rows:
            self._next_rows = monotonic() + ROWS_INTERVAL
            return True
        return False

    def _finish(self) -> bool:
        assert self._moment is not None  # noqa: S101 - there is work only for a question
        self._moment = replace(self._moment, is_working=False, expected=None)
        return True

    def _refuse(self, error: InputError) -> bool:
        self._work = None
        self._moment = (
            replace(self._moment, refused=error, is_working=False, expected=None) if self._moment else None
        )
        return True
