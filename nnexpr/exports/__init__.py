"""What recordings are written to: one declaration an ending, with the writer that is imported when it is chosen.

A writer is a function ``(recordings, path) -> None`` that writes the whole file or nothing. It is declared here, or
where it can be written: what draws with a front end's charts, in that front end's package.

    declare(Export(name=".csv", words="losses over the epochs", writer="nnexpr.exports.tables:write_losses"))

Importing this costs neither NumPy nor torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from nnexpr.declarations import Declared, Home, InputError, load

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording

__all__ = ["EXPORTS", "Export", "declare", "export_to"]


@dataclass(frozen=True, kw_only=True)
class Export:
    """What files of one ending hold, and what writes them."""

    name: str  # the ending, with its dot; the longest that a file's name has is chosen
    words: str  # what the file is, in one line
    writer: Home  # (recordings: Sequence[Recording], path: Path) -> None
    modules: tuple[str, ...] = ()  # packages of the extra [plots] that it imports
    refusal: Home = ""  # () -> str: why it cannot be written on this machine, or nothing
    several: bool = False  # whether one file can hold several recordings

    def require(self, path: Path, recordings: int = 1) -> None:
        """Raise :class:`InputError` where this machine cannot write it, or not so many recordings at once."""
        if missing := [module for module in self.modules if find_spec(module) is None]:
            needed = f"it needs {' and '.join(missing)}: pip install 'nnexpr-tui[plots]'"
            raise InputError("to", str(path), needed)
        if self.refusal and (why := load(self.refusal)()):
            raise InputError("to", str(path), why)
        if recordings > 1 and not self.several:
            able = ", ".join(name for name, export in EXPORTS.items() if export.several)
            raise InputError("to", str(path), f"it holds one run; several go into {able}")

    def write(self, recordings: Sequence[Recording], path: Path) -> None:
        """Write them to ``path``. Raises OSError, and :class:`InputError` as :meth:`require` does."""
        self.require(path, len(recordings))
        load(self.writer)(recordings, path)


EXPORTS: Declared[Export] = Declared("an export")
declare = EXPORTS.declare


def export_to(path: Path) -> Export:
    """What the ending of ``path`` asks for; raises :class:`InputError` where nothing has it."""
    endings = [name for name in EXPORTS if path.name.lower().endswith(name) and path.name.lower() != name]
    if not endings:
        raise InputError("to", str(path), f"its ending must be one of {', '.join(EXPORTS)}")
    return EXPORTS[max(endings, key=len)]


declare(Export(
    name=".csv", words="losses over the epochs: a row for each run, member and epoch",
    writer="nnexpr.exports.tables:write_losses", several=True,
))  # fmt: skip
declare(Export(
    name=".members.csv", words="a row for each member: its options, and where it ended",
    writer="nnexpr.exports.tables:write_members", several=True,
))  # fmt: skip
declare(Export(
    name=".json", words="all that was recorded: options, losses, predictions at each snapshot",
    writer="nnexpr.exports.document:write", several=True,
))  # fmt: skip
