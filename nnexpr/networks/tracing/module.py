"""A module as a graph: its forward followed once, and then held to what the module itself gives.

The module is run in evaluation mode and in double precision, with parameters and buffers of its own put by for so
long; it is as it was afterwards. Where it cannot be run so it is run in its own precision.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils._pytree import tree_map

from nnexpr.networks.graph.draft import Refused
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.maps import Array
from nnexpr.networks.graph.rounding import compared, trial_points
from nnexpr.networks.tracing.standing import Standing
from nnexpr.networks.tracing.tensor import Cut, Followed, Place, Traced, Tracer
from nnexpr.specification import InputError

__all__ = ["evaluated", "graph_of_module"]

_SINGLE = 2.0**-23


def graph_of_module(
    module: nn.Module, input_shape: Sequence[int] | None = None, up_to: str | None = None
) -> Graph:
    """The graph of a module's one output at one point; InputError where it has none, by name and place."""
    shape = _shape(module, input_shape)
    try:
        with evaluated(module), torch.random.fork_rng(devices=[]), torch.no_grad():
            return _graph(module, shape, up_to)
    except Place as error:
        place = f"{error.name} ({error.kind})" if error.name else error.kind
        raise InputError("module", place, error.why) from None
    except Refused as error:
        raise InputError("module", type(module).__name__, str(error)) from None


def _graph(module: nn.Module, shape: tuple[int, ...], up_to: str | None) -> Graph:
    tracer = Tracer(up_to=up_to)
    point = tracer.draft.input(shape)
    output = _tensor(_run(module, Traced.made(tracer, point), tracer, shape))
    if not isinstance(output, Traced):
        raise Refused("its output does not depend on its input")
    graph = tracer.draft.graph(output.signal, shape)
    x = trial_points(graph)
    told, precision = _told(module, x.reshape(len(x), *shape), up_to)
    if not compared(graph, x, told, max(precision, _SINGLE if tracer.narrowed else 0.0)):
        raise Refused("it gives other values than its steps do, or others each time, so it is not taken")
    return graph


def _run(module: nn.Module, x: Tensor, tracer: Tracer, shape: tuple[int, ...]) -> Any:
    """What the module gives, or what is given to the place up to which it is taken."""
    tracer.modules = [("", module)]
    try:
        with _named(module, tracer), Standing(tracer) as standing:
            output = tree_map(standing.instead, _in_double(module)(x))
    except Cut as cut:
        return cut.tensor
    except (Place, Refused):
        raise
    except Exception as error:  # whatever a forward of its own raises
        why = str(error).partition("\n")[0][:160]
        at, kind = tracer.modules[-1]
        raise Place(
            at, type(kind).__name__, f"it cannot be run on inputs of shape {(1, *shape)} ({why})"
        ) from None
    if tracer.up_to is not None:
        places = [name for name, _ in module.named_modules() if name] + list(tracer.met)
        raise InputError("up_to", tracer.up_to, "it must be one of " + ", ".join(dict.fromkeys(places)))
    return output


def _told(module: nn.Module, x: Array, up_to: str | None) -> tuple[Array, float]:
    """The module's own values ``(points, outputs)``, and in what precision they were computed."""
    run, points, precision = _in_double(module), torch.from_numpy(x), 2.0**-52

    def at(given: Tensor) -> Array:
        if up_to is None:
            made = _tensor(run(given))
        else:
            tracer = Tracer(up_to=up_to)
            made = _tensor(_run(module, Followed.of(tracer, given), tracer, tuple(x.shape[1:]))).numbers
        numbers: Array = made.detach().double().cpu().numpy()
        return numbers.reshape(len(given) if numbers.shape[:1] == (len(given),) else 1, -1)

    try:
        alone = at(points[:1])
    except Exception:  # tensors of its own in single precision
        parameter = next(module.parameters(), torch.empty(0))
        run, points, precision = module, points.to(parameter), float(torch.finfo(parameter.dtype).eps)
        try:
            alone = at(points[:1])
        except Exception as error:
            why = str(error).partition("\n")[0][:160]
            raise Refused(f"torch cannot run it on inputs of shape {(1, *x.shape[1:])} ({why})") from None
    try:
        together = at(points)
    except Exception:  # a module of one point at a time
        return np.concatenate([at(point[None]) for point in points]), precision
    if together.shape[1:] != alone.shape[1:] or not np.allclose(
        alone[0], together[0], precision**0.5, precision**0.5
    ):
        raise Refused("it gives other values for several points together than for each alone")
    return together, precision


def _in_double(module: nn.Module) -> Callable[[Tensor], Any]:
    """The module with its own forward and copies of its numbers in double precision, on the processor."""
    if any(
        isinstance(part, torch.jit.ScriptModule) for part in module.modules()
    ):  # whose numbers cannot be exchanged
        wide_module: nn.Module = copy.deepcopy(module).cpu().double()
        return wide_module
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    wide = {
        name: tensor.detach().cpu().double() if tensor.is_floating_point() else tensor.detach().cpu().clone()
        for name, tensor in tensors.items()
    }
    return lambda x: torch.func.functional_call(module, wide, (x,))


def _tensor(output: Any) -> Any:
    """The one tensor that a module gives."""
    if isinstance(output, (tuple, list)) and len(output) == 1:
        return _tensor(output[0])
    if not isinstance(output, Tensor):
        kind = f"a {type(output).__name__}" + (
            f" of {len(output)}" if isinstance(output, (tuple, list, dict)) else ""
        )
        raise Refused(f"it gives {kind}; one tensor is taken")
    return output


def _shape(module: nn.Module, given: Sequence[int] | None) -> tuple[int, ...]:
    """Of one point, as given, or as the first layer tells it."""
    if given is not None:
        if not given or min(given) < 1:
            raise InputError(
                "input_shape", tuple(given), "the sizes of one point, without the batch: (1, 28, 28)"
            )
        return tuple(int(size) for size in given)
    for name, part in module.named_modules():
        if any(True for _ in part.children()) or not any(True for _ in part.parameters(recurse=False)):
            continue
        if isinstance(part, nn.Linear):
            return (part.in_features,)
        if isinstance(part, nn.BatchNorm1d):
            return (part.num_features,)
        where = f"{name} ({type(part).__name__})".lstrip()
        raise InputError("module", where, "its first layer does not tell the shape of an input; give input_shape, such "
                                          "as (1, 28, 28)")  # fmt: skip
    raise InputError(
        "module", type(module).__name__, "nothing tells the shape of its input; give input_shape"
    )


@contextmanager
def _named(module: nn.Module, tracer: Tracer) -> Iterator[None]:
    """While it lasts, the tracer knows which of the modules is running."""
    names = {id(part): name for name, part in module.named_modules(remove_duplicate=False)}
    before = register_module_forward_pre_hook(
        lambda part, inputs: tracer.enter(names[id(part)], part, inputs) if id(part) in names else None
    )
    behind = register_module_forward_hook(
        lambda part, *_: tracer.leave() if id(part) in names else None, always_call=False
    )
    try:
        yield
    finally:
        before.remove()
        behind.remove()


@contextmanager
def evaluated(module: nn.Module) -> Iterator[None]:
    """In evaluation mode, and then as it was."""
    modes = [(part, part.training) for part in module.modules()]
    with suppress(NotImplementedError):  # what torch.export made has the mode that it was exported in
        module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
