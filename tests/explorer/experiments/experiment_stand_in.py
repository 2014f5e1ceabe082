"""A process in an experiment's place: it tells half, waits until its gate is open, then tells a finding.

``capacity`` fails with a sentence, ``lottery`` is killed by the system, ``parity-circuits`` speaks no JSON. All else
claims one thing of each verdict.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
from pathlib import Path
from time import sleep

from nnexpr.experiments.data import Claim, Curve, Figure, Map, Result, Table
from nnexpr.experiments.findings import Finding, keep_finding, written

TRICKY = "[red]not markup[/] \x1b[31m"
VERDICTS = ("holds", "fails", "holds as corrected", "not measured")
LONG_ROWS, WIDE_COLUMNS = 60, 12


def result() -> Result:
    """Four claims, a long table, a wide one, a figure on logarithmic axes, one of many curves and a map."""
    claims = tuple(
        Claim(
            f"T{i}",
            f"statement {i} {TRICKY}",
            i,
            1.5 * i,
            "equal",
            verdict,
            f"otherwise {i}",
            why=f"reason {i}",
        )
        for i, verdict in enumerate(VERDICTS, 1)
    )
    long = Table(
        f"A long table {TRICKY}", ("k", "measured", "printed"), [(k, k / 7, None) for k in range(LONG_ROWS)]
    )
    wide = Table(
        "A wide table",
        [f"column {i}" for i in range(WIDE_COLUMNS)],
        [[i * 1000.5 for i in range(WIDE_COLUMNS)]],
    )
    x = [1.0, 10.0, 100.0]
    log = Figure("Rates", "units", "error", [Curve("one", x, [1.0, 0.1, 0.01]), Curve("two", x, [1.0, math.nan, 0.5])],
                 log_x=True, log_y=True)  # fmt: skip
    many = Figure("Many curves", "x", "y", [Curve(f"curve number {i}", x, [float(i)] * 3) for i in range(9)])
    plane = Map(
        f"A map {TRICKY}", f"across {TRICKY}", "up", x, [0.5], [[0.0, math.nan, 7.5]], f"height {TRICKY[:5]}"
    )
    return Result((long, wide), (log, many, plane), claims)


def main() -> None:
    name, quick, gate, folder = sys.argv[1], sys.argv[2] == "quick", Path(sys.argv[3]), Path(sys.argv[4])
    print(json.dumps({"progress": [0.5, f"half of {name}"]}), flush=True)
    while not gate.exists():
        sleep(0.01)
    if name == "lottery":
        os.kill(os.getpid(), signal.SIGKILL)
    elif name == "capacity":
        print(json.dumps({"failed": "ValueError: the sum does not converge"}))
    elif name == "parity-circuits":
        print("no JSON")
    else:
        finding = Finding(name, quick, 1.5, 1.7e9, result())
        keep_finding(finding, folder)
        sys.stdout.writelines(written(finding))


if __name__ == "__main__":
    main()
