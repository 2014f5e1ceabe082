"""Loops compiled to machine code by Numba: what no array library does without passing over memory again and again.

A compiled function takes arrays and numbers, allocates little, and releases the interpreter while it runs, so that
several of them run side by side in threads and the explorer goes on answering keys. It is compiled when it is first
called for some types of arguments and kept on disk for the next process (see docs/decisions/compiled.md).
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.caching import FunctionCache
from numba.extending import intrinsic

__all__ = ["address_of", "call", "compiled", "compiled_loosely", "emitted", "inlined"]

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


def emitted(function: Callable[..., Any]) -> Any:
    """A function of compiled code that is written in LLVM's own instructions (``numba.extending.intrinsic``)."""
    return intrinsic(function)


def address_of(function: Any, *like: object) -> int:
    """Of a compiled function's machine code for arguments such as these, for :func:`call`."""
    kinds = tuple(map(numba.typeof, like))
    function.compile(kinds)
    made = function.overloads[kinds]
    address: int = made.library.get_pointer_to_function(made.fndesc.llvm_cfunc_wrapper_name)
    return address


@emitted
def call(_: Any, address: Any, arguments: Any) -> Any:
    """Call the function at an address, which returns nothing, with a tuple of arguments: their types must be its own.

    So what is declared anywhere and at any time is called by loops that were compiled before.
    """
    if any(isinstance(each, types.Array) and each.layout != "C" for each in arguments):
        return None

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kinds = [context.get_value_type(each) for each in signature.args[1]]
        function = ir.FunctionType(context.get_value_type(types.none), kinds)
        builder.call(
            builder.inttoptr(values[0], function.as_pointer()), cgutils.unpack_tuple(builder, values[1])
        )
        return context.get_dummy_value()

    return types.void(address, arguments), generate


class _PackageCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache on disk, which looks only at a function's own file, made to look at all that it may call.

    That is the package and, of a function made around others, the files of these. Raises OSError where there are none.
    """

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        around = inspect.getclosurevars(function).nonlocals.values()
        self._files = [inspect.getfile(each.py_func) for each in around]
        self._sources()

    def _sources(self) -> str:
        return _stamp() + "".join(Path(file).read_text() for file in self._files)

    def _index_key(self, signature: Any, codegen: Any) -> tuple[Any, ...]:
        sources = hashlib.sha256(self._sources().encode()).hexdigest()
        return signature, codegen.magic_tuple(), sources


def _kept(dispatcher: Any) -> Any:
    """With a cache on disk, where there is a place for one."""
    try:
        dispatcher._cache = _PackageCache(dispatcher.py_func)
    except (
        RuntimeError,
        OSError,
    ):  # neither the source's folder nor the user's can be written, or there is no source
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
