"""Networks from torch modules and state dicts, and back. Values agree to rounding; parameters bit for bit.

A module is taken apart by its exact type, never by name, and a file of tensors is read without running
anything in it.
"""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nnexpr.activations import ACTIVATIONS
from nnexpr.declarations import load
from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network
from nnexpr.networks.tensor_file import read_tensors
from nnexpr.specification import InputError

__all__ = ["from_state_dict", "from_torch", "to_torch"]


def from_torch(module: nn.Module) -> Network:
    """One network from an ``nn.Linear``, or an ``nn.Sequential`` of Linear and activation modules.

    Sequentials may be nested. Two Linear modules in a row have the identity between them. A network ends in
    an affine layer and has one activation a layer, so after a last activation, and between two in a row, a
    frozen layer W = I, b = 0 passes values on. A Linear whose parameters all have ``requires_grad`` off
    becomes a frozen layer. Half and bfloat16 become float32. Raises InputError, naming the module, for
    anything else.
    """
    affine: list[tuple[Tensor, Tensor | None, bool]] = []
    activations: list[str] = []
    for name, part in _parts(module):
        if type(part) is nn.Linear:
            _check_linear(name, part)
            affine.append((part.weight, part.bias, any(p.requires_grad for p in part.parameters())))
            activations.append("identity")
            continue
        activation = _activation_of(name, part)
        if activation == "identity":
            continue
        if not affine:
            raise InputError("module", name, "an activation must come after an nn.Linear")
        if activations[-1] != "identity":
            affine.append(_pass_on(affine[-1][0]))
            activations.append("identity")
        activations[-1] = activation
    if not affine:
        raise InputError("module", type(module).__name__, "it must hold at least one nn.Linear")
    if activations[-1] != "identity":
        affine.append(_pass_on(affine[-1][0]))
        activations.append("identity")
    return _stack(affine, activations)


def to_torch(network: Network, member: int = 0) -> nn.Sequential:
    """One member as an ``nn.Sequential`` with its own copy of the parameters, in the same dtype and device.

    Frozen layers have ``requires_grad`` off. Raises InputError where torch has no such module (sine, hat),
    for an input encoding, and for an unknown member.
    """
    if network.encoding is not None:
        raise InputError(
            "encoding", "sine-cosine", "torch has no module for it; only networks of x itself can be given"
        )
    if not 0 <= member < network.members:
        raise InputError("member", member, f"it must be from 0 to {network.members - 1}")
    modules: list[nn.Module] = []
    for index, layer in enumerate(network.layers):
        activation = ACTIVATIONS[layer.activation]
        if not activation.module:
            known = ", ".join(each.name for each in ACTIVATIONS.values() if each.module)
            raise InputError("activation", activation.name, f"torch has no module for it; it has {known}")
        weight = network.weight(index)[member].detach()
        # Made on the meta device, because a draw would move torch's global generator.
        linear = nn.Linear(layer.inputs, layer.outputs, dtype=weight.dtype, device="meta")
        linear = linear.to_empty(device=weight.device)
        with torch.no_grad():
            linear.weight.copy_(weight)
            linear.bias.copy_(network.bias(index)[member])
        modules.append(linear.requires_grad_(layer.trained))
        if activation.name != "identity":
            modules.append(load(activation.module)(**activation.settings))
    return nn.Sequential(*modules)


def from_state_dict(path: str | os.PathLike[str], activation: str = "relu") -> Network:
    """One network from the state dict of an ``nn.Sequential``, in a ``.safetensors`` or a ``.pt`` file.

    Keys are ``N.weight (out, in)`` and ``N.bias (out,)``; a missing bias is zero. Where the numbers leave a
    gap (0, 2, ...) ``activation`` stands between; where they do not, nothing does. Files of torch are read
    with ``weights_only=True``: no pickled code runs. Raises InputError, in one sentence, for anything else.
    """
    if activation not in ACTIVATIONS:
        raise InputError("activation", activation, "it must be one of " + ", ".join(ACTIVATIONS))
    tensors = _read_tensors(path)
    found: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        match = re.fullmatch(r"(0|[1-9][0-9]{0,8})\.(weight|bias)", key) if isinstance(key, str) else None
        if match is None:
            raise _unlike(path, f"it holds {_shown(key)}")
        if not _is_plain(tensor):
            raise _unlike(path, f"{key} holds no real floating-point numbers")
        found.setdefault(int(match[1]), {})[match[2]] = tensor
    numbers = sorted(found)
    gaps = [above - below > 1 for below, above in pairwise(numbers)]
    if gaps and not any(gaps):
        raise _unlike(path, "its layers are numbered without a gap, which leaves no place for an activation")
    affine: list[tuple[Tensor, Tensor | None, bool]] = []
    for number in numbers:
        weight, bias = found[number].get("weight"), found[number].get("bias")
        if weight is None:
            raise _unlike(path, f"{number}.weight is missing")
        if weight.ndim != 2 or 0 in weight.shape or (bias is not None and bias.shape != weight.shape[:1]):
            shapes = [tuple(tensor.shape) for tensor in (weight, bias) if tensor is not None]
            raise _unlike(path, f"layer {number} has the shapes {' and '.join(map(str, shapes))}")
        if affine and affine[-1][0].shape[0] != weight.shape[1]:
            raise _unlike(
                path,
                f"{number}.weight takes {weight.shape[1]} inputs where {affine[-1][0].shape[0]} are given",
            )
        affine.append((weight, bias, True))
    if not affine:
        raise _unlike(path, "it is empty")
    return _stack(affine, [activation if gap else "identity" for gap in gaps] + ["identity"])


