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
) -> list[Path]:
    """Write the figures and return the files, in order. ``title`` and ``origin``, what made them, go into the metadata.

    ``dpi``: of PNG, and of what is a picture within PDF and SVG. Raises :class:`~nnexpr.specification.InputError` for
    another ending, and OSError.
    """
    several = [figures] if isinstance(figures, Figure) else list(figures)
    names = names_of(path, len(several))
    if names[0].suffix.lower() == ".pdf":
        contents = [_pdf(several, dpi, title, origin)]
    else:
        contents = [_picture(each, names[0].suffix.lower()[1:], dpi, title, origin) for each in several]
    for name, content in zip(names, contents, strict=True):
        write_atomically(name, content)
    return names


def names_of(path: str | os.PathLike[str], figures: int) -> list[Path]:
    """The files for so many figures: of ``FILE.png`` and three of them ``FILE-1.png`` to ``FILE-3.png``."""
    place = Path(path)
    if place.suffix.lower() not in ENDINGS:
        raise InputError("output", str(path), "it must end in " + ", ".join(ENDINGS))
    if figures == 1 or place.suffix.lower() == ".pdf":
        return [place]
    digits = len(str(figures))
    return [
        place.with_name(f"{place.stem}-{number:0{digits}}{place.suffix}") for number in range(1, figures + 1)
    ]


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
