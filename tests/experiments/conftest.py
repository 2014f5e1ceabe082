"""The processes of one run of the tests share what experiments gave in quick mode."""

from __future__ import annotations

import os

import pytest
from quick import share_in


@pytest.fixture(scope="session", autouse=True)
def quick_ones_are_shared(tmp_path_factory: pytest.TempPathFactory) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        share_in(tmp_path_factory.getbasetemp().parent / "quick")  # the folder of all its processes
