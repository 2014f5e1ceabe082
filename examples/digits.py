"""How do the linear regions of a classifier change while it learns to read digits?

A small network is trained on scikit-learn's 8 x 8 digits by a plain loop of torch, which calls back after some epochs.
What is counted then is exact: regions on the segments between digits, and how densely bends lie near the digits and
near the decision boundary there; cells of the plane through the origin and two digits, as Hanin and Rolnick count them.

Run: python examples/digits.py [--quick] [--picture digits.png]    (needs scikit-learn; a minute on two cores)
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

import nnexpr

EPOCHS = (0, 1, 2, 5, 10, 20, 50, 100, 200)
PAIRS = 50  # of digits that differ, and as many that are the same
PLANES = 4
NEAR = 0.05  # of a segment: what is near a digit, or near the boundary
WHOLE = ((-100.0, 100.0), (-100.0, 100.0))  # next to nothing of a plane is crossed outside


def digits() -> tuple[Tensor, Tensor]:
    """The images, 64 numbers from 0 to 1 each, in a random order, and which digits they are."""
    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.data))
    return torch.tensor(data.data[order] / 16, dtype=torch.float32), torch.tensor(data.target[order])


def train(
    module: nn.Module, images: Tensor, labels: Tensor, epochs: int, call: Callable[[int, nn.Module], None]
) -> None:
    """Adam on mini-batches; ``call(epoch, module)`` before the first epoch and after each."""
    optimizer, shuffle = torch.optim.Adam(module.parameters(), lr=1e-3), torch.Generator().manual_seed(0)
    call(0, module)
    for epoch in range(1, epochs + 1):
        for batch in torch.randperm(len(images), generator=shuffle).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(images[batch]), labels[batch]).backward()
            optimizer.step()
        call(epoch, module)


def pairs(labels: Tensor, *, same: bool, count: int) -> list[tuple[int, int]]:
    """Two images each, of one digit or of two."""
    drawn = np.random.default_rng(1).integers(len(labels), size=(50 * count, 2))
    chosen = [(int(a), int(b)) for a, b in drawn if a != b and (labels[a] == labels[b]).item() is same]
    return chosen[:count]


def between(
    network: nnexpr.Network, images: Tensor, chosen: list[tuple[int, int]]
) -> tuple[float, float, float]:
    """Regions on the segments between images, in the mean; and bends on a length of a whole segment, if they were as
    dense everywhere as near the images and as near the decision boundary (NaN where no segment crosses it).
    """
    regions, near_images, near_boundary = [], [], []
    for a, b in chosen:
        ends = images[[a, b]].double().numpy()
        [found], [decided] = nnexpr.path_regions(network, ends), nnexpr.path_decisions(network, ends)
        bends = found.positions
        regions.append(found.count)
        near_images.append(np.mean([(bends < NEAR).sum(), (bends > 1 - NEAR).sum()]) / NEAR)
        for place in decided.positions:
            low, high = max(place - NEAR, 0.0), min(place + NEAR, 1.0)
            near_boundary.append(((bends > low) & (bends < high)).sum() / (high - low))
    return float(np.mean(regions)), float(np.mean(near_images)), float(np.mean(near_boundary or [np.nan]))


def cells(network: nnexpr.Network, images: Tensor, count: int) -> float:
    """Cells of planes through the origin and two images, in the mean."""
    zero, found = np.zeros(images.shape[1]), []
    for number in range(count):
        u, v = images[2 * number : 2 * number + 2].double().numpy()
        found.append(nnexpr.plane_regions(network, WHOLE, plane=(zero, u, v)).activation_regions)
    return float(np.mean(found))


def draw(seen: dict[int, nn.Module], images: Tensor, labels: Tensor, path: str) -> None:
    """The cells and the decision boundary on the plane of three different digits, at the first epochs and the last."""
    three = [int((labels == digit).nonzero()[0, 0]) for digit in (3, 5, 8)]
    p, q, r = images[three].double().numpy()
    shown = sorted({0, 5, 50, max(seen)} & set(seen))
    figure = nnexpr.plot.on_planes(
        [(f"epoch {epoch}", nnexpr.from_torch(seen[epoch])) for epoch in shown],
        (p, q - p, r - p), ((-0.5, 1.5), (-0.5, 1.5)),
        points={"3": (0, 0), "5": (1, 0), "8": (0, 1)},
    )  # fmt: skip
    nnexpr.plot.save(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="five epochs, few pairs and one plane")
    parser.add_argument("--picture", help="a .png, .pdf or .svg file of a plane through three digits")
    given = parser.parse_args()
    epochs, count, planes = (5, 10, 1) if given.quick else (EPOCHS[-1], PAIRS, PLANES)
    images, labels = digits()
    train_images, train_labels, test_images, test_labels = (
        images[:1500],
        labels[:1500],
        images[1500:],
        labels[1500:],
    )
    same, other = (pairs(train_labels, same=same, count=count) for same in (True, False))
    torch.set_num_threads(1)  # so small a network is trained faster by one
    torch.manual_seed(0)
    hidden = [part for _ in range(2) for part in (nn.Linear(32, 32), nn.ReLU())]
    module = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), *hidden, nn.Linear(32, 10))
    seen: dict[int, nn.Module] = {}

    def tell(epoch: int, module: nn.Module) -> None:
        if epoch not in EPOCHS:
            return
        seen[epoch] = copy.deepcopy(module)
        network = nnexpr.from_torch(module)
        with torch.no_grad():
            right = (module(test_images).argmax(1) == test_labels).double().mean().item()
        of_one, *_ = between(network, train_images, same)
        of_two, near_images, near_boundary = between(network, train_images, other)
        print(
            f"{epoch:5} {100 * right:8.1f} % {of_one:10.1f} {of_two:10.1f} {near_images:11.1f} {near_boundary:11.1f} "
            f"{cells(network, train_images, planes):10,.0f}",
            flush=True,
        )

    print("        right of    regions between    bends a segment, near         cells of")
    print("epoch  new digits   one digit  two digits    digits    boundary      a plane")
    train(module, train_images, train_labels, epochs, tell)
    print("Hanin and Rolnick: about 96^2 / 2 = 4,608 cells of a plane at the start, and not many more later.")
    if given.picture:
        draw(seen, train_images, train_labels, given.picture)


if __name__ == "__main__":
    main()
