"""The file of a sweep: TOML that says which fits to make, read and checked before anything is run.

    seeds = 5                           # of each configuration; or a list of seeds
    [base]                              # any option of fit
    target = "expr:sin(8*pi*x)"
    epochs = 500
    [grid]                              # every combination
    width = [8, 16, 32]
    lr = [1e-3, 3e-3]
    [zip]                               # together
    depth = [2, 4]
    activation = ["relu", "tanh"]
    [random]                            # draws
    count = 20
    noise = { uniform = [0, 0.1] }

Sections are combined with one another; of one kind there may be several, ``[[grid]]``, which follow one another.
Importing this costs neither NumPy nor torch.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from nnexpr.declarations import InputError
from nnexpr.files import FileError, open_ordinary
from nnexpr.runs.sweeps.faults import Fault, Faults, SweepFileError
from nnexpr.runs.sweeps.lines import DEEPEST, is_deep, lines_of
from nnexpr.runs.sweeps.sections import Given, Section, Way, read_base, read_grid, read_random, read_zip
from nnexpr.runs.sweeps.values import suggestion, with_path
from nnexpr.specification import OPTIONS, FitSpecification

__all__ = ["MOST_CELLS", "SweepFile", "read_file", "read_text"]

MOST_CELLS = 100_000
LARGEST = 1_000_000  # bytes of a file

_KINDS: dict[str, Callable[[Mapping[str, Any], tuple[str | int, ...], Faults], Section]] = {
    "grid": read_grid, "zip": read_zip, "random": read_random,
}  # fmt: skip
_TOP = ("name", "seeds", "base", *_KINDS)


@dataclass(frozen=True)
class SweepFile:
    """What a file says: the cells, each by the options that it names; what has no value there has fit's default."""

    path: str
    name: str
    text: str
    varied: tuple[str, ...]  # options that are not the same in all cells, in the file's order
    configs: tuple[Mapping[str, Any], ...]  # one a cell, by option, with its seed and one member
    lines: Mapping[
        tuple[str, Any], int
    ]  # of each option that is named, and of each value of it, where it stands

    def line_of(self, option: str, config: Mapping[str, Any]) -> int:
        """Where a cell's value of an option stands, or else its target, for what is found wrong later."""
        places = (option, config.get(option)), (option, None), ("target", config.get("target"))
        return next((self.lines[place] for place in places if place in self.lines), 1)


def read_file(path: str | os.PathLike[str]) -> SweepFile:
    """The sweep that a file describes.

    Raises :class:`InputError` where it cannot be read, as :class:`SweepFileError` with all its faults by line.
    """
    place = os.fspath(path)
    try:
        with open_ordinary(path) as file:
            data = file.read(LARGEST + 1)
    except FileError as error:
        raise InputError("file", place, str(error)) from None
    except OSError as error:
        raise InputError("file", place, f"it cannot be read ({error.strerror or error})") from None
    if len(data) > LARGEST:
        raise InputError("file", place, f"it is larger than {LARGEST:,} bytes; a sweep's file is short")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SweepFileError(place, [Fault(line, "it is not UTF-8 text")]) from None
    return read_text(text, place)


