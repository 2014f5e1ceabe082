"""Training many small networks at once: this engine beside the ways people write it without one.

    python benchmarks/ensembles.py            the table of README, about five minutes
    python benchmarks/ensembles.py --quick    one shape, 1 and 30 members

Every way runs in a process of its own, one after another: ``nn.Sequential`` with ``torch.optim.Adam`` one network after
another; stacked parameters with autograd and fused Adam; ``torch.func`` (vmap of grad); JAX ``jit(vmap(scan))`` where
JAX is installed (``pip install 'nnexpr-tui[jax]'``); and nnexpr. All of them do full-batch Adam in float32 on the same
512 points, with all threads of the machine. Times are microseconds for one epoch of one network, the best of several
parts. Behind the table stands where the time of a step goes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

POINTS = 512
SECONDS = 0.5  # of a part
PARTS = 3
MEMBERS = (1, 30, 240, 1000)
SHAPES = {
    "1→4×5→1": {"network": "mlp", "depth": 6, "width": 4},
    "1→16→16→1": {"network": "mlp", "depth": 3, "width": 16},
    "1→64→64→1": {"network": "mlp", "depth": 3, "width": 64},
    "MMNN (100, 10, 6)": {"network": "mmnn", "depth": 6, "width": 100, "rank": 10},
}
WAYS = ("sequential", "stacked", "torch.func", "jax", "nnexpr")


def best(once: Callable[[], object], things: float) -> float:
    """Microseconds for one of the ``things`` that ``once`` does, in the fastest of the parts."""
    once()
    fastest = float("inf")
    for _ in range(PARTS):
        began, rounds = time.perf_counter(), 0
        while rounds == 0 or time.perf_counter() - began < SECONDS:
            once()
            rounds += 1
        fastest = min(fastest, (time.perf_counter() - began) / rounds)
    return 1e6 * fastest / things


def networks(shape: str, members: int) -> Any:
    import nnexpr

    options = dict(SHAPES[shape])
    return {"mlp": nnexpr.mlp, "mmnn": nnexpr.mmnn}[options.pop("network")](members=members, **options)


def data() -> tuple[Any, Any]:
    import nnexpr

    made = nnexpr.target("fourier", points=POINTS)
    return made.inputs.astype("float32"), made.values.astype("float32")


def sequential(shape: str, members: int) -> float:  # noqa: ARG001
    import torch
    from common import torch_epoch

    import nnexpr

    x, y = (torch.from_numpy(part) for part in data())
    network = networks(shape, 1)
    module = nnexpr.to_torch(network)
    linears = [layer for layer in module if isinstance(layer, torch.nn.Linear)]
    for linear, layer in zip(linears, network.layers, strict=True):
        linear.requires_grad_(layer.trained)
    return best(torch_epoch(module, x, y), 1)


def stacked(shape: str, members: int) -> float:
    import torch

    x, y = (torch.from_numpy(part) for part in data())
    network = networks(shape, members)
    inputs = x.T.expand(members, *x.T.shape)
    weights = [
        network.weight(i).clone().requires_grad_(layer.trained) for i, layer in enumerate(network.layers)
    ]
    biases = [
        network.bias(i)[:, :, None].clone().requires_grad_(layer.trained)
        for i, layer in enumerate(network.layers)
    ]
    trained = [p for p in (*weights, *biases) if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=1e-3, fused=True)

    def epoch() -> None:
        optimizer.zero_grad()
        a = inputs
        for weight, bias, layer in zip(weights, biases, network.layers, strict=True):
            a = torch.baddbmm(bias, weight, a)
            a = torch.relu(a) if layer.activation == "relu" else a
        ((a[:, 0] - y) ** 2).mean(dim=1).sum().backward()
        optimizer.step()

    return best(epoch, members)


def functional(shape: str, members: int) -> float:
    import torch

    x, y = (torch.from_numpy(part) for part in data())
    network = networks(shape, members)
    kinds = [layer.activation for layer in network.layers]
    frozen = {
        str(i): network.affine(i).clone() for i, layer in enumerate(network.layers) if not layer.trained
    }
    trained = {str(i): network.affine(i).clone() for i, layer in enumerate(network.layers) if layer.trained}

    def loss(own: dict[str, Any], fixed: dict[str, Any]) -> Any:
        a = x
        for i, kind in enumerate(kinds):
            affine = own[str(i)] if str(i) in own else fixed[str(i)]
            a = torch.nn.functional.linear(a, affine[:, :-1], affine[:, -1])
            a = torch.relu(a) if kind == "relu" else a
        return ((a[:, 0] - y) ** 2).mean()

    gradients = torch.func.vmap(torch.func.grad(loss))
    leaves = [value.requires_grad_() for value in trained.values()]
    optimizer = torch.optim.Adam(leaves, lr=1e-3, fused=True)

    def epoch() -> None:
        found = gradients({name: value.detach() for name, value in trained.items()}, frozen)
        for name, value in trained.items():
            value.grad = found[name]
        optimizer.step()

    return best(epoch, members)


def jax(shape: str, members: int) -> float:
    import jax as library
    import jax.numpy as jnp

    x, y = (jnp.asarray(part) for part in data())
    network = networks(shape, members)
    kinds = [layer.activation for layer in network.layers]
    whole = [jnp.asarray(network.affine(i).numpy()) for i in range(len(kinds))]
    trained = {i: whole[i] for i, layer in enumerate(network.layers) if layer.trained}
    frozen = {i: whole[i] for i, layer in enumerate(network.layers) if not layer.trained}

    def loss(own: Any, fixed: Any) -> Any:
        a = x.T
        for i, kind in enumerate(kinds):
            affine = own[i] if i in own else fixed[i]
            a = affine[:, :-1] @ a + affine[:, -1:]
            a = jnp.maximum(a, 0.0) if kind == "relu" else a
        return jnp.mean((a[0] - y) ** 2)

    def step(state: Any, _: Any, fixed: Any) -> Any:
        own, mean, square, count = state
        value, gradient = library.value_and_grad(loss)(own, fixed)
        count = count + 1
        mean = library.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = library.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradient)
        size, root = 1e-3 / (1 - 0.9**count), jnp.sqrt(1 - 0.999**count)
        own = library.tree.map(lambda p, m, v: p - size * m / (jnp.sqrt(v) / root + 1e-8), own, mean, square)
        return (own, mean, square, count), value

    epochs = max(4, 4000 // members)

    def run(own: Any, mean: Any, square: Any, fixed: Any) -> Any:
        return library.lax.scan(lambda s, t: step(s, t, fixed), (own, mean, square, 0.0), None, length=epochs)

    zeros = library.tree.map(jnp.zeros_like, trained)
    compiled = library.jit(library.vmap(run))
    return best(lambda: library.block_until_ready(compiled(trained, zeros, zeros, frozen)), members * epochs)


def nnexpr(shape: str, members: int) -> float:
    import nnexpr

    session = nnexpr.Session(
        networks(shape, members),
        nnexpr.target("fourier", points=POINTS),
        nnexpr.FitSpecification.make(members=members, epochs=10**9),
    )
    session.start()
    session.advance(SECONDS)  # until the turns have their length
    fastest = float("inf")
    for _ in range(PARTS):
        epoch, spent = session.epoch, session.seconds
        session.advance(SECONDS)
        fastest = min(fastest, (session.seconds - spent) / (session.epoch - epoch))
    return 1e6 * fastest / members


def profile(shape: str) -> dict[str, float]:
    """One thread, one member: microseconds of a step, of its matrix products alone, and their speeds in Gflop/s."""
    import numpy as np
    import torch
    from products import products_only

    from nnexpr.training.compiled_stepper import CompiledStepper
    from nnexpr.training.plan import workspace
    from nnexpr.training.stepper import Data, Job

    torch.set_num_threads(1)
    x, y = (torch.from_numpy(part) for part in data())
    network, spec = networks(shape, 1), __import__("nnexpr").FitSpecification.make()
    stepper = CompiledStepper(Job(network, slice(0, 1), Data(x.T.contiguous(), y), spec))
    epochs = 50
    losses = torch.empty(epochs, 1)
    step = best(lambda: stepper.run(0, [1e-3] * epochs, losses), epochs)
    room, plan = workspace(stepper.plan, np.dtype(np.float32)), stepper.plan
    gradient = np.zeros(network.parameter_count, np.float32)
    flat = network.parameters.numpy().reshape(-1)
    products = best(lambda: products_only(plan, flat, room, POINTS, epochs, gradient), epochs)
    a = torch.rand(1024, 1024)
    peak = 2 * 1024**3 / best(lambda: a @ a, 1) / 1e3
    flops = sum(
        2.0 * layer.size * POINTS * (1 + layer.trained + (index > plan.lowest))
        for index, layer in enumerate(network.layers)
    )
    return {"step": step, "products": products, "speed": flops / products / 1e3, "peak": peak}


def measure(way: str, shape: str, members: list[int]) -> list[float]:
    """In a process of its own."""
    command = [sys.executable, __file__, "--measure", way, shape, json.dumps(members)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "JAX_PLATFORMS": "cpu"}
    )
    if done.returncode:
        raise SystemExit(f"{way} on {shape} failed:\n{done.stderr}")
    result: list[float] = json.loads(done.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        way, shape, members = given.measure
        if way == "profile":
            print(json.dumps(profile(shape)))
        else:
            function = {"torch.func": functional}.get(way) or globals()[way]
            print(json.dumps([function(shape, count) for count in json.loads(members)]))
        return
    shapes = list(SHAPES)[:1] if given.quick else list(SHAPES)
    members = list(MEMBERS[:2] if given.quick else MEMBERS)
    ways = [way for way in WAYS if way != "jax" or find_spec("jax")]
    print(f"{os.cpu_count()} processors; microseconds for one epoch of one network; × others ÷ nnexpr\n")
    header = ["network", "members", *ways, *(f"× {way}" for way in ways[:-1])]
    print("| " + " | ".join(header) + " |\n" + "|---" * len(header) + "|", flush=True)
    for shape in shapes:
        found = {way: measure(way, shape, [1] if way == "sequential" else members) for way in ways}
        found["sequential"] *= len(members)
        for row, count in enumerate(members):
            times = [found[way][row] for way in ways]
            cells = [
                shape,
                str(count),
                *(f"{t:.3g}" for t in times),
                *(f"{t / times[-1]:.3g}" for t in times[:-1]),
            ]
            print("| " + " | ".join(cells) + " |", flush=True)
    print(
        "\nOne member on one thread: where the time of a step goes, and the speed of its matrix products beside that"
    )
    print("of a 1024 × 1024 product by torch on the same thread.\n")
    print(
        "| network | step, µs | products | the rest | products, Gflop/s | torch, Gflop/s | share |\n"
        + "|---" * 7
        + "|"
    )
    for shape in shapes:
        p = measure("profile", shape, [])
        share = p["products"] / p["step"]  # type: ignore[call-overload]
        cells = [
            shape, f"{p['step']:.3g}", f"{100 * share:.0f} %", f"{100 * (1 - share):.0f} %",
            f"{p['speed']:.0f}", f"{p['peak']:.0f}", f"{p['speed'] / p['peak']:.2f}",
        ]  # fmt: skip
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
