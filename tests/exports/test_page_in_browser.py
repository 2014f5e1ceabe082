"""Pages in a browser that has no network: what is drawn is what was recorded, and the keys do what they say."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from browsing import Opener
from recordings import hostile, recorded

from nnexpr.exports import EXPORTS
from nnexpr.exports.curves import curves_of
from nnexpr.runs.events import events
from nnexpr.runs.recording import Recording

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def recording() -> Recording:
    return recorded(
        depth=4, width=(12, 9, 7), init="kaiming", seed=3, members=3, epochs=40, noise=0.1, lr=0.03
    )


@pytest.fixture(scope="module")
def page_file(recording: Recording, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("page") / "one.html", recording)


def written(path: Path, *recordings: Recording) -> Path:
    EXPORTS[".html"].write(recordings, path)
    return path


def shown(page: Page) -> int:
    """The step where the slider stands, once everything else stands there too."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return int(page.locator("#place").input_value())


def drawn(page: Page, figure: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """A curve read back from its path, by the axes of its chart: x and y."""
    svg = page.locator(f"#{figure} .plot svg")
    plot = json.loads(svg.get_attribute("data-plot") or "")
    path = svg.locator(f'path[data-name="{name}"]').get_attribute("d") or ""
    points = np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path), dtype=np.float64)
    x = plot["x"][0] + (points[:, 0] - plot["left"]) / plot["inner"] * (plot["x"][1] - plot["x"][0])
    y = plot["y"][1] - (points[:, 1] - plot["top"]) / plot["high"] * (plot["y"][1] - plot["y"][0])
    return x, y


def test_every_snapshot_is_drawn_as_it_was_stored(
    opened: Opener, page_file: Path, recording: Recording
) -> None:
    page = opened(page_file)
    x_pixel, y_pixel = 1 / 400, 4 / 200  # more than a pixel of the axes is high or wide
    for step in (40, 39, 20, 3, 0):
        page.keyboard.press("Home")
        page.locator("#place").fill(str(step))
        assert shown(page) == step
        x, y = drawn(page, "fit-0", "prediction")
        stored = recording.snapshots[step]
        np.testing.assert_allclose(x, recording.scene.x, atol=0.01 * x_pixel + 1e-12)
        np.testing.assert_allclose(
            y, stored.prediction, atol=0.01 * y_pixel + np.ptp(stored.prediction) / 65_534
        )
        told = page.locator("#moment-0").inner_text()
        assert told.startswith(f"epoch {stored.epoch}, ")
        assert float(told.split("loss ")[1].split(",")[0]) == pytest.approx(stored.loss, rel=5e-3)


def test_bends_are_drawn_layer_by_layer(opened: Opener, page_file: Path, recording: Recording) -> None:
    page = opened(page_file)
    bends = curves_of(recording, most=200).bends
    assert bends is not None
    page.keyboard.press("End")
    assert shown(page) == 40
    positions, layers = bends.at(40)
    svg = page.locator("#fit-0 .plot svg")
    plot = json.loads(svg.get_attribute("data-plot") or "")
    found = []
    for layer in (1, 2, 3):
        path = svg.locator(f'path[data-name="bends-{layer}"]').get_attribute("d") or ""
        pixels = np.array(re.findall(r"M(-?[\d.]+) ", path), dtype=np.float64)
        own = (pixels - plot["left"]) / plot["inner"] * (plot["x"][1] - plot["x"][0]) + plot["x"][0]
        np.testing.assert_allclose(own, positions[layers == layer], atol=1e-3)
        assert len(own)
        found += own.tolist()
    assert len(found) == len(positions)
    assert (
        f"{len(positions) + 1} linear regions, {len(positions)} bends"
        in page.locator("#moment-0").inner_text()
    )


