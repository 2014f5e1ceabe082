"""Networks on disk: one safetensors file, bit for bit what was saved, with everything needed to use it again.

The file holds one tensor, ``parameters`` (members, P), and one metadata entry, ``nnexpr``: a JSON document
with the format's version, the layers, encoding, seeds and tie tolerance, the specification, the target's
name, domain and scales, and the provenance. Nothing in a file is ever run. A file appears under its name only
when it is complete.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from nnexpr import __version__
from nnexpr.networks.encoding import Encoding
from nnexpr.networks.network import AffineLayer, Network
from nnexpr.specification import FitSpecification, InputError

__all__ = ["AffineScale", "SavedNetwork", "load", "read_safetensors", "save"]

FORMAT_VERSION = 1
_KEY = "nnexpr"
_LARGEST_HEADER = 100_000_000  # bytes; the format's own limit

Intervals = tuple[tuple[float, float], ...]


class AffineScale(NamedTuple):
    """``own = factor * network + shift``, as it was stored."""

    factor: float = 1.0
    shift: float = 0.0


class _Scale(Protocol):
    @property
    def factor(self) -> float: ...
    @property
    def shift(self) -> float: ...


class TargetDescription(Protocol):
    """What is stored of a target: :class:`nnexpr.targets.target.Target` has all of it."""

    @property
    def name(self) -> str: ...
    @property
    def domain(self) -> Intervals: ...
    @property
    def own_domain(self) -> Intervals: ...
    @property
    def input_scales(self) -> tuple[_Scale, ...]: ...
    @property
    def value_scale(self) -> _Scale: ...


@dataclass(frozen=True, eq=False)
class SavedNetwork:
    """A network from a file. Without a target, its name and domains are None and scales change nothing."""

    network: Network
    specification: FitSpecification | None
    target: str | None  # as it is spelled
    domain: Intervals | None  # own units
    network_domain: Intervals | None  # the network's units
    input_scales: tuple[AffineScale, ...]
    value_scale: AffineScale
    metadata: Mapping[str, Any]  # provenance, and "extra" as it was given to save


def save(
    path: str | os.PathLike[str],
    network: Network,
    specification: FitSpecification | None = None,
    *,
    target: TargetDescription | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Writes ``network`` to ``path``, replacing a file there only once the new one is complete.

    ``target`` adds its name, domain and scales; ``extra`` adds JSON values that come back in
    ``metadata["extra"]``. Raises OSError where the folder cannot be written to.
    """
    document = {
        "format_version": FORMAT_VERSION,
        "layers": [asdict(layer) for layer in network.layers],
        "encoding": None if network.encoding is None else asdict(network.encoding),
        "seeds": list(network.seeds),
        "tie_tolerance": network.tie_tolerance,
        "specification": None if specification is None else specification.as_config(),
        "target": None if target is None else _describe(target),
        "provenance": {
            "nnexpr": __version__,
            "torch": str(torch.__version__),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        "extra": dict(extra or {}),
    }
    parameters = network.parameters.detach().to(device="cpu").contiguous()
    _write_whole(
        Path(path), save_tensors({"parameters": parameters}, {_KEY: json.dumps(document, allow_nan=False)})
    )


def load(path: str | os.PathLike[str]) -> SavedNetwork:
    """The network that :func:`save` wrote, bit for bit, on the processor.

    Raises InputError, in one sentence, for a file that is missing, cut short, not safetensors or not written
    here.
    """
    tensors, metadata = read_safetensors(path)
    if _KEY not in metadata or "parameters" not in tensors:
        raise InputError(
            "file", str(path), "it holds tensors but no network saved by nnexpr; try it as a state dict"
        )
    try:
        document = json.loads(metadata[_KEY])
        version = int(document["format_version"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _damaged(path) from None
    if version > FORMAT_VERSION:
        raise InputError(
            "file", str(path), f"it has format {version}, of a newer nnexpr; this one reads {FORMAT_VERSION}"
        )
    try:
        return _restore(document, tensors["parameters"])
    except InputError as error:
        raise InputError("file", str(path), f"its specification cannot be used: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _damaged(path) from None


def read_safetensors(path: str | os.PathLike[str]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file; InputError says in one sentence why it cannot be read."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError("file", str(path), "there is no such file") from None
    except OSError as error:
        raise InputError("file", str(path), f"it cannot be read: {error.strerror}") from None
    header = _header(path, data)
    try:
        tensors = load_tensors(data)
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError):
        raise InputError(
            "file", str(path), "it looks like a safetensors file, but its tensors cannot be read"
        ) from None
    metadata = header.get("__metadata__")
    return tensors, metadata if isinstance(metadata, dict) else {}


def _header(path: str | os.PathLike[str], data: bytes) -> dict[str, Any]:
    """The JSON at the head of a safetensors file; all the bytes that it announces are there."""
    foreign = InputError("file", str(path), "it is not a safetensors file")
    size = int.from_bytes(data[:8], "little")
    if len(data) < 9 or size > _LARGEST_HEADER or data[8:9] != b"{":
        raise foreign
    short = f"it is cut short: {len(data)} bytes of {{}}"
    if len(data) < 8 + size:
        raise InputError("file", str(path), short.format(f"more than {8 + size}"))
    try:
        header: dict[str, Any] = json.loads(data[8 : 8 + size])
        entries = [entry for name, entry in header.items() if name != "__metadata__"]
        end = 8 + size + max((int(entry["data_offsets"][1]) for entry in entries), default=0)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise foreign from None
    if len(data) < end:
        raise InputError("file", str(path), short.format(end))
    return header


def _restore(document: dict[str, Any], parameters: Tensor) -> SavedNetwork:
    if parameters.dtype not in (torch.float32, torch.float64):
        raise ValueError("parameters are neither float32 nor float64")
    layers = tuple(
        AffineLayer(
            int(layer["inputs"]), int(layer["outputs"]), str(layer["activation"]), bool(layer["trained"])
        )
        for layer in document["layers"]
    )
    code = document["encoding"]
    encoding = (
        None if code is None else Encoding(int(code["bands"]), bool(code["raw"]), int(code["dimension"]))
    )
    seeds = tuple(int(seed) for seed in document["seeds"])
    network = Network(layers, parameters, encoding, seeds, float(document["tie_tolerance"]))
    if len(network.seeds) != network.members or (encoding and encoding.features != layers[0].inputs):
        raise ValueError("seeds or encoding do not belong to these parameters")
    config, target = document["specification"], document["target"]
    specification = None if config is None else FitSpecification.from_config(config)
    return SavedNetwork(
        network,
        specification,
        target=None if target is None else str(target["name"]),
        domain=None if target is None else _intervals(target["domain"]),
        network_domain=None if target is None else _intervals(target["network_domain"]),
        input_scales=_input_scales(target, network.inputs),
        value_scale=AffineScale() if target is None else _scale(target["value_scale"]),
        metadata={**document["provenance"], "extra": document["extra"]},
    )


def _input_scales(target: dict[str, Any] | None, inputs: int) -> tuple[AffineScale, ...]:
    scales = [(1.0, 0.0)] * inputs if target is None else target["input_scales"]
    return tuple(_scale(scale) for scale in scales)


def _describe(target: TargetDescription) -> dict[str, Any]:
    return {
        "name": target.name,
        "domain": [[float(low), float(high)] for low, high in target.own_domain],
        "network_domain": [[float(low), float(high)] for low, high in target.domain],
        "input_scales": [[float(scale.factor), float(scale.shift)] for scale in target.input_scales],
        "value_scale": [float(target.value_scale.factor), float(target.value_scale.shift)],
    }


def _intervals(pairs: Any) -> Intervals:
    return tuple((float(low), float(high)) for low, high in pairs)


def _scale(pair: Any) -> AffineScale:
    factor, shift = pair
    return AffineScale(float(factor), float(shift))


def _damaged(path: str | os.PathLike[str]) -> InputError:
    return InputError(
        "file", str(path), "it was saved by nnexpr, but its description of the network is damaged"
    )


def _write_whole(path: Path, data: bytes) -> None:
    """The bytes under ``path``, all or none: written beside it first, then renamed over it."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
