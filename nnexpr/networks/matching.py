"""Fully connected networks with as many parameters as a given network, to stand beside it.

The parameters of an MLP of ``depth`` affine layers grow with its width w as

    (depth - 2) w² + (inputs + outputs + depth - 1) w + outputs,

so there is one width whose count is nearest. From one width to the next it grows by about 2 (depth - 2) w, so it is off
by a few per cent, less the wider it is.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, Literal

from nnexpr.kinds import mlp_layers
from nnexpr.networks.builders import mlp
from nnexpr.networks.network import Network
from nnexpr.specification import OPTIONS, InputError

__all__ = ["matching_mlp", "nearest_width"]

WIDEST = int(OPTIONS["width"].maximum or 0)


def nearest_width(parameters: int, depth: int, inputs: int = 1, outputs: int = 1) -> int:
    """The width of the MLP of ``depth`` affine layers whose count is nearest; of two as near, the smaller.

    >>> nearest_width(10_816, 5), nearest_width(4_816, 5)
    (58, 39)
    """
    if OPTIONS["depth"].check(depth) < 2:
        raise InputError("depth", depth, "a network without hidden layers has no width; give at least 2")

    def count(width: int) -> int:
        return sum(layer.size for layer in mlp_layers(depth, (width,), "relu", inputs, outputs))

    if parameters > count(WIDEST):
        why = f"hidden layers of {WIDEST:,} units have {count(WIDEST):,}; give a greater depth"
        raise InputError("parameters", parameters, why)
    above = bisect_left(range(WIDEST + 1), parameters, lo=2, key=count)
    return above - 1 if parameters - count(above - 1) <= count(above) - parameters else above


def matching_mlp(
    network: Network,
    count: Literal["trained", "total"] = "total",
    *,
    depth: int | None = None,
    **options: Any,
) -> Network:
    """An MLP with as many parameters as ``network`` trains, or has in all, as nearly as one width allows.

    ``depth``: with as many hidden layers as the network has layers with an activation, unless given. Activation,
    members, first seed, precision and device are the network's, and whatever of :func:`nnexpr.mlp`'s ``options`` is
    given goes before. The network that comes back says its own count.
    """
    if count not in ("trained", "total"):
        raise InputError("count", count, "it must be trained or total")
    wanted = network.trained_parameter_count if count == "trained" else network.parameter_count
    hidden = [layer.activation for layer in network.layers if layer.activation != "identity"]
    depth = len(hidden) + 1 if depth is None else depth
    width = nearest_width(wanted, depth, network.layers[0].inputs, network.outputs)
    own: dict[str, Any] = {
        "activation": hidden[0] if hidden else "relu", "members": network.members, "seed": network.seeds[0],
        "inputs": network.inputs, "outputs": network.outputs, "device": network.parameters.device,
        "dtype": str(network.parameters.dtype).removeprefix("torch."),
    }  # fmt: skip
    if (encoding := network.encoding) is not None:
        own |= {"encoding_bands": encoding.bands, "encoding_raw": encoding.raw, "domain": encoding.interval}
    return mlp(depth, width, **(own | options))
