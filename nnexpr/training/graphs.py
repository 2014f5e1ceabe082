"""An epoch as one launch: on a CUDA device, a captured graph; elsewhere, or where capturing fails, the plain calls.

Small stacks are bound by the time it takes to launch their kernels, some fifty a step. A graph replays them with one
launch. What it reads and writes lies at fixed addresses, so everything that changes from epoch to epoch (learning rate,
shuffled points) is copied into the same tensors before.

Sessions in several threads, each on a stream of its own, may share a device: captures take turns, and each forbids
what a capture must not see to its own thread alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import torch
from torch import Tensor

__all__ = ["Replayed"]

WARM_UP = 3  # calls before a capture: libraries set themselves up in the first ones
_CAPTURES = Lock()  # they share a stream of torch's


class Replayed:
    """``epoch()`` in as few launches as can be. ``state``: what it changes, put back after the warming up."""

    def __init__(self, epoch: Callable[[], None], state: Sequence[Tensor], device: torch.device) -> None:
        self._epoch, self._state = epoch, state
        self._graph: torch.cuda.CUDAGraph | None = None
        self._is_new = device.type == "cuda"
        self.reason = "" if self._is_new else f"{device.type} has no graphs"

    @property
    def kind(self) -> str:
        """ "graph" or "plain"."""
        return "plain" if self._graph is None else "graph"

    def __call__(self) -> None:
        if self._is_new:
            self._is_new = False
            self._capture()
        if self._graph is None:
            self._epoch()
        else:
            self._graph.replay()

    def _capture(self) -> None:
        """Any error leaves the plain calls, and says why in :attr:`reason`."""
        before = [tensor.clone() for tensor in self._state]
        try:
            stream: torch.cuda.Stream = torch.cuda.Stream()  # type: ignore[no-untyped-call, unused-ignore]
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(WARM_UP):
                    self._epoch()
            torch.cuda.current_stream().wait_stream(stream)
            graph = torch.cuda.CUDAGraph()
            with _CAPTURES, torch.cuda.graph(graph, capture_error_mode="thread_local"):
                self._epoch()
            self._graph = graph
        except RuntimeError as error:
            self.reason = str(error).splitlines()[0]
        for tensor, old in zip(self._state, before, strict=True):
            tensor.copy_(old)
