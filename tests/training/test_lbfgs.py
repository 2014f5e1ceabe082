"""L-BFGS against SciPy's, Wolfe's conditions, and the independence of the members."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.optimize
import torch
from torch import Tensor

from nnexpr.training.curvature_pairs import CurvaturePairs
from nnexpr.training.lbfgs import LBFGS, Evaluate
from nnexpr.training.line_search import C1, C2


def rosenbrock(p: Tensor, losses: Tensor, gradient: Tensor) -> None:
    """SciPy's ``rosen`` for every row."""
    x, y = p[:, :-1], p[:, 1:]
    losses.copy_((100 * (y - x**2) ** 2 + (1 - x) ** 2).sum(1))
    gradient.zero_()
    gradient[:, :-1] += -400 * x * (y - x**2) - 2 * (1 - x)
    gradient[:, 1:] += 200 * (y - x**2)


def quadratics(
    members: int, size: int, dtype: torch.dtype = torch.float64
) -> tuple[Tensor, Tensor, Evaluate]:
    """H (members, P, P) with condition 100, c, and F = p^T H p / 2 - c^T p with its gradient."""
    generator = torch.Generator().manual_seed(size)
    q, _ = torch.linalg.qr(torch.randn(members, size, size, generator=generator, dtype=torch.float64))
    matrix = (q * torch.logspace(0, 2, size, dtype=torch.float64)) @ q.transpose(1, 2)
    matrix, c = (
        matrix.to(dtype),
        torch.randn(members, size, generator=generator, dtype=torch.float64).to(dtype),
    )

    def evaluate(p: Tensor, losses: Tensor, gradient: Tensor) -> None:
        product = (matrix * p[:, None, :]).sum(2)
        losses.copy_((p * (product / 2 - c)).sum(1))
        gradient.copy_(product - c)

    return matrix, c, evaluate


def starts(members: int, size: int) -> Tensor:
    return 1.5 * torch.randn(
        members, size, generator=torch.Generator().manual_seed(members), dtype=torch.float64
    )


def losses_at(evaluate: Evaluate, p: Tensor) -> Tensor:
    losses = p.new_empty(len(p))
    evaluate(p, losses, torch.empty_like(p))
    return losses


@pytest.mark.parametrize(("members", "size"), [(1, 1), (1, 7), (4, 1), (5, 12)])
def test_convex_quadratics_are_solved_to_machine_precision(members: int, size: int) -> None:
    matrix, c, evaluate = quadratics(members, size)
    p = starts(members, size)
    optimizer = LBFGS(p, evaluate)
    for _ in range(60):
        optimizer.step()
    exact = torch.linalg.solve(matrix, c)
    least = losses_at(evaluate, exact)
    torch.testing.assert_close(losses_at(evaluate, p), least, rtol=1e-14, atol=1e-14)
    torch.testing.assert_close(p, exact, rtol=0, atol=1e-6)  # the root of the rounding of F


def test_the_objective_is_that_of_scipy() -> None:
    _, _, evaluate = quadratics(3, 9)
    begin = starts(3, 9)
    p = begin.clone()
    optimizer = LBFGS(p, evaluate)
    for _ in range(50):
        optimizer.step()
    for member in range(3):

        def one(x: np.ndarray, member: int = member) -> tuple[float, np.ndarray]:
            points = begin.clone()
            points[member] = torch.from_numpy(x)
            losses, gradient = begin.new_empty(3), torch.empty_like(begin)
            evaluate(points, losses, gradient)
            return float(losses[member]), gradient[member].numpy()

        theirs = scipy.optimize.minimize(one, begin[member].numpy(), jac=True, method="BFGS")
        assert float(losses_at(evaluate, p)[member]) <= theirs.fun + 1e-12 * abs(theirs.fun)


