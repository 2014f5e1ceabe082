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
from nnexpr.networks.tensor_file import opened, read_tensors
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
    stack = _Stack()
    for name, part in _parts(module):
        if type(part) is nn.Linear:
            if not all(_is_plain(parameter) for parameter in part.parameters()):
                wrong = f"its parameters are {part.weight.dtype}; they must be real floating-point numbers"
                raise InputError("module", name, wrong)
            stack.add(part.weight, part.bias, any(p.requires_grad for p in part.parameters()))
        elif (activation := _activation_of(name, part)) != "identity":
            if not stack.affine:
                raise InputError("module", name, "an activation must come after an nn.Linear")
            stack.activate(activation)
    if not stack.affine:
        raise InputError("module", type(module).__name__, "it must hold at least one nn.Linear")
    return stack.network()


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
    stack = _Stack()
    for number, gap in zip(numbers, [False, *gaps], strict=False):
        weight, bias = found[number].get("weight"), found[number].get("bias")
        if weight is None:
            raise _unlike(path, f"{number}.weight is missing")
        if weight.ndim != 2 or 0 in weight.shape or (bias is not None and bias.shape != weight.shape[:1]):
            shapes = [tuple(tensor.shape) for tensor in (weight, bias) if tensor is not None]
            raise _unlike(path, f"layer {number} has the shapes {' and '.join(map(str, shapes))}")
        if stack.affine and (given := stack.affine[-1][0].shape[0]) != weight.shape[1]:
            raise _unlike(path, f"{number}.weight takes {weight.shape[1]} inputs where {given} are given")
        if gap:
            stack.activate(activation)
        stack.add(weight, bias)
    if not stack.affine:
        raise _unlike(path, "it is empty")
    return stack.network()


def _parts(module: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The modules of nested Sequentials in order, each with its path, for example ``2.0 (ReLU)``."""
    if isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
        for child_name, child in module.named_children():
            yield from _parts(child, f"{name}.{child_name}" if name else child_name)
    else:
        yield f"{name} ({type(module).__name__})".lstrip(), module


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


class _Stack:
    """Affine layers as they are found, weight, bias and whether it is trained, with the activation after each."""

    def __init__(self) -> None:
        self.affine: list[tuple[Tensor, Tensor, bool]] = []
        self._activations: list[str] = []

    def add(self, weight: Tensor, bias: Tensor | None = None, trained: bool = True) -> None:
        bias = weight.new_zeros(len(weight)) if bias is None else bias
        self.affine.append((weight, bias, trained))
        self._activations.append("identity")

    def activate(self, name: str) -> None:
        self._end_in_an_affine_layer()
        self._activations[-1] = name

    def network(self) -> Network:
        """One member, in float64 if any weight or bias is, else float32."""
        self._end_in_an_affine_layer()
        wide = any(torch.float64 in (weight.dtype, bias.dtype) for weight, bias, _ in self.affine)
        layers, blocks = [], []
        for (weight, bias, trained), activation in zip(self.affine, self._activations, strict=True):
            layers.append(AffineLayer(weight.shape[1], weight.shape[0], activation, trained))
            block = torch.cat([weight.detach(), bias.detach().unsqueeze(1)], dim=1).reshape(-1)
            blocks.append(
                block.to(dtype=torch.float64 if wide else torch.float32, device=self.affine[0][0].device)
            )
        return Network(tuple(layers), torch.cat(blocks).unsqueeze(0))

    def _end_in_an_affine_layer(self) -> None:
        """After an activation: one that passes values on, W = I."""
        if self._activations[-1] != "identity":
            below = self.affine[-1][0]
            self.add(torch.eye(len(below), dtype=below.dtype, device=below.device), trained=False)


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
    with opened(path) as file:
        try:
            content = torch.load(file, map_location="cpu", weights_only=True)
        except OSError:
            raise
        except pickle.UnpicklingError:
            refused = "it holds Python objects, which are never run; save module.state_dict() instead"
            raise InputError("file", str(path), refused) from None
        except Exception:  # a damaged file can fail anywhere inside the reader
            damaged = "it is not a file that torch.save wrote, or it is damaged"
            raise InputError("file", str(path), damaged) from None
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
