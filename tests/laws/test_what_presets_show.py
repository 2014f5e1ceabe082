"""What presets tell people to look for is there: measured on the fits that they begin."""

from __future__ import annotations

import numpy as np

from nnexpr.training.fit import result_of, session_of
from nnexpr_tui.presets import PRESETS


def test_low_frequencies_are_learned_first() -> None:
    specification = PRESETS["low-first"].specification()
    session = session_of(specification, modes=True)
    session.step(specification.epochs)
    assert session.modes is not None
    epochs, amplitudes = session.modes.epochs, session.modes.member(0)
    tones = [1, 3, 5, 7]
    np.testing.assert_allclose(session.modes.target[tones], 1.0, atol=0.01)  # equally large
    halved = [int(epochs[np.argmax(amplitudes[:, mode] < 0.5 * amplitudes[0, mode])]) for mode in tones]
    assert 0 < halved[0] < halved[1] < halved[2] < halved[3] < specification.epochs


def test_deep_and_narrow_networks_collapse_and_stay() -> None:
    specification = PRESETS["collapse"].specification(epochs=200)
    session = session_of(specification)
    session.step(specification.epochs)
    result = result_of(session)
    assert sum(lines.collapsed for lines in result.regions()) >= 27
    assert np.median(result.loss) > 0.9 * session.target.values.var()
