"""A graph in rational arithmetic: the very function that its float64 numbers are, without rounding."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction

from nnexpr.activations import PiecewiseLinear
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.nodes import Affine, Concatenate, Kinks, Maximum, Node, Sum

__all__ = ["exact_values"]

Numbers = list[Fraction]


def exact_values(graph: Graph, x: Sequence[Fraction | int | float]) -> list[Numbers]:
    """What every node gives at one point, ``x: (inputs,)``, exactly; slow, for small graphs and as an oracle."""
    if len(x) != graph.inputs:
        raise ValueError(f"x has {len(x)} numbers; the graph has {graph.inputs} inputs")
    found: list[Numbers] = [[Fraction(number) for number in x]]
    for node in graph.nodes[1:]:
        found.append(_given(node, [found[below] for below in node.of]))
    return found


def _given(node: Node, given: list[Numbers]) -> Numbers:
    z = given[0]
    match node:
        case Affine():
            entries = node.map.sparse().tocoo()
            made = [Fraction(float(bias)) for bias in node.bias]
            for below, above, entry in zip(*entries.coords, entries.data, strict=True):
                made[above] += Fraction(float(entry)) * z[below]
            return made
        case Sum():
            return [sum(terms, Fraction(0)) for terms in zip(*given, strict=True)]
        case Concatenate():
            return [number for each in given for number in each]
        case Kinks():
            return [_bent(node.pieces[which], number) for which, number in zip(node.which, z, strict=True)]
        case Maximum():
            return [max(z[below] for below in group if below >= 0) for group in node.groups]
    raise TypeError(f"a graph has no node {type(node).__name__}")


def _bent(function: PiecewiseLinear, z: Fraction) -> Fraction:
    piece = bisect_left(function.kinks, z)
    return Fraction(function.slopes[piece]) * z + Fraction(function.intercepts[piece])
