"""A page as a parser reads it that knows nothing of how it was written."""

from __future__ import annotations

from html.parser import HTMLParser

__all__ = ["VOID", "Elements"]

VOID = {"meta", "input"}  # have no end


class Elements(HTMLParser):
    """Its elements in order, what stands in scripts and styles, and its comments."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {}
        self.comments: list[str] = []
        self.unclosed: list[str] = []
        self.astray: list[str] = []  # ends that close another element
        self._open = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        if tag not in VOID:
            self.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        if self._open in ("script", "style"):
            self.inside.setdefault(self._open, []).append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""
        if not self.unclosed or self.unclosed.pop() != tag:
            self.astray.append(tag)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)
