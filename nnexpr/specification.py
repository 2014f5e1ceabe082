"""The description of a fit: which network, on which target, trained how, on which machine.

Each option is declared once, as a field of :class:`FitSpecification`. The declaration carries its kind, bounds, choices
and help, so the command line, the explorer's forms, a configuration file and a stored run are all rendered from it.
Nothing here imports torch or NumPy.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["OPTIONS", "FitSpecification", "InputError", "Option"]

ACTIVATIONS = ("relu", "leaky_relu", "elu", "sigmoid", "tanh", "sine", "gelu", "hat")
NETWORKS = ("mlp", "shallow", "compositional", "mmnn")
INITIALISERS = ("torch", "kaiming", "xavier", "raai")
KNOT_PLACEMENTS = ("uniform", "adaptive", "random")
OPTIMIZERS = ("adam", "sgd")
DTYPES = ("float32", "float64")

Kind = Literal["integer", "number", "choice", "text", "flag", "integers", "numbers", "interval"]
Group = Literal["network", "target", "training", "machine"]


class InputError(ValueError):
    """A value that cannot be used: names the option, the value and what is allowed."""

    def __init__(self, option: str, value: object, allowed: str) -> None:
        self.option, self.value, self.allowed = option, value, allowed
        super().__init__(f"{option} is {value if isinstance(value, str) else repr(value)}: {allowed}")


@dataclass(frozen=True)
class Option:
    """One setting of a fit: how it is spelled, what it means and what it may be."""

    name: str
    kind: Kind
    default: Any
    help: str
    group: Group
    label: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    exclusive: bool = False  # the bounds themselves are not allowed
    networks: tuple[str, ...] = NETWORKS  # the networks it has a meaning for
    live: bool = False  # may change while training, without a new network
    nullable: bool = False

    @property
    def flag(self) -> str:
        """The spelling on the command line, for example ``--encoding-bands``."""
        return "--" + self.name.replace("_", "-")

    @property
    def allowed(self) -> str:
        """What the option accepts, in words, for an error message or a help text."""
        if self.kind == "choice":
            return "it must be one of " + ", ".join(self.choices)
        if self.kind == "flag":
            return "it must be yes or no"
        if self.kind == "text":
            return "it must be text"
        noun = {
            "integer": "a whole number",
            "number": "a number",
            "integers": "a whole number or a comma-separated list of them",
            "numbers": "a number or a comma-separated list of them",
            "interval": "two numbers, the lower first",
        }[self.kind]
        low, high = self.minimum, self.maximum
        more, less = ("above", "below") if self.exclusive else ("at least", "at most")
        bounds = [f"{more} {_plain(low)}"] if low is not None else []
        bounds += [f"{less} {_plain(high)}"] if high is not None else []
        return f"it must be {noun}" + (f", {' and '.join(bounds)}" if bounds else "")

    def parse(self, text: str) -> Any:
        """The value that ``text`` spells; raises :class:`InputError`."""
        text = text.strip()
        if self.nullable and text.lower() in ("", "none", "auto"):
            return None
        try:
            return self.check(self._read(text))
        except (ValueError, OverflowError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(self.name, text, self.allowed) from None

    def _read(self, text: str) -> Any:
        words = text.replace(",", " ").split()
        match self.kind:
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "integers":
                return tuple(int(word) for word in words)
            case "numbers" | "interval":
                return tuple(float(word) for word in words)
            case "flag":
                return {"yes": True, "true": True, "on": True, "1": True}.get(text.lower(), False)
            case _:
                return text

    def format(self, value: Any) -> str:
        """``value`` as a person would type it; ``parse`` reads it back."""
        if value is None:
            return ""
        if self.kind == "flag":
            return "yes" if value else "no"
        if isinstance(value, tuple):
            return ",".join(f"{item:.12g}" for item in value)
        return f"{value:.12g}" if isinstance(value, float) else str(value)

    def check(self, value: Any) -> Any:
        """``value`` in its proper type, or :class:`InputError`."""
        if value is None and self.nullable:
            return None
        try:
            value = self._convert(value)
        except (TypeError, ValueError, OverflowError):
            raise InputError(self.name, value, self.allowed) from None
        if self.kind == "choice" and value not in self.choices:
            raise InputError(self.name, value, self.allowed)
        if self.kind in ("integers", "numbers") and not value:
            raise InputError(self.name, value, self.allowed)
        if self.kind == "interval" and (len(value) != 2 or not value[0] < value[1]):
            raise InputError(self.name, value, self.allowed)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, (int, float)) and not self._within(item):
                raise InputError(self.name, value, self.allowed)
        return value

    def _convert(self, value: Any) -> Any:
        match self.kind:
            case "integer":
                return _whole(value)
            case "number":
                return float(value)
            case "integers":
                return tuple(
                    _whole(item) for item in (value if isinstance(value, (tuple, list)) else (value,))
                )
            case "numbers":
                return tuple(
                    float(item) for item in (value if isinstance(value, (tuple, list)) else (value,))
                )
            case "interval":
                return tuple(float(item) for item in value)
            case "flag":
                return bool(value)
            case _:
                if not isinstance(value, str):
                    raise TypeError
                return value

    def _within(self, item: float) -> bool:
        if not math.isfinite(item):
            return False
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        return low < item < high if self.exclusive else low <= item <= high


def _plain(bound: float) -> str:
    """A bound as a person writes it: 1000000, not 1e+06."""
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def _whole(value: Any) -> int:
    number = int(value)
    if isinstance(value, bool) or number != value:
        raise ValueError
    return number


def option(
    kind: Kind,
    default: Any,
    help: str,  # noqa: A002 - the word every command-line library uses
    *,
    group: Group,
    label: str = "",
    **declaration: Any,
) -> Any:
    """A dataclass field that carries its :class:`Option` declaration."""
    metadata = {"kind": kind, "help": help, "group": group, "label": label, **declaration}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class FitSpecification:
    """Everything that decides a fit. Frozen; every value has been checked against its declaration."""

    network: str = option(
        "choice", "mlp", "how the network is built", group="network", label="Network", choices=NETWORKS
    )
    depth: int = option(
        "integer", 3, "affine layers of an mlp; hidden layers of a compositional network; layers of an mmnn",
        group="network", label="Depth", minimum=1, maximum=4096, networks=("mlp", "compositional", "mmnn"),
    )  # fmt: skip
    width: tuple[int, ...] = option(
        "integers", (16,), "units of each hidden layer: one value, or one for each layer",
        group="network", label="Width", minimum=1, maximum=65536, networks=("mlp", "mmnn"),
    )  # fmt: skip
    rank: int = option(
        "integer", 6, "channels between the layers of an mmnn",
        group="network", label="Rank", minimum=1, maximum=65536, networks=("mmnn",),
    )  # fmt: skip
    activation: str = option(
        "choice", "relu", "the activation of the hidden layers",
        group="network", label="Activation", choices=ACTIVATIONS, networks=("mlp", "mmnn"),
    )  # fmt: skip
    init: str = option(
        "choice", "torch", "how the first weights are drawn (torch: nn.Linear's default)",
        group="network", label="Initialiser", choices=INITIALISERS, networks=("mlp", "mmnn"),
    )  # fmt: skip
    encoding_bands: int = option(
        "integer", 0, "bands of the sine-cosine input encoding; 0 for none",
        group="network", label="Encoding bands", minimum=0, maximum=40, networks=("mlp", "mmnn"),
    )  # fmt: skip
    encoding_raw: bool = option(
        "flag", False, "also pass x itself beside its encoding",
        group="network", label="Encode x too", networks=("mlp", "mmnn"),
    )  # fmt: skip
    knots: int = option(
        "integer", 64, "fixed knots of a shallow network, both ends included",
        group="network", label="Knots", minimum=2, maximum=1_000_000, networks=("shallow",),
    )  # fmt: skip
    biases: str = option(
        "choice", "uniform", "where a shallow network's knots are placed",
        group="network", label="Biases", choices=KNOT_PLACEMENTS, networks=("shallow",),
    )  # fmt: skip
    peaks: tuple[float, ...] | None = option(
        "numbers", None, "peaks of a compositional network's triangles, in (0, 1); random unless given",
        group="network", label="Peaks", minimum=0, maximum=1, exclusive=True, nullable=True,
        networks=("compositional",),
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
    terms: int = option(
        "integer", 10, "terms of a random Fourier series; folds of a triangle wave",
        group="target", label="Terms", minimum=1, maximum=1000,
    )  # fmt: skip
    target_seed: int = option(
        "integer", 0, "seed of the target's random coefficients and noise",
        group="target", label="Target seed", minimum=0, maximum=2**63 - 1,
    )  # fmt: skip
    optimizer: str = option(
        "choice", "adam", "the optimiser", group="training", label="Optimiser", choices=OPTIMIZERS
    )
    lr: float = option(
        "number", 1e-3, "the learning rate", group="training", label="Learning rate",
        minimum=0, exclusive=True, live=True,
    )  # fmt: skip
    momentum: float = option(
        "number", 0.9, "momentum of sgd", group="training", label="Momentum", minimum=0, maximum=1,
    )  # fmt: skip
    schedule: str = option(
        "text", "constant", "of the learning rate: constant, cosine or step:EVERY:FACTOR",
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
        "choice", "float32", "precision of the training", group="machine", label="Precision", choices=DTYPES
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
        for name, declaration in OPTIONS.items():
            object.__setattr__(self, name, declaration.check(getattr(self, name)))
        for rule in _RULES:
            rule(self)

    @classmethod
    def make(cls, **given: Any) -> FitSpecification:
        """A specification from the options that were given; the others take the network's own defaults.

        Raises :class:`InputError` for an unknown option, a value out of bounds, or a contradiction.
        """
        for name in given:
            if name not in OPTIONS:
                raise InputError("option", name, "known options are " + ", ".join(OPTIONS))
        kind = given.get("network", "mlp")
        values = {**NETWORK_DEFAULTS.get(kind, {}), **given}
        width = values.get("width")
        if kind == "mlp" and "depth" not in given and isinstance(width, (tuple, list)) and len(width) > 1:
            values["depth"] = len(width) + 1
        peaks = values.get("peaks")
        if (
            kind == "compositional"
            and "depth" not in given
            and isinstance(peaks, (tuple, list))
            and len(peaks) > 1
        ):
            values["depth"] = len(peaks)
        return cls(**values)

    def replace(self, **changes: Any) -> FitSpecification:
        """A copy with ``changes``, checked again."""
        return dataclasses.replace(self, **changes)

    def as_config(self) -> dict[str, Any]:
        """Every option by name, in plain JSON values."""
        return {
            name: list(value) if isinstance(value := getattr(self, name), tuple) else value
            for name in OPTIONS
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FitSpecification:
        """The inverse of :meth:`as_config`; options that are missing take their defaults."""
        return cls.make(**{name: tuple(v) if isinstance(v, list) else v for name, v in config.items()})

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """The widths of an mlp's hidden layers, one value each."""
        return self.width if len(self.width) > 1 else self.width * (self.depth - 1)

    def relevant(self, name: str) -> bool:
        """Whether the option has a meaning for this network."""
        return self.network in OPTIONS[name].networks


