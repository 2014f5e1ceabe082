"""What the machine and the target decide of a specification: settled once, so that every stored run says it."""

from __future__ import annotations

from typing import Any

import torch

from nnexpr.networks.network import Network
from nnexpr.specification import FitSpecification
from nnexpr.targets.target import Target
from nnexpr.training.fit import assemble
from nnexpr.training.session import Session

__all__ = ["resolved", "session_of"]


def session_of(specification: FitSpecification) -> Session:
    """A session that is ready to start, with the specification resolved; torch takes its threads from now on.

    Raises InputError for what cannot be.
    """
    if specification.threads is not None:
        torch.set_num_threads(specification.threads)
    network, target = assemble(specification)
    return Session(network, target, resolved(specification, network, target))


def resolved(specification: FitSpecification, network: Network, target: Target) -> FitSpecification:
    """The specification with its device, threads, points and domain as they are for this network and target."""
    changes: dict[str, Any] = {
        "device": str(network.parameters.device),
        "threads": torch.get_num_threads(),
        "points": target.points,
    }
    if target.function is not None and len(set(target.own_domain)) == 1:
        changes["domain"] = target.own_domain[0]  # of a file's data it stays open: all of them
    return specification.replace(**changes)
