"""Packages that only some need: imported where they are used, and their absence is one sentence."""

from __future__ import annotations

from importlib import import_module

__all__ = ["MissingExtra", "require"]


class MissingExtra(ImportError):
    """A package is not installed that something optional needs; the message says how to get it."""


def require(package: str, extra: str, what: str) -> None:
    """Raise :class:`MissingExtra` where ``package``, of the extra of that name, cannot be imported for ``what``."""
    try:
        import_module(package)
    except ImportError as error:
        if error.name is not None and error.name.partition(".")[0] != package:
            raise  # it is there, and something that it needs is not
        get = f"pip install 'nnexpr-tui[{extra}]'"
        raise MissingExtra(f"{what} {package}, which is not installed: {get}", name=package) from None
