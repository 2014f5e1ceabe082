"""Files of tensors: safetensors, and what torch.save wrote. Nothing in one is ever run.

Looked at before tensors are read: whether it is an ordinary file, what its first bytes are, its size, and what its head
announces, which is believed only as far as the file goes. So a pipe, a device, a sparse file and a packed archive are
refused before they can hold the reader or fill the memory.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import warnings
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from nnexpr.files import FETCH_LFS, FileError, kind_of_file, open_ordinary, require_room, unreadable
from nnexpr.specification import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Content",
    "holds_all",
    "opened",
    "read_arrays",
    "read_content",
    "read_metadata",
    "read_tensors",
    "tensors_in",
]

_LARGEST_HEADER = 100_000_000  # bytes; the format's own limit
_NUMBERS = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}  # types, as NumPy calls them
_HEAD = 4096  # bytes, enough to know the kind of file
_ZIP = b"PK\x03\x04"
_NOT_WRITTEN = "it is not a file that torch.save wrote, or it is damaged"

Path = str | os.PathLike[str]


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The file for reading and its size; what goes wrong in reading it is an InputError of one sentence."""
    try:
        with open_ordinary(path) as file:
            yield file, os.fstat(file.fileno()).st_size
    except FileError as error:
        raise InputError("file", os.fspath(path), str(error)) from None
    except OSError as error:
        raise InputError("file", os.fspath(path), str(unreadable(error))) from None


class Content(NamedTuple):
    """What a file holds, its metadata, and whether it keeps the order in which it was given its tensors."""

    held: Any
    metadata: dict[str, str]
    in_order: bool


def read_content(path: Path) -> Content:
    """What a safetensors file or a file of torch.save holds, told apart by their first bytes.

    The writer of safetensors sorts tensors by their names.
    """
    with opened(path) as (file, size):
        head = file.read(_HEAD)
        file.seek(0)
        if head[8:9] == b"{" and not head.startswith(_ZIP):
            return Content(*_safetensors(file, size), in_order=False)
        return Content(_pickled(file, size, head), {}, in_order=True)


def read_tensors(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Tensors and metadata of a safetensors file; InputError says in one sentence why it cannot be read."""
    with opened(path) as (file, size):
        return _safetensors(file, size)


def tensors_in(content: bytes, name: str) -> tuple[dict[str, Any], dict[str, str]]:
    """As :func:`read_tensors`, of the contents of such a file, which errors call ``name``."""
    try:
        return _safetensors(io.BytesIO(content), len(content))
    except FileError as error:
        raise InputError("file", name, str(error)) from None


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata at the head of a safetensors file, whose tensors are not read; InputError as for reading it."""
    with opened(path) as (file, size):
        metadata = _header(file, size)[0].get("__metadata__")
        return metadata if isinstance(metadata, dict) else {}


def read_arrays(path: Path, names: Collection[str]) -> dict[str, NDArray[Any]]:
    """Those arrays of numbers that a safetensors file has by these names, read without the others and without torch."""
    import numpy as np

    with opened(path) as (file, size):
        header, _ = _header(file, size)
        begin = 8 + int.from_bytes(_at(file, 0, 8), "little")
        found: dict[str, NDArray[Any]] = {}
        try:
            for name in names:
                entry = header.get(name)
                if entry is not None and entry["dtype"] in _NUMBERS:
                    start, end = entry["data_offsets"]
                    content = _at(file, begin + start, end - start)
                    found[name] = np.frombuffer(content, _NUMBERS[entry["dtype"]]).reshape(entry["shape"])
        except (ValueError, TypeError, KeyError, OverflowError):
            raise FileError("it looks like a safetensors file, but its tensors cannot be read") from None
        return found


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(length)


def _safetensors(file: BinaryIO, size: int) -> tuple[dict[str, Any], dict[str, str]]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    header, end = _header(file, size)
    require_room(size, 2 * end)
    file.seek(0)
    try:
        tensors: dict[str, Any] = load(file.read(end))
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError):
        raise FileError("it looks like a safetensors file, but its tensors cannot be read") from None
    metadata = header.get("__metadata__")
    return tensors, metadata if isinstance(metadata, dict) else {}


