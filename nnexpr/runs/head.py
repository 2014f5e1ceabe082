"""The head of a run's file: what a list of runs shows, read without a tensor and without torch."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnexpr.networks.tensor_file import read_metadata
from nnexpr.runs.checksums import HEAD, damage_in
from nnexpr.specification import InputError

__all__ = ["LAST_EPOCH", "STATES", "Head", "read_head"]

STATES = ("", "ready", "running", "paused", "finished", "failed", "stopped")  # of a session, or not known
LAST_EPOCH = 2**53  # which charts, in floating-point numbers, still tell from the next
OWN = ("lr", "seed")  # options in which cells of a sweep differ that are trained as members of one run
DEEPEST = 8  # lists in lists of a specification; it has two


@dataclass(frozen=True)
class Head:
    """What is known of a run at a glance. A run of before runs kept their results has a ``state`` of nothing."""

    run: str
    config: Mapping[str, Any]  # of the specification, as it stands in the file
    written: str  # when, in universal time
    epoch: int
    losses: tuple[float, ...]  # (members,) in own units, NaN after divergence
    state: str
    seconds: float | None
    snapshots: int
    version: str  # of nnexpr
    device: str
    sweep: str  # id, if it belongs to one
    name: str  # that it was begun with, if any
    problem: str = (
        ""  # one sentence, where it is that of the previous checkpoint because the last cannot be read
    )
    own: Mapping[str, tuple[float, ...]] = field(
        default_factory=dict
    )  # of OWN, where members differ: (members,) each

    @property
    def members(self) -> int:
        """How many networks were trained."""
        return len(self.losses)

    @property
    def least_loss(self) -> float:
        """Of all members; NaN where all have diverged."""
        return min((loss for loss in self.losses if math.isfinite(loss)), default=math.nan)


def read_head(path: str | os.PathLike[str], run: str) -> Head:
    """The head of the file of ``run``; raises InputError where it is not that of a run, or damaged."""
    metadata = read_metadata(path)
    try:
        document = json.loads(metadata["nnexpr"])
        if damage := damage_in(document, metadata["nnexpr"], metadata.get(HEAD)):
            raise InputError("run", run, damage)
        extra, provenance = document["extra"], document["provenance"]
        seconds, state, epoch = extra.get("seconds"), str(extra.get("state", "")), int(extra["epoch"])
        if state not in STATES or not 0 <= epoch <= LAST_EPOCH or _is_deep(document["specification"]):
            raise ValueError("no state, no epoch or no specification of a run")
        if seconds is not None and not 0 <= float(seconds) < math.inf:
            raise ValueError("seconds that are no time")
        snapshots = int(extra.get("snapshots", 0))
        if not 0 <= snapshots <= LAST_EPOCH:
            raise ValueError("snapshots that are no number of them")
        return Head(
            run=run,
            config=dict(document["specification"]),
            written=str(provenance["created"]),
            epoch=epoch,
            losses=tuple(math.nan if loss is None else float(loss) for loss in extra["losses"]),
            state=state,
            seconds=None if seconds is None else float(seconds),
            snapshots=snapshots,
            version=str(provenance["nnexpr"]),
            device=str(extra.get("device", "")),
            sweep=str(extra.get("sweep", "")),
            name=str(extra.get("name", "")),
            own=_own_of(extra.get("job")),
        )
    except InputError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise InputError(
            "run", run, f"{os.fspath(path)} is not a run of nnexpr, or its head is damaged"
        ) from None


def _own_of(job: Any) -> dict[str, tuple[float, ...]]:
    """What the cells of a sweep that were trained as members of one run have of their own."""
    if job is None:
        return {}
    given = {name: tuple(float(cell[name]) for cell in job["cells"]) for name in OWN}
    return {name: values for name, values in given.items() if len(set(values)) > 1}


def _is_deep(value: Any) -> bool:
    """Whether more is nested in it than a specification has, which whoever writes it again would fall over."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, list | dict)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return any(isinstance(each, list | dict) for each in level)
