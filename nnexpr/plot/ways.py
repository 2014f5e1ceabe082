"""The ways to draw a fit, one declaration each: what a command offers by name, and what each of them takes.

Importing this costs no matplotlib.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nnexpr.declarations import Declared, Home, load
from nnexpr.extras import require
from nnexpr.specification import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnexpr.plot.style import Size
    from nnexpr.runs.recording import Recording
    from nnexpr.training.fit import FitResult

__all__ = ["WAYS", "Drawable", "Way", "drawn_as"]


@dataclass(frozen=True, kw_only=True)
class Way:
    """``draws``: the function, with its ``options``; ``of``: what it takes, what it prefers first; ``inputs``: how many
    the target has.
    """

    name: str
    words: str
    draws: Home
    options: Mapping[str, Any] = field(default_factory=dict)
    of: tuple[str, ...] = ("result", "recording")
    inputs: tuple[int, ...] = (1, 2)
    at_epochs: bool = False
    of_members: bool = True


WAYS: Declared[Way] = Declared("a way to draw a fit")

for _way in (
    Way(name="fit", words="target, fit, band of the members, bends", draws="nnexpr.plot.over_x:fit", at_epochs=True),
    Way(name="error", words="fit minus target", draws="nnexpr.plot.over_x:fit", options={"error": True},
        at_epochs=True),
    Way(name="maps", words="two inputs: target, fit and difference", draws="nnexpr.plot.plane:maps", inputs=(2,),
        at_epochs=True),
    Way(name="cells", words="two inputs: the exact cells by steepness", draws="nnexpr.plot.plane:cells", inputs=(2,),
        at_epochs=True),
    Way(name="patterns", words="two inputs: the cells by pattern of active units", draws="nnexpr.plot.plane:cells",
        options={"color": "pattern"}, inputs=(2,), at_epochs=True),
    Way(name="loss", words="losses over the epochs: band, median, best, events", draws="nnexpr.plot.over_epochs:loss",
        of=("recording", "result")),
    Way(name="counts", words="exact counts over the epochs, with bounds", draws="nnexpr.plot.over_epochs:counts",
        of=("recording",), of_members=False),
    Way(name="modes", words="the error's Fourier modes over the epochs, a map", draws="nnexpr.plot.fourier:modes",
        of=("recording",), inputs=(1,), of_members=False),
    Way(name="curves", words="the same as curves", draws="nnexpr.plot.fourier:modes", options={"kind": "curves"},
        of=("recording",), inputs=(1,), of_members=False),
    Way(name="frequencies", words="the error in each Fourier mode", draws="nnexpr.plot.fourier:frequencies",
        inputs=(1,), at_epochs=True),
    Way(name="tangent", words="the tangent kernel's eigenvalues, first and last", draws="nnexpr.plot.kernel:tangent",
        of=("result",)),
    Way(name="tangent-error", words="the share of the error in its first modes", draws="nnexpr.plot.kernel:tangent",
        options={"kind": "error"}, of=("result",)),
    Way(name="tangent-loss", words="the loss beside that of a kernel that stands still",
        draws="nnexpr.plot.kernel:tangent", options={"kind": "loss"}, of=("result",)),
    Way(name="tangent-modes", words="its first modes over x", draws="nnexpr.plot.kernel:tangent",
        options={"kind": "modes"}, of=("result",), inputs=(1,)),
):  # fmt: skip
    WAYS.declare(_way)


@dataclass(frozen=True, eq=False)
class Drawable:
    """A fit as far as it is known: its result, its recording, or both."""

    name: str
    result: FitResult | None
    recording: Recording | None

    @property
    def inputs(self) -> int:
        """Of its target."""
        if self.result is not None:
            return self.result.target.dimension
        return 0 if self.recording is None else self.recording.scene.dimension


def drawn_as(
    way: Way, of: Drawable, *, epoch: int | None, member: int | None, size: Size | None, title: bool
) -> Figure:
    """The figure. Raises InputError where the way does not suit what there is, or cannot take an epoch or a member."""
    require("matplotlib", "plots", "figures need")
    if of.inputs not in way.inputs:
        inputs = "one input" if way.inputs == (1,) else "two inputs"
        raise InputError("what", way.name, f"it is for {inputs}, and {of.name} has {of.inputs}")
    for option, value, takes in (("epoch", epoch, way.at_epochs), ("member", member, way.of_members)):
        if value is not None and not takes:
            able = ", ".join(
                each.name for each in WAYS.values() if (each.at_epochs, each.of_members)[option == "member"]
            )
            raise InputError(option, value, f"{way.name} takes none; {able} do")
    options: dict[str, Any] = {**way.options, "title": title}
    options |= {} if size is None else {"size": size}
    options |= {"epoch": epoch} if way.at_epochs else {}
    options |= {"member": member} if way.of_members else {}
    figure: Figure = load(way.draws)(_chosen(way, of, epoch), **options)
    return figure


def _chosen(way: Way, of: Drawable, epoch: int | None) -> FitResult | Recording:
    """What it prefers of what there is; for an epoch that a result does not know, the recording where there is one."""
    known = {"result": of.result, "recording": of.recording}
    if of.result is not None and of.recording is not None and epoch not in (None, 0, of.result.epochs):
        del known["result"]
    for each in way.of:
        if (found := known.get(each)) is not None:
            return found
    needed = " or ".join(f"a {each}" for each in way.of)
    raise InputError("what", way.name, f"it needs {needed}, and {of.name} has none")
