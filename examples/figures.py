"""Three figures for a paper on one page: a fit with its bends, the losses of all members, the cells in the plane.

Run: python examples/figures.py [FILE]        (extra [plots]; FILE ends in .pdf, .png or .svg)
"""

import sys
from pathlib import Path
from tempfile import gettempdir

import nnexpr

target = nnexpr.target("fourier", terms=4, seed=5, points=256)
network = nnexpr.mlp(depth=4, width=32, members=8, init="kaiming", seed=0)
result = nnexpr.fit(network, target, epochs=1500, lr=3e-3, schedule="cosine")
plane = nnexpr.fit(
    nnexpr.mlp(depth=3, width=16, inputs=2, seed=1),
    nnexpr.target("expr:sin(4*x1)*cos(3*x2)", domain=(-1, 1), points=900),
    epochs=1500,
    lr=5e-3,
)
with nnexpr.plot.panels("page", 1, 3, ratio=0.36) as axes:
    nnexpr.plot.fit(result, ax=axes[0], title=False)
    nnexpr.plot.loss(result, ax=axes[1])
    figure = nnexpr.plot.cells(plane, ax=axes[2])
files = nnexpr.plot.save(figure, sys.argv[1] if len(sys.argv) > 1 else Path(gettempdir(), "figures.svg"))
print(f"{plane.regions()[0].count} regions in the plane; all three figures are in {files[0]}")
