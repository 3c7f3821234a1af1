"""What a sweep found, as a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain
from fokker.info import Info
from fokker.results.sweep_result import SweepResult, place
from fokker.solvers.sweep_job import Outcome
from fokker.solvers.sweep_points import Points


def info_of(
    points: Points, found: Mapping[int, Outcome], there: Mapping[int, Outcome], took: float, where: str
) -> Info:
    """Return what was done, with doubts about it."""
    fresh = [outcome for index, outcome in found.items() if index not in there]
    failures = [found[index] for index in sorted(found) if found[index].failure is not None]
    values: dict[str, float | int | str] = {"points": len(points), "failed": len(failures), "from_store": len(there)}
    values |= {"seconds": took, "seconds_a_point": sum(o.seconds for o in fresh) / max(1, len(fresh))}
    doubts: tuple[str, ...] = ()
    if len(found) < len(points):
        doubts += (f"interrupted after {len(found)} of {len(points)} points",)
    if failures:
        number = f"{len(failures)} of {len(points)} points" if len(failures) > 1 else f"1 of {len(points)} points"
        doubts += (f"{number} failed, see failures; first {failures[0].failure}",)
    return Info(f"one by one, in {where}", values, _references(found), (*doubts, *_doubts(points, found)))


def _references(found: Mapping[int, Outcome]) -> tuple[str, ...]:
    """Return what the answers refer to, each once, if they are records."""
    infos = (getattr(found[index].answer, "info", None) for index in sorted(found))
    return tuple(dict.fromkeys(text for info in infos if isinstance(info, Info) for text in info.references))


def _doubts(points: Points, found: Mapping[int, Outcome]) -> Iterator[str]:
    """Yield what the answers doubt, each once, with the first point that says so."""
    places: dict[str, list[int]] = {}
    for index in sorted(found):
        for doubt in dict.fromkeys(found[index].doubts):
            places.setdefault(doubt, []).append(index)
    for doubt, indices in places.items():
        more = f" and {len(indices) - 1} more" if len(indices) > 1 else ""
        yield f"{doubt} (at {place(points[indices[0]])}{more})"


def record_of(points: Points, found: Mapping[int, Outcome], question: Callable[..., Any], info: Info) -> SweepResult:
    """Return the record of a sweep.

    Raises
    ------
    FokkerError
        If every point failed.
    """
    failures = tuple(found[index].failure for index in sorted(found) if found[index].failure is not None)
    answers = {index: outcome.answer for index, outcome in found.items() if outcome.failure is None}
    if not answers:
        assert failures[0] is not None
        raise FokkerError(
            explain(
                "every point of the sweep failed.",
                given=f"{len(failures)} points, the first with {place(failures[0].point)}",
                error=failures[0].error.splitlines(),
                try_="the same at one point, without a sweep: question(fokker.discretize(problem(value), cells=...))",
            )
        )
    label = getattr(question, "__name__", "result").strip("_").replace("_", " ")
    label = "result" if "lambda" in label or not label else label
    return SweepResult(points.names, points.arrays(), _results(points, answers), failures, info, label)  # type: ignore[arg-type]


def _results(points: Points, answers: Mapping[int, Any]) -> NDArray[Any]:
    """Return the answers over the grid of the parameters: numbers where they are, else objects."""
    first = next(iter(answers.values()))
    plain = all(isinstance(a, (bool, int, float, complex)) for a in answers.values())
    alike = all(isinstance(a, np.ndarray) and a.shape == np.shape(first) for a in answers.values())
    if plain or alike:
        rows = np.array(list(answers.values()))
        if rows.dtype.kind in "biufc":
            missing = len(answers) < len(points)
            kind = np.result_type(rows.dtype, float) if missing else rows.dtype
            numbers = np.full((len(points), *rows.shape[1:]), np.nan if missing else 0, dtype=kind)
            numbers[list(answers)] = rows
            return numbers.reshape(*points.shape, *rows.shape[1:])
    objects = np.full(len(points), None, dtype=object)
    for index, answer in answers.items():
        objects[index] = answer
    return objects.reshape(points.shape)
