"""The explorer in a terminal of its own, training on a real data file, and how to read its screen."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from pty_app import WIDE, PtyApp, Size, environment

__all__ = ["COUNTED", "EXPLORER", "PROJECT", "TRAINING", "counted", "epoch", "is_training", "launch"]

PROJECT = Path(__file__).parents[2]
EXPLORER = [sys.executable, "-m", "nnexpr_tui"]
TARGET = "csv:examples/data/sunspots.csv"
TRAINING = ["--start", "--target", TARGET, "--threads", "1"]

COUNTED = ("loss", "regions", "bends")


def launch(
    folder: Path,
    *options: str,
    size: Size = WIDE,
    errors: Path | None = None,
    bytes_per_second: float | None = None,
    variables: Mapping[str, str] | None = None,
) -> PtyApp:
    """Start the explorer with these options of the command line, or training."""
    return PtyApp(
        [*EXPLORER, *(options or TRAINING)],
        folder,
        size=size,
        errors=errors,
        bytes_per_second=bytes_per_second,
        working_folder=PROJECT,
        variables=environment(folder, **(variables or {})),
    )


def epoch(text: str) -> int:
    """The epoch on the screen; -1 while there is none."""
    found = re.search(r"epoch +([\d,]+)", text)
    return int(found[1].replace(",", "")) if found else -1


def is_training(text: str) -> bool:
    """Whether the first row says so, with an epoch."""
    return "training" in text.partition("\n")[0] and epoch(text) > 0


def counted(text: str) -> bool:
    """Whether each of the three words stands beside a number."""
    return all(re.search(rf"\b{word} +\d", text) for word in COUNTED)
