"""What recordings are written to: one declaration an ending, with the writer that is imported when it is chosen.

A writer is a function ``(recordings, path) -> None`` that writes the whole file or nothing. One that may be asked for
more, or takes long, is ``(recordings, path, asked, tell) -> None``: options of its own, and what is told how far it is.
It is declared here, or where it can be written: what draws with a front end's charts, in that front end's package.

    declare(Export(name=".csv", words="losses over the epochs", writer="nnexpr.exports.tables:write_losses"))

Importing this costs neither NumPy nor torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnexpr.declarations import Declared, Home, InputError, load

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording

__all__ = ["EXPORTS", "Export", "Tell", "declare", "export_to"]

Tell = Callable[[int, int], None]  # so many steps are done, of so many; what it raises ends the writing


@dataclass(frozen=True, kw_only=True)
class Export:
    """What files of one ending hold, and what writes them."""

    name: str  # the ending, with its dot; the longest that a file's name has is chosen
    words: str  # what the file is, in one line
    writer: Home  # (recordings: Sequence[Recording], path: Path) -> None, or with more: see above
    asks: Home = ""  # the Specified that the writer takes, beside what it tells how far it is
    modules: tuple[str, ...] = ()  # optional packages that it imports,
    extra: str = "plots"  # of this extra
    refusal: Home = ""  # () -> str: why it cannot be written on this machine, or nothing
    several: bool = False  # whether one file can hold several recordings

    def require(self, path: Path, recordings: int = 1, asked: Mapping[str, Any] | None = None) -> None:
        """Raise :class:`InputError` where this machine cannot write it, not so many at once, or not as is ``asked``."""
        if missing := [module for module in self.modules if find_spec(module) is None]:
            needed = f"it needs {' and '.join(missing)}: pip install 'nnexpr-tui[{self.extra}]'"
            raise InputError("to", str(path), needed)
        if self.refusal and (why := load(self.refusal)()):
            raise InputError("to", str(path), why)
        if recordings > 1 and not self.several:
            able = ", ".join(name for name, export in EXPORTS.items() if export.several)
            raise InputError("to", str(path), f"it holds one run; several go into {able}")
        if self.asks:
            load(self.asks).make(**asked or {})
        elif asked:
            able = ", ".join(name for name, export in EXPORTS.items() if export.asks)
            name, value = next(iter(asked.items()))
            raise InputError(name, value, f"it has a meaning for {able} only")

    def write(
        self,
        recordings: Sequence[Recording],
        path: Path,
        *,
        asked: Mapping[str, Any] | None = None,
        tell: Tell = lambda *_: None,
    ) -> None:
        """Write them to ``path``; ``asked``: options, by name, of those that this export has.

        Raises OSError, and :class:`InputError` as :meth:`require` does and for an option that cannot be.
        """
        self.require(path, len(recordings), asked)
        write = load(self.writer)
        if self.asks:
            write(recordings, path, load(self.asks).make(**asked or {}), tell)
        else:
            write(recordings, path)


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
    name=".parquet", words="as .csv, for data frames (extra [parquet])",
    writer="nnexpr.exports.parquet:write_losses", several=True, modules=("pyarrow",), extra="parquet",
))  # fmt: skip
declare(Export(
    name=".members.parquet", words="as .members.csv, for data frames (extra [parquet])",
    writer="nnexpr.exports.parquet:write_members", several=True, modules=("pyarrow",), extra="parquet",
))  # fmt: skip
declare(Export(
    name=".html", words="a page for a browser, that needs nothing but itself: one to four runs under a slider",
    writer="nnexpr.exports.page:write", several=True,
))  # fmt: skip
declare(Export(
    name=".json", words="all that was recorded: options, losses, predictions at each snapshot",
    writer="nnexpr.exports.document:write", several=True,
))  # fmt: skip
