"""A run's file: a network on disk, bit for bit what was saved, with everything needed to use it again.

It is a safetensors file of a tensor, ``parameters`` (members, P), and one metadata entry, ``nnexpr``: a JSON
document with the format's version, the layers, encoding, seeds, tie tolerance and domain, the specification, the
target's name, words, domain and scales, and the provenance. A run has further tensors beside
(:mod:`nnexpr.runs.contents`). Nothing in a file is ever run, and what is read is checked before it is believed. A file
appears under its name only when it is complete, and has checksums of its head and of each tensor
(:mod:`nnexpr.runs.checksums`), so that what a disk or a copy has changed since is noticed and named.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as tensor_bytes
from torch import Tensor

from nnexpr import __version__
from nnexpr.atomic import write_atomically
from nnexpr.kinds import AffineLayer
from nnexpr.networks.encoding import Encoding
from nnexpr.networks.network import Network
from nnexpr.networks.tensor_file import read_tensors, tensors_in
from nnexpr.runs.checksums import HEAD, TENSORS, checksum, checksum_of, damage_in, damage_of
from nnexpr.scale import Scale
from nnexpr.specification import FitSpecification, InputError
from nnexpr.targets.target import Target

__all__ = ["SavedNetwork", "load", "packed", "save", "unpacked"]

FORMAT_VERSION = 2
PLAIN_VERSION = 1  # of a network whose layers add nothing of others', which older programs read as well
_KEY = "nnexpr"
_WORDS = ("formula", "input_names", "value_name", "notes")  # of a target

Intervals = tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class SavedNetwork:
    """A network from a file. Without a target, its name is None and the scales change nothing."""

    network: Network
    input_scales: tuple[Scale, ...]
    value_scale: Scale = field(default_factory=Scale)
    specification: FitSpecification | None = None
    target: str | None = None  # as it is spelled
    domain: Intervals | None = None  # own units; None where it was not trained
    metadata: Mapping[str, Any] = field(
        default_factory=dict
    )  # provenance, and "extra" as it was given to save
    assumed: tuple[
        str, ...
    ] = ()  # what is to be known of it: of a file of another program what that does not say
    tensors: Mapping[str, Tensor] = field(
        default_factory=dict
    )  # beside the parameters, as they were given to save
    words: Mapping[str, Any] = field(default_factory=dict)  # the target's formula, names and notes
    stands_in: str = (
        ""  # one sentence, where it is a run's previous checkpoint because the last cannot be read
    )


def save(
    path: str | os.PathLike[str],
    network: Network,
    specification: FitSpecification | None = None,
    *,
    target: Target | None = None,
    extra: Mapping[str, Any] | None = None,
    tensors: Mapping[str, Tensor] | None = None,
    private: bool = False,
    previous: Path | None = None,
) -> None:
    """Writes ``network`` to ``path``, replacing a file there only once the new one is complete.

    ``target`` adds its name, words, domain and scales; ``extra`` adds JSON values that come back in
    ``metadata["extra"]``, and ``tensors`` others beside the parameters. ``private`` and ``previous``: see
    :mod:`nnexpr.atomic`. Raises OSError where the folder cannot be written to.
    """
    content = packed(network, specification, target=target, extra=extra, tensors=tensors)
    write_atomically(Path(path), content, private=private, previous=previous)


def packed(
    network: Network,
    specification: FitSpecification | None = None,
    *,
    target: Target | None = None,
    extra: Mapping[str, Any] | None = None,
    tensors: Mapping[str, Tensor] | None = None,
) -> bytes:
    """The contents of the file that :func:`save` writes."""
    document = {
        "format_version": FORMAT_VERSION if network.architecture.has_additions else PLAIN_VERSION,
        "layers": [_of_layer(layer) for layer in network.layers],
        "encoding": None if network.encoding is None else asdict(network.encoding),
        "seeds": list(network.seeds),
        "tie_tolerance": network.tie_tolerance,
        "domain": network.domain,
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
    everything = {**(tensors or {}), "parameters": parameters}
    document[TENSORS] = {name: checksum_of(tensor) for name, tensor in everything.items()}
    head = json.dumps(document, allow_nan=False)
    return tensor_bytes(everything, {_KEY: head, HEAD: checksum(head.encode())})


def load(path: str | os.PathLike[str]) -> SavedNetwork:
    """The network that :func:`save` wrote, bit for bit, on the processor.

    Raises InputError, in one sentence, for a file that is missing, cut short, not safetensors or not written
    here.
    """
    return _loaded(*read_tensors(path), str(path))


def unpacked(content: bytes, name: str) -> SavedNetwork:
    """What :func:`packed` made; errors call it ``name`` and are those of :func:`load`."""
    return _loaded(*tensors_in(content, name), name)


def _loaded(tensors: dict[str, Tensor], metadata: dict[str, str], name: str) -> SavedNetwork:
    if _KEY not in metadata or "parameters" not in tensors:
        raise InputError(
            "file", name, "it holds tensors but no network saved by nnexpr; try it as a state dict"
        )
    problem = "it was saved by nnexpr, but its description of the network is damaged"
    try:
        document = json.loads(metadata[_KEY])
        if damage := damage_in(document, metadata[_KEY], metadata.get(HEAD)) or damage_of(document, tensors):
            raise InputError("file", name, damage)
        version = int(document["format_version"])
        if version <= FORMAT_VERSION:
            return _restore(document, tensors.pop("parameters"), tensors)
        problem = f"it has format {version}, of a newer nnexpr; this one reads {FORMAT_VERSION}"
    except InputError as error:
        if error.option == "file":
            raise
        problem = f"its specification cannot be used: {error}"
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        pass
    raise InputError("file", name, problem)


def _restore(document: dict[str, Any], parameters: Tensor, others: dict[str, Tensor]) -> SavedNetwork:
    if parameters.dtype not in (torch.float32, torch.float64):
        raise ValueError("parameters are neither float32 nor float64")
    layers = tuple(
        AffineLayer(
            int(each["inputs"]),
            int(each["outputs"]),
            str(each["activation"]),
            bool(each["trained"]),
            int(each.get("adds", 0)),
        )
        for each in document["layers"]
    )
    code = document["encoding"]
    encoding = None if code is None else _encoding(code)
    seeds = tuple(int(seed) for seed in document["seeds"])
    config, target = document["specification"], document["target"]
    domain = document.get("domain") or (target and target["network_domain"])
    trained = None if domain is None else _intervals(domain)
    network = Network(layers, parameters, encoding, seeds, _finite(document["tie_tolerance"]), trained)
    if not 0 <= network.tie_tolerance < 1:
        raise ValueError("ties within more than the whole")
    if len(network.seeds) != network.members or (encoding and encoding.features != layers[0].inputs):
        raise ValueError("seeds or encoding do not belong to these parameters")
    told: dict[str, Any] = {"domain": trained, "input_scales": (Scale(),) * network.inputs}
    if target is not None:
        told = _described(target, network)
    return SavedNetwork(
        network,
        specification=None if config is None else FitSpecification.from_config(config),
        metadata={**document["provenance"], "extra": dict(document["extra"])},
        tensors=others,
        **told,
    )


def _of_layer(layer: AffineLayer) -> dict[str, Any]:
    """Of one that adds nothing of another's, what the first format had."""
    fields = asdict(layer)
    return fields if layer.adds else {name: value for name, value in fields.items() if name != "adds"}


