"""Memory of compiled code: arrays that are lent to it, and tables so large that the size of a page matters."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.vectors import INDEX, Emitter, Value, emitted

__all__ = ["lent", "table"]

LARGE = 2**22  # bytes: what is smaller hardly fills pages of 2 MB
PAGE = 4096
HUGE_PAGES = 14  # Linux' MADV_HUGEPAGE


@emitted()
def lent(emit: Emitter, array: Any) -> Value:
    """An array that nobody counts the references of, as views of it are not: for numbers that the caller holds on to
    while they are read. It must not be returned to Python.

    Each function that takes an array counts it on the way in and out, with instructions that all cores wait for.
    """
    made = emit.context.make_array(emit.kinds[0])(emit.context, emit.builder, array)
    made.meminfo = cgutils.get_null_value(made.meminfo.type)
    made.parent = cgutils.get_null_value(made.parent.type)
    return made._getvalue()


@emitted(types.void)
def _advise(emit: Emitter, array: Any, size: Any) -> None:
    """Ask for large pages; a system that has none, or none left, takes no notice."""
    if not sys.platform.startswith("linux"):
        return
    builder, byte = emit.builder, ir.IntType(8).as_pointer()
    address = builder.ptrtoint(emit.data(0), INDEX)
    start = builder.and_(builder.add(address, ir.Constant(INDEX, PAGE - 1)), ir.Constant(INDEX, -PAGE))
    length = builder.sub(builder.add(address, size), start)
    advice = ir.IntType(32)
    kind = ir.FunctionType(advice, [byte, INDEX, advice])
    function = cgutils.get_or_insert_function(builder.module, kind, "madvise")
    builder.call(function, [builder.inttoptr(start, byte), length, ir.Constant(advice, HUGE_PAGES)])


@compiled
def table(rows: int, width: int) -> NDArray[np.float64]:
    """``(rows, width)`` float64, not set; in pages of 2 MB where that is large and the system has them.

    Memory that is new is given page by page, as each is first written to: 256 numbers of 4 kB take longer to be given
    than to be written.
    """
    made = np.empty((rows, width))
    if made.nbytes >= LARGE:
        _advise(made, made.nbytes)
    return made
