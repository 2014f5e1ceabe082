"""``fit --save``: where the trained members are written to, and as what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nnexpr.atomic import try_writing
from nnexpr.extras import require
from nnexpr.scale import SAME
from nnexpr.specification import InputError
from nnexpr_tui.commands.output import say

if TYPE_CHECKING:
    from nnexpr.networks.network import Network
    from nnexpr.targets.target import Target
    from nnexpr.training.session import Session

__all__ = ["checked", "require_spelled", "saved"]

ONNX = ".onnx"
ENDINGS = (".safetensors", ONNX)


def checked(path: str) -> Path:
    """The path, if a file can be written there. Raises InputError, and MissingExtra for ONNX."""
    place = Path(path)
    try:
        if place.suffix not in ENDINGS or place.is_dir():
            raise InputError("save", path, f"it must be a file whose name ends in {' or '.join(ENDINGS)}")
        if not place.parent.is_dir():
            raise InputError("save", path, "its folder must be there and writable")
        if place.suffix == ONNX:
            require("onnx", "onnx", "ONNX files are written with")
        try_writing(place)
    except OSError as error:
        raise InputError("save", path, f"it cannot be written: {error.strerror or error}") from None
    return place


def require_spelled(place: Path, network: Network) -> None:
    """Raise InputError, before it is trained, for a network that the file cannot hold."""
    if place.suffix != ONNX:
        return
    from nnexpr.networks.onnx.writing import model_of

    try:
        model_of(network, 0)
    except InputError as error:
        raise InputError("save", str(place), f"{error.allowed}; .safetensors takes it") from None


def saved(place: Path, session: Session) -> str:
    """Write the members there; why that failed, if it did."""
    from nnexpr.runs.file import save

    try:
        if place.suffix == ONNX:
            _write_onnx(place, session)
        else:
            save(place, session.current_network(), session.specification, target=session.target)
    except OSError as error:
        return f"{place} could not be written: {error.strerror or error}"
    return ""


def _write_onnx(place: Path, session: Session) -> None:
    """The member of the least loss; which that is, and in which units, is said where it is not plain."""
    import numpy as np

    from nnexpr.networks.onnx import to_onnx

    losses = session.losses()
    best = int(np.where(np.isfinite(losses), losses, np.inf).argmin())
    to_onnx(session.current_network(), place, best)
    if len(losses) > 1:
        say(f"Of {len(losses):,} members, member {best} has the least loss and is what {place} holds.")
    for sentence in _units(session.target):
        say(sentence)


def _units(target: Target) -> Iterator[str]:
    """How the network's own numbers come from those of the data, where they are others."""
    names = (
        ["x"] if len(target.input_scales) == 1 else [f"x{i}" for i, _ in enumerate(target.input_scales, 1)]
    )
    for name, own, scale in zip(names, target.input_names, target.input_scales, strict=True):
        if scale != SAME:
            yield f"Its {name} = ({own} - {scale.shift:.17g}) / {scale.factor:.17g}."
    if target.value_scale != SAME:
        scale = target.value_scale
        yield f"{target.value_name} = {scale.factor:.17g} y + {scale.shift:.17g} of its y."
