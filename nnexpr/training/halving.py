"""How much of a mode is in the error of a session, and how many epochs it takes until that is half of what it was.

A mode is a function at the training points, phi; the error h - f has the amplitude |<h - f, phi>| / <phi, phi> of it.
It is looked at after epochs a twentieth apart, and in between taken to fall like an exponential, which in a mode of a
linear flow it does. What is first reached counts: an error that swings back was halved all the same.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.training.session import Session

__all__ = ["amplitudes", "halving_epochs"]

Array = NDArray[np.float64]

APART = 1.05  # the ratio of the epochs of two looks


def amplitudes(session: Session, modes: Array) -> Array:
    """Of each of ``modes: (k, points)`` in each member's error as it is now, ``(k, members)``; NaN for the diverged."""
    features = session.network.features(torch.as_tensor(session.target.inputs))
    errors = session.predictions(features) - session.target.own_values
    return np.asarray(np.abs(modes @ errors.T) / (modes**2).sum(axis=1, keepdims=True))


def halving_epochs(session: Session, modes: Array, most: int) -> Array:
    """Epochs, of ``modes: (k, points)`` and each member: ``(k, members)``, infinite where it takes more than ``most``.

    Trains the session, which is ready and has more epochs before it, until all are halved or ``most`` are done.
    """
    before, then = amplitudes(session, modes), 0
    goal, halved = before / 2, np.full(before.shape, np.inf)
    while np.isinf(halved).any() and session.state in ("ready", "paused") and session.epoch < most:
        session.step(min(max(1, int((APART - 1) * then)), most - then))
        after, now = amplitudes(session, modes), session.epoch
        fresh = np.isinf(halved) & (after <= goal)
        share = np.log(before[fresh] / goal[fresh]) / np.log(before[fresh] / np.maximum(after[fresh], 1e-300))
        halved[fresh] = then + (now - then) * share
        before, then = after, now
    return halved
