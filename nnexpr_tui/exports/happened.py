"""Where something happened in a clip: the frame in which it is first seen, for markers and captions."""

from __future__ import annotations

from dataclasses import dataclass

from nnexpr.runs.events import Event, Kind, events
from nnexpr_tui.exports.clip import Clip

__all__ = ["Happened", "happened"]

NAMES: dict[Kind, str] = {
    "bend": "first bend", "knee": "knee", "collapse": "collapse", "divergence": "divergence", "best": "best",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, and where it is seen."""

    frame: int
    run: int
    name: str  # of several runs, with which it was
    words: str  # one sentence
    epoch: int


def happened(clip: Clip) -> tuple[Happened, ...]:
    """All events of all runs, in the order of their frames."""
    found = [
        _seen(clip, run, event)
        for run, recording in enumerate(clip.recordings)
        for event in events(recording)
    ]
    return tuple(sorted(found, key=lambda each: each.frame))


def _seen(clip: Clip, run: int, event: Event) -> Happened:
    frames = (frame for frame, shown in enumerate(clip.shown) if shown[run] >= event.snapshot)
    name, words = NAMES[event.kind], event.words
    if len(clip.recordings) > 1:
        name, words = f"{name}, {clip.labels[run]}", f"{clip.labels[run]}: {event.words}"
    return Happened(next(frames, len(clip) - 1), run, name, words, event.epoch)