def test_rosenbrock_in_as_many_iterations_as_scipy() -> None:
    begin = starts(5, 3)  # from four dimensions on there is a second minimum
    p = begin.clone()
    optimizer = LBFGS(p, rosenbrock)
    taken = torch.zeros(5)
    for _ in range(150):
        taken += optimizer.step() > 1e-10
    assert (losses_at(rosenbrock, p) < 1e-20).all()
    for member in range(5):
        counts = []

        def count(x: np.ndarray, counts: list[float] = counts) -> None:
            counts.append(float(scipy.optimize.rosen(x)))

        scipy.optimize.minimize(
            scipy.optimize.rosen, begin[member].numpy(), jac=scipy.optimize.rosen_der, method="L-BFGS-B",
            callback=count, options={"ftol": 0.0, "gtol": 1e-12},
        )  # fmt: skip
        theirs = sum(value > 1e-10 for value in counts) + 1
        assert taken[member] <= 1.5 * theirs


def test_wolfe_conditions_hold_at_every_step() -> None:
    p = starts(6, 4)
    optimizer = LBFGS(p, rosenbrock)
    losses, gradient, after = p.new_empty(6), torch.empty_like(p), torch.empty_like(p)
    for _ in range(25):
        before = p.clone()
        rosenbrock(p, losses, gradient)
        reported = optimizer.step()
        torch.testing.assert_close(reported, losses, rtol=0, atol=0)
        step = p - before
        new = p.new_empty(6)
        rosenbrock(p, new, after)
        slope, slope_after = (gradient * step).sum(1), (after * step).sum(1)
        rounding = 1e-12 * losses
        assert (slope < 0).all()
        assert (new <= losses + C1 * slope + rounding).all()
        assert (slope_after.abs() <= -C2 * slope + rounding).all()


@pytest.mark.parametrize("members", [1, 3])
def test_a_member_alone_equals_the_member_in_the_batch(members: int) -> None:
    begin = starts(6, 5)
    begin[2] = 1.0 + 1e-3  # converges long before the others
    together = begin.clone()
    optimizer = LBFGS(together, rosenbrock)
    for _ in range(30):
        optimizer.step()
    for first in range(0, 6, members):
        alone = begin[first : first + members].clone()
        optimizer = LBFGS(alone, rosenbrock)
        for _ in range(30):
            optimizer.step()
        torch.testing.assert_close(alone, together[first : first + members], rtol=1e-9, atol=1e-9)


def test_restoring_the_state_gives_the_same_bits() -> None:
    p = starts(4, 6)
    optimizer = LBFGS(p, rosenbrock)
    for _ in range(13):
        optimizer.step()
    kept = [tensor.clone() for tensor in [p, *optimizer.state]]
    first = torch.stack([optimizer.step() for _ in range(9)])
    ended = p.clone()
    for _ in range(2):
        fresh = LBFGS(p, rosenbrock)
        for tensor, old in zip([p, *fresh.state], kept, strict=True):
            tensor.copy_(old)
        again = torch.stack([fresh.step() for _ in range(9)])
        assert torch.equal(first, again)
        assert torch.equal(ended, p)


