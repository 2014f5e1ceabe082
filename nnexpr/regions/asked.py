"""Of what regions are counted, where a network has several outputs.

"regions"     all outputs together: a linear region is where every one of them is one affine map
"output:K"    output K alone, from 0
"argmax"      the class: the regions in which one output is the largest, and the boundary between them
"""

from __future__ import annotations

from nnexpr.declarations import InputError
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network

__all__ = ["ARGMAX", "REGIONS", "asked"]

REGIONS, ARGMAX = "regions", "argmax"


def asked(network: Network | Graph, of: str) -> Network | Graph:
    """The network whose outputs are asked for, all or one of them. Raises ``InputError``."""
    many = network.outputs
    if of == REGIONS or (of == ARGMAX and many > 1):
        return network
    kind, _, number = of.partition(":")
    if kind == "output" and number.isdecimal() and int(number) < many:
        return network if many == 1 else network.output(int(number))
    among = "" if many == 1 else f" to output:{many - 1}"
    least = "" if many > 1 else " (argmax needs several outputs)"
    raise InputError("of", of, f"{REGIONS}, {ARGMAX} or output:0{among}{least}")
