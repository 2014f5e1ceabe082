"""The table of actions: no key twice where both would be heard, every action there, nothing heavy imported."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from nnexpr_tui.actions import ACTIONS, SCREENS, in_scope
from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.form import Form

VIEWS = ("folds", "manifold")  # of the Compose screen
OWNERS = {entry.name: entry.load() for entry in SCREENS} | {"everywhere": Explorer, "form": Form}
OWNERS |= dict.fromkeys(VIEWS, OWNERS["compose"])


@pytest.mark.parametrize("scope", [*(entry.name for entry in SCREENS), "form"])
def test_no_key_has_two_meanings(scope: str) -> None:
    heard = in_scope(scope, "everywhere")
    keys = Counter(key for action in heard for key in action.keys.split(","))
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("view", VIEWS)
def test_no_key_has_two_meanings_in_a_view(view: str) -> None:
    keys = Counter(
        key for action in in_scope(view, "compose", "everywhere") for key in action.keys.split(",")
    )
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: f"{action.scope}-{action.name}")
def test_every_action_is_there_and_explained(action: object) -> None:
    name = action.name.partition("(")[0]  # type: ignore[attr-defined]
    assert callable(getattr(OWNERS[action.scope], f"action_{name}", None))  # type: ignore[attr-defined]
    assert action.help  # type: ignore[attr-defined]
    assert action.label  # type: ignore[attr-defined]


def test_every_screen_has_a_digit_of_its_own() -> None:
    keys = [entry.key for entry in SCREENS]
    assert keys == sorted(set(keys))
    assert set(keys) <= set("1234567")


def test_the_explorer_is_imported_without_the_engine() -> None:
    code = (
        "import sys, nnexpr_tui.app, nnexpr_tui.fit.screen;"
        "print([name for name in ('torch', 'numpy', 'plotext', 'scipy', 'click') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
