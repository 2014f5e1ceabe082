"""Tensors that stand for units of a graph, and what torch does to them.

A module's forward runs as it always does, on a :class:`Traced`. Whatever it calls, by module, function or method, comes
down to a few hundred operators of torch (``aten``), and each of them that is given a traced tensor arrives here. So
hooks, overridden methods, branches on shapes and parametrised weights are followed by being run. Three kinds are known:

- what only moves numbers (``MOVING``) is done by torch itself to the numbers of units; a view stays a view, so that
  writing into one writes into what it is a view of;
- what is a step of a graph is in ``operators.py``;
- what makes new tensors like a given one makes constants.

The rest is refused by its place. Nothing is drawn from torch's generators.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_map

from nnexpr.networks.graph.draft import Draft, Refused, Signal
from nnexpr.networks.graph.maps import Index
from nnexpr.networks.tracing.moving import MOVING, NEW
from nnexpr.networks.tracing.operators import OPERATORS

__all__ = ["Cell", "Cut", "Followed", "Place", "Traced", "Tracer"]


class Cut(Exception):
    """The place up to which a module is taken: its first tensor."""

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor


class Place(Exception):
    """Why a module cannot be taken, and where."""

    def __init__(self, name: str, kind: str, why: str) -> None:
        self.name, self.kind, self.why = name, kind, why


@dataclass
class Cell:
    """What tensors that are views of one another share: the units of them all, ``(n,)``."""

    signal: Signal


@dataclass
class Tracer:
    """Where in a module we are, and what has been met there. ``up_to``: the place before which to stop."""

    draft: Draft = field(default_factory=Draft)
    up_to: str | None = None
    modules: list[tuple[str, torch.nn.Module]] = field(
        default_factory=list
    )  # that are running, innermost last
    met: dict[str, int] = field(default_factory=dict)  # how often each place was
    narrowed: bool = False  # whether values were rounded to single precision or less
    stand: Callable[[Tensor], Traced] = field(init=False)  # makes units that stand for a tensor of numbers

    def enter(self, name: str, module: torch.nn.Module, inputs: Sequence[Any]) -> None:
        """A module begins."""
        self.modules.append((name, module))
        if name:
            self._stop_before(name, inputs)

    def leave(self) -> None:
        """It ends."""
        self.modules.pop()

    def step(self, operator: str, given: Any) -> str:
        """An operator begins; the name of its place."""
        name, module = self.modules[-1]
        if name and not any(True for _ in module.children()):
            return name
        place = f"{name}.{operator.strip('_')}".lstrip(".")
        times = self.met[place] = self.met.get(place, 0) + 1
        place += f"_{times}" if times > 1 else ""
        self._stop_before(place, given)
        return place

    def _stop_before(self, place: str, given: Any) -> None:
        if place == self.up_to:
            tensors = [each for each in tree_flatten(given)[0] if isinstance(each, (Traced, Followed))]
            if not tensors:
                raise Place(place, "up_to", "it takes nothing that depends on the input")
            raise Cut(tensors[0])

    def refuse(self, place: str, why: str) -> NoReturn:
        """With the module that is running."""
        name, module = self.modules[-1]
        within = "" if place == name else "in "
        raise Place(place, within + type(module).__name__, why)


class _Stand(Tensor):
    """A tensor without numbers of its own."""

    tracer: Tracer
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @staticmethod
    def _empty(kind: type[_Stand], shape: Sequence[int], dtype: torch.dtype) -> Any:
        return Tensor._make_wrapper_subclass(kind, tuple(shape), dtype=dtype)

    def __repr__(self) -> str:  # type: ignore[override]
        return f"<{type(self).__name__} {tuple(self.shape)}>"


class Followed(_Stand):
    """A tensor with numbers beside it, of which every operator computes others: to see what a place is given."""

    numbers: Tensor

    @classmethod
    def of(cls, tracer: Tracer, numbers: Tensor) -> Followed:
        """One of these numbers."""
        made: Followed = cls._empty(cls, numbers.shape, numbers.dtype)
        made.tracer, made.numbers = tracer, numbers
        return made

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Compute."""
        given = (args, kwargs or {})
        tracer = _tracer(given)
        tracer.step(_plain(func), given)
        args, kwargs = tree_map(lambda each: each.numbers if isinstance(each, cls) else each, given)
        results = func(*args, **kwargs)
        if func._schema.arguments and _is_written(func):
            return given[0][0]
        return tree_map(lambda each: cls.of(tracer, each) if isinstance(each, Tensor) else each, results)


