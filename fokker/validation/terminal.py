"""The verdict table for a terminal."""

from collections.abc import Collection, Sequence

from fokker.validation.records import Theorem
from fokker.validation.run import Outcome

GREEN, RED, FAINT, RESET = "\033[32m", "\033[31m", "\033[2m", "\033[0m"


def verdict_table(outcomes: tuple[Outcome, ...], colour: bool = False) -> str:
    """One aligned line a theorem, then every complaint, then the count."""
    rows: list[tuple[str, ...]] = [("", "theorem", "verdict", "checks", "time", "")]
    rows += [_row(outcome) for outcome in outcomes]
    lines = _aligned(rows, right={3, 4})
    paint = [FAINT, *(GREEN if outcome.as_recorded else RED for outcome in outcomes)]
    shown = [_painted(line, code, colour) for line, code in zip(lines, paint, strict=True)]
    bad = [outcome for outcome in outcomes if not outcome.as_recorded]
    for outcome in bad:
        shown += ["", f"{outcome.theorem.id}: {outcome.status}"]
        shown += [f"  {complaint}" for complaint in outcome.complaints]
        shown += ["", outcome.trial.error.rstrip()] if outcome.trial.error else []
    count = f"{len(outcomes) - len(bad)} of {len(outcomes)} theorems are as recorded."
    return "\n".join([*shown, "", _painted(count, RED if bad else GREEN, colour)])


def theorem_list(theorems: tuple[Theorem, ...]) -> str:
    """One aligned line a theorem: id, recorded verdict, whether it is in the fast subset, title."""
    rows = [("theorem", "verdict", "fast", "title")]
    rows += [(t.id, t.verdict, "fast" if t.fast else "", t.title) for t in theorems]
    return "\n".join(_aligned(rows))


def _row(outcome: Outcome) -> tuple[str, ...]:
    rows = outcome.trial.measurement.rows if outcome.trial.measurement else ()
    return (
        "ok" if outcome.as_recorded else "FAIL",
        outcome.theorem.id,
        outcome.theorem.verdict,
        f"{sum(row.passed for row in rows)}/{len(rows)}",
        f"{outcome.trial.seconds:.1f} s",
        "" if outcome.as_recorded else outcome.status,
    )


def _aligned(rows: Sequence[tuple[str, ...]], right: Collection[int] = ()) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _painted(text: str, code: str, colour: bool) -> str:
    return f"{code}{text}{RESET}" if colour else text
