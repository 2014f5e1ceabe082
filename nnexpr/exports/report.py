"""What experiments found as one HTML page that needs nothing but itself: claims, verdicts, tables and figures.

It shares the frame, the style and the charts of :mod:`nnexpr.exports.page`. Claims and tables stand in the document;
the script draws the figures and filters by verdict.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nnexpr import __version__
from nnexpr.atomic import write_atomically
from nnexpr.experiments.data import VERDICTS, Cell, Claim, Figure, Map, Table, Verdict
from nnexpr.experiments.discovery import Experiment
from nnexpr.experiments.findings import Finding
from nnexpr.experiments.origin import origin
from nnexpr.experiments.wording import cell_text, verdict_text
from nnexpr.exports.page.html import data, figure, page, table, text

__all__ = ["Report", "rendered_report", "write_report"]

STYLES = ("base.css", "report.css")
SCRIPTS = ("numbers.js", "chart.js", "figures.js", "report.js")
SIGNS: dict[Verdict, str] = {"holds": "✓", "holds as corrected": "≈", "fails": "✗", "not measured": "○"}
DIGITS = 6  # of a figure's numbers: more than can be seen


@dataclass(frozen=True)
class Report:
    """What was asked for, and what came of it."""

    name: str  # an experiment, a group or all
    done: Sequence[tuple[Experiment, Finding]]
    left: Sequence[Experiment]  # not done: it was interrupted
    seed: int
    command: str

    @property
    def groups(self) -> dict[str, list[tuple[Experiment, Finding]]]:
        """What was done, group by group."""
        found: dict[str, list[tuple[Experiment, Finding]]] = {}
        for experiment, finding in self.done:
            found.setdefault(experiment.group, []).append((experiment, finding))
        return found


def write_report(report: Report, path: Path) -> None:
    """Write the page, whole or not at all. Raises OSError."""
    write_atomically(path, rendered_report(report))


def rendered_report(report: Report) -> str:
    """The page."""
    whose = "All sources" if report.name == "all" else report.name
    title = f"{whose}: what is claimed, and what was measured"
    drawn = [[_drawn(each) for each in finding.result.figures] for _, finding in report.done]
    document = {"format": "nnexpr report", "schema": 1, "nnexpr": __version__, "figures": drawn}
    return page(title, _body(title, report) + data(document), styles=STYLES, scripts=SCRIPTS)


def _body(title: str, report: Report) -> str:
    sections = [
        f'<h2 id="{text(group)}">{text(group)}</h2>{"".join(_experiment(*each, report) for each in done)}'
        for group, done in report.groups.items()
    ]
    return f"""<header>
<h1>{text(title)}</h1>
{_warnings(report)}
</header>
<div class="report">
<nav aria-label="Contents">{_contents(report)}</nav>
<main>
<noscript><p>The figures need JavaScript; claims and tables do not.</p></noscript>
{_summary(report)}
{_filter(report)}
{"".join(sections)}
</main>
</div>
<footer class="soft">{_origin(report)}</footer>
"""


# --- above all


def _warnings(report: Report) -> str:
    """What keeps this from being a full result."""
    said = []
    if any(finding.quick for _, finding in report.done):
        said.append("Quick: fewer members or epochs than the sources have. Nothing here is a full result.")
    if report.left:
        names, count = ", ".join(experiment.id for experiment in report.left), len(report.left)
        whole = f"{count} of {count + len(report.done)} experiments"
        said.append(f"Interrupted: {whole} {'is' if count == 1 else 'are'} missing: {names}.")
    return "".join(f'<p class="warning">{text(sentence)}</p>' for sentence in said)


def _summary(report: Report) -> str:
    """How many claims have which verdict, source by source."""
    columns = ["source", *(_verdict(verdict) for verdict in VERDICTS), "claims"]
    rows = []
    for group, done in report.groups.items():
        claims = [claim for _, finding in done for claim in finding.result.claims]
        rows.append([group, *_counts(claims), str(len(claims))])
    if len(rows) > 1:
        claims = _claims(report)
        rows.append(["all", *_counts(claims), str(len(claims))])
    return table("Verdicts", columns, rows, numbers=range(1, len(columns)))


def _claims(report: Report) -> list[Claim]:
    return [claim for _, finding in report.done for claim in finding.result.claims]


def _counts(claims: Sequence[Claim]) -> list[str]:
    verdicts = [claim.verdict for claim in claims]
    return [str(verdicts.count(verdict) or "–") for verdict in VERDICTS]


def _verdict(verdict: Verdict) -> str:
    return f"{SIGNS[verdict]} {verdict_text(verdict)}"


def _filter(report: Report) -> str:
    """Which verdicts are shown."""
    claims = _claims(report)
    boxes = "".join(
        f'<label><input type="checkbox" checked value="{VERDICTS.index(verdict)}"> {text(_verdict(verdict))}</label>'
        for verdict in VERDICTS
        if any(claim.verdict == verdict for claim in claims)
    )
    legend = "<legend>Show claims with the verdict</legend>"
    told = f'<output id="shown" aria-live="polite">{len(claims)} of {len(claims)} claims are shown</output>'
    return (
        f'<form id="filter" class="screen"><fieldset>{legend}{boxes}</fieldset>{told}</form>'
        if claims
        else ""
    )


def _contents(report: Report) -> str:
    parts = []
    for group, done in report.groups.items():
        items = "".join(
            f'<li><a href="#{_place(experiment)}">{text(experiment.title)}</a> {_marks(finding)}</li>'
            for experiment, finding in done
        )
        parts.append(f'<p><a href="#{text(group)}">{text(group)}</a></p><ul>{items}</ul>')
    return "".join(parts)


def _marks(finding: Finding) -> str:
    """A sign for each claim, those that fail first."""
    order: tuple[Verdict, ...] = ("fails", "not measured", "holds as corrected", "holds")
    tally = finding.tally
    told = ", ".join(f"{tally[verdict]} {verdict_text(verdict)}" for verdict in order if tally[verdict])
    signs = " ".join(f"{SIGNS[verdict]}{tally[verdict]}" for verdict in order if tally[verdict])
    return f'<span class="soft" role="img" aria-label="{told}">{signs}</span>' if told else ""


def _place(experiment: Experiment) -> str:
    return text(f"experiment-{experiment.id}")


def _origin(report: Report) -> str:
    found = origin()
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    machine = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    said = (
        f"nnexpr {__version__} (sources {found['sources'][:12]}), {versions}, {machine}.",
        f"All that is drawn at random comes from seed {report.seed}.",
        "The page needs nothing but itself.",
    )
    sentences = "".join(f"<p>{text(sentence)}</p>" for sentence in said)
    return f"<h2>How it was made</h2><pre><code>{text(report.command)}</code></pre>{sentences}"


# --- an experiment


def _experiment(experiment: Experiment, finding: Finding, report: Report) -> str:
    number = [each.id for each, _ in report.done].index(experiment.id)
    finished = datetime.fromtimestamp(finding.finished, UTC)
    settings = experiment.quick if finding.quick else experiment.large if finding.large else experiment.full
    told = f"{settings or 'No settings'}. {_seconds(finding.seconds)}, done {finished:%Y-%m-%d %H:%M} UTC."
    figures = "".join(
        figure(f"figure-{number}-{place}", each.title) for place, each in enumerate(finding.result.figures)
    )
    return f"""<section class="experiment" aria-labelledby="{_place(experiment)}">
