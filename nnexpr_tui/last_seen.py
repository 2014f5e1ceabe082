"""What the explorer was showing when it was left, kept so that the next start begins there."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nnexpr.atomic import write_atomically
from nnexpr.specification import FitSpecification

__all__ = ["LastSeen", "last_seen_file", "set_aside"]

MOST_BYTES = 1 << 20  # what was written here is a thousandth of it
MOST_EPOCHS = 10**15


@dataclass
class LastSeen:
    """Everything is optional: what is missing is simply not restored."""

    config: dict[str, Any] = field(default_factory=dict)
    theme: str = ""
    markers: str = ""
    views: dict[str, dict[str, Any]] = field(default_factory=dict)  # what each was left as, by its name
    log_axis: bool = True
    log_epochs: bool = False
    residual: bool = False
    run: str = ""
    epoch: int = 0

    @property
    def specification(self) -> FitSpecification | None:
        """The specification that was looked at, if there was one."""
        return FitSpecification.from_config(self.config) if self.config else None

    @classmethod
    def load(cls, path: Path | None = None) -> tuple[LastSeen, str]:
        """From the file, and in a few words why it cannot be read; then nothing is known, and the file is as it was."""
        path = path or last_seen_file()
        try:
            return cls._read(path), ""
        except FileNotFoundError:
            return cls(), ""
        except OSError as error:
            return cls(), error.strerror or str(error)
        except RecursionError:
            return cls(), "it is nested too deeply"
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
            return cls(), f"it does not hold what was written there: {type(error).__name__}"

    @classmethod
    def _read(cls, path: Path) -> LastSeen:
        if path.exists() and not path.is_file():  # reading a pipe would never end
            raise ValueError("no file")
        with path.open(encoding="utf-8") as file:
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise ValueError("too long")
        values, seen = json.loads(text), cls()
        for name, before in asdict(seen).items():
            value = values.get(name, before)
            if type(value) is not type(before):
                raise TypeError(name)
            setattr(seen, name, value)
        if not all(isinstance(each, dict) for each in seen.views.values()):
            raise TypeError("views")
        if not 0 <= seen.epoch <= MOST_EPOCHS:
            raise ValueError("epoch")
        _ = seen.specification  # raises where it is none
        return seen

    def save(self, path: Path | None = None) -> None:
        """Replace the file; the disk is not waited for, since this is done while keys are answered."""
        write_atomically(path or last_seen_file(), json.dumps(asdict(self)), durable=False)


def set_aside(path: Path | None = None) -> Path:
    """Give a file that cannot be read another name, so that it is neither lost nor in the way; the name."""
    path = path or last_seen_file()
    aside = path.with_name(path.name + ".unreadable")
    with suppress(OSError):
        path.replace(aside)
    return aside


def last_seen_file() -> Path:
    """Where it is kept."""
    from platformdirs import user_state_path

    return user_state_path("nnexpr") / "explorer.json"
