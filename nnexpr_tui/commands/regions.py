"""``regions``: the exact linear regions and bends of a saved network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from nnexpr.activations import ACTIVATIONS
from nnexpr.specification import InputError
from nnexpr_tui.commands.completion import networks
from nnexpr_tui.commands.options import (
    SectionedCommand,
    declared_options,
    json_option,
    output_option,
    own_option,
    store_option,
    threads_option,
)
from nnexpr_tui.commands.output import print_json, say
from nnexpr_tui.commands.regions_path import AskedPath, asked_path, path_options, vertices_option
from nnexpr_tui.commands.slices import (
    asked_slice,
    between_option,
    of_option,
    plane_options,
    refuse_beside,
    uncounted,
    up_to_option,
)

if TYPE_CHECKING:
    from nnexpr.networks.graph.graph import Graph
    from nnexpr.networks.network import Network
    from nnexpr.regions.slices import Slice
    from nnexpr.runs.file import SavedNetwork
    from nnexpr.runs.reading import AnyNetwork
    from nnexpr.runs.store import Store
    from nnexpr.scale import Scale
    from nnexpr_tui.commands.regions_between import Opened
    from nnexpr_tui.commands.regions_report import Member

__all__ = ["regions"]

_EXAMPLES = {
    "wave.safetensors": "what fit --save wrote",
    "net.pt --domain -1 1 --layers fc1,fc2,fc3": "a state dict of torch, whose layers have names of their own",
    "net.pt --along '0,0;1,1' --json": "along a segment, for any number of inputs",
    "net.pt --between digits.csv:0 digits.csv:1": "between two rows of a data file",
    "net.onnx --plane a.npy b.npy c.npy --of argmax": "which output is largest on the plane of three inputs",
    "epoch1.pt epoch2.pt epoch3.pt --between a.npy b.npy": "how that changes from one checkpoint to the next",
    "wave.safetensors --epochs --between 0 1": "the same over the moments of a run's recording",
}
_UNIT = (0.0, 1.0)
How = tuple[str | None, str | None, str | None]  # how a file is read: --activation, --layers, --up-to


@click.command(cls=SectionedCommand, examples=_EXAMPLES, failed="it failed, or a count is not certified")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, shell_complete=networks)
@declared_options(
    "domain", words={"domain": "where they are counted; where the network was trained unless given"}
)
@own_option(
    "activation",
    "choice",
    None,
    "what stands between the layers of a state dict  [default: relu]",
    section="Network",
    offered=ACTIVATIONS,
    spelled=ACTIVATIONS.__contains__,
)
@threads_option
@own_option(
    "domain2", "interval", None, "of a network of two inputs, the domain of the second", section="Target"
)
@between_option
@plane_options
@path_options
@vertices_option
@of_option
@up_to_option
@own_option(
    "layers", "text", None, "of a state dict, its layers in order, such as fc1,fc2,fc3", section="Network"
)
@own_option(
    "output", "integer", None, "of several outputs, the one that is counted, from 0", "Network", minimum=0
)
@output_option("--members", metavar="I,J-K,...", help="only these members, counted from 0  [default: all]")
@output_option(
    "--epochs", is_flag=True, help="of a run, at every moment of which its recording holds the weights"
)
@store_option
@json_option
def regions(
    files: tuple[str, ...],
    domain: tuple[float, float] | None,
    domain2: tuple[float, float] | None,
    activation: str | None,
    between: tuple[str, str] | None,
    plane: tuple[str, str, str] | None,
    origin: str | None,
    directions: tuple[str, str] | None,
    along: str | None,
    closed: bool,
    circle: tuple[float, float, float] | None,
    vertices: int | None,
    of: str | None,
    up_to: str | None,
    layers: str | None,
    output: int | None,
    members: str | None,
    epochs: bool,
    store: Store,
    as_json: bool,
) -> int:
    """Count the linear regions of the network in FILE exactly, with its bends and dead units.

    FILE is a run's id, a .safetensors file written by fit --save, a .safetensors or .pt state dict or checkpoint of
    nn.Linear layers, with --activation between them, or an .onnx file; what had to be assumed is said. The domain is in
    the target's own units: the one the network was trained on unless given, 0 to 1 where none was. With --along or
    --circle the regions are counted along a path instead, for any number of inputs; with --between on the segment
    between two inputs, with --plane or --origin and --directions on a plane among them, whose s and t then have the
    --domain. Every count is held against the network itself; where that is further away than rounding explains,
    "certified" is no and the command fails.

    Of a network of two inputs the cells in the plane are counted: --domain is that of both inputs unless --domain2 is
    given for the second.

    Several FILEs, such as the checkpoints of a training, are counted one after another in the same place; so are with
    --epochs the moments of a run's recording.
    """
    how = activation, layers, up_to
    place = asked_slice(between, plane, origin, directions, domain, domain2)
    if place is not None:
        refuse_beside(place, along=along, closed=closed, circle=circle, vertices=vertices, output=output)
        opened = _moments(files, how, members, store) if epochs else _opened(files, how, members, store)
        told = _on_slice(opened, place, of or "regions", as_json)
    else:
        file = _only(files, of, epochs)
        path = asked_path(along, closed, circle, vertices)
        told = _of_file(file, path, domain, domain2, how, output, members, store, as_json)
    return _exit_code(told)


def _only(files: tuple[str, ...], of: str | None, epochs: bool) -> str:
    """The one file that is counted where no place in a space of many inputs is given. Raises InputError."""
    if len(files) > 1:
        several = "several are counted in one place, by --between or --plane; else one at a time"
        raise InputError("file", files[1], several)
    if of is not None:
        alone = "it goes with --between and --plane; else --output chooses one of several outputs"
        raise InputError("of", of, alone)
    if epochs:
        raise InputError("epochs", "given", "it goes with --between and --plane, where moments are counted")
    return files[0]


def _exit_code(told: list[Member]) -> int:
    """1, and a sentence, where a count is not certified."""
    failed = [member for member in told if not member["certified"]]
    if failed:
        files = {member.get("file") for member in told}
        file = f" of {failed[0]['file']}" if len(files) > 1 else ""
        which = f"member {failed[0]['member']}{file}" + f" and {len(failed) - 1:,} more" * (len(failed) > 1)
        say(f"the certificate of {which} does not hold: {'; '.join(failed[0]['doubts'])}")
    return 1 if failed else 0


def _opened(files: tuple[str, ...], how: How, members: str | None, store: Store) -> list[Opened]:
    """Every file's network."""
    from nnexpr.runs.reading import read_any
    from nnexpr_tui.commands.regions_between import Opened

    opened = []
    for file in files:
        saved = read_any(file, store, *how)
        _tell_assumed(saved)
        _require_pieces(file, saved.network)
        opened.append(Opened(file, saved, _chosen(members, saved.network.members)))
    return opened


