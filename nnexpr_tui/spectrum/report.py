"""What is on the Spectrum screen, for a file and for the clipboard."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

from nnexpr.atomic import write_atomically
from nnexpr.declarations import option_words
from nnexpr.linear.specification import LstsqSpecification
from nnexpr.plain import plain
from nnexpr_tui.spectrum.moment import Answer

__all__ = ["document", "file_name", "lstsq_line", "write"]

NUMBERS = ("max_error", "mse", "rank", "gradient", "condition", "samples")


def lstsq_line(specification: LstsqSpecification, solver: str) -> str:
    """The ``lstsq`` command that finds the same; ``solver``: what was taken."""
    named = specification.replace(solver=solver)
    return shlex.join(["nnexpr-tui", "lstsq", *option_words(named, LstsqSpecification())])


def file_name(specification: LstsqSpecification) -> str:
    """Without its ending."""
    target = re.sub(r"[^\w.-]+", "_", specification.target.removeprefix("csv:").rpartition("/")[2])[:40]
    return f"nnexpr-spectrum-{target}-{specification.basis}-{specification.knots}"


def document(specification: LstsqSpecification, answer: Answer) -> dict[str, Any]:
    """As JSON has it; numbers that are not finite become null."""
    eigen = answer.eigen
    shown: dict[str, Any] = plain(
        {
            "schema": 1,
            "config": specification.as_config() | {"solver": answer.solver},
            "command": lstsq_line(specification, answer.solver),
            **{name: getattr(answer, name) for name in NUMBERS},
            "coefficients": answer.size,
            "eigenvalues": eigen.values,
            "resolved": eigen.resolved,
            "exact": eigen.exact,
            "shares": eigen.shares,
            "cut": eigen.line,
            "target_modes": answer.target_modes,
            "error_modes": answer.error_modes,
            "bases": list(answer.rows),
        }
    )
    return shown


def write(stem: Path, specification: LstsqSpecification, answer: Answer) -> None:
    """The JSON document; raises OSError where that cannot be."""
    text = json.dumps(document(specification, answer), indent=1, allow_nan=False)
    write_atomically(stem.with_name(stem.name + ".json"), text + "\n", durable=False)