class Traced(_Stand):
    """``spots``: where each number of it is among the units of the cell."""

    cell: Cell
    spots: Index

    @classmethod
    def of(cls, tracer: Tracer, cell: Cell, spots: Index) -> Traced:
        """A view of the cell."""
        made: Traced = cls._empty(cls, spots.shape, torch.float64)
        made.tracer, made.cell, made.spots = tracer, cell, spots
        return made

    @classmethod
    def made(cls, tracer: Tracer, signal: Signal) -> Traced:
        """A new tensor of a signal."""
        cell = Cell(signal.at(signal.places.ravel()))
        return cls.of(tracer, cell, np.arange(signal.places.size).reshape(signal.shape))

    @property
    def signal(self) -> Signal:
        """The units that it stands for now."""
        return self.cell.signal.at(self.cell.signal.places[self.spots])

    def write(self, signal: Signal) -> None:
        """Stand for these from now on, and so in all views."""
        if self.spots.size == self.cell.signal.places.size:  # of which views and permutations see each once
            places = np.empty_like(self.cell.signal.places)
            places[self.spots] = np.broadcast_to(signal.places, self.spots.shape)
            self.cell.signal = signal.at(places)
            return
        whole, new = self.cell.signal.draft.together([self.cell.signal, signal])
        places = whole.places.copy()
        places[self.spots] = np.broadcast_to(new.places, self.spots.shape)
        self.cell.signal = whole.at(places)

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """One operator of torch."""
        given = (args, kwargs or {})
        tracer = _tracer(given)
        place = tracer.step(_plain(func), given)
        tracer.draft.name = place
        try:
            return _done(tracer, func, place, *given)
        except Refused as error:
            tracer.refuse(place, str(error))
        except (ValueError, IndexError, KeyError, TypeError, NotImplementedError) as error:
            tracer.refuse(place, f"what torch calls {func} cannot be followed here ({error})")


def _done(tracer: Tracer, func: Any, place: str, args: Any, kwargs: Any) -> Any:
    """What an operator gives."""
    name = _plain(func)
    bound = _bound(func, args, kwargs)
    if name in MOVING:
        return _moved(tracer, func, args, kwargs)
    if name in NEW:
        real = tree_map(lambda each: torch.zeros(each.shape, dtype=torch.float64) if isinstance(each, Traced) else each,
                        (args, kwargs))  # fmt: skip
        numbers = func(*real[0], **real[1] | {"device": "cpu"} if "device" in bound else real[1])
        if not name.startswith(("empty", "new_empty")):
            numbers = numbers.double()
        return Traced.made(tracer, tracer.draft.constant(np.nan_to_num(numbers.double().numpy())))
    if name not in OPERATORS:
        raise Refused(f"it is not piecewise linear, or not known; up_to={place!r} takes what comes before it")
    written = args[0] if _is_written(func) else None
    values = {key: tree_map(_value, value) for key, value in bound.items()}
    tracer.narrowed |= values.get("dtype") in (torch.float32, torch.float16, torch.bfloat16)
    results = OPERATORS[name](tracer.draft, values)
    if written is not None:
        target = written if isinstance(written, Traced) else tracer.stand(written)
        target.write(results)
        return written
    if len(func._schema.returns) > 1:  # the others are indices, or what only training needs
        unknown = torch.zeros(results.shape, dtype=torch.int64)
        return (Traced.made(tracer, results), *[unknown] * (len(func._schema.returns) - 1))
    return Traced.made(tracer, results)


def _moved(tracer: Tracer, func: Any, args: Any, kwargs: Any) -> Any:
    """The same done by torch to the numbers of units, from 1 on; what is 0 then is nothing's."""
    moved, *others = args
    if not isinstance(moved, Traced) or any(
        isinstance(each, Traced) for each in tree_flatten((others, kwargs))[0]
    ):
        raise Refused("where it moves numbers depends on the input")
    if (
        func._schema.name.endswith("_") and _plain(func) != "squeeze"
    ):  # of which torch's products take what it gives
        raise Refused("it turns a tensor in place; turn it into a new one")
    is_view = func._schema.returns[0].alias_info is not None
    spots = moved.spots if is_view else moved.signal.places
    results = func(torch.from_numpy(spots + 1.0).contiguous(), *others, **kwargs)

    def back(result: Tensor) -> Traced:
        places = result.numpy().astype(np.int64) - 1
        if is_view:
            return Traced.of(tracer, moved.cell, places)
        return Traced.made(tracer, tracer.draft.selected(moved.signal, places))

    return tree_map(lambda each: back(each) if isinstance(each, Tensor) else each, results)


def _value(value: Any) -> Any:
    """As operators take it: a signal, an array, or what it is."""
    if isinstance(value, Traced):
        return value.signal
    if isinstance(value, Tensor):
        numbers = value.detach().cpu()
        return (numbers.double() if numbers.is_floating_point() else numbers).numpy()
    return value


def _bound(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by name, with those that were left out."""
    arguments = func._schema.arguments
    bound = {each.name: each.default_value for each in arguments if each.has_default_value()}
    bound |= {each.name: value for each, value in zip(arguments, args, strict=False)}
    return bound | kwargs


def _is_written(func: Any) -> bool:
    """Whether it writes into its first argument."""
    first = func._schema.arguments[0] if func._schema.arguments else None
    return first is not None and first.alias_info is not None and first.alias_info.is_write


def _plain(func: Any) -> str:
    """The operator's name, the same in place or not."""
    name = str(func.overloadpacket.__name__)
    return name.rstrip("_") if not name.startswith("__") else name


def _tracer(given: Any) -> Tracer:
    return next(each.tracer for each in tree_flatten(given)[0] if isinstance(each, _Stand))
