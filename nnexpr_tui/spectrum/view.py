"""Spectrum: forms on the left, the fit over the eigenvalues in the middle, every basis and what survives on the right.

Everything that is shown belongs to one answer of the engine; only the bases compared are filled in one after another.
What the forms and keys ask for is asked when the screen is drawn. What is refused leaves all as it was answered last.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical

from nnexpr.declarations import options_of
from nnexpr.linear.basis import SOLVERS
from nnexpr.linear.specification import LstsqSpecification
from nnexpr.specification import InputError
from nnexpr_tui.adjust import replaced, stepped, stepped_width
from nnexpr_tui.charts.series import ChartData
from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.fields import FieldPane
from nnexpr_tui.parts.form import Form
from nnexpr_tui.parts.status import StatusLine
from nnexpr_tui.parts.table import TablePane, entitle
from nnexpr_tui.parts.views import View
from nnexpr_tui.spectrum import VIEW, panes
from nnexpr_tui.spectrum.inputs import first_specification, of_target, step_in_the_plane, with_inputs
from nnexpr_tui.spectrum.maps import Map, side_by_side
from nnexpr_tui.spectrum.moment import SpectrumMoment, SpectrumQuestion
from nnexpr_tui.spectrum.report import lstsq_line
from nnexpr_tui.spectrum.subject import SpectrumSubject
from nnexpr_tui.training.moment import FitMoment

__all__ = ["SpectrumView"]

# The widths at which a column has a place of its own
ROOM = {"forms": ("-wide",), "tables": ("-wide", "-medium")}


class SpectrumView(View, entry=VIEW):
    """A least-squares fit, its spectrum, and what its cut-off leaves."""

    HELP = "Least squares in a basis on fixed knots: which frequencies of a target survive its cut-off."
    FIRST = "#spectrum-fit"
    TOPICS = (SpectrumSubject,)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._specification: LstsqSpecification | None = None
        self._mode = 1
        self._asked: SpectrumQuestion | None = None
        self._refused: InputError | None = None  # that has been said

    def compose(self) -> ComposeResult:
        with Vertical(id="spectrum-forms", classes="column"):
            yield Form("Target", ("target",), self._change, self._step, id="spectrum-target")
            yield Form("Basis", ("basis", "machine"), self._change, self._step, id="spectrum-basis")
            yield Form("Solver", ("solver",), self._change, self._step, id="spectrum-solver")
            yield TablePane("Numbers", id="spectrum-numbers")
        with Vertical(id="spectrum-charts", classes="column"):
            yield FieldPane("Fit", panes.FIT_HELP, id="spectrum-fit")
            yield ChartPane("Gram eigenvalues", panes.EIGEN_HELP, id="spectrum-eigen")
        with Vertical(id="spectrum-tables", classes="column"):
            yield TablePane("Every basis", id="spectrum-bases")
            yield ChartPane("Frequencies", panes.FREQUENCIES_HELP, id="spectrum-frequencies")
            yield FieldPane("Mode", panes.MODE_HELP, id="spectrum-mode")

    def kept(self) -> dict[str, Any]:
        asked = self._specification
        return {} if asked is None else {"config": asked.as_config(), "mode": self._mode}

    def restore(self, values: Mapping[str, Any]) -> None:
        config, mode = values["config"], values["mode"]
        if type(mode) is not int or mode < 1:
            raise ValueError("mode")
        self._specification, self._mode = LstsqSpecification.from_config(config), mode

    # Questions and answers

    @property
    def specification(self) -> LstsqSpecification:
        """What is asked for; at first, of the target that is trained on."""
        if self._specification is None:
            fit = self.controller.specification
            self._specification = first_specification(fit, self._inputs_of(fit.target))
        return self._specification

    @property
    def moment(self) -> SpectrumMoment | None:
        """The newest one."""
        return self.controller.moment(SpectrumSubject)

    def _inputs_of(self, target: str) -> int:
        """How many it has: as the answer says, where it is of that target, or else the catalogue."""
        moment = self.moment
        if moment and moment.answer and moment.answered and moment.answered.specification.target == target:
            return len(moment.answer.domain)
        return 2 if target in self.controller.plane_targets else 1

    def _ask(self) -> None:
        question = SpectrumQuestion(self.specification, self._mode)
        if question != self._asked:
            self._asked = question
            self.controller.ask(SpectrumSubject, lambda spectrum: spectrum.solve(question))

    def _take(self) -> SpectrumMoment | None:
        """The moment; where the newest question was refused, back to what was answered last."""
        moment = self.moment
        if moment is None or moment.question != self._asked or moment.refused in (None, self._refused):
            return moment
        self._refused = error = moment.refused
        assert error is not None  # noqa: S101 - as was asked above
        refused = self.specification
        is_new = moment.answered is None or moment.answered.specification.target != refused.target
        if is_new and error.option in ("basis", "biases") and refused != with_inputs(refused, 2):
            self._specification = with_inputs(refused, 2)  # a formula that has two inputs
            self._ask()
            return self.moment
        if moment.answered is not None:
            self._specification, self._mode = moment.answered.specification, moment.answered.mode
        elif error.option == "target" and refused.target != LstsqSpecification().target:
            self._specification = replaced(refused, "target", LstsqSpecification().target)
        else:
            self.footer.say(str(error), error=True)
            return moment
        self.footer.say(str(error), error=True)
        if error.option in options_of(LstsqSpecification) and self.is_shown:
            text = options_of(LstsqSpecification)[error.option].format(getattr(refused, error.option))
            for form in self.query(Form):
                form.refused(error.option, text)
        self._ask()
        return self.moment

    # Drawing

    def show_status(self, status: StatusLine, fit: FitMoment | None) -> int:
        moment = self.moment
        if moment is None or moment.answer is None:
            return super().show_status(status, fit)
        answered = moment.answered.specification if moment.answered else self.specification
        state = "solving" if moment.is_working and moment.answered != self._asked else "solved"
        return status.show_items(state, panes.status_items(moment, answered))

    def show(self, fit: FitMoment | None) -> int:
        self.set_markers()
        for form in self.query(Form):
            form.show(self.specification, self.controller.idle(self.specification))
        if fit is None and not self.controller.targets:  # the engine is being loaded
            return 0
        self._ask()
        moment = self._take()
        numbers = self.query_one("#spectrum-numbers", TablePane)
        if moment is None or moment.answer is None or moment.answered is None:
            return numbers.show_lines([((line, "label"),) for line in _waiting(moment)])
        answer, answered = moment.answer, moment.answered
        residual = self.look.residual
        key = answered, moment.answered == moment.question, self.app.theme
        place = answered.specification
        axes = (place.target, place.domain, place.noise, residual)
        sent = self._chart(
            "fit",
            panes.fit_title(answer, residual=residual),
            (key, residual),
            axes,
            lambda: panes.fit_drawing(answer, residual=residual),
        )
        kind = (place.basis, place.power, place.scale, place.knots, place.biases, answer.solver, place.dtype)
        title = panes.eigen_title(answer)
        sent += self._chart("eigen", title, key, (axes[:2], kind), lambda: panes.eigen_chart(answer))
        title = panes.frequencies_title(answer)
        sent += self._chart("frequencies", title, key, axes, lambda: panes.frequencies_chart(answer))
        sent += self._chart("mode", panes.mode_title(answer), key, key, lambda: panes.mode_drawing(answer))
        waits = _waiting(moment)[0] if moment.is_working and moment.answered != self._asked else ""
        sent += numbers.show_table("Numbers", panes.NUMBERS_HELP, panes.number_lines(answer), subtitle=waits)
        return sent + self._show_bases(moment, answered.specification)

    def _show_bases(self, moment: SpectrumMoment, specification: LstsqSpecification) -> int:
        assert moment.answer is not None  # noqa: S101 - asked before
        pane, rows = self.query_one("#spectrum-bases", TablePane), moment.answer.rows
        pane.help_text = panes.BASES_HELP
        pointer = ">" if self.look.markers == "ascii" else "▸"
        head, lines = panes.bases_lines(moment.answer, specification, pointer=pointer)
        if not rows and not moment.is_working:
            lines = [(("too many knots to compare them all", "label"),)]
        note = f"{moment.compared} of {len(rows)}" if moment.compared < len(rows) else ""
        return pane.show_text("Every basis", lines, head=[head], note=note)

    def _chart(
        self,
        name: str,
        title: str,
        key: Hashable,
        axes: Hashable,
        make: Callable[[], ChartData | tuple[Map, ...]],
    ) -> int:
        """Draw it, unless it is drawn already; on limits of its own where what is on its ``axes`` is something else."""
        pane = self.query_one(f"#spectrum-{name}", ChartPane)
        if not pane.is_wanted:
            self._drawn.pop(name, None)
            return 0
        if not self.is_due(name, key):
            return 0
        entitle(pane, title)
        if self.is_due(f"{name} axes", axes):
            pane.reset_limits()
        drawing = make()
        if isinstance(pane, FieldPane) and not isinstance(drawing, ChartData):
            return pane.show_field(partial(side_by_side, drawing))
        assert isinstance(drawing, ChartData)  # noqa: S101 - only these panes have maps
        return pane.update_chart(drawing)

    def begin_with(self, **options: Any) -> None:
        """The options of a least-squares fit; the others as they are by default."""
        self._specification, self._mode = LstsqSpecification.make(**options), 1
        self.redraw()

    # Actions: what they mean is in the declaration

    def _change(self, name: str, value: Any) -> None:
        found = replaced(self.specification, name, value)
        if name == "target":
            found = with_inputs(found, self._inputs_of(found.target))
        self._specification = found
        self.redraw()

    def _step(self, name: str, direction: int) -> None:
        if name == "target":
            self._change(name, self._neighbour(direction))
            return
        is_plane = self._inputs_of(self.specification.target) == 2
        found = (step_in_the_plane if is_plane else stepped)(self.specification, name, direction)
        if name == "solver" and not self._has_solver(found):
            found = stepped(found, name, direction)
        self._specification = found
        self.redraw()

    def _has_solver(self, specification: LstsqSpecification) -> bool:
        """Whether the solver is one for its basis, as far as is known from the answer."""
        way = SOLVERS.get(specification.solver or "")
        known = self.moment.answer if self.moment is not None else None
        return way is None or bool(way.dense) or known is None or known.is_splines

    def _neighbour(self, direction: int) -> str:
        plane = self.controller.plane_targets
        targets = [*(name for name in self.controller.targets if name not in plane), *plane]
        if not targets:
            raise InputError("target", self.specification.target, "the catalogue is still being loaded")
        at = targets.index(self.specification.target) if self.specification.target in targets else -1
        return targets[(at + direction) % len(targets)]

    def _attempt(self, name: str, direction: int) -> None:
        self.begin()
        try:
            self._step(name, direction)
        except InputError as error:
            self.footer.say(str(error), error=True)

    def action_cut(self, direction: int) -> None:
        name = next((name for name in ("rcond", "ridge") if self.specification.relevant(name)), None)
        if name is None:
            self.begin()
            self.footer.say(
                "Without a solver that has a cut-off there is nothing to move: s takes the next one"
            )
            return
        self._attempt(name, direction)

    def action_solver(self) -> None:
        self._attempt("solver", 1)

    def action_precision(self) -> None:
        self._attempt("dtype", 1)

    def action_basis(self, direction: int) -> None:
        self._attempt("basis", direction)

    def action_placement(self) -> None:
        self._attempt("biases", 1)

    def action_target(self) -> None:
        self._attempt("target", 1)

    def action_same_target(self) -> None:
        self.begin()
        found = of_target(self.specification, self.controller.specification)
        self._specification = with_inputs(found, self._inputs_of(found.target))

    def action_knots(self, direction: int) -> None:
        self._set_knots(stepped_width(self.specification.knots, direction))

    def action_multiply(self, direction: int) -> None:
        knots = self.specification.knots
        self._set_knots(2 * knots if direction > 0 else knots // 2)

    def _set_knots(self, knots: int) -> None:
        self.begin()
        option = options_of(LstsqSpecification)["knots"]
        least, most = int(option.minimum or 2), int(option.maximum or knots)
        self._specification = self.specification.replace(knots=min(max(knots, least), most))

    def action_mode(self, step: int) -> None:
        self.begin()
        modes = len(self.moment.answer.eigen.values) if self.moment and self.moment.answer else self._mode
        self._mode = min(max(self._mode + step, 1), modes)

    def action_last_kept(self) -> None:
        self.begin()
        if self.moment is not None and self.moment.answer is not None:
            self._mode = max(1, self.moment.answer.eigen.kept)

    def action_forms(self) -> None:
        self.toggle_column(self.query_one("#spectrum-forms"), ROOM["forms"], "#spectrum-solver")

    def action_tables(self) -> None:
        self.toggle_column(self.query_one("#spectrum-tables"), ROOM["tables"], "#spectrum-bases")

    # Taking it elsewhere

    def copied(self) -> tuple[str, str]:
        moment = self.moment
        if moment is None or moment.answer is None or moment.answered is None:
            return "", "There is nothing to copy yet"
        answer = moment.answer
        lines = [lstsq_line(moment.answered.specification, answer.solver)]
        lines.append(
            f"# max error {answer.max_error:.6g}, mse {answer.mse:.6g}, rank {answer.rank} of {answer.size}"
        )
        return "\n".join(lines), "Copied the command line and the numbers"

    def export(self, folder: Path) -> None:
        self.controller.ask(SpectrumSubject, lambda spectrum: spectrum.export(folder))


def _waiting(moment: SpectrumMoment | None) -> list[str]:
    """What is said while there is no answer to the newest question."""
    if moment is None or moment.expected is None:
        return ["solving…"]
    return [f"solving, about {moment.expected:,.0f} s…", "any change takes its place"]