def _moments(files: tuple[str, ...], how: How, members: str | None, store: Store) -> list[Opened]:
    """The networks of a run's recording, of which each has one member."""
    from nnexpr.runs.reading import read_moments
    from nnexpr_tui.commands.regions_between import Opened

    for option, given in zip(("activation", "layers", "up_to", "members"), (*how, members), strict=True):
        if given is not None:
            raise InputError(option, given, "leave it out beside --epochs; the run says what it is")
    opened = []
    for file in files:
        moments = read_moments(file, store)
        _require_pieces(file, moments[0][1].network)
        opened += [Opened(file, saved, [0], epoch) for epoch, saved in moments]
    return opened


def _on_slice(opened: list[Opened], place: Slice, of: str, as_json: bool) -> list[Member]:
    """Every network on one segment, or one plane."""
    from nnexpr_tui.commands.regions_between import between, on_plane

    return (between if place.between is not None else on_plane)(opened, place, of, as_json)


def _of_file(
    file: str, path: AskedPath | None, domain: tuple[float, float] | None, domain2: tuple[float, float] | None,
    how: How, output: int | None, members: str | None, store: Store, as_json: bool,
) -> list[Member]:  # fmt: skip
    """On its domain, or along a path."""
    from nnexpr.runs.reading import of_one_output, read_network

    saved = of_one_output(file, read_network(file, store, *how), output)
    _tell_assumed(saved)
    chosen = _chosen(members, saved.network.members)
    _require_pieces(file, saved.network)
    try:
        if path is not None:
            return _path(file, saved, chosen, path, as_json)
        if saved.network.inputs == 2:
            return _plane(file, saved, chosen, domain, domain2, as_json)
        if domain2 is not None:
            raise InputError("domain2", domain2, "leave it out; it is for networks of two inputs")
        return _line(file, saved, chosen, domain, as_json)
    except InputError:
        raise
    except ValueError as error:
        raise uncounted(file, error) from None


def _tell_assumed(saved: SavedNetwork | AnyNetwork) -> None:
    for sentence in saved.assumed:
        say(sentence)


