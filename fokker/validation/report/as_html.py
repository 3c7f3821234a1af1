"""``index.html``: one file, readable offline, that asks the network for nothing."""

import html
from importlib import resources
from itertools import groupby
from string import Template

from fokker.validation.report.tables import checks_table, rates_table, table_row
from fokker.validation.report.texts import inline, paragraphs
from fokker.validation.run import Outcome


def render(outcomes: tuple[Outcome, ...], about: dict[str, str]) -> str:
    """The text of ``index.html``."""
    bad = sum(not outcome.as_recorded for outcome in outcomes)
    files = resources.files(__package__)
    page = Template(files.joinpath("page.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=f"fokker: {len(outcomes) - bad} of {len(outcomes)} theorems as recorded",
        style=files.joinpath("page.css").read_text(encoding="utf-8").strip(),
        lead=_lead(outcomes, bad),
        main="\n".join([_summary(outcomes), *(_section(outcome) for outcome in outcomes)]),
        footer=" &nbsp;·&nbsp; ".join(f"{html.escape(name)} {html.escape(value)}" for name, value in about.items()),
    )


def _lead(outcomes: tuple[Outcome, ...], bad: int) -> str:
    seconds = sum(outcome.trial.seconds for outcome in outcomes)
    kind = "bad" if bad else "good"
    count = f"{len(outcomes) - bad} of {len(outcomes)}"
    return (
        f'<strong class="{kind}">{count} theorems are as recorded.</strong> Each was measured by the '
        f"solvers of fokker and set against its closed form, in {seconds:.1f}&nbsp;s."
    )


def _summary(outcomes: tuple[Outcome, ...]) -> str:
    lines = [
        '<div class="wide" id="summary"><table class="summary">',
        '<thead><tr><th class="mark"></th><th>Theorem</th><th>Verdict</th>'
        '<th class="num">Checks passed</th><th class="num">Time</th></tr></thead><tbody>',
    ]
    for group, members in groupby(outcomes, key=lambda outcome: outcome.theorem.group):
        lines.append(f'<tr class="group"><th colspan="5" scope="rowgroup">{html.escape(group)}</th></tr>')
        lines += [_summary_row(outcome) for outcome in members]
    return "\n".join([*lines, "</tbody></table></div>"])


def _summary_row(outcome: Outcome) -> str:
    theorem = outcome.theorem
    return (
        f"{table_row(outcome.as_recorded)}{_mark(outcome)}"
        f'<td class="title"><a href="#{theorem.id}">{inline(theorem.title)}</a>'
        f'<span class="finding">{inline(theorem.finding)}</span></td>'
        f"<td>{_badge(outcome)}</td>"
        f'<td class="num">{_passed(outcome)}</td><td class="num">{outcome.trial.seconds:.1f}&nbsp;s</td></tr>'
    )


def _section(outcome: Outcome) -> str:
    theorem = outcome.theorem
    label = "As printed" if theorem.corrected else "Statement"
    parts = [
        f'<section id="{theorem.id}">',
        f'<p class="kicker">{html.escape(theorem.group)}</p>',
        f"<h2>{inline(theorem.title)}</h2>",
        _verdict_line(outcome),
        f'<div class="statement"><span class="label">{label}</span>{paragraphs(theorem.statement)}</div>',
        _facts(outcome),
        _corrected(theorem.corrected),
        _trouble(outcome),
        _figure(outcome),
        _measured(outcome),
        '<p class="top"><a href="#summary">Back to the verdicts</a></p>',
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _verdict_line(outcome: Outcome) -> str:
    kind = "good" if outcome.as_recorded else "bad"
    return (
        f'<p class="verdict">{_badge(outcome)}<strong class="{kind}">{outcome.status}</strong>'
        f"<span>checks passed: {_passed(outcome)}</span><span>{outcome.trial.seconds:.2f} s</span></p>"
    )


def _facts(outcome: Outcome) -> str:
    theorem = outcome.theorem
    hypotheses = "".join(f"<li>{inline(text)}</li>" for text in theorem.hypotheses)
    lines = [f"<dt>Hypotheses</dt><dd><ul>{hypotheses}</ul></dd>" if hypotheses else ""]
    lines.append(f"<dt>Source</dt><dd>{inline(theorem.source)}</dd>")
    lines.append(f"<dt>Finding</dt><dd>{inline(theorem.finding)}</dd>")
    return f"<dl>{''.join(lines)}</dl>"


def _corrected(text: str) -> str:
    return f'<div class="corrected"><span class="label">Corrected</span>{paragraphs(text)}</div>' if text else ""


def _trouble(outcome: Outcome) -> str:
    """What a reader must know before the numbers: a crash, a complaint no row shows, a warning."""
    rows = outcome.trial.measurement.rows if outcome.trial.measurement else ()
    said = [] if rows and not outcome.trial.error and any(not row.passed for row in rows) else outcome.complaints
    lines = [f'<p class="bad">{html.escape(text)}</p>' for text in said]
    if outcome.trial.error:
        lines.append(f"<pre>{html.escape(outcome.trial.error.rstrip())}</pre>")
    if outcome.trial.warnings:
        warned = "".join(f"<li>{html.escape(text)}</li>" for text in outcome.trial.warnings)
        lines.append(f"<h3>Warnings</h3><ul>{warned}</ul>")
    return "".join(lines)


def _figure(outcome: Outcome) -> str:
    if not outcome.trial.svg:
        return ""
    caption = outcome.theorem.caption
    below = f"<figcaption>{inline(caption)}</figcaption>" if caption else ""
    label = html.escape(f"Figure of {outcome.theorem.title}".replace("$", ""), quote=True)
    svg = outcome.trial.svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    return f"<figure>{svg}{below}</figure>"


def _measured(outcome: Outcome) -> str:
    measurement = outcome.trial.measurement
    if measurement is None:
        return ""
    return checks_table(measurement.checks) + rates_table(measurement.rates)


def _mark(outcome: Outcome) -> str:
    sign, kind = ("✓", "good") if outcome.as_recorded else ("✗", "bad")
    return f'<td class="mark {kind}" title="{outcome.status}">{sign}</td>'


def _badge(outcome: Outcome) -> str:
    verdict = outcome.theorem.verdict
    return f'<span class="badge v-{verdict.replace(" ", "-")}">{verdict}</span>'


def _passed(outcome: Outcome) -> str:
    rows = outcome.trial.measurement.rows if outcome.trial.measurement else ()
    return f"{sum(row.passed for row in rows)} of {len(rows)}" if rows else "–"
