"""``report.json``, for programs.

Strict JSON (RFC 8259). The document is one object::

    schema        "fokker.validation/1"; the number grows when a field changes its meaning
    as_recorded   true when every theorem is as recorded
    environment   object of texts: date, system, python, fokker, numpy, scipy, numba, matplotlib
    theorems      list, in the order of the report, of objects with

      id, title, group, statement, source, verdict, finding, corrected    texts, formulas in LaTeX between $
      hypotheses    list of texts
      fast          bool
      status        "as recorded", "not as recorded" or "crashed"
      complaints    list of texts, empty when as recorded
      seconds       wall time of the measurement
      error         traceback, "" unless it crashed
      warnings      list of texts
      checks        list of {quantity, measured, expected, error, error_is, tolerance, because, passed}
      rates         list of {quantity, parameter, errors, measured, last_step, expected, tolerance, because,
                    passed}

Numbers that JSON has no signs for are the texts "nan", "inf" and "-inf".
"""

import json
import math
from typing import Any

from fokker.validation.records import Check, Rate
from fokker.validation.run import Outcome

SCHEMA = "fokker.validation/1"


def render(outcomes: tuple[Outcome, ...], about: dict[str, str]) -> str:
    """The text of ``report.json``."""
    document = {
        "schema": SCHEMA,
        "as_recorded": all(outcome.as_recorded for outcome in outcomes),
        "environment": about,
        "theorems": [_theorem(outcome) for outcome in outcomes],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _theorem(outcome: Outcome) -> dict[str, Any]:
    theorem, trial = outcome.theorem, outcome.trial
    measurement = trial.measurement
    return {
        "id": theorem.id,
        "title": theorem.title,
        "group": theorem.group,
        "statement": theorem.statement,
        "hypotheses": list(theorem.hypotheses),
        "source": theorem.source,
        "verdict": theorem.verdict,
        "finding": theorem.finding,
        "corrected": theorem.corrected,
        "fast": theorem.fast,
        "status": outcome.status,
        "complaints": list(outcome.complaints),
        "seconds": round(trial.seconds, 3),
        "error": trial.error,
        "warnings": list(trial.warnings),
        "checks": [_check(check) for check in measurement.checks] if measurement else [],
        "rates": [_rate(rate) for rate in measurement.rates] if measurement else [],
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "quantity": check.quantity,
        "measured": _number(check.measured),
        "expected": _number(check.expected),
        "error": _number(check.error),
        "error_is": check.error_is,
        "tolerance": check.tolerance,
        "because": check.because,
        "passed": check.passed,
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "quantity": rate.quantity,
        "parameter": [_number(v) for v in rate.parameter],
        "errors": [_number(v) for v in rate.errors],
        "measured": _number(rate.measured),
        "last_step": _number(rate.last_step),
        "expected": _number(rate.expected),
        "tolerance": rate.tolerance,
        "because": rate.because,
        "passed": rate.passed,
    }


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
