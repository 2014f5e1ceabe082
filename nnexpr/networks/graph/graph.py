"""The graph: a piecewise-linear network as nodes in order, for counting its regions.

Convolutions, residual sums, maxima and functions that differ from unit to unit are nodes of it; a :class:`Network` is
one case (``chain.py``). It holds one network, in float64, and is not trained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnexpr.networks.graph.maps import Array, Dense, Diagonal, Selection
from nnexpr.networks.graph.nodes import Affine, Concatenate, Input, Kinks, Maximum, Node, Sum
from nnexpr.shown import Shown

__all__ = ["Graph"]


@dataclass(frozen=True, eq=False)
class Graph(Shown):
    """``nodes`` in an order in which each takes earlier ones: the first is the input, the last the output.

    ``names``: of each node, as its module or file calls it, or empty. ``input_shape``, ``output_shape``: how the
    numbers of one point lie, such as ``(1, 28, 28)``. ``domain`` and ``tie_tolerance``: see :class:`Network`.
    """

    nodes: tuple[Node, ...]
    names: tuple[str, ...]
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    domain: tuple[tuple[float, float], ...] | None = None
    tie_tolerance: float = 2.0**-49

    def __post_init__(self) -> None:
        if not self.nodes or len(self.names) != len(self.nodes):
            raise ValueError(f"a graph of {len(self.nodes)} nodes has {len(self.names)} names")
        for number, node in enumerate(self.nodes):
            if isinstance(node, Input) != (number == 0) or any(not 0 <= i < number for i in node.of):
                raise ValueError(
                    f"node {number} takes {node.of}; each takes earlier nodes, and the first none"
                )
        if prod(self.input_shape) != self.inputs or prod(self.output_shape) != self.outputs:
            raise ValueError(
                f"{self.inputs} inputs and {self.outputs} outputs are no {self.input_shape} and {self.output_shape}"
            )
        if self.domain is not None and len(self.domain) != self.inputs:
            raise ValueError(
                f"the domain has {len(self.domain)} intervals; the graph has {self.inputs} inputs"
            )

    def __repr__(self) -> str:
        """Shapes and what lies between: ``1×28×28 to 10, 2 affine maps, 9,216 kinks``."""
        return f"<Graph {', '.join(self._described())}>"

    def _described(self) -> Iterator[str]:
        yield " to ".join("×".join(map(str, shape)) for shape in (self.input_shape, self.output_shape))
        counts = Counter(type(node) for node in self.nodes)
        units: Counter[type[Node]] = Counter()
        for node in self.nodes:
            units[type(node)] += node.units
        for kind, word in ((Affine, "affine map"), (Sum, "sum"), (Concatenate, "concatenation")):
            if counts[kind]:
                yield f"{counts[kind]:,} {word}{'s' * (counts[kind] != 1)}"
        for bent, word in ((Kinks, "units with kinks"), (Maximum, "maxima")):
            if units[bent]:
                yield f"{units[bent]:,} {word}"

    @property
    def members(self) -> int:
        """One."""
        return 1

    @property
    def inputs(self) -> int:
        """Dimension of x."""
        return self.nodes[0].units

    @property
    def outputs(self) -> int:
        """Dimension of the output."""
        return self.nodes[-1].units

    @property
    def is_piecewise_linear(self) -> bool:
        """Always."""
        return True

    @property
    def bending(self) -> tuple[int, ...]:
        """The nodes that bend, by number, in order: units are (l, i), unit i of the l-th of them, l from 1."""
        return tuple(number for number, node in enumerate(self.nodes) if node.bends)

    @overload
    def __call__(self, x: Tensor) -> Tensor: ...

    @overload
    def __call__(self, x: NDArray[Any] | Sequence[Any]) -> Array: ...

    def __call__(self, x: Tensor | NDArray[Any] | Sequence[Any]) -> Tensor | Array:
        """The outputs ``(1, points, outputs)`` in float64, at ``x: (points, inputs)`` or ``(points, *input_shape)``.

        A tensor gives a tensor, through which no gradient flows; of one input ``x`` may be ``(points,)``.
        """
        if isinstance(x, Tensor):
            return torch.from_numpy(self(x.detach().cpu().double().numpy())).to(x.device)
        return self.values(x)[-1][None]

    def values(self, x: NDArray[Any] | Sequence[Any]) -> list[Array]:
        """What every node gives, ``(points, units)``; ``x`` as for a call."""
        given = np.asarray(x, dtype=np.float64)
        shape = given.shape
        if shape[1:] not in ((self.inputs,), self.input_shape) and not (given.ndim == self.inputs == 1):
            raise ValueError(
                f"x has shape {shape}; expected (points, {self.inputs}) or points of {self.input_shape}"
            )
        found = [given.reshape(shape[0], self.inputs)]
        for node in self.nodes[1:]:
            found.append(node.evaluate(*(found[below] for below in node.of)))
        return found

    def select(self, members: Sequence[int]) -> Graph:
        """Itself, of ``[0]``, as a network's members are selected."""
        if list(members) != [0]:
            raise IndexError(f"members are {list(members)}; a graph has member 0 alone")
        return self

    def member(self, index: int) -> Graph:
        """Itself, of 0."""
        return self.select([index])

    def output(self, index: int) -> Graph:
        """The graph of one output, ``index`` from 0 in C order."""
        pick = np.array([range(self.outputs)[index]])
        last = Affine(of=(len(self.nodes) - 1,), map=Selection(pick, self.outputs), bias=np.zeros(1))
        return replace(self, nodes=(*self.nodes, last), names=(*self.names, ""), output_shape=(1,))

    def margin(self, index: int) -> Graph:
        """The graph of one output minus the largest of the others, of which there must be some."""
        own, last = range(self.outputs)[index], len(self.nodes) - 1
        others = np.delete(np.arange(self.outputs), own)
        if not len(others):
            raise ValueError("the graph has one output; a margin is over others")
        pick = np.zeros((self.outputs, 1))
        pick[own] = 1.0
        added: tuple[Node, ...]
        if len(others) == 1:
            pick[others] = -1.0
            added = (Affine(of=(last,), map=Dense(pick), bias=np.zeros(1)),)
        else:
            added = (
                Affine(of=(last,), map=Selection(np.array([own]), self.outputs), bias=np.zeros(1)),
                Maximum(of=(last,), groups=others[None]),
                Affine(of=(last + 2,), map=Diagonal(-np.ones(1)), bias=np.zeros(1)),
                Sum(of=(last + 1, last + 3), size=1),
            )
        names = (*self.names, *("margin",) * len(added))
        return replace(self, nodes=(*self.nodes, *added), names=names, output_shape=(1,))
