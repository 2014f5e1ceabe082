"""What a measurement depends on: the package's sources, and the versions of what calculates."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["digest_of_sources", "origin"]

VERSIONED = ("torch", "numpy", "scipy", "numba")


@cache
def digest_of_sources() -> str:
    """A digest of the package's sources: what another version has measured is not this one's result."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
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