def _require_pieces(file: str, network: Network | Graph) -> None:
    if not network.is_piecewise_linear:
        raise InputError("file", file, f"it {_why_not(network)}, so it has no linear regions to count")


def _line(
    file: str, saved: SavedNetwork, members: list[int], domain: tuple[float, float] | None, as_json: bool
) -> list[Member]:
    """On the domain, which is in own units, as are the results."""
    from nnexpr.regions.line import linear_regions
    from nnexpr_tui.commands.regions_report import on_line, show_line

    network, across = saved.network, saved.input_scales[0]
    if network.inputs != 1:
        why = (
            f"it has {network.inputs} inputs; with more than two, regions are counted along a path (--along) or "
            "between two points (--between)"
        )
        raise InputError("file", file, why)
    own = domain or (saved.domain or (_UNIT,))[0]
    found = linear_regions(network.select(members), domain and _to_network(domain, across))
    own_units = (lines.rescaled(across, saved.value_scale) for lines in found)
    told = [on_line(*each) for each in zip(members, own_units, strict=True)]
    if as_json:
        print_json({"schema": 1, "domain": own, "members": told, "assumed": saved.assumed})
    else:
        show_line(file, own, told)
    return told


def _plane(
    file: str,
    saved: SavedNetwork,
    members: list[int],
    domain: tuple[float, float] | None,
    domain2: tuple[float, float] | None,
    as_json: bool,
) -> list[Member]:
    from nnexpr_tui.commands.regions_report import in_plane, show_plane

    trained = saved.domain or (_UNIT, _UNIT)
    own = domain or trained[0], domain2 or domain or trained[1]
    first, second = (_to_network(*pair) for pair in zip(own, saved.input_scales, strict=True))
    rectangle = (first, second) if domain or domain2 else None
    told = in_plane(saved.network, rectangle, members, saved.value_scale)
    if as_json:
        print_json({"schema": 1, "domain": own, "members": told, "assumed": saved.assumed})
    else:
        show_plane(file, own, told)
    return told


def _path(file: str, saved: SavedNetwork, members: list[int], path: AskedPath, as_json: bool) -> list[Member]:
    from nnexpr.regions.path import path_regions
    from nnexpr_tui.commands.regions_report import along_path, show_path

    (vertices, closed), network, across = path, saved.network, saved.input_scales[0]
    if vertices.shape[1] != network.inputs:
        given, needed = f"points of {vertices.shape[1]} coordinates", f"{network.inputs}, one for each input"
        raise InputError("along", given, needed)
    if len(set(saved.input_scales)) > 1:  # then an arc length has no unit
        raise InputError(
            "file", file, "its inputs are scaled differently, so a path has no length in its own units"
        )
    found = path_regions(network.select(members), across.to_network(vertices), closed=closed)
    told = [along_path(*each, across, saved.value_scale) for each in zip(members, found, strict=True)]
    length = abs(across.factor) * found[0].length
    if as_json:
        head = {"vertices": vertices, "closed": closed, "length": length}
        print_json({"schema": 1, "path": head, "members": told, "assumed": saved.assumed})
    else:
        show_path(file, closed, length, told)
    return told


def _to_network(own: tuple[float, float], scale: Scale) -> tuple[float, float]:
    low, high = own
    return (low - scale.shift) / scale.factor, (high - scale.shift) / scale.factor


def _why_not(network: Network | Graph) -> str:
    """Of a network, for a graph is piecewise linear."""
    from nnexpr.activations import ACTIVATIONS

    if getattr(network, "encoding", None) is not None:
        return "encodes its input by sines and cosines"
    layers = getattr(network, "layers", ())
    smooth = {layer.activation for layer in layers if not ACTIVATIONS[layer.activation].pieces}
    return f"has the activation {', '.join(sorted(smooth))}, which is not piecewise linear"


def _chosen(text: str | None, members: int) -> list[int]:
    """The members that ``text`` names, such as ``0,2,5-9``."""
    if text is None:
        return list(range(members))
    found = [re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip()) for part in text.split(",")]
    ranges = [range(int(part[1]), int(part[2] or part[1]) + 1) for part in found if part]
    if len(ranges) < len(found) or not all(part and part[-1] < members for part in ranges):
        allowed = f"they must be from 0 to {members - 1}, such as 0 or 0,2,5-9; this file has {members}"
        raise InputError("members", text, allowed)
    return [member for part in ranges for member in part]
