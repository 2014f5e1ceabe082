"""Pages: what was recorded is read back, no text becomes markup, and damage is told in one sentence."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from markup import Elements
from recordings import HOSTILE, hostile, recorded

from nnexpr.exports import EXPORTS
from nnexpr.exports.curves import MOST_DRAWN, SIDE, Curves, curves_of
from nnexpr.exports.packed import packed, quantised, unpacked, unquantised
from nnexpr.exports.page import SCRIPTS, STYLES, read, rendered
from nnexpr.exports.page.html import DATA_ID, found_data
from nnexpr.regions.line import linear_regions
from nnexpr.runs.events import events
from nnexpr.runs.recording import Recording
from nnexpr.specification import FitSpecification, InputError
from nnexpr.targets import build_target
from nnexpr.training.modes import mode_amplitudes

CSV = Path(__file__).parents[2] / "examples" / "data" / "sunspots.csv"
KINDS: dict[str, dict[str, Any]] = {
    "bends": {"depth": 4, "width": (8, 5, 7)},
    "members": {"members": 3, "noise": 0.1},
    "smooth": {"activation": "tanh", "domain": (-2.0, 3.0), "target": "cube"},
    "plane": {"target": "waves2d"},
    "diverged": {"optimizer": "sgd", "lr": 1e9, "members": 2},
    "data": {"target": f"csv:{CSV}", "epochs": 4},
}


@pytest.fixture(scope="module", params=KINDS)
def recording(request: pytest.FixtureRequest) -> Recording:
    return recorded(**KINDS[request.param])


def written(path: Path, *recordings: Recording) -> Path:
    EXPORTS[".html"].write(recordings, path)
    return path


def test_a_page_is_read_back_as_what_was_recorded(tmp_path: Path, recording: Recording) -> None:
    [found] = read(written(tmp_path / "a.html", recording))
    scene, snapshots = recording.scene, recording.snapshots
    assert found.specification == recording.specification
    for field in fields(scene):
        before, after = getattr(scene, field.name), getattr(found.scene, field.name)
        assert (
            np.array_equal(before, after, equal_nan=True)
            if isinstance(before, np.ndarray)
            else before == after
        )
    for name, stored in (("epochs", "epoch"), ("seconds", "seconds"), ("learning_rates", "learning_rate")):
        assert getattr(found, name).tolist() == [getattr(each, stored) for each in snapshots]
    np.testing.assert_array_equal(found.losses, [each.loss for each in snapshots])
    np.testing.assert_array_equal(found.history_epochs, recording.epochs)
    np.testing.assert_array_equal(found.history_losses, recording.losses[:, snapshots[-1].member])
    assert found.events == events(recording)
    for index, each in enumerate(snapshots):
        near(found.predictions[index], each.prediction, 65_534)
        for edge in (0, 1) if found.bands is not None else ():
            near(
                found.bands[index, edge], np.full(512, np.nan) if each.band is None else each.band[edge], 254
            )
    assert (found.bands is None) == (recording.network.members == 1)


def near(found: Any, stored: Any, steps: int) -> None:
    """To half a step of the stored row; what is not finite is NaN."""
    finite = np.isfinite(stored)
    assert np.isnan(found[~finite]).all()
    if finite.any():
        stored = stored[finite].astype(np.float64)
        step = (stored.max() - stored.min()) / steps
        rounding = 2.0**-23 * np.abs(stored).max() + 2.0**-149  # of float32
        assert np.abs(found[finite] - stored).max() <= 0.5001 * step + rounding


def test_bends_are_those_of_the_networks_in_own_units() -> None:
    """Against the target's own scales, which the recording does not hold."""
    for options in (KINDS["bends"], KINDS["data"]):
        recording = recorded(**options)
        target = build_target(recording.specification)
        bends = curves_of(recording, most=200).bends
        assert bends is not None
        for index in range(len(recording.snapshots)):
            network = recording.network_at(index)
            assert network is not None
            own = linear_regions(network)[0].rescaled(target.input_scales[0], target.value_scale)
            positions, layers = bends.at(index)
            assert bends.regions[index] == own.count
            np.testing.assert_allclose(positions, own.breakpoints, rtol=1e-12)
            np.testing.assert_array_equal(layers, own.bend_layers)


