"""Of what regions are counted, where a network has several outputs.

"regions"     all outputs together: a linear region is where every one of them is one affine map
"output:K"    output K alone, from 0
"margin:K"    output K minus the largest of the others: above 0 where the class is K
"argmax"      the class: the regions in which one output is the largest, and the boundary between them
"""

from __future__ import annotations

from nnexpr.declarations import InputError
from nnexpr.networks.graph.chain import graph_of
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.regions.stack import NotPiecewiseLinear

__all__ = ["ARGMAX", "REGIONS", "asked", "is_margin"]

REGIONS, ARGMAX = "regions", "argmax"
OUTPUT, MARGIN = "output", "margin"


def is_margin(of: str) -> bool:
    """Whether that is asked for, of whatever output."""
    return of.partition(":")[0] == MARGIN


def asked(network: Network | Graph, of: str, member: int = 0) -> Network | Graph:
    """The network whose outputs are asked for, all or one of them; of a margin the graph of one member.

    Raises ``InputError``, and ``NotPiecewiseLinear`` for the margin of a network that is not.
    """
    many = network.outputs
    if of == REGIONS or (of == ARGMAX and many > 1):
        return network
    kind, _, number = of.partition(":")
    if number.isdecimal() and int(number) < many:
        if kind == OUTPUT:
            return network if many == 1 else network.output(int(number))
        if kind == MARGIN and many > 1:
            return _as_graph(network, member).margin(int(number))
    among, margins, least = f" to {OUTPUT}:{many - 1}", f", or {MARGIN}:0 to {MARGIN}:{many - 1}", ""
    if many == 1:
        among, margins, least = "", "", f" ({ARGMAX} and {MARGIN} need several outputs)"
    raise InputError("of", of, f"{REGIONS}, {ARGMAX} or {OUTPUT}:0{among}{margins}{least}")


def _as_graph(network: Network | Graph, member: int) -> Graph:
    if isinstance(network, Graph):
        return network
    if not network.is_piecewise_linear:
        raise NotPiecewiseLinear
    return graph_of(network, member)
