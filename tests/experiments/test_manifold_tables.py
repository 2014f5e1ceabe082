"""Training on the manifold as the paper does it: Stage 1's optima, whole tables in quick mode, starts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnexpr.experiments.attempt import Attempt, Cancelled
from nnexpr.experiments.data import VERDICTS, Result
from nnexpr.experiments.discovery import find
from nnexpr.experiments.manifold.beyond import whole_floor
from nnexpr.experiments.manifold.printed import LATER, PRINTED
from nnexpr.experiments.manifold.setup import CURVES, ROWS, Curve, Setting, start, train
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
    [experiment] = find(f"manifold-{name}")
    shares: list[float] = []
    result = experiment.run(Attempt(True, progress=lambda share, _: shares.append(share)))
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
    """Compositional networks have no dead unit and 2^5 - 1 bends; a network of dead units has collapsed."""
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
    assert math.isclose(dead["idle layers, mean"], 5.0)


def test_free_scales_share_the_peaks_and_not_the_scales() -> None:
    setting = Setting(members=3)
    theorem, free = start("theorem", -1, setting), start("free", -1, setting)
    assert np.allclose(theorem.bias(0)[:, 2], free.bias(0)[:, 2])
    assert not np.allclose(theorem.weight(5), free.weight(5))
