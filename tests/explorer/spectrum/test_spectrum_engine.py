"""What the Spectrum screen is shown is least_squares' own, in every piece; what cannot be is one sentence."""

from __future__ import annotations

import itertools
import json
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from steps import seated, until

from nnexpr.declarations import InputError
from nnexpr.linear.basis import BASES, SOLVERS
from nnexpr.linear.problem import choices_of, knots_of, samples_of
from nnexpr.linear.solvers import LinearFit, least_squares
from nnexpr.linear.specification import LstsqSpecification
from nnexpr.specification import DTYPES
from nnexpr_tui.commands.cli import cli
from nnexpr_tui.spectrum import engine, panes
from nnexpr_tui.spectrum.engine import Kept, answers
from nnexpr_tui.spectrum.moment import Answer, SpectrumQuestion
from nnexpr_tui.spectrum.report import document, lstsq_line
from nnexpr_tui.spectrum.subject import SpectrumSubject

PLAIN = LstsqSpecification.make(target="arctan25", samples=300, knots=30, basis="relu", solver="svd")


def answered(specification: LstsqSpecification, kept: Kept | None = None, mode: int = 1) -> Answer:
    """The last of its answers."""
    found = [answer for answer in answers(SpectrumQuestion(specification, mode), kept or Kept()) if answer]
    return found[-1]


def solved(specification: LstsqSpecification) -> LinearFit:
    """The same by least_squares."""
    samples = samples_of(specification)
    knots = knots_of(specification, samples)
    return least_squares(
        samples.x, samples.y, knots, domain=samples.domain, **choices_of(specification, knots)
    )


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("solver", SOLVERS)
def test_an_answer_has_the_numbers_of_least_squares(solver: str, basis: str) -> None:
    specification = PLAIN.replace(basis=basis, solver=solver, noise=0.1, biases="uniform")
    if SOLVERS[solver].cut_off:
        specification = specification.replace(rcond=3.3e-6)
    if not SOLVERS[solver].dense and basis not in ("relu", "hat"):
        with pytest.raises(InputError, match="it solves for linear splines only"):
            answered(specification)
        return
    answer, fit = answered(specification), solved(specification)
    assert (answer.solver, answer.rank, answer.size) == (solver, fit.rank, len(fit.coefficients))
    assert answer.mse == pytest.approx(fit.mse, rel=1e-7)
    assert answer.max_error == pytest.approx(fit.max_error, rel=1e-6)
    assert answer.condition == pytest.approx(fit.condition, rel=1e-5)
    assert answer.eigen.kept == fit.rank


@pytest.mark.parametrize(("solver", "cut_off"), [("svd", 3.3e-4), ("hat", None)])
def test_every_basis_in_both_precisions_is_what_it_is_alone(solver: str, cut_off: float | None) -> None:
    """Sines have no O(n) solver: there qr is taken, whose rank at ε is a matter of rounding."""
    specification = PLAIN.replace(solver=solver, rcond=cut_off, biases="adaptive")
    rows = answered(specification).rows
    assert [(row.basis, row.dtype) for row in rows] == [(b, d) for b in BASES for d in reversed(DTYPES)]
    for row in rows:
        taken = solver if cut_off or row.basis in ("relu", "hat") else "qr"
        fit = solved(specification.replace(basis=row.basis, dtype=row.dtype, solver=taken))
        assert (row.solver, row.note) == (taken, "")
        exactly = 1e-6 if row.dtype == "float64" else 1e-3
        assert row.mse == pytest.approx(fit.mse, rel=exactly if cut_off else 0.05)
        assert row.condition is not None
        told = 1e13  # beyond, it is rounding
        assert min(row.condition, told) == pytest.approx(min(fit.condition, told), rel=0.1)


def test_a_row_that_cannot_be_says_why_and_the_others_stand() -> None:
    rows = answered(PLAIN.replace(solver="normal", ridge=0.0, knots=150)).rows
    notes = {row.basis: row.note for row in rows if row.dtype == "float32"}
    assert "not positive definite in float32" in notes["gaussian"]
    assert notes["cosine"] == ""


def test_what_is_moved_alone_is_not_factored_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, factored = Kept(), []
    answered(PLAIN, kept)
    qr = engine.FactoredDesign.triangle.func  # type: ignore[attr-defined]
    monkeypatch.setattr(engine.FactoredDesign, "matrix", property(lambda design: factored.append(design)))
    assert callable(qr)
    for changes in (
        {"rcond": 1e-3},
        {"rcond": 1e-1},
        {"solver": "qr"},
        {"dtype": "float32"},
        {"basis": "tanh"},
    ):
        design = kept.design(PLAIN.replace(**changes))
        assert "matrix" in vars(design)
    assert not factored


