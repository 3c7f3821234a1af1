"""``report.md``, fit for the summary of a CI job: the verdict table, then every failure in detail."""

import re

from fokker.validation.records import Check, Rate
from fokker.validation.report.numbers import plain, short, worthwhile_digits
from fokker.validation.run import Outcome


def render(outcomes: tuple[Outcome, ...], about: dict[str, str]) -> str:
    """The text of ``report.md``."""
    bad = [outcome for outcome in outcomes if not outcome.as_recorded]
    lines = ["# Validation report", "", _summary(outcomes, len(bad)), ""]
    lines += ["| | Theorem | Verdict | Checks | Time |", "|:-:|---|---|--:|--:|"]
    lines += [_row(outcome) for outcome in outcomes]
    for outcome in bad:
        lines += ["", *_details(outcome)]
    lines += ["", " · ".join(f"{name} {value}" for name, value in about.items()), ""]
    return "\n".join(lines)


def _summary(outcomes: tuple[Outcome, ...], bad: int) -> str:
    seconds = sum(outcome.trial.seconds for outcome in outcomes)
    return f"**{len(outcomes) - bad} of {len(outcomes)} theorems are as recorded** (in {seconds:.1f} s)."


def _row(outcome: Outcome) -> str:
    mark = "✅" if outcome.as_recorded else "❌"
    rows = outcome.trial.measurement.rows if outcome.trial.measurement else ()
    passed = f"{sum(row.passed for row in rows)}/{len(rows)}" if rows else "–"
    title = f"{_cell(outcome.theorem.title)} (`{outcome.theorem.id}`)"
    return f"| {mark} | {title} | {outcome.theorem.verdict} | {passed} | {outcome.trial.seconds:.1f} s |"


def _details(outcome: Outcome) -> list[str]:
    lines = [f"## {outcome.theorem.title}: {outcome.status}", ""]
    lines += [f"Recorded: {outcome.theorem.verdict}. {outcome.theorem.finding}", ""]
    failures = outcome.trial.measurement.failures if outcome.trial.measurement else ()
    if outcome.trial.error:
        fence = "`" * 4
        lines += [f"{fence}text", outcome.trial.error.rstrip(), fence, ""]
    elif not failures:
        lines += [*outcome.complaints, ""]
    if failures:
        lines += [
            "| Quantity | Measured | Expected | Error | Tolerance | Because |",
            "|---|--:|--:|--:|--:|---|",
        ]
        lines += [_failure(row) for row in failures]
    return lines


def _failure(row: Check | Rate) -> str:
    digits = worthwhile_digits(row)
    kind = f" {row.error_is[:3]}." if isinstance(row, Check) else ""
    cells = (
        _cell(row.quantity),
        plain(row.measured, digits),
        plain(row.expected, digits),
        short(row.error) + kind,
        short(row.tolerance),
        _cell(row.because),
    )
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """A bar would end the cell; inside a formula it has a name of its own."""
    in_formulas = re.sub(r"\$[^$]+\$", lambda m: m[0].replace("|", r"\vert "), text)
    return in_formulas.replace("|", r"\|").replace("\n", " ")
