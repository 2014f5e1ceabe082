"""The least that a Textual application can be: the explorer's first paint is measured against this one's."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Minimal(App[None]):
    """One line of text; q ends it."""

    BINDINGS = [("q", "quit", "Quit")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        yield Static("the least there is")


if __name__ == "__main__":
    Minimal().run()
