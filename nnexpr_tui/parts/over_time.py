"""What stands under the fit: the loss, or in its place the modes of the error, or the tangent kernel."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from nnexpr_tui.parts.charts import LOSS_HELP, ChartPane
from nnexpr_tui.parts.modes import MEDIAN, MEMBER, ModesPane
from nnexpr_tui.parts.tangent import MODES, WAYS, TangentPane
from nnexpr_tui.parts.views import View
from nnexpr_tui.worker.scheduler import Topic

__all__ = ["OverTime"]

ELSEWHERE = "-elsewhere"  # the class of what another pane is shown in the place of
PAGE = "over-time"  # and of each that may be
LOOKS = ("modes", "tangent", "bends", "fronts")  # of which one at most is not empty


class OverTime(View):
    """A view of what changes with the epochs."""

    KERNEL: ClassVar[Topic]  # what finds the tangent kernel; it is looked at only while its pane is shown
    PAGES: ClassVar[tuple[str, ...]] = (
        "modes",
        "tangent",
    )  # looks in the place of the loss, each with a pane

    def compose_over_time(self, prefix: str = "") -> ComposeResult:
        """All panes, of which one is shown."""
        yield ChartPane("Loss", LOSS_HELP, id=f"{prefix}loss").add_class(PAGE, f"{PAGE}-loss")
        yield ModesPane(id=f"{prefix}modes", classes=f"{PAGE} {PAGE}-modes {ELSEWHERE}")
        yield TangentPane(id=f"{prefix}tangent", classes=f"{PAGE} {PAGE}-tangent {ELSEWHERE}")

    @property
    def topics(self) -> tuple[Topic, ...]:
        seen = self.look.tangent and self.zoomed in (None, self.query_one(TangentPane))
        return (*self.TOPICS, self.KERNEL) if seen else self.TOPICS

    @property
    def page(self) -> str:
        """What is looked at: one of :data:`PAGES`, or the loss."""
        return next((name for name in self.PAGES if getattr(self.look, name)), "loss")

    def place(self) -> Widget:
        """Have the pane that is wanted in the place of the others, with their focus; that pane."""
        panes = list(self.query(f".{PAGE}"))
        wanted = next(pane for pane in panes if pane.has_class(f"{PAGE}-{self.page}"))
        if wanted.has_class(ELSEWHERE):
            others = [pane for pane in panes if pane is not wanted]
            was_focused, was_zoomed = self.screen.focused in others, self.zoomed in others
            wanted.remove_class(ELSEWHERE)
            for other in others:
                other.add_class(ELSEWHERE)
            if was_zoomed:
                self.zoom(wanted)
            elif was_focused:
                wanted.focus()
        return wanted

    def action_over_time(self) -> None:
        """The loss, the modes of the shown member, of several their median too, and the loss again."""
        self.turn_page("modes", self.modes_of)

    @property
    def modes_of(self) -> tuple[str, ...]:
        """Whose modes there are to be seen, each on a page."""
        return (MEMBER, MEDIAN) if self.controller.specification.members > 1 else (MEMBER,)

    def action_tangent(self) -> None:
        """Each way to look at the tangent kernel, and the loss again."""
        fit = self.controller.fit
        in_plane = fit is not None and fit.scene.dimension > 1
        self.turn_page("tangent", tuple(way for way in WAYS if way != MODES or not in_plane))

    def turn_page(self, name: str, ways: tuple[str, ...]) -> None:
        """The next way of this page, behind the last the loss again; from another page the first."""
        way = _next(getattr(self.look, name), ways)
        for page in LOOKS:
            setattr(self.look, page, "")
        setattr(self.look, name, way)
        self.begin()
        self.place()
        self.query_one(TangentPane).reset_limits()


def _next(way: str, ways: tuple[str, ...]) -> str:
    """The one after it; behind the last, and behind one that is no longer there, none."""
    every = ("", *ways)
    return every[(every.index(way) + 1) % len(every)] if way in every else ""
