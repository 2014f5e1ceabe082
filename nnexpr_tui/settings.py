"""What a person may configure, and where it is kept.

``config.toml`` in the platform's configuration folder (or the file given by ``--config``); an environment variable
``NNEXPR_<NAME>`` overrides the file. Unknown keys and bad values are refused with the file's name.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nnexpr.specification import InputError

__all__ = ["MARKERS", "Settings", "configuration_file", "described"]

WORDS = {
    **dict.fromkeys(("yes", "true", "on", "1"), True),
    **dict.fromkeys(("no", "false", "off", "0"), False),
}
LOW_BANDWIDTH = 2.0  # frames a second
MARKERS: tuple[Literal["braille", "block", "ascii"], ...] = ("braille", "block", "ascii")


def setting(
    default: Any,
    help: str,  # noqa: A002 - the word every command-line library uses
    *,
    choices: tuple[str, ...] = (),
    low: float = 0,
    high: float = 1e9,
) -> Any:
    """A field with its meaning and what it may be."""
    return field(default=default, metadata={"help": help, "choices": choices, "low": low, "high": high})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The explorer's settings; every value has been checked."""

    theme: str = setting(
        "", "a Textual theme, for example textual-dark or textual-light; empty: as last time"
    )
    markers: str = setting(
        "",
        "how curves are drawn: braille, block or ascii (then borders and signs are too); empty: as last time",
        choices=("", *MARKERS),
    )
    frames_per_second: float = setting(5.0, "charts are drawn at most this often", low=0.1, high=60)
    low_bandwidth: bool = setting(False, "draw at most twice a second, for a thin line")
    checkpoint_every: float = setting(10.0, "seconds of training between two checkpoints of the run", low=0.1)
    keep_runs: bool = setting(True, "keep the run in the store while training and on leaving")
    restore: bool = setting(True, "begin where the explorer was left")
    export_folder: str = setting("", "where x writes its files; empty: the current folder")
    mouse: bool = setting(True, "listen to the mouse")

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            object.__setattr__(self, f.name, _check(f, getattr(self, f.name)))

    @property
    def rate(self) -> float:
        """Frames a second at most."""
        return min(self.frames_per_second, LOW_BANDWIDTH) if self.low_bandwidth else self.frames_per_second

    @classmethod
    def load(cls, path: Path | str | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
        """From ``path`` (which must then be there), or the usual file if there is one, and the environment.

        Raises :class:`InputError`.
        """
        chosen = Path(path) if path is not None else configuration_file()
        values = _read(chosen, required=path is not None)
        known = {f.name: f for f in dataclasses.fields(cls)}
        for name, value in values.items():
            if name not in known:
                raise InputError(f"{chosen}: {name}", value, "settings are " + ", ".join(known))
            values[name] = _check(known[name], value, f"{chosen}: {name}")
        for name, f in known.items():
            variable = _variable(name)
            if variable in environment:
                values[name] = _check(f, environment[variable], variable)
        return cls(**values)


def described() -> list[tuple[str, str]]:
    """Each setting by its name in the environment, and what it means; in the file names are in small letters."""
    settings = [
        (
            _variable(f.name),
            f.metadata["help"] + (f"  [default: {_words(f.default)}]" if f.default != "" else ""),
        )
        for f in dataclasses.fields(Settings)
    ]
    return [
        *settings,
        ("NNEXPR_STORE", "the folder that keeps runs, of the subcommands too (not in the file)"),
    ]


def _variable(name: str) -> str:
    return f"NNEXPR_{name.upper()}"


def _words(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else f"{value:g}"


def configuration_file() -> Path:
    """Where the settings are kept unless told otherwise."""
    from platformdirs import user_config_path

    return user_config_path("nnexpr") / "config.toml"


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, a device read without end
            raise InputError("config", str(path), "it is not a file")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if required:
            raise InputError("config", str(path), "there is no such file") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("config", str(path), f"it could not be read: {error}") from None
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("config", str(path), f"it is not TOML: {error}") from None
    except RecursionError:
        raise InputError("config", str(path), "it is nested too deeply") from None


def _check(f: dataclasses.Field[Any], value: Any, name: str = "") -> Any:
    """``value`` in the field's own type; text, as the environment has it, is read first."""
    name = name or f.name
    if isinstance(f.default, bool):
        value = WORDS.get(value.lower(), value) if isinstance(value, str) else value
        if not isinstance(value, bool):
            raise InputError(name, value, "it must be yes or no")
        return value
    if isinstance(f.default, float):
        low, high = f.metadata["low"], f.metadata["high"]
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if isinstance(value, bool) or not low <= number <= high:
            raise InputError(name, value, f"it must be a number between {low:g} and {high:g}")
        return number
    if not isinstance(value, str):
        raise InputError(name, value, "it must be text")
    if f.metadata["choices"] and value not in f.metadata["choices"]:
        raise InputError(name, value, "it must be one of " + ", ".join(c for c in f.metadata["choices"] if c))
    return value
