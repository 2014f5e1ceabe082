"""What has become of mutants, kept from one call to the next for as long as it holds.

A mutant is the same while the function around it is; that it was killed holds while the test that did it is the same
too, that it survived while all tests of its folder are. A survivor of tests that have changed since is one still until
it has been tried again.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mutants import Mutant
from trial import Outcome, digest


class Verdicts:
    """Of one folder; ``tests`` are its folders of tests, below ``root``."""

    def __init__(self, file: Path, root: Path, tests: tuple[str, ...]) -> None:
        self._file = file
        paths = [path for each in tests for path in sorted((root / each).rglob("*.py"))]
        self._tests = digest(b"".join(path.read_bytes() for path in paths))
        self._laws = {
            f"{path.relative_to(root).as_posix()}::{name}": law
            for path in paths
            for name, law in _functions(path)
        }
        lines = file.read_text().splitlines() if file.exists() else []
        self._rows: dict[str, dict[str, str]] = {row["mutant"]: row for row in map(json.loads, lines)}

    def killed(self, mutant: Mutant) -> bool | None:
        """Whether a test noticed it, as far as is known; none where that is not known."""
        row = self._rows.get(mutant.identity)
        if row is None or (row["killed"] and row["laws"] != self._law(row["by"])):
            return None
        return bool(row["killed"])

    def hung(self, mutant: Mutant) -> bool:
        """Whether no test failed, and one did not end."""
        return self._rows.get(mutant.identity, {}).get("killed") == "hung"

    def holds(self, mutant: Mutant) -> bool:
        """Whether trying it again would come to the same."""
        killed = self.killed(mutant)
        return bool(killed) or (killed is False and self._rows[mutant.identity]["laws"] == self._tests)

    def had_survived(self, mutant: Mutant) -> bool:
        """Whether it, or one of the same words in its file, has survived as that file was then."""
        return any(not row["killed"] and row["key"] == mutant.key for row in self._rows.values())

    def killers(self, path: str) -> Counter[str]:
        """How many mutants of the file each test has killed."""
        return Counter(row["by"] for row in self._rows.values() if row["by"] and row["path"] == path)

    def note(self, mutant: Mutant, outcome: Outcome) -> None:
        row = {
            "mutant": mutant.identity,
            "key": mutant.key,
            "path": mutant.path,
            "killed": "hung" if outcome.hung else "yes" if outcome.failed else "",
            "by": outcome.by,
            "laws": self._law(outcome.by) if outcome.failed else self._tests,
        }
        self._rows[mutant.identity] = row
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a") as file:
            file.write(json.dumps(row) + "\n")

    def _law(self, nodeid: str) -> str:
        """The digest of a test's text; empty where no test is named: it hung, or could not be imported."""
        place, *names = nodeid.split("[")[0].split("::")
        return self._laws.get(f"{place}::{names[-1]}", "gone") if names else ""


def _functions(path: Path) -> Iterator[tuple[str, str]]:
    """The name of each function of the file, and the digest of its text with its decorators."""
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parts = [*node.decorator_list, node]
            yield (
                node.name,
                digest("".join(ast.get_source_segment(text, part) or "" for part in parts).encode()),
            )
