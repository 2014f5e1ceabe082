"""The table of actions: no key twice where both would be heard, every action there, nothing heavy imported."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from steps import ready, until

from nnexpr_tui.actions import ANYWHERE, Action, ViewEntry, bindings
from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.form import FORM, Form
from nnexpr_tui.parts.screen import HostScreen
from nnexpr_tui.screens import APPLICATION, SCREENS

VIEWS = [view for views in SCREENS.values() for view in views]
EVERYWHERE = (*ANYWHERE, *APPLICATION)
SCOPES = [
    (APPLICATION, Explorer),
    (ANYWHERE, HostScreen),
    (FORM, Form),
    *((view.actions, view.load()) for view in VIEWS),
]
ROWS = [pytest.param(row, owner, id=f"{owner.__name__}-{row.name}") for rows, owner in SCOPES for row in rows]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_no_key_has_two_meanings_in_a_view(view: ViewEntry) -> None:
    is_alone = not any(view in views and len(views) > 1 for views in SCREENS.values())
    keys = Counter(key for row in (*view.actions, *EVERYWHERE) for key in row.keys.split(","))
    assert [key for key, count in keys.items() if count > 1] == []
    assert is_alone or "v" not in keys  # it changes to the other view


def test_no_key_has_two_meanings_in_a_form() -> None:
    keys = Counter(key for row in (*FORM, *EVERYWHERE) for key in row.keys.split(","))
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize(("action", "owner"), ROWS)
def test_every_action_is_there_and_explained(action: Action, owner: type) -> None:
    scope, _, name = action.name.partition("(")[0].rpartition(".")
    assert callable(getattr(Explorer if scope == "app" else owner, f"action_{name}", None))
    assert action.help
    assert action.label


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_hears_what_its_folder_declares(view: ViewEntry) -> None:
    assert bindings(view.actions) == view.load().BINDINGS


def test_every_screen_has_a_digit_of_its_own() -> None:
    keys = [views[0].key for views in SCREENS.values()]
    assert keys == sorted(set(keys))
    assert set(keys) <= set("1234567")


def test_the_explorer_is_imported_without_the_engine() -> None:
    code = (
        "import sys, nnexpr_tui.app, nnexpr_tui.fit.view;"
        "print([name for name in ('torch', 'numpy', 'plotext', 'scipy', 'click') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_what_a_screen_draws_with_is_there_at_its_first_visit_without_a_pause() -> None:
    """Loading scipy.stats takes a third of a second, in which no key is answered."""
    code = (
        "import sys, pkgutil, importlib, nnexpr_tui\n"
        "for each in pkgutil.walk_packages(nnexpr_tui.__path__, 'nnexpr_tui.'):\n"
        "    if '.commands' not in each.name and not each.name.endswith('__main__'):\n"
        "        importlib.import_module(each.name)\n"
        "        assert 'scipy.stats' not in sys.modules, each.name"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


NEW_SCREEN = {
    "__init__.py": """
from nnexpr_tui.actions import Action, ViewEntry
VIEW = ViewEntry(
    home="nnexpr_tui.made_up.view:MadeUpView", key="8", screen="Spectre", purpose="look at a ghost",
    actions=(Action("appear", "b", "b", "Boo", "frighten whoever looks", footer=True),),
)
""",
    "view.py": """
from textual.containers import Vertical
from nnexpr_tui.made_up import VIEW
from nnexpr_tui.parts.table import TablePane
from nnexpr_tui.parts.views import View
class MadeUpView(View, entry=VIEW):
    FIRST = "#ghost"
    said = "nobody is here"
    def compose(self):
        with Vertical(classes="column"):
            yield TablePane("Ghost", id="ghost")
    def show(self, fit):
        return self.query_one(TablePane).show_lines([((self.said, "value"),)])
    def action_appear(self):
        self.said = "a ghost appears"
        self.redraw()
""",
    "view.tcss": "#ghost { height: 7; }",
}
USED = """
import asyncio, re, sys
sys.path[:0] = [sys.argv[1]]
import nnexpr_tui
nnexpr_tui.__path__.append(sys.argv[2])
from nnexpr_tui.app import Explorer
from stand_in import World
from steps import ready, text, until
import pytest, steps
async def main():
    with pytest.MonkeyPatch.context() as patch:
        steps.keep_what_is_painted(patch)
        app = Explorer(load=World(patch).load, fresh=True)
        async with app.run_test(size=(120, 40)) as pilot:
            await ready(app)
            await pilot.press("8")
            await until(lambda: "nobody is here" in text(app) and "b Boo" in text(app))
            assert app.screen.query_one("#ghost").region.height == 7
            await pilot.press("b")
            await until(lambda: "a ghost appears" in text(app))
            offered = [command.title for command in app.get_system_commands(app.screen)]
            assert {"Boo (b)", "Spectre (8)"} <= set(offered), offered
            await pilot.press("question_mark")
            await until(lambda: "Keys in Spectre" in text(app) and "look at a ghost" in text(app))
            await pilot.press("escape", "ctrl+o")
            await until(lambda: re.search(r" a Ghost ", text(app)))
            await pilot.press("escape", "q")
asyncio.run(main())
"""


def test_adding_a_folder_adds_a_screen(tmp_path: Path) -> None:
    """Its digit, keys, footer, palette, help and jump follow from what the folder declares."""
    folder = tmp_path / "made_up"
    folder.mkdir()
    for name, content in NEW_SCREEN.items():
        (folder / name).write_text(content, encoding="utf-8")
    here = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", USED, here, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


async def test_keys_of_the_other_view_are_not_heard(explorer: Explorer) -> None:
    async with explorer.run_test(size=(120, 40)) as pilot:
        await ready(explorer)
        await pilot.press("3")
        await until(lambda: isinstance(explorer.screen, HostScreen) and len(explorer.screen.views) == 2)
        folds, manifold = explorer.screen.views
        for shown, other in ((folds, manifold), (manifold, folds)):
            await until(
                lambda shown=shown: explorer.focused is not None and shown in explorer.focused.ancestors
            )
            heard = {key.node for key in explorer.screen.active_bindings.values()}
            assert shown in heard
            assert other not in heard
            await pilot.press("v")


async def test_keys_are_heard_where_nothing_has_the_focus(explorer: Explorer) -> None:
    async with explorer.run_test(size=(120, 40)) as pilot:
        await ready(explorer)
        explorer.screen.set_focus(None)
        await pilot.press("s")
        await until(lambda: explorer.controller.fit.epoch == 1)


async def test_keys_in_one_burst_with_v_are_those_of_the_view_it_shows(explorer: Explorer) -> None:
    async with explorer.run_test(size=(60, 20)) as pilot:
        await ready(explorer)
        await pilot.press("3")
        await until(lambda: isinstance(explorer.screen, HostScreen) and len(explorer.screen.views) == 2)
        folds, manifold = explorer.screen.views
        await until(lambda: explorer.focused is not None and folds in explorer.focused.ancestors)
        explorer.screen.action_next_view()
        heard = {key.node for key in explorer.screen.active_bindings.values()}
        assert manifold in heard
        assert folds not in heard
