"""A graph as a chain: layers of which each takes only what is right below it.

What is affine between two bends is one matrix, kept by its columns where it is sparse: a convolution has a few weights
for each of its outputs, a residual sum one more. Layers bend what can be bent at once. Behind their own units they
pass on what is needed further up, as it is or, where that is less, what is made of it: the sum's part of a shortcut,
not all that the shortcut takes. Such a chain is the same function up to the order of sums, and its own units have the
same pre-activations.

Maxima are tournaments (``steps.py``). Two maps one upon the other are multiplied where that gives no more than a few
times their weights, and else the lower one is a layer without units.

Cost: 16 bytes a weight of a sparse matrix, a multiply-add a weight and row to pass it. A convolution has as many
weights as it takes multiply-adds: those that would not fit are refused before they are written out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
import psutil
from scipy import sparse

from nnexpr.activations import PiecewiseLinear
from nnexpr.kernels.sparse import together
from nnexpr.networks.graph.convolution import Convolution
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.maps import Dense
from nnexpr.networks.graph.nodes import Affine, Node
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.steps import Bend, Joined, Mapped, Matrix, Step, entries, steps_of

__all__ = ["Lowered", "lowered", "table_of"]

DENSE = 0.2  # the share of weights from which on a matrix is kept whole: its product leaves out what is zero in a row
WEIGHT = 64  # bytes: 16 kept, and what is held of it besides while the chain is made
DEAR = 4  # a product of two maps may have so many times as many weights as both


@dataclass(frozen=True)
class Lowered:
    """The arrays of a ``Member`` and of its ``Stack``."""

    parameters: Array
    shapes: Index
    runs: Index
    functions: Array
    places: Index
    units: Index


@dataclass(frozen=True, eq=False)
class Value:
    """What some numbers are: ``bias + sum over groups of x_group M``, each ``(units of the group, units)``."""

    parts: dict[int, Matrix]
    bias: Array

    @property
    def weights(self) -> int:
        return sum(part.nnz for part in self.parts.values())


_KEPT: WeakKeyDictionary[Graph, Lowered] = WeakKeyDictionary()


def lowered(graph: Graph) -> Lowered:
    """The chain of a graph, made once and kept for as long as that lives. Raises ValueError where its weights would not
    fit into memory.
    """
    found = _KEPT.get(graph)
    if found is None:
        found = _KEPT[graph] = _lowered(graph)
    return found


def _lowered(graph: Graph) -> Lowered:
    needed, available = WEIGHT * sum(map(_weights, graph.nodes)), psutil.virtual_memory().available
    if needed > available:
        raise ValueError(
            f"the graph's maps, written out, need about {needed / 1e9:.1f} GB of memory, {available / 1e9:.1f} GB are "
            "free; count a smaller network, or a smaller picture"
        )
    return _Chain(*steps_of(graph), graph.inputs).made()


def _weights(node: Node) -> int:
    """At most how many weights a node's map has, written out."""
    if not isinstance(node, Affine):
        return 0
    if isinstance(node.map, Convolution):
        per_unit = int(np.prod(node.map.weights.shape[1:]))
        return per_unit * node.units
    return node.map.weights.size if isinstance(node.map, Dense) else node.units


def table_of(functions: Sequence[PiecewiseLinear]) -> Array:
    """``(functions, 3, most kinks + 1)``: kinks, slopes and intercepts, in the first places."""
    table = np.zeros((len(functions), 3, max((len(each.slopes) for each in functions), default=1)))
    for row, each in zip(table, functions, strict=True):
        for place, numbers in zip(row, (each.kinks, each.slopes, each.intercepts), strict=True):
            place[: len(numbers)] = numbers
    return table


