"""Does an experiment: its attempt, its time, its parts on the way and its finding at the end, both kept in a folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from time import monotonic, time

from nnexpr.experiments.attempt import Attempt, Parts, Progress
from nnexpr.experiments.discovery import Experiment
from nnexpr.experiments.findings import Finding, keep_finding

__all__ = ["perform"]


def perform(
    experiment: Experiment,
    folder: Path | None = None,
    *,
    quick: bool = False,
    large: bool = False,
    device: str = "cpu",
    seed: int = 0,
    progress: Progress = Attempt.progress,
) -> Finding:
    """What the experiment finds. Raises what its work raises, :class:`~nnexpr.experiments.attempt.Cancelled` too.

    ``quick``, ``large``, ``device``: see :class:`~nnexpr.experiments.attempt.Attempt`; ``large`` is full where the
    experiment has no larger size. With a folder an attempt that was cut short is taken up where it was, each size,
    device and seed for itself, and the finding is kept there, unless other draws were asked for than those of seed 0.
    A folder that cannot be written to stops nothing.
    """
    began = monotonic()
    large = large and bool(experiment.large)
    where = f"-{device.replace(':', '-')}" * (device != "cpu")
    name = f"{experiment.id}{'-quick' * quick}{'-large' * large}{where}{f'-seed-{seed}' * (seed != 0)}.json"
    parts = Parts.read(folder and folder / name)
    attempt = Attempt(quick, seed, progress, parts, large, device)
    attempt.report(0.0, "loading")
    result = experiment.run(attempt)
    finding = Finding(experiment.id, quick, monotonic() - began, time(), result, large, device)
    if folder is not None and seed == 0:
        with suppress(OSError):
            keep_finding(finding, folder)
    parts.drop()
    return finding
