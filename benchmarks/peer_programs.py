"""What a peer is asked, in a Python that has it: ``PYTHON peer_programs.py NAME WEIGHTS [FOLDER]``, for ``peers.py``.

WEIGHTS: ``w0, b0, w1, ...`` of a ReLU network of two inputs on [-1, 1]^2, or of one on [-1, 1], weights (inputs,
outputs). FOLDER: a checkout of a peer that is no package. Prints ``{"count": cells, "seconds": the best of several}``,
in processor time, which other programs on the machine hardly change; loading it and handing it the network are no part
of that.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np

Layers = list[tuple[np.ndarray, np.ndarray]]
Counting = Callable[[], int]

ENOUGH = 2.0  # seconds of runs


def regioncam(layers: Layers, _: str) -> Counting:
    """In float32, which is all it has."""
    import regioncam as peer

    held = [(np.ascontiguousarray(w, np.float32), b.astype(np.float32)) for w, b in layers]

    def count() -> int:
        if len(held[0][0]) == 2:
            found = peer.Regioncam(size=1.0)
        else:
            found = peer.Regioncam1D.through_points(np.array([[-1.0], [1.0]], np.float32), size=2.0)
        for number, (weights, bias) in enumerate(held):
            if number:
                found.relu()
            found.linear(weights, bias)
        return int(found.num_faces if len(held[0][0]) == 2 else found.num_edges)

    return count


def relu_edge_subdivision(layers: Layers, folder: str) -> Counting:
    """In float32, which is all it has; it cuts along the outputs' zeros too, so it is given the hidden layers.

    It finds vertices and edges; cells are by Euler's number.
    """
    import torch

    sys.path.insert(0, folder)
    from edge_subdivision import skeletal_subdivision
    from NN import Net

    net = Net([2, *(len(bias) for _, bias in layers[:-1])])
    with torch.no_grad():
        for linear, (weights, bias) in zip(net.fcs, layers, strict=False):
            linear.weight[:], linear.bias[:] = torch.from_numpy(weights.T), torch.from_numpy(bias)

    @torch.no_grad()
    def count() -> int:
        vertices, edges, _ = skeletal_subdivision(net, device=torch.device("cpu"), verbose=False)
        return len(edges) - len(vertices) + 1

    return count


def splinecam(layers: Layers, folder: str) -> Counting:
    """Its sources name "cuda" throughout: it is run from a copy that says "cpu". Written for torch 1.12, it is not
    compiled by the scripting of later ones, which is off here; torchvision, for networks of its own, is not needed.
    """
    os.environ["PYTORCH_JIT"] = "0"
    sys.modules["torchvision"] = sys.modules["torchvision.models"] = types.ModuleType("torchvision")
    sys.modules["torchvision"].models = sys.modules["torchvision"]
    import torch

    copy = Path(tempfile.mkdtemp()) / "splinecam"
    shutil.copytree(Path(folder) / "splinecam", copy)
    for source in copy.glob("*.py"):
        text = source.read_text().replace(".cuda()", "")
        source.write_text(text.replace("'cuda'", "'cpu'").replace('"cuda"', '"cpu"'))
    sys.path.insert(0, str(copy.parent))
    import splinecam as peer

    modules: list[torch.nn.Module] = []
    for number, (weights, bias) in enumerate(layers):
        linear = torch.nn.Linear(*weights.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight[:], linear.bias[:] = torch.from_numpy(weights.T), torch.from_numpy(bias)
        modules += [torch.nn.ReLU(), linear] if number else [linear]
    square = torch.tensor([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]], dtype=torch.float64)
    identity = torch.eye(2, 3, dtype=torch.float64)
    wrapped = peer.wrappers.model_wrapper(
        torch.nn.Sequential(*modules).eval(), input_shape=(2,), T=identity, dtype=torch.float64, device="cpu"
    )
    return lambda: len(peer.compute.get_partitions_with_db(square, identity, wrapped)[0])


def processor_time() -> float:
    """Of this process and of those that it has started and waited for."""
    return sum(os.times()[:4])


def main() -> None:
    """Count, and print what came out."""
    name, path, folder = [*sys.argv[1:], ""][:3]
    held = np.load(path)
    layers = [(held[f"w{i}"], held[f"b{i}"]) for i in range(len(held.files) // 2)]
    programs = {each.__name__: each for each in (regioncam, relu_edge_subdivision, splinecam)}
    times: list[float] = []
    with contextlib.redirect_stdout(sys.stderr):
        action = programs[name](layers, folder)
        while not times or sum(times) < ENOUGH:
            start = processor_time()
            count = action()
            times.append(processor_time() - start)
    print(json.dumps({"count": count, "seconds": min(times)}))


if __name__ == "__main__":
    main()
