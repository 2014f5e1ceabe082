"""``open``: the network of a file in the explorer, on a plane through its inputs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from nnexpr.activations import ACTIVATIONS
from nnexpr.specification import InputError
from nnexpr_tui.commands.completion import networks
from nnexpr_tui.commands.explore import require_terminal
from nnexpr_tui.commands.options import SectionedCommand, declared_options, own_option, store_option
from nnexpr_tui.commands.slices import asked_slice, between_option, of_option, plane_options, up_to_option
from nnexpr_tui.presets import Preset

if TYPE_CHECKING:
    from nnexpr.runs.store import Store

__all__ = ["opening"]

_EXAMPLES = {
    "net.onnx": "on the plane of its first two inputs",
    "net.onnx --plane digits.npy:0 digits.npy:1 digits.npy:2": "on the plane through three inputs",
    "net.onnx --plane a.npy b.npy c.npy --of margin:3": "where output 3 is the largest, and by how much",
    "net.pt --between a.npy b.npy --activation relu": "around the segment between two",
}


@click.command("open", cls=SectionedCommand, examples=_EXAMPLES)
@click.argument("file", shell_complete=networks)
@between_option
@plane_options
@declared_options("domain", section="Place", words={"domain": "of s and t: what is looked at first"})
@own_option("domain2", "interval", None, "of t, where it is another than that of s", section="Place")
@own_option(
    "activation",
    "choice",
    None,
    "what stands between the layers of a state dict  [default: relu]",
    section="Network",
    offered=ACTIVATIONS,
    spelled=ACTIVATIONS.__contains__,
)
@own_option(
    "layers", "text", None, "of a state dict, its layers in order, such as fc1,fc2,fc3", section="Network"
)
@of_option
@up_to_option
@store_option
def opening(
    file: str,
    between: tuple[str, str] | None,
    plane: tuple[str, str, str] | None,
    origin: str | None,
    directions: tuple[str, str] | None,
    domain: tuple[float, float] | None,
    domain2: tuple[float, float] | None,
    activation: str | None,
    layers: str | None,
    of: str | None,
    up_to: str | None,
    store: Store,
) -> int:
    """Open the network in FILE on the Plane screen: its cells, decision regions and outputs on a plane of inputs.

    FILE and the plane are spelled as for regions. In the explorer the plane is moved, zoomed, turned and tilted with
    the keys, and counted anew.
    """
    require_terminal()
    place = asked_slice(between, plane, origin, directions, domain, domain2)
    if place is None and (domain is not None or domain2 is not None):
        from nnexpr.regions.slices import Slice

        place = Slice(domain=domain, domain2=domain2)
    if place is not None:
        place.check()
    from nnexpr_tui.slices.kinds import REGIONS, is_spelled

    if of is not None and not is_spelled(of):
        raise InputError("of", of, "regions, argmax, output:K or margin:K, K the number of an output from 0")
    if not os.path.exists(file) and len(store.runs(file)) != 1:
        raise InputError("file", file, "there is no such file, and no run of that id in the store")
    from nnexpr_tui.commands.explore import explore

    begin = {"file": file, "place": place, "activation": activation, "layers": layers, "up_to": up_to}
    begin["of"] = of or REGIONS
    return explore(
        {},
        start=False,
        fresh=False,
        config=None,
        store=store,
        no_store=False,
        checkpoint_every=None,
        opening=Preset("file", "", "", view="Network", begin=begin),
    )
