"""Safetensors files: tensors by name and a few texts. Nothing in one is ever run, and what is not whole is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from nnexpr.specification import InputError

__all__ = ["opened", "read_tensors"]

_LARGEST_HEADER = 100_000_000  # bytes; the format's own limit


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """The file, for reading; InputError says in one sentence why it cannot be."""
    try:
        with Path(path).open("rb") as file:
            yield file
    except FileNotFoundError:
        raise InputError("file", str(path), "there is no such file") from None
    except OSError as error:
        raise InputError("file", str(path), f"it cannot be read: {error.strerror}") from None


def read_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file; InputError says in one sentence why it cannot be read."""
    with opened(path) as file:
        data = file.read()
    header = _header(path, data)
    try:
        tensors = load(data)
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError):
        raise InputError(
            "file", str(path), "it looks like a safetensors file, but its tensors cannot be read"
        ) from None
    metadata = header.get("__metadata__")
    return tensors, metadata if isinstance(metadata, dict) else {}


def _header(path: str | os.PathLike[str], data: bytes) -> dict[str, Any]:
    """The JSON at the head of a safetensors file; all the bytes that it announces are there."""
    foreign = InputError("file", str(path), "it is not a safetensors file")
    size = int.from_bytes(data[:8], "little")
    if len(data) < 9 or size > _LARGEST_HEADER or data[8:9] != b"{":
        raise foreign
    short = f"it is cut short: {len(data)} bytes of {{}}"
    if len(data) < 8 + size:
        raise InputError("file", str(path), short.format(f"more than {8 + size}"))
    try:
        header: dict[str, Any] = json.loads(data[8 : 8 + size])
        entries = [entry for name, entry in header.items() if name != "__metadata__"]
        end = 8 + size + max((int(entry["data_offsets"][1]) for entry in entries), default=0)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise foreign from None
    if len(data) < end:
        raise InputError("file", str(path), short.format(end))
    return header
