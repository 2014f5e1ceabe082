"""Figures on a plane: the polygons are the cells or the decision regions, and the line is the decision boundary."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import nnexpr
from nnexpr import plot
from nnexpr.specification import InputError
from nnexpr_tui.commands.cli import cli

WINDOW = ((-2.0, 2.0), (-1.0, 3.0))


@pytest.fixture
def module() -> torch.nn.Sequential:
    torch.manual_seed(3)
    widths = ((4, 9), (9, 7), (7, 9))
    parts = [part for shape in widths for part in (torch.nn.Linear(*shape), torch.nn.ReLU())]
    return torch.nn.Sequential(*parts[:-1]).double()


@pytest.fixture
def place() -> np.ndarray:
    return np.random.default_rng(1).standard_normal((3, 4))


def collections(figure: Figure) -> tuple[PolyCollection, list[LineCollection]]:
    FigureCanvasAgg(figure).draw()
    [polygons] = [each for each in figure.axes[0].collections if isinstance(each, PolyCollection)]
    return polygons, [each for each in figure.axes[0].collections if isinstance(each, LineCollection)]


def test_a_polygon_has_the_colour_of_the_class_inside_it(
    module: torch.nn.Sequential, place: np.ndarray
) -> None:
    network = nnexpr.from_torch(module)
    regions, decisions = (
        nnexpr.plane_regions(network, WINDOW, plane=place, of=of) for of in ("regions", "argmax")
    )
    polygons, lines = collections(plot.on_plane(regions, decisions, points={"P": (0, 0)}))
    colors: dict[int, set[str]] = {}
    for path, face in zip(polygons.get_paths(), polygons.get_facecolor(), strict=True):
        s, t = path.vertices[:-1].mean(axis=0)
        x = place[0] + s * place[1] + t * place[2]
        largest = int(module(torch.from_numpy(x)).argmax())
        colors.setdefault(largest, set()).add(to_hex(face))
    assert len(colors) >= 3
    assert all(len(each) == 1 for each in colors.values()), "a class has one colour"
    assert len(set.union(*colors.values())) == len(colors), "and no other has it"
    boundary = np.concatenate(lines[-1].get_segments())
    values = module(torch.from_numpy(place[0] + boundary @ place[1:])).detach().sort(dim=1).values
    np.testing.assert_allclose(
        values[:, -1], values[:, -2], atol=1e-9, err_msg="there two outputs are the largest"
    )


def test_by_pattern_a_cell_keeps_its_colour_in_another_window(
    module: torch.nn.Sequential, place: np.ndarray
) -> None:
    network, found = nnexpr.from_torch(module), []
    for window in (WINDOW, ((0.0, 1.0), (0.0, 1.0))):
        regions = nnexpr.plane_regions(network, window, plane=place)
        polygons, _ = collections(plot.on_plane(regions, color="pattern"))
        found.append(dict(zip(regions.patterns.tolist(), map(to_hex, polygons.get_facecolor()), strict=True)))
    whole, part = found
    assert len(part) > 5
    assert part.items() <= whole.items()


def test_several_networks_stand_beside_each_other(module: torch.nn.Sequential, place: np.ndarray) -> None:
    network = nnexpr.from_torch(module)
    figure = plot.on_planes([("one", network), ("two", network.output(0))], place, WINDOW)
    titles = [ax.get_title(loc="left") for ax in figure.axes[:2]]
    counts = [nnexpr.plane_regions(each, WINDOW, plane=place).count for each in (network, network.output(0))]
    assert titles == [f"one: {counts[0]} regions", f"two: {counts[1]} regions"]


def test_classes_need_decisions(module: torch.nn.Sequential, place: np.ndarray) -> None:
    regions = nnexpr.plane_regions(nnexpr.from_torch(module), WINDOW, plane=place)
    with pytest.raises(InputError, match="argmax"):
        plot.on_plane(regions, color="class")


@pytest.mark.parametrize("ending", ["pdf", "png", "svg"])
@pytest.mark.parametrize("more", [(), ("--what", "patterns"), ("--of", "output:1")])
def test_the_command_draws_a_plane(
    module: torch.nn.Sequential,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
    more: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(module.state_dict(), "net.pt")
    np.save("points.npy", np.random.default_rng(0).standard_normal((3, 4)))
    place = ("--plane", "points.npy:0", "points.npy:1", "points.npy:2")
    done = CliRunner().invoke(cli, ["plot", "net.pt", *place, "-o", f"plane.{ending}", "--json", *more])
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["files"] == [f"plane.{ending}"]
    assert Path(f"plane.{ending}").stat().st_size > 2000


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--of", "argmax"), "--plane"),
        (("--plane", "1,0,0,0", "2,0,0,0", "3,0,0,0"), "line"),
        (("--plane", "1,0,0,0", "2,0,0,0", "0,1,0,0", "--what", "loss"), "--what"),
        (("--plane", "1,0,0,0", "2,0,0,0", "0,1,0,0", "--member", "1"), "--member"),
        (("--plane", "1,0,0,0", "2,0,0,0", "0,1,0,0", "--of", "output:9"), "output:8"),
    ],
)
def test_what_is_no_plane_is_refused(
    module: torch.nn.Sequential,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: tuple[str, ...],
    named: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(module.state_dict(), "net.pt")
    done = CliRunner().invoke(cli, ["plot", "net.pt", "-o", "plane.png", *more])
    assert done.exit_code == 2
    assert named in done.stderr
