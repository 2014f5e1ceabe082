"""What Replay is shown beside the recording: the counts of the snapshots that were looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.recording import Scene

__all__ = ["ReplayMoment"]


@dataclass(frozen=True, eq=False)
class ReplayMoment:
    """``counts``: of the snapshots of one network, by epoch; None where they cannot be counted."""

    scene: Scene
    counts: Mapping[int, LineRegions | None]

    def is_urgent(self, before: ReplayMoment | None) -> bool:
        """Another snapshot is counted: a key asked for it."""
        return before is not self
