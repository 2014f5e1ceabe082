"""A finding: what an experiment gave, when, and whether quickly; as lines of JSON for a pipe and for a file.

The lines are ``{"finding": …}`` first, one each for claims, tables and figures, and ``{"end": count}`` last, so that
no line is long and a file that was cut is known. What does not read back as a finding raises ValueError.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnexpr.experiments.registry import (
    VERDICTS,
    Cell,
    Claim,
    Curve,
    Figure,
    Result,
    Table,
    Verdict,
    digest_of_sources,
)

__all__ = ["Finding", "keep_finding", "kept_finding", "read_finding", "written"]

SCHEMA = 1
VERSIONED = ("torch", "numpy", "scipy", "numba")


@dataclass(frozen=True, eq=False)
class Finding:
    """The result of one run of an experiment. ``finished`` is the time of day in seconds since 1970."""

    id: str
    quick: bool
    seconds: float
    finished: float
    result: Result

    @property
    def tally(self) -> dict[Verdict, int]:
        """How many claims have each verdict."""
        verdicts = [claim.verdict for claim in self.result.claims]
        return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


def written(finding: Finding, **more: Any) -> Iterator[str]:
    """The finding as lines; ``more`` is put into the first."""
    result = finding.result
    head = {"schema": SCHEMA, "id": finding.id, "quick": finding.quick, "seconds": finding.seconds}
    parts: list[dict[str, Any]] = [
        {"finding": {**head, "finished": finding.finished, **more}},
        *({"claim": vars(claim)} for claim in result.claims),
        *({"table": vars(table)} for table in result.tables),
        *(
            {"figure": {**vars(figure), "series": [vars(curve) for curve in figure.series]}}
            for figure in result.figures
        ),
    ]
    for part in (*parts, {"end": len(parts)}):
        yield json.dumps(part, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    """An array or one of its numbers; anything else becomes its text."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return list(value) if isinstance(value, Iterable) else str(value)


def read_finding(parts: Iterable[dict[str, Any]]) -> Finding:
    """A finding from its lines, each already read as JSON. Raises ValueError."""
    parts = list(parts)
    try:
        first, last = parts[0]["finding"], parts[-1]["end"]
        if first["schema"] != SCHEMA or last != len(parts) - 1:
            raise ValueError("it is not whole")
        found: dict[str, list[Any]] = {kind: [] for kind in READERS}
        for part in parts[1:-1]:
            ((kind, given),) = part.items()
            found[kind].append(READERS[kind](given))
        result = Result(tuple(found["table"]), tuple(found["figure"]), tuple(found["claim"]))
        return Finding(
            _of(str, first["id"]),
            _of(bool, first["quick"]),
            float(first["seconds"]),
            float(first["finished"]),
            result,
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"not a finding: {error}") from None


def _of(kind: type[Any], value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _cell(value: Any) -> Cell:
    cell: Cell = None if value is None else _of((bool, int, float, str), value)  # type: ignore[arg-type]
    return cell


def _claim(given: dict[str, Any]) -> Claim:
    if given["verdict"] not in VERDICTS:
        raise ValueError("an unknown verdict")
    return Claim(
        _of(str, given["id"]),
        _of(str, given["statement"]),
        *(_cell(given["expected"]), _cell(given["measured"]), _cell(given["tolerance"])),
        verdict=given["verdict"],
        why=_of(str, given.get("why", "")),
    )


def _table(given: dict[str, Any]) -> Table:
    columns = tuple(str(name) for name in _of(list, given["columns"]))
    rows = tuple(tuple(_cell(cell) for cell in _of(list, row)) for row in _of(list, given["rows"]))
    if any(len(row) != len(columns) for row in rows):
        raise ValueError("a row of another length")
    return Table(_of(str, given["title"]), columns, rows)


def _figure(given: dict[str, Any]) -> Figure:
    curves = tuple(
        Curve(_of(str, curve["label"]), [float(x) for x in curve["x"]], [float(y) for y in curve["y"]])
        for curve in _of(list, given["series"])
    )
    title, x_label, y_label = _of(str, given["title"]), _of(str, given["x_label"]), _of(str, given["y_label"])
    log_x, log_y = _of(bool, given["log_x"]), _of(bool, given["log_y"])
    return Figure(title, x_label, y_label, curves, log_x, log_y)


READERS: dict[str, Callable[[dict[str, Any]], Any]] = {"claim": _claim, "table": _table, "figure": _figure}


# On disk


def _place(folder: Path, name: str, quick: bool) -> Path:
    return folder / f"{name}{'-quick' * quick}.finding.jsonl"


def _origin() -> dict[str, Any]:
    """What a finding depends on: the package's sources and the versions of what calculates."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {}
    for name in VERSIONED:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return {"sources": digest_of_sources(), "versions": versions}


def keep_finding(finding: Finding, folder: Path) -> None:
    """Write it, whole or not at all. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = _place(folder, finding.id, finding.quick)
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.writelines(written(finding, origin=_origin()))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def kept_finding(folder: Path, name: str, *, quick: bool) -> Finding | None:
    """What was kept of an experiment; None where there is nothing, it is damaged, or another version measured it."""
    try:
        with _place(folder, name, quick).open(encoding="utf-8") as file:
            first = json.loads(file.readline())
            if first["finding"]["origin"] != _origin():
                return None
            finding = read_finding([first, *map(json.loads, file)])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return finding if (finding.id, finding.quick) == (name, quick) else None
