"""What a measurement depends on: the package's sources, and the versions of what calculates."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["digest_of_sources", "origin"]

ABOVE = (
    "exports",
    "notebook",
    "plot",
)  # packages on floors above the experiments', which import nothing of them
VERSIONED = ("torch", "numpy", "scipy", "numba")


@cache
def digest_of_sources() -> str:
    """A digest of the package's sources: what another version has measured is not this one's result."""
    digest, root = hashlib.sha256(), Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).parts[0] not in ABOVE:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def origin() -> dict[str, Any]:
    """Both, as JSON has them."""
    from importlib.metadata import PackageNotFoundError, version  # it imports much, which no screen needs

    versions = {}
    for name in VERSIONED:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return {"sources": digest_of_sources(), "versions": versions}
