"""The line at the top: the state in a word, and the numbers that are watched, each beside its name."""

from __future__ import annotations

from collections.abc import Callable

from nnexpr_tui.parts.lines import Line, LinePane, clean
from nnexpr_tui.parts.numbers import compact, count, member_of, number
from nnexpr_tui.training.moment import FitMoment

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

    _make: Callable[[], Line] | None = None  # what is shown, at any width

    def show(self, fit: FitMoment | None, state: str, *, regions: str | None = None) -> int:
        """Show the fit; ``regions``: in place of its regions and bends. About how many bytes that sends."""
        return self._show(lambda: self._line(fit, state, regions))

    def show_items(self, state: str, items: list[tuple[str, str]]) -> int:
        """Show another training than the fit's: names and values. About how many bytes that sends."""
        return self._show(lambda: self._fitted([_word(state)], items))

    def _show(self, make: Callable[[], Line]) -> int:
        self._make = make
        return 2 * self.show_lines([make()])

    def on_resize(self) -> None:
        """As much as fits at the new width, also of what stands still."""
        if self._make is not None:
            self._show(self._make)

    @property
    def is_roomy(self) -> bool:
        """Whether values may keep their place while they change."""
        return self.size.width >= ROOMY

    def _line(self, fit: FitMoment | None, state: str, regions: str | None) -> Line:
        line = [_word(state)]
        if fit is None:
            hint = (
                "nothing is built: change the forms" if state == "failed" else self._hint(len(line[0][0]) + 2)
            )
            return *line, (f"  {hint}", "label")
        return self._fitted(line, _items(fit, regions, roomy=self.is_roomy))

    def _hint(self, taken: int) -> str:
        """What to do while torch is loaded; whole or not at all."""
        hint = "the forms can be filled in; a first start compiles its loops"
        return hint if len(hint) <= self.size.width - taken else hint.partition(";")[0]

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


def _items(fit: FitMoment, regions: str | None, *, roomy: bool) -> list[tuple[str, str]]:
    """Names and values, the most watched first; with room to spare, values keep their place while they change."""
    counts, snapshot = fit.counts, fit.snapshot
    none = "…" if fit.scene.countable else "n/a"
    loss = number(fit.loss) if fit.diverged_at is None else f"diverged at {fit.diverged_at}"
    items = [
        ("epoch", count(fit.epoch).ljust(7 * roomy)),
        ("loss", loss.ljust(8 * roomy)),
        ("regions", (regions or (count(counts.count) if counts else none)).ljust(4 * roomy)),
    ]
    if regions is None:
        items.append(("bends", (count(counts.bends) if counts else none).ljust(4 * roomy)))
    if len(snapshot.losses) > 1:
        items.append(("member", member_of(snapshot.member, len(snapshot.losses))))
    if fit.rate and fit.state == "running":
        items.append(("epochs/s", f"{compact(fit.rate):<5}"))
    items += [("lr", number(snapshot.learning_rate)), ("on", clean(fit.scene.device))]
    if fit.memory is not None:
        used, total = (size / 1e9 for size in fit.memory)
        items.append(("memory", f"{used:.1f} of {total:.0f} GB"))
    return items
