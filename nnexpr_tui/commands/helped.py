"""What stands at the end of every help: examples as in a manual page, and what the exit codes mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

__all__ = ["Helped"]

FAILED = "it failed"
_WHOLE = 10_000  # characters of a sentence


class Helped(click.Command):
    """A command with ``examples``, arguments and what they do, and what exit code 1 says of it."""

    def __init__(
        self, *names: Any, examples: Mapping[str, str] | None = None, failed: str = FAILED, **settings: Any
    ) -> None:
        super().__init__(*names, **settings)
        self.examples, self.failed = examples or {}, failed

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002
        """The first sentence, whole: a list of commands wraps it."""
        return super().get_short_help_str(_WHOLE)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them."""
        if self.examples:
            with formatter.section("Examples"):
                for line, says in self.examples.items():
                    formatter.write(
                        f"{'':{formatter.current_indent}}{ctx.command_path} {line}".rstrip() + "\n"
                    )
                    formatter.indent()
                    formatter.indent()
                    formatter.write_text(says)
                    formatter.dedent()
                    formatter.dedent()
        with formatter.section("Exit codes"):
            formatter.write_dl(
                [
                    ("0", "done"),
                    ("1", self.failed),
                    ("2", "a value that cannot be used: one sentence says which, and what is allowed"),
                    ("130, 143", "interrupted, by ctrl+C or SIGTERM; what was done is saved first"),
                ]
            )
        super().format_epilog(ctx, formatter)