def test_of_too_many_bends_the_number_is_told() -> None:
    recording = recorded(network="shallow", width=(16,), knots=3 * MOST_DRAWN, epochs=1)
    bends = curves_of(recording, most=10).bends
    assert bends is not None
    network = recording.network_at(0)
    assert network is not None
    count = linear_regions(network)[0].count
    assert count > MOST_DRAWN + 1
    assert (bends.regions[0], len(bends.at(0)[0])) == (count, 0)
    assert "only the number is told" in rendered([curves_of(recording, most=10)])


def test_events_are_found_among_all_snapshots_and_shown_by_those_that_are_left() -> None:
    recording = recorded(epochs=60, lr=0.03)
    found, expected = curves_of(recording, most=7), events(recording)
    assert [each.epoch for each in found.events] == [each.epoch for each in expected]
    for thin, full in zip(found.events, expected, strict=True):
        shown = found.epochs[thin.snapshot]
        assert shown == min(
            epoch for epoch in found.epochs if epoch >= recording.snapshots[full.snapshot].epoch
        )


def test_modes_are_a_wave_s_own_amplitude() -> None:
    """A network that is the target but for 0.3 sin 2 pi 5 x."""
    recording = recorded(target="expr:cos(2*pi*x)", domain=(0.0, 1.0), epochs=1)
    x = recording.scene.x
    off = recording.scene.truth + 0.3 * np.sin(10 * np.pi * x)
    snapshot = replace(recording.snapshots[0], prediction=off.astype(np.float32))
    curves = curves_of(replace(recording, snapshots=(snapshot,)), most=10)
    np.testing.assert_allclose(curves.modes[0], 0.3 * (np.arange(32) == 5), atol=1e-6)
    np.testing.assert_allclose(curves.target_modes, mode_amplitudes(recording.scene.truth)[:32])


def test_maps_are_the_network_s_values_and_the_target_s(tmp_path: Path) -> None:
    recording = recorded(**KINDS["plane"])
    [found] = read(written(tmp_path / "a.html", recording))
    assert found.maps is not None
    assert found.maps.truth is not None
    last = recording.network_at(len(recording.snapshots) - 1)
    assert last is not None
    (low, high), _ = recording.scene.domain
    for column, row in ((0, 0), (SIDE - 1, 0), (13, 31)):
        point = [[low + (high - low) * column / (SIDE - 1), low + (high - low) * row / (SIDE - 1)]]
        near_by = float(np.ptp(found.maps.predictions[-1])) / 253
        assert abs(found.maps.predictions[-1][row, column] - last(np.array(point))[0, 0, 0]) <= near_by
    target = build_target(recording.specification)
    assert target.function is not None
    corner = target.function(np.array([[low, high]]))[0]
    assert abs(found.maps.truth[-1, 0] - corner) <= float(np.ptp(found.maps.truth)) / 253


def test_members_are_told_by_the_least_the_median_and_the_greatest() -> None:
    recording = recorded(members=4)
    spread = curves_of(recording, most=10).history_spread
    assert spread is not None
    ranked = np.sort(recording.losses, axis=1)
    np.testing.assert_array_equal(spread, ranked[:, [0, 1, 3]])
    losses = recording.losses.copy()
    losses[5:, 2], losses[9:] = np.nan, np.nan
    spread = curves_of(replace(recording, losses=losses), most=10).history_spread
    assert spread is not None
    alive = np.sort(losses[6, [0, 1, 3]])
    np.testing.assert_array_equal(spread[6], alive[[0, 1, 2]])
    assert np.isnan(spread[9:]).all()