def test_the_keys(opened: Opener, page_file: Path) -> None:
    page = opened(page_file)
    assert shown(page) == 40
    for key, step in (
        ("Home", 0), ("ArrowRight", 1), (".", 2), ("Shift+ArrowRight", 12), ("ArrowLeft", 11), (",", 10),
        ("Shift+ArrowLeft", 0), ("ArrowLeft", 0), ("End", 40), ("ArrowRight", 40),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert shown(page) == step, key
    for key, control in (("e", "residual"), ("l", "log-epochs")):
        before = page.locator(f"#{control}").is_checked()
        page.keyboard.press(key)
        assert page.locator(f"#{control}").is_checked() != before
    page.get_by_label("Speed").focus()  # a choice hears its own keys
    page.keyboard.press("Home")
    assert shown(page) == 40


def test_it_plays_at_its_speed_and_stops_at_the_end(opened: Opener, page_file: Path) -> None:
    page = opened(page_file, clock=True)
    page.clock.run_for(3000)
    assert page.locator("#place").input_value() == "40", "nothing moves unasked"
    for speed, step in (("1", 12), ("2", 24), ("0.5", 6)):
        page.get_by_label("Speed").select_option(speed)
        page.keyboard.press("End")
        page.locator("h1").click()
        page.keyboard.press("Space")
        page.clock.run_for(1020)
        assert page.get_by_role("button", name="Pause").is_visible()
        assert page.locator("#place").input_value() == str(step)
        page.get_by_role("button", name="Pause").click()
        page.clock.run_for(500)
        assert page.locator("#place").input_value() == str(step)
    page.get_by_role("button", name="Play").press("Space")  # once, though page and button both hear it
    page.clock.run_for(20_000)
    assert page.locator("#place").input_value() == "40"
    assert page.get_by_role("button", name="Play").is_visible()


def test_reduced_motion_shows_stills(opened: Opener, page_file: Path) -> None:
    page = opened(page_file, clock=True, reduced_motion="reduce")
    page.clock.run_for(3000)
    assert page.locator("#place").input_value() == "40"
    page.keyboard.press("Space")
    seen = []
    for _ in range(4):
        page.clock.run_for(250)
        seen.append(page.locator("#place").input_value())
    page.clock.run_for(250)
    assert seen[:3] == ["0"] * 3, "for a second it stands still"
    assert page.locator("#place").input_value() == "2", "one of twenty stills further"
    assert page.evaluate("document.getAnimations().length") == 0


def test_what_happened_is_a_button_a_key_and_a_mark(
    opened: Opener, page_file: Path, recording: Recording
) -> None:
    page = opened(page_file)
    found = events(recording)
    names = [page.locator("[data-snapshot]").nth(index).inner_text() for index in range(len(found))]
    assert len(names) == page.locator("[data-snapshot]").count() > 0
    assert page.locator("#loss text.flag").all_text_contents() == names
    for name, event in zip(names, found, strict=True):
        page.get_by_role("button", name=name, exact=True).click()
        assert shown(page) == event.snapshot
    steps = sorted({event.snapshot for event in found} - {0})
    page.keyboard.press("Home")
    for step in steps:
        page.keyboard.press("n")
        assert shown(page) == step
    for step in reversed(steps[:-1]):
        page.keyboard.press("Shift+N")
        assert shown(page) == step


def test_the_error_takes_the_place_of_the_fit(opened: Opener, page_file: Path, recording: Recording) -> None:
    page = opened(page_file)
    page.get_by_label("error", exact=True).check()
    shown(page)
    _, y = drawn(page, "fit-0", "prediction")
    stored = recording.snapshots[-1].prediction
    np.testing.assert_allclose(y, stored - recording.scene.truth, atol=2e-3)


def test_losses_are_drawn_at_every_epoch_of_the_history(
    opened: Opener, page_file: Path, recording: Recording
) -> None:
    page = opened(page_file)
    page.get_by_label("log epochs").uncheck()
    svg = page.locator("#loss .plot svg")
    plot = json.loads(svg.get_attribute("data-plot") or "")
    x, exponent = drawn(page, "loss", "loss-0")  # the axis is one of exponents
    np.testing.assert_allclose(x, recording.epochs, atol=0.05)
    np.testing.assert_allclose(10**exponent, recording.losses[:, 0], rtol=1e-3)
    assert plot["x"] == [0, 40]


def test_pressing_a_chart_goes_to_that_epoch(opened: Opener, page_file: Path) -> None:
    page = opened(page_file)
    page.get_by_label("log epochs").uncheck()
    svg = page.locator("#loss .plot svg")
    plot, box = json.loads(svg.get_attribute("data-plot") or ""), svg.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + plot["left"] + plot["inner"] / 4, box["y"] + plot["top"] + 30)
    assert shown(page) == 10
    assert "epoch 10" in page.locator("#loss .reading").inner_text()


