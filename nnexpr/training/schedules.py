"""What changes over the epochs by itself: the learning rate and the stage."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nnexpr.specification import FitSpecification, InputError, parse_schedule

__all__ = ["Stages", "changed", "learning_rates"]


def learning_rates(schedule: str, base: float, first: int, count: int, epochs: int) -> list[float]:
    """The learning rates of the updates that lead from the epochs ``first .. first + count`` each to the next.

    ``constant``: base. ``cosine``: base (1 + cos(pi epoch / epochs)) / 2.
    ``step:EVERY:FACTOR``: base FACTOR^(epoch // EVERY). ``steps:EPOCH=RATE,...``, alone or behind the others: RATE in
    place of base from that epoch on.

    One epoch's rate does not depend on which others are asked for, to the bit.
    """
    kind, every, factor, changes = parse_schedule(schedule)
    if kind == "constant" and not changes:
        return [base] * count
    numbers = range(first, first + count)
    bases = [base_at(epoch, base, changes) for epoch in numbers]
    if kind == "constant":
        return bases
    if kind == "step":
        return [base * factor ** (epoch // every) for base, epoch in zip(bases, numbers, strict=True)]
    return [
        base * 0.5 * (1.0 + math.cos(math.pi * min(epoch, epochs) / max(1, epochs)))
        for base, epoch in zip(bases, numbers, strict=True)
    ]


def base_at(epoch: int, base: float, changes: Iterable[tuple[int, float]]) -> float:
    """The rate that the schedule's shape is multiplied with."""
    return max((change for change in changes if change[0] <= epoch), default=(0, base))[1]


def changed(spec: FitSpecification, epoch: int, options: Mapping[str, Any]) -> FitSpecification:
    """With other options from an epoch on.

    What has been trained with another rate stays in the schedule, so that the specification repeats the run.
    """
    asked = spec.replace(**options)
    if epoch == 0 or not {"lr", "schedule"}.intersection(options):
        return asked
    shape = parse_schedule(asked.schedule)
    rates = dict(shape.changes or parse_schedule(spec.schedule).changes)
    if "lr" in options and base_at(epoch, spec.lr, rates.items()) != asked.lr:
        rates[epoch] = asked.lr
    return asked.replace(lr=spec.lr, schedule=str(shape._replace(changes=tuple(sorted(rates.items())))))


class Stages:
    """The stages of a compositional network, one after another: see ``stages.py``.

    Each takes an equal share of the epochs that ``spec`` asks for when training begins; epochs added later go to the
    last one, and :meth:`end` ends one early. ``ends``: the first epoch after each but the last.
    """

    def __init__(self, spec: FitSpecification) -> None:
        self._stages = tuple(spec.stages or (3,))
        share = max(1, spec.epochs // len(self._stages))
        self.ends = [share * k for k in range(1, len(self._stages))]

    def _place(self, epoch: int) -> int:
        return sum(end <= epoch for end in self.ends)

    def at(self, epoch: int) -> int:
        """The stage that the epoch belongs to: 1, 2 or 3."""
        return self._stages[self._place(epoch)]

    def end(self, epoch: int) -> None:
        """The next stage begins with ``epoch``, the first that is not trained yet; InputError in the last one."""
        place = self._place(epoch)
        if place == len(self.ends):
            raise InputError("stages", str(self._stages[-1]), "no stage follows it")
        self.ends[place] = epoch

    def parts(self, epoch: int, count: int) -> Iterator[tuple[int, int, slice]]:
        """``count`` epochs from ``epoch`` on by stage: it, its epochs before, and which of the count are its."""
        done = 0
        while done < count:
            place = self._place(epoch + done)
            ahead = [end - epoch for end in self.ends[place : place + 1]]
            until = min(count, *ahead) if ahead else count
            begins = self.ends[place - 1] if place else 0
            yield self._stages[place], epoch + done - begins, slice(done, until)
            done = until
