"""What a user may give as a coefficient, how results are taken apart, and what to do when a call fails."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from fokker.errors import CoefficientError, explain


def check_source(name: str, source: object) -> None:
    """Refuse what is neither callable, nor a number, nor data."""
    example = f"{name}=lambda x: ...   (NumPy functions of arrays)"
    accepted = "a callable of the coordinates, a number, or Sampled(points, values)"
    if isinstance(source, str):
        headline = f"the {name} is a string; formulas are written as functions and never evaluated from text."
        raise CoefficientError(explain(headline, given=f"{name}={source!r}", accepted=accepted, try_=example))
    if not isinstance(source, bool) and (callable(source) or isinstance(source, numbers.Number)):
        return
    if isinstance(source, (tuple, list)) and source:
        if any(callable(entry) for entry in source):
            headline = f"the {name} is a tuple of functions."
            remedy = f"{name}=lambda x, y: (..., ...)   (one function that returns the tuple)"
            raise CoefficientError(explain(headline, accepted=accepted, try_=remedy))
        for entry in source:
            check_source(name, entry)
        return
    if isinstance(source, np.ndarray):
        return
    headline = f"the {name} is not a coefficient."
    raise CoefficientError(explain(headline, given=f"{name}={source!r}", accepted=accepted, try_=example))


def rank_of(raw: Any, ndim: int) -> int:
    """Count nested tuples, or the axes an array has beyond those of the points."""
    if isinstance(raw, (tuple, list)):
        return 1 + max((rank_of(entry, ndim) for entry in raw), default=0)
    return max(0, np.ndim(raw) - ndim) if isinstance(raw, np.ndarray) else 0


def is_cube(raw: Any, rank: int, size: int) -> bool:
    """Whether a result has `size` entries at each of its `rank` levels."""
    if rank == 0:
        return True
    if np.ndim(raw) == 0 if isinstance(raw, np.ndarray) else not isinstance(raw, (tuple, list)):
        return False
    return len(raw) == size and all(is_cube(entry, rank - 1, size) for entry in raw)


def pick(raw: Any, index: tuple[int, ...]) -> Any:
    """Take one component of a nested result."""
    for position in index:
        raw = raw[position]
    return raw


def shape_of(raw: Any) -> str:
    """Describe the form of a result for an error."""
    if isinstance(raw, (tuple, list)):
        return f"that is a {type(raw).__name__} of {len(raw)}"
    return f"of shape {np.shape(raw)}"


def remedy_for(error: Exception) -> str:
    """Suggest what to change in a callable that raised this; empty if nothing is known."""
    text = str(error)
    if "truth value" in text:
        return "np.where(x > 0, a, b) instead of `if`, np.minimum instead of min, or np.vectorize(function)"
    if "converted to Python scalars" in text or "must be real number" in text:
        return "np.sin, np.exp, ... instead of those of math, or np.vectorize(function)"
    if "readonly array" in text:
        return "the compiled function without an explicit signature: the points are a read-only array"
    if "read-only" in text:
        return "y = x - 1 instead of x -= 1: a coefficient must not change its argument"
    if isinstance(error, TypeError) and "argument" in text:
        return "as many arguments as the domain has axes, in its order (and t behind them with time=True)"
    return ""


def first_line(error: Exception) -> str:
    """The first line of an exception: compilers write pages."""
    return next(iter(str(error).splitlines()), "")
