"""The exact counts of a snapshot, for the pictures that show them. Imported when one is drawn: it brings torch."""

from __future__ import annotations

from nnexpr.regions.line import LineRegions, linear_regions
from nnexpr.runs.recording import Recording
from nnexpr.scale import SAME, Scale

__all__ = ["counts_of"]


def counts_of(recording: Recording, index: int) -> LineRegions | None:
    """Of the snapshot at ``index``, x in own units; None where it cannot be counted, or its weights were left out."""
    network = recording.network_at(index) if recording.scene.countable else None
    if network is None or network.domain is None:
        return None
    [(low, high)], [(own_low, own_high)] = network.domain, recording.scene.domain
    try:
        [found] = linear_regions(network, (low, high))
    except ValueError:  # weights that are not finite
        return None
    factor = (own_high - own_low) / (high - low)
    return found.rescaled(Scale(factor, own_low - factor * low), SAME)
