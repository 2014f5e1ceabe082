"""GIF, APNG and film, read back by other programs: Pillow and ffmpeg."""

from __future__ import annotations

import stat
import subprocess
import sys
import weakref
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_recordings import trained
from PIL import Image
from PIL.ImageDraw import Draw

from nnexpr.specification import InputError
from nnexpr_tui.exports import EXPORTS, movie
from nnexpr_tui.exports.animation import Palette, write_apng, write_gif
from nnexpr_tui.exports.clip import ClipSpecification, make_clip
from nnexpr_tui.exports.marks import INKS
from nnexpr_tui.exports.writers import _Painted

ASKED = {"frames": 6, "seconds": 1.5, "size": "320x201"}
ENDINGS = (".svg", ".cast", ".gif", ".png", ".apng", ".mp4")


def drawn(**asked: Any) -> list[np.ndarray[Any, Any]]:
    """The frames before they are written."""
    specification = ClipSpecification(**(ASKED | asked))
    painted = _Painted(make_clip([trained()], specification), specification, lambda *_: None)
    return [np.asarray(frame).astype(int) for frame, _ in painted.frames()]


@pytest.mark.parametrize("ending", [".gif", ".png", ".apng"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_frame_is_the_one_drawn_and_the_last_is_held(tmp_path: Path, ending: str, theme: str) -> None:
    path = tmp_path / f"a{ending}"
    EXPORTS[ending].write([trained()], path, asked=ASKED | {"theme": theme})
    frames = drawn(theme=theme)
    ground = tuple(bytes.fromhex(INKS["ground"][theme == "dark"][1:]))
    with Image.open(path) as read:
        assert read.format == ("GIF" if ending == ".gif" else "PNG")
        assert (read.n_frames, read.size, read.info["loop"]) == (len(frames), (320, 201), 0)
        durations = []
        for number, frame in enumerate(frames):
            read.seek(number)
            shown = np.asarray(read.convert("RGB")).astype(int)
            assert tuple(shown[1, 1]) == ground
            assert np.abs(shown - frame).mean() < 0.5
            assert np.abs(shown - frame).max() < 90  # nearest of 256 colours
            durations.append(read.info["duration"])
    assert sum(durations) == 3500
    assert durations[-1] >= 2000
    assert max(durations[:-1]) - min(durations[:-1]) <= 10


def boxes(count: int) -> Iterator[Image.Image]:
    """A square that moves, and in between stands still."""
    for number in range(count):
        image = Image.new("RGB", (61, 40), "#203040")
        Draw(image).rectangle([number // 2 * 7, 5, number // 2 * 7 + 9, 14], "#e0a010")
        yield image


@pytest.mark.parametrize("write", [write_gif, write_apng])
def test_only_rectangles_that_change_are_written_and_come_out_whole(write: Any) -> None:
    palette = Palette(boxes(2), [(0x20, 0x30, 0x40)])
    ended = [50 * (number + 1) for number in range(12)]
    more = (12,) if write is write_apng else ()
    file = BytesIO()
    write(file, zip(boxes(12), ended, strict=True), palette, *more)
    assert len(file.getvalue()) < 12 * 61 * 40
    with Image.open(file) as read:
        for number, frame in enumerate(boxes(12)):
            read.seek(number)
            assert read.convert("RGB").tobytes() == frame.tobytes()


@pytest.mark.parametrize("write", [write_gif, write_apng])
def test_at_most_two_frames_are_in_memory(write: Any) -> None:
    alive: list[weakref.ref[Image.Image]] = []

    def counted() -> Iterator[tuple[Image.Image, int]]:
        for number, frame in enumerate(boxes(30)):
            alive.append(weakref.ref(frame))
            assert sum(each() is not None for each in alive) <= 2
            yield frame, 20 * (number + 1)

    write(BytesIO(), counted(), Palette(boxes(1), []), *((30,) if write is write_apng else ()))
    assert len(alive) == 30


def test_a_gif_loses_no_time_to_its_clock() -> None:
    ended = [round(37 * (number + 1)) for number in range(40)]  # in between two ticks of a hundredth
    file = BytesIO()
    write_gif(file, zip(boxes(40), ended, strict=True), Palette(boxes(1), []))
    with Image.open(file) as read:
        durations = []
        for number in range(read.n_frames):
            read.seek(number)
            durations.append(read.info["duration"])
    assert sum(durations) == round(ended[-1], -1)
    assert set(durations) == {30, 40}


def test_a_film_has_every_frame_for_its_time(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    EXPORTS[".mp4"].write([trained()], path, asked=ASKED)
    program = movie.ffmpeg()
    assert program is not None
    command = [program, "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    pixels = np.frombuffer(raw, np.uint8).reshape(-1, 202, 320, 3).astype(int)  # heights of films are even
    assert len(pixels) == round(3.5 * movie.RATE)
    frames = drawn(size="320x202")
    for number, frame in enumerate(frames):
        begin = round(1.5 * number / (len(frames) - 1) * movie.RATE)
        assert np.abs(pixels[begin + 1] - frame).mean() < 4
        others = [np.abs(pixels[begin + 1] - other).mean() for other in frames]
        assert int(np.argmin(others)) == number
    assert np.abs(pixels[-1] - frames[-1]).mean() < 4


def told(done: int, steps: int) -> None:
    raise AssertionError("a frame was drawn")


def test_without_ffmpeg_a_film_is_refused_before_anything_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(movie, "find_spec", lambda name: None)
    with pytest.raises(
        InputError, match=r"a film needs ffmpeg on the path .*; \.gif, \.png and \.svg need neither"
    ):
        EXPORTS[".mp4"].write([trained()], tmp_path / "a.mp4", tell=told)
    assert list(tmp_path.iterdir()) == []


def program(folder: Path, text: str) -> None:
    """An ffmpeg that does this."""
    path = folder / "ffmpeg"
    path.write_text(f"#!{sys.executable}\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "import sys; sys.stderr.write('one\\nUnknown encoder\\n'); sys.exit(3)",
            "failed with 3: Unknown encoder",
        ),
        ("import sys; sys.stdin.buffer.read(); sys.exit(1)", "failed with 1: it gave no reason"),
        ("import os; os.kill(os.getpid(), 9)", "failed with -9: it gave no reason"),
    ],
)
def test_what_ffmpeg_fails_of_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    tools, place = tmp_path / "tools", tmp_path / "place"
    tools.mkdir()
    place.mkdir()
    program(tools, text)
    monkeypatch.setenv("PATH", str(tools))
    with pytest.raises(movie.MovieError, match=said):
        EXPORTS[".mp4"].write([trained()], place / "a.mp4", asked=ASKED)
    assert list(place.iterdir()) == []


def test_a_program_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ffmpeg").write_bytes(b"\x7fELF nothing")
    (tmp_path / "ffmpeg").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(movie.MovieError, match="ffmpeg could not be started"):
        EXPORTS[".mp4"].write([trained()], tmp_path / "place" / "a.mp4", asked=ASKED)
    assert list((tmp_path / "place").iterdir()) == []


class Enough(Exception):
    """What ends a writing."""


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_given_up_leaves_what_was_there(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_text("before")
    steps = []

    def give_up(done: int, of: int) -> None:
        steps.append((done, of))
        if done == 3:
            raise Enough

    with pytest.raises(Enough):
        EXPORTS[ending].write([trained()], path, asked={"frames": 6}, tell=give_up)
    assert steps[-4:] == [(0, 6), (1, 6), (2, 6), (3, 6)]
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "asked", [{"frames": 1}, {"seconds": 0}, {"size": "7x7"}, {"theme": "pink"}, {"speed": 2}]
)
def test_what_cannot_be_asked_for_is_refused_before_anything_is_drawn(
    tmp_path: Path, ending: str, asked: dict[str, Any]
) -> None:
    with pytest.raises(InputError):
        EXPORTS[ending].write([trained()], tmp_path / f"a{ending}", asked=asked, tell=told)
    assert list(tmp_path.iterdir()) == []


def test_a_table_takes_no_options_of_clips(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"frames is 5: it has a meaning for \.cast, \.svg"):
        EXPORTS[".csv"].write([trained()], tmp_path / "a.csv", asked={"frames": 5})
    assert list(tmp_path.iterdir()) == []
