"""Each clip as a file: all of it or nothing, a frame at a time, telling how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nnexpr.atomic import write_atomically, writing_atomically
from nnexpr.exports import Tell
from nnexpr.runs.recording import Recording
from nnexpr_tui.exports.clip import Clip, ClipSpecification, make_clip

if TYPE_CHECKING:
    from PIL.Image import Image as Pixels

    from nnexpr_tui.charts.rows import Rows
    from nnexpr_tui.exports.animation import Palette
    from nnexpr_tui.exports.marks import Mark
    from nnexpr_tui.exports.picture import LinePicture
    from nnexpr_tui.exports.plane import PlanePicture

__all__ = ["write_apng", "write_cast", "write_gif", "write_mp4", "write_svg"]

CELLS = (120, 40)
PIXELS, LEAST_PIXELS, MOST_PIXELS = (720, 450), (320, 200), (3840, 2160)
HIGHER = 150  # pixels more where there are two lines of panels
SAMPLED = 5  # frames from which a palette is chosen


def write_svg(recordings: Sequence[Recording], path: Path, asked: ClipSpecification, tell: Tell) -> None:
    """An animated SVG."""
    from nnexpr_tui.exports.svg import animated_svg

    clip = make_clip(recordings, asked)
    drawing = _drawing(clip, asked)
    document = animated_svg(drawing.picture, _marks(clip, drawing, tell), clip.times, clip.duration)
    write_atomically(path, document)


def write_cast(recordings: Sequence[Recording], path: Path, asked: ClipSpecification, tell: Tell) -> None:
    """An asciicast."""
    from nnexpr_tui.exports.cast import cast_lines
    from nnexpr_tui.exports.happened import happened
    from nnexpr_tui.exports.layout import shown_name
    from nnexpr_tui.exports.screen import LEAST, MOST, Screens

    clip = make_clip(recordings, asked)
    size = asked.extent(CELLS, LEAST, MOST)
    seen = happened(clip)
    screens = Screens(clip, *size, seen)

    def frames() -> Iterator[tuple[int, Rows, tuple[str, ...]]]:
        for frame, time in enumerate(clip.times):
            tell(frame, len(clip))
            yield time, screens.rows(frame), tuple(each.name for each in seen if each.frame == frame)

    title = f"{shown_name(clip.scene)}: {' against '.join(clip.labels)}"
    with writing_atomically(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        file.writelines(cast_lines(frames(), clip.duration, size, title, asked.format))


def write_gif(recordings: Sequence[Recording], path: Path, asked: ClipSpecification, tell: Tell) -> None:
    """An animated GIF."""
    from nnexpr_tui.exports.animation import write_gif as write

    clip = make_clip(recordings, asked)
    painted = _Painted(clip, asked, tell)
    with writing_atomically(path) as beside, beside.open("wb") as file:
        write(file, painted.frames(), painted.palette())


def write_apng(recordings: Sequence[Recording], path: Path, asked: ClipSpecification, tell: Tell) -> None:
    """An animated PNG."""
    from nnexpr_tui.exports.animation import write_apng as write

    clip = make_clip(recordings, asked)
    painted = _Painted(clip, asked, tell)
    with writing_atomically(path) as beside, beside.open("wb") as file:
        write(file, painted.frames(), painted.palette(), len(clip))


def write_mp4(recordings: Sequence[Recording], path: Path, asked: ClipSpecification, tell: Tell) -> None:
    """A film."""
    from nnexpr_tui.exports.movie import write_mp4 as write

    clip = make_clip(recordings, asked)
    painted = _Painted(clip, asked, tell, even=True)
    with writing_atomically(path) as beside:
        write(beside, painted.frames(), painted.size)


def _drawing(clip: Clip, asked: ClipSpecification, *, even: bool = False) -> LinePicture | PlanePicture:
    """The picture at the size that was asked for, or at one that suits its panels."""
    from nnexpr_tui.exports.picture import LinePicture
    from nnexpr_tui.exports.plane import PlanePicture, has_maps

    usual = PIXELS[0], PIXELS[1] + HIGHER * (len(clip.recordings) > 2)
    width, height = asked.extent(usual, LEAST_PIXELS, MOST_PIXELS)
    drawn = PlanePicture if has_maps(clip.recordings[0]) else LinePicture
    return drawn(clip, width + (even and width % 2), height + (even and height % 2))


def _marks(clip: Clip, drawing: LinePicture | PlanePicture, tell: Tell) -> Iterator[list[Mark]]:
    for frame in range(len(clip)):
        tell(frame, len(clip))
        yield drawing.frame(frame)


class _Painted:
    """The frames of a clip as images."""

    def __init__(self, clip: Clip, asked: ClipSpecification, tell: Tell, *, even: bool = False) -> None:
        from nnexpr_tui.exports.paint import Painter

        self._clip, self._tell = clip, tell
        self._drawing = _drawing(clip, asked, even=even)
        self._painter = Painter(self._drawing.picture, dark=asked.theme == "dark")

    @property
    def size(self) -> tuple[int, int]:
        return self._drawing.picture.width, self._drawing.picture.height

    def frames(self) -> Iterator[tuple[Pixels, int]]:
        """Each with the millisecond at which it ends."""
        ends = (*self._clip.times[1:], self._clip.duration)
        for marks, end in zip(_marks(self._clip, self._drawing, self._tell), ends, strict=True):
            yield self._painter.frame(marks), end

    def palette(self) -> Palette:
        """Of a few frames from the beginning to the end."""
        from nnexpr_tui.exports.animation import Palette

        last = len(self._clip) - 1
        some = sorted({round(last * k / (SAMPLED - 1)) for k in range(SAMPLED)})
        frames = (self._painter.frame(self._drawing.frame(frame)) for frame in some)
        return Palette(frames, self._painter.colors())
