"""A network as a graph: its layers one above another, with sums where a layer adds what another gave. And back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from nnexpr.activations import ACTIVATIONS
from nnexpr.kinds import AffineLayer
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.maps import Dense
from nnexpr.networks.graph.nodes import Affine, Input, Kinks, Node, Sum
from nnexpr.networks.network import Network
from nnexpr.specification import InputError

__all__ = ["graph_of", "network_of"]


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


def network_of(graph: Graph) -> Network | None:
    """The same function as a network, where it is a plain stack of layers with one activation each; else None.

    An input of several axes, which an image is, is not a network's.
    """
    layers, blocks = [], []
    if sum(size > 1 for size in graph.input_shape) > 1:
        return None
    for number, node in enumerate(graph.nodes[1:], 1):
        if node.of != (number - 1,):
            return None
        match node:
            case Affine(map=Dense(weights)):
                layers.append(AffineLayer(*weights.shape))
                blocks.append(np.column_stack([weights.T, node.bias]).ravel())
            case Kinks() if layers and layers[-1].activation == "identity" and (name := _activation(node)):
                layers[-1] = replace(layers[-1], activation=name)
            case _:
                return None
    if not layers:
        return None
    parameters = torch.from_numpy(np.concatenate(blocks))[None]
    return Network(tuple(layers), parameters, tie_tolerance=graph.tie_tolerance, domain=graph.domain)


def _activation(kinks: Kinks) -> str:
    """The one activation of all units; empty if they differ or it has no name."""
    if len(kinks.pieces) > 1:
        return ""
    (function,) = kinks.pieces
    known = next((name for name, activation in ACTIVATIONS.items() if activation.pieces == function), "")
    if known or function.kinks != (0.0,) or function.intercepts != (0.0, 0.0) or function.slopes[1] != 1.0:
        return known
    return f"leaky_relu:{function.slopes[0]!r}"
