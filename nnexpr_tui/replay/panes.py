"""The numbers of one moment of the training, in Replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from nnexpr_tui.parts.counts import counted_lines
from nnexpr_tui.parts.lines import Line, LinePane
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.table import row

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.recording import Scene
    from nnexpr.training.snapshots import Snapshot

__all__ = ["MomentPane"]


class MomentPane(LinePane, can_focus=True):
    """A table of two columns."""

    HELP: ClassVar[str] = """\
The snapshot that is shown: its epoch, its loss, and the counts of the network as it was then."""

    def show_moment(
        self,
        scene: Scene,
        snapshot: Snapshot,
        counts: LineRegions | None,
        position: int,
        total: int,
        playing: bool,
    ) -> int:
        """Show this snapshot, the ``position``-th of ``total``. About how many bytes that sends."""
        lines: list[Line] = [
            row("Snapshot", f"{position} of {total}" + (" ▶" if playing else ""), "accent"),
            row("Epoch", count(snapshot.epoch)),
            row("Loss", number(snapshot.loss)),
            row("Learning rate", number(snapshot.learning_rate)),
            row("Seconds", f"{snapshot.seconds:.2f}"),
        ]
        if len(snapshot.losses) > 1:
            lines.append(row("Member", f"{snapshot.member + 1} of {len(snapshot.losses)}"))
        return self.show_lines([*lines, *counted_lines(scene, counts)])
