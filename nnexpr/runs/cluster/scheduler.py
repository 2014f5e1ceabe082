"""A Dask scheduler, as far as a sweep needs it: who works there, sending a job, and what has become of it.

What the installed version does was read in its sources, for it is not all documented: a client that loses the line
cancels every future it has and tries for ``distributed.comm.timeouts.connect`` to come back, then closes; the bytes of
a result come through the scheduler, so workers need not be reachable from here; a graph is unpickled where the
scheduler runs, so nnexpr has to be there too.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass

from distributed import Client
from distributed.scheduler import KilledWorker

from nnexpr.runs.cluster import worker
from nnexpr.runs.cluster.versions import differences, versions
from nnexpr.specification import InputError

__all__ = ["Capacity", "Lost", "Scheduler", "SchedulerLost"]

GPU = "GPU"  # the resource that a worker declares which has a card: dask worker --resources GPU=1
OF_SCHEDULER = ("python", "nnexpr", "distributed")  # what it needs to be the same
ANSWER = 60.0  # seconds that a worker has to say what it is: it loads nnexpr first
MOST_NAMED = 5  # differences that an error names


class SchedulerLost(Exception):
    """No scheduler answers, or none any more; the message is a sentence."""


class Lost(Exception):
    """A job was lost on the way by no fault of its own."""


@dataclass(frozen=True)
class Capacity:
    """Of a worker: how many jobs it does at once, and how many of them on a card."""

    threads: int
    cards: int


class Scheduler:
    """A scheduler that answers. ``workers``: by their addresses, those that were found to be as we are.

    ``files``: the SHA-256 by path that a worker's must have. ``function``: carried out there in place of
    :func:`~nnexpr.runs.cluster.worker.train`, in tests.
    """

    def __init__(
        self, client: Client, files: Mapping[str, str], function: Callable[[str], bytes] = worker.train
    ) -> None:
        self._client, self._files, self._function = client, files, function
        self.address: str = client.scheduler.address
        self._question = json.dumps({"files": sorted(files)})
        self._refused: set[str] = set()
        self._allowed: dict[str, frozenset[str]] = {}  # by the attempt's name: where it may run
        self.workers: dict[str, Capacity] = {}

    @property
    def is_connected(self) -> bool:
        """Whether there is a line to it; raises SchedulerLost where there will be none any more."""
        if self._client.status in ("closing", "closed"):
            raise SchedulerLost("the scheduler does not answer any more")
        return bool(self._client.status == "running")

    async def look(self) -> list[str]:
        """Take in who has come and who has gone; what is wrong with those that cannot take part, each once."""
        try:
            threads: Mapping[str, int] = await asyncio.wait_for(self._client.nthreads(), ANSWER)
        except (OSError, TimeoutError):
            return []  # the line is down: is_connected says so
        for address in self.workers.keys() - threads.keys():
            del self.workers[address]
        self._refused &= threads.keys()
        strangers = threads.keys() - self.workers.keys() - self._refused
        problems = await asyncio.gather(
            *(self._meet(address, threads[address]) for address in sorted(strangers))
        )
        return [problem for problem in problems if problem]

    async def require_same(self) -> None:
        """Raise InputError where the scheduler runs with other versions than these."""
        ours = {name: versions()[name] for name in OF_SCHEDULER}
        try:
            answer = await asyncio.wait_for(self._client.run_on_scheduler(worker.introduce_scheduler), ANSWER)
            theirs = json.loads(answer)["versions"]
        except ImportError:
            theirs = {"python": ours["python"], "distributed": ours["distributed"]}
        except (OSError, TimeoutError):
            raise SchedulerLost("the scheduler does not answer any more") from None
        if found := differences(theirs, ours, "the scheduler"):
            raise InputError("scheduler", self.address, _install(found))

    def places(self, on_card: bool) -> list[str]:
        """Where a job may run."""
        return [address for address, able in self.workers.items() if able.cards or not on_card]

    def room(self, on_card: bool) -> int:
        """How many jobs are to be under way: as many as run at once.

        None waits at a worker: if that died of the one that runs there, Dask would count it against both.
        """
        able = [self.workers[address] for address in self.places(on_card)]
        return sum(each.cards if on_card else each.threads for each in able)

    async def train(self, attempt: str, job: str, *, on_card: bool, avoided: Collection[str] = ()) -> bytes:
        """Have a job done, elsewhere than at ``avoided`` if anybody else is there.

        Raises Lost, or whatever went wrong in words as a RuntimeError.
        """
        places = self.places(on_card)
        self._allowed[attempt] = frozenset(places).difference(avoided) or frozenset(places)
        future = self._client.submit(
            self._function,
            json.dumps({"attempt": attempt, "job": job}),
            key=attempt,
            workers=sorted(self._allowed[attempt]),
            resources={GPU: 1} if on_card else None,
        )
        try:
            answer: bytes = await future
        except KilledWorker as error:
            raise RuntimeError(
                f"{error.allowed_failures + 1} workers died while they had it, the last of them "
                f"{error.last_worker.address}; was their memory enough?"
            ) from None
        except CancelledError:  # by a client that has lost the line, or whoever else has a say there
            raise Lost from None
        finally:
            del self._allowed[attempt]
            future.release()
        return answer

    def stranded(self) -> dict[str, str]:
        """The attempts that may run nowhere any more, each with an address where it might."""
        gone = {name: places for name, places in self._allowed.items() if not places & self.workers.keys()}
        return {name: min(places) for name, places in gone.items()}

    async def holders(self, attempts: Collection[str]) -> dict[str, str]:
        """Of those of the attempts that a worker has, its address."""
        try:
            held = await asyncio.wait_for(self._client.processing(), ANSWER)
        except (OSError, TimeoutError):
            return {}
        return {name: address for address, names in held.items() for name in names if name in attempts}

    async def halt(self, attempts: Collection[str]) -> None:
        """Tell the workers that nobody waits for these."""
        if attempts and self._client.status == "running":
            with suppress(OSError, TimeoutError):
                told = self._client.run(worker.halt, json.dumps(sorted(attempts)), on_error="ignore")
                await asyncio.wait_for(told, 1.0)

    async def _meet(self, address: str, threads: int) -> str:
        """Ask a worker what it is, and take it in if it is as it must be; else why not, empty if it has gone."""
        asked = self._client.run(worker.introduce, self._question, workers=[address], on_error="return")
        try:
            answer = (await asyncio.wait_for(asked, ANSWER))[address]
        except Exception as error:  # Dask may fail in reading why it failed there
            answer = error
        if isinstance(answer, (OSError, TimeoutError, KeyError)):
            return ""
        problem = self._differing(answer, address)
        if problem:
            self._refused.add(address)
        else:
            self.workers[address] = Capacity(threads, int(json.loads(answer)["cards"]))
        return problem

    def _differing(self, answer: str | Exception, address: str) -> str:
        if isinstance(answer, ImportError):
            return f"nnexpr is not installed on {address}, or older"
        if isinstance(answer, Exception):
            return f"{address} cannot say what it is: {type(answer).__name__}: {answer}"
        told = json.loads(answer)
        if found := differences(told["versions"], versions(), address):
            return _install(found)
        for path, digest in self._files.items():
            if (theirs := told["files"][path]) != digest:
                what = "cannot be read" if theirs is None else "has another content"
                return f"{path} {what} on {address}; copy it there, to the same place"
        return ""


def _install(found: list[str]) -> str:
    return f"{'; '.join(found[:MOST_NAMED])}; install the same on both"
