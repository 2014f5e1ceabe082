"""What holds for every test."""

from __future__ import annotations

import signal

import pytest

# A suite started in the background of a script, or under nohup, is given signals that are ignored, and so would every
# program be that a test starts and then asks to end. A handler that does nothing keeps the suite as it was asked to
# be, and is the default again in a program that it starts.
for _name in ("SIGINT", "SIGHUP", "SIGQUIT", "SIGTERM"):
    _number = getattr(signal, _name, None)
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda number, frame: None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked ``cuda`` are there where a CUDA device is."""
    marked = [item for item in items if item.get_closest_marker("cuda")]
    if not marked:
        return
    import torch

    if not torch.cuda.is_available():
        config.hook.pytest_deselected(items=marked)
        items[:] = [item for item in items if item not in marked]
