"""Depth against width on the line: how many linear pieces composing buys, and what they cost without depth.

The tent T(x) = 1 − |2x − 1| maps [0, 1] onto itself twice, so T composed k times has 2^k linear pieces. A network of k
hidden layers of two units is that function: 2k units and 6k + 1 parameters (``nnexpr.tent``). Without depth each of
the pieces has to be bought:

- a function of l hidden layers of m ReLUs has at most (m + 1)^l pieces (each unit bends once on each piece below), so
  2^k pieces ask for m >= 2^{k/l} − 1 units a layer: exponential in k while l is fixed;
- Telgarsky's own count, for activations of t pieces, is (tm)^l, here (2m)^l;
- on n = 2^k points labelled 0, 1, 0, 1, ... a function of at most s pieces, rounded at 1/2, is wrong on a share of at
  least (n − 4s)/(3n) of them. So no fixed accuracy comes cheaper than all the pieces but a factor.

Sources: M. Telgarsky, "Representation benefits of deep feedforward networks", arXiv 1509.08101;
"Benefits of depth in neural networks", COLT 2016.
"""

from __future__ import annotations

__all__ = ["alternation_error", "least_width", "most_pieces", "telgarsky_pieces"]


def most_pieces(width: int, layers: int) -> int:
    """(width + 1)^layers: linear pieces on the line of ``layers`` hidden layers of ``width`` ReLUs, at most."""
    _check(width=width, layers=layers)
    return int((width + 1) ** layers)


def telgarsky_pieces(width: int, layers: int, kinks: int = 1) -> int:
    """((kinks + 1) width)^layers, Telgarsky's bound on the same for activations of so many kinks; never the smaller."""
    _check(width=width, layers=layers, kinks=kinks)
    return int(((kinks + 1) * width) ** layers)


def least_width(pieces: int, layers: int) -> int:
    """The least width for which ``layers`` hidden layers of ReLUs could have ``pieces`` linear pieces on the line.

    >>> [least_width(2**20, layers) for layers in (1, 2, 4, 20)]
    [1048575, 1023, 31, 1]
    """
    _check(pieces=pieces, layers=layers)
    low, high = 0, pieces  # (low + 1)^layers < pieces <= (high + 1)^layers, unless low is enough
    while low < high:
        middle = (low + high) // 2
        if (middle + 1) ** layers >= pieces:
            high = middle
        else:
            low = middle + 1
    return max(1, low)


def alternation_error(points: int, pieces: int) -> float:
    """The share of ``points`` alternating labels that a function of ``pieces`` linear pieces gets wrong, at least."""
    _check(points=points, pieces=pieces)
    return max(0, points - 4 * pieces) / (3 * points)


def _check(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"{name} is {number}; it must be at least 1")
