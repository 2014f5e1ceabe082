"""A sweep on a Dask cluster: jobs go out, results come back, and this process alone writes them.

What may happen on the way, and what follows. A worker dies: Dask gives what it had to another. Workers die of a job:
the job has failed. Nobody answers for long: the job is given to one more, the first answer stands, and a second is
compared with it. A worker comes late: it takes part if it is as we are. The line is lost: what was under way is sent
again when it is back, and if it does not come back the sweep can be taken up again. No result that has come is lost.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence

from nnexpr.runs.cluster import worker
from nnexpr.runs.cluster.carrying import Carrying, Listener, Results
from nnexpr.runs.cluster.connection import Certificates, connected
from nnexpr.runs.cluster.flights import Flights
from nnexpr.runs.sweeps.local import Progress
from nnexpr.runs.sweeps.plan import Job
from nnexpr.specification import InputError
from nnexpr.targets.datafile import file_of

__all__ = ["run_on"]


def run_on(
    sweep: Results, jobs: Sequence[Job], address: str, listener: Listener, *,
    certificates: Certificates | None = None, patience: float | None = None,
    function: Callable[[str], bytes] = worker.train,
) -> Progress:  # fmt: skip
    """Have the jobs done by the workers of a scheduler, until all are, or the listener stops it; how far that came.

    To be called while the sweep is held, which is told of each result and of what failed. ``patience``: seconds after
    which a job is given to another worker too; unless given, ten times what such jobs took. ``function`` is carried out
    there in place of the training, in tests.

    Raises InputError before any job is sent, where versions, files or devices there are others than here, SchedulerLost
    where the scheduler does not answer, or not any more, and OSError where the store cannot be written.
    """
    files = _digests(jobs)
    flights = Flights(jobs, f"nnexpr-{secrets.token_hex(6)}", patience)

    async def carried_out() -> Progress:
        async with connected(address, certificates, files, function) as scheduler:
            carrying = Carrying(sweep, scheduler, flights, listener)
            await carrying.begin()
            await carrying.carry()
            return carrying.progress

    # Dask's transport needs a loop that watches sockets, which on Windows is not the usual one.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(carried_out())


def _digests(jobs: Sequence[Job]) -> Mapping[str, str]:
    """The SHA-256 of each file that a target is read from; raises InputError for one that cannot be read."""
    digests = {}
    for path in filter(None, {file_of(job.specification.target) for job in jobs}):
        digest = worker.digest_of(path)
        if digest is None:
            raise InputError("target", f"csv:{path}", "the file cannot be read")
        digests[path] = digest
    return digests