def _describe(target: Target) -> dict[str, Any]:
    return {
        "name": target.name,
        "domain": target.own_domain,
        "network_domain": target.domain,
        "input_scales": [astuple(scale) for scale in target.input_scales],
        "value_scale": astuple(target.value_scale),
        **{name: getattr(target, name) for name in _WORDS},
    }


def _described(target: Mapping[str, Any], network: Network) -> dict[str, Any]:
    """What :func:`_describe` wrote, as :class:`SavedNetwork` has it; one interval and one scale for each input."""
    scales = tuple(_scale(pair) for pair in target["input_scales"])
    domain = _intervals(target["domain"])
    if {len(scales), len(domain)} != {network.inputs}:
        raise ValueError("the target has another dimension than the network")
    return {
        "target": str(target["name"]),
        "domain": domain,
        "input_scales": scales,
        "value_scale": _scale(target["value_scale"]),
        "words": {name: target[name] for name in _WORDS if name in target},
    }


def _encoding(code: Mapping[str, Any]) -> Encoding:
    [interval] = _intervals([code.get("interval", (0.0, 1.0))])
    bands, dimension = int(code["bands"]), int(code["dimension"])
    if bands < 1 or dimension < 1:
        raise ValueError("an encoding of nothing")
    return Encoding(bands, bool(code["raw"]), dimension, interval)


def _intervals(pairs: Any) -> Intervals:
    intervals = tuple((_finite(low), _finite(high)) for low, high in pairs)
    if not all(low < high for low, high in intervals):
        raise ValueError("an interval that ends where it begins")
    return intervals


def _scale(pair: Any) -> Scale:
    factor, shift = map(_finite, pair)
    if factor == 0.0:
        raise ValueError("a scale that takes everything to one value")
    return Scale(factor, shift)


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is not finite")
    return number