def read_text(text: str, path: str) -> SweepFile:
    """The sweep that ``text`` describes, as it stands at ``path``, from which other files are seen."""
    document = _parsed(text, path)
    faults = Faults(path, lines_of(text))
    for key in document:
        if key not in _TOP:
            known = (
                f"{suggestion(key, _TOP)}it must be one of {', '.join(_TOP)}; options of fit stand in [base]"
            )
            faults.at(faults.line(key), f"{_spelled(key)} is no part of a sweep: {known}")
    base = read_base(_table(document, "base", faults), faults)
    sections = {kind: _sections(document, kind, faults) for kind in _KINDS}
    name = document.get("name", Path(path).stem)
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > 80:
        faults.at(faults.line("name"), "name must be a line of text, at most 80 characters")
    seeds = _seeds(document, base, sections, faults)
    _require_apart(sections, faults)
    folder = Path(path).absolute().parent
    named = _named(base, sections)
    _require_known(named, folder, faults)
    faults.settle()
    _require_few(sections, len(seeds), faults)
    configs = tuple(_configs(base, sections, seeds, folder, faults))
    axes = dict.fromkeys(option for tables in sections.values() for each in tables for option in each.options)
    varied = (*axes, *(["seed"] if len(seeds) > 1 and "seed" not in axes else []))
    lines: dict[tuple[str, Any], int] = {}
    for option, given in named:
        lines.setdefault((option, with_path(given.value, folder)), given.line)
        lines.setdefault((option, None), given.line)
    file = SweepFile(path, name, text, varied, configs, lines)
    if faults.found:
        from nnexpr.runs.sweeps.check import faults_in
        from nnexpr.runs.sweeps.plan import specifications

        faults.add(faults_in(file, specifications(configs)))
    faults.settle()
    return file


def _parsed(text: str, path: str) -> dict[str, Any]:
    if is_deep(text):
        raise InputError("file", path, f"tables, lists or dotted names in it stand more than {DEEPEST} deep")
    try:
        return tomllib.loads(text)
    except ValueError as error:
        found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        sentence = str(error)[: found.start()] if found else "a number has too many digits"
        raise SweepFileError(
            path, [Fault(line, f"it is not TOML: {sentence[:1].lower()}{sentence[1:]}")]
        ) from None
    except RecursionError:
        raise InputError("file", path, "tables or lists in it stand too deep in one another") from None


def _spelled(key: str) -> str:
    return key if key.isprintable() and key.strip() else repr(key)


def _table(document: Mapping[str, Any], key: str, faults: Faults) -> Mapping[str, Any]:
    given = document.get(key, {})
    if isinstance(given, dict):
        return given
    faults.at(faults.line(key), f"{key} must be a table: [{key}], with the options below it")
    return {}


def _sections(document: Mapping[str, Any], kind: str, faults: Faults) -> list[Section]:
    given = document.get(kind)
    if isinstance(given, list) and given and all(isinstance(each, dict) for each in given):
        return [_KINDS[kind](each, (kind, place), faults) for place, each in enumerate(given)]
    table = _table(document, kind, faults)
    return [_KINDS[kind](table, (kind,), faults)] if table else []


@dataclass(frozen=True)
class _Seeds:
    """Of each configuration: these, or so many from its own on."""

    listed: Sequence[int] = ()
    count: int = 1

    def __len__(self) -> int:
        return len(self.listed) or self.count

    def of(self, first: int) -> Sequence[int]:
        return self.listed or range(first, first + self.count)


def _seeds(
    document: Mapping[str, Any],
    base: Mapping[str, Given],
    sections: Mapping[str, Sequence[Section]],
    faults: Faults,
) -> _Seeds:
    """``seeds``, or as many as ``members`` says; with what is wrong with them."""
    given, members = document.get("seeds"), base.get("members")
    line, allowed = faults.line("seeds"), "it must be how many seeds, or a list of different ones"
    if given is None:
        return _Seeds(count=members.value if members else 1)
    if members:
        faults.at(line, "seeds and members say the same: leave members out of [base]")
    if isinstance(given, int) and not isinstance(given, bool) and given >= 1:
        if given > MOST_CELLS:
            faults.at(
                line, f"seeds is {InputError('', given, '').shown}: a sweep has at most {MOST_CELLS:,} cells"
            )
        return _Seeds(count=min(given, MOST_CELLS))
    if not isinstance(given, list) or not given:
        shown = "an empty list" if given == [] else InputError("", given, "").shown
        faults.at(line, f"seeds is {shown}: {allowed}")
        return _Seeds()
    seen: set[int] = set()
    for place, seed in enumerate(given):
        try:
            if not isinstance(seed, int) or isinstance(seed, bool) or seed in seen:
                raise InputError("seeds", InputError("", seed, "").shown, allowed)
            seen.add(seed)
            OPTIONS["seed"].check(seed)
        except InputError as error:
            faults.at(faults.line("seeds", place), InputError("seeds", error.shown, error.allowed))
    varied = any("seed" in each.options for tables in sections.values() for each in tables)
    if varied or "seed" in base:
        faults.at(line, "seeds is a list: then no other seed is given; leave it out of the sections")
    return _Seeds(listed=given)


