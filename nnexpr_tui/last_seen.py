"""What the explorer was showing when it was left, kept so that the next start begins there."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nnexpr.atomic import write_atomically
from nnexpr.specification import FitSpecification, InputError

__all__ = ["LastSeen", "last_seen_file"]


@dataclass
class LastSeen:
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
        """The specification that was looked at, if it still is one."""
        try:
            return FitSpecification.from_config(self.config) if self.config else None
        except InputError:
            return None

    @classmethod
    def load(cls, path: Path | None = None) -> LastSeen:
        """From the file; nothing where it cannot be read."""
        seen = cls()
        try:
            values = json.loads((path or last_seen_file()).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return seen
        for name, value in values.items() if isinstance(values, dict) else ():
            if hasattr(seen, name) and type(value) is type(getattr(seen, name, None)):
                setattr(seen, name, value)
        return seen

    def save(self, path: Path | None = None) -> None:
        """Replace the file; the disk is not waited for, since this is done while keys are answered."""
        write_atomically(path or last_seen_file(), json.dumps(asdict(self)), durable=False)


def last_seen_file() -> Path:
    """Where it is kept."""
    from platformdirs import user_state_path

    return user_state_path("nnexpr") / "explorer.json"
