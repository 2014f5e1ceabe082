"""Loops compiled to machine code by Numba: what no array library does without passing over memory again and again.

A compiled function takes arrays and numbers, allocates little, and releases the interpreter while it runs, so that
several of them run side by side in threads and the explorer goes on answering keys. It is compiled when it is first
called for some types of arguments and kept on disk for the next process (see docs/decisions/compiled.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import FunctionCache
from numba.extending import intrinsic

__all__ = ["compiled", "compiled_loosely", "emitted", "inlined", "one_of"]

F = TypeVar("F", bound=Callable[..., object])

# Sums may be taken in another order and products fused with sums, so that loops become vector instructions; infinities
# and NaN keep their meaning, because that is how a member that diverges is found.
LOOSE = {"contract", "reassoc", "nsz", "arcp"}


def compiled(function: F) -> F:
    """The function, compiled to what it says: IEEE arithmetic in the order written."""
    made: F = _kept(numba.njit(function, nogil=True, error_model="numpy"))
    return made


def compiled_loosely(function: F) -> F:
    """The function, compiled for speed: sums in any order, products and sums fused."""
    made: F = _kept(numba.njit(function, nogil=True, error_model="numpy", fastmath=LOOSE))
    return made


def inlined(function: F) -> F:
    """Compiled into whatever compiled function calls it."""
    made: F = numba.njit(function, forceinline=True, error_model="numpy")
    return made


def one_of(functions: Sequence[Callable[..., object]]) -> Callable[..., None]:
    """``chosen(code, *arguments)``, compiled into its callers: calls the function at place ``code`` of several."""
    first, *rest = functions

    @inlined
    def last(_: int, *arguments: Any) -> None:
        first(*arguments)

    if not rest:
        return last
    others = one_of(rest)

    @inlined
    def chosen(code: int, *arguments: Any) -> None:
        if code == 0:
            first(*arguments)
        else:
            others(code - 1, *arguments)

    return chosen


def emitted(function: Callable[..., Any]) -> Any:
    """A function of compiled code that is written in LLVM's own instructions (``numba.extending.intrinsic``)."""
    return intrinsic(function)


class _PackageCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache on disk, which looks only at a function's own file, made to look at all that it may call."""

    def _index_key(self, signature: Any, codegen: Any) -> tuple[Any, ...]:
        return (*super()._index_key(signature, codegen), _stamp())


def _kept(dispatcher: Any) -> Any:
    """With a cache on disk, where there is a place for one."""
    try:
        dispatcher._cache = _PackageCache(dispatcher.py_func)
    except RuntimeError:  # neither the source's folder nor the user's cache folder can be written
        return dispatcher
    return dispatcher


@cache
def _stamp() -> str:
    """Of the sources of every compiled function in the package: they all name this module."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.parent.rglob("*.py")):
        source = path.read_bytes()
        if b"nnexpr.kernels.compiled" in source:
            digest.update(source)
    return digest.hexdigest()
