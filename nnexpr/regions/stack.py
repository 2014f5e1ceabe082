"""A network as the counting needs it: each member's layers in float64, in one row of numbers, without torch.

Layers take what is right below them; for what is added from further down see ``carried.py``, for graphs ``lowered.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nnexpr.activations import ACTIVATIONS, PiecewiseLinear
from nnexpr.kernels.compiled import compiled
from nnexpr.kinds import AffineLayer
from nnexpr.networks.graph.chain import graph_of
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.regions.carried import carried
from nnexpr.regions.layer import Array, Index, Member
from nnexpr.regions.lowered import lowered, table_of

__all__ = ["NotPiecewiseLinear", "Stack"]

NO_PLACES = np.zeros(0, dtype=np.int64)
TIE_TOLERANCE = 2.0**-49  # that of networks of which none is said
LINE = 8  # numbers of a line of the cache
ROUNDING = 2.0**-50  # a smaller tie tolerance could not tell a tie from rounding


class NotPiecewiseLinear(ValueError):
    """The network has an activation or an encoding that is not piecewise linear, so it has no linear regions."""

    def __str__(self) -> str:
        *names, last = (name for name, activation in ACTIVATIONS.items() if activation.pieces)
        known = f"{', '.join(names)} or {last}"
        return f"linear regions need a piecewise-linear network: {known} layers and no encoding"


@dataclass(frozen=True)
class Stack:
    """All members, ``parameters (members, P)``, and what they share; an output layer with kinks is a hidden one more.

    ``shapes``, ``runs``, ``functions``, ``places`` as in ``Member``. ``units (U, 2)``: the hidden units one after
    another, as (layer from 1, unit from 0) of the network; ``firsts``: where among them those of each hidden layer of
    the stack begin; ``hidden``: how many hidden layers the network has; ``measured``: the layers of the stack that have
    units, and the output. ``network``: what it was made of, for what vouches for it, and ``first`` the number of its
    first member here; ``graph``: the same where it is a graph.
    """

    parameters: Array
    shapes: Index
    runs: Index
    functions: Array
    places: Index
    tolerance: float
    units: Index
    firsts: Index
    hidden: int
    measured: Index
    network: Network | Graph
    graph: Graph | None = None
    first: int = 0

    @classmethod
    def of(cls, network: Network | Graph, inputs: int | None = 1, member: int | None = None) -> Stack:
        """A piecewise-linear network of so many inputs, None for any; all members, or one of them.

        Raises NotPiecewiseLinear or ValueError.
        """
        if inputs is not None and network.inputs != inputs:
            raise ValueError(
                f"the network's number of inputs is {network.inputs}; to count these regions it is {inputs}"
            )
        if isinstance(network, Graph):
            return cls._of_graph(network)
        if network.encoding is not None:
            raise NotPiecewiseLinear
        layers, rows, first = network.layers, network.parameters, 0
        if member is not None:
            rows, first = rows[member : member + 1], member
        shapes, runs, functions, units, firsts, bends = _plan(layers)
        if not 0 <= first < network.members:
            raise ValueError(f"member is {member}; the network has members 0 to {network.members - 1}")
        parameters = np.ascontiguousarray(rows.detach().cpu().numpy(), dtype=np.float64)
        inner = shapes[: len(layers)]
        outputs, count = layers[-1].outputs, int((inner[:, 0] + 1) @ inner[:, 1])
        packed = np.empty((len(parameters), count + ((outputs + 1) * outputs if bends else 0)))
        adding = network.architecture.has_additions
        if not (spread(parameters, layers, packed) if adding else pack(parameters, inner, packed)):
            first += int(np.isfinite(parameters).all(axis=1).argmin())
            raise ValueError(f"member {first} has parameters that are not finite")
        if bends:
            packed[:, count:] = np.eye(outputs + 1, outputs).ravel()
        tolerance = max(network.tie_tolerance, ROUNDING)
        hidden, measured = len(shapes) - 1, np.arange(len(layers))
        return cls(
            packed, shapes, runs, functions, NO_PLACES, tolerance, units, firsts, hidden, measured,
            network, first=first,
        )  # fmt: skip

    @classmethod
    def _of_graph(cls, graph: Graph) -> Stack:
        made = lowered(graph)
        return cls(
            made.parameters[None],
            made.shapes,
            made.runs,
            made.functions,
            made.places,
            max(graph.tie_tolerance, ROUNDING),
            made.units,
            _firsts(made.shapes),
            len(graph.bending),
            np.flatnonzero(np.append(made.shapes[:-1, 2] > 0, True)),
            graph,
            graph,
        )

    def member(self, number: int) -> Member:
        """One of them, from 0."""
        return Member(self.parameters[number], *self.shared)

    def source(self, number: int) -> Graph:
        """What a member was made of, as a graph: the very function, where the chain may have rounded a sum."""
        made_of = self.network
        return made_of if isinstance(made_of, Graph) else graph_of(made_of, self.first + number)

    @property
    def is_literal(self) -> bool:
        """Whether kinks coincide only where they do so for the weights as they are: no tolerance was given for that."""
        return self.network.tie_tolerance == TIE_TOLERANCE

    @property
    def shared(self) -> tuple[Index, Index, Array, Index, float]:
        """What all members have, as in ``Member``."""
        return self.shapes, self.runs, self.functions, self.places, self.tolerance

    def named(self, births: Index, rows: Index) -> tuple[Index, Index]:
        """Layers and units, as the network calls them, of some ``rows`` of ``births (n, 2)``, (hidden layer of the
        stack from 1, place in it); those of a ``Network`` have their names already.
        """
        layers, units = births[rows, 0], births[rows, 1]
        if self.graph is None:
            return layers, units
        found = self.units[self.firsts[layers - 1] + units]
        return found[:, 0], found[:, 1]

    def layers_of(self, layers: Index) -> Index:
        """Hidden layers of the stack, from 1, as the network counts them, the lowest of several; 0 and more than there
        are stay what they are.
        """
        lowest = np.arange(len(self.shapes) + 1)
        for number, (first, own) in enumerate(zip(self.firsts, self.shapes[:, 2], strict=False), 1):
            if own:
                lowest[number] = self.units[first : first + own, 0].min()
        lowest[-1] = self.hidden + 1
        return lowest[layers]


@lru_cache
def _plan(layers: tuple[AffineLayer, ...]) -> tuple[Index, Index, Array, Index, Index, bool]:
    """Shapes, runs, functions, hidden units, where those of each layer begin, and whether the output layer has kinks.

    Then it is one more hidden layer, below an identity.
    """
    activations = [ACTIVATIONS[layer.activation].pieces for layer in layers]
    known = [pieces for pieces in activations if pieces is not None]
    if len(known) < len(layers):
        raise NotPiecewiseLinear
    sizes = [(each.inputs, each.outputs, each.passing) for each in carried(layers)]
    bends = bool(known[-1].kinks)
    if bends:
        sizes.append((layers[-1].outputs, layers[-1].outputs, 0))
        known.append(PiecewiseLinear((), (1.0,), (0.0,)))
    shapes = [(a, b, b - passing, 1, -1, a) for a, b, passing in sizes]
    runs = [(0, own, len(each.kinks)) for (_, _, own, *_), each in zip(shapes, known, strict=True)]
    units = [(layer, unit) for layer, (_, _, own, *_) in enumerate(shapes[:-1], 1) for unit in range(own)]
    made = np.array(shapes, dtype=np.int64)
    return (
        made,
        np.array(runs, dtype=np.int64),
        table_of(known),
        np.array(units, dtype=np.int64).reshape(-1, 2),
        _firsts(made),
        bends,
    )


def _firsts(shapes: Index) -> Index:
    """Where among all hidden units those of each hidden layer begin."""
    return np.concatenate([[0], np.cumsum(shapes[:-1, 2])])[:-1]


@compiled
def pack(parameters: Array, shapes: Index, packed: Array) -> bool:
    """Write the layers, [W | b] row by row, as transposed weights and then biases; whether all is finite."""
    infinite = 0
    for member in range(len(parameters)):
        start = 0
        for layer in range(len(shapes)):
            inputs, outputs = shapes[layer, 0], shapes[layer, 1]
            for first in range(0, outputs, LINE):
                end = min(first + LINE, outputs)
                for each in range(inputs + 1):
                    for unit in range(first, end):
                        number = parameters[member, start + unit * (inputs + 1) + each]
                        packed[member, start + each * outputs + unit] = number
            start += (inputs + 1) * outputs
        for each in range(start):
            infinite += not abs(parameters[member, each]) < np.inf
    return infinite == 0


def spread(parameters: Array, layers: Sequence[AffineLayer], packed: Array) -> bool:
    """The same as ``pack`` where layers add what others gave, which those between pass on."""
    taken, written = 0, 0
    for layer, wider in zip(layers, carried(layers), strict=True):
        block = np.zeros((len(parameters), wider.inputs + 1, wider.outputs))
        own = parameters[:, taken : taken + layer.size].reshape(-1, layer.outputs, layer.inputs + 1)
        block[:, : layer.inputs, : layer.outputs] = own[:, :, :-1].transpose(0, 2, 1)
        block[:, -1, : layer.outputs] = own[:, :, -1]
        for below, above in wider.ones:
            block[:, below, above] += 1.0
        packed[:, written : written + block[0].size] = block.reshape(len(parameters), -1)
        taken, written = taken + layer.size, written + block[0].size
    return bool(np.isfinite(parameters).all())
