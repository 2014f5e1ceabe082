"""What all pictures of clips have in common: margins in pixels, what they are called, and what is told of them."""

from __future__ import annotations

from nnexpr.runs.recording import Scene
from nnexpr_tui.charts.rows import plain_text
from nnexpr_tui.exports.clip import Clip
from nnexpr_tui.exports.marks import text_width
from nnexpr_tui.parts.numbers import count, number

__all__ = [
    "FOOT", "HEADER", "MARGIN", "NUMBERS", "RIGHT", "TITLE", "are_early", "description_of", "shortened", "shown_name",
    "title_of",
]  # fmt: skip

MARGIN = 14.0
RIGHT = 22.0  # where a number may reach beyond its axis
HEADER = 34.0  # above everything: the target
TITLE = 24.0  # above each panel: what it shows in this frame
NUMBERS = 46.0  # left of a panel
FOOT = 34.0  # under a panel: numbers, and what x is
EARLY = 0.25  # epochs are logarithmic where half of the frames are in this first share of them


def are_early(clip: Clip) -> bool:
    """Whether the frames crowd in the first epochs, so that a logarithmic axis parts them."""
    return clip.epochs[len(clip) // 2] < EARLY * clip.epochs[-1]


def shown_name(scene: Scene) -> str:
    """The target's; of a file without its folders."""
    name = plain_text(scene.name)
    return name.rpartition("/")[2] if name.startswith("csv:") else name


def shortened(text: str, room: float, size: float) -> str:
    """As it is shown: plain, on one line, and no wider than the room."""
    plain = plain_text(text)
    most = max(1, int(room / text_width("x", size)))
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def title_of(clip: Clip) -> str:
    """What it is, for those who do not see it."""
    names = " against ".join(map(plain_text, clip.labels))
    return f"{shown_name(clip.scene)}: {names}, epochs {count(clip.epochs[0])} to {count(clip.epochs[-1])}"


def description_of(clip: Clip, shown: str) -> str:
    """What is seen, and how it begins and ends."""
    told = [f"{len(clip)} moments of a training, each with {shown}."]
    for run, label in enumerate(clip.labels):
        first, last = clip.snapshot(0, run), clip.snapshot(-1, run)
        told.append(
            f"{plain_text(label)}: mean squared error {number(first.loss)} at epoch {count(first.epoch)}, "
            f"{number(last.loss)} at epoch {count(last.epoch)}."
        )
    return " ".join(told)
