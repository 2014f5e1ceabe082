"""A page that needs nothing but itself: its text escaped, its style and script inline, every network source forbidden.

The Content-Security-Policy names the style and the script by their hashes, so a browser runs those and nothing else,
fetches nothing, and lets no text become markup. Text from outside goes through :func:`text` into the document and
through :func:`data` into the script's data; nothing else is a way in.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Collection, Iterable, Sequence
from importlib.resources import files
from typing import Any

from nnexpr import __version__

__all__ = ["data", "figure", "found_data", "page", "table", "text"]

DATA_ID = "nnexpr-data"
_OPENING = f'<script type="application/json" id="{DATA_ID}">'
_CLOSING = "</script>"
# In a script element these could end it, or begin a comment; in JSON they stand in strings only. The rest is ASCII.
_UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


def text(value: object) -> str:
    """``value`` as text of a document or of an attribute in double quotes; signs that are not shown are replaced."""
    shown = (sign if sign.isprintable() else " " if sign.isspace() else "\ufffd" for sign in str(value))
    return html.escape("".join(shown))


def data(document: Any) -> str:
    """The element that holds ``document`` as JSON, in ASCII, for a script to read."""
    spelled = json.dumps(document, allow_nan=False, separators=(",", ":"))
    return _OPENING + spelled.translate(_UNSAFE) + _CLOSING


def found_data(page: str) -> Any:
    """The document that :func:`data` put into a page; raises ValueError where there is none."""
    _, opening, rest = page.partition(_OPENING)
    spelled, closing, _ = rest.partition(_CLOSING)
    if not (opening and closing):
        raise ValueError("it holds no data of nnexpr")
    return json.loads(spelled)


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Collection[int] = ()
) -> str:
    """A table of texts, the first of each row its heading; those of the columns in ``numbers`` stand to the right."""
    looks = [' class="number"' * (place in numbers) for place in range(len(columns))]
    head = "".join(
        f'<th scope="col"{look}>{text(name)}</th>' for name, look in zip(columns, looks, strict=True)
    )
    lines = []
    for first, *cells in rows:
        rest = "".join(f"<td{look}>{text(cell)}</td>" for cell, look in zip(cells, looks[1:], strict=True))
        lines.append(f'<tr><th scope="row">{text(first)}</th>{rest}</tr>')
    heading = f"<caption>{text(caption)}</caption><thead><tr>{head}</tr></thead>"
    inside = f"<table>{heading}<tbody>{''.join(lines)}</tbody></table>"
    return f'<div class="table" role="region" tabindex="0" aria-label="{text(caption)}">{inside}</div>'


def figure(name: str, caption: str) -> str:
    """A chart that the script draws, by the name of its place."""
    heading = f'<figcaption id="{name}-caption">{text(caption)}</figcaption>'
    return f'<figure id="{name}">{heading}<div class="plot"></div></figure>'


def page(title: str, body: str, *, styles: Sequence[str], scripts: Sequence[str]) -> str:
    """The whole document: ``body`` with the assets of these names as its style and its script."""
    style = "\n".join(map(_asset, styles))
    script = f"(() => {{\n'use strict';\n{''.join(map(_asset, scripts))}}})();\n"
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="nnexpr {text(__version__)}">
<meta name="color-scheme" content="light dark">
<title>{text(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
<script>{script}</script>
</body>
</html>
"""


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def _hash(source: str) -> str:
    """How a policy names an inline element of this content."""
    digest = hashlib.sha256(source.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
