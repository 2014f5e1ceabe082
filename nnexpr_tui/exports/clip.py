"""A clip: one to four recordings on one clock of epochs, and the frames in which they are shown.

A frame stands for an epoch, and each recording shows in it the last of its snapshots that is not later: so runs that
were recorded at other epochs, or ended earlier, keep step. Frames are spread evenly over the snapshots, not over the
epochs: a recording has more of them where more happens. Importing this costs neither NumPy nor torch.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnexpr.declarations import Specified, option
from nnexpr.specification import OPTIONS, FitSpecification, InputError

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording, Scene
    from nnexpr.training.snapshots import Snapshot

__all__ = ["HOLD", "MOST_RUNS", "Clip", "ClipSpecification", "labels_of", "make_clip"]

MOST_RUNS = 4
HOLD = 2000  # milliseconds for which the last frame stays
MOST_LABEL_OPTIONS = 3
UNTOLD = ("device", "threads", "epochs")  # of runs that differ: in these they may, and nobody asks


@dataclass(frozen=True, kw_only=True)
class ClipSpecification(Specified):
    """What may be asked of a clip, whatever it is written as."""

    frames: int = option(
        "integer", 60, "frames at most; where fewer snapshots were recorded, as many",
        group="clip", label="Frames", minimum=2, maximum=2000,
    )  # fmt: skip
    seconds: float = option(
        "number", 8.0, "seconds from the first frame to the last, which is held two more",
        group="clip", label="Seconds", minimum=0.1, maximum=600,
    )  # fmt: skip
    size: str = option(
        "text", "auto", "width and height, as 80x24: cells of a .cast (auto: 120x40), pixels else (auto: 720x450)",
        group="clip", label="Size",
    )  # fmt: skip
    theme: str = option(
        "choice", "light", "colours of .gif, .png and .mp4; an .svg follows its reader's, a .cast is dark",
        group="clip", label="Theme", offered=("light", "dark"),
    )  # fmt: skip
    format: str = option(
        "choice", "v3", "version of asciicast; v2 for players of 2024 and older",
        group="clip", label="Format", offered=("v3", "v2"),
    )  # fmt: skip

    def extent(
        self, usual: tuple[int, int], least: tuple[int, int], most: tuple[int, int]
    ) -> tuple[int, int]:
        """Width and height; raises :class:`InputError` where they are not between these."""
        if self.size == "auto":
            return usual
        found = re.fullmatch(r"\s*(\d{1,6})\s*[x×]\s*(\d{1,6})\s*", self.size)
        size = (int(found[1]), int(found[2])) if found else (0, 0)
        if not (least[0] <= size[0] <= most[0] and least[1] <= size[1] <= most[1]):
            bounds = f"between {least[0]}x{least[1]} and {most[0]}x{most[1]}"
            raise InputError(
                "size", self.size, f"it must be a width and a height {bounds}, as {usual[0]}x{usual[1]}"
            )
        return size


@dataclass(frozen=True, eq=False, slots=True)
class Clip:
    """Frames of the recordings. Times are whole milliseconds, so that they add up."""

    recordings: tuple[Recording, ...]
    labels: tuple[str, ...]  # what tells the recordings apart, of each
    epochs: tuple[int, ...]  # (frames,) ascending
    shown: tuple[tuple[int, ...], ...]  # (frames, recordings): which snapshot of each
    times: tuple[int, ...]  # (frames,) when each appears
    duration: int

    def __len__(self) -> int:
        return len(self.epochs)

    @property
    def scene(self) -> Scene:
        """That of the first recording."""
        return self.recordings[0].scene

    @property
    def is_plane(self) -> bool:
        """Whether it is of one run on a target of two inputs."""
        return self.scene.dimension == 2

    def snapshot(self, frame: int, run: int) -> Snapshot:
        """What a run shows in a frame."""
        return self.recordings[run].snapshots[self.shown[frame][run]]

    def frame_of(self, epoch: int) -> int:
        """The frame in which this epoch has come: the first that is not earlier, else the last."""
        return next((k for k, at in enumerate(self.epochs) if at >= epoch), len(self) - 1)


def make_clip(recordings: Sequence[Recording], specification: ClipSpecification) -> Clip:
    """The clip of these recordings.

    Raises :class:`InputError` for more than four of them, where there are no snapshots to show one after another, and
    for several of which one has two inputs.
    """
    if not 1 <= len(recordings) <= MOST_RUNS:
        raise InputError("run", f"{len(recordings)} runs", f"a clip shows one to {MOST_RUNS} of them")
    for recording in recordings:
        if recording.scene.dimension > 1 and len(recordings) > 1:
            raise InputError("run", recording.scene.name, "a target of two inputs has a clip of its own")
        if not recording.snapshots:
            raise InputError(
                "run", recording.scene.name, "no snapshots of it were recorded, so there is no clip"
            )
    there = sorted({snapshot.epoch for recording in recordings for snapshot in recording.snapshots})
    if len(there) < 2:
        name = recordings[0].scene.name
        raise InputError("run", name, f"only epoch {there[0]:,} of it was recorded, so nothing moves")
    last = min(specification.frames, len(there)) - 1
    epochs = [there[round(k * (len(there) - 1) / last)] for k in range(last + 1)]
    of_each = [[snapshot.epoch for snapshot in recording.snapshots] for recording in recordings]
    length = round(1000 * specification.seconds)
    return Clip(
        recordings=tuple(recordings),
        labels=labels_of([recording.specification for recording in recordings]),
        epochs=tuple(epochs),
        shown=tuple(tuple(max(bisect_right(at, e) - 1, 0) for at in of_each) for e in epochs),
        times=tuple(round(k * length / last) for k in range(last + 1)),
        duration=length + HOLD,
    )


def labels_of(specifications: Sequence[FitSpecification]) -> tuple[str, ...]:
    """What each is called beside the others: of one its network, of several the options in which they differ."""
    differing = [
        name
        for name in OPTIONS
        if name not in UNTOLD
        and any(each.relevant(name) for each in specifications)
        and len({getattr(each, name) for each in specifications}) > 1
    ]
    if not differing:
        names = [_network(each) for each in specifications]
        return tuple(names if len(names) == 1 else (f"{i + 1}: {name}" for i, name in enumerate(names)))
    return tuple(
        ", ".join(
            f"{name.replace('_', ' ')} {OPTIONS[name].format(getattr(each, name)) or 'auto'}"
            for name in differing[:MOST_LABEL_OPTIONS]
        )
        for each in specifications
    )


def _network(specification: FitSpecification) -> str:
    """Its kind and what it is built of."""
    words = [specification.network]
    words += [
        f"{name} {OPTIONS[name].format(getattr(specification, name))}"
        for name in ("depth", "width", "rank", "knots")
        if specification.relevant(name)
    ]
    if specification.relevant("activation"):
        words.append(specification.activation)
    if specification.relevant("residual") and specification.residual:
        words.append("residual")
    return ", ".join(words)
