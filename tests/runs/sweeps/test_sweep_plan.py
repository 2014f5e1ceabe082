"""Which cells are trained together, and that each is to the bit what it is alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nnexpr.declarations import InputError
from nnexpr.runs.file import unpacked
from nnexpr.runs.restored import result_of
from nnexpr.runs.sweeps.job import MOST_HISTORY, JobStopped, run_job
from nnexpr.runs.sweeps.plan import Job, plan_of
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import fitted, session_of

SMALL = {"target": "fourier", "points": 64, "epochs": 30, "threads": 1}


def cells(*varied: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**SMALL, **each} for each in varied]


@pytest.mark.parametrize(
    "common",
    [
        {"width": (6,), "schedule": "cosine"},
        {"width": (4,), "optimizer": "sgd", "schedule": "step:7:0.3", "batch_size": 20},
        {"network": "compositional", "target": "cube", "depth": 3, "stages": (1, 3)},
        {"network": "shallow", "knots": 9, "biases": "random", "dtype": "float64"},
        {"network": "mmnn", "width": (12,), "rank": 3, "depth": 2, "activation": "sine"},
    ],
)
def test_a_cell_is_to_the_bit_what_it_is_alone(common: dict[str, Any]) -> None:
    """Seeds with gaps and twice, and learning rates of their own."""
    configs = cells(
        *({**common, "lr": lr, "seed": seed} for lr in (1e-3, 3e-3, 0.05) for seed in (5, 1, 2, 9))
    )
    [job] = plan_of(configs).jobs
    saved = unpacked(run_job(job.to_json()), "result")
    told = saved.metadata["extra"]["job"]["cells"]
    for member, (config, row) in enumerate(zip(configs, told, strict=True)):
        alone = fitted(session_of(FitSpecification.make(**config)))
        assert torch.equal(saved.network.parameters[member], alone.network.parameters[0])
        assert (row["seed"], row["lr"]) == (config["seed"], config["lr"])
        assert row["loss"] == float(alone.loss[0])
        assert row["best_loss"] == float(alone.best_loss[0])
        assert row["epoch_of_best"] == int(alone.epoch_of_best[0])
        assert row["max_error"] == float(alone.max_error[0])
        if alone.network.is_piecewise_linear:
            [lines] = alone.regions()
            assert (row["linear_regions"], row["dead_units"]) == (lines.count, len(lines.dead_units))


def test_cells_that_stop_at_different_epochs_are_not_trained_together() -> None:
    """In one ensemble the first would go on until the last has met the stop loss."""
    configs = cells(*({"stop_loss": 1.0, "epochs": 500, "seed": seed} for seed in range(3)))
    jobs = plan_of(configs).jobs
    assert [job.cells for job in jobs] == [(0,), (1,), (2,)]
    for job, config in zip(jobs, configs, strict=True):
        saved = unpacked(run_job(job.to_json()), "result")
        alone = fitted(session_of(FitSpecification.make(**config)))
        assert saved.metadata["extra"]["epoch"] == alone.epochs
        assert torch.equal(saved.network.parameters, alone.network.parameters)


def test_cells_are_together_where_only_seed_and_rate_differ() -> None:
    own, fixed = {"optimizer": "lbfgs"}, {"schedule": "steps:5=0.1"}
    configs = cells(
        {"lr": 1e-3}, {"lr": 1e-2}, {"lr": 1e-3, "width": (8,)}, {"lr": 1e-3, "seed": 3}, {"lr": 1e-2, **own},
        {"lr": 1e-3, **own}, {"lr": 1e-3, **fixed}, {"lr": 1e-2, **fixed},
    )  # fmt: skip
    together = [job.cells for job in plan_of(configs).jobs]
    assert together == [(0, 1, 3), (2,), (4,), (5,), (6,), (7,)]
    assert [job.cells[0] for job in plan_of(configs, first=100).jobs] == [100, 102, 104, 105, 106, 107]


def test_long_fits_are_few_in_a_job_and_short_ones_many() -> None:
    short = plan_of([{**SMALL, "seed": seed} for seed in range(1000)]).jobs
    long = plan_of([{**SMALL, "epochs": 10**6, "seed": seed} for seed in range(1000)]).jobs
    for jobs in (short, long):
        assert sorted(cell for job in jobs for cell in job.cells) == list(range(1000))
    assert len(short) == 4
    assert len(long) > 100


def test_a_job_goes_round_by_json() -> None:
    [job] = plan_of(
        cells(
            {"width": (4, 5), "depth": 3, "domain": (0.0, 0.5)},
            {"width": (4, 5), "depth": 3, "domain": (0.0, 0.5), "lr": 0.1},
        )
    ).jobs
    again = Job.from_json(job.to_json())
    assert again.to_json() == job.to_json()
    assert again.specification == job.specification
    for text in (
        "",
        "{}",
        "[]",
        job.to_json().replace('"version": 1', '"version": 2'),
        job.to_json().replace('"seeds"', '"sods"'),
        "[" * 5000,
    ):
        with pytest.raises(InputError):
            Job.from_json(text)


def test_a_job_that_was_stopped_ends_where_it_would_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnexpr.runs.sweeps.job.TURN", 0.0)  # epoch by epoch
    [job] = plan_of(
        cells(*({"lr": lr, "epochs": 300, "schedule": "cosine"} for lr in (1e-3, 1e-2, 1e9)))
    ).jobs
    whole = unpacked(run_job(job.to_json()), "whole")
    kept: list[bytes] = []
    for _ in range(2):
        with pytest.raises(JobStopped):
            run_job(job.to_json(), kept.append, lambda: True, kept[-1] if kept else None)
    parted = unpacked(run_job(job.to_json(), checkpoint=kept[-1]), "parted")
    assert (
        0
        < unpacked(kept[0], "kept").metadata["extra"]["epoch"]
        < unpacked(kept[1], "kept").metadata["extra"]["epoch"]
        < 300
    )
    assert torch.equal(whole.network.parameters, parted.network.parameters)
    assert whole.tensors.keys() == parted.tensors.keys()
    for name, tensor in whole.tensors.items():
        np.testing.assert_array_equal(tensor.numpy(), parted.tensors[name].numpy())
    other = Job.from_json(job.to_json().replace("1000000000.0", "0.5"))
    with pytest.raises(InputError, match="not a checkpoint of this job"):
        run_job(other.to_json(), checkpoint=kept[0])


def test_a_result_is_a_run_with_a_short_history() -> None:
    """Also where a member diverged, which is told."""
    [job] = plan_of(cells(*({"lr": lr, "epochs": 2000} for lr in (1e-3, 1e30)))).jobs
    saved = unpacked(run_job(job.to_json()), "result")
    good, bad = saved.metadata["extra"]["job"]["cells"]
    assert (good["nonfinite"], good["diverged_at"]) == (False, None)
    assert good["linear_regions"] >= 1
    assert (bad["nonfinite"], bad["loss"], bad["linear_regions"]) == (True, None, None)
    assert bad["diverged_at"] > 0
    result = result_of(saved)
    assert result is not None
    assert set(result.diverged) == {1}
    assert 2 <= len(result.history) <= MOST_HISTORY
    assert not [name for name in saved.tensors if name.startswith("state.")]


def test_what_cannot_be_trained_here_says_so() -> None:
    with pytest.raises(InputError, match="there is no such file"):
        run_job(plan_of(cells({"target": "csv:/nowhere.csv"})).jobs[0].to_json())
    with pytest.raises(InputError, match="memory"):
        run_job(plan_of(cells({"width": (65536,), "depth": 50})).jobs[0].to_json())


def test_cells_are_the_fits_that_their_options_make() -> None:
    """Whatever is checked once for many seeds."""
    configs = [
        {"network": network, "seed": seed, "lr": lr}
        for network in ("mlp", "shallow")
        for lr in (1e-3, 0.5)
        for seed in (0, 3, 2**62)
    ] + [{}, {"width": [4, 5], "depth": 3}]
    made = [
        FitSpecification.make(**{k: tuple(v) if isinstance(v, list) else v for k, v in c.items()})
        for c in configs
    ]
    assert plan_of(configs).cells == tuple(made)
    with pytest.raises(InputError, match="seed"):
        plan_of([{"lr": 0.1, "seed": 1}, {"lr": 0.1, "seed": -1}])
