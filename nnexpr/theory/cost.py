"""What a fully connected network costs: parameters, arithmetic, memory; and the shapes that cost the same.

With widths n_0, n_1, ..., n_L (inputs first, outputs last)

    parameters   P = Σ_l n_l (n_{l-1} + 1)
    a forward pass at one input: Σ_l n_l n_{l-1} multiplications and as many additions (the bias starts each sum), and
    Σ_l n_l activations held if all layers are kept

Source: counting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

__all__ = ["equal_shapes", "forward_operations", "parameter_count"]


def parameter_count(widths: Sequence[int]) -> int:
    """Weights and biases: Σ n_l (n_{l-1} + 1), ``widths`` from the inputs to the outputs.

    The formula of print, which claims judge a network's own count by; so it does not ask the network.
    """
    _check(widths)
    return sum(above * (below + 1) for below, above in pairwise(widths))


def forward_operations(widths: Sequence[int]) -> int:
    """Floating-point operations of the affine layers at one input: 2 Σ n_l n_{l-1}."""
    _check(widths)
    return 2 * sum(above * below for below, above in pairwise(widths))


def equal_shapes(
    parameters: int, hidden_layers: int, inputs: int = 1, outputs: int = 1
) -> Iterator[tuple[int, ...]]:
    """All hidden widths that give exactly ``parameters``, for one to three hidden layers.

    >>> list(equal_shapes(97, 1)), (8, 8) in equal_shapes(97, 2)
    ([(32,)], True)
    """
    if not 1 <= hidden_layers <= 3:
        raise ValueError(f"hidden_layers is {hidden_layers}; it must be 1, 2 or 3")
    yield from _completed((), inputs, parameters - outputs, hidden_layers, outputs)


def _completed(
    chosen: tuple[int, ...], below: int, left: int, layers: int, outputs: int
) -> Iterator[tuple[int, ...]]:
    """The shapes that begin with ``chosen``; ``left``: parameters for the layers to come but the outputs' biases."""
    if layers == 1:  # width w costs (below + 1) w, and outputs w above
        width, rest = divmod(left, below + 1 + outputs)
        if rest == 0 and width >= 1:
            yield (*chosen, width)
        return
    for width in range(1, left // (below + 1) + 1):
        yield from _completed((*chosen, width), width, left - width * (below + 1), layers - 1, outputs)


def _check(widths: Sequence[int]) -> None:
    if len(widths) < 2 or min(widths) < 1:
        raise ValueError(f"widths are {list(widths)}; give inputs and outputs at least, each at least 1")
