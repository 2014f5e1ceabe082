"""Levenberg-Marquardt for M least-squares problems at once, each with a damping of its own.

The loss of a member is F = sum_i r_i² / n with Jacobian J = dr/dp. A step h solves the damped normal equations

    (J^T J / n + lambda diag(d)) h = -J^T r / n,    d_k = max(q_k, 1e-4 max_j q_j),    q = diag(J^T J / n)

by Cholesky in the dtype of the parameters, and is taken if it lowers F: then lambda becomes lambda / 3, otherwise 2
lambda. The scaling by q makes steps independent of the units of the parameters (Marquardt); the least d_k holds
parameters that hardly matter at present, as those of a unit that is active at few points. One
:meth:`LevenbergMarquardt.step` forms the Jacobian once and tries dampings, at most :data:`TRIALS`, until every
member has taken a step. So F never rises, and where the residual tends to 0 and F is smooth it converges faster
than linearly, as lambda tends to 0.

A member whose F is not finite, or whose refused step is smaller than the rounding of its parameters, stands still
from then on; the others do not notice. All members are evaluated together, so a member alone takes the same steps
as in the batch up to the rounding of batched products; sessions on the processor therefore give it one at a time.

Cost of a step: 5/8 n P² multiply-adds a member for J^T J, P³ / 6 a trial. Memory: members * (3 P² + n) numbers and
one chunk of the Jacobian. Normal equations square the condition of J: what lies below sqrt(eps) of its largest
singular value is not resolved but damped, so float64 is meant; float32 works for few parameters and moderate
accuracy.

Source: D. W. Marquardt, SIAM J. Appl. Math. 11 (1963) 431-441; K. Madsen, H. B. Nielsen, O. Tingleff, Methods for
non-linear least squares problems, 2nd edition, 2004, section 3.2. The factors, the least d_k and Nielsen's rule
were compared on ReLU networks: docs/decisions/optimisers.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor

from nnexpr.kernels.products import add_grams
from nnexpr.kernels.tiles import BLOCK_BYTES

__all__ = ["LevenbergMarquardt", "Residuals"]

TRIALS = 10
START = 1e-3  # the first lambda: Madsen, Nielsen and Tingleff's for a start of unknown quality
EASE, RAISE = 1 / 3, 2.0
BANDS = 4  # of J^T J; found by trying 1 to 4
LEAST = 1e-4  # of the largest of diag(J^T J)


class Residuals(Protocol):
    """M problems with ``points`` residuals each; ``jacobian.py`` has the one of a stack of affine layers."""

    points: int

    def residual(self, parameters: Tensor, out: Tensor) -> None:
        """Residuals at ``parameters: (members, P)`` to ``out: (members, points)``."""

    def parts(self, parameters: Tensor) -> Iterable[tuple[Tensor, Tensor]]:
        """Residuals ``(members, c)`` and transposed Jacobian ``(members, P, c)``, c points at a time."""


class LevenbergMarquardt:
    """Minimises the mean squared residual of every row of ``parameters: (members, P)``, which it updates in place.

    ``still: (members,)`` bool: which members can take no further step.
    """

    def __init__(self, parameters: Tensor, problem: Residuals) -> None:
        members, size = parameters.shape
        self._parameters, self._problem = parameters, problem
        self._damping = parameters.new_full((members,), START)
        self.still = torch.zeros(members, dtype=torch.bool, device=parameters.device)
        self._matrix = parameters.new_empty(members, size, size)  # J^T J / n, its lower triangle
        self._gradient = parameters.new_empty(members, size)
        self._weight = parameters.new_empty(members, size)  # d
        self._trial = torch.empty_like(parameters)
        self._residual = parameters.new_empty(members, problem.points)

    @property
    def state(self) -> list[Tensor]:
        """All that the next step depends on beside the parameters; restored by copying into it."""
        return [self._damping, self.still]

    def step(self) -> Tensor:
        """One step of every member; the losses before it, ``(members,)``."""
        losses = self._normal_equations()
        self.still |= ~torch.isfinite(losses)
        trying = ~self.still
        now = losses.clone()
        for _ in range(TRIALS):
            if not bool(trying.any()):
                break
            trying = trying & ~self._try(now, trying)
        return losses

    def _normal_equations(self) -> Tensor:
        """Form J^T J / n, J^T r / n and d; the losses ``(members,)``."""
        self._matrix.zero_()
        self._gradient.zero_()
        done = 0
        for residual, jacobian in self._problem.parts(self._parameters):
            self._residual[:, done : done + residual.shape[1]].copy_(residual)
            done += residual.shape[1]
            _add_gram(self._matrix, jacobian)
            self._gradient.add_(torch.linalg.vecdot(jacobian, residual.unsqueeze(1)))
        self._matrix.div_(self._problem.points)
        self._gradient.div_(self._problem.points)
        diagonal = self._matrix.diagonal(dim1=1, dim2=2)
        least = LEAST * diagonal.amax(1, keepdim=True)
        # A member that depends on none of its parameters has no gradient either: any d lets it stand still.
        torch.maximum(diagonal, torch.where(least > 0, least, 1.0), out=self._weight)
        return self._losses()

    def _losses(self) -> Tensor:
        # One expression for the losses before and after a step, so that rounding makes none of them rise.
        return self._residual.square().mean(1)

    def _try(self, losses: Tensor, trying: Tensor) -> Tensor:
        """Try the present dampings; which members are done: they took the step, or can take none."""
        which = trying.nonzero().view(-1)
        steps, solved = self._solve(which)
        self._trial.copy_(self._parameters).index_add_(0, which, steps)
        self._problem.residual(self._trial, self._residual)
        after = self._losses()
        taken = trying & (after < losses)  # false where it is NaN
        settled = torch.zeros_like(trying).index_copy_(0, which, solved)
        settled &= ~taken & (self._trial == self._parameters).all(1)
        self.still |= settled
        self._parameters.copy_(torch.where(taken[:, None], self._trial, self._parameters))
        losses.copy_(torch.where(taken, after, losses))
        factor = torch.where(taken, EASE, torch.where(trying, RAISE, 1.0)).to(losses)
        limits = torch.finfo(losses.dtype)  # a damping of 0 could not be raised again
        self._damping.mul_(factor).clamp_(limits.tiny**0.5, limits.max**0.5)
        return taken | settled

    def _solve(self, which: Tensor) -> tuple[Tensor, Tensor]:
        """Steps ``(k, P)`` of the members ``which: (k,)``, 0 where the factorisation failed, and where it did not."""
        damped = self._matrix[which]
        damped.diagonal(dim1=1, dim2=2).add_(self._damping[which, None] * self._weight[which])
        factor, failure = torch.linalg.cholesky_ex(damped)
        steps = torch.cholesky_solve(self._gradient[which].neg().unsqueeze(2), factor).squeeze(2)
        solved = (failure == 0) & torch.isfinite(steps).all(1)
        return torch.where(solved[:, None], steps, 0.0), solved


def _add_gram(matrix: Tensor, rows: Tensor) -> None:
    """Add ``rows rows^T`` to the lower triangles of ``matrix: (members, P, P)``; ``rows: (members, P, c)``."""
    members, size, points = rows.shape
    if rows.device.type == "cpu" and points * rows.element_size() % BLOCK_BYTES == 0 and rows.is_contiguous():
        add_grams(matrix.numpy().reshape(-1), rows.numpy().reshape(-1), members, size, points)
        return
    # In bands of rows, each up to its diagonal block: torch has no symmetric product, and this spares most of a half.
    ends = sorted({size * band // BANDS for band in range(BANDS + 1)})
    for first, last in pairwise(ends):
        matrix[:, first:last, :last].baddbmm_(rows[:, first:last], rows[:, :last].transpose(1, 2))
