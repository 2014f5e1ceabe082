"""What is done with an engine that is wrong, or a constant that is: an experiment as a whole, or one step of it.

What a claim is judged by is measured, by something that was broken on purpose, or it is read from numbers that are
right by something that was. With the same sizes and nothing broken the claims do not fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from nnexpr.experiments.attempt import Attempt, Item
from nnexpr.experiments.data import Claim
from nnexpr.experiments.discovery import find

__all__ = ["Broken", "Claims", "Patch", "Small", "given", "never_learns", "whole"]

Patch = pytest.MonkeyPatch
Claims = Iterable[Claim]
Fault = Callable[[Patch], None]


class Small(Attempt):
    """An attempt of a quick one's sizes whose claims are judged as those of a full one."""

    def choose(self, full: Item, quick: Item, large: Item | None = None) -> Item:
        return quick


@dataclass(frozen=True)
class Broken:
    """``fault`` breaks something, ``found`` measures and judges, and the claims of these names then fail.

    ``sizes``: constants of modules that make it smaller yet, by their places, with the fault and without.
    """

    name: str
    fault: Fault
    found: Callable[[], Claims]
    fails: tuple[str, ...]
    sizes: Mapping[str, Any] = field(default_factory=dict)

    def verdicts(self, patch: Patch, *, broken: bool) -> dict[str, str]:
        """Verdicts by the names of claims."""
        for place, value in self.sizes.items():
            patch.setattr(place, value)
        if broken:
            self.fault(patch)
        return {claim.id: claim.verdict for claim in self.found()}


@dataclass(frozen=True)
class whole:  # noqa: N801 - read as a function
    """All of an experiment, at its quick sizes."""

    name: str

    def __call__(self) -> Claims:
        [experiment] = find(self.name)
        return experiment.run(Small()).claims


def given(place: str, value: Any) -> Fault:
    """Another value at a place."""
    return lambda patch: patch.setattr(place, value)


def never_learns(patch: Patch) -> None:
    """Training takes steps of length 0."""
    patch.setattr(
        "nnexpr.training.session.learning_rates",
        lambda schedule, base, first, count, epochs: [0.0] * count,
    )
