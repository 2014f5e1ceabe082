"""What stands on the page of a recording: headings, controls, empty charts, and the numbers as tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnexpr import __version__
from nnexpr.exports.curves import MOST_DRAWN, Curves
from nnexpr.exports.page.html import figure, table, text
from nnexpr.runs.scene import MOST_COUNTED_UNITS
from nnexpr.specification import command_line

__all__ = ["body", "title"]

SPEEDS = {"0.25": "¼ ×", "0.5": "½ ×", "1": "1 ×", "2": "2 ×", "4": "4 ×", "8": "8 ×"}
EVENTS = {
    "bend": "first bend",
    "knee": "knee",
    "collapse": "collapse",
    "divergence": "divergence",
    "best": "best",
}
CLOCKS = {"epochs": "by epoch", "seconds": "by seconds", "loss": "by loss"}
KEYS = (
    "space plays and stops; ← → one snapshot, with shift ten; , . one snapshot; home, end; "
    "n, N the next event, the one before; e the error in place of the fit; l logarithmic or even epochs"
)


def title(runs: Sequence[Curves]) -> str:
    """What the page shows, in one line."""
    targets = " and ".join(dict.fromkeys(run.scene.name for run in runs))
    names = " beside ".join(run.name for run in runs) if len(runs) < 3 else f"{len(runs)} networks"
    return f"{names}, learning {targets}"


def body(runs: Sequence[Curves]) -> str:
    """Everything between the body's tags but the data and the script."""
    alone = " class=alone" if len(runs) == 1 else ""
    return f"""<header>
<h1>{text(title(runs))}</h1>
{_formulas(runs)}
</header>
<main>
<noscript><p>The charts need JavaScript; the numbers are in the tables below.</p></noscript>
{_player(runs)}
<div{alone}>
<div class="runs beside of-{len(runs)}">{"".join(_run(run, number, len(runs)) for number, run in enumerate(runs))}</div>
<div>{_over(runs)}</div>
</div>
<section class="numbers" aria-label="Numbers">
{"".join(_numbers(run, number, len(runs)) for number, run in enumerate(runs))}
</section>
<section>
<h2>The command that trains it</h2>
{"".join(_command(run) for run in runs)}
</section>
</main>
<footer class="soft">
<p class="screen">Keys: {text(KEYS)}.</p>
<p>Made by nnexpr {text(__version__)}. The page needs nothing but itself.
<code>nnexpr.exports.page.read</code> reads the numbers back.</p>
</footer>
"""


def _formulas(runs: Sequence[Curves]) -> str:
    said = dict.fromkeys(sentence for run in runs for sentence in (_formula(run), *run.scene.notes))
    return "\n".join(f'<p class="soft">{text(sentence)}</p>' for sentence in said)


def _formula(run: Curves) -> str:
    """Of data what they are; of a function how it is calculated."""
    scene = run.scene
    return scene.formula if scene.name.startswith("csv:") else f"{scene.value_name} = {scene.formula}"


def _player(runs: Sequence[Curves]) -> str:
    clock = _choice("clock", "Clock", CLOCKS, "epochs") if len(runs) > 1 else ""
    return f"""<section class="player screen" aria-label="Playback">
<button type="button" id="play" aria-keyshortcuts="Space">Play</button>
<input type="range" id="place" min="0" step="1" aria-label="Snapshot" aria-keyshortcuts="ArrowLeft ArrowRight Home End">
<output id="where" for="place" aria-live="off"></output>
</section>
<section class="ways screen" aria-label="What is shown">
{_choice("speed", "Speed", SPEEDS, "1")}
{clock}
<label><input type="checkbox" id="residual" aria-keyshortcuts="e"> error</label>
<label><input type="checkbox" id="log-epochs" checked aria-keyshortcuts="l"> log epochs</label>
</section>
{"".join(_events(run, number, len(runs)) for number, run in enumerate(runs))}"""


def _events(run: Curves, number: int, count: int) -> str:
    """What happened, to jump to."""
    buttons = "".join(
        f'<button type="button" data-run="{number}" data-snapshot="{event.snapshot}" title="{text(event.words)}">'
        f"{EVENTS[event.kind]}</button>"
        for event in run.events
    )
    label = "Jump to" if count == 1 else f"{'ABCD'[number]}: jump to"
    return (
        f'<section class="ways screen" aria-label="{label}"><span>{label}</span> {buttons}</section>'
        if buttons
        else ""
    )


