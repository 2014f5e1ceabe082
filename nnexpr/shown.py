"""What shows itself in a notebook: a small HTML card, and a picture where matplotlib is there.

A class says so by being :class:`Shown`; what its card says stands in :mod:`nnexpr.notebook`, which is loaded when a
notebook asks. Showing never raises: where something cannot be shown, the notebook falls back on the ``repr``.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from nnexpr.declarations import Home, load

__all__ = ["Shown"]


class Shown:
    """A class whose objects show themselves in a notebook."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        found: str | None = _quietly("nnexpr.notebook.cards:card", self)
        return found

    def _repr_png_(self) -> bytes | None:
        if find_spec("matplotlib") is None:
            return None
        found: bytes | None = _quietly("nnexpr.notebook.pictures:picture", self)
        return found


def _quietly(show: Home, thing: Shown) -> Any:
    try:
        return load(show)(thing)
    except Exception:  # a notebook's cell is no place to fail for a picture
        return None
