"""What a key makes of a point of the manifold: pure functions from one start to another.

Done on the worker's thread: those that need Theorem 3.4 or the catalogue import the engine.
"""

from __future__ import annotations

from dataclasses import replace

from nnexpr_tui.manifold.moment import MOST_LAYERS, ManifoldStart

__all__ = ["aimed", "deepened", "drawn", "freed", "halved", "peak_moved", "scale_moved", "turned"]

LEAST_PEAK, MOST_PEAK = 0.02, 0.98  # that keys reach; training goes further
LEAST_SCALE, MOST_SCALE = 1e-12, 1e3
SCALE_STEP = 1.02  # a key's factor


def peak_moved(start: ManifoldStart, layer: int, hundredths: int) -> ManifoldStart:
    """A layer's peak by so much. One that training has taken further out stays there, or comes back."""
    peaks = list(start.peaks)
    moved = round(peaks[layer] + hundredths / 100, 12)
    peaks[layer] = min(max(moved, min(LEAST_PEAK, peaks[layer])), max(MOST_PEAK, peaks[layer]))
    return replace(start, peaks=tuple(peaks))


def scale_moved(start: ManifoldStart, layer: int, steps: int) -> ManifoldStart:
    """A layer's scale by so many factors; the scales are free from then on."""
    scales = list(_scales(start))
    scales[layer] = min(max(scales[layer] * SCALE_STEP**steps, LEAST_SCALE), MOST_SCALE)
    return replace(start, scales=tuple(scales))


def freed(start: ManifoldStart) -> ManifoldStart:
    """Scales that follow the peaks become free, free ones follow again."""
    return replace(start, scales=_scales(start) if start.scales is None else None)


def _scales(start: ManifoldStart) -> tuple[float, ...]:
    from nnexpr_tui.manifold.engine import following_scales

    return start.scales or following_scales(start.peaks, start.sign)


def halved(start: ManifoldStart) -> ManifoldStart:
    """All peaks at 1/2, and scales that follow."""
    return replace(start, peaks=(0.5,) * len(start.peaks), scales=None)


def drawn(start: ManifoldStart, seed: int) -> ManifoldStart:
    """The peaks that ``fit`` draws with this seed, and scales that follow."""
    from nnexpr_tui.manifold.engine import drawn_peaks

    return replace(start, peaks=drawn_peaks(len(start.peaks), seed), scales=None)


def deepened(start: ManifoldStart, step: int) -> ManifoldStart:
    """Layers more, with their peaks at 1/2, or fewer; a free scale goes on with a quarter of the one before.

    The start itself where there may be no more of them, or no fewer.
    """
    before = len(start.peaks)
    count = min(max(before + step, 1), MOST_LAYERS)
    if count == before:
        return start
    peaks, scales = start.peaks + (0.5,) * (count - before), start.scales
    if scales is not None:
        scales = (scales + tuple(scales[-1] / 4**more for more in range(1, count - before + 1)))[:count]
    return replace(start, peaks=peaks[:count], scales=scales)


def aimed(start: ManifoldStart, step: int) -> ManifoldStart:
    """The next target; waves are added or subtracted as ``fit`` has it."""
    from nnexpr_tui.manifold.engine import sign_for, targets

    names = targets()
    target = names[(names.index(start.target) + step) % len(names)]
    return replace(start, target=target, sign=sign_for(target))


def turned(start: ManifoldStart) -> ManifoldStart:
    """Waves added where they were subtracted, and the other way round."""
    return replace(start, sign=-start.sign)
