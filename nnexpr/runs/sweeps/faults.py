"""What is wrong with a sweep's file: every fault with its line, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nnexpr.declarations import InputError
from nnexpr.runs.sweeps.lines import Path

__all__ = ["MOST_FAULTS", "Fault", "Faults", "SweepFileError"]

MOST_FAULTS = 20  # that are told


@dataclass(frozen=True, order=True)
class Fault:
    """One sentence on what stands in a line, from 1."""

    line: int
    sentence: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.sentence}"


class SweepFileError(InputError):
    """A sweep's file that cannot be used, with its ``faults`` by line."""

    def __init__(self, path: str, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("file", path, "; ".join(map(str, faults)))

    def __reduce__(self) -> tuple[type[SweepFileError], tuple[object, ...]]:
        """Pickled by what it was made of."""
        return SweepFileError, (self.value, self.faults)


class Faults:
    """Faults as they are found; a line says a thing once."""

    def __init__(self, path: str, lines: dict[Path, int]) -> None:
        self._path, self._lines = path, lines
        self._found: dict[Fault, None] = {}

    def line(self, *path: str | int) -> int:
        """Of what stands at the path, or else of what holds it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 1

    def at(self, line: int, error: str | InputError) -> None:
        """A fault in a line."""
        if isinstance(error, InputError):
            error = f"{error.option} is {error.shown or 'empty'}: {error.allowed}"
        self._found[Fault(line, error)] = None

    def add(self, faults: Iterable[Fault]) -> None:
        """Those that were found elsewhere."""
        self._found |= dict.fromkeys(faults)

    @property
    def found(self) -> bool:
        """Whether there are any."""
        return bool(self._found)

    @property
    def are_enough(self) -> bool:
        """Whether no more need be sought."""
        return len(self._found) >= MOST_FAULTS

    def settle(self) -> None:
        """Raise :class:`SweepFileError` where there are any."""
        if self._found:
            raise SweepFileError(self._path, sorted(self._found)[:MOST_FAULTS])
