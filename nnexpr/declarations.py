"""How one option is declared: its kind, bounds, choices and words; how it is read, written and refused.

The things that an option chooses among are declared likewise: see :class:`Declared`. Nothing here imports torch or
NumPy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib import import_module
from typing import Any, Literal, NamedTuple, Protocol, Self, TypeVar, cast

__all__ = [
    "Declared",
    "Home",
    "InputError",
    "Option",
    "Specified",
    "load",
    "option",
    "option_words",
    "options_of",
]

Home = str  # "module:name" of what is imported when it is first used; empty where there is none

Kind = Literal["integer", "number", "choice", "text", "flag", "integers", "numbers", "interval"]
Group = Literal["network", "target", "training", "basis", "solver", "machine", "clip"]


def load(home: Home) -> Any:
    """What is found there."""
    module, _, name = home.partition(":")
    return getattr(import_module(module), name)


class InputError(ValueError):
    """A value that cannot be used: names the option, the value and what is allowed."""

    def __init__(self, option: str, value: object, allowed: str) -> None:
        self.option, self.value, self.allowed = option, value, allowed
        super().__init__(f"{option} is {self.shown}: {allowed}")

    @property
    def shown(self) -> str:
        """The value as a person would write it."""
        if isinstance(self.value, int) and abs(self.value) >= 10**30:
            return "a number of more than thirty digits"
        if isinstance(self.value, (tuple, list)) and self.value:
            return ", ".join(
                "[…]" if isinstance(item, (tuple, list)) else InputError("", item, "").shown
                for item in self.value
            )
        if isinstance(self.value, str):
            return self.value if self.value.strip() else "empty"
        return repr(self.value)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by what it was made of."""
        return InputError, (self.option, self.value, self.allowed)


class Named(Protocol):
    """What has a name by which it is chosen."""

    @property
    def name(self) -> str: ...


Thing = TypeVar("Thing", bound=Named)


class Declared(dict[str, Thing]):
    """What has been declared of one kind, such as "an activation", by name."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def declare(self, thing: Thing) -> None:
        """Add it to what may be chosen; ValueError where the name is taken."""
        if thing.name in self:
            raise ValueError(f"{self._kind} called {thing.name} has been declared")
        self[thing.name] = thing


@dataclass(frozen=True)
class Option:
    """One setting of what is specified: how it is spelled, what it means and what it may be."""

    name: str
    kind: Kind
    default: Any
    help: str
    group: Group
    label: str
    offered: Iterable[str] | Callable[[], Iterable[str]] = ()  # of a choice
    minimum: float | None = None
    maximum: float | None = None
    exclusive: bool = False  # the bounds themselves are not allowed
    live: bool = False  # may change while training, without a new network
    nullable: bool = False
    spelled: Callable[[str], bool] = lambda _: False  # what else a choice may be: leaky_relu:0.2

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be chosen: looked up when asked, for declarations may have been added."""
        return tuple(self.offered() if callable(self.offered) else self.offered)

    @property
    def flag(self) -> str:
        """The spelling on the command line, for example ``--encoding-bands``."""
        return "--" + self.name.replace("_", "-")

    @property
    def allowed(self) -> str:
        """What the option accepts, in words, for an error message or a help text."""
        if self.kind == "choice":
            return "it must be one of " + ", ".join(self.choices)
        low, high = self.minimum, self.maximum
        more, less = ("above", "below") if self.exclusive else ("at least", "at most")
        bounds = [f"{more} {_plain(low)}"] if low is not None else []
        bounds += [f"{less} {_plain(high)}"] if high is not None else []
        return f"it must be {_FORMS[self.kind].noun}" + (f", {' and '.join(bounds)}" if bounds else "")

    def parse(self, text: str) -> Any:
        """The value that ``text`` spells; raises :class:`InputError`."""
        text = text.strip()
        if self.nullable and text.lower() in ("", "none", "auto"):
            return None
        form = _FORMS[self.kind]
        try:
            if (
                "_" in text and form.convert is not _text
            ):  # Python's own spelling of a number, and nobody else's
                raise ValueError
            words = re.split(r"\s*,\s*|\s+", text) if form.listed else [text]
            values = tuple(map(form.read, words))
            return self.check(values if form.listed else values[0])
        except (ValueError, OverflowError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(self.name, text, self.allowed) from None

    def format(self, value: Any) -> str:
        """``value`` as a person would type it; ``parse`` reads it back."""
        if value is None:
            return ""
        if self.kind == "flag":
            return "yes" if value else "no"
        if isinstance(value, tuple):
            return ",".join(f"{item:.12g}" for item in value)
        if isinstance(value, float):
            return f"{value:.12g}"
        return _short(value) if self.kind == "integer" else str(value)

    def check(self, value: Any) -> Any:
        """``value`` in its proper type, or :class:`InputError`."""
        if value is None and self.nullable:
            return None
        form = _FORMS[self.kind]
        try:
            value = tuple(map(form.convert, _items(value))) if form.listed else form.convert(value)
        except (TypeError, ValueError, OverflowError):
            raise InputError(self.name, value, self.allowed) from None
        if self.kind == "choice" and value not in self.choices and not self.spelled(value):
            raise InputError(self.name, value, self.allowed)
        if form.listed and not value:
            raise InputError(self.name, value, self.allowed)
        if self.kind == "interval" and (len(value) != 2 or not value[0] < value[1]):
            raise InputError(self.name, value, self.allowed)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, (int, float)) and not self._within(item):
                raise InputError(self.name, value, self.allowed)
        return value

    def _within(self, item: float) -> bool:
        if isinstance(item, float) and not math.isfinite(item):
            return False
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        return low < item < high if self.exclusive else low <= item <= high