class _Chain:
    """The layers so far, and what every step is, made of the groups of numbers that the last layer gives."""

    def __init__(self, steps: list[Step | None], last: int, inputs: int) -> None:
        self.steps, self.last = steps, last
        self.values: dict[int, Value] = {
            0: Value({0: sparse.eye_array(inputs, format="csr")}, np.zeros(inputs))
        }
        self.groups: dict[int, Index] = {0: np.arange(inputs)}  # where each lies in the last layer
        self.width = inputs
        self.fresh = 1
        self.layers: list[tuple[Matrix, Array, list[tuple[int, int, PiecewiseLinear]], Index]] = []

    def made(self) -> Lowered:
        while self.last not in self.values:
            self._spread()
            if self.last in self.values:
                break
            self._bend(
                {
                    number: step
                    for number, step in enumerate(self.steps)
                    if isinstance(step, Bend) and number not in self.values and step.of in self.values
                }
            )
        matrix = self._over(self.values[self.last])
        self.layers.append((matrix, self.values[self.last].bias, [], np.zeros((0, 2), dtype=np.int64)))
        return self._packed()

    def _spread(self) -> None:
        """Values of all steps that do not bend and take what has one."""
        number = 1
        while number < len(self.steps):
            step = self.steps[number]
            if number not in self.values and isinstance(step, Mapped) and step.of in self.values:
                if not self._mapped(number, step):
                    continue  # held first: the step is another now
            elif (
                number not in self.values
                and isinstance(step, Joined)
                and all(each in self.values for each in step.of)
            ):
                self.values[number] = self._joined(step)
            number += 1

    def _mapped(self, number: int, step: Mapped) -> bool:
        below = self.values[step.of]
        fans = np.diff(step.matrix.indptr)
        product = sum(
            int(np.bincount(part.indices, minlength=len(fans)) @ fans) for part in below.parts.values()
        )
        if product > DEAR * (step.matrix.nnz + below.weights):
            self.steps.append(Bend(step.of))
            self.steps[number] = replace(step, of=len(self.steps) - 1)
            return False
        parts = {group: sparse.csr_array(part @ step.matrix) for group, part in below.parts.items()}
        self.values[number] = Value(parts, below.bias @ step.matrix + step.bias)
        return True

    def _joined(self, step: Joined) -> Value:
        given = [self.values[each] for each in step.of]
        if not step.behind:
            parts: dict[int, Matrix] = {}
            for value in given:
                for group, part in value.parts.items():
                    parts[group] = parts[group] + part if group in parts else part
            return Value(parts, np.sum([value.bias for value in given], axis=0))
        found: dict[int, Matrix] = {}
        for group in dict.fromkeys(group for value in given for group in value.parts):
            rows = next(value.parts[group].shape[0] for value in given if group in value.parts)
            blocks = [value.parts.get(group, sparse.csr_array((rows, len(value.bias)))) for value in given]
            found[group] = sparse.csr_array(sparse.hstack(blocks, format="csr"))
        return Value(found, np.concatenate([value.bias for value in given]))

    def _bend(self, ready: dict[int, Bend]) -> None:
        """One layer: the ``ready`` steps bend, and what is needed later passes."""
        taken = {number: self.values[step.of] for number, step in ready.items()}
        new: dict[int, int] = {}  # the group of each step
        for number in ready:
            units = len(taken[number].bias)
            new[number], self.fresh = self.fresh, self.fresh + 1
            self.values[number] = Value({new[number]: sparse.eye_array(units, format="csr")}, np.zeros(units))
        self._spread()
        blocks, biases, places, runs, names = self._own(ready, taken, new)
        own = sum(block.shape[1] for block in blocks)
        for number, step in ready.items():  # what is only held passes
            if not step.pieces:
                places[new[number]] = own + np.arange(len(taken[number].bias))
                own += len(taken[number].bias)
                blocks.append(self._over(taken[number]))
                biases.append(taken[number].bias)
        self._pass(set(new.values()), blocks, biases, places, own)
        matrix = sparse.csr_array(sparse.hstack(blocks, format="csr"))
        self.layers.append((matrix, np.concatenate(biases), runs, names))
        self.groups, self.width = places, matrix.shape[1]

    def _own(
        self, ready: dict[int, Bend], taken: dict[int, Value], new: dict[int, int]
    ) -> tuple[list[Matrix], list[Array], dict[int, Index], list[tuple[int, int, PiecewiseLinear]], Index]:
        """The units that bend, those of one function together."""
        blocks, biases, places, names, end = [], [], {}, [np.zeros((0, 2), dtype=np.int64)], 0
        runs: list[tuple[int, int, PiecewiseLinear]] = []
        for number, step in ready.items():
            if not step.pieces:
                continue
            order = np.argsort(step.which, kind="stable")
            place = np.empty(len(order), dtype=np.int64)
            place[order] = end + np.arange(len(order))
            places[new[number]] = place
            blocks.append(self._over(taken[number])[:, order])
            biases.append(taken[number].bias[order])
            names.append(step.names[order])
            for which, count in enumerate(np.bincount(step.which, minlength=len(step.pieces)).tolist()):
                if count:
                    runs.append((end, end + count, step.pieces[which]))
                    end += count
        return blocks, biases, places, runs, np.concatenate(names)

    def _pass(
        self, new: set[int], blocks: list[Matrix], biases: list[Array], places: dict[int, Index], width: int
    ) -> None:
        """Append what values that are needed later take from below the new layer."""
        passing = np.full(self.width, -1)  # where a number of the layer below lies above
        for number in self._needed():
            value = self.values[number]
            old = {group: part for group, part in value.parts.items() if group not in new}
            if not old:
                continue
            matrix = self._over(Value(old, value.bias))
            rows = np.flatnonzero(np.diff(matrix.indptr))
            columns = np.flatnonzero(np.bincount(matrix.indices, minlength=matrix.shape[1]))
            parts = {group: part for group, part in value.parts.items() if group in new}
            more = rows[passing[rows] < 0]
            if len(columns) < len(more):
                blocks.append(matrix[:, columns])
                biases.append(np.zeros(len(columns)))
                place = width + np.arange(len(columns))
                width += len(columns)
                entry = entries(
                    (np.arange(len(columns)), columns, 1.0), shape=(len(columns), matrix.shape[1])
                )
            else:
                passing[more] = width + np.arange(len(more))
                if len(more):
                    blocks.append(entries((more, np.arange(len(more)), 1.0), shape=(self.width, len(more))))
                    biases.append(np.zeros(len(more)))
                    width += len(more)
                place, entry = passing[rows], matrix[rows]
            places[self.fresh] = place
            self.values[number] = Value({**parts, self.fresh: sparse.csr_array(entry)}, value.bias)
            self.fresh += 1

    def _needed(self) -> Iterator[int]:
        """The steps whose values are taken by a step that has none yet, or last; all others are forgotten."""
        wanted = {self.last}
        for number, step in enumerate(self.steps):
            if step is not None and number not in self.values:
                wanted |= set(step.of) if isinstance(step, Joined) else {step.of}
        self.values = {
            number: value if number in wanted else Value({}, value.bias)
            for number, value in self.values.items()
        }
        return (number for number in sorted(wanted) if number in self.values)

    def _over(self, value: Value) -> Matrix:
        """A value's matrix over the last layer's numbers."""
        rows, columns, weights = [], [], []
        for group, part in value.parts.items():
            entries = part.tocoo()
            rows.append(self.groups[group][entries.coords[0]])
            columns.append(entries.coords[1])
            weights.append(entries.data)
        shape = (self.width, len(value.bias))
        if not rows:
            return sparse.csr_array(shape)
        return sparse.csr_array(
            (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=shape
        )

    def _packed(self) -> Lowered:
        numbers, places, shapes, runs, functions = [], [], [], [], []
        for place, (matrix, bias, own_runs, names) in enumerate(self.layers):
            matrix.eliminate_zeros()
            inputs, outputs = matrix.shape
            dense = place == len(self.layers) - 1 or matrix.nnz > DENSE * inputs * outputs
            by_column = matrix.tocsc()
            fan = max(int(np.diff(by_column.indptr).max(initial=0)), 1)
            if dense:
                numbers.append(matrix.toarray().ravel())
            else:
                by_column.sort_indices()
                numbers.append(by_column.data)
                offsets, taken = by_column.indptr.astype(np.int64), by_column.indices.astype(np.int64)
                places += [offsets, taken, together(offsets, taken)]
            numbers.append(bias)
            shapes.append((inputs, outputs, len(names), len(own_runs), -1 if dense else matrix.nnz, fan))
            runs += [(first, end, len(piece.kinks)) for first, end, piece in own_runs]
            functions += [piece for *_, piece in own_runs]
        return Lowered(
            parameters=np.concatenate(numbers),
            shapes=np.array(shapes, dtype=np.int64),
            runs=np.array(runs, dtype=np.int64).reshape(-1, 3),
            functions=table_of(functions),
            places=np.concatenate(places) if places else np.zeros(0, dtype=np.int64),
            units=np.concatenate([names for *_, names in self.layers]),
        )
