"""One point of a sweep: make the problem, ask the question, keep the answer or the reason why there is none."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fokker.discretize import Driven, discretize
from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.info import collected
from fokker.problem import Problem
from fokker.results.sweep_result import PointFailure
from fokker.solvers.sweep_points import Points
from fokker.solvers.sweep_store import pack, put


@dataclass(frozen=True)
class Outcome:
    """What came of one point."""

    index: int
    answer: Any = None
    doubts: tuple[str, ...] = ()
    seconds: float = 0.0
    failure: PointFailure | None = None


@dataclass(frozen=True)
class Job:
    """What a process needs to know to solve any point.

    With a `store`, the process that solves a point also writes it, before it takes the next: whatever is killed,
    only points in work are lost.
    """

    problem: Callable[..., Any]
    question: Callable[..., Any]
    points: Points
    settings: Mapping[str, Any]
    store: str | None = None

    def solve(self, index: int) -> Outcome:
        """Solve one point; what goes wrong becomes part of the outcome, unless the store fails."""
        point = self.points[index]
        start = time.perf_counter()
        with collected() as doubts:
            try:
                answer = plain(self.question(self._generator(point)))
                packed = None if self.store is None else pack(answer)
            except Exception as error:
                return failed(index, point, error, tuple(doubts))
        seconds = time.perf_counter() - start
        if self.store is not None and packed is not None:
            put(self.store, index, packed, doubts, seconds)
        return Outcome(index, answer, tuple(doubts), seconds)

    def _generator(self, point: dict[str, Any]) -> Generator | Driven:
        made = self.problem(**point) if self.points.named else self.problem(*point.values())
        gridded = self.settings.get("cells") is not None or self.settings.get("grid") is not None
        if isinstance(made, Problem) and gridded:
            return discretize(made, **self.settings)
        if isinstance(made, (Generator, Driven)) and not gridded:
            return made
        name = getattr(self.problem, "__name__", repr(self.problem))
        raise FokkerError(
            explain(
                "the first argument of a sweep makes a Problem from the parameters.",
                given=f"{name} returned a {type(made).__name__}" + (", with cells= or grid=" if gridded else ""),
                accepted="a Problem with cells= or grid=, or a generator without either",
                try_="return fokker.Problem(...)" if made is None else "",
            )
        )


def plain(answer: Any) -> Any:
    """Return numbers as Python's, sequences of numbers as arrays, and anything else as it is.

    Raises
    ------
    FokkerError
        If there is no answer.
    """
    if answer is None:
        headline = "the question returned nothing."
        raise FokkerError(explain(headline, given="None", accepted="a number, an array, or a record of fokker"))
    if isinstance(answer, np.ma.MaskedArray):  # what is masked is no number
        answer = np.ma.filled(answer.astype(np.result_type(answer.dtype, float)), np.nan)
    if isinstance(answer, (np.generic, np.ndarray)):
        return answer.item() if answer.ndim == 0 else answer
    if isinstance(answer, (list, tuple)) and all(isinstance(a, (int, float, complex, np.number)) for a in answer):
        return np.array(answer)
    return answer


def failed(index: int, point: Mapping[str, Any], error: BaseException, doubts: tuple[str, ...] = ()) -> Outcome:
    """Return the outcome of a point that raised an error."""
    story = "".join(traceback.format_exception(error))
    try:
        text = str(error)
    except Exception:  # an error of its own
        text = "its text cannot be read"
    told = PointFailure(index, point, f"{type(error).__name__}: {text}".rstrip(": "), story)
    return Outcome(index, doubts=doubts, failure=told)
