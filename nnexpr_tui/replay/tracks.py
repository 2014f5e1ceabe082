"""What is derived of each snapshot of a recording for the maps over time, once: bounded by what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from nnexpr.training.fronts import Subintervals
from nnexpr.training.modes import MOST_MODES, mode_amplitudes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnexpr.runs.recording import Recording, Scene
    from nnexpr.training.snapshots import Snapshot

    Array = NDArray[np.float64]

__all__ = ["Tracks"]


class Tracks:
    """Rows of numbers, one a snapshot; None of a recording that has none, such as of two inputs."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Scene], dict[Snapshot, Array]] = {}

    def modes(self, recording: Recording) -> Array | None:
        """Amplitudes of the error in each Fourier mode, ``(snapshots, modes)``."""
        scene = recording.scene
        if scene.dimension > 1:
            return None
        return self._rows(
            "modes", recording, lambda fits: mode_amplitudes(fits - scene.truth)[:, :MOST_MODES]
        )

    def errors(self, recording: Recording) -> Array | None:
        """The error on each subinterval, of the target's size: ``(snapshots, parts)``."""
        scene = recording.scene
        if scene.dimension > 1:
            return None
        try:
            parts = Subintervals(scene.x, scene.truth)
        except ValueError:  # too few points
            return None
        return self._rows("errors", recording, parts.errors)

    def keep_only(self, scenes: set[Scene]) -> None:
        """Forget all others."""
        self._known = {key: rows for key, rows in self._known.items() if key[1] in scenes}

    def _rows(self, name: str, recording: Recording, derive: Callable[[Array], Array]) -> Array:
        before = self._known.get((name, recording.scene), {})
        fresh = [snapshot for snapshot in recording.snapshots if snapshot not in before]
        if fresh:
            with np.errstate(invalid="ignore", over="ignore"):
                rows = derive(np.stack([each.prediction for each in fresh]).astype(np.float64))
            before = before | dict(zip(fresh, rows, strict=True))
        self._known[name, recording.scene] = now = {each: before[each] for each in recording.snapshots}
        return np.stack(list(now.values()))
