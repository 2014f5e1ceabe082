"""A picture of frames as one SVG that moves by CSS key frames alone: for a README, a page, a mail.

Coordinates are whole tenths of a pixel and paths are relative, so that sixty frames take some tens of kilobytes. Each
frame is a group; all share one animation, begun at different times. Where nothing is animated (a reader that cannot, a
person who asked for less motion) the last frame stands. Colours follow the reader's scheme, text is text, nothing is
fetched, and where it is more than an image the pointer stops it.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from struct import pack

import numpy as np
from numpy.typing import NDArray

from nnexpr_tui.exports.marks import INKS, Bars, Curve, Dots, Image, Mark, Picture, Rule, Text

__all__ = ["animated_svg", "png"]

UNIT = 10  # of the drawing, a pixel
USUAL_WIDTH = 1.6  # pixels of a stroke that does not say its own
FONTS = "system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Helvetica,Arial,sans-serif"


def animated_svg(
    picture: Picture, frames: Iterable[Sequence[Mark]], times: Sequence[int], duration: int
) -> str:
    """The document: each of the frames from its time on, the last up to the end; in milliseconds."""
    width, height = picture.width * UNIT, picture.height * UNIT
    groups = []
    for begin, marks in zip(times, frames, strict=True):
        begun = f' style="animation-delay:{(begin - duration) / 1000:g}s"' if begin else ""
        last = " l" if begin == times[-1] else ""
        groups.append(f'<g class="f{last}"{begun}>{"".join(map(_element, marks))}</g>')
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{picture.width}"'
            f' height="{picture.height}" role="img" aria-labelledby="t d" fill="none"'
            f' stroke-width="{USUAL_WIDTH * UNIT:g}" stroke-linecap="round" stroke-linejoin="round">',
            f'<title id="t">{escape(picture.title)}</title>',
            f'<desc id="d">{escape(picture.description)}</desc>',
            f"<style>{_style(times, duration)}</style>",
            f'<path class="ground" d="M0 0h{width}v{height}h{-width}z"/>',
            *map(_element, picture.still),
            *groups,
            "</svg>\n",
        ]
    )


def _style(times: Sequence[int], duration: int) -> str:
    """Colours on both grounds, and for how much of the time a frame is seen."""
    shares = [100 * each / duration for each in (times[1] - times[0], duration - times[-1])]
    rules = [
        f"text{{font-family:{FONTS};font-variant-numeric:tabular-nums}}",
        "image{image-rendering:pixelated}",
        _colors(0),
        f"@media(prefers-color-scheme:dark){{{_colors(1)}}}",
        ".f{visibility:hidden}.l{visibility:visible}",
        *(
            f"@keyframes {name}{{0%{{visibility:visible}}{share:.4g}%,to{{visibility:hidden}}}}"
            for name, share in zip("fl", shares, strict=True)
        ),
        f"@media(prefers-reduced-motion:no-preference){{.f{{animation:f {duration / 1000:g}s step-end infinite}}"
        ".l{animation-name:l}svg:hover .f{animation-play-state:paused}}",
    ]
    return "".join(rules)


def _colors(ground: int) -> str:
    """Strokes and texts in every ink; the ground is the one thing that is filled."""
    return "".join(
        f".{ink}{{{'fill' if ink == 'ground' else 'stroke'}:{colors[ground]}}}"
        + (f"text.{ink}{{fill:{colors[ground]};stroke:none}}" if ink != "ground" else "")
        for ink, colors in INKS.items()
    )


def _element(mark: Mark) -> str:
    match mark:
        case Curve():
            return _path(_polyline(mark.points), mark.ink, mark.width)
        case Rule():
            return _path(_polyline(np.array([[mark.x0, mark.y0], [mark.x1, mark.y1]])), mark.ink, 1.0)
        case Bars():
            bases = np.stack([mark.places, np.full(len(mark.places), mark.y)], axis=1)
            return _path(_strokes(bases, f"v{-round(mark.height * UNIT)}"), mark.ink, 1.2)
        case Dots():
            return _path(_strokes(mark.points, "h0"), mark.ink, 2 * mark.radius)
        case Text():
            return _text(mark)
        case Image():
            return _image(mark)


def _path(line: str, ink: str, width: float) -> str:
    own = f' stroke-width="{width * UNIT:g}"' if width != USUAL_WIDTH else ""
    return f'<path class="{ink}"{own} d="{line}"/>'


def _units(points: NDArray[np.float64]) -> list[list[int]]:
    whole: list[list[int]] = np.rint(points * UNIT).astype(np.int64).tolist()
    return whole


def _pair(x: int, y: int) -> str:
    """Two numbers; the sign of the second parts them where it has one."""
    return f"{x}{y}" if y < 0 else f"{x} {y}"


def _polyline(points: NDArray[np.float64]) -> str:
    """From the first point, by relative steps."""
    (x, y), *rest = _units(points)
    words = [f"M{_pair(x, y)}"]
    for number, (to_x, to_y) in enumerate(rest):
        step = _pair(to_x - x, to_y - y)
        words.append(("l" if number == 0 else "" if step[0] == "-" else " ") + step)
        x, y = to_x, to_y
    return "".join(words)


def _strokes(points: NDArray[np.float64], stroke: str) -> str:
    """The same stroke from each of the points."""
    return "".join(f"M{_pair(x, y)}{stroke}" for x, y in _units(points))


def _text(mark: Text) -> str:
    more = f' text-anchor="{mark.anchor}"' if mark.anchor != "start" else ""
    more += ' font-weight="600"' if mark.bold else ""
    [[x, y]] = _units(np.array([[mark.x, mark.y]]))
    size = f"{mark.size * UNIT:g}"
    return f'<text class="{mark.ink}" x="{x}" y="{y}" font-size="{size}"{more}>{escape(mark.text)}</text>'


def _image(mark: Image) -> str:
    [[x, y], [width, height]] = _units(np.array([[mark.x, mark.y], [mark.width, mark.height]]))
    source = b64encode(png(mark.colors)).decode("ascii")
    return (
        f'<image x="{x}" y="{y}" width="{width}" height="{height}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{source}"/>'
    )


def png(colors: NDArray[np.int32]) -> bytes:
    """Pixels ``0xRRGGBB`` of at most 256 colours as a PNG with a palette (ISO/IEC 15948)."""
    found, indices = np.unique(colors, return_inverse=True)
    rows, columns = colors.shape
    table = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1).astype(np.uint8).tobytes()
    lines = indices.reshape(rows, columns).astype(np.uint8)
    body = np.concatenate([np.zeros((rows, 1), np.uint8), lines], axis=1).tobytes()  # each line unfiltered
    header = pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", table), (b"IDAT", zlib.compress(body, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
