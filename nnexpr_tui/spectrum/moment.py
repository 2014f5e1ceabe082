"""What the Spectrum screen asks for and what it is shown: plain data in the target's own units.

Nothing here needs NumPy or torch to be imported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nnexpr.declarations import InputError
from nnexpr.linear.specification import LstsqSpecification

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Answer", "BasisRow", "Curves", "Eigen", "Maps", "SpectrumMoment", "SpectrumQuestion"]


@dataclass(frozen=True)
class SpectrumQuestion:
    """A fit, and which of its modes, from 1, is drawn."""

    specification: LstsqSpecification
    mode: int = 1


@dataclass(frozen=True, eq=False)
class BasisRow:
    """One basis in one precision on the same target and knots; ``note`` in place of what could not be had."""

    basis: str
    dtype: str
    solver: str = ""
    max_error: float | None = None
    mse: float | None = None
    rank: int | None = None
    condition: float | None = None
    note: str = ""


@dataclass(frozen=True, eq=False)
class Eigen:
    """The Gram matrix of the basis at the samples, times the cell: its eigenvalues, largest first.

    ``values (k,)`` as the solver knows them; ``kept`` and ``resolved``: how many are; ``line``: where eigenvalues are
    cut off, or the ridge that is added to them; ``exact``: those of the continuous kernel, where they are known;
    ``shares (k,)``: what the target has of each mode, of the sum of its squares; ``number``: of the mode that is drawn.
    """

    values: Array
    kept: int
    resolved: int
    line: float | None
    is_ridge: bool
    exact: Array | None
    shares: Array
    number: int


@dataclass(frozen=True, eq=False)
class Curves:
    """What is drawn of a fit on a line: x and values, each; and its knots."""

    data: tuple[Array, Array]
    fit: tuple[Array, Array]
    error: tuple[Array, Array]
    mode: tuple[Array, Array]
    knots: Array


@dataclass(frozen=True, eq=False)
class Maps:
    """What is drawn of a fit in the plane: images ``(rows, columns)`` of its domain, the top row first.

    Of data and error a pixel has that of the sample nearest to it.
    """

    data: Array
    fit: Array
    error: Array
    mode: Array


@dataclass(frozen=True, eq=False)
class Answer:
    """A fit with everything the screen shows of it; ``condition`` None: not yet known."""

    target: str
    formula: str
    names: tuple[str, ...]  # of the inputs and of the values
    notes: tuple[str, ...]  # what was done to the data
    is_data: bool
    domain: tuple[tuple[float, float], ...]  # of each input
    samples: int
    size: int  # coefficients
    drawn: Curves | Maps
    is_splines: bool  # whether the basis is one of linear splines, so that ``hat`` solves for it
    solver: str
    max_error: float
    mse: float
    rank: int | None  # None: not told
    gradient: float
    condition: float | None  # NaN: not told
    eigen: Eigen
    target_modes: (
        Array  # Fourier amplitudes over the domain, from 0; empty where the samples do not give them
    )
    error_modes: Array
    rows: tuple[BasisRow, ...] = ()

    @property
    def is_plane(self) -> bool:
        """Whether the target has two inputs."""
        return len(self.domain) == 2


@dataclass(frozen=True, eq=False)
class SpectrumMoment:
    """The newest question with its answer, or with why there is none.

    While it is being answered ``answer`` is that of an earlier question, if there is one; ``expected``: for how many
    seconds, where that is long.
    """

    question: SpectrumQuestion
    answer: Answer | None = None
    answered: SpectrumQuestion | None = None  # what the answer is of
    refused: InputError | None = None
    is_working: bool = False
    expected: float | None = None
    compared: int = field(default=0)  # of the answer's rows, those that are of this question

    def is_urgent(self, before: SpectrumMoment | None) -> bool:
        """Answered anew: a key asked for it."""
        return before is None or self.answered != before.answered or self.refused is not before.refused
