"""Figures as files: PDF, PNG and SVG, by the ending; whole or not at all, and the same bytes for the same figures.

Nothing of the time of day is written. Several figures are the pages of one PDF, or as many files, numbered.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from nnexpr import __version__
from nnexpr.atomic import write_atomically
from nnexpr.plot.style import applied
from nnexpr.specification import InputError

__all__ = ["ENDINGS", "names_of", "save"]

ENDINGS = (".pdf", ".png", ".svg")
DPI = 300
MADE_BY = f"nnexpr {__version__}"


def save(
    figures: Figure | Sequence[Figure],
    path: str | os.PathLike[str],
    *,
    dpi: float = DPI,
    title: str = "",
    origin: str = "",
    names: Sequence[str] = (),
) -> list[Path]:
    """Write the figures and return the files, in order. ``title`` and ``origin``, what made them, go into the metadata.

    Several are the pages of one PDF, or as many files: of ``FILE.png`` they are ``FILE-1.png``, ``FILE-2.png``, …, or
    end in the ``names`` that they are given. ``dpi``: of PNG, and of what is a picture within PDF and SVG. Raises
    :class:`~nnexpr.specification.InputError` for another ending, and OSError.
    """
    several = [figures] if isinstance(figures, Figure) else list(figures)
    places = names_of(path, names or _numbers(len(several)))
    if places[0].suffix.lower() == ".pdf":
        contents = [_pdf(several, dpi, title, origin)]
    else:
        contents = [_picture(each, places[0].suffix.lower()[1:], dpi, title, origin) for each in several]
    for place, content in zip(places, contents, strict=True):
        write_atomically(place, content)
    return places


def names_of(path: str | os.PathLike[str], names: Sequence[str]) -> list[Path]:
    """The files for figures of these names; one figure has the name that is given. InputError for another ending."""
    place = Path(path)
    if place.suffix.lower() not in ENDINGS:
        raise InputError("output", str(path), "it must end in " + ", ".join(ENDINGS))
    if len(names) == 1 or place.suffix.lower() == ".pdf":
        return [place]
    return [place.with_name(f"{place.stem}-{name}{place.suffix}") for name in names]


def _numbers(count: int) -> list[str]:
    return [f"{number:0{len(str(count))}}" for number in range(1, count + 1)]


def _pdf(figures: Sequence[Figure], dpi: float, title: str, origin: str) -> bytes:
    told = {"Title": title or None, "Subject": origin or None, "Creator": MADE_BY, "CreationDate": None}
    written = BytesIO()
    with applied(), PdfPages(written, metadata=told) as pages:
        for figure in figures:
            pages.savefig(figure, dpi=dpi)
    return written.getvalue()


def _picture(figure: Figure, kind: str, dpi: float, title: str, origin: str) -> bytes:
    if kind == "png":
        told: dict[str, str | None] = {"Title": title, "Description": origin, "Software": MADE_BY}
    else:
        told = {"Title": title or None, "Description": origin or None, "Creator": MADE_BY, "Date": None}
    written = BytesIO()
    with applied():
        figure.savefig(
            written,
            format=kind,
            dpi=dpi,
            metadata={key: text for key, text in told.items() if text or key == "Date"},
        )
    return written.getvalue()
