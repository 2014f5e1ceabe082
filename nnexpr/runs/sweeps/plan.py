"""Which cells are trained together: jobs, each one ensemble.

A *cell* is one configuration with one seed: one network, one row of the results. Cells that differ in their seeds only,
and for optimisers that step along gradients in their learning rates, are members of one ensemble, which costs far less
than one training each; a member's numbers do not depend on what is trained beside it. Only a fit that stops at a loss
is alone in its job: an ensemble stops when its last member is there.

The jobs follow from the cells alone, never from the machine, so a sweep that is taken up elsewhere has the same ones.
Importing this costs neither NumPy nor torch.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from nnexpr.networks.architecture import architecture
from nnexpr.specification import OPTIONS, FitSpecification, InputError, parse_schedule

__all__ = ["Job", "Plan", "plan_of", "specifications", "work_of"]

MOST_CELLS = 256  # of a job: more at once are no faster, and its file is read as a whole
MOST_WORK = (
    1e11  # multiply-adds of a job, some half a minute of a core: what is lost is little, and many can share
)
VERSION = 1  # of a job's JSON


@dataclass(frozen=True)
class Job:
    """Cells of one ensemble: each has a seed and a learning rate of its own, and the ``config`` is common to all."""

    number: int
    cells: tuple[int, ...]  # their numbers
    seeds: tuple[int, ...]
    rates: tuple[float, ...]
    config: Mapping[str, Any]  # options by name, in plain JSON values; those with their defaults left out
    sweep: str = ""  # its id, and that of the run that the job becomes
    run: str = ""

    @cached_property
    def specification(self) -> FitSpecification:
        """Of the ensemble; its learning rate and seed are the first cell's."""
        first = {"seed": self.seeds[0], "lr": self.rates[0], "members": len(self.cells)}
        return FitSpecification.make(**_values(self.config) | first)

    @property
    def threads(self) -> int:
        """Processor threads: one, unless the configuration has another number."""
        return self.specification.threads or 1

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of the data files that it needs, absolute."""
        kind, _, text = self.specification.target.partition(":")
        if kind != "csv":
            return ()
        paths = text, text.rpartition(":")[0].rpartition(":")[0]  # the columns may follow
        return (next((path for path in paths if os.path.isfile(path)), text),)

    def only(self, chosen: Iterable[int]) -> Job | None:
        """Some of the cells, as a job of its own; None for none of them."""
        wanted = set(chosen)
        kept = [each for each in zip(self.cells, self.seeds, self.rates, strict=True) if each[0] in wanted]
        if not kept:
            return None
        cells, seeds, rates = (tuple(each) for each in zip(*kept, strict=True))
        return replace(self, number=int(cells[0]), cells=cells, seeds=seeds, rates=rates)

    def on(self, device: str) -> Job:
        """The same cells on another device."""
        return replace(self, config={**self.config, "device": device})

    @property
    def epochs(self) -> int:
        """As many as are asked for."""
        return self.specification.epochs

    @property
    def work(self) -> float:
        """Multiply-adds, about."""
        return len(self.cells) * work_of(self.specification)

    @property
    def bytes(self) -> int:
        """The memory that it takes, about; this loads torch."""
        from nnexpr.training.devices import estimate_bytes

        return estimate_bytes(self.specification)

    def to_json(self) -> str:
        """One line, from which :meth:`from_json` makes it again, anywhere."""
        return json.dumps(
            {"version": VERSION, **vars(replace(self)), "config": dict(self.config)}, allow_nan=False
        )

    @classmethod
    def from_json(cls, text: str) -> Job:
        """Raises :class:`InputError` for what is not a job's JSON, or one of another version."""
        try:
            document = json.loads(text)
            if document.pop("version") != VERSION:
                raise InputError("job", text[:40], f"it is of another version; this one reads {VERSION}")
            fields: dict[str, Any] = {
                name: tuple(v) if isinstance(v, list) else v for name, v in document.items()
            }
            job = cls(**fields)
            if not len(job.cells) == len(job.seeds) == len(job.rates) > 0:
                raise ValueError("as many seeds and rates as cells")
            job.specification  # noqa: B018 - is checked by being made
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError("job", text[:40], "it is not a job of a sweep") from None
        return job


@dataclass(frozen=True)
class Plan:
    """All cells, by number from 0, and the jobs that they are trained in."""

    cells: tuple[FitSpecification, ...]  # of one member each
    jobs: tuple[Job, ...]

    @property
    def work(self) -> float:
        """Multiply-adds, about."""
        return sum(job.work for job in self.jobs)


def plan_of(configs: Sequence[Mapping[str, Any]], first: int = 0) -> Plan:
    """The plan of cells ``first ..`` of these options; a job's number is that of its first cell.

    Raises :class:`InputError` for options that cannot be.
    """
    cells = specifications(configs)
    alike: dict[tuple[Any, ...], list[int]] = {}
    for place, cell in enumerate(cells):
        alike.setdefault(_key(cell, place), []).append(place)
    jobs = [
        _job(part, cells, configs[part[0]], first)
        for places in alike.values()
        for part in _parts(places, cells)
    ]
    return Plan(cells, tuple(sorted(jobs, key=lambda job: job.number)))


def specifications(configs: Iterable[Mapping[str, Any]]) -> tuple[FitSpecification, ...]:
    """Of each cell. Those that differ in their seeds only are checked once; raises :class:`InputError`."""
    made: dict[str, FitSpecification] = {}
    return tuple(_seeded(config, made) for config in configs)


def _seeded(config: Mapping[str, Any], made: dict[str, FitSpecification]) -> FitSpecification:
    key = repr([(name, value) for name, value in config.items() if name != "seed"])
    if key not in made:
        made[key] = FitSpecification.make(**_values(config))
    cell = copy(made[key])
    seed = OPTIONS["seed"].check(config.get("seed", OPTIONS["seed"].default))
    object.__setattr__(cell, "seed", seed)  # no rule asks for it
    return cell


def _job(
    places: Sequence[int], cells: Sequence[FitSpecification], config: Mapping[str, Any], first: int
) -> Job:
    common = {name: value for name, value in config.items() if name not in ("seed", "lr", "members")}
    numbers = tuple(first + place for place in places)
    seeds, rates = zip(*((cells[place].seed, cells[place].lr) for place in places), strict=True)
    return Job(numbers[0], numbers, seeds, rates, common)


def _key(cell: FitSpecification, place: int) -> tuple[Any, ...]:
    """What is the same in cells of one ensemble."""
    if cell.stop_loss is not None:
        return (place,)
    same: dict[str, Any] = {"seed": 0}
    if (
        cell.method.takes("lr") and not parse_schedule(cell.schedule).changes
    ):  # rates in a schedule are all members'
        same["lr"] = 1.0
    return tuple({**vars(cell), **same}.values())


def _parts(places: Sequence[int], cells: Sequence[FitSpecification]) -> Iterable[Sequence[int]]:
    """Parts of about equal size, none of too many cells or too much work."""
    most = min(MOST_CELLS, max(1, int(MOST_WORK / max(1.0, work_of(cells[places[0]])))))
    count = -(-len(places) // most)
    ends = [len(places) * part // count for part in range(count + 1)]
    return [places[ends[part] : ends[part + 1]] for part in range(count)]


def work_of(cell: FitSpecification) -> float:
    """Multiply-adds of one network's training, about: three for each parameter, point and epoch."""
    try:
        parameters = architecture(cell, 1).parameter_count
    except InputError:
        parameters = architecture(cell, 2).parameter_count
    return 3.0 * parameters * cell.points * max(1, cell.epochs)


def _values(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in config.items()}
