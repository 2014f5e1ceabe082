"""What holds for every test."""

from __future__ import annotations

import os
import shutil
import signal

import pytest
from hypothesis import settings

# The examples that hypothesis draws follow from the test alone, so that a change is judged by what it changed and not
# by luck. `make search` draws new ones.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("search", max_examples=1000, deadline=None)
settings.load_profile("repeatable")

# A suite started in the background of a script, or under nohup, is given signals that are ignored, and so would every
# program be that a test starts and then asks to end. A handler that does nothing keeps the suite as it was asked to
# be, and is the default again in a program that it starts.
for _name in ("SIGINT", "SIGHUP", "SIGQUIT", "SIGTERM"):
    _number = getattr(signal, _name, None)
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda number, frame: None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked ``cuda`` or ``browser`` are there where a CUDA device or Chromium is."""
    for mark, is_there in (("cuda", _has_cuda), ("browser", _has_browser)):
        marked = [item for item in items if item.get_closest_marker(mark)]
        if marked and not is_there():
            config.hook.pytest_deselected(items=marked)
            items[:] = [item for item in items if item not in marked]


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def _has_browser() -> bool:
    """Whether Chromium is installed. NNEXPR_BROWSER=required, as in CI: its absence is an error."""
    if shutil.which("chromium"):
        return True
    if os.environ.get("NNEXPR_BROWSER") == "required":
        raise pytest.UsageError("NNEXPR_BROWSER is required, but there is no chromium on the path")
    return False
