"""Frames as a GIF or an APNG, written one by one: however many there are, only two of them are in memory.

Both have one palette of 256 colours, and of each frame but the first only the rectangle that is another than before.
The containers are written here, because Pillow's writers keep all frames until the last has come: GIF89a (CompuServe,
1990), whose pixels Pillow packs, and APNG (Portable Network Graphics, third edition, W3C 2025).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from struct import pack
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image as Pixels

__all__ = ["Palette", "write_apng", "write_gif"]

Indices = NDArray[np.uint8]

COLORS = 256
TICK = 10  # milliseconds, the clock of a GIF
LEAST_TICKS = 2  # players show what is shorter for ten times as long


class Palette:
    """256 colours, and which of them is nearest to each other colour: exactly, where Pillow's own search is not."""

    def __init__(self, frames: Iterable[Pixels], exactly: Iterable[tuple[int, int, int]]) -> None:
        """Those that these frames need most; some of them ``exactly``, so that a ground is what it is."""
        from PIL import Image

        stacked = Image.fromarray(np.concatenate([np.asarray(frame) for frame in frames]))
        exact = np.array(list(exactly), np.uint8).reshape(-1, 3)
        chosen = stacked.quantize(COLORS - len(exact), Image.Quantize.MEDIANCUT).getpalette("RGB") or []
        table = np.concatenate([exact, np.array(chosen, np.uint8).reshape(-1, 3)])[:COLORS]
        self.colors = np.pad(table, ((0, COLORS - len(table)), (0, 0)))
        self._nearest = np.full(1 << 24, -1, np.int16)  # of those that were met

    def indices(self, frame: Pixels) -> Indices:
        """The nearest colour of each pixel, ``(rows, columns)``."""
        channels = np.asarray(frame).astype(np.int32)
        codes = channels[..., 0] << 16 | channels[..., 1] << 8 | channels[..., 2]
        unmet = np.unique(codes[self._nearest[codes] < 0])
        for part in np.array_split(unmet, 1 + len(unmet) // 4096):
            met = np.stack([part >> 16, part >> 8 & 255, part & 255], axis=1)
            apart = ((met[:, None] - self.colors.astype(np.int32)) ** 2).sum(axis=2)
            self._nearest[part] = apart.argmin(axis=1)
        found: Indices = self._nearest[codes].astype(np.uint8)
        return found


def write_gif(file: BinaryIO, frames: Iterable[tuple[Pixels, int]], palette: Palette) -> None:
    """Frames of one size, each with the millisecond at which it ends, repeated for ever."""
    ended = 0
    for number, (pixels, (left, top), end) in enumerate(_changes(frames, palette)):
        rows, columns = pixels.shape
        if number == 0:
            file.write(b"GIF89a" + pack("<HHBBB", columns, rows, 0xF7, 0, 0) + palette.colors.tobytes())
            file.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0")
        ticks = min(max(LEAST_TICKS, round(end / TICK) - ended), 0xFFFF)
        ended += ticks
        file.write(
            b"\x21\xf9\x04" + pack("<BHBB", 0b100, ticks, 0, 0)
        )  # it stays where the next changes nothing
        file.write(b"\x2c" + pack("<HHHHB", left, top, columns, rows, 0) + _lzw(pixels))
    file.write(b"\x3b")


def _lzw(pixels: Indices) -> bytes:
    """The pixels packed as a GIF has them: those of a file of one frame, without what goes before and after."""
    from PIL import Image

    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "GIF", optimize=False, interlace=False)
    data = buffer.getvalue()
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    while data[at] == 0x21:  # an extension: its blocks, each behind its length, up to one of none
        at += 2
        while data[at]:
            at += 1 + data[at]
        at += 1
    local = data[at + 9]
    return data[at + 10 + (3 << (local & 7) + 1 if local & 0x80 else 0) : -1]


def write_apng(file: BinaryIO, frames: Iterable[tuple[Pixels, int]], palette: Palette, count: int) -> None:
    """``count`` frames of one size, each with the millisecond at which it ends, repeated for ever."""
    begun = sequence = 0
    for number, (pixels, (left, top), end) in enumerate(_changes(frames, palette)):
        rows, columns = pixels.shape
        if number == 0:
            file.write(b"\x89PNG\r\n\x1a\n")
            _chunk(file, b"IHDR", pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0))
            _chunk(file, b"acTL", pack(">II", count, 0))
            _chunk(file, b"PLTE", palette.colors.tobytes())
        shown = pack(">HHBB", min(end - begun, 0xFFFF), 1000, 0, 0)
        _chunk(file, b"fcTL", pack(">IIIII", sequence, columns, rows, left, top) + shown)
        packed = zlib.compress(np.pad(pixels, ((0, 0), (1, 0))).tobytes(), 9)  # each line unfiltered
        if number == 0:
            _chunk(file, b"IDAT", packed)
        else:
            sequence += 1
            _chunk(file, b"fdAT", pack(">I", sequence) + packed)
        sequence += 1
        begun = end
    _chunk(file, b"IEND", b"")


def _chunk(file: BinaryIO, kind: bytes, data: bytes) -> None:
    file.write(pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data)))


def _changes(
    frames: Iterable[tuple[Pixels, int]], palette: Palette
) -> Iterator[tuple[Indices, tuple[int, int], int]]:
    """Of each frame the rectangle that is another than before, the first whole: indices, its corner, and its end."""
    before: Indices | None = None
    for frame, end in frames:
        indices = palette.indices(frame)
        rows, columns = (slice(0, size) for size in indices.shape)
        if before is not None:
            differs = indices != before
            rows, columns = _extent(differs.any(axis=1)), _extent(differs.any(axis=0))
        yield np.ascontiguousarray(indices[rows, columns]), (columns.start, rows.start), end
        before = indices


def _extent(wanted: NDArray[np.bool_]) -> slice:
    """From the first to the last; where there is none, the first place: a frame has at least one pixel."""
    places = np.flatnonzero(wanted)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, 1)
