"""Command-line options, rendered from their declarations (:mod:`nnexpr.specification` and its kin)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import click
from click.core import ParameterSource

from nnexpr.declarations import Kind, Specified, options_of
from nnexpr.kinds import NETWORKS, kinds_with
from nnexpr.optimizers import taking
from nnexpr.runs.store import Store
from nnexpr.runs.store import store as opened_store
from nnexpr.specification import OPTIONS, InputError, Option
from nnexpr_tui.commands.completion import targets
from nnexpr_tui.commands.helped import Helped
from nnexpr_tui.presets import Preset
from nnexpr_tui.threads import use_threads

__all__ = [
    "SectionedCommand",
    "SectionedOption",
    "attached",
    "declared_options",
    "fit_options",
    "given",
    "given_words",
    "json_option",
    "keeping_options",
    "output_option",
    "own_option",
    "specified_options",
    "store_option",
    "threads_option",
]

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_METAVARS: dict[Kind, str] = {
    "integer": "INT", "number": "NUMBER", "text": "TEXT", "integers": "INT,INT,...", "numbers": "NUMBER,...",
}  # fmt: skip


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
        if self.declaration.name == "target":
            return targets(ctx, param, incomplete)
        if self.declaration.kind != "choice":
            return super().shell_complete(ctx, param, incomplete)
        return click.Choice(self.declaration.choices).shell_complete(ctx, param, incomplete)


def _parse(declaration: Option, text: str) -> Any:
    """What ``text`` spells; the error shows it as it was typed. Nothing is spelled by leaving the option out."""
    if not text.strip():
        raise InputError(declaration.name, "", declaration.allowed)
    try:
        return declaration.parse(text)
    except InputError as error:
        raise InputError(error.option, text, error.allowed) from None


class SectionedOption(click.Option):
    """A click option with the section of the help it belongs to."""

    def __init__(self, *spellings: Any, section: str = "Other", **settings: Any) -> None:
        super().__init__(*spellings, **settings)
        self.section = section


class _DeclaredOption(SectionedOption):
    """A click option whose help is written when it is shown: more may have been declared by then."""

    def __init__(self, spelling: str, declaration: Option, *, of_fit: bool, **settings: Any) -> None:
        super().__init__([spelling], **settings)
        self._declaration, self._of_fit = declaration, of_fit

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        self.help = _help(self._declaration, self._of_fit)
        return super().get_help_record(ctx)


def _declared(
    declaration: Option, section: str | None = None, *, of_fit: bool = False, **settings: Any
) -> SectionedOption:
    """The click option for one declaration; None unless given."""
    flag = declaration.flag
    settings |= {"section": section or declaration.group.capitalize(), "of_fit": of_fit}
    if declaration.kind == "flag":
        return _DeclaredOption(f"{flag}/--no-{flag[2:]}", declaration, default=None, **settings)
    if declaration.kind == "interval":
        # Read together: what is allowed concerns the pair.
        settings["callback"] = lambda _, __, pair: pair and _parse(declaration, " ".join(pair))
        return _DeclaredOption(flag, declaration, nargs=2, metavar="A B", **settings)
    return _DeclaredOption(flag, declaration, type=_DeclaredType(declaration), **settings)


def _help(declaration: Option, of_fit: bool) -> str:
    """The help text and the default; of a fit's, with the networks or optimisers it has a meaning for and theirs."""
    words = declaration.help
    only = (kinds_with(declaration.name) or taking(declaration.name)) if of_fit else ()
    if only:
        words += f" ({', '.join(only)})"
    defaults = [] if declaration.default is None else [declaration.format(declaration.default)]
    defaults += [
        f"{kind.name} {declaration.format(kind.defaults[declaration.name])}"
        for kind in (NETWORKS.values() if of_fit else ())
        if kind.defaults.get(declaration.name, declaration.default) != declaration.default
    ]
    return f"{words}  [default: {'; '.join(defaults)}]" if defaults else words


