"""Training on the manifold as the paper does it: Stage 1's optima, whole tables in quick mode, starts."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from quick import quick
from wrong import WRONG

from nnexpr.experiments.attempt import Attempt, Cancelled
from nnexpr.experiments.data import VERDICTS, Result
from nnexpr.experiments.discovery import find
from nnexpr.experiments.manifold.beyond import whole_floor
from nnexpr.experiments.manifold.printed import LATER, PRINTED
from nnexpr.experiments.manifold.rows import Trained, train_rows
from nnexpr.experiments.manifold.setup import CURVES, DEFAULT_RATE, ROWS, Curve, Row, Setting, start, train
from nnexpr.experiments.manifold.sparse import SHOWN, _cells
from nnexpr.experiments.manifold.starts import counts
from nnexpr.networks.builders import mlp


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_the_least_errors_of_stage_one_are_the_printed_ones(curve: Curve) -> None:
    """The optimum over the peaks depends on no step size, so two programs agree on it: within 2 %."""
    setting = Setting()
    result = train(start("theorem", curve.sign, setting), setting.target(curve), (1,), setting)
    printed, _ = PRINTED["stage 1"][curve.name]
    assert float(result.loss.min()) == pytest.approx(printed, rel=0.02)


def test_every_row_and_curve_has_printed_numbers() -> None:
    assert set(PRINTED) == {row.name for row in ROWS}
    assert set(LATER) <= set(PRINTED)
    for cells in PRINTED.values():
        assert list(cells) == [curve.name for curve in CURVES]
        assert all(least < mean for least, mean in cells.values())


def well_formed(result: Result) -> None:
    for table in result.tables:
        assert table.rows
        for row in table.rows:
            assert len(row) == len(table.columns)
            assert all(cell is None or isinstance(cell, (str, int, float)) for cell in row)
            assert not any(isinstance(cell, np.generic) and not isinstance(cell, float) for cell in row)
    for figure in result.figures:
        for curve in figure.series:
            assert len(curve.x) == len(curve.y) > 0
    for claim in result.claims:
        assert claim.verdict in VERDICTS
        assert claim.statement
        assert claim.fails_if
        assert claim.id in WRONG  # a test makes it fail


def test_the_tables_whole_in_quick_mode() -> None:
    [experiment] = find("manifold-tables")
    shares: list[float] = []
    result = experiment.run(Attempt(True, progress=lambda share, _: shares.append(share)))
    well_formed(result)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert [len(table.rows) for table in result.tables] == [len(ROWS)] * len(CURVES)
    for table in result.tables:
        least, mean, regions, floor = (
            [row[table.columns.index(name)] for row in table.rows]
            for name in ("min", "mean", "regions", "floor")
        )
        assert all(a <= b * (1 + 1e-9) for a, b in zip(least, mean, strict=True))
        assert all(a <= b * (1 + 1e-4) for a, b in zip(floor, least, strict=True))
        assert regions[[row.name for row in ROWS].index("stage 1")] == 32
    assert {claim.id.split()[0] for claim in result.claims} == {"M2", "M3", "M4", "M5", "M14"}


def test_a_report_that_raises_ends_the_run() -> None:
    [experiment] = find("manifold-tables")

    def report(share: float, note: str) -> None:
        if share > 0.05:
            raise Cancelled

    with pytest.raises(Cancelled):
        experiment.run(Attempt(True, progress=report))


@pytest.mark.parametrize("name", ["figures", "sparse", "draws", "steps", "bends", "starts", "beyond"])
def test_other_experiments_in_quick_mode(name: str) -> None:
    result, shares = quick(f"manifold-{name}")
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    well_formed(result)
    assert result.figures or result.tables
    assert not any(claim.verdict == "fails" for claim in result.claims)


def test_another_seed_trains_other_networks() -> None:
    [experiment] = find("manifold-sparse")
    first, same, other = (experiment.run(Attempt(True, seed)).tables[0].rows for seed in (0, 0, 100))
    assert first == same != other


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_no_spline_of_as_many_pieces_is_worse_than_a_manifold_network(curve: Curve) -> None:
    """The floor of 2^L pieces is below every network that has 2^L regions."""
    setting = Setting(members=4, epochs=100)
    result = train(start("theorem", curve.sign, setting), setting.target(curve), (1,), setting)
    assert float(result.loss.min()) >= whole_floor(curve, setting) > 0
    assert whole_floor(curve, Setting(depth=9)) == 0  # as many pieces as samples


def test_counts_of_starts() -> None:
    """Compositional networks have no dead unit and 2^5 - 1 bends; a network of dead units has collapsed.

    Above a dead layer no pre-activation changes its sign; below it some do.
    """
    manifold = counts(start("theorem", -1, Setting(members=50)))
    assert (manifold["dead units, share"], manifold["collapsed"], manifold["mean bends"]) == (0.0, 0.0, 31.0)
    assert [manifold[f"layer {layer} idle"] for layer in range(1, 6)] == [0.0] * 5
    network = mlp(6, 4, members=50)
    network.affine(1)[
        :, :, :
    ] = -1.0  # ReLU's outputs are not negative: the second layer is dead in every member
    dead = counts(network)
    assert dead["collapsed"] == 1.0
    assert dead["dead units, share"] >= 1 / 5
    idle = [dead[f"layer {layer} idle"] for layer in range(1, 6)]
    assert idle[1:] == [1.0] * 4
    assert 0 < idle[0] < 1
    assert math.isclose(dead["idle layers, mean"], sum(idle))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_trained_through_the_stages_it_names_and_no_other(row: Row) -> None:
    named = {int(digit) for digit in row.name if digit.isdigit()}
    assert named <= set(row.stages)
    assert len(row.stages) == len(named) or row.name in ("default", "raai", "free scales", "all stages")
    setting = Setting(members=2, epochs=20)
    trained: Trained = {}
    result = train_rows(row, CURVES[0], trained, setting)
    alone = start(row.start, CURVES[0].sign, setting)
    rate = DEFAULT_RATE if row.start in ("default", "raai") else None
    for stage in row.stages:
        alone = train(alone, setting.target(CURVES[0]), (stage,), setting, rate).network
    assert torch.equal(result.network.parameters, alone.parameters)


def test_sparse_errors_are_those_between_the_training_points() -> None:
    curve, setting = CURVES[2], Setting(members=3, epochs=20, points=10)
    found = _cells(curve, setting)
    network = train_rows(SHOWN[0], curve, {}, setting).network
    x = (np.arange(10) + 0.5) / 10
    errors = (network(torch.from_numpy(x))[:, :, 0].numpy() - np.sin(np.pi * x / 2)) ** 2
    assert found[SHOWN[0].name][0] == pytest.approx(errors.mean(axis=1).min(), rel=1e-6)


def test_free_scales_share_the_peaks_and_not_the_scales() -> None:
    setting = Setting(members=3)
    theorem, free = start("theorem", -1, setting), start("free", -1, setting)
    assert np.allclose(theorem.bias(0)[:, 2], free.bias(0)[:, 2])
    assert not np.allclose(theorem.weight(5), free.weight(5))
