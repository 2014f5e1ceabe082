"""Exact regions beside what others do: the same networks, the same line or plane, counts and seconds of all.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install regioncam==0.5.2 numpy
    python benchmarks/peers.py --regioncam /tmp/peers/bin/python
    python benchmarks/peers.py --acas acasxu_1_1.onnx      # in place of random weights of that shape

Ours count in float64, certificate included. Beside them, where they are given:

- ``--regioncam PYTHON``: regioncam 0.5.2 (Rust, float32, MIT), in a Python that can import it. In float32 cells that
  are thinner than its rounding are lost or made, so that counts may differ by a few;
- ``--relu-edge-subdivision FOLDER``: a checkout of github.com/arturs-berzins/relu_edge_subdivision (PyTorch, float32,
  no licence stated), run by this Python. It takes planes only;
- ``--splinecam PYTHON FOLDER``: a checkout of github.com/AhmedImtiazPrio/splinecam (PyTorch, MIT), and a Python with
  torch, igraph, networkx, tqdm, scipy, matplotlib and graph-tool, which is no package of PyPI (Debian's is
  python3-graph-tool). It takes planes only;
- a sampled grid: how many forward passes on a regular grid would meet 99 of 100 cells, by the exact areas or lengths of
  the cells, and how long torch would take for them on one thread, from the time that it takes for 20,000.

Everything runs on one thread (``--threads``), one after another. Times are seconds of the processor, which on one
thread are those of the clock while nothing else runs, and hardly change when something does; the best of as many runs
as fit into two seconds. A peer is stopped after ``--limit`` seconds. All are given the plane's coordinates as the
network's two inputs, folded into the first layer, except ours, which take the plane.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import nnexpr
from nnexpr import Network, Plane
from nnexpr.kinds import AffineLayer

Array = NDArray[np.float64]
POINTS = 20_000
FOUND = 0.99  # of the cells, by a grid
ENOUGH = 2.0  # seconds of runs
PROGRAMS = Path(__file__).with_name("peer_programs.py")


@dataclass(frozen=True)
class Case:
    """A ReLU network on a rectangle of a plane, or without ``v`` on a segment: origin + s u + t v, s, t in [-1, 1]."""

    name: str
    network: Network
    origin: Array
    u: Array
    v: Array | None


def relu_network(widths: list[int], seed: int, bias: float = 0.3) -> Network:
    """Weights N(0, 2 / inputs), biases N(0, bias²)."""
    rng = np.random.default_rng(seed)
    layers = [AffineLayer(a, b, "relu") for a, b in itertools.pairwise(widths)]
    layers[-1] = AffineLayer(widths[-2], widths[-1])
    rows = [
        np.column_stack([rng.normal(size=(b, a)) * np.sqrt(2 / a), bias * rng.normal(size=b)]).ravel()
        for a, b in itertools.pairwise(widths)
    ]
    return Network(tuple(layers), torch.from_numpy(np.concatenate(rows))[None])


def cases(acas: str | None) -> list[Case]:
    """Those of the table."""
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 1, (3, 784))
    digits = relu_network([784, 256, 256, 256, 256, 10], 2, 0.1)
    plane = nnexpr.plane_through(*images)
    (s0, t0), (s1, t1) = (
        plane.coordinates(images).min(axis=0),
        plane.coordinates(images).max(axis=0),
    )
    middle = plane.at((s0 + s1) / 2, (t0 + t1) / 2)
    control = nnexpr.from_onnx(acas) if acas else relu_network([5, *[50] * 6, 5], 1)
    if not isinstance(control, Network):
        raise SystemExit(f"{acas} is no plain network")
    axes = 0.68 * np.eye(5)
    told = "ACAS Xu 1-1" if acas else "5→50×6→5, random"
    return [
        Case("2→64×4→1 on [−1, 1]²", relu_network([2, *[64] * 4, 1], 0), np.zeros(2), *np.eye(2)),
        Case(f"{told}, inputs 1 and 2", control, np.zeros(5), axes[0], axes[1]),
        Case("784→256×4→10, three images", digits, middle, plane.u * (s1 - s0) / 2, plane.v * (t1 - t0) / 2),
        Case("784→256×4→10, two images", digits, *segment(images[0], images[1]), None),
    ]


def segment(a: Array, b: Array) -> tuple[Array, Array]:
    """The middle and half of the way between."""
    return (a + b) / 2, (b - a) / 2


def ours(case: Case) -> tuple[int, float, bool, Array]:
    """Cells, seconds, whether they are certified, and the cells' shares of the whole."""
    if case.v is None:
        ends = np.stack([case.origin - case.u, case.origin + case.u])
        [found] = nnexpr.path_regions(case.network, ends)
        seconds = least(lambda: nnexpr.path_regions(case.network, ends))
        return found.activation_regions, seconds, found.check.certified, np.diff(found.piece_positions)
    plane, box = Plane(case.origin, case.u, case.v), ((-1.0, 1.0), (-1.0, 1.0))
    cells = nnexpr.plane_regions(case.network, box, plane=plane)
    seconds = least(lambda: nnexpr.plane_regions(case.network, box, plane=plane))
    return cells.activation_regions, seconds, cells.check.certified, cells.areas


