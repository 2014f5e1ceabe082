"""The jobs of a sweep on their way, and what is done as they come back, fail, are late or lost."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from nnexpr.runs.cluster.flights import Flight, Flights
from nnexpr.runs.cluster.scheduler import Lost, Scheduler
from nnexpr.runs.sweeps.local import Progress
from nnexpr.runs.sweeps.plan import Job
from nnexpr.runs.sweeps.sweep import ResultDiffers
from nnexpr.specification import InputError

__all__ = ["Carrying", "Listener", "Results"]

LOOK = 1.0  # seconds between two looks at who works there, and at who is late
MOST_STRANDED = 4  # times that a job's workers may all go; Dask allows as many deaths of single ones
TURN = 0.1  # seconds between two looks at whether to stop


@dataclass(frozen=True)
class Listener:
    """Who is told of what happens on the way, and who decides how far to go."""

    say: Callable[[str], object]  # a sentence that a person would want to know
    tell: Callable[[Progress], object]  # several times a second, how far it is
    stop: Callable[[], bool]  # asked as often: whether to stop
    stop_after: int | None = None  # as many jobs that have failed


class Results(Protocol):
    """What is asked of a sweep: see :class:`~nnexpr.runs.sweeps.sweep.Sweep`."""

    def accept(self, job: Job, content: bytes) -> bool:
        """Keep a result; a second one is compared. Raises ResultDiffers, and InputError for what is none."""

    def fail(self, job: Job, reason: str) -> None:
        """There will be no result."""


class Carrying:
    """The jobs of a sweep on their way: tasks of this process's loop, each of which waits for an answer."""

    def __init__(
        self, sweep: Results, scheduler: Scheduler, flights: Flights[Job], listener: Listener
    ) -> None:
        self._sweep, self._scheduler, self._flights, self._listener = sweep, scheduler, flights, listener
        self._jobs = list(flights.waiting)
        self._tasks: dict[asyncio.Task[bytes], Flight[Job]] = {}
        self._avoided: dict[int, set[str]] = {}  # by a job's number: workers that were late with it
        self._stranded: dict[
            int, list[str]
        ] = {}  # by a job's number: workers that went, with all that it had
        self._looking: asyncio.Task[list[str]] | None = None
        self._looked = -math.inf
        self._has_cards = False
        self.progress = Progress(self._jobs)

    async def begin(self) -> None:
        """Wait for a worker, and look at everything that can be known before a job is sent."""
        await self._scheduler.require_same()
        is_told = False
        while not self._listener.stop():
            if problems := await self._scheduler.look():
                raise InputError("scheduler", self._scheduler.address, problems[0])
            if self._scheduler.workers:
                break
            if not is_told:
                self._listener.say(f"Waiting for a worker of {self._scheduler.address} ...")
                is_told = True
            await asyncio.sleep(TURN)
        self._has_cards = any(each.cards for each in self._scheduler.workers.values())
        for device in {job.specification.device for job in self._jobs}:
            self._require(device)

    def _require(self, device: str) -> None:
        if device not in ("auto", "cpu", "cuda"):
            allowed = "on a cluster it must be auto, cpu or cuda: which card it is, a worker knows"
            raise InputError("device", device, allowed)
        if device == "cuda" and not self._has_cards:
            where = f"no worker of {self._scheduler.address} declares a card"
            raise InputError("device", device, f"{where}; start them by dask worker --resources GPU=1")

    async def carry(self) -> None:
        """To the end, or until the listener stops it."""
        try:
            while self._flights.left and not self._is_over():
                if self._scheduler.is_connected:
                    self._look()
                    await self._hurry()
                    self._send()
                await self._settle()
                self._listener.tell(self.progress)
        finally:
            self.progress.stopped = bool(self._flights.left)
            await self._end()

    def _is_over(self) -> bool:
        most = self._listener.stop_after
        return self._listener.stop() or (most is not None and len(self.progress.failed) >= most)

    def _look(self) -> None:
        """Who works there now, asked beside everything else: one that does not answer holds nobody up."""
        if self._looking is not None and self._looking.done():
            for problem in self._looking.result():
                self._listener.say(f"A worker takes no part: {problem}.")
            self._looking = None
        if self._looking is None and time.monotonic() >= self._looked + LOOK:
            self._looked = time.monotonic()
            self._looking = asyncio.create_task(self._scheduler.look())

    async def _hurry(self) -> None:
        """Send again what can run nowhere any more, and what is late."""
        stranded = self._scheduler.stranded()
        for task, flight in self._tasks.items():
            if flight.name in stranded:
                self._stranded.setdefault(flight.job.number, []).append(stranded[flight.name])
                task.cancel()
        now = time.monotonic()
        late = self._flights.late(now)
        places = await self._scheduler.holders([flight.name for flight in late]) if late else {}
        for flight in late:
            self._late(flight, now - flight.sent, places.get(flight.name, ""))

    def _late(self, flight: Flight[Job], seconds: float, place: str) -> None:
        job, at = flight.job, f" at {place}" if place else ""
        if not self._flights.is_hopeless(job):
            away = f"Job {job.number} has been away for {seconds:,.0f} s{at}"
            self._listener.say(f"{away}: another worker has it too.")
            self._avoided.setdefault(job.number, set()).update({place} - {""})
        elif self._flights.give_up(job):
            self._failed(job, f"no worker finished it; the last had it for {seconds:,.0f} s{at}")

    def _send(self) -> None:
        """As many of those that wait as there is room for; what is late takes none."""
        while self._flights.waiting:
            on_card = self._is_for_card(self._flights.waiting[0])
            alike = (each for each in self._tasks.values() if self._is_for_card(each.job) == on_card)
            if sum(not each.is_late for each in alike) >= self._scheduler.room(on_card):
                return
            flight = self._flights.send(time.monotonic())
            device = "cuda" if on_card else "cpu"
            sent = replace(flight.job, config={**flight.job.config, "device": device}).to_json()
            avoided = self._avoided.get(flight.job.number, set())
            answer = self._scheduler.train(flight.name, sent, on_card=on_card, avoided=avoided)
            self._tasks[asyncio.create_task(answer)] = flight

    def _is_for_card(self, job: Job) -> bool:
        device = job.specification.device
        return device == "cuda" or (device == "auto" and self._has_cards)

    async def _settle(self) -> None:
        """Wait a moment, and take in what has come."""
        if not self._tasks:
            await asyncio.sleep(TURN)
            return
        done, _ = await asyncio.wait(self._tasks, timeout=TURN, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            flight = self._tasks.pop(task)
            error = None if task.cancelled() else task.exception()
            if task.cancelled() or isinstance(error, Lost):
                self._lost(flight)
            elif error is None:
                self._arrived(flight, task.result())
            elif self._flights.fell(flight):
                self._failed(flight.job, str(error))

    def _lost(self, flight: Flight[Job]) -> None:
        """Its workers have gone, or the line: it is sent again, unless workers go whenever they have it."""
        gone = self._stranded.get(flight.job.number, [])
        if len(gone) < MOST_STRANDED:
            self._flights.returned(flight)
        elif self._flights.fell(flight):
            lost = f"{len(gone)} workers were lost while they had it, the last of them {gone[-1]}"
            self._failed(flight.job, f"{lost}; was their memory enough?")

    def _arrived(self, flight: Flight[Job], content: bytes) -> None:
        """Keep a result; of a job that was done already, compare it."""
        is_first, job = self._flights.landed(flight, time.monotonic()), flight.job
        try:
            self._sweep.accept(job, content)
        except ResultDiffers:
            differs = "was done twice, with other bits the second time; the first stands"
            self._listener.say(f"Job {job.number} {differs}.")
        except InputError as error:
            self._failed(job, f"what came back cannot be its result ({error.allowed})")
        else:
            if is_first:
                self.progress.done.add(job.number)

    def _failed(self, job: Job, why: str) -> None:
        if job.number not in self.progress.done:
            self.progress.failed[job.number] = why = " ".join(why.split())
            self._sweep.fail(job, why)

    async def _end(self) -> None:
        """Nobody waits for what is still under way."""
        names = [flight.name for flight in self._tasks.values()]
        tasks = [*self._tasks, *filter(None, [self._looking])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._scheduler.halt(names)
