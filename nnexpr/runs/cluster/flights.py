"""What becomes of jobs that were sent out, decided without Dask: which are under way, which late, which given up.

A job that no worker has answered for long is sent out once more, and whichever answer comes first is taken. How long is
long follows from those that came: ten times what the slowest of them took for its work. How much work a job is, is
known before it runs; how fast the machines are is not.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Generic, Protocol, TypeVar

__all__ = ["Flight", "Flights"]

FACTOR = 10.0  # times what the slowest so far took for as much work
LEAST = 60.0  # seconds before which no job is late
MOST_ATTEMPTS = 3


class Workload(Protocol):
    """What has to be known of a job."""

    @property
    def number(self) -> int:
        """Which it is."""

    @property
    def work(self) -> float:
        """Multiply-adds, estimated."""


J = TypeVar("J", bound=Workload)


@dataclass
class Flight(Generic[J]):
    """A job under way: the name of this attempt, and when it was sent."""

    name: str
    job: J
    sent: float  # seconds of any clock, the same throughout
    is_late: bool = False  # and given to another beside


class Flights(Generic[J]):
    """The jobs of one sweep: those that wait, and those under way by the names of their attempts.

    ``prefix`` begins every name and is no other sweep's. ``patience``: seconds after which a job is late, in place of
    what follows from the others.
    """

    def __init__(self, jobs: Iterable[J], prefix: str, patience: float | None = None) -> None:
        self.waiting = deque(jobs)
        self.under_way: dict[str, Flight[J]] = {}
        self._open = {job.number for job in self.waiting}
        self._late: Counter[int] = Counter()  # how often each job was
        self._names = (f"{prefix}-{number}" for number in count(1))
        self._patience = patience
        self._pace: float | None = None  # seconds for a multiply-add, of the slowest job so far

    @property
    def left(self) -> int:
        """How many jobs have neither come back nor been given up."""
        return len(self._open)

    def send(self, now: float) -> Flight[J]:
        """The next job that waits, which is under way from now on."""
        job = self.waiting.popleft()
        flight = Flight(next(self._names), job, now)
        self.under_way[flight.name] = flight
        return flight

    def landed(self, flight: Flight[J], now: float) -> bool:
        """One came back with a result; whether it is the first of its job, which is done with."""
        self.under_way.pop(flight.name, None)
        pace = (now - flight.sent) / max(flight.job.work, 1.0)
        self._pace = max(pace, self._pace or 0.0)
        return self._closed(flight.job)

    def fell(self, flight: Flight[J]) -> bool:
        """One came back without; whether that is the end of its job, because it is not tried otherwise as well."""
        self.under_way.pop(flight.name, None)
        return not self._is_tried_otherwise(flight.job) and self._closed(flight.job)

    def returned(self, flight: Flight[J]) -> None:
        """One was lost on the way, it may be by no fault of its own: it is sent again, after those that wait."""
        self.under_way.pop(flight.name, None)
        if flight.job.number in self._open and not self._is_tried_otherwise(flight.job):
            self.waiting.append(flight.job)

    def late(self, now: float) -> list[Flight[J]]:
        """Those that are late from now on; their jobs are sent again, if they have not been late too often."""
        found = [each for each in self.under_way.values() if self._is_overdue(each, now)]
        for flight in found:
            flight.is_late = True
            self._late[flight.job.number] += 1
            if not self.is_hopeless(flight.job):
                self.waiting.appendleft(flight.job)
        return found

    def is_hopeless(self, job: J) -> bool:
        """Whether the last attempt that it is given has been late as well."""
        return self._late[job.number] >= MOST_ATTEMPTS

    def give_up(self, job: J) -> bool:
        """Wait for it no longer; whether anybody did."""
        return self._closed(job)

    def limit(self, job: J) -> float | None:
        """After how many seconds a job is late; None where none has come back to tell."""
        if self._patience is not None or self._pace is None:
            return self._patience
        before = max(
            (each.job.work for each in self.under_way.values()), default=0.0
        )  # it may wait behind it
        return max(LEAST, FACTOR * self._pace * (job.work + before))

    def _is_overdue(self, flight: Flight[J], now: float) -> bool:
        limit = self.limit(flight.job)
        is_waited_for = flight.job.number in self._open and not flight.is_late
        return is_waited_for and limit is not None and now - flight.sent > limit

    def _is_tried_otherwise(self, job: J) -> bool:
        waiting = self.waiting if self._late[job.number] else ()
        return any(
            each.number == job.number for each in (*waiting, *(f.job for f in self.under_way.values()))
        )

    def _closed(self, job: J) -> bool:
        if job.number not in self._open:
            return False
        self._open.remove(job.number)
        if self._late[job.number]:
            self.waiting = deque(each for each in self.waiting if each.number != job.number)
        return True