NETWORK_DEFAULTS: dict[str, dict[str, Any]] = {
    "compositional": {"depth": 5},
    "mmnn": {"depth": 4, "width": (100,), "rank": 6},
}

OPTIONS: dict[str, Option] = {
    f.name: Option(name=f.name, default=f.default, **f.metadata) for f in dataclasses.fields(FitSpecification)
}


def _check_widths(spec: FitSpecification) -> None:
    hidden = spec.depth - 1
    if spec.network == "mlp" and len(spec.width) not in (1, hidden):
        raise InputError(
            "width", OPTIONS["width"].format(spec.width),
            f"a network of depth {spec.depth} has {hidden} hidden layer{'s' * (hidden != 1)}; give one width or {hidden}",
        )  # fmt: skip
    if spec.network == "mmnn" and len(spec.width) != 1:
        raise InputError("width", OPTIONS["width"].format(spec.width), "an mmnn has one width")


def _check_peaks(spec: FitSpecification) -> None:
    if spec.network == "compositional" and spec.peaks is not None and len(spec.peaks) not in (1, spec.depth):
        raise InputError(
            "peaks",
            OPTIONS["peaks"].format(spec.peaks),
            f"give one peak, or one for each of the {spec.depth} layers",
        )


def _check_schedule(spec: FitSpecification) -> None:
    parse_schedule(spec.schedule)


def _check_device(spec: FitSpecification) -> None:
    kind, _, index = spec.device.partition(":")
    if kind not in ("auto", "cpu", "cuda", "mps") or (index and not (kind == "cuda" and index.isdigit())):
        raise InputError("device", spec.device, "it must be auto, cpu, cuda, cuda:N or mps")


def parse_schedule(text: str) -> tuple[str, int, float]:
    """``(kind, every, factor)`` of a schedule's spelling; raises :class:`InputError`."""
    words = text.split(":")
    if words in (["constant"], ["cosine"]):
        return words[0], 0, 1.0
    try:
        kind, every, factor = words[0], int(words[1]), float(words[2])
    except (IndexError, ValueError):
        kind, every, factor = "", 0, 0.0
    if len(words) == 3 and kind == "step" and every >= 1 and 0 < factor < math.inf:
        return kind, every, factor
    raise InputError(
        "schedule", text, "it must be constant, cosine or step:EVERY:FACTOR, for example step:400:0.5"
    )


_RULES: tuple[Callable[[FitSpecification], None], ...] = (
    _check_widths,
    _check_peaks,
    _check_schedule,
    _check_device,
)
