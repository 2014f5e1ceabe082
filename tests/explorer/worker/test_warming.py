"""What is compiled beforehand is all that is compiled."""

from __future__ import annotations

import numpy as np

import nnexpr
from nnexpr.splines.floor import boxes, lines
from nnexpr_tui.worker.warming import KINDS, compile_loops


def test_a_floor_finds_its_loops_compiled() -> None:
    def compiled() -> dict[str, int]:
        return {
            name: len(value.signatures)
            for module in (boxes, lines)
            for name, value in vars(module).items()
            if hasattr(value, "signatures")
        }

    assert "floor" in KINDS
    compile_loops("floor")
    before = compiled()
    assert any(before.values())
    x = np.sort(np.random.default_rng(0).uniform(size=60))
    for regions in (1, 7, 40):
        nnexpr.spline_floor(x, np.sin(20 * x), regions)
    assert compiled() == before
