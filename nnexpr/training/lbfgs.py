"""L-BFGS with strong Wolfe line searches for M independent members at once.

One :meth:`LBFGS.step` is one iteration of every member: the direction -H g from its last ten curvature pairs
(``curvature_pairs.py``), a line search along it (``line_search.py``), and a new pair. The members' points are
evaluated together, and a member whose search has ended waits where it is for the others. The losses and gradients
at the points reached are kept, so a step whose searches all take their first trial costs one evaluation.

A member whose search fails forgets its pairs and searches once more, along -g. If that fails too it has converged
to what the precision resolves and stands still from then on, as does one whose loss or gradient is not finite where
it starts; the others do not notice. So no member's loss ever rises. The full gradient is meant: mini-batches break
both the pairs and the searches.

Cost of a step beside the evaluations: about 4 m P + 10 P operations a member. Memory: (2 m + 6) members * P
numbers.

Source: D. C. Liu and J. Nocedal, Mathematical Programming 45 (1989) 503-528; Nocedal and Wright, Numerical
Optimization, 2nd edition, chapters 3 and 7.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnexpr.training.curvature_pairs import CurvaturePairs
from nnexpr.training.line_search import LineSearch

__all__ = ["LBFGS", "Evaluate"]

MEMORY = 10  # pairs of a member

Evaluate = Callable[[Tensor, Tensor, Tensor], None]
"""``evaluate(parameters, losses, gradient)``: losses ``(members,)`` and gradient ``(members, P)`` at ``parameters``."""


class LBFGS:
    """Minimises the loss of every row of ``parameters: (members, P)``, float32 or float64, updated in place.

    The first trial of a line search is the quasi-Newton step; without pairs it is min(1, 1 / |g|_1) times -g.

    ``wanted: (members,)`` bool, which ``evaluate`` may look at: the members whose results this call is for; whatever is
    written for the others is ignored. A member needs about 1.3 evaluations a step, the slowest of thirty 3 to 6.
    ``evaluations``: how many calls were made. ``still: (members,)`` bool: which members can take no further step.
    """

    def __init__(self, parameters: Tensor, evaluate: Evaluate) -> None:
        members = parameters.shape[0]
        self._parameters, self._evaluate = parameters, evaluate
        self._pairs = CurvaturePairs(parameters, MEMORY)
        self._losses = parameters.new_zeros(members)
        self._gradient = torch.zeros_like(parameters)
        self._known = torch.zeros(members, dtype=torch.bool, device=parameters.device)
        self.still = torch.zeros_like(self._known)
        self._search = LineSearch(members)
        self._low = torch.zeros_like(parameters)  # gradient at the best step of the present search
        self._direction, self._trial, self._trial_gradient = (torch.zeros_like(parameters) for _ in range(3))
        self._trial_losses = torch.zeros_like(self._losses)
        self.wanted = torch.ones_like(self._known)
        self.evaluations = 0

    @property
    def state(self) -> list[Tensor]:
        """All that the next step depends on beside the parameters; restored by copying into it."""
        return [*self._pairs.state, self._losses, self._gradient, self._known, self.still]

    def step(self) -> Tensor:
        """One iteration of every member; the losses before it, ``(members,)``."""
        self._know()
        before = self._losses.clone()
        moving = ~self.still
        self._search.low[:] = 0.0
        self._low.copy_(self._gradient)
        self._pairs.direction(self._gradient, self._direction)
        self._direction.masked_fill_(~moving[:, None], 0.0)  # 0 times NaN would move a member
        self._begin(moving)
        self._run()
        failed = self._flags(self._search.failed) & moving
        if bool(failed.any()):
            again = failed & (self._pairs.counts > 0)
            self.still |= failed & ~again
            self._descend(again)
            self._begin(again)
            self._run()
            self.still |= self._flags(self._search.failed) & again
        self._accept()
        return before

    def _know(self) -> None:
        """Losses and gradients at the present points; members where they are of no use stand still."""
        if not bool(self._known.all()):
            fresh = ~self._known
            self._call(self._parameters, fresh)
            self._losses.copy_(torch.where(fresh, self._trial_losses, self._losses))
            self._gradient.copy_(torch.where(fresh[:, None], self._trial_gradient, self._gradient))
            self._known.fill_(True)
        largest = self._gradient.abs().amax(1)
        self.still |= ~(torch.isfinite(self._losses) & torch.isfinite(largest) & (largest > 0))

    def _call(self, parameters: Tensor, wanted: Tensor) -> None:
        self.wanted.copy_(wanted)
        self._evaluate(parameters, self._trial_losses, self._trial_gradient)
        self.evaluations += 1

    def _descend(self, which: Tensor) -> None:
        """Forget the pairs of ``which`` and let them search along -g."""
        self._pairs.forget(which)
        self._direction.copy_(torch.where(which[:, None], -self._gradient, self._direction))

    def _begin(self, which: Tensor) -> None:
        """Start the searches of ``which`` along their directions."""
        slopes = torch.linalg.vecdot(self._gradient, self._direction)
        uphill = which & ~(slopes < 0)  # rounding alone can do that
        if bool(uphill.any()):
            self._descend(uphill)
            slopes = torch.linalg.vecdot(self._gradient, self._direction)
        norm = torch.linalg.vector_norm(self._gradient, 1, dim=1)
        first = torch.where(self._pairs.counts > 0, 1.0, (1.0 / norm).clamp(max=1.0))
        self._search.begin(which.cpu().numpy(), _numbers(self._losses), _numbers(slopes), _numbers(first))

    def _run(self) -> None:
        """Evaluate trials until every search has ended."""
        while self._search.searching:
            step = self._column(self._search.step)
            torch.addcmul(self._parameters, step, self._direction, out=self._trial)
            self._call(self._trial, self._flags(self._search.wanted))
            slopes = torch.linalg.vecdot(self._trial_gradient, self._direction)
            taken = self._flags(self._search.advance(_numbers(self._trial_losses), _numbers(slopes)))
            self._low.copy_(torch.where(taken[:, None], self._trial_gradient, self._low))
            self._losses.copy_(torch.where(taken, self._trial_losses, self._losses))

    def _accept(self) -> None:
        """Go to the best step of every search and remember what it told about the curvature."""
        step = self._column(self._search.low)
        self._parameters.addcmul_(step, self._direction)  # the expression of the trial, hence its bits
        torch.sub(self._low, self._gradient, out=self._trial_gradient)
        self._gradient.copy_(self._low)
        self._direction.mul_(step)
        self._pairs.remember(self._direction, self._trial_gradient, step[:, 0] > 0)

    def _column(self, values: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(values).to(self._parameters)[:, None]

    def _flags(self, values: NDArray[np.bool_]) -> Tensor:
        return torch.from_numpy(values).to(self._parameters.device)


def _numbers(tensor: Tensor) -> NDArray[np.float64]:
    return tensor.detach().to("cpu", torch.float64).numpy()
