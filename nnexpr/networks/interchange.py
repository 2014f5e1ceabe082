"""Networks from torch modules, and back. Values agree to rounding; parameters bit for bit.

A plain stack of layers is taken apart by exact types, never by name, and keeps its parameters; any other module is
followed through its forward (``tracing/``). What was made of it is compared with the module itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from nnexpr.activations import ACTIVATIONS, FAMILIES
from nnexpr.declarations import load
from nnexpr.networks.adding import AddingStack
from nnexpr.networks.assembly import Assembly, is_plain
from nnexpr.networks.graph.chain import network_of
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.networks.tracing.module import evaluated, graph_of_module
from nnexpr.specification import InputError

__all__ = ["from_torch", "to_torch"]

_POINTS = 32  # at which a module is compared with its network


def from_torch(
    module: nn.Module, input_shape: Sequence[int] | None = None, up_to: str | None = None
) -> Network | Graph:
    """What a module computes in evaluation mode: a :class:`Network` of a plain stack of layers, else a :class:`Graph`.

    ``input_shape`` is that of one point, without the batch, such as ``(1, 28, 28)``; a first ``nn.Linear`` tells its
    own. ``up_to`` names a module, or a step as an error names it, before which to stop: ``"softmax"``.

    **Any module** whose output is piecewise linear in its input: its forward is run once on tensors that stand for
    units (``tracing/``), so that convolutions, normalisation, pooling, residual sums, concatenation, maxima, functions
    and methods of torch, hooks and methods of its own are followed. The weights are taken in double precision. What is
    not piecewise linear is an InputError with its name and place, and so is a module whose own values at random points,
    one by one and together, are not the graph's. The module is not changed, nor torch's generators drawn from.

    **A plain stack** is an ``nn.Linear``, or an ``nn.Sequential`` of Linear and activation modules, smooth ones too.
    Sequentials may be nested. Two Linear modules in a row have the identity between them; Dropout and Flatten do
    nothing; BatchNorm1d is the affine map of its running statistics, folded in double precision, which the network
    then has. A network ends in an affine layer and has one activation a layer, so after a last activation, and between
    two in a row, a frozen layer W = I, b = 0 passes values on. A Linear whose parameters all have ``requires_grad`` off
    becomes a frozen layer. Half and bfloat16 become float32. What :func:`to_torch` made of a network whose layers add
    what others gave is such a network again. Raises InputError where the network's values are not the module's: with
    a hook or a ``forward`` of its own, for one.
    """
    module = _inside(module)
    parts = list(_parts(module))
    of_one_axis = input_shape is None or len(input_shape) == 1
    if up_to is None and of_one_axis and _is_stack([part for _, part, _ in parts]):
        return _of_stack(module, parts)
    graph = graph_of_module(module, input_shape, up_to)
    return network_of(graph) or graph


def _of_stack(module: nn.Module, parts: Sequence[tuple[str, nn.Module, int]]) -> Network:
    assembly = Assembly()
    for name, part, adds in parts:
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
        elif not _does_nothing(part) and (activation := _activation_of(part)) != "identity":
            assembly.activate(activation)
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


def _is_stack(parts: Sequence[nn.Module]) -> bool:
    """Whether they are layers of a network, an affine one first."""
    first = next((part for part in parts if not _does_nothing(part) and type(part) is not nn.Identity), None)
    known = (nn.Linear, nn.BatchNorm1d)
    return (
        type(first) in known
        and any(type(part) is nn.Linear for part in parts)
        and all(type(part) in known or _does_nothing(part) or _activation_of(part) for part in parts)
    )


def _activation_of(module: nn.Module) -> str:
    """The activation that a module is; empty for any other module."""
    if type(module) is nn.PReLU and module.weight.numel() == 1 and not module.weight.is_meta:
        return f"leaky_relu:{module.weight.item()!r}"
    for each in (activation for activation in ACTIVATIONS.values() if activation.module):
        if type(module) is load(each.module):
            wrong = [setting for setting, value in each.settings.items() if getattr(module, setting) != value]
            if not wrong:
                return each.name
            spelled = f"{each.name}:{getattr(module, wrong[0])!r}"
            return spelled if each.name in FAMILIES and spelled in ACTIVATIONS else ""
    return ""


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
        with evaluated(module), torch.no_grad():
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
