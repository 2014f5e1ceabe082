"""Networks from state dicts: the weights by their names, without the module that they came from.

What the names do not say is not guessed in silence:

- **Wrappers.** ``module.`` (DataParallel), ``_orig_mod.`` (torch.compile) and what all names begin with (``net.``) are
  taken off; a checkpoint's ``model_state_dict``, ``state_dict`` or ``model`` is looked into.
- **Order.** Where what is left are numbers, also nested (``0``, ``2``; ``0.0``, ``1.0``), they are places in an
  ``nn.Sequential``. Attributes (``fc1``, ``fc2``, ``out``) follow one another as the file has them, where their sizes
  and numbers agree with that; where a file is sorted by names, in the one order in which sizes and numbers agree
  (``layer_order.py``). Else ``layers`` says it. A network with connections past its layers can have exactly the names
  and shapes of one without, so what was taken for the order is said.
- **Activations** are not in a state dict. One stands wherever a place between two layers is free, the same everywhere;
  a PReLU of one slope says itself what it is.
- **Batch normalisation** is the affine map that it is in evaluation mode; its ``eps`` is not in the file either.

What was assumed is a list of sentences.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nnexpr.activations import ACTIVATIONS
from nnexpr.files import FileError, require_room
from nnexpr.networks.adding import ADDED
from nnexpr.networks.assembly import Assembly, is_plain
from nnexpr.networks.layer_order import order_of
from nnexpr.networks.network import Network
from nnexpr.networks.tensor_file import holds_all, read_content
from nnexpr.specification import InputError

__all__ = ["Reading", "from_state_dict", "read_state_dict"]

_CHECKPOINTS = ("model_state_dict", "state_dict", "model")  # what of a checkpoint is the network
_WRAPPERS = ("module", "_orig_mod", "_fsdp_wrapped_module")
_LEAVES = ("weight", "bias", "running_mean", "running_var")
_COUNTERS = ("num_batches_tracked", "n_averaged")
_EPS = 1e-5  # torch's default

Place = tuple[int, ...]
Tensors = dict[str, Tensor]


class Reading(NamedTuple):
    """A network, and what was assumed that the file does not say, one sentence each."""

    network: Network
    assumed: tuple[str, ...]


def from_state_dict(
    path: str | os.PathLike[str], activation: str = "relu", layers: Sequence[str] = ()
) -> Network:
    """One network from the state dict in a ``.safetensors`` or a ``.pt`` file; see :func:`read_state_dict`."""
    return read_state_dict(path, activation, layers).network


def read_state_dict(
    path: str | os.PathLike[str], activation: str | None = None, layers: Sequence[str] = ()
) -> Reading:
    """One network from a state dict: ``weight (out, in)`` and ``bias (out,)`` of each layer; a missing bias is zero.

    ``activation`` stands between layers, relu unless given; ``layers`` names the layers in their order, where the
    file's names do not tell it. Files of torch are read with ``weights_only=True``: no pickled code runs. Raises
    InputError, in one sentence, for anything else.
    """
    name = activation or "relu"
    if name not in ACTIVATIONS:
        raise InputError("activation", name, "it must be one of " + ", ".join(ACTIVATIONS))
    content, metadata, in_order = read_content(path)
    if "nnexpr" in metadata:
        why = "it is a network saved by nnexpr, not a state dict; load it as one"
        raise InputError("file", os.fspath(path), why)
    try:
        return _read(content, name, activation is not None, tuple(layers), in_order)
    except FileError as error:
        raise InputError("file", os.fspath(path), str(error)) from None


def _read(
    content: object, activation: str, is_given: bool, layers: tuple[str, ...], in_order: bool
) -> Reading:
    if not isinstance(content, Mapping):
        raise _unlike(f"it holds a {type(content).__name__}")
    assumed: list[str] = []
    found = _by_layer(_weights_of(content, assumed))
    if not found:
        raise _unlike("it is empty")
    prefix = _common_prefix(found)
    places = {} if layers else _places(found, prefix, assumed)
    if layers:
        order = _named(layers, found, prefix, assumed)
    elif places:
        order = sorted(found, key=lambda layer: places[layer])
    else:
        order = _by_attributes(found, in_order, assumed)
    assembly, free = Assembly(), list[str]()
    for below, layer in pairwise(["", *order]):
        tensors = found[layer]
        room = _is_free(places[below], places[layer]) if below in places else "running_var" not in tensors
        if room and below and _slope(tensors) is None and assembly.is_hidden:
            assembly.activate(activation)
            free.append(f"{below} and {layer}")
        _add(assembly, layer, tensors, assumed)
    if not assembly.affine:
        raise _unlike("it has no layer of weights")
    if places and len(order) > 1 and not free and not assembly.has_activation:
        raise _unlike(
            "its layers are numbered without a gap, which leaves no place for an activation; if one stands after each, "
            f"name them: --layers {','.join(order)}"
        )
    if free and not is_given:
        pairs = ", ".join(free[:3]) + (f" and {len(free) - 3} more" if len(free) > 3 else "")
        assumed.append(
            f"The activation {activation} was assumed between {pairs}, and none behind the last layer; "
            "the file does not say it (--activation)."
        )
    return Reading(assembly.network(), tuple(assumed))


def _weights_of(content: Mapping[Any, Any], assumed: list[str]) -> Mapping[Any, Any]:
    """The mapping that holds weights by name: this one, or the network of a checkpoint."""
    if not content or any(_is_entry(key, value) for key, value in content.items()):
        return content
    holders = [key for key, value in content.items() if isinstance(value, Mapping) and _holds_weights(value)]
    chosen = next((key for key in _CHECKPOINTS if key in holders), holders[0] if len(holders) == 1 else None)
    if chosen is None:
        shown = ", ".join(map(_shown, holders))
        raise (
            FileError(f"it holds several networks, {shown}; save one alone")
            if holders
            else _unlike(f"it holds {_shown(next(iter(content)))}")
        )
    others = [_shown(key) for key in holders if key != chosen]
    assumed.append(
        f"{_shown(chosen)} of the file was read" + (f", not {', '.join(others)}." if others else ".")
    )
    return _weights_of(content[chosen], assumed)


def _is_entry(key: object, value: object) -> bool:
    return isinstance(value, Tensor) or (isinstance(key, str) and key.rpartition(".")[2] in _LEAVES)


def _holds_weights(content: Mapping[Any, Any], depth: int = 3) -> bool:
    return any(
        (isinstance(key, str) and key.endswith("weight") and isinstance(value, Tensor))
        or (depth > 0 and isinstance(value, Mapping) and _holds_weights(value, depth - 1))
        for key, value in content.items()
    )


def _by_layer(content: Mapping[Any, Any]) -> dict[str, Tensors]:
    """The tensors of each layer, by the layer's name without wrappers; each is whole and made of real numbers."""
    found: dict[str, Tensors] = {}
    total = 0
    for key, tensor in content.items():
        *path, leaf = _unwrapped(key) if isinstance(key, str) else [""]
        if leaf in _COUNTERS:
            continue
        if leaf == ADDED and not path:
            raise FileError(
                "the order of its layers cannot be known from their names, for some add what others gave; give the "
                "module itself to nnexpr.from_torch"
            )
        if leaf not in _LEAVES:
            raise _unlike(f"it holds {_shown(key)}")
        if isinstance(tensor, Tensor) and tensor.is_meta:
            raise FileError(
                f"{key} is on the meta device, which holds shapes and no numbers; save one that has them"
            )
        if not is_plain(tensor):
            raise _unlike(f"{key} holds no real floating-point numbers")
        if not holds_all(tensor):
            held = tensor.untyped_storage().nbytes() // tensor.element_size()
            raise FileError(
                f"{key} has the shape {tuple(tensor.shape)}, and the file holds {held} of its numbers"
            )
        layer = ".".join(path)
        if leaf in found.setdefault(layer, {}):
            raise FileError(f"it holds {key} twice, with a wrapper and without")
        found[layer][leaf] = tensor
        total += tensor.numel()
    require_room(total * 8, total * 24)
    return found


