"""What each optimiser reaches, and what its steps cost, on x³ with 1→4×5→1 (A trainable manifold, section 4).

From PyTorch's default start and from the compositional start after Stage 1 (1000 epochs of Adam on the peaks), 30
members, 512 points, float64: losses after 1000 epochs of Adam and SGD, 300 iterations of L-BFGS and 60 steps of
Levenberg-Marquardt; beside the best member's loss its linear regions and the spline floor for so many. Before that, the
time of one step beside that of a gradient evaluation in the same process.

    python benchmarks/optimisers.py [MEMBERS]
"""

from __future__ import annotations

import sys
import time

import torch
from common import best
from torch import Tensor

import nnexpr
from nnexpr.networks.compositional import manifold_parameters, random_peaks
from nnexpr.training.compiled_stepper import CompiledEvaluator
from nnexpr.training.stepper import Data, Job

EPOCHS = {"adam": 1000, "sgd": 1000, "lbfgs": 300, "levenberg-marquardt": 60}
RATES = {"adam": 1e-3, "sgd": 1e-2}
TARGET = nnexpr.target("cube", points=512)


def evaluator(network: nnexpr.Network) -> CompiledEvaluator:
    """What training takes losses and gradients from."""
    features = network.features(torch.as_tensor(TARGET.inputs))
    values = torch.as_tensor(TARGET.values).to(features)
    everyone, spec = slice(0, network.members), nnexpr.FitSpecification.make(members=network.members)
    return CompiledEvaluator(Job(network, everyone, Data(features, values), spec))


def fit(network: nnexpr.Network, optimizer: str) -> nnexpr.FitResult:
    """After :data:`EPOCHS` of ``optimizer``."""
    rate = {"lr": RATES[optimizer]} if optimizer in RATES else {}
    return nnexpr.fit(network, TARGET, optimizer=optimizer, epochs=EPOCHS[optimizer], **rate)


def stage_one(members: int) -> nnexpr.Network:
    """Compositional networks whose peaks were trained by Adam; the scales follow the peaks."""
    peaks = torch.from_numpy(random_peaks(5, members, 0)).clamp(0.05, 0.95)
    free = torch.logit(peaks).requires_grad_()
    network = nnexpr.compositional(5, members=members, dtype="float64")
    stepper = evaluator(network)
    losses, gradient = torch.empty(members, dtype=torch.float64), torch.empty_like(network.parameters)
    adam = torch.optim.Adam([free], lr=1e-2)
    for _ in range(1000):
        adam.zero_grad()
        parameters = manifold_parameters(torch.sigmoid(free))
        stepper.loss_and_gradient(parameters.detach(), losses, gradient)
        parameters.backward(gradient)
        adam.step()
    return network.with_parameters(manifold_parameters(torch.sigmoid(free.detach())))


def losses_of(network: nnexpr.Network) -> Tensor:
    out = torch.empty(network.members, dtype=torch.float64)
    evaluator(network).loss(out)
    return out


def report(start: str, optimizer: str, network: nnexpr.Network, seconds: float) -> None:
    """One row: the losses, the best member's regions, and the floor for so many."""
    losses = losses_of(network)
    member = int(losses.argmin())
    regions = nnexpr.linear_regions(network.member(member))[0].count
    floor = nnexpr.spline_floor(TARGET.own_inputs[:, 0], TARGET.own_values, regions).lower_bound
    print(
        f"{start:14s}{optimizer:21s}{losses.min():10.1e}{losses.median():10.1e}{losses.mean():10.1e}"
        f"{regions:9d}{floor:10.1e}{losses.min() / floor:9.1f} ×{seconds:8.1f} s"
    )


def reached(members: int) -> None:
    """The table of losses."""
    print(
        f"{'start':14s}{'optimiser':21s}{'min':>10s}{'median':>10s}{'mean':>10s}{'regions':>9s}{'floor':>10s}{'min/floor':>11s}"
    )
    default = nnexpr.mlp(depth=6, width=4, init="torch", members=members, dtype="float64")
    for start, network in (("default", default), ("compositional", stage_one(members))):
        report(start, "(start)", network, 0.0)
        for optimizer in EPOCHS:
            began = time.perf_counter()
            trained = fit(network, optimizer)
            report(start, optimizer, trained.network, time.perf_counter() - began)


def cost(members: int, depth: int, width: int) -> None:
    """Milliseconds of a step, evaluations taken out of L-BFGS', beside those of a gradient."""
    network = nnexpr.mlp(
        depth=depth, width=width, init="torch", activation="tanh", members=members, dtype="float64"
    )
    stepper = evaluator(network)
    losses, room = torch.empty(members, dtype=torch.float64), torch.empty_like(network.parameters)
    gradient = 1e3 * best(lambda: stepper.loss_and_gradient(network.parameters, losses, room))
    shape = f"1→{'→'.join([str(width)] * (depth - 1))}→1, tanh, {members} members"
    print(f"\n{shape}: gradient {gradient:.2f} ms")
    for optimizer in ("lbfgs", "levenberg-marquardt"):
        session = nnexpr.Session(
            network,
            TARGET,
            nnexpr.FitSpecification.make(members=members, optimizer=optimizer, epochs=10**6, dtype="float64"),
        )
        taken = 1e3 * best(session.step)
        print(f"  {optimizer:20s} least {taken:8.2f} ms a step{taken / gradient:8.2f} gradients")


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    torch.set_num_threads(1)  # what is compared is work, not threads
    cost(count, 6, 4)
    cost(count, 3, 16)
    print()
    reached(count)