def test_designs_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    first = kept.design(PLAIN)
    assert kept.design(PLAIN.replace(seed=5)) is first  # which places no uniform knot
    assert kept.design(PLAIN.replace(biases="random")) is not kept.design(
        PLAIN.replace(biases="random", seed=5)
    )
    monkeypatch.setattr(engine, "MOST_BYTES", 1)
    newest = kept.design(PLAIN.replace(knots=40))
    assert kept.design(PLAIN.replace(knots=40)) is newest
    assert kept.design(PLAIN) is not first


@pytest.mark.parametrize("solver", ["svd", "gram"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_higher_cut_off_keeps_fewer_modes_and_leaves_more_of_the_target(solver: str, dtype: str) -> None:
    kept = Kept()
    cut_offs = [10.0**power for power in range(-6, 0)]
    found = [answered(PLAIN.replace(solver=solver, dtype=dtype, rcond=rcond), kept) for rcond in cut_offs]
    ranks, errors = [answer.rank for answer in found], [answer.mse for answer in found]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] > ranks[-1]
    assert all(after >= 0.999 * before for before, after in itertools.pairwise(errors))
    for answer in found:  # Pythagoras, in the units of the target
        whole = np.mean(answer.drawn.data[1] ** 2)
        left = 1 - answer.eigen.shares[: answer.rank].sum()
        if answer.rank <= answer.eigen.resolved:
            assert answer.mse == pytest.approx(
                left * whole, abs=whole * (1e-5 if dtype == "float64" else 1e-2)
            )
        line = answer.eigen.line
        assert line is not None
        assert (answer.eigen.values > line).sum() == pytest.approx(answer.rank, abs=1)


def test_the_spectrum_approaches_the_law_of_the_kernel() -> None:
    """A cantilever's, moved by at most the one mode of the constant beside the ReLUs."""
    eigen = answered(PLAIN.replace(knots=100, samples=2000)).eigen
    assert eigen.exact is not None
    k = np.arange(10)
    assert (eigen.values[k] > 0.97 * eigen.exact[k]).all()
    assert (eigen.values[k + 1] < 1.03 * eigen.exact[k]).all()
    for changes in ({"basis": "hat"}, {"biases": "random"}):
        assert answered(PLAIN.replace(**changes)).eigen.exact is None


def test_frequencies_are_the_amplitudes_of_the_target_and_of_what_is_left() -> None:
    wave = PLAIN.replace(target="expr:3*sin(5*2*pi*x)", domain=(0.0, 1.0), basis="cosine", samples=1001)
    answer = answered(wave.replace(knots=4))  # half turns, of which no three make five whole ones
    assert answer.target_modes.argmax() == 5
    assert answer.target_modes[5] == pytest.approx(3, rel=1e-9)
    assert answer.error_modes[5] == pytest.approx(3, rel=0.2)
    assert answered(wave.replace(knots=80)).error_modes[5] < 0.01


def test_a_mode_is_drawn_by_its_number_within_what_there_is() -> None:
    kept = Kept()
    for number, shown in ((1, 1), (7, 7), (0, 1), (10_000, 30)):
        answer = answered(PLAIN, kept, number)
        assert answer.eigen.number == shown
        assert panes.mode_title(answer).startswith(f"Mode {shown}:")
        x, u = answer.drawn.mode
        assert np.mean(u**2) == pytest.approx(1, rel=0.2)
        assert (x[0], x[-1]) == (-1, 1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"target": "waves2d", "basis": "sine"},
            "in two dimensions it must be one of relu, hat, tanh, gaussian",
        ),
        (
            {"target": "waves2d", "biases": "adaptive"},
            "in two dimensions these knots are placed uniform or random",
        ),
        ({"target": "expr:1/x", "samples": 301}, "its value is not finite at x = 0"),
        ({"target": "csv:nowhere.csv"}, "there is no such file"),
        ({"rcond": 2.0}, "it must be at least 0 and below 1"),
        ({"target": "expr:1e140*x", "dtype": "float32"}, "no place for a value of 1e\\+140; take float64"),
    ],
)
def test_what_cannot_be_solved_is_one_sentence(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        answered(PLAIN.replace(**changes))


@pytest.mark.parametrize("solver", ["svd", "gram", "hat", "qr"])
@pytest.mark.parametrize(
    "changes",
    [{"samples": 1}, {"samples": 2}, {"knots": 2}, {"samples": 20, "knots": 50}, {"target": "expr:0*x"}],
)
def test_the_smallest_problems_are_drawn(changes: dict[str, object], solver: str) -> None:
    specification = PLAIN.replace(solver=solver, **changes)
    answer = answered(specification)
    assert answer.mse < 1e-20 or "knots" in changes
    for chart in (
        panes.fit_drawing(answer, residual=False), panes.fit_drawing(answer, residual=True),
        panes.eigen_chart(answer), panes.frequencies_chart(answer), panes.mode_drawing(answer),
    ):  # fmt: skip
        assert all(np.size(series.x) <= 20_000 for series in chart.series)
    assert panes.number_lines(answer)
    assert len(panes.bases_lines(answer, specification, pointer=">")[1]) == 2 * len(BASES)
    json.dumps(document(specification, answer), allow_nan=False)


def test_many_samples_of_a_file_are_all_fitted_and_few_points_drawn(tmp_path: Path) -> None:
    x = np.linspace(0, 10, 12_000)
    rows = "\n".join(f"{a:.6f},{np.sin(a):.6f}" for a in x)
    (tmp_path / "many.csv").write_text("x,y\n" + rows, encoding="utf-8")
    answer = answered(PLAIN.replace(target=f"csv:{tmp_path}/many.csv", solver="hat"))
    assert (answer.samples, answer.is_data) == (12_000, True)
    assert all(len(curve[0]) <= 5000 for curve in (answer.drawn.data, answer.drawn.fit, answer.drawn.error))
    assert answer.drawn.data[1].max() == pytest.approx(1, abs=1e-5)


def test_the_command_that_is_copied_finds_the_same() -> None:
    specification = PLAIN.replace(
        basis="gaussian", scale=12.0, rcond=1e-9, biases="random", seed=3, noise=0.05
    )
    answer = answered(specification)
    words = shlex.split(lstsq_line(specification, answer.solver))
    assert words[:2] == ["nnexpr-tui", "lstsq"]
    found = json.loads(CliRunner().invoke(cli, [*words[1:], "--json"]).stdout)
    assert found["rank"] == answer.rank
    assert found["mse"] == pytest.approx(answer.mse, rel=1e-6)
    assert "--rcond" not in lstsq_line(specification.replace(solver="hat"), "hat")


# The subject


def worked(subject: SpectrumSubject) -> None:
    """Give it turns until it rests."""
    while subject.wait is not None:
        subject.turn(0.02)


def test_of_several_questions_the_newest_is_answered() -> None:
    subject = seated(SpectrumSubject())
    for knots in (20, 30, 40):
        subject.solve(SpectrumQuestion(PLAIN.replace(knots=knots)))
    subject.turn(0.0)
    subject.turn(0.0)
    subject.solve(SpectrumQuestion(PLAIN.replace(knots=50)))
    worked(subject)
    moment = subject.moment()
    assert moment is not None
    assert moment.answer is not None
    assert moment.answered == moment.question
    assert (moment.answer.size, moment.is_working, moment.compared) == (50, False, 2 * len(BASES))


def test_what_is_refused_leaves_the_answer_there_was() -> None:
    subject = seated(SpectrumSubject())
    subject.solve(SpectrumQuestion(PLAIN))
    worked(subject)
    subject.solve(SpectrumQuestion(PLAIN.replace(target="waves2d", basis="sine")))
    worked(subject)
    moment = subject.moment()
    assert moment is not None
    assert moment.refused is not None
    assert "in two dimensions" in str(moment.refused)
    assert moment.answered == SpectrumQuestion(PLAIN)
    assert moment.answer is not None


class Captured:
    """Standard error as it is while the explorer runs: Textual's has no file."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass

    def fileno(self) -> int:
        return -1


async def test_what_is_long_is_answered_apart_and_another_question_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subject = seated(SpectrumSubject())
    for name in ("stderr", "stdout"):
        monkeypatch.setattr(sys, name, Captured())
    monkeypatch.setattr(engine, "LONG", 0.0)
    try:
        subject.solve(SpectrumQuestion(PLAIN.replace(knots=3000, samples=6000)))
        subject.turn(0.0)
        first = subject._apart._process
        moment = subject.moment()
        assert moment is not None
        assert moment.expected is not None
        subject.solve(SpectrumQuestion(PLAIN))
        subject.turn(0.0)
        assert first.poll() is not None

        def finished() -> bool:
            subject.turn(0.0)
            return subject.wait is None

        await until(finished)
        moment = subject.moment()
        assert moment is not None
        assert moment.answer is not None
        assert moment.answer.mse == pytest.approx(solved(PLAIN).mse, rel=1e-7)
        assert moment.compared == 2 * len(BASES)
        subject.solve(SpectrumQuestion(PLAIN.replace(target="waves2d", basis="sine")))
        subject.turn(0.0)
        await until(finished)
        assert "in two dimensions" in str(subject.moment().refused)  # type: ignore[union-attr]
    finally:
        subject.end()
    assert subject._apart._process is None


async def test_a_process_that_has_ended_is_said_and_the_next_question_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subject = seated(SpectrumSubject())
    monkeypatch.setattr(engine, "LONG", 0.0)
    try:
        subject.solve(SpectrumQuestion(PLAIN))
        subject.turn(0.0)
        subject._apart._process.kill()

        def refused() -> bool:
            subject.turn(0.0)
            moment = subject.moment()
            return moment is not None and moment.refused is not None

        await until(refused)
        assert "was memory enough?" in str(subject.moment().refused)  # type: ignore[union-attr]
    finally:
        subject.end()