<h3 id="{_place(experiment)}">{text(experiment.title)} <span class="soft">{text(experiment.id)}</span></h3>
<p>{text(experiment.question)}</p>
<p class="soft">{text(f"{experiment.source}. {told}")}</p>
{_claim_table(finding.result.claims)}
{"".join(_table(each) for each in finding.result.tables)}
<div class="figures">{figures}</div>
</section>
"""


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"


def _claim_table(claims: Iterable[Claim]) -> str:
    """The printed value beside the measured one, the verdict, and what would have been another."""
    rows = "".join(map(_claim_row, claims))
    if not rows:
        return ""
    columns = ("claim", "printed or expected", "measured", "verdict", "fails if")
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    return f'<table class="claims"><caption>Claims</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _claim_row(claim: Claim) -> str:
    tolerance = "" if claim.tolerance in (None, "") else f" ({cell_text(claim.tolerance)})"
    why = f'<p class="soft">{text(claim.why)}</p>' if claim.why else ""
    kind = VERDICTS.index(claim.verdict)
    return (
        f'<tr data-verdict="{kind}"><th scope="row"><b>{text(claim.id)}</b> {text(claim.statement)}</th>'
        f'<td data-label="printed or expected">{text(cell_text(claim.expected) + tolerance)}</td>'
        f'<td data-label="measured">{text(cell_text(claim.measured))}</td>'
        f'<td data-label="verdict" class="verdict-{kind}">{text(_verdict(claim.verdict))}{why}</td>'
        f'<td data-label="fails if" class="soft">{text(claim.fails_if)}</td></tr>'
    )


def _table(given: Table) -> str:
    numbers = [
        place
        for place in range(1, len(given.columns))
        if all(row[place] is None or _is_number(row[place]) for row in given.rows)
    ]
    rows = [[cell_text(cell) for cell in row] for row in given.rows]
    return table(given.title, list(given.columns), rows, numbers=numbers)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


# --- figures as the script reads them


def _drawn(given: Figure | Map) -> dict[str, Any]:
    """Its fields in plain JSON, null for what is not finite."""
    shared = {
        "x_label": given.x_label,
        "y_label": given.y_label,
        "log_x": given.log_x,
        "log_y": given.log_y,
    }
    if isinstance(given, Figure):
        series = [{"label": each.label, "x": _row(each.x), "y": _row(each.y)} for each in given.series]
        return {**shared, "series": series}
    values = [_row(row) for row in given.values]
    ways = {"diverging": given.diverging, "log": given.log, "limits": _row(given.limits)}
    return {**shared, **ways, "label": given.label, "x": _row(given.x), "y": _row(given.y), "values": values}


def _row(values: Sequence[float]) -> list[float | None]:
    return [float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None for value in values]
