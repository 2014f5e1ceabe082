"""Command-line options, rendered from the declarations in :mod:`nnexpr.specification`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from nnexpr.declarations import Kind
from nnexpr.kinds import NETWORKS, kinds_with
from nnexpr.optimizers import taking
from nnexpr.runs.store import Store
from nnexpr.runs.store import store as opened_store
from nnexpr.specification import OPTIONS, InputError, Option

__all__ = [
    "SectionedCommand",
    "choice_option",
    "declare",
    "declared_options",
    "fit_options",
    "given",
    "json_option",
    "keeping_options",
    "number_option",
    "output_option",
    "store_option",
]

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_METAVARS: dict[Kind, str] = {
    "integer": "INT", "number": "NUMBER", "text": "TEXT", "integers": "INT,INT,...", "numbers": "NUMBER,...",
}  # fmt: skip
_SECTIONS = {"network": "Network", "target": "Target", "training": "Training", "machine": "Machine"}


class _DeclaredType(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """Reads one value by its declaration, whose :class:`InputError` says what is allowed."""

    def __init__(self, declaration: Option) -> None:
        self.declaration = declaration
        self.name = _METAVARS.get(declaration.kind, "TEXT")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002
        return _parse(self.declaration, value) if isinstance(value, str) else self.declaration.check(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:  # noqa: ARG002
        """The choices, as they are now."""
        return "|".join(self.declaration.choices) or None

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        """The choices that begin with what was typed."""
        if self.declaration.kind != "choice":
            return super().shell_complete(ctx, param, incomplete)
        return [
            click.shell_completion.CompletionItem(choice)
            for choice in self.declaration.choices
            if choice.startswith(incomplete)
        ]


def _parse(declaration: Option, text: str) -> Any:
    """What ``text`` spells; the error shows it as it was typed."""
    try:
        return declaration.parse(text)
    except InputError as error:
        raise InputError(error.option, text, error.allowed) from None


class SectionedOption(click.Option):
    """A click option with the section of the help it belongs to."""

    def __init__(self, *spellings: Any, section: str = "Other", **settings: Any) -> None:
        super().__init__(*spellings, **settings)
        self.section = section


def declare(declaration: Option, *, section: str | None = None, hidden: bool = False) -> SectionedOption:
    """The click option for one declaration; None unless given."""
    flag = declaration.flag
    settings: dict[str, Any] = {
        "default": None,
        "hidden": hidden,
        "help": _help(declaration),
        "section": section or _SECTIONS[declaration.group],
    }
    if declaration.kind == "flag":
        return SectionedOption([f"{flag}/--no-{flag[2:]}"], **settings)
    if declaration.kind == "interval":
        # Read together: what is allowed concerns the pair.
        return SectionedOption(
            [flag],
            nargs=2,
            metavar="A B",
            callback=lambda _, __, pair: pair and _parse(declaration, " ".join(pair)),
            **settings,
        )
    return SectionedOption([flag], type=_DeclaredType(declaration), **settings)


def _help(declaration: Option) -> str:
    """The help text, with the networks or optimisers it has a meaning for and the defaults."""
    words = declaration.help
    only = kinds_with(declaration.name) or taking(declaration.name)
    if only:
        words += f" ({', '.join(only)})"
    defaults = [] if declaration.default is None else [declaration.format(declaration.default)]
    defaults += [
        f"{kind.name} {declaration.format(kind.defaults[declaration.name])}"
        for kind in NETWORKS.values()
        if kind.defaults.get(declaration.name, declaration.default) != declaration.default
    ]
    return f"{words}  [default: {'; '.join(defaults)}]" if defaults else words


def _attach(options: Iterable[click.Option]) -> Callable[[Decorated], Decorated]:
    """A decorator that adds the options, in order."""
    added = list(options)

    def decorate(function: Decorated) -> Decorated:
        # Where click's own decorators keep them: the last one first, for decorators are applied from below.
        function.__dict__.setdefault("__click_params__", []).extend(reversed(added))
        return function

    return decorate


def fit_options(*, hidden: bool = False) -> Callable[[Decorated], Decorated]:
    """Every option of a fit."""
    return _attach(declare(declaration, hidden=hidden) for declaration in OPTIONS.values())


def declared_options(
    *names: str, section: str | None = None, **defaults: Any
) -> Callable[[Decorated], Decorated]:
    """Some options of a fit, by name; ``defaults`` are those that a subcommand shows in place of a fit's."""
    declarations = (
        replace(OPTIONS[name], default=defaults.get(name, OPTIONS[name].default)) for name in names
    )
    return _attach(declare(declaration, section=section) for declaration in declarations)


def output_option(*spellings: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    """An option about what is written."""
    return _attach([SectionedOption(spellings, section="Output", **settings)])


def json_option(function: Decorated) -> Decorated:
    """``--json``, which becomes the argument ``as_json``."""
    return output_option("--json", "as_json", is_flag=True, help="print one JSON document on stdout")(
        function
    )


def store_option(*, hidden: bool = False) -> Callable[[Decorated], Decorated]:
    """``--store``: where runs are kept; it becomes a :class:`Store`, given or not."""
    text = "the folder that keeps runs  [default: NNEXPR_STORE, or the platform's data folder]"

    def opened(ctx: click.Context, param: click.Parameter, value: str | Store | None) -> Store:  # noqa: ARG001
        return value if isinstance(value, Store) else opened_store(value)

    return output_option(
        "--store", metavar="DIR", hidden=hidden, help=text, type=click.UNPROCESSED, callback=opened
    )


def keeping_options(*, hidden: bool = False) -> Callable[[Decorated], Decorated]:
    """Whether and where a run is kept, and how often it is saved on the way."""
    every = Option(
        "checkpoint_every", "number", 2.0, "seconds between two checkpoints of the run",
        group="machine", label="Checkpoint every", minimum=0, exclusive=True,
    )  # fmt: skip

    def decorate(function: Decorated) -> Decorated:
        store_option(hidden=hidden)(function)
        output_option("--no-store", is_flag=True, hidden=hidden, help="do not keep the run")(function)
        return _attach([declare(every, section="Output", hidden=hidden)])(function)

    return decorate


def choice_option(
    name: str, choices: Iterable[str], default: str, text: str, section: str = "Other"
) -> Callable[[Decorated], Decorated]:
    """An option of a subcommand's own with a few values; it arrives as None unless given."""
    declaration = Option(name, "choice", default, text, group="network", label=name, offered=choices)
    return _attach([declare(declaration, section=section)])


def number_option(
    name: str, kind: Kind, default: Any, text: str, section: str = "Other", **declaration: Any
) -> Callable[[Decorated], Decorated]:
    """An option of a subcommand's own that takes numbers; it arrives as None unless given."""
    made = Option(name, kind, default, text, group="network", label=name, **declaration)
    return _attach([declare(made, section=section)])


def given(ctx: click.Context) -> dict[str, Any]:
    """The options of a fit that were given, so that the others may take a network's own defaults."""
    return {
        name: value
        for name, value in ctx.params.items()
        if name in OPTIONS and ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
    }


class SectionedCommand(click.Command):
    """A command whose help lists its options in sections."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, one section after another, in the order of their first option."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                sections.setdefault(getattr(parameter, "section", "Other"), []).append(record)
        sections["Other"] = sections.pop("Other", [])  # --help comes last
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)
