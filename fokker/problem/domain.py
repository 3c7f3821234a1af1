"""The domain and its breakpoints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from fokker.errors import DimensionError, DomainError, explain
from fokker.problem.real import as_real


def parse_domain(domain: object) -> dict[str, tuple[float, float]]:
    """Read the axes: names and open intervals, ends may be infinite.

    Parameters
    ----------
    domain : mapping of str to (float, float)
        One to three axes. Callables take their arguments in this order.

    Returns
    -------
    dict of str to (float, float)

    Raises
    ------
    DomainError
        If an interval is empty, reversed, NaN or not a pair of numbers, or a name is not an identifier.
    DimensionError
        If there is no axis or more than three.
    """
    if not isinstance(domain, Mapping):
        example = 'domain={"x": (-1.0, 1.0)}'
        headline = "the domain is not a dictionary of named axes."
        raise DomainError(explain(headline, given=f"domain={domain!r}", try_=example))
    if not 1 <= len(domain) <= 3:
        headline = f"a problem has one to three axes, not {len(domain)}."
        remedy = "fewer coordinates, such as a reaction coordinate with its mean force; or a simulation"
        raise DimensionError(explain(headline, given=f"domain={dict(domain)!r}", try_=remedy if domain else ""))
    for name in domain:
        if not (isinstance(name, str) and name.isidentifier()):
            headline = "the name of an axis must be usable as a keyword, as in .at(x=0.5)."
            raise DomainError(explain(headline, given=repr(name), accepted="letters, digits, underscores"))
    return {name: _interval(name, ends) for name, ends in domain.items()}


def _interval(name: str, ends: object) -> tuple[float, float]:
    given = f'domain={{"{name}": {ends!r}}}'
    accepted = "(low, high) with low < high; -np.inf and np.inf are allowed"
    if not isinstance(ends, (tuple, list, np.ndarray)) or len(ends) != 2:
        raise DomainError(explain(f"the domain of {name} is not a pair.", given=given, accepted=accepted))
    low, high = (as_real(end) for end in ends)
    if low is None or high is None:
        headline = f"the domain of {name} is not a pair of real numbers."
        raise DomainError(explain(headline, given=given, accepted=accepted))
    if math.isnan(low) or math.isnan(high):
        raise DomainError(explain(f"the domain of {name} has a NaN end.", given=given, accepted=accepted))
    if low == high:
        raise DomainError(explain(f"the domain of {name} is empty.", given=given, accepted=accepted))
    if low > high:
        headline = f"the domain of {name} is reversed."
        raise DomainError(explain(headline, given=given, accepted=accepted, try_=f'domain={{"{name}": {(high, low)}}}'))
    return low, high


def parse_breakpoints(breakpoints: object, domain: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, ...]]:
    """Read the places where coefficients jump or kink, sorted and without repetitions.

    Parameters
    ----------
    breakpoints : mapping of str to sequence of float, or None
    domain : mapping of str to (float, float)

    Returns
    -------
    dict of str to tuple of float
        Only axes that have some.

    Raises
    ------
    DomainError
        If an axis is unknown or a value is not a finite number strictly inside its axis.
    """
    if breakpoints is None:
        return {}
    example = f'breakpoints={{"{next(iter(domain))}": [0.0, 1.0]}}'
    if not isinstance(breakpoints, Mapping):
        headline = "the breakpoints are not a dictionary of axes."
        raise DomainError(explain(headline, given=f"breakpoints={breakpoints!r}", try_=example))
    for name, values in breakpoints.items():
        if name not in domain:
            known = ", ".join(f'"{axis}"' for axis in domain)
            headline = "the breakpoints name an unknown axis."
            raise DomainError(explain(headline, given=repr(name), accepted=f"the axes {known}"))
        if isinstance(values, str) or not isinstance(values, (Sequence, np.ndarray)):
            headline = f"the breakpoints of {name} are not a list."
            raise DomainError(explain(headline, given=repr(values), try_=example))
        for value in values:
            _check_inside(name, value, domain[name])
    return {name: tuple(sorted({float(v) for v in values})) for name, values in breakpoints.items() if len(values)}


def _check_inside(name: str, value: object, ends: tuple[float, float]) -> None:
    number = as_real(value)
    if number is None or math.isinf(number) or not ends[0] < number < ends[1]:
        headline = f"a breakpoint of {name} does not lie inside the domain."
        accepted = f"finite numbers strictly between {ends[0]} and {ends[1]}"
        raise DomainError(explain(headline, given=repr(value), accepted=accepted))
