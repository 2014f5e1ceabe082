"""Settings and what was seen last: read what is right, refuse what is wrong with its place, never half write."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest
from stand_in import World
from steps import ready, text, until

from nnexpr.specification import FitSpecification, InputError
from nnexpr_tui.app import Explorer
from nnexpr_tui.controller import DEFAULT_EPOCHS, Controller
from nnexpr_tui.last_seen import LastSeen, last_seen_file
from nnexpr_tui.settings import Settings, configuration_file
from nnexpr_tui.terminal import lacks_characters
from nnexpr_tui.textual_private import is_ended


def test_without_a_file_everything_has_its_default() -> None:
    assert Settings.load(environment={}) == Settings()


def test_file_then_environment(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('markers = "ascii"\nframes_per_second = 4\nkeep_runs = false\n', encoding="utf-8")
    assert Settings.load(path, {}) == Settings(markers="ascii", frames_per_second=4.0, keep_runs=False)
    environment = {"NNEXPR_MARKERS": "block", "NNEXPR_KEEP_RUNS": "yes", "NNEXPR_STORE": "elsewhere"}
    assert Settings.load(path, environment) == Settings(markers="block", frames_per_second=4.0)


def test_the_usual_file_is_found() -> None:
    configuration_file().parent.mkdir(parents=True)
    configuration_file().write_text("low_bandwidth = true", encoding="utf-8")
    assert Settings.load(environment={}).low_bandwidth


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("marker = 1", ["mine.toml", "marker", "settings are"]),
        ('markers = "dots"', ["mine.toml", "markers", "braille"]),
        ("frames_per_second = 0", ["mine.toml", "frames_per_second", "between 0.1 and 60"]),
        ("frames_per_second = nan", ["frames_per_second"]),
        ("frames_per_second = true", ["frames_per_second"]),
        ('keep_runs = "perhaps"', ["keep_runs", "yes or no"]),
        ("theme = 3", ["theme", "text"]),
        ("theme = ", ["mine.toml", "not TOML"]),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, content: str, words: list[str]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Settings.load(path, {})
    assert all(word in str(caught.value) for word in words)


def test_a_file_that_is_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        Settings.load(tmp_path / "none.toml", {})


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(InputError, match="NNEXPR_MOUSE"):
        Settings.load(environment={"NNEXPR_MOUSE": "sometimes"})


def test_every_setting_says_what_it_is_for() -> None:
    assert all(len(field.metadata["help"]) > 10 for field in dataclasses.fields(Settings))


def test_what_was_seen_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "explorer.json"
    specification = FitSpecification.make(width=(3, 4), domain=(0.0, 2.0))
    seen = LastSeen(config=specification.as_config(), theme="nord", log_axis=False, epoch=7)
    seen.save(path)
    assert LastSeen.load(path) == (seen, "")
    assert seen.specification == specification
    assert LastSeen.load(tmp_path / "nothing.json") == (LastSeen(), "")
    assert [item.name for item in path.parent.iterdir()] == ["explorer.json"]


NESTED = "[" * 100_000
DAMAGES = [
    "",
    "[1]",
    "{",
    NESTED,
    '{"config": ' + NESTED,
    '{"config": 3}',
    '{"theme": null}',
    '{"theme": {}}',
    '{"config": {"depth": -1}}',
    '{"config": {"network": {}}}',
    '{"config": {"target": ["fourier"]}}',
    '{"config": {"width": {"a": 1}}}',
    '{"config": {"network": "mlp", "epochs": 1' + "0" * 400 + "}}",
    '{"config": {"lr": 1e400}}',
    '{"epoch": 1' + "0" * 400 + "}",
    '{"epoch": 1' + "0" * 5000 + "}",
    '{"run": "' + "x" * 2_000_000 + '"}',
]


@pytest.mark.parametrize("damage", DAMAGES, ids=range(len(DAMAGES)))
def test_what_cannot_be_read_of_it_is_said_and_nothing_is_believed(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "explorer.json"
    path.write_text(damage, encoding="utf-8")
    seen, why = LastSeen.load(path)
    assert seen == LastSeen()
    assert why
    assert "\n" not in why


async def test_a_pipe_or_a_folder_in_its_place_is_set_aside_and_the_explorer_opens_fresh(
    world: World,
) -> None:
    last_seen_file().parent.mkdir(parents=True)
    for put in (os.mkfifo, os.mkdir, lambda path: path.write_text(NESTED)):
        put(last_seen_file())
        app = Explorer(load=world.load)
        async with app.run_test(size=(120, 40)) as pilot:
            await ready(app)
            await until(lambda app=app: "set aside" in text(app))
            assert app.controller.specification == FitSpecification.make(epochs=DEFAULT_EPOCHS)
            await pilot.press("q")
            await until(lambda app=app: is_ended(app))
        aside = last_seen_file().with_name("explorer.json.unreadable")
        assert aside.exists()
        assert LastSeen.load()[1] == ""
        aside.rmdir() if aside.is_dir() else aside.unlink()
        last_seen_file().unlink()


async def test_what_was_seen_last_is_restored_unless_a_fresh_start_is_asked_for(world: World) -> None:
    first = Explorer(load=world.load)
    async with first.run_test(size=(120, 40)) as pilot:
        await ready(first)
        await pilot.press("plus", "m", "l")
        first.theme = "nord"
        await until(lambda: first.controller.fit.specification.depth == 4)
        await pilot.press("q")
        await until(lambda: is_ended(first))
    assert json.loads(last_seen_file().read_text())["config"]["depth"] == 4
    again = Explorer(load=world.load)
    async with again.run_test(size=(120, 40)):
        await ready(again)
        assert again.controller.specification.depth == 4
        assert (again.controller.look.markers, again.controller.look.log_axis, again.theme) == (
            "block",
            False,
            "nord",
        )
    assert Explorer(fresh=True, load=world.load).controller.specification.depth == 3
    given = FitSpecification.make(depth=9)
    assert Explorer(given, load=world.load).controller.specification == given


async def test_a_theme_that_is_not_there_is_said(world: World) -> None:
    app = Explorer(settings=Settings(theme="no-such-theme"), load=world.load)
    async with app.run_test(size=(120, 40)):
        await until(lambda: app.theme == "textual-dark" and app.explorer_screen.footer._said is not None)


def test_what_is_no_file_of_settings_is_refused_at_once(tmp_path: Path) -> None:
    deep = tmp_path / "deep.toml"
    deep.write_text("theme = " + "[" * 100_000, encoding="utf-8")
    with pytest.raises(InputError, match="nested too deeply"):
        Settings.load(deep, {})
    nested = tmp_path / "nested.toml"
    nested.write_text("theme = " + "[" * 200 + "]" * 200, encoding="utf-8")
    with pytest.raises(InputError, match="it must be text"):
        Settings.load(nested, {})
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path, Path(os.devnull)):
        with pytest.raises(InputError, match="it is not a file"):
            Settings.load(place, {})


@pytest.mark.parametrize(
    ("variables", "lacking"),
    [
        ({}, False),
        ({"LANG": "en_GB.UTF-8", "TERM": "xterm-256color"}, False),
        ({"LANG": "C.utf8", "TERM": "tmux-256color"}, False),
        ({"LANG": "ca_ES.UTF-8@valencia"}, False),
        ({"LANG": "en_GB.UTF-8", "TERM": "linux"}, True),
        ({"LANG": "en_GB.UTF-8", "TERM": "vt220"}, True),
        ({"LANG": "en_GB.ISO-8859-1", "TERM": "xterm-256color"}, True),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "de_DE"}, True),
    ],
)
def test_a_console_without_the_characters_begins_in_ascii(
    variables: dict[str, str], lacking: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lacks_characters(variables) is lacking
    for name in ("LANG", "LC_ALL", "LC_CTYPE", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Controller(lambda message: None).look.markers == ("ascii" if lacking else "braille")
    chosen = Controller(lambda message: None, settings=Settings(markers="block"))
    assert chosen.look.markers == "block"


def test_what_is_copied_before_there_is_a_fit_trains_no_endless_time() -> None:
    specification = FitSpecification.make(epochs=DEFAULT_EPOCHS, depth=5)
    controller = Controller(lambda message: None, specification=specification)
    assert controller.summary() == "nnexpr-tui fit --network mlp --depth 5"
    few = Controller(lambda message: None, specification=specification.replace(epochs=70))
    assert few.summary() == "nnexpr-tui fit --network mlp --depth 5 --epochs 70"


async def test_what_screens_were_set_to_comes_back_each_on_its_own(world: World) -> None:
    first = Explorer(load=world.load)
    async with first.run_test(size=(120, 40)) as pilot:
        await ready(first)
        await pilot.press("5")
        await until(lambda: "Gram eigenvalues" in text(first))
        await pilot.press("b", "p", "greater_than_sign")
        await pilot.press("3")
        await until(lambda: first.current_mode == "compose")
        await pilot.press("plus")
        await pilot.press("q")
        await until(lambda: is_ended(first))
    kept = LastSeen.load()[0].views
    assert kept["Folds"]["folds"] == 7
    again = Explorer(load=world.load)
    async with again.run_test(size=(120, 40)) as pilot:
        await ready(again)
        for key, name, view in (("5", "Spectrum", "SpectrumView"), ("3", "Folds", "FoldsView")):
            await pilot.press(key)
            await until(lambda view=view: again.screen.query(view))
            assert again.screen.query(view).first().kept() == kept[name]
        assert first.controller.specification == again.controller.specification


@pytest.mark.parametrize(
    "damage",
    [
        {"Spectrum": {"config": {"no such option": 1}, "mode": 1}, "Folds": {"folds": 5, "knots": 9}},
        {"Spectrum": {"config": {}, "mode": 0}, "Folds": {"folds": 5, "knots": 9}},
        {"Spectrum": {"mode": "1"}, "Folds": {"folds": 5, "knots": 9}, "No such view": {"a": [1]}},
    ],
)
async def test_what_a_view_never_kept_costs_that_view_only(world: World, damage: dict[str, object]) -> None:
    last_seen_file().parent.mkdir(parents=True)
    last_seen_file().write_text(json.dumps({"views": damage}))
    app = Explorer(load=world.load)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        await pilot.press("5")
        await until(lambda: app.screen.query("SpectrumView"))
        view = app.screen.query("SpectrumView").first()
        await until(lambda: view._specification is None or "Gram" in text(app))
        await pilot.press("3")
        await until(lambda: app.screen.query("FoldsView"))
        assert app.screen.query("FoldsView").first().kept() == {"folds": 5, "knots": 9}
