"""A value of a TOML file as the option's declaration has it: as strict as the command line, and in its words."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nnexpr.declarations import InputError, Option
from nnexpr.specification import OPTIONS

__all__ = ["option_named", "suggestion", "value_of", "with_path"]


def value_of(option: Option, given: Any) -> Any:
    """The value that ``given`` is: TOML's own kind of it, or as text what the command line takes.

    Raises :class:`InputError` with the option's own words for what is allowed.
    """
    spelled = isinstance(given, str) and option.kind not in ("text", "choice")
    if spelled and given.strip():
        try:
            return option.parse(given)
        except InputError as error:
            raise InputError(option.name, given, error.allowed) from None
    bools = [isinstance(each, bool) for each in (given if isinstance(given, list) else [given])]
    if spelled or isinstance(given, dict) or any(is_bool != (option.kind == "flag") for is_bool in bools):
        raise InputError(option.name, _toml(given), option.allowed)
    try:
        return option.check(given)
    except InputError as error:
        raise InputError(option.name, _toml(given), error.allowed) from None


def _toml(given: Any) -> Any:
    """As it is written in the file, where Python would show it otherwise."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, dict):
        return "{…}"
    return given if isinstance(given, (str, int, float, list)) else str(given)


def option_named(name: str, *others: str) -> Option:
    """The option of a fit that is spelled so, with ``-`` or ``_``; ``others`` are known beside, for the error."""
    option = OPTIONS.get(name.removeprefix("--").replace("-", "_"))
    if option is None:
        beside = f", {' or '.join(others)}" if others else ""
        near = suggestion(name, (*OPTIONS, *others))
        raise InputError(
            "option", name, f"{near}it must be an option of fit{beside}; nnexpr-tui fit --help lists them"
        )
    return option


def suggestion(name: str, known: Iterable[str]) -> str:
    """``did you mean lr? `` where something that is known is spelled, or called in words, nearly so."""
    spelled = {each: each for each in known}
    called = {
        option.label.lower().replace(" ", "_"): each for each, option in OPTIONS.items() if each in spelled
    }
    close = difflib.get_close_matches(name.lower().replace("-", "_"), [*spelled, *called], n=1)
    return f"did you mean {(called | spelled)[close[0]]}? " if close else ""


def with_path(value: Any, folder: Path) -> Any:
    """A target's file, spelled ``csv:PATH``, as seen from ``folder``; any other value as it is."""
    if not isinstance(value, str) or not value.startswith("csv:"):
        return value
    path = os.path.expanduser(value.removeprefix("csv:").strip(" "))
    return f"csv:{path if not path or os.path.isabs(path) else os.path.join(folder, path)}"