def _parts(module: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The modules of nested Sequentials in order, each with its path, for example ``2.0 (ReLU)``."""
    if isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
        for child_name, child in module.named_children():
            yield from _parts(child, f"{name}.{child_name}" if name else child_name)
    else:
        yield f"{name} ({type(module).__name__})".lstrip(), module


def _check_linear(name: str, linear: nn.Linear) -> None:
    for tensor in (linear.weight, linear.bias):
        if tensor is not None and not _is_plain(tensor):
            raise InputError(
                "module", name, f"its parameters are {tensor.dtype}; they must be real floating-point numbers"
            )


def _activation_of(name: str, module: nn.Module) -> str:
    modules = [each for each in ACTIVATIONS.values() if each.module]
    allowed = "it must be made of nn.Linear, " + ", ".join(
        each.module.removeprefix("torch.").replace(":", ".") for each in modules
    )
    for each in modules:
        if type(module) is load(each.module):
            wrong = [item for item in each.settings.items() if getattr(module, item[0]) != item[1]]
            if not wrong:
                return each.name
            setting, value = wrong[0]
            allowed = f"its {setting} is {getattr(module, setting)!r}; it must be {value!r}"
    raise InputError("module", name, allowed)


def _pass_on(weight: Tensor) -> tuple[Tensor, None, bool]:
    """The affine layer that passes the outputs of ``weight`` on unchanged."""
    return torch.eye(weight.shape[0], dtype=weight.dtype, device=weight.device), None, False


def _stack(affine: list[tuple[Tensor, Tensor | None, bool]], activations: list[str]) -> Network:
    """One member from weights and biases, in float64 if any of them is, else float32."""
    wide = any(
        tensor.dtype == torch.float64
        for weight, bias, _ in affine
        for tensor in (weight, bias)
        if tensor is not None
    )
    dtype, device = torch.float64 if wide else torch.float32, affine[0][0].device
    layers, blocks = [], []
    for (weight, bias, trained), activation in zip(affine, activations, strict=True):
        outputs, inputs = weight.shape
        layers.append(AffineLayer(inputs, outputs, activation, trained))
        bias = weight.new_zeros(outputs) if bias is None else bias
        columns = [weight.detach().to(dtype=dtype), bias.detach().to(dtype=dtype).unsqueeze(1)]
        blocks.append(torch.cat(columns, dim=1).reshape(-1).to(device=device))
    return Network(tuple(layers), torch.cat(blocks).unsqueeze(0))


def _is_plain(tensor: object) -> bool:
    return isinstance(tensor, Tensor) and tensor.layout == torch.strided and tensor.is_floating_point()


def _read_tensors(path: str | os.PathLike[str]) -> Mapping[Any, Any]:
    if Path(path).suffix == ".safetensors":
        tensors, metadata = read_tensors(path)
        if "nnexpr" in metadata:
            raise InputError(
                "file", str(path), "it is a network saved by nnexpr, not a state dict; load it as one"
            )
        return tensors
    try:
        with Path(path).open("rb") as file:
            content = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError("file", str(path), "there is no such file") from None
    except OSError as error:
        raise InputError("file", str(path), f"it cannot be read: {error.strerror}") from None
    except pickle.UnpicklingError:
        refused = "it holds Python objects, which are never run; save module.state_dict() instead"
        raise InputError("file", str(path), refused) from None
    except Exception:  # a damaged file can fail anywhere inside the reader
        raise InputError(
            "file", str(path), "it is not a file that torch.save wrote, or it is damaged"
        ) from None
    if not isinstance(content, Mapping):
        raise _unlike(path, f"it holds a {type(content).__name__}")
    return content


def _unlike(path: str | os.PathLike[str], found: str) -> InputError:
    return InputError(
        "file",
        str(path),
        f"{found}; it must be a state dict of an nn.Sequential: N.weight (out, in) and N.bias (out,)",
    )


def _shown(key: object) -> str:
    text = ascii(key)
    return text if len(text) <= 60 else text[:57] + "..."
