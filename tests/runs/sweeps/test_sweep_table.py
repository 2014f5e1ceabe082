"""The table and the pictures of a sweep, of results that were made up."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnexpr.declarations import InputError
from nnexpr.exports.sweeps import write_sweep
from nnexpr.runs.sweep_journal import CellEntry
from nnexpr.runs.sweeps.pictures import heat_maps, parallel
from nnexpr.runs.sweeps.plan import plan_of
from nnexpr.runs.sweeps.table import Table

WIDTHS, RATES, SEEDS = (4, 8, 64), (1e-3, 1e-1), (0, 1, 2)
CONFIGS = [
    {"width": (width,), "lr": lr, "activation": name, "seed": seed}
    for width in WIDTHS
    for lr in RATES
    for name in ("relu", "tanh")
    for seed in SEEDS
]


def loss(config: dict) -> float:
    """Multiplicative, so that the median over seeds and activations is that of the middle."""
    return (
        1.0
        / config["width"][0]
        * config["lr"]
        * (1 + config["seed"])
        * (2 if config["activation"] == "tanh" else 1)
    )


@pytest.fixture
def table() -> Table:
    entries = []
    for number, config in enumerate(CONFIGS):
        metrics = {"loss": loss(config), "linear_regions": 3.0, "nonfinite": 0.0, "seconds": 0.5}
        entries.append(CellEntry("s", number, config, "done", "r", number, metrics))
    lost = {"nonfinite": 1.0, "diverged_at": 7.0}
    entries[0] = CellEntry("s", 0, CONFIGS[0], "done", "r", 0, lost)
    entries[-1] = CellEntry("s", len(CONFIGS) - 1, CONFIGS[-1], "failed", problem="no such file")
    return Table("s", ("width", "lr", "activation", "seed"), plan_of(CONFIGS).cells, tuple(entries))


def test_the_best_come_first_and_what_has_no_loss_is_left_out(table: Table) -> None:
    best = table.best(100)
    losses = [loss(CONFIGS[cell]) for cell in best]
    assert losses == sorted(losses)
    assert set(range(len(CONFIGS))) - set(best) == {0, len(CONFIGS) - 1}


def test_configurations_have_the_median_of_their_seeds(table: Table) -> None:
    groups = {tuple(group.options.values()): group for group in table.groups()}
    assert len(groups) == 12
    for (width, lr, activation), group in groups.items():
        expected = [
            loss(c) for c in CONFIGS if (c["width"], c["lr"], c["activation"]) == (width, lr, activation)
        ]
        if group.done == 3 and not group.diverged:
            assert group.median == pytest.approx(np.median(expected))
    lost = groups[(4,), 1e-3, "relu"]
    assert (lost.done, lost.diverged, len(lost.values)) == (3, 1, 2)
    assert [group.median for group in table.groups()] == sorted(group.median for group in table.groups())


def test_rows_hold_every_kind_of_value(table: Table) -> None:
    first, second, last = table.rows()[0], table.rows()[1], table.rows()[-1]
    assert (first["loss"], first["nonfinite"], first["diverged_at"]) == (None, True, 7)
    assert (second["width"], second["lr"], second["activation"], second["linear_regions"]) == (
        4,
        1e-3,
        "relu",
        3,
    )
    assert isinstance(second["linear_regions"], int)
    assert (last["state"], last["problem"], last["run"]) == ("failed", "no such file", None)


def test_a_map_has_the_median_of_each_place(table: Table) -> None:
    drawn, *others = heat_maps(table)
    assert (drawn.x_label, drawn.y_label) == ("width", "lr")
    assert (drawn.x, drawn.y, drawn.log) == (["4", "8", "64"], ["0.001", "0.1"], True)
    finite = dict(enumerate(table.result("loss")))
    for i, lr in enumerate(RATES):
        for j, width in enumerate(WIDTHS):
            there = [finite[n] for n, c in enumerate(CONFIGS) if (c["width"], c["lr"]) == ((width,), lr)]
            assert drawn.values[i][j] == pytest.approx(np.nanmedian(there))
    assert [(each.x_label, each.y_label) for each in others] == [
        ("width", "activation"),
        ("lr", "activation"),
    ]
    assert others[0].y == ["relu", "tanh"]


def made_of(configs: list[dict]) -> Table:
    entries = [CellEntry("s", n, c, "done", "r", n, {"loss": 1.0 + n}) for n, c in enumerate(configs)]
    return Table("s", tuple(configs[0]), plan_of(configs).cells, tuple(entries))


def test_places_of_a_map_ascend_by_number_and_others_as_they_come() -> None:
    [drawn] = heat_maps(
        made_of([{"width": (w,), "init": name} for w in (16, 8, 128) for name in ("xavier", "kaiming")])
    )
    assert (drawn.x, drawn.y) == (["8", "16", "128"], ["xavier", "kaiming"])
    assert drawn.values == [[3.0, 1.0, 5.0], [4.0, 2.0, 6.0]]
    assert not drawn.has_gaps


def test_what_hardly_meets_has_no_map_and_what_goes_together_has_gaps() -> None:
    together = made_of([{"width": (2 + n,), "lr": 10.0**-n} for n in range(3)])
    [drawn] = heat_maps(together)
    assert drawn.has_gaps
    assert drawn.finite == [3.0, 2.0, 1.0]
    assert not heat_maps(made_of([{"width": (2 + n,), "lr": 10.0**-n} for n in range(6)])), "a diagonal"
    many = [{"width": (2 + n,), "depth": depth} for n in range(41) for depth in (2, 3)]
    assert not heat_maps(made_of(many)), "more values than labels have room"


def test_lines_lie_where_their_values_do_and_the_best_is_last(table: Table) -> None:
    data = parallel(table)
    assert [axis.name for axis in data.axes] == ["width", "lr", "activation", "loss"]
    for cell in data.cells:
        width, lr, activation, judged = (axis.places[cell] for axis in data.axes)
        assert width == pytest.approx(math.log(CONFIGS[cell]["width"][0] / 4) / math.log(16))
        assert lr == (CONFIGS[cell]["lr"] > 1e-2)
        assert activation == (0.25 if CONFIGS[cell]["activation"] == "relu" else 0.75)
        assert 0 <= judged <= 1
    judged = [data.axes[-1].places[cell] for cell in data.cells]
    assert judged == sorted(judged, reverse=True)
    assert (judged[0], judged[-1]) == (1, 0)


def test_files_hold_the_rows(table: Table, tmp_path: Path) -> None:
    for ending in (".csv", ".json", ".parquet"):
        write_sweep([table], tmp_path / f"t{ending}")
    rows = table.rows()
    told = json.loads((tmp_path / "t.json").read_text())
    assert told == rows
    with (tmp_path / "t.csv").open() as file:
        read = list(csv.DictReader(file))
    assert [row["loss"] for row in read] == ["" if row["loss"] is None else repr(row["loss"]) for row in rows]
    parquet = pytest.importorskip("pyarrow.parquet").read_table(tmp_path / "t.parquet")
    assert parquet.to_pylist() == rows
    assert str(parquet.schema.field("loss").type) == "double"
    with pytest.raises(InputError, match="ends in"):
        write_sweep([table], tmp_path / "t.xlsx")


def test_columns_of_several_kinds_are_text(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    from nnexpr.exports.parquet import write_parquet

    rows = [(1, "a", None, 1, True), (2.5, 3, None, None, None), (None, 0.5, None, 7, False)]
    write_parquet(tmp_path / "t.parquet", "abcde", rows)
    read = parquet.read_table(tmp_path / "t.parquet").to_pydict()
    assert read == {
        "a": [1.0, 2.5, None], "b": ["a", "3", "0.5"], "c": [None] * 3, "d": [1, None, 7], "e": [True, None, False],
    }  # fmt: skip
    write_parquet(tmp_path / "none.parquet", "ab", [])
    assert parquet.read_table(tmp_path / "none.parquet").num_rows == 0


def test_what_pruned_cells_had_on_the_way_stands_beside_no_end() -> None:
    """After fewer epochs a loss is another thing: no map, no line and no rank has it."""
    configs = [{"width": (w,), "lr": lr} for w in (4, 8) for lr in (1e-3, 1e-2, 1e-1)]
    kept = (0, 3, 4)
    entries = [
        CellEntry("s", n, c, "done" if n in kept else "pruned", "r", n, {"loss": 1.0 + n})
        for n, c in enumerate(configs)
    ]
    table = Table("s", ("width", "lr"), plan_of(configs).cells, tuple(entries))
    [drawn] = heat_maps(table)
    assert sorted(drawn.finite) == [1.0 + n for n in kept]
    assert drawn.title.endswith(", of cells not pruned")
    assert sorted(parallel(table).cells) == list(kept)
    assert table.best(9) == list(kept)
    few = Table(
        "s", ("width", "lr"), table.cells, tuple(replace(each, state="pruned") for each in entries[:-1])
    )
    assert not heat_maps(Table("s", few.varied, few.cells, (*few.entries, entries[0])))