def _unwrapped(name: str) -> list[str]:
    return [part for part in name.strip().split(".") if part not in _WRAPPERS]


def _common_prefix(layers: Iterable[str]) -> list[str]:
    """The attributes that all names begin with."""
    together = zip(*(layer.split(".") for layer in layers), strict=False)
    same = takewhile(lambda parts: len(set(parts)) == 1 and not parts[0].isdecimal(), together)
    return [parts[0] for parts in same]


def _places(found: Iterable[str], prefix: list[str], assumed: list[str]) -> dict[str, Place]:
    """Where each layer stands in a Sequential; nothing where the names do not say it."""
    inner = {layer: layer.split(".")[len(prefix) :] for layer in found}
    if all(part.isdecimal() and len(part) < 10 for parts in inner.values() for part in parts):
        if prefix and len(inner) > 1:
            assumed.append(
                f"{'.'.join(prefix)} was taken for an nn.Sequential, whose layers follow one another."
            )
        return {layer: tuple(map(int, parts)) for layer, parts in inner.items()}
    return {}


def _by_attributes(found: Mapping[str, Tensors], in_order: bool, assumed: list[str]) -> list[str]:
    """The layers in the order that the file, their sizes and their numbers tell; FileError where they do not."""
    order = order_of({layer: _sizes(tensors) for layer, tensors in found.items()}, in_order)
    if order is None:
        names = ",".join(sorted(found, key=_natural))
        raise FileError(
            f"the order of its layers cannot be known from their names; say it, such as --layers {names}, if each "
            "takes what the one before it gives, and give the module itself to nnexpr.from_torch if not"
        )
    if len(order) > 1:
        assumed.append(
            f"The layers {', '.join(order)} were taken to follow one another, with no connection past any of them; a "
            "file does not say that (--layers)."
        )
    return order


