"""Exact regions beside what others do: the same networks, the same line or plane, counts and seconds of both.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install regioncam==0.5.2 numpy
    python benchmarks/peers.py --peer-python /tmp/peers/bin/python
    python benchmarks/peers.py --acas acasxu_1_1.onnx      # in place of random weights of that shape

Beside each count of ours (float64, certificate included):

- regioncam 0.5.2 (Rust, float32, MIT), where the Python given by ``--peer-python``, or this one, can import it. It is
  given the same weights and the same rectangle or segment, and counts cells. In float32 cells that are thinner than
  its rounding are lost or made, so that counts may differ by a few;
- a sampled grid: how many forward passes on a regular grid would meet 99 of 100 cells, by the exact areas or lengths of
  the cells, and how long torch would take for them on one thread, from the time that it takes for 20,000.

Every time is the best of several runs. relu_edge_subdivision states no licence, and SplineCam (MIT) needs graph-tool,
which no package registry of Python has: neither is run.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from common import best
from numpy.typing import NDArray

import nnexpr
from nnexpr import Network, Plane
from nnexpr.kinds import AffineLayer

Array = NDArray[np.float64]
POINTS = 20_000
FOUND = 0.99  # of the cells, by a grid

PEER = """
import json, sys, time
import numpy as np, regioncam
held = np.load(sys.argv[1])
layers = [(held[f"w{i}"], held[f"b{i}"]) for i in range(len(held.files) // 2)]
times = []
while len(times) < 2 or sum(times) < 2.0:
    if layers[0][0].shape[0] == 2:
        found = regioncam.Regioncam(size=1.0)
    else:
        found = regioncam.Regioncam1D.through_points(np.array([[-1.0], [1.0]], dtype=np.float32), size=2.0)
    start = time.perf_counter()
    for number, (weights, bias) in enumerate(layers):
        if number:
            found.relu()
        found.linear(weights, bias)
    times.append(time.perf_counter() - start)
print(json.dumps({"count": found.num_faces if layers[0][0].shape[0] == 2 else found.num_edges, "seconds": min(times)}))
"""


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
        seconds = best(lambda: nnexpr.path_regions(case.network, ends), 1.0)
        return found.activation_regions, seconds, found.check.certified, np.diff(found.piece_positions)
    plane, box = Plane(case.origin, case.u, case.v), ((-1.0, 1.0), (-1.0, 1.0))
    cells = nnexpr.plane_regions(case.network, box, plane=plane)
    seconds = best(lambda: nnexpr.plane_regions(case.network, box, plane=plane), 2.0)
    return cells.activation_regions, seconds, cells.check.certified, cells.areas


def by_grid(case: Case, sizes: Array) -> tuple[float, float]:
    """How many points of a grid meet 99 of 100 cells in the mean, and seconds of as many forward passes."""
    shares = sizes / sizes.sum()
    points = 1.0
    while np.mean(-np.expm1(-points * shares)) < FOUND:
        points *= 1.1
    torch.set_num_threads(1)
    x = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (POINTS, case.network.inputs)))
    return points, best(lambda: case.network(x), 0.5) * points / POINTS


def peer(python: str, case: Case) -> tuple[int, float] | None:
    """Cells and seconds of regioncam; None where it cannot be imported."""
    layers = [case.network.affine(number)[0].double().numpy() for number in range(len(case.network.layers))]
    first = layers[0][:, :-1]
    directions = [case.u] if case.v is None else [case.u, case.v]
    folded = np.column_stack([*(first @ each for each in directions), first @ case.origin + layers[0][:, -1]])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.npz"
        held = {}
        for number, block in enumerate([folded, *layers[1:]]):
            held[f"w{number}"] = np.ascontiguousarray(block[:, :-1].T, dtype=np.float32)
            held[f"b{number}"] = block[:, -1].astype(np.float32)
        np.savez(path, **held)
        done = subprocess.run([python, "-c", PEER, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1], file=sys.stderr)
        return None
    told = json.loads(done.stdout)
    return told["count"], told["seconds"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--acas")
    asked = parser.parse_args()
    print(
        f"{'network':>32} {'cells':>9} {'seconds':>9} {'certified':>9} {'regioncam':>10} {'seconds':>9} {'×':>7}"
        f" {'grid points':>12} {'seconds':>9} {'×':>7}"
    )
    for case in cases(asked.acas):
        cells, seconds, certified, sizes = ours(case)
        points, sampling = by_grid(case, sizes)
        other = peer(asked.peer_python, case)
        beside = f"{'-':>10} {'-':>9} {'-':>7}"
        if other is not None:
            beside = f"{other[0]:>10,} {other[1]:>9.4f} {other[1] / seconds:>7.1f}"
        print(
            f"{case.name:>32} {cells:>9,} {seconds:>9.4f} {certified!s:>9} {beside} {points:>12.2e} {sampling:>9.3g}"
            f" {sampling / seconds:>7.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