def attached(*options: click.Option) -> Decorator:
    """A decorator that adds the options, in order."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        # Where click's own decorators keep them: the last one first, for decorators are applied from below.
        function.__dict__.setdefault("__click_params__", []).extend(reversed(options))
        return function

    return decorate


def fit_options(*, hidden: bool = False) -> Decorator:
    """Every option of a fit."""
    return attached(*(_declared(declaration, of_fit=True, hidden=hidden) for declaration in OPTIONS.values()))


def declared_options(
    *names: str, section: str | None = None, words: Mapping[str, str] | None = None, **defaults: Any
) -> Decorator:
    """Some options of a fit, by name.

    ``words`` and ``defaults``: what a subcommand shows of an option in place of what a fit shows.
    """
    chosen = (OPTIONS[name] for name in names)
    shown = (
        replace(
            option,
            help=(words or {}).get(option.name, option.help),
            default=defaults.get(option.name, option.default),
        )
        for option in chosen
    )
    return attached(*(_declared(declaration, section) for declaration in shown))


def specified_options(specification: type[Specified]) -> Decorator:
    """Every option of a specification; each arrives as None unless given."""
    return attached(*map(_declared, options_of(specification).values()))


def own_option(
    name: str, kind: Kind, default: Any, text: str, section: str = "Other", **declaration: Any
) -> Decorator:
    """An option of a subcommand's own; it arrives as None unless given."""
    made = Option(name, kind, default, text, group="machine", label=name, **declaration)
    return attached(_declared(made, section))


def output_option(*spellings: str, **settings: Any) -> Decorator:
    """An option about what is written."""
    return attached(SectionedOption(spellings, section="Output", **settings))


json_option = output_option("--json", "as_json", is_flag=True, help="print one JSON document on stdout")


def _store(*, hidden: bool = False) -> SectionedOption:
    def opened(ctx: click.Context, param: click.Parameter, value: str | Store | None) -> Store:  # noqa: ARG001
        if isinstance(value, str) and not value.strip():
            raise InputError("store", value, "it must be a folder; leave it out for the usual one")
        return value if isinstance(value, Store) else opened_store(value)

    text = "the folder that keeps runs  [default: NNEXPR_STORE, or the platform's data folder]"
    settings: dict[str, Any] = {"metavar": "DIR", "type": click.UNPROCESSED, "callback": opened}
    return SectionedOption(["--store"], section="Output", help=text, hidden=hidden, **settings)


store_option = attached(_store())  # where runs are kept; it becomes a Store, given or not


def keeping_options(*, hidden: bool = False) -> Decorator:
    """Whether and where a run is kept, and how often it is saved on the way."""
    every = Option(
        "checkpoint_every", "number", 2.0, "seconds between two checkpoints of the run",
        group="machine", label="Checkpoint every", minimum=0, exclusive=True,
    )  # fmt: skip
    never: dict[str, Any] = {"is_flag": True, "help": "do not keep the run", "hidden": hidden}
    return attached(
        _declared(every, "Output", hidden=hidden),
        SectionedOption(["--no-store"], section="Output", **never),
        _store(hidden=hidden),
    )


def _taken(ctx: click.Context, param: click.Parameter, threads: int | None) -> None:  # noqa: ARG001
    use_threads(threads)


# ``--threads`` of a subcommand that has no specification: taken as soon as it is read.
threads_option = attached(
    _declared(
        replace(OPTIONS["threads"], help="processor threads; all cores unless given"),
        callback=_taken,
        expose_value=False,
    )
)


def given(ctx: click.Context) -> dict[str, Any]:
    """The options of a fit that were given, so that the others may take a network's own defaults."""
    return {
        name: value
        for name, value in ctx.params.items()
        if name in OPTIONS and ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
    }


def given_words(ctx: click.Context, names: Iterable[str]) -> list[str]:
    """Those options among ``names`` that were given, as words for another command line."""
    wanted = set(names)
    return [
        word
        for parameter in ctx.command.params
        if parameter.name in wanted
        and ctx.get_parameter_source(parameter.name) is not ParameterSource.DEFAULT
        for word in _words(parameter, ctx.params[parameter.name])
    ]


def _words(parameter: click.Parameter, value: Any) -> list[str]:
    flag = parameter.opts[0]
    if isinstance(value, bool):
        return [flag if value else parameter.secondary_opts[0]]
    if parameter.nargs == 2:
        return [flag, *map(repr, value)]
    if isinstance(parameter.type, _DeclaredType):
        value = parameter.type.declaration.format(value)
    elif isinstance(value, Store):
        value = value.folder
    elif isinstance(value, Preset):
        value = value.name
    return [f"{flag}={value}"]


class SectionedCommand(Helped):
    """A command whose help lists its options in sections."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, one section after another, in the order of their first option."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and not isinstance(parameter, click.Argument):  # of which the text tells
                sections.setdefault(getattr(parameter, "section", "Other"), []).append(record)
        sections["Other"] = sections.pop("Other", [])  # --help comes last
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)
