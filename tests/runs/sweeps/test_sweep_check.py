"""What a sweep's file says to no purpose is told."""

from __future__ import annotations

from nnexpr.runs.sweeps.check import check_file
from nnexpr.runs.sweeps.file import read_text


def notes(text: str) -> list[str]:
    return check_file(read_text(text, "s.toml"))


def test_options_that_change_nothing_of_a_target_are_told() -> None:
    assert notes("[base]\ntarget = 'cube'\nterms = 3\nmissing = 'drop'\n[grid]\nlr = [1e-3, 1e-2]\n") == [
        "terms has no meaning for 2 of the 2 cells; it changes nothing there.",
        "missing has no meaning for 2 of the 2 cells; it changes nothing there.",
    ]
    of_some = "[base]\nterms = 3\n[grid]\ntarget = ['cube', 'fourier', 'triangle']\n"
    assert notes(of_some) == ["terms has no meaning for 1 of the 3 cells; it changes nothing there."]


def test_options_that_do_are_not() -> None:
    assert not notes(
        "[base]\ntarget = 'fourier'\nterms = 3\ntarget_seed = 2\npoints = 40\n[grid]\nlr = [1e-3, 1e-2]\n"
    )
    assert not notes("[base]\ntarget = 'cube'\nnoise = 0.1\ntarget_seed = 2\n")


def test_options_that_mean_nothing_to_the_network_are_told() -> None:
    assert notes("[base]\nknots = 30\n") == [
        "knots has no meaning for 1 of the 1 cells; it changes nothing there."
    ]
