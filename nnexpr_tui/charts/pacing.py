"""When the next frame may be drawn: :class:`Pacer`, pure, with the time passed in.

A frame is due when all of these hold:

* drawing takes at most a tenth of the time: the last frame started at least ten times its cost ago;
* at most 15 frames a second;
* at most 25 kB a second are sent, on average over the frames: by what was guessed when one was drawn, and once it is
  written by what it came to;
* the line is free of frames for three quarters of the time: how long one was on its way is how much longer its answer
  took than the quickest;
* nothing sent before is still waiting, as far as can be seen (``driver.output_backlog``);
* the terminal has answered the question sent behind the last frame, once it has been seen to answer at all; an answer
  that does not come within :data:`PATIENCE` is given up, and after three of those no more is asked.

So a slow link gets fewer frames, never late ones, and a key seldom finds one before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Pacer"]

HIGHEST_RATE = 15.0
SHARE = 0.1  # of the time, for drawing
BYTES_PER_SECOND = 25_000
LINE_SHARE = 0.25  # of the time, for frames on their way
PATIENCE = 2.0  # seconds; a link slower than that has lost the answer, or the terminal knows no answer
UNANSWERED_AT_MOST = 3


@dataclass
class Pacer:
    """The rhythm of one application's frames. Times are in seconds, of any clock that only goes forward."""

    rate: float = HIGHEST_RATE
    bytes_per_second: float = BYTES_PER_SECOND
    _started: float = field(default=float("-inf"), init=False)  # the last frame
    _least: float = field(default=0.0, init=False)  # seconds from it to the next, whatever it sends
    _interval: float = field(default=0.0, init=False)
    _quickest: float = field(default=float("inf"), init=False)  # answer
    _sent: int = field(default=0, init=False)  # since the last frame was drawn
    _waiting: int = field(default=0, init=False)
    _asked: float | None = field(default=None, init=False)
    _unanswered: int = field(default=0, init=False)
    _has_answered: bool = field(default=False, init=False)

    def due(self, now: float) -> bool:
        """Whether a frame may be drawn now."""
        if self._asked is not None and now - self._asked >= PATIENCE:
            self._asked = None
            self._unanswered += 1
        if self._waiting or (self._asked is not None and self._has_answered):
            return False
        return now >= self._started + self._interval

    def drawn(self, started: float, cost: float, sent: int = 0) -> None:
        """A frame was drawn: when it was begun, the seconds it took and about how many bytes it will send."""
        self._started, self._sent = started, 0
        self._least = max(1 / self.rate, cost / SHARE)
        self._interval = max(self._least, sent / self.bytes_per_second)

    def written(self, sent: int) -> None:
        """So many bytes more were written of it."""
        self._sent += sent
        self._interval = max(self._least, self._sent / self.bytes_per_second)

    def backlog(self, waiting: int) -> None:
        """How many writes wait for the terminal now."""
        self._waiting = waiting

    @property
    def asks(self) -> bool:
        """Whether to ask the terminal with the next frame: no answer is open, and it does not ignore questions."""
        return self._asked is None and (self._has_answered or self._unanswered < UNANSWERED_AT_MOST)

    def asked(self, now: float) -> None:
        """A question was sent behind a frame."""
        self._asked = now

    def answered(self, now: float) -> None:
        """The terminal answered: all that was sent has arrived."""
        if self._asked is not None:
            took = now - self._asked
            self._quickest = min(self._quickest, took)
            self._interval = max(self._interval, (took - self._quickest) / LINE_SHARE)
        self._asked = None
        self._unanswered = 0
        self._has_answered = True
