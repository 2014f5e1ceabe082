"""Checksums of a run's file: of its head, and in the head of each tensor, with its type and shape.

They notice what a disk, a copy or a transfer has changed; who means to change a file can change them too. A file
without any is of before there were any. They are the first half of SHA-256. Loading this module costs no torch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["HEAD", "TENSORS", "checksum", "checksum_of", "damage_in", "damage_of"]

HEAD = "nnexpr.checksum"  # beside the head, in the file's metadata
TENSORS = "checksums"  # in the head, by the names of tensors
_DIGITS = 32


def checksum(content: bytes) -> str:
    """Of some bytes."""
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def checksum_of(tensor: Tensor) -> str:
    """Of a tensor's type, shape and bytes, in memory of the processor."""
    array = tensor.detach().numpy()
    content = hashlib.sha256(f"{tensor.dtype} {tuple(tensor.shape)} ".encode())
    content.update(array.tobytes())
    return content.hexdigest()[:_DIGITS]


def damage_in(document: Mapping[str, Any], head: str, found: str | None) -> str:
    """What is wrong with a head of this text and checksum, as one sentence; nothing where all is well."""
    if (TENSORS in document or found is not None) and found != checksum(
        head.encode("utf-8", "surrogatepass")
    ):
        return "its head is damaged: it has another checksum than when it was written"
    return ""


def damage_of(document: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """Which tensor is not as it was written, as one sentence; nothing where all are, or there is no checksum."""
    known = document.get(TENSORS)
    if known is None:
        return ""
    for name in sorted({*known, *tensors}):
        if name not in tensors:
            return f"it is damaged: its tensor {name} is missing"
        if known.get(name) != checksum_of(tensors[name]):
            return f"it is damaged: its tensor {name} has another checksum than when it was written"
    return ""
