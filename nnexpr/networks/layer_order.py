"""The order of layers whose names are attributes: ``fc1``, ``fc2``, ``out``.

An order fits if each layer takes as many numbers as the one before it gives, and if layers whose names differ in
numbers alone are in the order of these (``fc2`` before ``fc10``). A file that keeps the order in which it was given its
tensors, which is that of a module's attributes, is believed where it fits. A sorted file says nothing by its order:
there the fitting order is taken if there is only one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise

__all__ = ["order_of"]

Sizes = tuple[int, int] | None  # what a layer takes and gives; None if it takes any and gives as many

_MOST_STEPS = 10_000  # of a search; there are few orders unless many layers are alike and unnumbered


def order_of(layers: Mapping[str, Sizes], in_order: bool) -> list[str] | None:
    """The names in their order, where it can be known."""
    if in_order:
        stored = list(layers)
        return stored if _fits(stored, layers) else None
    found = list(islice(_orders(layers), 2))
    return found[0] if len(found) == 1 and len(found[0]) == len(layers) else None


def _fits(order: Sequence[str], layers: Mapping[str, Sizes]) -> bool:
    sizes = [size for name in order if (size := layers[name])]
    numbers: dict[str, list[tuple[int, ...]]] = {}
    for name in order:
        numbers.setdefault(_stem(name), []).append(_numbers(name))
    return all(below[1] == above[0] for below, above in pairwise(sizes)) and all(
        each == sorted(each) for each in numbers.values()
    )


def _orders(layers: Mapping[str, Sizes]) -> Iterator[list[str]]:
    """Those that fit, and one that is too short where the search is given up."""
    queues: dict[str, list[str]] = {}
    for name in sorted(layers, key=_numbers):
        queues.setdefault(_stem(name), []).append(name)
    steps = 0

    def on(order: list[str], given: int | None) -> Iterator[list[str]]:
        nonlocal steps
        steps += 1
        if len(order) == len(layers) or steps > _MOST_STEPS:
            yield order
            return
        for queue in queues.values():
            if not queue or ((sizes := layers[queue[0]]) and given not in (None, sizes[0])):
                continue
            name = queue.pop(0)
            yield from on([*order, name], sizes[1] if sizes else given)
            queue.insert(0, name)

    yield from on([], None)


def _stem(name: str) -> str:
    """The name without its numbers."""
    return re.sub(r"\d+", "#", name)


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))