def _sizes(tensors: Tensors) -> tuple[int, int] | None:
    """How many numbers a layer takes and gives; None of one that takes any."""
    weight = tensors.get("weight", tensors.get("running_mean"))
    if weight is None or _slope(tensors) is not None:
        return None
    return (weight.shape[-1], weight.shape[0]) if 0 < weight.ndim < 3 else (-1, -1)


def _natural(name: str) -> list[tuple[int, str]]:
    """fc2 before fc10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _named(
    layers: tuple[str, ...], found: dict[str, Tensors], prefix: list[str], assumed: list[str]
) -> list[str]:
    """The layers as they were asked for, with what all names begin with or without."""
    order = []
    for name in layers:
        whole = ".".join(_unwrapped(name))
        order.append(whole if whole in found else ".".join([*prefix, whole]))
        if order[-1] not in found:
            raise InputError(
                "layers",
                ",".join(layers),
                f"the file has no layer {name}; it has {', '.join(sorted(found, key=_natural))}",
            )
    if left := [layer for layer in found if layer not in order]:
        assumed.append(f"Of the file, {', '.join(left)} {'was' if len(left) == 1 else 'were'} left out.")
    return order


def _is_free(below: Place, above: Place) -> bool:
    """Whether a module may stand between two places of nested Sequentials: a number between them, or at the end of the
    lower one's block, or at the beginning of the upper one's.
    """
    level = next((i for i, (p, q) in enumerate(zip(below, above, strict=False)) if p != q), None)
    if level is None:
        return False
    return above[level] - below[level] > 1 or len(below) > level + 1 or any(above[level + 1 :])


def _slope(tensors: Tensors) -> float | None:
    """Of a PReLU with one slope for all units."""
    return (
        float(tensors["weight"]) if set(tensors) == {"weight"} and tensors["weight"].shape == (1,) else None
    )


def _add(assembly: Assembly, layer: str, tensors: Tensors, assumed: list[str]) -> None:
    """The layer behind what is assembled so far."""
    name, inputs = layer or "the layer", assembly.outputs if assembly.affine else None
    weight, bias = tensors.get("weight"), tensors.get("bias")
    shapes = " and ".join(str(tuple(tensor.shape)) for tensor in tensors.values())
    if (slope := _slope(tensors)) is not None:
        if inputs is None or not math.isfinite(slope):
            raise _unlike(f"{name} is an activation of slope {slope:g} before any layer")
        assembly.activate(f"leaky_relu:{slope!r}")
    elif "running_var" in tensors or "running_mean" in tensors:
        if (
            not {"running_var", "running_mean"} <= set(tensors)
            or len({t.shape for t in tensors.values()}) > 1
        ):
            raise _unlike(f"{name}, a batch normalisation, has the shapes {shapes}")
        mean, variance = tensors["running_mean"], tensors["running_var"]
        if mean.ndim != 1 or inputs not in (None, len(mean)):
            raise _unlike(f"{name} normalises {tuple(mean.shape)} numbers where {inputs} are given")
        factors = (1.0 if weight is None else weight.double()) / torch.sqrt(variance.double() + _EPS)
        assembly.rescale(factors, (0.0 if bias is None else bias.double()) - factors * mean.double())
        assumed.append(
            f"{name} was taken for a batch normalisation in evaluation mode with torch's eps, {_EPS:g}."
        )
    elif weight is None:
        raise _unlike(f"{name}.weight is missing")
    elif weight.ndim != 2 or 0 in weight.shape or (bias is not None and bias.shape != weight.shape[:1]):
        raise _unlike(f"layer {name} has the shapes {shapes}")
    elif inputs not in (None, weight.shape[1]):
        raise _unlike(f"{name}.weight takes {weight.shape[1]} inputs where {inputs} are given")
    else:
        assembly.add(weight, bias)


def _unlike(found: str) -> FileError:
    return FileError(
        f"{found}; it must be a state dict: the weight (out, in) and bias (out,) of each nn.Linear"
    )


def _shown(key: object) -> str:
    text = ascii(key)
    return text if len(text) <= 60 else text[:57] + "..."
