"""The line at the top: the state in a word, and the numbers that are watched, each beside its name."""

from __future__ import annotations

from nnexpr_tui.parts.lines import Line, LinePane, clean
from nnexpr_tui.parts.numbers import compact, count, number
from nnexpr_tui.worker.frame import Frame

__all__ = ["StatusLine"]

SIGNS = {
    "running": "▶",
    "paused": "‖",
    "ready": "·",
    "finished": "■",
    "failed": "!",
    "stopped": "■",
    "loading": "…",
}
ROOMY = 80
WORDS = {"running": "training", "loading": "loading torch"}


class StatusLine(LinePane):
    """One row. What does not fit is left out from the end, so the first names stay at every width."""

    def show(self, frame: Frame | None, state: str) -> int:
        """Show the newest frame. About how many bytes that sends."""
        return 2 * self.show_lines([self._line(frame, state)])

    def show_items(self, state: str, items: list[tuple[str, str]]) -> int:
        """Show another training than the frame's: names and values. About how many bytes that sends."""
        return 2 * self.show_lines([self._fitted([_word(state)], items)])

    @property
    def is_roomy(self) -> bool:
        """Whether values may keep their place while they change."""
        return self.size.width >= ROOMY

    def _line(self, frame: Frame | None, state: str) -> Line:
        line = [_word(state)]
        if frame is None:
            hint = (
                "nothing is built: change the forms"
                if state == "failed"
                else "the forms can already be filled in; a first start compiles for some seconds"
            )
            return (*line, (f"  {hint}", "label"))
        return self._fitted(line, _items(frame, roomy=self.is_roomy))

    def _fitted(self, line: list[tuple[str, str]], items: list[tuple[str, str]]) -> Line:
        left = self.size.width - len(line[0][0])
        for label, value in items:
            needed = len(label) + len(value) + 3
            if needed > left:
                break
            line += [(f"  {label} ", "label"), (value, "value")]
            left -= needed
        return tuple(line)


def _word(state: str) -> tuple[str, str]:
    return f" {SIGNS.get(state, '·')} {WORDS.get(state, state):<8}", "accent"


def _items(frame: Frame, *, roomy: bool) -> list[tuple[str, str]]:
    """Names and values, the most watched first; with room to spare, values keep their place while they change."""
    counts, snapshot = frame.counts, frame.snapshot
    cells = frame.plane.cells if frame.plane is not None else None
    regions = counts if cells is None else cells.counts
    owed = frame.scene.countable or (frame.scene.has_cells and frame.plane is not None)
    none = "…" if owed else "n/a"
    loss = number(frame.loss) if frame.diverged_at is None else f"diverged at {frame.diverged_at}"
    items = [
        ("epoch", count(frame.epoch).ljust(7 * roomy)),
        ("loss", loss.ljust(8 * roomy)),
        ("regions", (count(regions.regions) if regions else none).ljust(4 * roomy)),
    ]
    if frame.plane is None:
        items.append(("bends", (count(counts.bends) if counts else none).ljust(4 * roomy)))
    if len(snapshot.losses) > 1:
        items.append(("member", f"{snapshot.member + 1} of {len(snapshot.losses)}"))
    if frame.rate:
        items.append(("epochs/s", f"{compact(frame.rate):<5}"))
    items += [("lr", number(snapshot.learning_rate)), ("on", clean(frame.scene.device))]
    if frame.memory is not None:
        used, total = (size / 1e9 for size in frame.memory)
        items.append(("memory", f"{used:.1f} of {total:.0f} GB"))
    return items
