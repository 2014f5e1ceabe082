"""The description of a fit: which network, on which target, trained how, on which machine.

Each option is declared once, as a field of :class:`FitSpecification`. The declaration carries its kind, bounds, choices
and help, so the command line, the explorer's forms, a configuration file and a stored run are all rendered from it.
Nothing here imports torch or NumPy.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from nnexpr.activations import ACTIVATIONS
from nnexpr.declarations import InputError, Option, Specified, option, option_words, options_of
from nnexpr.kinds import NETWORKS
from nnexpr.optimizers import OPTIMIZERS, Optimizer
from nnexpr.placements import PLACEMENTS

__all__ = ["OPTIONS", "FitSpecification", "InputError", "Option", "command_line"]

INITIALISERS = ("torch", "kaiming", "xavier", "scaled", "raai")
DTYPES = ("float32", "float64")


@dataclass(frozen=True, kw_only=True)
class FitSpecification(Specified):
    """Everything that decides a fit. Frozen; every value has been checked against its declaration."""

    network: str = option(
        "choice", "mlp", "how the network is built", group="network", label="Network", offered=NETWORKS
    )
    depth: int = option(
        "integer", 3, "affine layers of an mlp; hidden layers of a compositional network; layers of an mmnn",
        group="network", label="Depth", minimum=1, maximum=4096,
    )  # fmt: skip
    width: tuple[int, ...] = option(
        "integers", (16,), "units of each hidden layer: one value, or one for each layer",
        group="network", label="Width", minimum=1, maximum=65536,
    )  # fmt: skip
    rank: int = option(
        "integer", 6, "channels between the layers of an mmnn",
        group="network", label="Rank", minimum=1, maximum=65536,
    )  # fmt: skip
    residual: bool = option(
        "flag", False, "add the channels below each layer of an mmnn but the first and the last to those above it",
        group="network", label="Residual",
    )  # fmt: skip
    activation: str = option(
        "choice", "relu", "the activation of the hidden layers; leaky_relu:SLOPE has another slope than 0.01",
        group="network", label="Activation", spelled=lambda name: ":" in name and name in ACTIVATIONS,
        offered=lambda: (name for name, activation in ACTIVATIONS.items() if activation.offered),
    )  # fmt: skip
    init: str = option(
        "choice", "torch", "how the first weights are drawn (torch: nn.Linear's default; scaled: with a larger first "
        "layer, for sines)",
        group="network", label="Initialiser", offered=INITIALISERS,
    )  # fmt: skip
    encoding_bands: int = option(
        "integer", 0,
        "bands of the sine-cosine input encoding; 0 for none; its period is 1, of a longer domain the domain",
        group="network", label="Encoding bands", minimum=0, maximum=40,
    )  # fmt: skip
    encoding_raw: bool = option(
        "flag", False, "also pass x itself beside its encoding",
        group="network", label="Encode x too",
    )  # fmt: skip
    knots: int = option(
        "integer", 64, "fixed knots of a shallow network, both ends included",
        group="network", label="Knots", minimum=2, maximum=1_000_000,
    )  # fmt: skip
    biases: str = option(
        "choice", "uniform", "where a shallow network's knots are placed",
        group="network", label="Biases", offered=PLACEMENTS,
    )  # fmt: skip
    peaks: tuple[float, ...] | None = option(
        "numbers", None, "peaks of a compositional network's triangles, in (0, 1); random unless given",
        group="network", label="Peaks", minimum=0, maximum=1, exclusive=True, nullable=True,
    )  # fmt: skip
    stages: tuple[int, ...] | None = option(
        "integers", None, "what is trained, one after another in equal shares of the epochs: 1 peaks, 2 peaks and "
        "scales, 3 all weights; all weights unless given",
        group="training", label="Stages", minimum=1, maximum=3, nullable=True,
    )  # fmt: skip
    members: int = option(
        "integer", 1, "independent networks trained at once; member i has seed SEED + i",
        group="network", label="Members", minimum=1, maximum=1_000_000,
    )  # fmt: skip
    target: str = option(
        "text", "fourier", "what is approximated: a catalogue name, expr:FORMULA or csv:PATH[:XCOL:YCOL]",
        group="target", label="Target",
    )  # fmt: skip
    points: int = option(
        "integer", 512, "training points (a file's target uses all of its own)",
        group="target", label="Points", minimum=1, maximum=100_000_000,
    )  # fmt: skip
    domain: tuple[float, float] | None = option(
        "interval", None, "the interval (or square) on which the target is approximated; the target's own unless given",
        group="target", label="Domain", nullable=True,
    )  # fmt: skip
    noise: float = option(
        "number", 0.0, "standard deviation of the Gaussian noise added to the training values",
        group="target", label="Noise", minimum=0,
    )  # fmt: skip
    missing: str = option(
        "choice", "auto", "a file's rows without a value: drop, refuse, or auto, which drops them where x is a date",
        group="target", label="Missing", offered=("auto", "drop", "refuse"),
    )  # fmt: skip
    terms: int = option(
        "integer", 10, "terms of a random Fourier series; folds of a triangle wave",
        group="target", label="Terms", minimum=1, maximum=1000,
    )  # fmt: skip
    target_seed: int = option(
        "integer", 0, "seed of the target's random coefficients and noise",
        group="target", label="Target seed", minimum=0, maximum=2**63 - 1,
    )  # fmt: skip
    optimizer: str = option(
        "choice", "adam", "the optimiser", group="training", label="Optimiser", offered=OPTIMIZERS
    )
    lr: float = option(
        "number", 1e-3, "the learning rate", group="training", label="Learning rate",
        minimum=0, exclusive=True, live=True,
    )  # fmt: skip
    momentum: float = option(
        "number", 0.9, "momentum", group="training", label="Momentum", minimum=0, maximum=1,
    )  # fmt: skip
    schedule: str = option(
        "text", "constant", "of the learning rate: constant, cosine, step:EVERY:FACTOR or steps:EPOCH=RATE,...",
        group="training", label="Schedule", live=True,
    )  # fmt: skip
    epochs: int = option(
        "integer", 1000, "passes over the training points", group="training", label="Epochs",
        minimum=0, maximum=10**12, live=True,
    )  # fmt: skip
    batch_size: int | None = option(
        "integer", None, "points of a mini-batch; all points unless given",
        group="training", label="Batch size", minimum=1, nullable=True,
    )  # fmt: skip
    stop_loss: float | None = option(
        "number", None, "stop once every member's loss is at or below this",
        group="training", label="Stop at loss", minimum=0, nullable=True, live=True,
    )  # fmt: skip
    device: str = option("text", "auto", "auto, cpu, cuda, cuda:N or mps", group="machine", label="Device")
    dtype: str = option(
        "choice", "float32", "precision of the training", group="machine", label="Precision", offered=DTYPES
    )
    seed: int = option(
        "integer", 0, "seed of the first member's weights", group="machine", label="Seed",
        minimum=0, maximum=2**63 - 1,
    )  # fmt: skip
    threads: int | None = option(
        "integer", None, "processor threads: all cores in batch, one fewer in the explorer",
        group="machine", label="Threads", minimum=1, maximum=4096, nullable=True,
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        for rule in _RULES:
            rule(self)

    @classmethod
    def make(cls, **given: Any) -> FitSpecification:
        """A specification from the options that were given; the others take the network's own defaults.

        Raises :class:`InputError` for an unknown option, a value out of bounds, or a contradiction.
        """
        kind = NETWORKS.get(given.get("network", "mlp"))
        values = {**kind.defaults, **given} if kind else given
        if kind and "depth" not in given and (depth := kind.depth_of(values)):
            values["depth"] = depth
        return super().make(**values)

    @property
    def on_the_manifold(self) -> bool:
        """Whether some stage trains a compositional network's peaks instead of its weights."""
        return self.relevant("stages") and bool({1, 2}.intersection(self.stages or ()))

    @property
    def method(self) -> Optimizer:
        """The declaration of the optimiser."""
        return OPTIMIZERS[self.optimizer]

    def relevant(self, name: str) -> bool:
        """Whether the option has a meaning for this network and this optimiser."""
        if name == "encoding_raw" and not self.encoding_bands:
            return False
        return NETWORKS[self.network].takes(name) and self.method.takes(name)