def _require_apart(sections: Mapping[str, Sequence[Section]], faults: Faults) -> None:
    """An option varies in one kind of section only, or one would overrule another."""
    seen: dict[str, str] = {}
    for kind, tables in sections.items():
        for option in dict.fromkeys(option for each in tables for option in each.options):
            if option in seen:
                line = next(each.line_of(option) for each in tables if option in each.options)
                faults.at(
                    line, f"{option} stands in [{seen[option]}] and in [{kind}]; it varies in one of them"
                )
            seen.setdefault(option, kind)


def _named(base: Mapping[str, Given], sections: Mapping[str, Sequence[Section]]) -> list[tuple[str, Given]]:
    """Every value that an option is given anywhere."""
    tables = [table for kind in sections.values() for table in kind]
    varied = [(name, given) for table in tables for name in table.options for given in table.given(name)]
    return [*base.items(), *varied]


def _require_known(named: Iterable[tuple[str, Given]], folder: Path, faults: Faults) -> None:
    """A text may be more than its declaration tells: a target, a schedule, a device. NumPy is loaded for targets.

    A data file that is missing is told with other faults; alone it is none of the text's (see ``check_file``).
    """
    missing: list[tuple[int, InputError]] = []
    for name, given in named:
        if OPTIONS[name].kind != "text":
            continue
        value = with_path(given.value, folder)
        is_file = name == "target" and value.startswith("csv:")
        try:
            FitSpecification.make(**{name: value})
            if name == "target":
                from nnexpr.targets import require_target

                require_target(value)
        except InputError as error:
            if is_file:
                missing.append((given.line, error))
            else:
                faults.at(given.line, error)
    if faults.found:
        for line, absent in missing:
            faults.at(line, absent)


def _require_few(sections: Mapping[str, Sequence[Section]], seeds: int, faults: Faults) -> None:
    total, largest, line = seeds, 0, faults.line("seeds")
    for tables in sections.values():
        count = sum(each.count for each in tables) if tables else 1
        total *= count
        if count > largest:
            largest, line = count, tables[0].line if tables else line
    if total > MOST_CELLS:
        advice = "give fewer values, or draw some of them: [random] with a count"
        faults.at(line, f"the sweep has {total:,} cells, and at most {MOST_CELLS:,} can be; {advice}")
        faults.settle()


def _configs(
    base: Mapping[str, Given], sections: Mapping[str, Sequence[Section]], seeds: _Seeds, folder: Path,
    faults: Faults,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """The options of each cell, checked together."""
    kinds = [[way for each in tables for way in each.ways()] for tables in sections.values() if tables]
    for ways in product(*kinds):
        given: dict[str, Given] = dict(base)
        for way in ways:
            given |= way
        given.pop("members", None)
        values = {name: with_path(each.value, folder) for name, each in given.items()}
        try:
            first = FitSpecification.make(**values).seed
        except InputError as error:
            faults.at(_line_of(error, given, ways), error)
            if faults.are_enough:
                faults.settle()
            continue
        for seed in seeds.of(first):
            yield values | {"seed": seed}


def _line_of(error: InputError, given: Mapping[str, Given], ways: Sequence[Way]) -> int:
    """Of the option that is named, or of what varies last."""
    if error.option in given:
        return given[error.option].line
    varied = [each.line for way in ways for each in way.values()]
    return varied[-1] if varied else max((each.line for each in given.values()), default=1)
