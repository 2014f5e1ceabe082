"""The scene of a session: its target on the plotting grid, and what is known of its architecture beforehand."""

from __future__ import annotations

import math
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from nnexpr.activations import ACTIVATIONS
from nnexpr.networks.network import Network
from nnexpr.regions.bounds import lower_bound, serra_bound, upper_bound
from nnexpr.runs.recording import Scene
from nnexpr.training.session import Session

__all__ = ["architecture_of", "scene_of"]

MOST_DATA = 2000  # training points that are drawn
MOST_COUNTED_UNITS = 20_000


def scene_of(session: Session) -> Scene:
    """What stays the same while the session trains."""
    target = session.target
    return Scene(
        name=target.name,
        formula=target.formula,
        domain=target.own_domain,
        x=target.input_scales[0].to_own(session.grid[:, 0]),
        truth=target.truth(session.grid),
        data=_telling_data(session),
        device=session.device_name,
        input_name=target.section_name,
        value_name=target.value_name,
        notes=target.notes,
        **architecture_of(session.network),
    )


class OfArchitecture(TypedDict):
    """What of a scene is known by the network's architecture."""

    hidden_widths: tuple[int, ...]
    parameters: int
    piecewise_linear: bool
    upper_bound: int | None
    lower_bound: int | None


def architecture_of(network: Network) -> OfArchitecture:
    """What :class:`~nnexpr.runs.recording.Scene` says of the network."""
    hidden = network.architecture.hidden_widths
    upper, lower = _bounds(network, hidden)
    return {
        "hidden_widths": hidden,
        "parameters": network.parameter_count,
        "piecewise_linear": network.is_piecewise_linear and sum(hidden) <= MOST_COUNTED_UNITS,
        "upper_bound": upper,
        "lower_bound": lower,
    }


def _telling_data(session: Session) -> NDArray[np.float64] | None:
    """The training points ``(2, points)``, thinned, where they tell more than the target does; own units."""
    target = session.target
    if target.dimension > 1 or (target.function is not None and session.specification.noise == 0):
        return None
    stride = max(1, target.points // MOST_DATA)
    return np.stack([target.own_inputs[::stride, 0], target.own_values[::stride]])


def _bounds(network: Network, hidden: tuple[int, ...]) -> tuple[int | None, int | None]:
    """The most linear regions it can have, and as many as some network like it has; None where that is not known."""
    pieces = [ACTIVATIONS[layer.activation].pieces for layer in network.layers]
    folding = all(each is not None and each.is_homogeneous for each in pieces)
    if not folding or not hidden or network.encoding is not None:
        return None, None
    if network.architecture.has_additions:
        # What passes by a layer is not folded to its width, nor do its units that are off take a dimension from it.
        return math.prod(upper_bound((width,), inputs=network.inputs) for width in hidden), None
    if network.inputs == 1:
        return upper_bound(hidden), lower_bound(hidden)
    switching = all(0.0 in each.slopes for each in pieces if each is not None and each.kinks)
    return serra_bound(hidden, 2) if switching else upper_bound(hidden, inputs=2), None
