"""What a list of runs shows of one: from its file's head, what a person has noted of it, and whether it trains now."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

from nnexpr.kinds import NETWORKS
from nnexpr.optimizers import OPTIMIZERS

__all__ = ["FIELDS", "STATES", "Entry", "State", "created_of", "state_of"]

State = Literal["running", "interrupted", "finished", "diverged", "kept", "damaged"]
STATES: tuple[State, ...] = get_args(State)

# Of an entry, beside the options of its fit; what filters and sorting know.
FIELDS: Mapping[str, str] = {
    "id": "its id",
    "name": "the name that it was given",
    "tag": "one of its tags",
    "note": "what was noted of it",
    "state": ", ".join(STATES),
    "target": "what is approximated",
    "network": "the kind of network",
    "epoch": "the epoch that it reached",
    "loss": "the least loss of its members",
    "seconds": "seconds of training",
    "members": "networks trained at once",
    "snapshots": "snapshots of the way there",
    "created": "when it began, as 2026-11-27 19:39",
    "written": "when it was kept last, in universal time",
    "device": "where it was trained",
    "version": "of nnexpr",
    "size": "bytes of its file",
    "sweep": "the sweep that it belongs to, by its id or its name",
    "problem": "what is wrong with its file",
}
_BEGAN = re.compile(r"(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A run at a glance.

    ``state``: *running* while a process holds it, also where that pauses; *interrupted* where it could go on, and
    nobody trains it; *diverged*: all members; *kept*: a network without a history; *damaged*: see ``problem``.
    """

    id: str
    name: str = ""
    tags: tuple[str, ...] = ()  # in alphabetical order
    note: str = ""
    state: State = "kept"
    session: str = ""  # the state of the session, as the file has it
    problem: str = ""  # one sentence: why it is damaged, or what stands in for what is
    epoch: int = 0
    epochs: int | None = None  # asked for
    members: int = 0
    least_loss: float = math.nan  # of all members as they are; NaN where all have diverged
    seconds: float | None = None
    snapshots: int = 0
    written: str = ""  # in universal time
    device: str = ""
    version: str = ""  # of nnexpr
    size: int = 0  # bytes
    sweep: str = ""  # id
    sweep_name: str = ""
    target: str = ""
    network: str = ""
    losses_text: str = field(default="[]", repr=False)  # JSON, null where a member has diverged
    config_text: str = field(default="{}", repr=False)  # JSON
    own_text: str = field(
        default="{}", repr=False
    )  # JSON: options that members have of their own, a list of each

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """Of the specification, flat, by option name; nothing where the file is damaged."""
        config: dict[str, Any] = json.loads(self.config_text)
        return config

    @cached_property
    def own(self) -> Mapping[str, list[float]]:
        """Options that members have of their own, in a sweep: ``(members,)`` by name."""
        own: dict[str, list[float]] = json.loads(self.own_text)
        return own

    @cached_property
    def losses(self) -> tuple[float, ...]:
        """``(members,)`` in own units, NaN after divergence."""
        return tuple(math.nan if loss is None else float(loss) for loss in json.loads(self.losses_text))

    @property
    def created(self) -> str:
        """When it began, in the time of that place: ``2026-11-27 19:39:43``."""
        return created_of(self.id)

    def value(self, name: str) -> Any:
        """Of one of :data:`FIELDS`, or of an option of its fit; None where it has none, or it means nothing there.

        A list where it has several, such as one for each member.
        """
        if name == "tag":
            return list(self.tags)
        if name == "sweep":
            return [each for each in (self.sweep, self.sweep_name) if each]
        if name == "loss":
            return self.least_loss
        if name in FIELDS:
            return getattr(self, name)
        return self.own.get(name, self.config.get(name)) if self._takes(name) else None

    def _takes(self, option: str) -> bool:
        """Whether the option means something for its network and its optimiser; of kinds not known here all do."""
        network, method = NETWORKS.get(self.network), OPTIMIZERS.get(str(self.config.get("optimizer")))
        return (network is None or network.takes(option)) and (method is None or method.takes(option))


def created_of(run: str) -> str:
    """When the run of this id began."""
    found = _BEGAN.match(run)
    return "{}-{}-{} {}:{}:{}".format(*found.groups()) if found else ""


def state_of(written: str, *, live: bool) -> State:
    """From the state of the session as the file has it, and whether a process holds the run."""
    if live:
        return "running"
    if written == "":
        return "kept"
    if written == "failed":
        return "diverged"
    return "finished" if written == "finished" else "interrupted"
