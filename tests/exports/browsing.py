"""What the tests ask of a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["Opener"]


class Opener(Protocol):
    """Opens a file; with ``clock``, time passes there when the test says so."""

    def __call__(self, path: Path, *, clock: bool = False, width: int = 1280, **options: Any) -> Page: ...
