"""What lives on the engine's thread and can be looked at: a fit, a plane, a manifold, an answer to a question.

A subject is used on that thread only. Screens name it by its class, which is the topic of its moments: they ask it
questions, which are callables of the subject, and get moments, immutable data made when the screen wants to see it.
To add one is to write the class; the scheduler makes it when it is first looked at or asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from nnexpr_tui.worker.scheduler import Scheduler

__all__ = ["Moment", "Subject", "sentence"]


class Moment(Protocol):
    """What a screen shows of a subject: the engine's frozen results, and what was derived from them for the screen."""

    def is_urgent(self, before: Self | None, /) -> bool:
        """Whether it is of another kind than the one shown before it: a key asked for it, or training ended."""
        ...


M = TypeVar("M", bound=Moment)


class Subject(Generic[M]):
    """One that rests. What has something to do says so by :attr:`wait` and does it in :meth:`turn`."""

    scheduler: Scheduler

    def begin(self, scheduler: Scheduler) -> None:
        """Before all else, on the thread."""
        self.scheduler = scheduler

    @property
    def is_watched(self) -> bool:
        """Whether the screen looks at it."""
        return self.scheduler.watches(type(self))

    @property
    def wait(self) -> float | None:
        """Seconds until it has something to do; None: it rests until it is asked something."""
        return None

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        """Do it for about so long; whether to show at once what has come of it."""
        return False

    @property
    def due(self) -> bool:
        """Whether it has changed by itself, and another moment would cost no more than its share of the time."""
        return False

    def moment(self) -> M | None:
        """What there is to see now; None: nothing."""
        raise NotImplementedError

    def fail(self, why: str) -> str:
        """A turn raised, and there are no more before it is asked something: the sentence that is said of it."""
        return why

    def end(self) -> None:
        """The thread ends: keep what must not be lost."""


def sentence(error: Exception) -> str:
    """The first line of what an error says, or its name where it says nothing."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
