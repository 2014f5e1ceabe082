"""ONNX files in and out; nothing else imports ``onnx``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nnexpr.atomic import write_atomically
from nnexpr.extras import require

if TYPE_CHECKING:
    from nnexpr.networks.graph.graph import Graph
    from nnexpr.networks.network import Network

__all__ = ["from_onnx", "to_onnx"]


def from_onnx(
    path: str | os.PathLike[str], up_to: str | None = None, input_shape: Sequence[int] | None = None
) -> Network | Graph:
    """The network in an ONNX file: a :class:`Network` where it is a plain stack of layers on a vector, else a Graph.

    ``up_to`` names a node, or what it gives, before which to stop. ``input_shape`` is that of one point, without the
    batch, where the file leaves it open. The file is read as data: nothing of it is run, and weights in other files are
    read from its own folder alone. What is not piecewise linear is an InputError with its name and place, and so is a
    file whose values at random points are not those of the format's reference implementation. Needs the package
    ``onnx``; MissingExtra says how to get it.
    """
    require("onnx", "onnx", "ONNX files are read with")
    from nnexpr.networks.onnx.reading import read

    return read(path, up_to, input_shape)


def to_onnx(network: Network | Graph, path: str | os.PathLike[str], member: int = 0) -> None:
    """Write one member as an ONNX file, from ``x (points, inputs)`` to ``y (points, outputs)``, in its own precision.

    A graph keeps the shapes of its input and output. Raises InputError for an unknown member, an input encoding, and an
    activation that ONNX has no operator for; MissingExtra where the package ``onnx`` is not there.
    """
    require("onnx", "onnx", "ONNX files are written with")
    from nnexpr.networks.onnx.writing import model_of

    write_atomically(Path(path), model_of(network, member).SerializeToString())
