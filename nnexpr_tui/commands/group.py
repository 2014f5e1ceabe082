"""The group of subcommands: imports one when it is run, and turns every way to end into its exit code.

0: done. 1: the run failed. 2: a value that cannot be used, told in one sentence on stderr. 130, 143:
interrupted.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from nnexpr.extras import MissingExtra
from nnexpr.specification import InputError
from nnexpr_tui.commands import interrupts
from nnexpr_tui.commands.helped import Helped

__all__ = ["COMMANDS", "CommandGroup", "FailedRunError", "clean"]

COMMANDS = {
    "fit": "Train an ensemble on a target.",
    "regions": "Count the linear regions of a network exactly.",
    "compose": "Compose triangle waves, against shallow least squares.",
    "lstsq": "Fit a target by least squares in a chosen basis.",
    "spectrum": "Eigenvalues and modes of a basis' Gram matrix.",
    "reproduce": "Reproduce the sources' tables, figures and claims.",
    "sweep": "Train a grid of fits from a TOML file.",
    "open": "The network of a file on a plane, in the explorer.",
    "runs": "List, show, open, resume, export and delete the runs that are kept.",
    "plot": "Figures for papers: PDF, PNG, SVG.",
    "serve": "The explorer in a browser, here or through a tunnel.",
    "bench": "Measure this machine: training, regions, frames.",
    "doctor": "Say what was found: versions, devices, terminal.",
}  # each the function of that name in the module of that name
_MODULES = {"open": "opening"}  # where that would be another function's

# How libraries say that memory ran out, while they compute and while they are loaded.
_NO_MEMORY = re.compile("allocate memory|out of memory|can't start new thread")
_NO_ROOM_TO_LOAD = re.compile("map segment|shared object")

_LONGEST = 800  # characters of an error's sentence


class FailedRunError(Exception):
    """A run that failed: one sentence for stderr, exit code 1."""


class CommandGroup(Helped, click.Group):
    """The subcommands of :data:`COMMANDS`; a module is imported when its subcommand is run or completed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of the subcommands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The subcommand, its module imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"nnexpr_tui.commands.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, _MODULES.get(cmd_name, cmd_name))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The settings, which are no options, before what is said last."""
        from nnexpr_tui.settings import described

        with formatter.section("Settings of the explorer, by their names in the environment"):
            formatter.write_dl(described())
        super().format_epilog(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The subcommand that ``args`` begin with; options that stood before it become its defaults."""
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            raise click.UsageError(
                f"the subcommand is {args[0].strip() or 'empty'}: it must be one of {', '.join(COMMANDS)}"
            )
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            ctx.default_map = {name: self._options_before(ctx, name, command)}
        return name, command, rest

    def _options_before(self, ctx: click.Context, name: str, command: click.Command) -> dict[str, Any]:
        known = {parameter.name for parameter in command.params}
        before: dict[str, Any] = {}
        for parameter in self.params:
            source = parameter.name and ctx.get_parameter_source(parameter.name)
            if source is not click.core.ParameterSource.COMMANDLINE:
                continue
            if parameter.name not in known:
                raise click.UsageError(f"{parameter.opts[0]} stands before {name}, which has no such option")
            before[str(parameter.name)] = ctx.params[str(parameter.name)]
        return before

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run the command line and leave with its exit code."""
        extra["standalone_mode"] = False
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # a sign that cannot be shown is no failure
        sys.exit(self._exit_code(args, prog_name, extra))

    def _exit_code(self, args: Sequence[str] | None, prog_name: str | None, extra: dict[str, Any]) -> int:
        try:
            with interrupts.signals(deferred=False):
                code = super().main(args, prog_name, **extra)  # type: ignore[no-untyped-call, unused-ignore]
                sys.stdout.flush()
                return code if isinstance(code, int) else 0
        except InputError as error:
            return _tell(_sentence(error), 2)
        except click.ClickException as error:
            return _tell(error.format_message(), error.exit_code)
        except FailedRunError as error:
            return _tell(str(error), 1)
        except click.Abort:
            return 130
        except interrupts.Interrupted as interrupted:
            return interrupted.code
        except BrokenPipeError:
            # The reader has gone: what is left in the buffer goes nowhere, without a word.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        except MissingExtra as error:
            return _tell(str(error), 1)
        except (MemoryError, RuntimeError, ImportError, OSError) as error:
            if isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)):
                return _tell(
                    "memory ran out; fewer --members or --points, or a smaller --width, need less", 1
                )
            if _NO_ROOM_TO_LOAD.search(str(error)):
                return _tell(f"memory ran out while libraries were loaded, or they are damaged: {error}", 1)
            if not isinstance(error, OSError):
                raise
            return _tell(str(error), 1)


def _sentence(error: InputError) -> str:
    """The error, with the option spelled as on the command line."""
    name = error.option.upper() if error.option in ("file", "experiment", "run") else error.option
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) and name != "option":
        name = "--" + name.replace("_", "-")
    return f"{name} is {error.shown or 'empty'}: {error.allowed}"


def _tell(sentence: str, code: int) -> int:
    sentence = clean(sentence).rstrip(".")
    click.echo(f"Error: {sentence}.", err=True)
    return code


def harmless(text: str) -> str:
    """``text`` without a character that a terminal would obey, and otherwise as it is."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def clean(text: str) -> str:
    """``text`` on one line, without a character that a terminal would obey, and not endless."""
    line = harmless(" ".join(text.split()))
    return line if len(line) <= _LONGEST else line[: _LONGEST // 2] + " ... " + line[-_LONGEST // 2 :]
