"""The last session: what was on the screen, kept so that the next start begins there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nnexpr.specification import FitSpecification, InputError

__all__ = ["LastSession", "session_file"]


@dataclass
class LastSession:
    """Everything is optional: what is missing or unreadable is simply not restored."""

    config: dict[str, Any] = field(default_factory=dict)
    theme: str = ""
    markers: str = ""
    log_axis: bool = True
    residual: bool = False
    run: str = ""
    epoch: int = 0

    @property
    def specification(self) -> FitSpecification | None:
        """The last specification, if it still is one."""
        try:
            return FitSpecification.from_config(self.config) if self.config else None
        except InputError:
            return None

    @classmethod
    def load(cls, path: Path | None = None) -> LastSession:
        """From the file; an empty session where it cannot be read."""
        session = cls()
        try:
            values = json.loads((path or session_file()).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return session
        for name, value in values.items() if isinstance(values, dict) else ():
            if hasattr(session, name) and type(value) is type(getattr(session, name, None)):
                setattr(session, name, value)
        return session

    def save(self, path: Path | None = None) -> None:
        """Replace the file in one step, so that it is never half written."""
        path = path or session_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda handle: handle.write_text(json.dumps(asdict(self)), encoding="utf-8"))


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a new file beside ``path``, then put it in its place."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def session_file() -> Path:
    """Where the last session is kept."""
    from platformdirs import user_state_path

    return user_state_path("nnexpr") / "explorer.json"