def _plain(bound: float) -> str:
    """A bound as a person writes it: 1000000, not 1e+06."""
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def _spelled(text: str) -> int:
    """A whole number in digits, or as 1e5."""
    return int(text) if "e" not in text.lower() else _whole(float(text))


def _short(value: int) -> str:
    """In digits; with more than six zeros at the end, as 1e10."""
    digits = str(value)
    stem = digits.rstrip("0")
    return f"{stem}e{len(digits) - len(stem)}" if len(digits) - len(stem) > 6 else digits


def _whole(value: Any) -> int:
    number = int(value)
    if isinstance(value, bool) or number != value:
        raise ValueError
    return number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _items(value: Any) -> Iterable[Any]:
    """One value stands for a list of one."""
    return value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)


class _Form(NamedTuple):
    """Values of one kind, ``listed`` or one alone: in words, from text, and to their type from any value."""

    noun: str
    read: Callable[[str], Any]
    convert: Callable[[Any], Any]
    listed: bool = False


_FORMS: dict[Kind, _Form] = {
    "integer": _Form("a whole number", _spelled, _whole),
    "number": _Form("a number", float, float),
    "choice": _Form("a name", str, _text),
    "text": _Form("text", str, _text),
    "flag": _Form("yes or no", lambda text: text.lower() in ("yes", "true", "on", "1"), bool),
    "integers": _Form("a whole number or a comma-separated list of them", _spelled, _whole, listed=True),
    "numbers": _Form("a number or a comma-separated list of them", float, float, listed=True),
    "interval": _Form("two numbers, the lower first", float, float, listed=True),
}


def option(
    kind: Kind,
    default: Any,
    help: str,  # noqa: A002 - the word every command-line library uses
    *,
    group: Group,
    label: str = "",
    **declaration: Any,
) -> Any:
    """A field of a :class:`Specified` that carries its :class:`Option` declaration."""
    metadata = {"kind": kind, "help": help, "group": group, "label": label, **declaration}
    return field(default=default, metadata=metadata)


def options_of(specified: type[Specified]) -> dict[str, Option]:
    """Its declarations by name, in the order of its fields."""
    return _options(cast("Hashable", specified))


@cache
def _options(specified: Any) -> dict[str, Option]:
    return {f.name: Option(name=f.name, default=f.default, **f.metadata) for f in fields(specified)}


@dataclass(frozen=True, kw_only=True)
class Specified:
    """What is to be done, each field an :func:`option`: every value is checked against its declaration when made."""

    def __post_init__(self) -> None:
        for name, declaration in options_of(type(self)).items():
            object.__setattr__(self, name, declaration.check(getattr(self, name)))

    @classmethod
    def make(cls, **given: Any) -> Self:
        """From the options that were given; raises :class:`InputError` for an unknown one or a value out of bounds."""
        known = options_of(cls)
        for name in given:
            if name not in known:
                raise InputError("option", name, "known options are " + ", ".join(known))
        return cls(**given)

    def relevant(self, name: str) -> bool:  # noqa: ARG002
        """Whether the option has a meaning beside the others: unless a subclass knows better."""
        return True

    def replace(self, **changes: Any) -> Self:
        """A copy with ``changes``, checked again."""
        return replace(self, **changes)

    def as_config(self) -> dict[str, Any]:
        """Every option by name, in plain JSON values."""
        return {
            name: list(value) if isinstance(value := getattr(self, name), tuple) else value
            for name in options_of(type(self))
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_config`; options that are missing take their defaults."""
        return cls.make(**{name: tuple(v) if isinstance(v, list) else v for name, v in config.items()})


def option_words(specification: Specified, plain: Specified) -> list[str]:
    """The options that mean something and have another value than in ``plain``, as the command line spells them."""
    words: list[str] = []
    for name, option in options_of(type(specification)).items():
        value = getattr(specification, name)
        if value == getattr(plain, name) or not specification.relevant(name):
            continue
        if option.kind == "flag":
            words.append(option.flag if value else f"--no-{option.flag[2:]}")
        elif option.kind == "interval":
            words += [option.flag, *(f"{item:.12g}" for item in value)]
        else:
            words += [option.flag, option.format(value)]
    return words
