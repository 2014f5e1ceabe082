"""What the keys of :data:`~nnexpr_tui.actions.TRAINING` do in every view that shows the fit while it is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nnexpr.specification import InputError
from nnexpr_tui.parts.views import View
from nnexpr_tui.training.subject import FitSubject

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording

__all__ = ["TrainingView"]


class TrainingView(View):
    """Start, pause, restart, and one step of an option."""

    def recordings(self) -> tuple[Recording, ...]:
        fit = self.controller.fit
        return (fit.recording,) if fit is not None else ()

    def attempt(self, change: Callable[[], None]) -> None:
        """Do it, or say why it cannot be done."""
        try:
            change()
        except InputError as error:
            self.footer.say(str(error), error=True)
        else:
            self.footer.clear()
        self.redraw()

    def _step(self, name: str, direction: int) -> None:
        self.attempt(lambda: self.controller.step(name, direction))

    def action_start_or_pause(self) -> None:
        self.footer.clear()
        if said := self.controller.toggle():
            self.footer.say(said)

    def action_step(self) -> None:
        self.footer.clear()
        self.controller.ask(FitSubject, FitSubject.step)

    def action_restart(self) -> None:
        self.footer.clear()
        self.controller.restart()

    def action_pace(self) -> None:
        self.footer.say(f"Training goes {self.controller.next_pace()}")

    def action_best(self) -> None:
        self.controller.show_best()

    def action_undo(self) -> None:
        self.footer.clear()
        self.controller.ask(FitSubject, FitSubject.undo)

    def action_tried(self) -> None:
        from nnexpr_tui.parts.tried import TriedScreen

        fit = self.controller.fit
        if self.is_shown and fit is not None:
            self.app.push_screen(TriedScreen(fit))

    def action_reseed(self) -> None:
        self.controller.reseed()
        self.footer.say(f"Seed {self.controller.specification.seed}")
        self.redraw()

    def action_depth(self, direction: int) -> None:
        self._step(self._first_of("depth", "knots"), direction)

    def action_width(self, direction: int) -> None:
        self._step(self._first_of("width", "knots", "depth"), direction)

    def _first_of(self, *names: str) -> str:
        """The first of these options that means something for the network."""
        return next(name for name in names if self.controller.specification.relevant(name))

    def action_activation(self) -> None:
        if self.controller.specification.relevant("activation"):
            self._step("activation", 1)
        else:
            self.footer.say(
                f"A {self.controller.specification.network} network has no other activation", error=True
            )

    def action_target(self) -> None:
        self._step("target", 1)

    def action_rate(self, direction: int) -> None:
        self._step("lr", direction)

    def action_member(self, direction: int) -> None:
        self.controller.show_member(direction)
