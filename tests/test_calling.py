"""Functions that a user gives and that fail: the same words wherever they are called, and where the fault lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fokker
from fokker.errors import CoefficientError, DomainError, FokkerError, TargetError

LINE = fokker.discretize(
    fokker.Problem.from_potential(lambda x: x**2, temperature=1.0, domain={"x": (-2, 2)}), cells=20
)
PLANE = fokker.discretize(
    fokker.Problem.from_potential(lambda x, y: x**2 + y**2, temperature=1.0, domain={"x": (-2, 2), "y": (-2, 2)}),
    cells=8,
)
CALLS: dict[str, tuple[Callable[[fokker.Generator, Any], object], type[FokkerError]]] = {
    "mean": (lambda g, f: fokker.stationary(g).expectation(f), FokkerError),
    "observable": (lambda g, f: fokker.expectation(g, f, [0.1]), FokkerError),
    "initial": (lambda g, f: fokker.propagate(g, f, [0.1]), DomainError),
    "rate": (lambda g, f: fokker.reset(g, f, dict.fromkeys(g.problem.names, 0.0)), CoefficientError),
}
PREDICATES: dict[str, tuple[Callable[[fokker.Generator, Any], object], type[FokkerError]]] = {
    "probability": (lambda g, f: fokker.stationary(g).probability(f), TargetError),
    "target": (lambda g, f: fokker.mean_first_passage(g, f), TargetError),
    "region": (lambda g, f: fokker.mean_first_passage(g, fokker.Region(f)), TargetError),
}


def broken(*x: np.ndarray) -> float:
    return 1 / 0


def deliberate(*x: np.ndarray) -> float:
    raise FokkerError("a function may say itself what is wrong")


@pytest.mark.parametrize("generator", [LINE, PLANE], ids=["line", "plane"])
@pytest.mark.parametrize("name", [*CALLS, *PREDICATES])
def test_a_function_that_fails(generator: fokker.Generator, name: str) -> None:
    call, kind = (CALLS | PREDICATES)[name]
    with pytest.raises(
        kind, match=r"failed when called on arrays: division by zero\n  given +<function broken"
    ) as found:
        call(generator, broken)
    assert type(found.value) is kind
    assert isinstance(found.value.__cause__, ZeroDivisionError)
    with pytest.raises(FokkerError, match="may say itself"):
        call(generator, deliberate)


@pytest.mark.parametrize("generator", [LINE, PLANE], ids=["line", "plane"])
@pytest.mark.parametrize("name", list(CALLS))
@pytest.mark.parametrize("values", [np.ones(3), "none", 1j, None], ids=["shape", "words", "complex", "nothing"])
def test_a_function_that_gives_something_else(generator: fokker.Generator, name: str, values: Any) -> None:
    call, kind = CALLS[name]
    with pytest.raises(kind, match=r"does not give one number a point[\s\S]*an array of \S+ with shape"):
        call(generator, lambda *x: values)


@pytest.mark.parametrize("name", list(CALLS))
def test_a_function_that_is_not_finite_warns_of_nothing_but_raises(name: str) -> None:
    call, kind = CALLS[name]
    with pytest.raises((kind, FokkerError)):
        call(LINE, lambda x: np.log(-1.0 - 0 * x))


def test_a_rate_that_is_no_number() -> None:
    with pytest.raises(CoefficientError, match="rate of the jumps does not give one number a point"):
        fokker.reset(LINE, "often", {"x": 0.0})  # type: ignore[arg-type]