OPTIONS: dict[str, Option] = options_of(FitSpecification)


def command_line(specification: FitSpecification) -> str:
    """The ``fit`` command that trains this specification: every option that is not its default."""
    plain = FitSpecification.make(network=specification.network)
    named = ("nnexpr-tui", "fit", "--network", specification.network)
    return shlex.join([*named, *option_words(specification, plain)])


def _check_batches(spec: FitSpecification) -> None:
    if spec.batch_size is None or spec.batch_size >= spec.points:
        return
    staged = spec.on_the_manifold
    if staged or not spec.method.takes("batch_size"):
        who = "stages 1 and 2 take" if staged else f"{spec.optimizer} takes"
        raise InputError("batch_size", str(spec.batch_size), f"{who} all points at once; leave it out")


def _check_stages(spec: FitSpecification) -> None:
    if not spec.stages or not spec.relevant("stages"):
        return
    if list(spec.stages) != sorted(set(spec.stages)):
        allowed = "each stage relaxes the one before: 1, 2 and 3 in order, any of them left out"
        raise InputError("stages", OPTIONS["stages"].format(spec.stages), allowed)
    if spec.on_the_manifold and not spec.method.staged:
        able = " or ".join(name for name, optimizer in OPTIMIZERS.items() if optimizer.staged)
        raise InputError("optimizer", spec.optimizer, f"it must be {able} in stages 1 and 2")