def _choice(name: str, label: str, options: dict[str, str], chosen: str) -> str:
    offered = "".join(
        f'<option value="{value}"{" selected" * (value == chosen)}>{text(words)}</option>'
        for value, words in options.items()
    )
    return f'<label>{label} <select id="{name}">{offered}</select></label>'


def _run(run: Curves, number: int, count: int) -> str:
    """The charts of one run."""
    scene = run.scene
    heading = f"{'ABCD'[number]}: {run.name}" if count > 1 else run.name
    where = ", on the line through the middle" * (scene.dimension > 1)
    fit = figure(f"fit-{number}", f"The network and its target{where}")
    maps = bends = errors = ""
    if run.maps is not None:
        maps = figure(f"map-{number}", "The network over the plane")
        if run.maps.truth is not None:
            maps += figure(f"map-target-{number}", "The target over the plane")
        maps = f'<div class="maps">{maps}</div>'
    if run.bends is not None:
        bends = figure(f"bends-{number}", "Where it bends, over the epochs")
    bends += f'<p class="soft">{text(_about_bends(run))}</p>'
    if np.isfinite(scene.truth).all():
        errors = figure(f"errors-{number}", "Where it is wrong, over the epochs")
    return f"""<section aria-label="{text(heading)}">
<div>{f"<h2>{text(heading)}</h2>" * (count > 1)}<p class="moment" id="moment-{number}"></p></div>
<div>{fit}</div>
<div>{maps}</div>
<div>{bends}</div>
<div>{errors}</div>
</section>
"""


def _about_bends(run: Curves) -> str:
    """Why there are no bends, or not all; nothing where all are there."""
    if run.bends is None:
        if run.scene.dimension > 1:
            return "Two inputs: bends on the line alone would say little, and cells of the plane are not in this page."
        if sum(run.scene.hidden_widths) > MOST_COUNTED_UNITS:
            return f"No bends: of more than {MOST_COUNTED_UNITS:,} units they were not counted."
        return "No bends: its activation has no straight pieces, so nothing bends; it curves."
    if (run.bends.regions < 0).any():
        return "Bends are missing where the weights were not kept or not finite."
    if (run.bends.regions > MOST_DRAWN + 1).any():
        return f"Of more than {MOST_DRAWN} bends only the number is told."
    return ""


def _over(runs: Sequence[Curves]) -> str:
    """The charts over the epochs."""
    parts = [figure("loss", "The loss over the training points")]
    if any(run.bends is not None and (run.bends.regions >= 0).any() for run in runs):
        parts.append(figure("regions", "Linear regions, counted exactly"))
    if any(len(run.target_modes) for run in runs):
        parts.append(figure("spectrum", "The error's frequencies at this epoch"))
    modes = [
        figure(
            f"modes-{number}", f"The error{_whose(number, len(runs))} in each Fourier mode, over the epochs"
        )
        for number, run in enumerate(runs)
        if len(run.target_modes)
    ]
    return f"""<section class="over" aria-label="Over the training">{"".join(parts)}</section>
<div class="beside of-{len(runs)}">{"".join(modes)}</div>"""


def _whose(number: int, count: int) -> str:
    return f" of {'ABCD'[number]}" if count > 1 else ""


def _numbers(run: Curves, number: int, count: int) -> str:
    """What each snapshot says, as a table."""
    whose = f"{_whose(number, count)}: {run.name}" if count > 1 else ""
    columns = ["epoch", "seconds", "learning rate", "mean squared error", "greatest error on the grid"]
    errors = np.abs(run.predictions - run.scene.truth).max(axis=1)
    cells: list[list[str]] = [
        [f"{value:.6g}" for value in values.tolist()]
        for values in (run.seconds, run.learning_rates, run.losses, errors)
    ]
    if run.bends is not None:
        columns += ["linear regions", "bends"]
        counts = run.bends.regions.tolist()
        cells += [
            [_count(each) for each in counts],
            [_count(each - 1 if each > 0 else each) for each in counts],
        ]
    rows = zip([str(epoch) for epoch in run.epochs.tolist()], *cells, strict=True)
    shown = table(
        f"Every snapshot{whose}, in the target's own units", columns, rows, numbers=range(1, len(columns))
    )
    return f"<details><summary>The numbers{text(whose)}</summary>{shown}</details>"


def _count(value: int) -> str:
    return "–" if value < 0 else str(value)


def _command(run: Curves) -> str:
    specification = run.specification
    if specification.target != run.scene.name:
        return f"<p>{text(run.name)}: it was trained from Python, on a target that the command line does not name.</p>"
    return f"<pre><code>{text(command_line(specification))}</code></pre>"
