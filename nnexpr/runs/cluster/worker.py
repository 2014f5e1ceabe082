"""What runs on a worker: it says what it is, and trains the jobs that it is given.

These functions are sent by their names. They take and return text and bytes only, and what they raise is a plain
RuntimeError with a sentence, so that nothing has to be unpickled at either end that is not Python's own.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnexpr.files import FileError, open_ordinary
from nnexpr.runs.cluster.compiling import compile_for, keep_compiled_code
from nnexpr.runs.cluster.versions import versions

if TYPE_CHECKING:
    from nnexpr.runs.sweeps.plan import Job

__all__ = ["digest_of", "halt", "introduce", "introduce_scheduler", "score", "train"]

LONGEST = 400  # characters of what went wrong
PART = 1 << 20  # bytes of a file that are read at once

_halted: set[str] = set()  # attempts that nobody waits for any more


def introduce(question: str, dask_worker: Any = None) -> str:
    """JSON of this worker: its versions, its cards, and the SHA-256 of the files asked for, null if unreadable.

    ``question``: JSON ``{"files": [path, ...]}``. ``dask_worker`` is given by Dask. Where this process keeps what it
    compiles is settled from now on.
    """
    keep_compiled_code(Path(dask_worker.local_directory).parent)
    cards = dask_worker.state.total_resources.get("GPU", 0)
    files = {path: digest_of(path) for path in json.loads(question)["files"]}
    return json.dumps({"versions": dict(versions()), "cards": cards, "files": files})


def introduce_scheduler() -> str:
    """JSON of the versions where the scheduler runs."""
    return json.dumps({"versions": dict(versions())})


def train(message: str) -> bytes:
    """Train a job and return the contents of its run's file.

    ``message``: JSON ``{"attempt": its name, "job": the job's own JSON}``. Raises RuntimeError with a sentence.
    """
    return _carried_out(message, _trained)


def score(by: str, share: float, message: str) -> bytes:
    """Train a job for its share of the epochs: JSON of what each of its cells is judged by, null where not finite.

    ``message``, and what is raised: as of :func:`train`.
    """
    return _carried_out(message, lambda job, stop: _scored(job, stop, by, share))


def _trained(job: Job, stop: Callable[[], bool]) -> bytes:
    from nnexpr.runs.sweeps.job import run_job

    return run_job(job.to_json(), stop=stop)


def _scored(job: Job, stop: Callable[[], bool], by: str, share: float) -> bytes:
    from nnexpr.runs.sweeps.halving import epochs_of
    from nnexpr.runs.sweeps.job import score_job

    scores = score_job(job, epochs_of(job, share), by, stop, lambda _: None)
    return json.dumps([value if math.isfinite(value) else None for value in scores]).encode()


def _carried_out(message: str, work: Callable[[Job, Callable[[], bool]], bytes]) -> bytes:
    told = json.loads(message)
    attempt: str = told["attempt"]
    try:
        from nnexpr.runs.sweeps.plan import Job

        job = Job.from_json(told["job"])
        compile_for(job.specification)
        return work(job, lambda: attempt in _halted)
    except Exception as error:  # of whatever kind: at the other end it could perhaps not be read
        text = str(error).strip() or type(error).__name__
        raise RuntimeError(text[:LONGEST]) from None
    finally:
        _halted.discard(attempt)


def halt(attempts: str) -> None:
    """Stop those of these that run here, by their names in JSON: nobody waits for them any more."""
    _halted.update(json.loads(attempts))


def digest_of(path: str) -> str | None:
    """The SHA-256 of an ordinary file; None where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with open_ordinary(path) as file:
            while part := file.read(PART):
                digest.update(part)
    except (OSError, FileError):
        return None
    return digest.hexdigest()