def test_losses_never_rise_and_converged_members_stand_still() -> None:
    p = starts(5, 3)
    optimizer = LBFGS(p, rosenbrock)
    losses = torch.stack([optimizer.step() for _ in range(120)])
    assert (losses[1:] <= losses[:-1]).all()
    assert optimizer.still.all()
    before, calls = p.clone(), optimizer.evaluations
    optimizer.step()
    assert torch.equal(before, p)
    assert optimizer.evaluations == calls


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e200])
def test_a_start_that_is_not_finite_disturbs_nobody(bad: float) -> None:
    good = starts(4, 5)
    begin = torch.cat([good[:2], torch.full((1, 5), bad, dtype=torch.float64), good[2:]])
    with_bad, without = begin.clone(), good.clone()
    first, second = LBFGS(with_bad, rosenbrock), LBFGS(without, rosenbrock)
    for _ in range(20):
        first.step()
        second.step()
    torch.testing.assert_close(with_bad[[0, 1, 3, 4]], without, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(with_bad[2], begin[2], rtol=0, atol=0, equal_nan=True)
    assert first.still.tolist()[2]


def test_trials_that_are_not_finite_shorten_the_step() -> None:
    met: list[bool] = []

    def barrier(p: Tensor, losses: Tensor, gradient: Tensor) -> None:
        losses.copy_((p - torch.log(p)).sum(1))  # NaN for p < 0
        gradient.copy_(1 - 1 / p)
        met.append(bool(losses.isnan().any()))

    p = torch.tensor([[1e-3, 50.0], [0.5, 1e-4]], dtype=torch.float64)
    optimizer = LBFGS(p, barrier)
    for _ in range(60):
        assert torch.isfinite(optimizer.step()).all()
    torch.testing.assert_close(p, torch.ones_like(p), rtol=0, atol=1e-7)
    assert any(met)


def test_only_wanted_results_are_used() -> None:
    """Garbage for the members that are not wanted changes nothing."""

    def lazy(optimizer: list[LBFGS]) -> Callable[[Tensor, Tensor, Tensor], None]:
        def evaluate(p: Tensor, losses: Tensor, gradient: Tensor) -> None:
            rosenbrock(p, losses, gradient)
            losses[~optimizer[0].wanted] = torch.nan
            gradient[~optimizer[0].wanted] = torch.nan

        return evaluate

    begin = starts(6, 4)
    whole, part = begin.clone(), begin.clone()
    reference, holder = LBFGS(whole, rosenbrock), []
    holder.append(LBFGS(part, lazy(holder)))
    for _ in range(30):
        assert torch.equal(reference.step(), holder[0].step())
    assert torch.equal(whole, part)


def test_at_a_kink_the_search_takes_the_decrease_it_finds() -> None:
    def kinked(p: Tensor, losses: Tensor, gradient: Tensor) -> None:
        losses.copy_(p.abs().sum(1) + (p**2).sum(1))
        gradient.copy_(p.sign() + 2 * p)

    p = torch.tensor([[0.7, -0.3], [2.0, 0.1]], dtype=torch.float64)
    optimizer = LBFGS(p, kinked)
    losses = torch.stack([optimizer.step() for _ in range(60)])
    assert (losses[1:] <= losses[:-1]).all()
    assert (losses[-1] < 0.15 * losses[0]).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_compiled_direction_is_that_of_the_arrays_and_of_bfgs(dtype: torch.dtype) -> None:
    members, size, memory = 3, 6, 4
    matrix, _, _ = quadratics(members, size, dtype)
    pairs = CurvaturePairs(torch.zeros(members, size, dtype=dtype), memory)
    generator = torch.Generator().manual_seed(3)
    history: list[list[tuple[Tensor, Tensor]]] = [[] for _ in range(members)]
    for _ in range(7):
        s = torch.randn(members, size, generator=generator).to(dtype)
        y = (matrix @ s.unsqueeze(2)).squeeze(2)
        moved = torch.rand(members, generator=generator) < 0.8
        pairs.remember(s, y, moved)
        for member in range(members):
            if moved[member]:
                history[member].append((s[member].double(), y[member].double()))
    g = torch.randn(members, size, generator=generator).to(dtype)
    compiled, arrays = torch.empty_like(g), torch.empty_like(g)
    pairs.direction(g, compiled)
    pairs.direction_by_arrays(g, arrays)
    tolerance = 1e-3 if dtype == torch.float32 else 1e-11
    torch.testing.assert_close(compiled, arrays, rtol=tolerance, atol=tolerance)
    for member in range(members):
        h = dense_bfgs(history[member][-memory:], size)
        torch.testing.assert_close(
            compiled[member].double(), -h @ g[member].double(), rtol=tolerance, atol=tolerance
        )


def dense_bfgs(pairs: list[tuple[Tensor, Tensor]], size: int) -> Tensor:
    """H by the update formula (Nocedal and Wright, 6.17) from gamma I."""
    identity = torch.eye(size, dtype=torch.float64)
    if not pairs:
        return identity
    s, y = pairs[-1]
    h = identity * (s @ y) / (y @ y)
    for s, y in pairs:
        v = identity - torch.outer(s, y) / (s @ y)
        h = v @ h @ v.T + torch.outer(s, s) / (s @ y)
    return h


def test_a_pair_without_curvature_is_left_out() -> None:
    pairs = CurvaturePairs(torch.zeros(2, 3, dtype=torch.float64), 4)
    s = torch.ones(2, 3, dtype=torch.float64)
    pairs.remember(s, torch.stack([s[0], -s[1]]), torch.tensor([True, True]))
    assert pairs.counts.tolist() == [1, 0]
    out = torch.empty_like(s)
    pairs.direction(s, out)
    torch.testing.assert_close(out[1], -s[1])


@pytest.mark.parametrize("size", [4.0, 0.5])
def test_the_first_trial_is_along_the_gradient_by_one_at_most_and_evaluations_are_counted(
    size: float,
) -> None:
    """Without pairs by min(1, 1 / |g|_1): no further than 1 in any one parameter."""
    seen: list[Tensor] = []

    def plane(p: Tensor, losses: Tensor, gradient: Tensor) -> None:
        seen.append(p.clone())
        losses.copy_(size * (p[:, 0] - 3 * p[:, 1]) / 4 + 1e-3 * (p**2).sum(1))
        gradient.copy_(size * torch.tensor([0.25, -0.75]) + 2e-3 * p)

    p = torch.zeros(1, 2, dtype=torch.float64)
    optimizer = LBFGS(p, plane)
    optimizer.step()
    expected = -torch.tensor([[0.25, -0.75]], dtype=torch.float64) * min(size, 1.0)
    torch.testing.assert_close(seen[1], expected)
    assert optimizer.evaluations == len(seen)


def test_a_step_whose_first_trials_are_all_taken_costs_one_evaluation() -> None:
    """A quadratic near its least: the quasi-Newton step is accepted as it is, again and again."""
    _, _, evaluate = quadratics(1, 2)
    p = starts(1, 2)
    optimizer, calls = LBFGS(p, evaluate), []
    for _ in range(7):
        before = optimizer.evaluations
        optimizer.step()
        calls.append(optimizer.evaluations - before)
    assert calls[0] >= 2  # where it starts, and a trial
    assert min(calls[1:]) == 1


@pytest.mark.parametrize("scale", [1e-25, 1.0, 1e25])
def test_whether_a_pair_is_kept_is_a_matter_of_its_angle(scale: float) -> None:
    """A change along the step is kept in any unit; one at a right angle but for less than rounding in none."""
    pairs = CurvaturePairs(torch.zeros(2, 2, dtype=torch.float64), 4)
    steps = torch.tensor([[3.0, 0.0], [3.0, 0.0]], dtype=torch.float64)
    changes = scale * torch.tensor([[1.0, 1.0], [1e-17, 1.0]], dtype=torch.float64)
    pairs.remember(steps, changes, torch.tensor([True, True]))
    assert pairs.counts.tolist() == [1, 0]


def test_a_member_of_which_only_the_loss_or_only_the_gradient_is_not_finite_stands_still() -> None:
    def half_known(p: Tensor, losses: Tensor, gradient: Tensor) -> None:
        losses.copy_((p**2).sum(1))
        gradient.copy_(2 * p)
        losses[0] = torch.inf
        gradient[1, 0] = torch.nan

    p = starts(3, 2)
    begin = p.clone()
    optimizer = LBFGS(p, half_known)
    for _ in range(20):
        optimizer.step()
    assert torch.equal(p[:2], begin[:2])
    assert optimizer.still[:2].tolist() == [True, True]
    torch.testing.assert_close(p[2], torch.zeros(2, dtype=torch.float64), rtol=0, atol=1e-9)


def test_where_no_member_can_take_a_step_nothing_is_evaluated_but_where_they_are() -> None:
    def lost(p: Tensor, losses: Tensor, gradient: Tensor) -> None:
        losses.copy_((p**2).sum(1) * torch.tensor([torch.inf, 1.0]))
        gradient.copy_(2 * p * torch.tensor([[1.0], [torch.nan]]))

    optimizer = LBFGS(torch.ones(2, 2, dtype=torch.float64), lost)
    for _ in range(3):
        optimizer.step()
    assert optimizer.still.all()
    assert optimizer.evaluations == 1
