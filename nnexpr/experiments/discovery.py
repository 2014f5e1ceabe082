"""Which experiments there are. A group is a package in :mod:`nnexpr.experiments` with a tuple ``EXPERIMENTS``.

Nothing else lists them. Those packages import nothing heavy, so that listing costs no torch: an experiment's work is
named by :func:`deferred`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

import nnexpr.experiments
from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Result
from nnexpr.specification import InputError

__all__ = ["Experiment", "Source", "Work", "deferred", "every", "find", "groups"]

Work = Callable[[Attempt], Result]


@dataclass(frozen=True)
class Experiment:
    """One experiment: ``source`` says what it reproduces, ``question`` what it asks, ``run`` does it.

    ``full``, ``quick``, ``large``: the members, epochs and sizes that it takes, for people; no ``large`` where full is
    the source's own size.
    """

    id: str
    group: str
    source: str
    title: str
    question: str
    run: Work
    full: str = ""
    quick: str = ""
    large: str = ""

    @property
    def name(self) -> str:
        """Its id without the group's name, as lists show it below the group."""
        return self.id.removeprefix(f"{self.group}-")


@dataclass(frozen=True)
class Source:
    """What the experiments of a package have in common: its name, and what their ids begin with."""

    package: str
    name: str
    prefix: str = ""

    def experiment(
        self, module: str, part: str, title: str, question: str, *, full: str, quick: str, large: str = ""
    ) -> Experiment:
        """The experiment that ``run`` of a module of the package does."""
        group, id = self.package.rpartition(".")[2], self.prefix + module.replace("_", "-")  # noqa: A001
        work = deferred(f"{self.package}.{module}:run")
        return Experiment(id, group, f"{self.name}, {part}", title, question, work, full, quick, large)


def deferred(place: str) -> Work:
    """The function at ``"module:name"``, imported when it is first run."""
    module, _, name = place.partition(":")

    def run(attempt: Attempt) -> Result:
        result: Result = getattr(import_module(module), name)(attempt)
        return result

    return run


def groups() -> dict[str, tuple[Experiment, ...]]:
    """The experiments of each group, by its name."""
    prefix = f"{nnexpr.experiments.__name__}."
    packages = [found.name for found in iter_modules(nnexpr.experiments.__path__, prefix) if found.ispkg]
    found = {name.removeprefix(prefix): getattr(import_module(name), "EXPERIMENTS", ()) for name in packages}
    return {name: experiments for name, experiments in found.items() if experiments}


def every() -> tuple[Experiment, ...]:
    """All experiments, group by group."""
    return tuple(experiment for experiments in groups().values() for experiment in experiments)


def find(name: str) -> tuple[Experiment, ...]:
    """The experiments of an id, also without its group, of a group, or ``"all"``.

    Raises :class:`InputError` for another name.
    """
    by_group = {"all": every(), **groups()}
    by_id = {experiment.id: (experiment,) for experiment in by_group["all"]}
    short = {experiment.name: (experiment,) for experiment in by_group["all"]}
    found = by_group.get(name) or by_id.get(name) or short.get(name)
    if not found:
        raise InputError("experiment", name, "there are " + ", ".join([*by_group, *by_id]))
    return found
