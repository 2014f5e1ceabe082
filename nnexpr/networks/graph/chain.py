"""A network as a graph: its layers one above another, with sums where a layer adds what another gave."""

from __future__ import annotations

import numpy as np

from nnexpr.activations import ACTIVATIONS
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.maps import Dense
from nnexpr.networks.graph.nodes import Affine, Input, Kinks, Node, Sum
from nnexpr.networks.network import Network
from nnexpr.specification import InputError

__all__ = ["graph_of"]


def graph_of(network: Network, member: int = 0) -> Graph:
    """One member of a piecewise-linear network, the same function; InputError where it is none."""
    if not 0 <= member < network.members:
        raise InputError("member", member, f"it must be from 0 to {network.members - 1}")
    if network.encoding is not None:
        raise InputError("network", "encoded", "sines and cosines of the input are not piecewise linear")
    nodes: list[Node] = [Input(size=network.inputs)]
    names, given = ["input"], [0]  # given: the node that gives what each layer gave
    for number, layer in enumerate(network.layers):
        pieces = ACTIVATIONS[layer.activation].pieces
        if pieces is None:
            raise InputError("network", layer.activation, "it is not piecewise linear")
        weights = network.weight(number)[member].detach().cpu().double().numpy()
        bias = network.bias(number)[member].detach().cpu().double().numpy()
        nodes.append(Affine(of=(given[-1],), map=Dense(np.ascontiguousarray(weights.T)), bias=bias.copy()))
        if layer.adds:
            nodes.append(Sum(of=(len(nodes) - 1, given[-layer.adds]), size=layer.outputs))
        if pieces.kinks:
            which = np.zeros(layer.outputs, dtype=np.int64)
            nodes.append(Kinks(of=(len(nodes) - 1,), pieces=(pieces,), which=which))
        names += [f"layer {number + 1}"] * (len(nodes) - len(names))
        given.append(len(nodes) - 1)
    return Graph(
        tuple(nodes),
        tuple(names),
        (network.inputs,),
        (network.outputs,),
        network.domain,
        network.tie_tolerance,
    )
