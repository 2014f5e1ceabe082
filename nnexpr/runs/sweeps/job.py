"""One job trained: JSON in, the contents of a run's file out, wherever that is done."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from time import monotonic
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnexpr.declarations import InputError
from nnexpr.networks.builders import build
from nnexpr.networks.network import Network
from nnexpr.runs.contents import tensors_of, words_of, words_of_checkpoint
from nnexpr.runs.file import packed, unpacked
from nnexpr.runs.resumed import checkpoint_of
from nnexpr.runs.sweeps.plan import Job
from nnexpr.runs.sweeps.results import results_of
from nnexpr.targets import build_target
from nnexpr.targets.target import Target
from nnexpr.training.checkpoint import Checkpoint
from nnexpr.training.devices import require_memory, resolve_device
from nnexpr.training.fit import resolved, result_of
from nnexpr.training.session import Session
from nnexpr.training.stepper import MemberSettings

__all__ = ["JobStopped", "run_job", "score_job", "session_of_job"]

TURN = 0.25  # seconds between two looks at the clock and at ``stop``
KEEP_EVERY = 10.0  # seconds between two checkpoints, and
LEAST_REST = 20  # times what the last one cost
MOST_HISTORY = 128  # epochs of the history in the file of a job that is done

Keep = Callable[[bytes], None]


class JobStopped(Exception):
    """It was asked to stop before its end."""


def run_job(
    text: str,
    keep: Keep | None = None,
    stop: Callable[[], bool] | None = None,
    checkpoint: bytes | None = None,
    tell: Callable[[int], None] | None = None,
) -> bytes:
    """Train the job that ``text`` is the JSON of to its end; the contents of its run's file.

    ``keep`` is given such contents now and then while it trains, and with ``checkpoint`` the job goes on from them, bit
    for bit. ``stop`` is asked some times a second; once it says so, the job is kept and :class:`JobStopped` raised.
    ``tell`` is told as often which epoch it has reached.
    Torch takes the job's threads in the thread that this is called in. Raises :class:`InputError` where it cannot be
    trained here. That members diverge is no error.
    """
    job = Job.from_json(text)
    session = session_of_job(job)
    if checkpoint is not None:
        _take_up(session, job, checkpoint)
    if session.state in ("ready", "paused"):
        session.start()
    due = monotonic() + KEEP_EVERY
    while session.advance(TURN):
        if tell is not None:
            tell(session.epoch)
        stopped = stop is not None and stop()
        if keep is not None and (stopped or monotonic() >= due):
            began = monotonic()
            keep(_contents(job, session, done=False))
            due = monotonic() + max(KEEP_EVERY, LEAST_REST * (monotonic() - began))
        if stopped:
            raise JobStopped
    return _contents(job, session, done=True)


def score_job(
    job: Job, epochs: int, by: str, stop: Callable[[], bool], tell: Callable[[int], None]
) -> list[float]:  # fmt: skip
    """A result of each cell, infinite where it is not finite, after so many of the epochs: as on the way to the end.

    Raises as :func:`run_job`.
    """
    session = session_of_job(job)
    session.start()
    while session.epoch < epochs and session.advance(TURN, until=epochs):
        tell(session.epoch)
        if stop():
            raise JobStopped
    found = map(float, getattr(result_of(session), by))
    return [value if math.isfinite(value) else math.inf for value in found]


def session_of_job(job: Job) -> Session:
    """A session of all the job's cells, ready to start; torch takes the job's threads. Raises InputError."""
    torch.set_num_threads(job.threads)
    spec = job.specification
    device = resolve_device(spec.device, spec.dtype)
    require_memory(spec, device)
    target = build_target(spec)
    network = _ensemble(job, target).to(device=device)
    rates = None
    if len(set(job.rates)) > 1:
        # Of a rate of 1, so that a member's is its own to the last bit.
        spec, rates = spec.replace(lr=1.0), torch.tensor(job.rates, dtype=torch.float64)
    return Session(network, target, resolved(spec, network, target), settings=MemberSettings(rates))


def _ensemble(job: Job, target: Target) -> Network:
    """The networks of the job's seeds, each drawn once: neighbouring ones together."""
    seeds, parts = sorted(set(job.seeds)), []
    for _, run in groupby(enumerate(seeds), key=lambda pair: pair[1] - pair[0]):
        drawn = [seed for _, seed in run]
        part = job.specification.replace(seed=drawn[0], members=len(drawn))
        samples = target.inputs[:, 0], target.values
        parts.append(
            build(part, domain=target.domain, dimension=target.dimension, samples=samples, device="cpu")
        )
    drawn_of = {seed: place for place, seed in enumerate(seeds)}
    parameters = torch.cat([part.parameters for part in parts])
    every = parts[0].with_parameters(parameters[[drawn_of[seed] for seed in job.seeds]])
    return Network(
        every.layers, every.parameters, every.encoding, job.seeds, every.tie_tolerance, every.domain
    )


# --- what is kept


def _contents(job: Job, session: Session, *, done: bool) -> bytes:
    """The file of the job's run; of one that is done, without what only going on needs."""
    checkpoint = session.checkpoint()
    result = result_of(session) if done else None
    losses = session.losses()
    tensors = tensors_of(session, checkpoint, losses, None)
    words = words_of(session, checkpoint, None) | {"checkpoint": None}
    about: dict[str, Any] = {"number": job.number, "done": done}
    if result is None:
        # Only the job tells all of it, so it is a checkpoint of the job, and the run by itself cannot be gone on with.
        words["state"], about["checkpoint"] = "", words_of_checkpoint(checkpoint)
        rows: Sequence[Mapping[str, Any]] = [{}] * len(job.cells)
    else:
        tensors = _thinned(tensors)
        rows = results_of(result)
    cells = [
        {"cell": cell, "seed": seed, "lr": rate, **row}
        for cell, seed, rate, row in zip(job.cells, job.seeds, job.rates, rows, strict=True)
    ]
    extra = {
        "run": job.run,
        "epoch": session.epoch,
        "losses": [float(loss) if np.isfinite(loss) else None for loss in losses],
        "sweep": job.sweep,
        "job": {**about, "cells": cells},
        **words,
    }
    spec = session.specification.replace(lr=job.rates[0], seed=job.seeds[0])
    return packed(session.current_network(), spec, target=session.target, extra=extra, tensors=tensors)


def _thinned(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without the optimiser's state, and with fewer epochs of the history, at an even stride still."""
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith("state.")}
    stride = 1
    while len(kept["history.epochs"]) > MOST_HISTORY * stride:
        stride *= 2
    for name in ("history.epochs", "history.losses"):
        kept[name] = kept[name][::stride].contiguous()
    return kept


def _take_up(session: Session, job: Job, content: bytes) -> None:
    """Go on from a checkpoint; raises InputError where it is not one of this job, or gives other bits here."""
    saved = unpacked(content, job.run or f"job {job.number}")
    whose = saved.metadata["extra"].get("job", {})
    told = whose.get("checkpoint")
    cells = [(each.get("cell"), each.get("seed"), each.get("lr")) for each in whose.get("cells", [])]
    if told is None or cells != list(zip(job.cells, job.seeds, job.rates, strict=True)):
        raise InputError("checkpoint", job.run, "it is not a checkpoint of this job")
    try:
        checkpoint: Checkpoint = checkpoint_of(saved, told, session)
        session.resume(checkpoint)
    except (ValueError, TypeError, LookupError, AttributeError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("checkpoint", job.run, f"it cannot be gone on from ({error})") from None
