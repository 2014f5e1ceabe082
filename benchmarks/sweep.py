"""A sweep of many cells, beside a loop of fits: cells a second, memory, and what lies on the disk in the end.

    python benchmarks/sweep.py                10,000 cells, about two minutes
    python benchmarks/sweep.py --cells 1000

The sweep is a file of 100 configurations of 1 → 16 → 16 → 1 and its like, trained for 100 epochs on 64 points, with as
many seeds as make the cells. It is read, checked, trained, kept and read back, by the functions that ``nnexpr-tui
sweep`` calls, in a process of its own whose greatest memory is told. The loop calls ``nnexpr.fit`` for a sample of the
same cells, one after another, and keeps nothing.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

CONFIGURATIONS = 100
SAMPLE = 200  # cells of the loop
EPOCHS, POINTS = 100, 64


def written(cells: int) -> str:
    """The sweep's file."""
    seeds = max(1, cells // CONFIGURATIONS)
    base = f"[base]\ntarget = 'fourier'\npoints = {POINTS}\nepochs = {EPOCHS}\n"
    grid = "[grid]\nwidth = [4, 8, 12, 16]\ndepth = [2, 3, 4, 5, 6]\nlr = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2]\n"
    return f"seeds = {seeds}\n{base}{grid}"


def swept(cells: int, folder: Path) -> dict[str, Any]:
    """Seconds and sizes of the sweep."""
    import torch

    from nnexpr.runs.store import Store
    from nnexpr.runs.sweeps import Sweep, plan_of, read_file
    from nnexpr.runs.sweeps.check import check_file
    from nnexpr.runs.sweeps.job import run_job
    from nnexpr.runs.sweeps.local import beside, run_here
    from nnexpr.runs.sweeps.table import table_of

    threads = torch.get_num_threads()
    run_job(plan_of([{"epochs": 2}]).jobs[0].to_json())  # loads, and compiles where that is to be done
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (folder / "sweep.toml").write_text(written(cells))
    times = {"begun": time.perf_counter()}
    file = read_file(folder / "sweep.toml")
    check_file(file)
    store = Store(folder / "store")
    sweep = Sweep.begin(store, file)
    times["read"] = time.perf_counter()
    with sweep.held():
        run_here(sweep, sweep.left(), workers=beside(sweep.plan.jobs, threads))
    times["trained"] = time.perf_counter()
    rows = table_of(Sweep.open(store, sweep.id)).rows()
    times["shown"] = time.perf_counter()
    runs = list((folder / "store").glob("*.safetensors"))
    return {
        "cells": len(rows), "done": sum(row["state"] == "done" for row in rows), "jobs": len(runs), "threads": threads,
        "times": times, "run_bytes": sum(run.stat().st_size for run in runs),
        "journal_bytes": sum(each.stat().st_size for each in (folder / "store" / "sweeps").iterdir()),
        "memory_before": before * 1024, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }  # fmt: skip


def looped(cells: int) -> dict[str, Any]:
    """Cells a second of a loop of fits, of a sample of the cells."""
    import nnexpr
    from nnexpr.runs.sweeps.file import read_text
    from nnexpr.specification import FitSpecification
    from nnexpr.training.fit import fitted, session_of

    configs = read_text(written(cells), "sweep.toml").configs
    chosen = configs[:: max(1, len(configs) // SAMPLE)]
    fitted(session_of(FitSpecification.make(epochs=2)))
    nnexpr.linear_regions(nnexpr.mlp(depth=3, width=4))
    began = time.perf_counter()
    for config in chosen:
        result = fitted(session_of(FitSpecification.make(**config)))
        nnexpr.linear_regions(result.network)
    return {"cells": len(chosen), "seconds": time.perf_counter() - began}


def apart(work: Any, *given: Any) -> dict[str, Any]:
    """In a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found: dict[str, Any] = pool.apply(work, given)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sweep = apart(swept, asked.cells, Path(folder))
    loop = apart(looped, asked.cells)
    if asked.json:
        print(json.dumps({"sweep": sweep, "loop": loop}))
        return
    times = sweep["times"]
    seconds = times["trained"] - times["begun"]
    one, other = sweep["cells"] / seconds, loop["cells"] / loop["seconds"]
    print(
        f"{sweep['done']:,} of {sweep['cells']:,} cells in {sweep['jobs']} jobs on {sweep['threads']} threads"
    )
    print(f"read and checked   {times['read'] - times['begun']:8.2f} s")
    print(f"trained and kept   {times['trained'] - times['read']:8.2f} s")
    print(f"read back          {times['shown'] - times['trained']:8.2f} s")
    print(
        f"cells a second     {one:8.1f}    a loop of fits {other:.1f} ({loop['cells']} cells): {one / other:.1f} times"
    )
    print(
        f"greatest memory    {sweep['memory'] / 1e6:8.0f} MB, {sweep['memory_before'] / 1e6:.0f} MB before it began"
    )
    print(
        f"on the disk        {sweep['run_bytes'] / 1e6:8.1f} MB, and {sweep['journal_bytes'] / 1e6:.1f} MB of journal"
    )


if __name__ == "__main__":
    main()
