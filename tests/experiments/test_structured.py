"""The experiments on structured decomposition: the edges of the verdicts, and numbers held to closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from quick import columns, quick
from wrong_structured import STEEP, errors

from nnexpr.experiments.numerics import pieces, structured
from nnexpr.theory.decomposition import Division, stretched_bump, waves_in_turn


def test_the_least_that_holds() -> None:
    flat = ((8.6, 2.5), (8.5, 9.0), (8.5, 9.0))
    assert structured.smoother(STEEP, flat).verdict == "holds as corrected"
    assert structured.smoother(flat, STEEP).verdict == "holds"
    assert structured.smoother(STEEP, STEEP).verdict == "fails"
    assert structured.waves_are_halved(((12.0, 8.9), (12.0, 8.8), (12.0, 8.8))).verdict == "holds"
    assert structured.waves_are_halved(((12.0, 8.9), (12.1, 6.0), (12.0, 6.0))).verdict == "fails"
    assert structured.divided(1e-13).verdict == "holds"
    found = {claim.id: claim for claim in pieces.lower(errors(single=1.01, trained=1.01, exact=1.01))}
    assert {claim.verdict for claim in found.values()} == {"holds"}
    failing = [claim for claim in pieces.lower(errors(exact=0.5)) if claim.verdict == "fails"]
    assert [claim.id for claim in failing] == ["Z20 exact"]
    assert failing[0].why


def test_gradients_are_those_of_the_closed_forms() -> None:
    x = np.linspace(-1, 1, 200_001)
    bump = structured.gradients(stretched_bump(0.3), x)
    steepest = 10 * math.sqrt(2 / math.e)  # of exp(-(10 x)²), at 1/√200
    assert [most for most, _ in bump] == pytest.approx([steepest, 3, steepest / 3], rel=1e-6)
    assert bump[0][1] ** 2 == pytest.approx(5 * math.sqrt(math.pi / 2), rel=1e-6)
    n = 4
    (most, mean), *parts = structured.gradients(waves_in_turn(n), x)
    assert (most, mean) == pytest.approx((n * math.pi, n * math.pi / math.sqrt(2)), rel=1e-6)
    for most_, mean_ in parts:  # a straight half, of slope 1
        assert (most_, mean_**2) == pytest.approx((n * math.pi, (n * math.pi) ** 2 / 4 + 0.5), rel=1e-4)


def test_both_have_as_many_degrees_of_freedom(monkeypatch: pytest.MonkeyPatch) -> None:
    """n pieces of m coefficients, and n + 1 breaks; a shallow network's last unit is dead on its domain."""
    assert pieces.degrees(pieces.PIECES) == 16 * 16 + 17
    monkeypatch.setattr(pieces, "EPOCHS", 1)
    goal = Division(lambda x: x, np.array([0.0, 1.0])).target(0, 50)
    dead = {pieces.EXACT: 0, pieces.SINGLE: 0, pieces.TRAINED: 1}
    for way in pieces.WAYS:
        [one] = pieces.fitted([goal], 9, way, 1, 0)
        assert one.layers[-1].size == 9 + dead[way]


def test_solved_exactly_errors_are_those_of_splines() -> None:
    """sin 16πx: the L2 distance to splines of a small step h is (κh)²/√720 times the norm, κ = 16π."""
    result, _ = quick("structured")
    [figure] = result.figures
    curves = {curve.label: dict(zip(curve.x, curve.y, strict=True)) for curve in figure.series}
    count = pieces.degrees(32)
    expected = (16 * math.pi * 2 / (count - 1)) ** 2 / math.sqrt(720)
    assert curves[f"one network, {pieces.EXACT}"][count] == pytest.approx(expected, rel=0.02)
    expected = (16 * math.pi * 2 / (32 * 15)) ** 2 / math.sqrt(720)
    assert curves[f"pieces, {pieces.EXACT}"][count] == pytest.approx(expected, rel=0.05)


def test_a_table_row_has_the_ratio_of_its_errors() -> None:
    result, _ = quick("structured")
    one, parts, ratio = columns(result.tables[1], "one network", f"{pieces.PIECES} pieces", "ratio")
    assert np.allclose(one / parts, ratio)
