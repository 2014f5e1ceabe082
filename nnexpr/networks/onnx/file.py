"""An ONNX file as data: its nodes and its arrays, with nothing run and nothing read outside its folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.inliner
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from nnexpr.files import HEAD, FileError, kind_of_file, open_ordinary, require_room

__all__ = ["array_of", "attributes_of", "read_model"]

MOST_NODES = 100_000  # with those that calls of functions stand for


def read_model(path: str | os.PathLike[str]) -> ModelProto:
    """The model, whose weights in other files are read from its folder; FileError says why it cannot be."""
    with open_ordinary(path) as file:
        size = os.fstat(file.fileno()).st_size
        require_room(size, 4.0 * size)
        content = file.read()
    if not content:
        raise FileError("it is empty")
    kind = kind_of_file(content[:HEAD])
    if kind:
        raise FileError(f"it is {kind}, not an ONNX file")
    try:
        model = onnx.load_model_from_string(content)
    except Exception:  # protobuf's errors
        raise FileError("it is not an ONNX file, or it is damaged") from None
    if not model.graph.node and not model.graph.output:
        raise FileError("it is not an ONNX file, or it is damaged")
    if model.functions:
        model = _inlined(model)
    for tensor in _tensors(model):
        if tensor.data_location == TensorProto.EXTERNAL:
            _bring(tensor, Path(path).parent)
    return model


def array_of(tensor: TensorProto) -> NDArray[Any]:
    """The numbers of a tensor; half precision and bfloat16 as float32."""
    try:
        numbers: NDArray[Any] = numpy_helper.to_array(tensor)
    except Exception:  # a damaged tensor can fail anywhere
        raise FileError(f"the tensor {tensor.name[:60]!r} is damaged") from None
    if numbers.dtype.kind == "c":
        raise FileError(f"the tensor {tensor.name[:60]!r} has complex numbers")
    return (
        numbers.astype(np.float32) if numbers.dtype.itemsize < 4 and numbers.dtype.kind in "fV" else numbers
    )


def attributes_of(node: NodeProto) -> dict[str, Any]:
    """By name; text is a string, a tensor an array."""
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        value = helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        found[attribute.name] = array_of(value) if isinstance(value, TensorProto) else value
    return found


def _inlined(model: ModelProto) -> ModelProto:
    """With the nodes of its functions in the places of their calls; FileError where they would be too many."""
    bodies = {(each.domain, each.name): each.node for each in model.functions}
    sizes: dict[tuple[str, str], int] = {}

    def size_of(nodes: Iterable[NodeProto], above: frozenset[tuple[str, str]]) -> int:
        size = 0
        for node in nodes:
            name = node.domain, node.op_type
            if name in above:
                raise FileError(f"its function {node.op_type[:60]!r} calls itself")
            if name in bodies and name not in sizes:
                sizes[name] = size_of(bodies[name], above | {name})
            inner = (attribute.g.node for attribute in node.attribute if attribute.HasField("g"))
            size += sizes.get(name, 1) + sum(size_of(each, above) for each in inner)
        return size

    try:
        if (size := size_of(model.graph.node, frozenset())) > MOST_NODES:
            raise FileError(f"its functions stand for {size:.3g} nodes; at most {MOST_NODES:,} are read")
        return onnx.inliner.inline_local_functions(model)
    except FileError:
        raise
    except Exception:  # the inliner's, and a depth without end
        raise FileError("its functions cannot be put in the places of their calls") from None


def _tensors(model: ModelProto) -> Iterator[TensorProto]:
    yield from model.graph.initializer
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t


def _bring(tensor: TensorProto, folder: Path) -> None:
    """The bytes of a tensor that another file of the folder holds, into it."""
    where = {entry.key: entry.value for entry in tensor.external_data}
    name = where.get("location", "")
    path = folder / name
    if (
        not name
        or "\0" in name
        or Path(name).is_absolute()
        or not path.resolve().is_relative_to(folder.resolve())
    ):
        raise FileError(
            f"its weights are in the file {name[:60]!r}, which is not in its folder; nothing else is read"
        )
    try:
        start, length = int(where.get("offset", 0)), int(where.get("length", -1))
    except ValueError:
        raise FileError(f"the tensor {tensor.name[:60]!r} is damaged") from None
    try:
        with open_ordinary(path) as file:
            size = os.fstat(file.fileno()).st_size
            length = size - start if length < 0 else length
            if not 0 <= start <= start + length <= size:
                raise FileError(f"the tensor {tensor.name[:60]!r} ends behind the file of its weights")
            require_room(length, 4.0 * length)
            file.seek(start)
            tensor.raw_data = file.read(length)
    except FileError as error:
        raise FileError(f"its weights are in the file {name[:60]!r}: {error}") from None
    tensor.data_location = TensorProto.DEFAULT