def _header(file: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
    """The JSON at the head of a safetensors file, and where the bytes that it announces end: where the file does."""
    head = file.read(_HEAD)
    length = int.from_bytes(head[:8], "little")
    if len(head) < 9 or length > _LARGEST_HEADER or head[8:9] != b"{":
        kind = "" if head.startswith((_ZIP, b"\x80")) else kind_of_file(head)
        raise FileError(f"it is {_called(kind)}" if kind else "it is not a safetensors file")
    short = f"it is cut short: {size} bytes of {{}}"
    if size < 8 + length:
        raise FileError(short.format(f"more than {8 + length}"))
    file.seek(8)
    try:
        header: dict[str, Any] = json.loads(file.read(length))
        entries = [entry for name, entry in header.items() if name != "__metadata__"]
        end = 8 + length + max((int(entry["data_offsets"][1]) for entry in entries), default=0)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError):
        raise FileError("it is not a safetensors file") from None
    if size < end:
        raise FileError(short.format(end))
    if size > end:
        raise FileError(f"it is {size} bytes long, and its tensors end after {end}")
    return header, end


def _pickled(file: BinaryIO, size: int, head: bytes) -> Any:
    import torch

    if not size:
        raise FileError("it is empty")
    require_room(size, 2 * size)
    if head.startswith(_ZIP):
        pickled = _pickle_in_archive(file, size)
    elif (kind := kind_of_file(head)) and kind != "a Python pickle":
        raise FileError(f"it is {_called(kind)}")
    else:
        pickled = file.read()
    if b"bytearray" in pickled:  # torch would make one of any length
        raise FileError("it holds a bytearray, which no state dict does")
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(file, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except pickle.UnpicklingError as error:
        if not pickled.startswith(b"\x80") and "GLOBAL" not in str(error):
            raise FileError(_NOT_WRITTEN) from None  # read as a pickle, text is nonsense
        raise FileError(_why_not_run(str(error))) from None
    except Exception:  # a damaged file can fail anywhere inside the reader
        raise FileError(_NOT_WRITTEN) from None


def _called(kind: str) -> str:
    return f"{kind}, {FETCH_LFS}" if "LFS" in kind else f"{kind}, not a file of weights"


def _pickle_in_archive(file: BinaryIO, size: int) -> bytes:
    """What describes the tensors; FileError for another archive, and one that holds more than its bytes."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            names = {entry.filename.partition("/")[2]: entry for entry in entries}
            if "constants.pkl" in names:
                raise FileError(
                    "it is a TorchScript program, never run here; save module.state_dict() instead"
                )
            if "data.pkl" not in names:
                raise FileError("it is a zip archive that torch.save did not write")
            if (
                any(entry.compress_type for entry in entries)
                or sum(entry.file_size for entry in entries) > size
            ):
                raise FileError("its archive is packed, which torch.save never does; it is not opened")
            return archive.read(names["data.pkl"])
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError, RuntimeError):
        raise FileError(_NOT_WRITTEN) from None


def _why_not_run(error: str) -> str:
    """What the file holds beside tensors, from torch's own message."""
    found = re.search(r"GLOBAL ([\w.]+)", error)
    what, advice = f" ({found[1]})" if found else "", "save module.state_dict() instead"
    if found and found[1].startswith("numpy"):
        advice = "NumPy's numbers and arrays are such; save them as float(x) or tensors"
    return f"it holds Python objects{what}, which are never run; {advice}"


def holds_all(tensor: Any) -> bool:
    """Whether the file holds each number of the tensor: not where a few are repeated by a stride of zero."""
    return bool(tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes())
