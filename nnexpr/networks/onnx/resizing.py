"""Resizing: along each axis by the matrix that the reference implementation's own resizing of that axis alone is.

Nearest neighbours only move numbers; what is linear is a matrix on each axis. Cubic weights are refused, for the
reference implementation rounds them to single precision. Files older than the operator's eleventh version say less:
their nearest is the one below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper

from nnexpr.networks.graph.affine import contracted
from nnexpr.networks.graph.draft import Refused, Signal, require_units
from nnexpr.networks.onnx.arrays import run

__all__ = ["resized"]

Array = NDArray[Any]
OPSET = 19  # of which the operator's words are used here
OLD = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


def resized(signal: Signal, others: Sequence[Signal | Array | None], attributes: Mapping[str, Any]) -> Signal:
    """``others``: region, scales and sizes, of older files the scales alone; or scales among the attributes."""
    if any(isinstance(each, Signal) for each in others):
        raise Refused("its sizes depend on the input")
    arrays = [
        None if each is None or not each.size else each.ravel()
        for each in others
        if not isinstance(each, Signal)
    ]
    words = dict(attributes)
    if len(arrays) < 2:  # before the eleventh version
        arrays = [None, *arrays] if arrays else [None, np.asarray(words.pop("scales"))]
        words |= OLD
    _, scales, sizes = (*arrays, None, None)[:3]
    if words.get("coordinate_transformation_mode") == "tf_crop_and_resize":
        raise Refused("it cuts out a region and fills what is outside")
    if words.get("mode", "nearest") == "cubic":
        raise Refused("it is cubic, for which there is no reference in double precision")
    if words.pop("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise Refused("it keeps the ratio of the sides; give its scales")
    axes = words.pop("axes", range(len(signal.shape)))
    for place, axis in enumerate(axes):
        scale, size = (None if each is None else each[place : place + 1] for each in (scales, sizes))
        signal = _along(signal, axis % len(signal.shape), scale, size, words)
    return signal


def _along(
    signal: Signal, axis: int, scale: Array | None, size: Array | None, words: Mapping[str, Any]
) -> Signal:
    """Along one axis."""
    own = signal.shape[axis]
    made = (
        int(size[0]) if size is not None else int(np.floor(own * float(scale[0]))) if scale is not None else 0
    )
    if made == own and (size is not None or scale is None or float(scale[0]) == 1.0):
        return signal
    require_units(signal.places.size // own, made)
    names = ["x", "", "scale" if size is None else "", "size" if size is not None else ""]
    node = helper.make_node("Resize", names, ["y"], **words)

    def of(row: Array) -> Array:
        return run(node, [row, None, None if size is not None else scale, size], OPSET)[0]

    if words.get("mode", "nearest") == "nearest":
        picks = of(np.arange(float(own))).round().astype(np.int64)
        return signal.at(np.take(signal.places, picks, axis=axis))
    return contracted(signal, np.stack([of(row) for row in np.eye(own)]), axis)