def test_the_cross_hair_tells_the_values(opened: Opener, page_file: Path, recording: Recording) -> None:
    page = opened(page_file)
    svg = page.locator("#fit-0 .plot svg")
    plot, box = json.loads(svg.get_attribute("data-plot") or ""), svg.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + plot["left"] + plot["inner"] / 2, box["y"] + plot["top"] + 30)
    told = dict(line.rsplit(" ", 1) for line in page.locator("#fit-0 .reading").inner_text().splitlines())
    at = int(np.argmin(np.abs(recording.scene.x - float(told["x"]))))
    assert abs(float(told["x"]) - 0.5) < 0.01
    assert float(told["network"].replace("−", "-")) == pytest.approx(
        recording.snapshots[-1].prediction[at], rel=1e-2
    )
    assert float(told["target"].replace("−", "-")) == pytest.approx(recording.scene.truth[at], rel=1e-2)


# --- whoever looks


@pytest.mark.parametrize("width", [320, 1600])
def test_it_fits_a_phone_and_a_lecture_hall(opened: Opener, page_file: Path, width: int) -> None:
    """Nothing to scroll sideways, and no label of an axis over another."""
    page = opened(page_file, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    overlapping = page.evaluate(
        """() => [...document.querySelectorAll('.plot svg')].flatMap((svg) => {
            const boxes = [...svg.querySelectorAll('text')].map((text) =>
                [text.textContent, text.getBoundingClientRect()]);
            return boxes.flatMap(([name, a], index) => boxes.slice(index + 1)
                .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1)
                .filter(([, b]) => a.top < b.bottom - 3 && b.top < a.bottom - 3)
                .map(([other]) => `${name} over ${other}`));
        })"""
    )
    assert not overlapping


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_drawn_stands_out_from_the_ground(opened: Opener, page_file: Path, scheme: str) -> None:
    """Contrast as WCAG 2.2 has it: 4.5 for text, 3 for what is drawn."""
    page = opened(page_file, color_scheme=scheme)
    luminance = """(color) => {
        const parts = color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
        const [r, g, b] = parts.map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    }"""
    ratios = page.evaluate(
        """(source) => {
            const luminance = eval(source);
            const ground = luminance(getComputedStyle(document.body).backgroundColor);
            const against = (color) => {
                const [high, low] = [luminance(color), ground].sort((a, b) => b - a);
                return (high + 0.05) / (low + 0.05);
            };
            const found = {};
            for (const [which, part, least] of [
                ['.plot text', 'fill', 4.5], ['p, figcaption, li, h1', 'color', 4.5],
                ['.plot path.line, .plot path.ticks, .now', 'stroke', 3],
            ]) for (const each of document.querySelectorAll(which)) {
                const name = `${each.tagName} ${each.getAttribute('class')}`;
                found[name] = against(getComputedStyle(each)[part]) / least;
            }
            return found;
        }""".replace("eval(source)", luminance),
        None,
    )
    assert len(ratios) > 8
    assert {name: ratio for name, ratio in ratios.items() if ratio < 1} == {}


def test_everything_that_acts_or_shows_has_a_name(opened: Opener, page_file: Path) -> None:
    page = opened(page_file)
    for role, name in (
        ("slider", "Snapshot"), ("button", "Play"), ("combobox", "Speed"), ("checkbox", "error"),
        ("checkbox", "log epochs"), ("img", "The network and its target"), ("img", "The loss over the training points"),
        ("img", "Linear regions, counted exactly"), ("region", "Playback"),
    ):  # fmt: skip
        assert page.get_by_role(role, name=name, exact=True).count() == 1, name  # type: ignore[arg-type]
    assert page.locator("svg[role=img]").count() == page.locator("figure").count()
    page.keyboard.press("End")
    assert (page.locator("#place").get_attribute("aria-valuetext") or "").startswith("epoch 40, loss 0.")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_numbers_are_a_table(opened: Opener, page_file: Path, recording: Recording) -> None:
    page = opened(page_file)
    page.get_by_text("The numbers", exact=True).click()
    table = page.get_by_role("table")
    assert table.get_by_role("columnheader").all_inner_texts()[3:] == [
        "mean squared error", "greatest error on the grid", "linear regions", "bends",
    ]  # fmt: skip
    rows = table.get_by_role("row").all_inner_texts()
    assert len(rows) == 42
    last = rows[-1].split("\t")
    assert (last[0], float(last[3])) == ("40", pytest.approx(recording.snapshots[-1].loss, rel=1e-5))


# --- side by side


@pytest.fixture(scope="module")
def several() -> list[Recording]:
    """Of other lengths and paces: what each has at a time differs by clock."""
    made = [
        recorded(epochs=30, lr=0.02),
        recorded(epochs=12, width=(9,)),
        recorded(epochs=20, activation="tanh", every=4),
    ]
    return [
        replace(run, snapshots=tuple(replace(each, seconds=each.epoch * pace) for each in run.snapshots))
        for run, pace in zip(made, (1.0, 5.0, 0.5), strict=True)
    ]


def told_epochs(page: Page, count: int) -> list[int]:
    shown(page)
    texts = [page.locator(f"#moment-{number}").inner_text() for number in range(count)]
    return [int(text.split()[1].rstrip(",")) for text in texts]


def test_runs_are_beside_one_another_on_one_clock(
    opened: Opener, several: list[Recording], tmp_path: Path
) -> None:
    page = opened(written(tmp_path / "a.html", *several))
    epochs = [np.array([each.epoch for each in run.snapshots]) for run in several]
    losses = [np.minimum.accumulate([each.loss for each in run.snapshots]) for run in several]
    times = {
        "epochs": epochs,
        "seconds": [own * pace for own, pace in zip(epochs, (1.0, 5.0, 0.5), strict=True)],
        "loss": [-np.log10(own) for own in losses],
    }
    for clock, own in times.items():
        page.get_by_label("Clock").select_option(clock)
        steps = np.unique(np.concatenate(own))
        assert int(page.locator("#place").get_attribute("max") or 0) == len(steps) - 1
        for step in (0, 1, len(steps) // 2, len(steps) - 2, len(steps) - 1):
            page.locator("#place").fill(str(step))
            # The first snapshot that shows what was reached by then, or the first there is.
            reached = [int(np.argmax(mine == mine[mine <= max(steps[step], mine[0])].max())) for mine in own]
            assert told_epochs(page, 3) == [int(e[k]) for e, k in zip(epochs, reached, strict=True)], (
                clock,
                step,
            )
    assert "No bends: its activation has no straight pieces" in page.locator("main").inner_text()


def test_runs_are_told_apart_without_colour(opened: Opener, several: list[Recording], tmp_path: Path) -> None:
    page = opened(written(tmp_path / "a.html", *several, several[0]))
    dashes = [
        page.locator(f'#loss path[data-name="loss-{number}"]').evaluate(
            "(each) => getComputedStyle(each).strokeDasharray"
        )
        for number in range(4)
    ]
    assert len(set(dashes)) == 4
    assert page.locator("#loss .legend li").all_inner_texts() == [
        "A: mlp 6-6 relu", "B: mlp 9-9 relu", "C: mlp 6-6 tanh", "D: mlp 6-6 relu",
    ]  # fmt: skip


def test_two_inputs_have_a_map(opened: Opener, tmp_path: Path) -> None:
    page = opened(written(tmp_path / "a.html", recorded(target="waves2d", epochs=3)))
    assert page.get_by_role("img", name="The network over the plane").count() == 1
    assert page.get_by_role("img", name="The target over the plane").count() == 1
    colours = "(each) => new Set(each.getContext('2d').getImageData(0, 0, each.width, each.height).data).size"
    assert page.locator("#map-target-0 .plot canvas").evaluate(colours) > 20


def test_a_run_that_burst_is_drawn_as_far_as_it_goes(opened: Opener, tmp_path: Path) -> None:
    recording = recorded(optimizer="sgd", lr=1e9, members=2)
    page = opened(written(tmp_path / "a.html", recording))
    for key in ("Home", "End", "e", "l"):
        page.keyboard.press(key)
    shown(page)
    assert "NaN" not in page.locator("main").inner_html()


@pytest.mark.parametrize("loss", [0.0, np.nan, np.inf])
def test_losses_that_have_no_place_on_the_axis(opened: Opener, tmp_path: Path, loss: float) -> None:
    recording = recorded(epochs=3)
    page = opened(
        written(tmp_path / "a.html", replace(recording, losses=np.full_like(recording.losses, loss)))
    )
    page.keyboard.press("Home")
    assert shown(page) == 0
    assert page.locator("#loss .plot text").count() > 3


# --- whoever wants in


def test_text_from_outside_stays_text(opened: Opener, recording: Recording, tmp_path: Path) -> None:
    page = opened(written(tmp_path / "a.html", hostile(recording), hostile(recording)))
    page.keyboard.press("Home")
    page.mouse.move(300, 400)
    assert shown(page) == 0
    assert page.evaluate("window.hacked") is None
    assert page.locator("script").count() == 2
    assert page.locator("b").count() == 0
    assert "</script><script>window.hacked = 1</script><!--<b onload=" in page.locator("h1").inner_text()
    for text in (page.locator("h1").inner_text(), page.locator("#fit-0 text.name").last.inner_html()):
        assert not re.search("[\u2028\u202e\x1b]", text)


class Listener(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def listener() -> Iterator[HTTPServer]:
    Listener.asked = []
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), Listener
    )  # a browser opens connections that it does not use
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_policy_keeps_even_its_own_script_from_the_network(
    browser: Any, page_file: Path, listener: HTTPServer
) -> None:
    """With a network and somebody who listens: nothing arrives, and each try is refused by the policy."""
    page = browser.new_page()
    page.goto(page_file.as_uri())
    address = f"http://127.0.0.1:{listener.server_port}"
    refused = page.evaluate(
        """async (address) => {
            const refused = [];
            document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
            const add = (name, given) => new Promise((done) => {
                const element = Object.assign(document.createElement(name), given, { onload: done, onerror: done });
                document.body.append(element);
            });
            await add('style', { textContent: 'body { display: none }' });
            await add('img', { src: `${address}/image` });
            await add('link', { rel: 'stylesheet', href: `${address}/style` });
            await add('iframe', { src: `${address}/frame` });
            await fetch(`${address}/fetch`).catch(() => null);
            for (const code of [() => eval('1'), () => { document.body.innerHTML = 'x'; }]) {
                try { code(); } catch { refused.push('code'); }
            }
            await new Promise((done) => setTimeout(done, 0));
            return refused;
        }""",
        address,
    )
    page.context.close()
    assert {"connect-src", "img-src", "style-src-elem", "frame-src", "code"} <= set(refused)
    assert Listener.asked == []
