"""Networks in files, and an explorer that looks at one of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from stand_in import compiled


@pytest.fixture(autouse=True)
def true_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture(autouse=True, scope="module")
def cells_are_compiled() -> None:
    compiled("slices")


@pytest.fixture
def files(own_folders: Path) -> None:
    torch.manual_seed(0)
    widths = ((16, 8), (8, 8), (8, 3))
    parts = [part for shape in widths for part in (torch.nn.Linear(*shape), torch.nn.ReLU())]
    torch.save(torch.nn.Sequential(*parts[:-1]).state_dict(), "net.pt")
    torch.save(
        torch.nn.Sequential(torch.nn.Linear(2, 6), torch.nn.ReLU(), torch.nn.Linear(6, 1)).state_dict(),
        "two.pt",
    )
    np.save("images.npy", np.random.default_rng(0).uniform(0, 4, (4, 4, 4)))
