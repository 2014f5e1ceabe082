"""A fit in a few words: what it has that is not as usual, and what two of them have otherwise.

Pure functions of specifications. Importing this costs neither NumPy nor torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from nnexpr.specification import OPTIONS, FitSpecification

__all__ = ["UNTOLD", "described", "difference", "differing", "in_short"]

PLAIN = FitSpecification.make().network
UNTOLD = ("domain", "epochs", "device", "threads")  # of a run, in a few words


def described(specification: FitSpecification) -> str:
    """What is not as it is unless told otherwise, ``width 32, cube``; of another network than an mlp its name first."""
    name = specification.network
    told = difference(FitSpecification.make(network=name), specification, but=UNTOLD)
    return told if told and name == PLAIN else f"{name}, {told}" if told else name


def difference(base: FitSpecification, other: FitSpecification, *, but: tuple[str, ...] = ()) -> str:
    """What ``other`` has otherwise, as its options are spelled: ``width 32, tanh``; empty for nothing.

    ``but``: options that are not told.
    """
    told = []
    for each in fields(other):
        value, option = getattr(other, each.name), OPTIONS[each.name]
        if value != getattr(base, each.name) and other.relevant(each.name) and each.name not in but:
            spelled = option.format(value) or "none"
            told.append(
                spelled if option.kind in ("choice", "text") else f"{each.name.replace('_', ' ')} {spelled}"
            )
    return ", ".join(told)


def differing(fits: Sequence[FitSpecification]) -> list[tuple[str, tuple[str, ...]]]:
    """Each option that is not the same in all: its label, and its value in each, empty where it means nothing there."""
    found = []
    for name, option in OPTIONS.items():
        values = tuple(
            (option.format(getattr(fit, name)) or "none") if fit.relevant(name) else "" for fit in fits
        )
        if len(set(values)) > 1:
            found.append((option.label, values))
    return found


def in_short(fit: FitSpecification) -> str:
    """The network in a few words: its kind, depth and width or knots, and activation: ``mlp 3×16 relu``."""
    told = fit.network
    if fit.relevant("knots"):
        return f"{told} {fit.knots}"
    told += f" {fit.depth}"
    if fit.relevant("width"):
        told += "×" + ",".join(map(str, fit.width))
    return f"{told} {fit.activation}" if fit.relevant("activation") else told