@settings(deadline=None, max_examples=100, database=None)
@given(
    arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 9))), st.sampled_from(["uint8", "uint16"])
)
def test_steps_err_by_half_a_step(values: Any, kind: str) -> None:
    found = unquantised(json.loads(json.dumps(quantised(values, kind))), kind, *values.shape)
    for row, stored in zip(found, values, strict=True):
        near(row, stored, np.iinfo(kind).max - 1)


@settings(deadline=None, max_examples=60, database=None)
@given(arrays(np.float64, st.tuples(st.integers(0, 4), st.integers(0, 9))))
def test_numbers_are_read_back_bit_for_bit(values: Any) -> None:
    found = unpacked(json.loads(json.dumps(packed(values, "float64"))), "float64", None, values.shape[1])
    assert found.tobytes() == values.tobytes()


# --- the page as a document


def test_no_text_becomes_markup_and_all_is_read_back(tmp_path: Path) -> None:
    plain = recorded()
    page = written(tmp_path / "a.html", hostile(plain)).read_text(encoding="utf-8")
    found, usual = Elements(page), Elements(rendered([curves_of(plain, most=200)]))
    count, expected = Counter(tag for tag, _ in found.tags), Counter(tag for tag, _ in usual.tags)
    expected.update(p=2, pre=-1, code=-1)  # the note, and a sentence in place of the command
    assert count == expected
    assert not found.comments
    assert not any("onload" in attributes for _, attributes in found.tags)
    [curves] = read(tmp_path / "a.html")
    assert (curves.scene.name, curves.scene.notes) == (HOSTILE, (HOSTILE,))
    for sign in "\u2028\u202e\x1b":
        assert sign not in page


@pytest.mark.parametrize("options", [{}, {"target": "waves2d"}, {"activation": "tanh", "members": 2}])
def test_elements_are_nested(options: dict[str, Any]) -> None:
    recording = recorded(epochs=3, **options)
    for count in (1, 3):
        found = Elements(rendered([curves_of(recording, most=10)] * count))
        assert (found.unclosed, found.astray) == ([], [])
        places = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
        assert len(places) == len(set(places))


def test_a_target_that_no_command_names_has_no_command_line(tmp_path: Path) -> None:
    page = written(tmp_path / "a.html", hostile(recorded())).read_text(encoding="utf-8")
    assert "nnexpr-tui fit" not in page
    assert "trained from Python" in page


