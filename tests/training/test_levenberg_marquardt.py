"""Levenberg-Marquardt against direct least squares and MINPACK, and the independence of the members."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import scipy.optimize
import torch
from torch import Tensor

from nnexpr.networks.builders import mlp
from nnexpr.networks.network import Network
from nnexpr.training.jacobian import StackResiduals
from nnexpr.training.levenberg_marquardt import LevenbergMarquardt, _add_gram


class Linear:
    """r = A p - b, in parts of three points."""

    def __init__(self, matrix: Tensor, right: Tensor) -> None:
        self.matrix, self.right, self.points = matrix, right, matrix.shape[1]

    def residual(self, parameters: Tensor, out: Tensor) -> None:
        out.copy_((self.matrix @ parameters.unsqueeze(2)).squeeze(2) - self.right)

    def parts(self, parameters: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        whole = torch.empty_like(self.right)
        self.residual(parameters, whole)
        for start in range(0, self.points, 3):
            part = slice(start, start + 3)
            yield whole[:, part], self.matrix[:, part].transpose(1, 2)


def linear(members: int, points: int, size: int) -> Linear:
    generator = torch.Generator().manual_seed(points)
    shapes = ((members, points, size), (members, points))
    return Linear(*(torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in shapes))


def tanh_problem(members: int = 4, **options: object) -> tuple[Network, StackResiduals]:
    given = {"depth": 3, "width": 4, "activation": "tanh", "dtype": "float64", "seed": 3} | options
    network = mlp(members=members, **given)  # type: ignore[arg-type]
    x = torch.linspace(-1, 1, 60, dtype=torch.float64)
    return network, StackResiduals(network.layers, network.parameters, network.features(x), torch.sin(3 * x))


@pytest.mark.parametrize(("members", "points", "size"), [(1, 1, 1), (1, 8, 1), (3, 20, 6)])
def test_linear_least_squares(members: int, points: int, size: int) -> None:
    problem = linear(members, points, size)
    p = torch.zeros(members, size, dtype=torch.float64)
    optimizer = LevenbergMarquardt(p, problem)
    exact = torch.linalg.lstsq(problem.matrix, problem.right.unsqueeze(2)).solution.squeeze(2)
    scale = exact.norm(dim=1)
    optimizer.step()
    assert ((p - exact).norm(dim=1) < 0.1 * scale).all()  # all but the damping, which starts at 1e-3
    for _ in range(9):
        optimizer.step()
    torch.testing.assert_close(p, exact, rtol=1e-10, atol=1e-10)


def test_the_minimum_is_that_of_minpack() -> None:
    """Data are a tanh network's and noise; the starts are near that network, so that there is one minimum to find."""
    teacher = mlp(depth=2, width=2, activation="tanh", init="torch", dtype="float64", seed=5)
    x = torch.linspace(-2, 2, 60, dtype=torch.float64)
    generator = torch.Generator().manual_seed(2)
    teacher.parameters.mul_(3)
    values = teacher(x)[0, :, 0] + 0.02 * torch.randn(60, generator=generator, dtype=torch.float64)
    begin = teacher.parameters + 0.05 * torch.randn(4, 7, generator=generator, dtype=torch.float64)
    p = begin.clone()
    features = teacher.features(x)
    optimizer = LevenbergMarquardt(p, StackResiduals(teacher.layers, p, features, values))
    for _ in range(300):
        losses = optimizer.step()
    alone = StackResiduals(teacher.layers, teacher.parameters, features, values)

    def parts(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ((residual, jacobian),) = alone.parts(torch.from_numpy(p).unsqueeze(0))
        return residual[0].numpy(), jacobian[0].numpy().T.copy()

    for member in range(4):
        theirs = scipy.optimize.least_squares(
            lambda p: parts(p)[0], begin[member].numpy(), lambda p: parts(p)[1], method="lm", xtol=1e-12,
            ftol=1e-12, gtol=1e-12,
        )  # fmt: skip
        assert theirs.success
        assert float(losses[member]) <= (1 + 1e-8) * 2 * theirs.cost / 60


@pytest.mark.parametrize("activation", ["relu", "tanh", "sine"])
def test_losses_never_rise(activation: str) -> None:
    network, problem = tanh_problem(activation=activation)
    p = network.parameters.clone()
    optimizer = LevenbergMarquardt(p, problem)
    losses = torch.stack([optimizer.step() for _ in range(60)])
    assert (losses[1:] <= losses[:-1]).all()
    assert (losses[-1] < 0.2 * losses[0]).any()


def test_a_member_alone_equals_the_member_in_the_batch() -> None:
    network, problem = tanh_problem(members=5)
    together = network.parameters.clone()
    optimizer = LevenbergMarquardt(together, problem)
    for _ in range(6):
        optimizer.step()
    x = torch.linspace(-1, 1, 60, dtype=torch.float64)
    for member in range(5):
        single = network.member(member)
        alone = single.parameters.clone()
        one = LevenbergMarquardt(
            alone, StackResiduals(single.layers, alone, single.features(x), torch.sin(3 * x))
        )
        for _ in range(6):
            one.step()
        torch.testing.assert_close(alone[0], together[member], rtol=1e-5, atol=1e-6)


def test_restoring_the_state_gives_the_same_bits() -> None:
    network, problem = tanh_problem()
    p = network.parameters.clone()
    optimizer = LevenbergMarquardt(p, problem)
    for _ in range(4):
        optimizer.step()
    kept = [tensor.clone() for tensor in [p, *optimizer.state]]
    first = torch.stack([optimizer.step() for _ in range(8)])
    fresh = LevenbergMarquardt(p, problem)
    for tensor, old in zip([p, *fresh.state], kept, strict=True):
        tensor.copy_(old)
    assert torch.equal(first, torch.stack([fresh.step() for _ in range(8)]))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e200])
