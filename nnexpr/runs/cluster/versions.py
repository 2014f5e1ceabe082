"""What must be the same here and on a worker, so that a job means the same there and its result is the one of here."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

import nnexpr

__all__ = ["differences", "digest", "versions"]

PACKAGES = ("torch", "numba", "numpy", "distributed")
NONE = "not there"


@cache
def versions() -> Mapping[str, str]:
    """Python's and each package's version, and of nnexpr the beginning of a digest of its sources as well.

    None of them is imported: it costs reading nnexpr's own sources, once.
    """
    python = ".".join(platform.python_version_tuple()[:2])
    return {
        "python": python,
        "nnexpr": f"{nnexpr.__version__} ({digest()})",
        **dict(map(_installed, PACKAGES)),
    }


def differences(theirs: Mapping[str, str], ours: Mapping[str, str], where: str) -> list[str]:
    """In words: "numpy is 2.0.1 on WHERE and 2.3.0 here", for each of ours that is another there."""
    return [
        f"{name} is {theirs.get(name, NONE)} on {where} and {version} here"
        for name, version in ours.items()
        if theirs.get(name, NONE) != version
    ]


def _installed(package: str) -> tuple[str, str]:
    try:
        return package, metadata.version(package)
    except metadata.PackageNotFoundError:
        return package, NONE


@cache
def digest() -> str:
    """The beginning of one of the package as it lies there: two checkouts of one version may differ."""
    folder, found = Path(nnexpr.__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        content = path.read_bytes()
        found.update(json.dumps([path.relative_to(folder).as_posix(), len(content)]).encode() + content)
    return found.hexdigest()[:8]
