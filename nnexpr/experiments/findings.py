"""A finding: what an experiment gave, when, and whether quickly; as lines of JSON for a pipe and for a file.

The lines are ``{"finding": …}`` first, one each for claims, tables, figures and maps, and ``{"end": count}`` last, so
that no line holds all and a file that was cut is known. What does not read back as a finding raises ValueError.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnexpr.atomic import write_atomically
from nnexpr.experiments.data import VERDICTS, Claim, Figure, Map, Result, Table, Verdict, from_json, to_json
from nnexpr.experiments.origin import origin

__all__ = ["Finding", "keep_finding", "kept_finding", "read_finding", "written"]

SCHEMA = 1
# What a line may hold besides the first and the last: its class, and which part of a result it is of.
KINDS: dict[str, tuple[Any, str]] = {
    "claim": (Claim, "claims"),
    "table": (Table, "tables"),
    "figure": (Figure, "figures"),
    "map": (Map, "figures"),
}


@dataclass(frozen=True, eq=False)
class Finding:
    """The result of one run of an experiment, full unless it was ``quick`` or ``large``.

    ``finished`` is the time of day in seconds since 1970; ``device`` is where its networks were to be trained.
    """

    id: str
    quick: bool
    seconds: float
    finished: float
    result: Result
    large: bool = False
    device: str = "cpu"

    @property
    def tally(self) -> dict[Verdict, int]:
        """How many claims have each verdict."""
        verdicts = [claim.verdict for claim in self.result.claims]
        return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


def written(finding: Finding, **more: Any) -> Iterator[str]:
    """The finding as lines; ``more`` is put into the first."""
    head = {key: value for key, value in vars(finding).items() if key != "result"}
    result, names = finding.result, {of: kind for kind, (of, _) in KINDS.items()}
    values = (*result.claims, *result.tables, *result.figures)
    parts: list[dict[str, Any]] = [{"finding": {"schema": SCHEMA, **head, **more}}]
    parts += [{names[type(value)]: value} for value in values]
    for part in (*parts, {"end": len(parts)}):
        yield to_json(part) + "\n"


def read_finding(parts: Iterable[dict[str, Any]]) -> Finding:
    """A finding from its lines, each already read as JSON. Raises ValueError."""
    try:
        first, *middle, last = parts
        head = first["finding"]
        if head["schema"] != SCHEMA or last["end"] != len(middle) + 1:
            raise ValueError("it is not whole")
        found: dict[str, list[Any]] = {name: [] for _, name in KINDS.values()}
        for part in middle:
            ((kind, given),) = part.items()
            of, name = KINDS[kind]
            found[name].append(from_json(of, given))
        result = Result(**{name: tuple(values) for name, values in found.items()})
        times = from_json(float, head["seconds"]), from_json(float, head["finished"])
        sizes = from_json(bool, head["quick"]), from_json(bool, head.get("large", False))
        device = from_json(str, head.get("device", "cpu"))
        return Finding(from_json(str, head["id"]), sizes[0], *times, result, sizes[1], device)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"not a finding: {error}") from None


# --- on disk


def _place(folder: Path, name: str, quick: bool, large: bool, device: str) -> Path:
    where = f"-{device.replace(':', '-')}" * (device != "cpu")
    return folder / f"{name}{'-quick' * quick}{'-large' * large}{where}.finding.jsonl"


def keep_finding(finding: Finding, folder: Path) -> None:
    """Write it, whole or not at all. Raises OSError."""
    lines = "".join(written(finding, origin=origin()))
    write_atomically(_place(folder, finding.id, finding.quick, finding.large, finding.device), lines)


def kept_finding(
    folder: Path, name: str, *, quick: bool, large: bool = False, device: str = "cpu"
) -> Finding | None:
    """What was kept of an experiment on a device; None where there is nothing, it is damaged, or another version's."""
    try:
        with _place(folder, name, quick, large, device).open(encoding="utf-8") as file:
            first = json.loads(file.readline())
            if first["finding"]["origin"] != origin():
                return None
            finding = read_finding([first, *map(json.loads, file)])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    found = finding.id, finding.quick, finding.large, finding.device
    return finding if found == (name, quick, large, device) else None