def test_a_start_that_is_not_finite_disturbs_nobody(bad: float) -> None:
    problem = linear(4, 12, 3)
    p = torch.zeros(4, 3, dtype=torch.float64)
    p[1] = bad
    start = p.clone()
    optimizer = LevenbergMarquardt(p, problem)
    for _ in range(12):
        optimizer.step()
    exact = torch.linalg.lstsq(problem.matrix, problem.right.unsqueeze(2)).solution.squeeze(2)
    good = [0, 2, 3]
    torch.testing.assert_close(p[good], exact[good], rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(p[1], start[1], rtol=0, atol=0, equal_nan=True)
    assert optimizer.still[1]


def test_parameters_without_influence_and_equal_ones() -> None:
    """J has a column of zeros and two that agree: the damping makes the system solvable, the loss is the least."""
    problem = linear(2, 15, 4)
    problem.matrix[:, :, 1] = 0.0
    problem.matrix[:, :, 3] = problem.matrix[:, :, 2]
    p = torch.zeros(2, 4, dtype=torch.float64)
    optimizer = LevenbergMarquardt(p, problem)
    for _ in range(30):
        losses = optimizer.step()
    for member in range(2):
        a, b = problem.matrix[member].numpy(), problem.right[member].numpy()
        least = np.mean((a @ np.linalg.lstsq(a, b, rcond=None)[0] - b) ** 2)
        assert float(losses[member]) == pytest.approx(least, rel=1e-10)
    assert (p[:, 1] == 0).all()


def test_a_network_that_is_constant_stands_still() -> None:
    problem = Linear(torch.zeros(1, 6, 2, dtype=torch.float64), torch.ones(1, 6, dtype=torch.float64))
    p = torch.ones(1, 2, dtype=torch.float64)
    optimizer = LevenbergMarquardt(p, problem)
    assert optimizer.step().item() == 1.0
    assert optimizer.still.all()
    assert torch.equal(p, torch.ones_like(p))


def test_float32() -> None:
    network, _ = tanh_problem(dtype="float32")
    x = torch.linspace(-1, 1, 60)
    p = network.parameters.clone()
    problem = StackResiduals(network.layers, p, network.features(x), torch.sin(3 * x))
    optimizer = LevenbergMarquardt(p, problem)
    losses = torch.stack([optimizer.step() for _ in range(80)])
    assert (losses[1:] <= losses[:-1]).all()
    assert losses[-1].max() < 1e-3


def damped(problem: Linear, member: int, p: np.ndarray, damping: float) -> np.ndarray:
    """The step h of (J^T J / n + lambda diag(d)) h = -J^T r / n, d_k = max(q_k, max q / 10⁴), by LAPACK."""
    a, b = problem.matrix[member].numpy(), problem.right[member].numpy()
    gram = a.T @ a / len(b)
    least = np.maximum(np.diag(gram), gram.diagonal().max() / 10_000)
    return np.linalg.solve(gram + damping * np.diag(least), -a.T @ (a @ p - b) / len(b))


def test_a_step_that_is_taken_is_the_damped_one_and_the_next_is_damped_a_third_as_much() -> None:
    """Of a linear problem each step lowers the loss. A column of 10⁻³ shows the least of the d_k."""
    problem = linear(2, 30, 5)
    problem.matrix[:, :, 3] *= 1e-3
    p = torch.zeros(2, 5, dtype=torch.float64)
    optimizer = LevenbergMarquardt(p, problem)
    for k in range(4):
        before = p.clone()
        optimizer.step()
        for member in range(2):
            expected = damped(problem, member, before[member].numpy(), 1e-3 / 3**k)
            np.testing.assert_allclose((p - before)[member], expected, rtol=1e-7, atol=1e-12)


class Bent:
    """r = arctan(p), one residual of one parameter a member: far out the undamped step leads still further out."""

    points = 1

    def residual(self, parameters: Tensor, out: Tensor) -> None:
        out.copy_(torch.atan(parameters))

    def parts(self, parameters: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        yield torch.atan(parameters), (1 / (1 + parameters**2)).unsqueeze(2)


def test_a_step_that_is_refused_is_tried_again_with_twice_the_damping_ten_times() -> None:
    """h = -arctan(p) (1 + p²) / (1 + lambda): the first lambda = 2^k / 1000 that lowers |arctan| is taken."""
    p = torch.tensor([[5.0], [1.0]], dtype=torch.float64)
    optimizer = LevenbergMarquardt(p, Bent())
    assert optimizer.step().tolist() == pytest.approx([np.arctan(5.0) ** 2, np.arctan(1.0) ** 2])
    assert p[0, 0] == 5.0  # ten trials, up to 0.512, were too long
    assert p[1, 0] == pytest.approx(1 - np.arctan(1.0) * 2 / 1.001)
    optimizer.step()
    expected = next(
        new for k in range(10, 20) if abs(new := 5 - np.arctan(5.0) * 26 / (1 + 2**k / 1000)) < 5.0
    )
    assert p[0, 0] == pytest.approx(expected, rel=1e-12)
    assert not optimizer.still.any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("points", [64, 70])
def test_the_gram_matrix_is_the_product_of_the_jacobian_with_itself(points: int, dtype: torch.dtype) -> None:
    """In compiled loops where the points are whole vectors, else in products of torch."""
    generator = torch.Generator().manual_seed(points)
    rows = torch.randn(2, 45, points, generator=generator, dtype=dtype)
    matrix = torch.ones(2, 45, 45, dtype=dtype)
    _add_gram(matrix, rows)
    torch.testing.assert_close(matrix.tril(), (1 + rows @ rows.transpose(1, 2)).tril())
