"""Networks from torch modules, and back. Values agree to rounding; parameters bit for bit.

A module is taken apart by its exact type, never by name, and what was made of it is compared with the module itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from nnexpr.activations import ACTIVATIONS, FAMILIES
from nnexpr.declarations import load
from nnexpr.networks.adding import AddingStack
from nnexpr.networks.assembly import Assembly, is_plain
from nnexpr.networks.network import Network
from nnexpr.specification import InputError

__all__ = ["from_torch", "to_torch"]

_POINTS = 32  # at which a module is compared with its network


def from_torch(module: nn.Module) -> Network:
    """One network from an ``nn.Linear``, or an ``nn.Sequential`` of Linear and activation modules, in evaluation mode.

    Sequentials may be nested. Two Linear modules in a row have the identity between them; Dropout and Flatten do
    nothing; BatchNorm1d is the affine map of its running statistics, folded in double precision, which the network
    then has. A network ends in an affine layer and has one activation a layer, so after a last activation, and between
    two in a row, a frozen layer W = I, b = 0 passes values on. A Linear whose parameters all have ``requires_grad`` off
    becomes a frozen layer. Half and bfloat16 become float32. What :func:`to_torch` made of a network whose layers add
    what others gave is such a network again. Raises InputError, naming the module, for anything else,
    and where the network's values are not the module's: with a hook or a ``forward`` of its own, for one.
    """
    assembly = Assembly()
    module = _inside(module)
    for name, part, adds in _parts(module):
        if any(not is_plain(parameter) for parameter in part.parameters()):
            kinds = ", ".join(sorted({str(parameter.dtype) for parameter in part.parameters()}))
            raise InputError(
                "module", name, f"its parameters are {kinds}; they must be real floating-point numbers"
            )
        if any(parameter.is_meta for parameter in part.parameters()):
            raise InputError("module", name, "it is on the meta device, which holds shapes and no numbers")
        if type(part) is nn.Linear:
            assembly.add(part.weight, part.bias, any(p.requires_grad for p in part.parameters()), adds)
        elif type(part) is nn.BatchNorm1d:
            assembly.rescale(*_normalisation(name, part))
        elif not _does_nothing(part) and (activation := _activation_of(name, part)) != "identity":
            if not assembly.affine:
                raise InputError("module", name, "an activation must come after an nn.Linear")
            assembly.activate(activation)
    if not assembly.affine:
        raise InputError("module", type(module).__name__, "it must hold at least one nn.Linear")
    try:
        network = assembly.network()
    except ValueError as error:
        raise InputError("module", type(module).__name__, f"its layers do not fit: {error}") from None
    _compare(module, network)
    return network


def to_torch(network: Network, member: int = 0) -> nn.Sequential | AddingStack:
    """One member as an ``nn.Sequential`` with its own copy of the parameters, in the same dtype and device.

    Where layers add what others gave it is an :class:`AddingStack`. Frozen layers have ``requires_grad`` off. Raises
    InputError where torch has no such module (sine, hat), for an input encoding, and for an unknown member.
    """
    if network.encoding is not None:
        raise InputError(
            "encoding", "sine-cosine", "torch has no module for it; only networks of x itself can be given"
        )
    if not 0 <= member < network.members:
        raise InputError("member", member, f"it must be from 0 to {network.members - 1}")
    linears: list[nn.Linear] = []
    activations: list[nn.Module] = []
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
        linears.append(linear.requires_grad_(layer.trained))
        activations.append(load(activation.module)(**activation.settings))
    if network.architecture.has_additions:
        return AddingStack(linears, activations, [layer.adds for layer in network.layers])
    modules = (part for pair in zip(linears, activations, strict=True) for part in pair)
    return nn.Sequential(*(part for part in modules if type(part) is not nn.Identity))


def _inside(module: nn.Module) -> nn.Module:
    """What torch.compile, DataParallel and AveragedModel wrap, where nothing hooks into the wrapper."""
    if module._forward_hooks or module._forward_pre_hooks:
        return module
    if type(module) in (nn.DataParallel, nn.parallel.DistributedDataParallel, AveragedModel):
        return _inside(cast("nn.Module", module.module))
    if type(module).__module__.startswith("torch._dynamo."):  # whose import would take seconds
        return _inside(cast("nn.Module", module._orig_mod))
    return module


def _parts(module: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module, int]]:
    """The modules of nested Sequentials in order, each with its path, for example ``2.0 (ReLU)``, and what it adds."""
    if type(module) is AddingStack and not name:
        for (number, linear), activation, adds in zip(
            module.affine.items(), module.activations, module.adds, strict=True
        ):
            yield f"{number} ({type(linear).__name__})", linear, adds
            yield f"{number} ({type(activation).__name__})", activation, 0
    elif isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward:
        for child_name, child in module.named_children():
            yield from _parts(child, f"{name}.{child_name}" if name else child_name)
    else:
        yield f"{name} ({type(module).__name__})".lstrip(), module, 0


def _normalisation(name: str, module: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """Factor and shift of each number, in double precision."""
    if module.running_mean is None or module.running_var is None:
        raise InputError("module", name, "it has no running statistics, so it is not an affine map")
    factors = 1.0 / torch.sqrt(module.running_var.double() + module.eps)
    factors = factors if module.weight is None else factors * module.weight.double()
    shifts = -factors * module.running_mean.double()
    return factors, shifts if module.bias is None else shifts + module.bias.double()


def _does_nothing(module: nn.Module) -> bool:
    """To a row of numbers in evaluation mode."""
    flat = type(module) is nn.Flatten and (module.start_dim, module.end_dim) in ((1, -1), (-1, -1))
    return flat or type(module) in (nn.Dropout, nn.AlphaDropout, nn.FeatureAlphaDropout)


def _activation_of(name: str, module: nn.Module) -> str:
    modules = [each for each in ACTIVATIONS.values() if each.module]
    allowed = "it must be made of nn.Linear, " + ", ".join(
        each.module.removeprefix("torch.").replace(":", ".") for each in modules
    )
    if type(module) is nn.PReLU and module.weight.numel() == 1:
        return f"leaky_relu:{module.weight.item()!r}"
    for each in modules:
        if type(module) is load(each.module):
            wrong = [item for item in each.settings.items() if getattr(module, item[0]) != item[1]]
            if not wrong:
                return each.name
            setting, value = wrong[0]
            if (
                each.name in FAMILIES
                and (spelled := f"{each.name}:{getattr(module, setting)!r}") in ACTIVATIONS
            ):
                return spelled
            allowed = f"its {setting} is {getattr(module, setting)!r}; it must be {value!r}"
    raise InputError("module", name, allowed)


def _compare(module: nn.Module, network: Network) -> None:
    """Refuse a module that gives other values than its network at random points, beyond what rounding explains.

    The bound follows the absolute values through the layers: |W| a + |b| is the most that is added up in one, to which
    each term brings a rounding of the module's precision.
    """
    first = next(module.parameters())
    x = torch.randn(_POINTS, network.inputs, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = x.to(first)
    given, terms = [x.double().abs().T.cpu()], 0
    for index, layer in enumerate(network.layers):
        weight, bias = (part[0].double().abs().cpu() for part in (network.weight(index), network.bias(index)))
        pieces = ACTIVATIONS[layer.activation].pieces
        steepest = max(1.0, *map(abs, pieces.slopes)) if pieces else 2.0
        sums = torch.addmm(bias[:, None], weight, given[-1]) + (given[-layer.adds] if layer.adds else 0.0)
        given.append(steepest * sums)
        terms += layer.inputs + 4
    kind = f"{type(module).__name__}"
    try:
        with _evaluated(module), torch.no_grad():
            told = module(x).double().cpu()
    except Exception as error:  # whatever a forward of its own raises
        why = f"it cannot be run on inputs of shape {tuple(x.shape)} ({type(error).__name__})"
        raise InputError("module", kind, why) from None
    made = network.to(dtype=torch.float64)(x.double())[0].cpu()
    tolerance = terms * torch.finfo(first.dtype).eps * (given[-1].T + 1.0)
    same = told.shape == made.shape and bool((((told - made).abs() <= tolerance) | ~made.isfinite()).all())
    if not same:
        why = "it gives other values than its layers do; a hook, or a forward of its own, is not taken over"
        raise InputError("module", kind, why)


@contextmanager
def _evaluated(module: nn.Module) -> Iterator[None]:
    """In evaluation mode, and then as it was."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