def least(action: Callable[[], object]) -> float:
    """Processor time of the shortest of several runs."""
    times: list[float] = []
    while len(times) < 3 or sum(times) < ENOUGH:
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def by_grid(case: Case, sizes: Array) -> tuple[float, float]:
    """How many points of a grid meet 99 of 100 cells in the mean, and seconds of as many forward passes."""
    shares = sizes / sizes.sum()
    points = 1.0
    while np.mean(-np.expm1(-points * shares)) < FOUND:
        points *= 1.1
    x = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (POINTS, case.network.inputs)))
    return points, least(lambda: case.network(x)) * points / POINTS


@dataclass(frozen=True)
class Peer:
    """A program of ``peer_programs.py`` of this name, and the Python that runs it."""

    name: str
    python: str
    folder: str = ""
    lines: bool = False  # whether it counts on lines too

    def count(self, case: Case, threads: int, limit: float) -> str:
        """Cells, seconds; or why there are none."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights.npz"
            np.savez(path, **folded(case))
            try:
                done = subprocess.run(
                    [self.python, str(PROGRAMS), self.name, str(path), self.folder],
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=limit,
                    env=os.environ | {"OMP_NUM_THREADS": str(threads), "RAYON_NUM_THREADS": str(threads)},
                )
            except subprocess.TimeoutExpired:
                return f"stopped after {limit:g} s"
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["it ended"])[-1]
        return done.stdout


def folded(case: Case) -> dict[str, Array]:
    """The network's weights and biases with the plane or segment as its inputs: ``w0 (inputs, outputs), b0, ...``."""
    layers = [case.network.affine(number)[0].double().numpy() for number in range(len(case.network.layers))]
    first = layers[0][:, :-1]
    directions = [case.u] if case.v is None else [case.u, case.v]
    layers[0] = np.column_stack(
        [*(first @ each for each in directions), first @ case.origin + layers[0][:, -1]]
    )
    weights = {f"w{number}": np.ascontiguousarray(block[:, :-1].T) for number, block in enumerate(layers)}
    return weights | {f"b{number}": block[:, -1].copy() for number, block in enumerate(layers)}


def peers(asked: argparse.Namespace) -> list[Peer]:
    """Those that are given."""
    found = []
    if asked.regioncam:
        found.append(Peer("regioncam", asked.regioncam, lines=True))
    if asked.relu_edge_subdivision:
        found.append(Peer("relu_edge_subdivision", sys.executable, asked.relu_edge_subdivision))
    if asked.splinecam:
        found.append(Peer("splinecam", *asked.splinecam))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--regioncam", metavar="PYTHON")
    parser.add_argument("--relu-edge-subdivision", metavar="FOLDER")
    parser.add_argument("--splinecam", nargs=2, metavar=("PYTHON", "FOLDER"))
    parser.add_argument("--acas", metavar="FILE")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--limit", type=float, default=600.0, help="seconds of each peer's count")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    for case in cases(asked.acas):
        cells, seconds, certified, sizes = ours(case)
        told = "certified" if certified else "NOT CERTIFIED"
        print(f"{case.name}\n  {'nnexpr':>22} {cells:>9,} cells {seconds:>11.4f} s  {told}", flush=True)
        for each in peers(asked):
            if case.v is not None or each.lines:
                print(
                    f"  {each.name:>22} {beside(each.count(case, asked.threads, asked.limit), seconds)}",
                    flush=True,
                )
        points, sampling = by_grid(case, sizes)
        print(
            f"  {'a grid':>22} {points:>9.1e} points {sampling:>10.4g} s {sampling / seconds:>9.1f} x",
            flush=True,
        )


def beside(found: str, seconds: float) -> str:
    """What a peer found, and how many times as long it took."""
    try:
        told = json.loads(found)
    except json.JSONDecodeError:
        return found
    return f"{told['count']:>9,} cells {told['seconds']:>11.4f} s {told['seconds'] / seconds:>9.1f} x"


if __name__ == "__main__":
    main()
