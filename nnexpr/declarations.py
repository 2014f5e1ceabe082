"""How one option is declared: its kind, bounds, choices and words; how it is read, written and refused.

Nothing here imports torch or NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

__all__ = ["Home", "InputError", "Option", "load", "option"]

Home = str  # "module:name" of what is imported when it is first used; empty where there is none

Kind = Literal["integer", "number", "choice", "text", "flag", "integers", "numbers", "interval"]
Group = Literal["network", "target", "training", "machine"]


def load(home: Home) -> Any:
    """What is found there."""
    module, _, name = home.partition(":")
    return getattr(import_module(module), name)


class InputError(ValueError):
    """A value that cannot be used: names the option, the value and what is allowed."""

    def __init__(self, option: str, value: object, allowed: str) -> None:
        self.option, self.value, self.allowed = option, value, allowed
        super().__init__(f"{option} is {value if isinstance(value, str) else repr(value)}: {allowed}")


@dataclass(frozen=True)
class Option:
    """One setting of a fit: how it is spelled, what it means and what it may be."""

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
        if self.kind == "flag":
            return "it must be yes or no"
        if self.kind == "text":
            return "it must be text"
        noun = {
            "integer": "a whole number",
            "number": "a number",
            "integers": "a whole number or a comma-separated list of them",
            "numbers": "a number or a comma-separated list of them",
            "interval": "two numbers, the lower first",
        }[self.kind]
        low, high = self.minimum, self.maximum
        more, less = ("above", "below") if self.exclusive else ("at least", "at most")
        bounds = [f"{more} {_plain(low)}"] if low is not None else []
        bounds += [f"{less} {_plain(high)}"] if high is not None else []
        return f"it must be {noun}" + (f", {' and '.join(bounds)}" if bounds else "")

    def parse(self, text: str) -> Any:
        """The value that ``text`` spells; raises :class:`InputError`."""
        text = text.strip()
        if self.nullable and text.lower() in ("", "none", "auto"):
            return None
        try:
            return self.check(self._read(text))
        except (ValueError, OverflowError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(self.name, text, self.allowed) from None

    def _read(self, text: str) -> Any:
        words = text.replace(",", " ").split()
        match self.kind:
            case "integer":
                return _spelled(text)
            case "number":
                return float(text)
            case "integers":
                return tuple(_spelled(word) for word in words)
            case "numbers" | "interval":
                return tuple(float(word) for word in words)
            case "flag":
                return {"yes": True, "true": True, "on": True, "1": True}.get(text.lower(), False)
            case _:
                return text

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
        try:
            value = self._convert(value)
        except (TypeError, ValueError, OverflowError):
            raise InputError(self.name, value, self.allowed) from None
        if self.kind == "choice" and value not in self.choices:
            raise InputError(self.name, value, self.allowed)
        if self.kind in ("integers", "numbers") and not value:
            raise InputError(self.name, value, self.allowed)
        if self.kind == "interval" and (len(value) != 2 or not value[0] < value[1]):
            raise InputError(self.name, value, self.allowed)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, (int, float)) and not self._within(item):
                raise InputError(self.name, value, self.allowed)
        return value

    def _convert(self, value: Any) -> Any:
        match self.kind:
            case "integer":
                return _whole(value)
            case "number":
                return float(value)
            case "integers":
                return tuple(
                    _whole(item) for item in (value if isinstance(value, (tuple, list)) else (value,))
                )
            case "numbers":
                return tuple(
                    float(item) for item in (value if isinstance(value, (tuple, list)) else (value,))
                )
            case "interval":
                return tuple(float(item) for item in value)
            case "flag":
                return bool(value)
            case _:
                if not isinstance(value, str):
                    raise TypeError
                return value

    def _within(self, item: float) -> bool:
        if not math.isfinite(item):
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


def option(
    kind: Kind,
    default: Any,
    help: str,  # noqa: A002 - the word every command-line library uses
    *,
    group: Group,
    label: str = "",
    **declaration: Any,
) -> Any:
    """A dataclass field that carries its :class:`Option` declaration."""
    metadata = {"kind": kind, "help": help, "group": group, "label": label, **declaration}
    return field(default=default, metadata=metadata)
