"""The explorer in a browser: a ``server`` that starts one for each page, and the ``driver`` by which it draws there."""

from __future__ import annotations

import os
from collections.abc import Mapping

__all__ = ["DRIVER", "is_served"]

DRIVER = "nnexpr_tui.served.driver:ServedDriver"  # by which Textual finds it, in TEXTUAL_DRIVER


def is_served(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process was started for a browser: its streams are pipes to the server then, no terminal."""
    return environment.get("TEXTUAL_DRIVER") == DRIVER
