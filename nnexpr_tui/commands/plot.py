"""``plot``: figures for papers of a run, a file or an experiment, as PDF, PNG or SVG."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnexpr.plot.ways import WAYS
from nnexpr.specification import InputError
from nnexpr_tui.commands.completion import plotted
from nnexpr_tui.commands.options import (
    SectionedCommand,
    declared_options,
    json_option,
    output_option,
    own_option,
    store_option,
    threads_option,
)
from nnexpr_tui.commands.output import count, print_json, print_text, say
from nnexpr_tui.commands.slices import asked_slice, of_option, plane_options, uncounted, up_to_option

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnexpr.plot.style import Size
    from nnexpr.regions.slices import Slice
    from nnexpr.runs.store import Store
    from nnexpr_tui.commands.plot_sources import Asked

__all__ = ["plot"]

ENDINGS = (".pdf", ".png", ".svg")
_EXAMPLES = {
    "20260727-101500-3fa9c1 -o fit.pdf": "a run's fit with its bends, for a column of 3.4 inches",
    "20260727-101500-3fa9c1 --what all -o run.pdf --size page": "all there is of it, a page each",
    "waves.safetensors --what cells -o cells.svg": "the cells of a saved network",
    "net.pt --plane a.npy b.npy c.npy -o plane.pdf": "decision regions and cells on the plane of three inputs",
    "bends --quick -o bends.png": "an experiment's figures and tables, numbered files",
    "manifold -o manifold.pdf": "those of a whole group, the pages of one file",
    "examples/data/sunspots.csv -o data.svg": "data, as the target that it is",
}


class _WithWays(SectionedCommand):
    """A command whose help lists the ways to draw a fit."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The ways, before the examples."""
        with formatter.section("What to draw of a run (--what)"):
            formatter.write_dl([(way.name, way.words) for way in WAYS.values()])
        super().format_epilog(ctx, formatter)


@click.command(cls=_WithWays, examples=_EXAMPLES)
@click.argument("name", metavar="RUN|FILE|EXPERIMENT|GROUP", shell_complete=plotted)
@output_option(
    "--output", "-o", required=True, metavar="FILE", help="where to; it ends in .pdf, .png or .svg"
)
@output_option(
    "--what",
    metavar="WAY",
    help="of a run or a network: what to draw, one of those below or all  [default: fit; maps of two inputs]",
)
@own_option("epoch", "integer", None, "the epoch to draw; the last unless given", "Output", minimum=0)
@own_option("member", "integer", None, "the member to draw; the best unless given", "Output", minimum=0)
@output_option(
    "--size", metavar="column|page|W,H", help="of each figure, W and H in inches  [default: as each is best]"
)
@own_option(
    "dpi",
    "integer",
    None,
    "dots per inch of what is no vector  [default: 300]",
    "Output",
    minimum=20,
    maximum=2400,
)
@output_option("--title/--no-title", default=True, help="a title above each figure, or none: captions say it")
@output_option("--only", metavar="I,J,...", help="of several figures only these, counted from 1")
@output_option("--quick", is_flag=True, help="of an experiment: fewer members or epochs")
@declared_options("domain", words={"domain": "of a network: where it is drawn"}, section="Output")
@own_option("domain2", "interval", None, "on a plane, that of t where it is another than that of s", "Output")
@plane_options
@of_option
@up_to_option
@threads_option
@store_option
@json_option
def plot(
    name: str, output: str, what: str | None, epoch: int | None, member: int | None, size: str | None,
    dpi: int | None, title: bool, only: str | None, quick: bool, domain: tuple[float, float] | None,
    domain2: tuple[float, float] | None, plane: tuple[str, str, str] | None, origin: str | None,
    directions: tuple[str, str] | None, of: str | None, up_to: str | None, store: Store, as_json: bool,
) -> int:  # fmt: skip
    """Draw figures for papers with matplotlib, of the extra [plots].

    Of a RUN's id, or of a FILE that fit --save wrote, --what says which. A FILE of another program's weights is drawn
    as a function with its bends, or by its cells, one of data as the target that it is; csv:FILE and expr:FORMULA are
    spelled as for fit. Of an EXPERIMENT or GROUP all figures and tables are drawn: of what was found before, else of
    what is found now, which is said.

    With --plane, or --origin and --directions, a network of any number of inputs is drawn on that plane: its decision
    regions where it has several outputs, else its cells; --what cells or patterns colours otherwise.

    Several figures are the pages of one PDF, or as many files, FILE-fit.png, FILE-loss.png; their names are printed.
    """
    from nnexpr.extras import require

    path = _path(output)
    asked: Asked = {"what": what, "epoch": epoch, "member": member, "domain": domain, "quick": quick}
    chosen = _numbers(only)
    require("matplotlib", "plots", "figures need")
    from nnexpr_tui.commands.plot_sources import drawn

    place = asked_slice(None, plane, origin, directions, domain, domain2)
    if place is not None:
        figures = [_on_plane(name, store, place, of, up_to, asked, size=_size(size), title=title)]
    elif lonely := [
        (name, given) for name, given in (("of", of), ("up_to", up_to), ("domain2", domain2)) if given
    ]:
        raise InputError(*lonely[0], "it goes with --plane, or with --origin and --directions")
    else:
        figures = drawn(name, store, asked, size=_size(size), title=title)
    named = [
        (label, figure) for number, (label, figure) in enumerate(figures, 1) if not chosen or number in chosen
    ]
    if not named:
        have = f"there {'is' if len(figures) == 1 else 'are'} {count(len(figures), 'figure')}"
        raise InputError("only", only or "", have)
    words = (
        [*place.words, *(["--of", of] if of else []), *(["--up-to", up_to] if up_to else [])]
        if place is not None
        else []
    )
    files = _save(path, named, dpi, _spelled(name, path, asked, size, only, words))
    if as_json:
        print_json(
            {"schema": 1, "files": [str(file) for file in files], "figures": [label for label, _ in named]}
        )
        return 0
    for file in files:
        print_text(str(file))
    if len(named) > len(files):
        say(f"{count(len(named), 'figure')} as the pages of one file.")
    return 0