def test_the_policy_names_what_is_there_and_forbids_the_rest() -> None:
    found = Elements(rendered([curves_of(recorded(), most=10)]))
    [policy] = [a["content"] for tag, a in found.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    [style], [_, script] = found.inside["style"], found.inside["script"]
    for rule, source in (("style-src", style), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert not {"src", "href", "style"} & {name for _, attributes in found.tags for name in attributes}


@pytest.mark.parametrize("name", [*STYLES, *SCRIPTS])
def test_an_asset_can_stand_in_a_page(name: str) -> None:
    source = files("nnexpr.exports.page").joinpath("assets", name).read_text(encoding="utf-8")
    for ending in ("</script", "</style", "<!--", "innerHTML", "eval(", "@import", "url(http"):
        assert ending not in source
    assert set(re.findall(r"https?://[^\"' ]*", source)) <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize(
    ("count", "options", "least"),
    [
        (1, {"members": 3, "noise": 0.1}, 200),
        (1, {"target": "waves2d"}, 200),
        (2, {}, 200),
        (4, {"members": 2}, 50),
    ],
)
def test_two_hundred_snapshots_are_less_than_a_megabyte(
    tmp_path: Path, count: int, options: dict[str, Any], least: int
) -> None:
    """Side by side, or with maps and bands, there are fewer."""
    recording = recorded(**{"depth": 4, "width": (48,), "points": 512, "epochs": 210, **options})
    page = written(tmp_path / "a.html", *[recording] * count)
    assert page.stat().st_size <= 1_000_000
    for curves in read(page):
        assert least <= len(curves.epochs) <= 200
        assert (curves.epochs[0], curves.epochs[-1]) == (0, 210)
        assert curves.predictions.shape[1] == 512


# --- what is refused


def damaged(change: Callable[[dict[str, Any]], Any]) -> str:
    """A page whose document was changed."""
    page = rendered([curves_of(recorded(), most=10)])
    document = found_data(page)
    before = copy.deepcopy(document)
    change(document)
    assert document != before
    start = page.index(f'id="{DATA_ID}">') + len(f'id="{DATA_ID}">')
    return page[:start] + json.dumps(document) + page[page.index("</script>", start) :]


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another format": lambda page: page.update(format="else"),
    "a newer one": lambda page: page.update(schema=2),
    "no runs": lambda page: page.pop("runs"),
    "runs of another kind": lambda page: page.update(runs=3),
    "an array cut short": lambda page: page["runs"][0]["losses"].update(data="AAAA"),
    "no base64": lambda page: page["runs"][0]["losses"].update(data="%"),
    "another type": lambda page: page["runs"][0]["losses"].update(type="object"),
    "another shape": lambda page: page["runs"][0]["predictions"].update(shape=[1, 1]),
    "a negative shape": lambda page: page["runs"][0]["epochs"].update(shape=[-1]),
    "no snapshot": lambda page: page["runs"][0]["epochs"].update(shape=[0], data=""),
    "an event of no kind": lambda page: page["runs"][0]["events"][0].update(kind="else"),
    "an event of no snapshot": lambda page: page["runs"][0]["events"][0].update(snapshot=999),
    "an unknown option": lambda page: page["runs"][0]["config"].update(nothing=1),
    "an option out of bounds": lambda page: page["runs"][0]["config"].update(lr=-1),
    "a name that is none": lambda page: page["runs"][0]["scene"].update(name=7),
    "a domain that is none": lambda page: page["runs"][0]["scene"].update(domain=[[1]]),
    "bends of no snapshot": lambda page: page["runs"][0]["bends"]["positions"].update(shape=[0], data=""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_damaged_page_is_refused_in_one_sentence(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.html"
    path.write_text(damaged(CHANGES[change]), encoding="utf-8")
    with pytest.raises(InputError, match="it is no page written by nnexpr, or a damaged one"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"\xff\xfe", b'<script type="application/json"'])
def test_what_is_no_page_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no page written by nnexpr"):
        read(path)
    with pytest.raises(InputError, match="there is no such file"):
        read(tmp_path / "b.html")


def test_so_many_runs_and_no_more(tmp_path: Path) -> None:
    recording = recorded(epochs=2)
    with pytest.raises(InputError, match="one to 4"):
        written(tmp_path / "a.html", *[recording] * 5)
    with pytest.raises(InputError, match="no snapshot"):
        written(tmp_path / "a.html", replace(recording, snapshots=()))
    assert not list(tmp_path.iterdir())


def test_snapshots_without_weights_are_shown_without_bends() -> None:
    recording = recorded(epochs=3)
    bare = tuple(replace(each, parameters=each.parameters[:0]) for each in recording.snapshots)
    curves: Curves = curves_of(replace(recording, snapshots=bare), most=10)
    assert curves.bends is not None
    assert (curves.bends.regions == -1).all()
    assert "not kept or not finite" in rendered([curves])


def test_one_point_of_data_and_one_snapshot(tmp_path: Path) -> None:
    """The least that there can be."""
    recording = recorded(points=1, width=(1,), epochs=0)
    [found] = read(written(tmp_path / "a.html", recording))
    assert found.predictions.shape == (1, 512)
    assert found.specification == FitSpecification.make(**recording.specification.as_config())
