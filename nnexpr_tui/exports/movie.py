"""Frames as an MP4, by an ffmpeg that is there: on the path, or the one that the package imageio-ffmpeg brings.

The pixels go to its standard input as they are made; it writes beside the file's place, and only a whole film is put
there.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Pixels

__all__ = ["MovieError", "ffmpeg", "refusal", "write_mp4"]

RATE = 25  # frames a second, of the film


class MovieError(OSError):
    """What ffmpeg said, as one sentence."""


def ffmpeg() -> str | None:
    """The program; None where there is none."""
    if (found := shutil.which("ffmpeg")) or find_spec("imageio_ffmpeg") is None:
        return found
    try:
        return str(import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except RuntimeError:  # it is installed without the program
        return None


def refusal() -> str:
    """Why there can be no film here; nothing where there can."""
    if ffmpeg():
        return ""
    return "a film needs ffmpeg on the path (or pip install imageio-ffmpeg); .gif, .png and .svg need neither"


def write_mp4(path: Path, frames: Iterable[tuple[Pixels, int]], size: tuple[int, int]) -> None:
    """Frames of an even size, each with the millisecond at which it ends, as H.264 where that ffmpeg has it.

    Raises :class:`MovieError`; what it then leaves under ``path`` is for the caller to take away.
    """
    command = [
        ffmpeg() or "ffmpeg", "-hide_banner", "-loglevel", "error", "-y",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-r", str(RATE), "-i", "pipe:0",
        "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4", str(path),
    ]  # fmt: skip
    try:
        process = subprocess.Popen(  # noqa: S603 - the program that was found
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
    except OSError as error:
        raise MovieError(f"ffmpeg could not be started: {error.strerror or error}") from None
    assert process.stdin is not None and process.stderr is not None  # noqa: S101, PT018 - both are pipes
    said: list[bytes] = []
    listener = Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
    listener.start()
    try:
        _feed(process.stdin, frames)
    except BrokenPipeError:  # it has ended before its frames have: it says why
        pass
    except BaseException:
        process.kill()
        raise
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()
        listener.join()
        process.stderr.close()
    if process.returncode:
        last = b"".join(said).decode("utf-8", "replace").strip().splitlines()[-1:] or ["it gave no reason"]
        raise MovieError(f"ffmpeg failed with {process.returncode}: {last[0]}")


def _feed(pipe: IO[bytes], frames: Iterable[tuple[Pixels, int]]) -> None:
    """Each frame as often as it takes to reach its end."""
    shown = 0
    for pixels, end in frames:
        data = pixels.tobytes()
        while shown < round(end * RATE / 1000):
            pipe.write(data)
            shown += 1
