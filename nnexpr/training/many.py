"""Mixed ensembles: networks of any widths, depths and activations, trained at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

from nnexpr.networks.network import Network
from nnexpr.specification import InputError
from nnexpr.targets.target import Target
from nnexpr.training.fit import FitResult, fitted, session

__all__ = ["fit_many"]


def fit_many(
    networks: Sequence[Network], targets: Target | Sequence[Target], *,
    lr: float | Sequence[Any] | None = None, **options: Any,
) -> list[FitResult]:  # fmt: skip
    """Train every network to the end; one result each, in order, equal to the bit to :func:`nnexpr.fit` of it alone.

    The networks may differ in everything: width, depth, activation, encoding, members, precision. ``targets``: one for
    all, or one each. ``lr``: one for all, or one each (a number, or one for each member). ``options``: see
    :func:`nnexpr.fit`. On the processor the networks are spread over the threads, one thread each while there are more
    networks than threads, so nothing is padded and nothing waits for the widest; on another device they go one after
    another, each with all its members at once.
    """
    count = len(networks)
    goals = [targets] * count if isinstance(targets, Target) else list(targets)
    rates = [lr] * count if lr is None or isinstance(lr, (int, float)) else list(lr)
    for name, values in (("targets", goals), ("lr", rates)):
        if len(values) != count:
            raise InputError(
                name, f"{len(values)} of them", f"give one for all, or one for each of the {count} networks"
            )

    def one(index: int) -> FitResult:
        if rates[index] is None:  # some optimisers take none
            return fitted(session(networks[index], goals[index], **options))
        return fitted(session(networks[index], goals[index], lr=rates[index], **options))

    threads = torch.get_num_threads()
    beside = (
        min(threads, count) if all(network.parameters.device.type == "cpu" for network in networks) else 1
    )
    if beside <= 1:
        return [one(index) for index in range(count)]
    # The largest first, so that no thread is left alone with one of them at the end.
    order = sorted(range(count), key=lambda index: -networks[index].parameters.numel())
    with ThreadPoolExecutor(
        beside, "network", initializer=torch.set_num_threads, initargs=(max(1, threads // beside),)
    ) as pool:
        done = dict(zip(order, pool.map(one, order), strict=True))
    return [done[index] for index in range(count)]
