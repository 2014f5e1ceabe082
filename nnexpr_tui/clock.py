"""When to draw: moments are asked for and drawn at the pace the terminal keeps, what a key changed at once.

At any time at most one frame is on its way: the next moments are wanted only when they may be drawn. So a slow link
sees fewer frames and never a queue of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

from textual.app import App

from nnexpr_tui.charts.pacing import Pacer
from nnexpr_tui.driver import ask_terminal, output_backlog

__all__ = ["FrameClock"]

LOOK_AGAIN = 0.02  # seconds
ANSWER_OVERDUE = (
    0.04  # seconds after which what a key asks for waits no longer for the frame before to arrive
)
URGENT_INTERVAL = 0.06  # a held key may draw this often beyond the pace


class FrameClock:
    """``draw()`` draws the newest moments and returns about how many bytes that sends; ``want()`` asks for the next."""

    def __init__(
        self, app: App[Any], pacer: Pacer, draw: Callable[[], int], want: Callable[[], None]
    ) -> None:
        self._app, self._pacer, self._draw, self._want = app, pacer, draw, want
        self._timer: asyncio.TimerHandle | None = None
        self._stale = self._urgent = False
        self._urgent_at = self._drawn_at = float("-inf")
        self._asked = False
        self._answers = False
        self._stopped = False
        self._usual_cost = 0.01

    def arrived(self, *, urgent: bool = False) -> None:
        """There is something new to draw. ``urgent``: a key asked for it. Nothing is drawn after :meth:`stop`."""
        if self._stopped:
            return
        self._stale = True
        self._urgent = self._urgent or urgent
        now = monotonic()
        self._pacer.backlog(output_backlog(self._app))
        if self._pacer.due(now) or self._may_hurry(now):
            self._draw_now(now)
        else:
            self._look_again()

    def written(self, sent: int) -> None:
        """An update of so many bytes is on its way: the pace follows it, and the terminal is asked behind it."""
        self._pacer.written(sent)
        if self._pacer.asks and not self._stopped and ask_terminal(self._app):
            self._asked = True
            self._pacer.asked(monotonic())

    def answered(self) -> None:
        """The terminal answered the question sent behind a frame."""
        self._asked, self._answers = False, True
        self._pacer.answered(monotonic())

    @property
    def awaits_answer(self) -> bool:
        """Whether the terminal is expected to answer still."""
        return self._asked and self._answers

    def stop(self) -> None:
        """Draw no more: what the screens are made of is about to go."""
        self._stopped = True
        self._cancel()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _may_hurry(self, now: float) -> bool:
        """Whether a key asked for a frame, and one frame more would not wait long, as far as can be seen."""
        arrived = not self.awaits_answer or now - self._drawn_at >= ANSWER_OVERDUE
        clear = arrived and output_backlog(self._app) == 0
        return self._stale and self._urgent and clear and now - self._urgent_at >= URGENT_INTERVAL

    def _draw_now(self, now: float) -> None:
        if self._urgent:
            self._urgent_at = now
        self._stale = self._urgent = False
        self._drawn_at = now
        sent = self._draw()
        # One frame that took long (the first imports plotext) must not hold up the next for ten times as long.
        cost = min(monotonic() - now, 3 * self._usual_cost)
        self._usual_cost += 0.3 * (cost - self._usual_cost)
        self._pacer.drawn(now, cost, sent)
        self._look_again(max(LOOK_AGAIN, 0.8 / self._pacer.rate))

    def _look_again(self, delay: float = LOOK_AGAIN) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None and self._timer.when() <= loop.time() + delay:
            return
        self._cancel()
        self._timer = loop.call_later(delay, self._look)

    def _look(self) -> None:
        self._timer = None
        now = monotonic()
        self._pacer.backlog(output_backlog(self._app))
        if self._stale and (self._pacer.due(now) or self._may_hurry(now)):
            self._draw_now(now)
        elif not self._pacer.due(now):
            self._look_again()
        else:
            self._want()