def _on_plane(
    name: str,
    store: Store,
    place: Slice,
    of: str | None,
    up_to: str | None,
    asked: Asked,
    *,
    size: Size | None,
    title: bool,
) -> tuple[str, Figure]:
    from nnexpr_tui.commands.plot_slices import on_plane

    look: dict[str, Any] = {"title": title} | ({} if size is None else {"size": size})
    try:
        return on_plane(name, store, place, of, up_to, asked, look)
    except InputError:
        raise
    except ValueError as error:
        raise uncounted(name, error) from None


def _path(output: str) -> Path:
    """Where to; refused before anything is computed."""
    path = Path(output)
    if path.suffix.lower() not in ENDINGS:
        raise InputError("output", output, "it must end in " + ", ".join(ENDINGS))
    if not path.parent.is_dir():
        raise InputError("output", output, f"there is no folder {path.parent}")
    return path


def _numbers(text: str | None) -> list[int]:
    """The figures to keep; none for all."""
    words = (text or "").replace(",", " ").split()
    if (text is not None and not words) or not all(word.isdecimal() and int(word) for word in words):
        raise InputError("only", text or "", "it must be a comma-separated list of numbers from 1")
    return [int(word) for word in words]


def _size(text: str | None) -> Size | None:
    from nnexpr.plot.style import inches

    if text is None:
        return None
    sides = text.split(",")
    try:
        size: Any = (float(sides[0]), float(sides[1])) if len(sides) == 2 else text.strip()
    except ValueError:
        size = text
    inches(size)
    return size  # type: ignore[no-any-return]


def _save(path: Path, named: list[tuple[str, Figure]], dpi: int | None, origin: str) -> list[Path]:
    from nnexpr.plot.files import DPI, save

    labels, figures = zip(*named, strict=True)
    return save(figures, path, dpi=dpi or DPI, title=path.stem, origin=origin, names=labels)


def _spelled(
    name: str, path: Path, asked: Asked, size: str | None, only: str | None, place: list[str]
) -> str:
    """The command line that makes the figures again."""
    words = ["nnexpr-tui", "plot", name, *place, "-o", path.name]
    for option, value in {**asked, "size": size, "only": only}.items():
        if value is True:
            words.append(f"--{option}")
        elif value not in (None, False):
            words += [
                f"--{option}",
                *([f"{end:g}" for end in value] if isinstance(value, tuple) else [str(value)]),
            ]
    return shlex.join(words)