def _check_device(spec: FitSpecification) -> None:
    kind, _, index = spec.device.partition(":")
    if kind not in ("auto", "cpu", "cuda", "mps") or (index and not (kind == "cuda" and index.isdigit())):
        raise InputError("device", spec.device, "it must be auto, cpu, cuda, cuda:N or mps")


class Schedule(NamedTuple):
    """A schedule as it is spelled: constant, cosine or a factor every so many epochs, over rates from an epoch on."""

    kind: str
    every: int = 0
    factor: float = 1.0
    changes: tuple[
        tuple[int, float], ...
    ] = ()  # (epoch, the rate in place of the first one from there on), ascending

    def __str__(self) -> str:
        words = [self.kind] if self.kind != "step" else ["step", str(self.every), repr(self.factor)]
        if self.changes:
            words[0] = "steps" if self.kind == "constant" else words[0]
            words.append(",".join(f"{epoch}={rate!r}" for epoch, rate in self.changes))
        return ":".join(words)


def parse_schedule(text: str) -> Schedule:
    """What a schedule's spelling says; raises :class:`InputError`."""
    shape, _, listed = text.rpartition(":") if "=" in text else (text, "", "")
    kind, *numbers = shape.split(":")
    try:
        pairs = [pair.split("=") for pair in listed.split(",")] if listed else []
        changes = tuple((int(epoch), float(rate)) for epoch, rate in pairs)
        epochs = [epoch for epoch, _ in changes]
        known = epochs == sorted(set(epochs)) and all(e >= 0 and 0 < rate < math.inf for e, rate in changes)
        if known and not numbers and (kind in ("constant", "cosine") or (kind == "steps" and changes)):
            return Schedule("constant" if kind == "steps" else kind, changes=changes)
        every, factor = int(numbers[0]), float(numbers[1])
        if known and kind == "step" and len(numbers) == 2 and every >= 1 and 0 < factor < math.inf:
            return Schedule(kind, every, factor, changes)
    except (IndexError, ValueError):
        pass
    raise InputError(
        "schedule", text,
        "it must be constant, cosine or step:EVERY:FACTOR, for example step:400:0.5, or steps:EPOCH=RATE,... for other "
        "rates from an epoch on, for example steps:400=0.01,900=0.002, which may also stand behind cosine or step",
    )  # fmt: skip


_RULES: tuple[Callable[[FitSpecification], object], ...] = (
    lambda spec: NETWORKS[spec.network].layers_for(spec, inputs=1),
    lambda spec: parse_schedule(spec.schedule),
    _check_stages,
    _check_batches,
    _check_device,
)
