"""Loops compiled to machine code by Numba: what no array library does without passing over memory again and again.

A compiled function takes arrays and numbers, allocates little, and releases the interpreter while it runs, so that
several of them run side by side in threads and the explorer goes on answering keys. It is compiled when it is first
called for some types of arguments and kept on disk for the next process (see docs/decisions/compiled.md).
"""

from __future__ import annotations

import hashlib
import inspect
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.caching import FunctionCache
from numpy.typing import NDArray

from nnexpr.kernels.vectors import Emitter, emitted

__all__ = [
    "Index",
    "Numbers",
    "address_of",
    "call",
    "compiled",
    "compiled_loosely",
    "digest_of_sources",
    "inlined",
]

LOG = logging.getLogger(__name__)
F = TypeVar("F", bound=Callable[..., object])
Numbers: TypeAlias = NDArray[
    Any
]  # float32 or float64, one of them throughout a call; flat or in rows, contiguous
Index: TypeAlias = NDArray[np.int64]

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


def address_of(function: Any, *like: object) -> int:
    """Of a compiled function's machine code for arguments such as these, for :func:`call`."""
    kinds = tuple(map(numba.typeof, like))
    function.compile(kinds)
    made = function.overloads[kinds]
    address: int = made.library.get_pointer_to_function(made.fndesc.llvm_cfunc_wrapper_name)
    return address


@emitted(types.void)
def call(emit: Emitter, address: Any, arguments: Any) -> None:
    """Call the function at an address, which returns nothing, with a tuple of arguments: their types must be its own.

    So what is declared anywhere and at any time is called by loops that were compiled before.
    """
    if any(getattr(each, "layout", "C") != "C" for each in emit.kinds[1]):
        raise TypeError("an array that is passed to an address is contiguous")
    kinds = list(map(emit.context.get_value_type, emit.kinds[1]))
    function = ir.FunctionType(emit.context.get_value_type(types.none), kinds).as_pointer()
    values = cgutils.unpack_tuple(emit.builder, arguments)
    emit.builder.call(emit.builder.inttoptr(address, function), values)


class _PackageCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache on disk, which looks only at a function's own file, made to look at all that it may call.

    That is the package and what a function is made around; raises OSError where that has no file. What cannot be read,
    because a process was killed or a disk was full while it was written, is compiled and written anew. Nothing is
    written once a source has changed under the running process: what it compiles is of the text that it has read.
    """

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        around = inspect.getclosurevars(function).nonlocals.values()
        self._files = [Path(inspect.getfile(each.py_func)) for each in around if hasattr(each, "py_func")]
        self._around = [
            *(path.read_text() for path in self._files),
            *(repr(each) for each in around if not hasattr(each, "py_func")),
        ]

    def load_overload(self, signature: Any, context: Any) -> Any:
        try:
            return super().load_overload(signature, context)
        except Exception:  # what a pickle that is cut short or overwritten raises may be anything
            LOG.info("%s: what was kept cannot be read", self, exc_info=True)
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, signature: Any, made: Any) -> None:
        try:
            if digest_of_sources() == _LOADED:
                super().save_overload(signature, made)
            else:
                LOG.info("%s: not kept, a source has changed", self)
        except OSError:
            LOG.info("%s: not kept", self, exc_info=True)

    def _sources(self) -> str:
        """Of what the function may call."""
        return _LOADED

    def _index_key(self, signature: Any, codegen: Any) -> tuple[Any, ...]:
        sources = hashlib.sha256("".join([self._sources(), *self._around]).encode()).hexdigest()
        return signature, codegen.magic_tuple(), sources


def _kept(dispatcher: Any) -> Any:
    """With a cache on disk where there is a place for one, and a source."""
    with suppress(RuntimeError, OSError):
        dispatcher._cache = _PackageCache(dispatcher.py_func)
    return dispatcher


def digest_of_sources() -> str:
    """Of the sources of every compiled function in the package and of what declares some: they name this folder."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.parent.rglob("*.py")):
        source = path.read_bytes()
        if path.parent == Path(__file__).parent or b"nnexpr.kernels" in source:
            digest.update(source)
    return digest.hexdigest()


_LOADED = digest_of_sources()  # before any of them is compiled
