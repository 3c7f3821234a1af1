"""Dependence on time: coefficients that take it as their last argument, ends that move, times of jumps."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from fokker.errors import BoundaryError, CoefficientError, DomainError, explain
from fokker.problem.coefficients import Coefficient
from fokker.problem.derivative import partial
from fokker.problem.domain import parse_domain
from fokker.problem.langevin import Langevin
from fokker.problem.points import FloatArray, Points
from fokker.problem.real import as_real
from fokker.problem.sampled import Sampled
from fokker.problem.thermal import Thermal

Ends: TypeAlias = Mapping[str, tuple[Any, Any]]

TIME = "t"
_LEAP = 1e-5  # move of an end within rounding of a declared time that is none of a continuous one, in domain lengths


@dataclass(frozen=True, eq=False)
class Held:
    """A coefficient with the time held: a callable of the coordinates alone."""

    function: Callable[..., Any]
    time: float

    @property
    def __name__(self) -> str:
        return getattr(self.function, "__name__", "")

    def __call__(self, *coords: FloatArray) -> Any:
        return self.function(*coords, self.time)


@dataclass(frozen=True, eq=False)
class Clock:
    """What of a problem depends on time, besides its coefficients.

    Attributes
    ----------
    ends : mapping of str to pair, or None
        The domain as it was given, if an end moves.
    breaks : tuple of float
        Times at which a coefficient jumps, increasing.
    """

    ends: Ends | None
    breaks: tuple[float, ...]

    @property
    def moves(self) -> bool:
        """Whether an end of the domain moves."""
        return self.ends is not None

    def domain_at(self, time: float) -> dict[str, tuple[float, float]] | None:
        """Return the domain at a time; None if it does not move.

        Raises
        ------
        DomainError
            If the ends are no two numbers there, the left one the smaller.
        """
        return None if self.ends is None else _domain_at(self.ends, time)

    def speeds_at(self, time: float) -> tuple[float, float]:
        """Return the velocities of both ends of a domain of one axis: derivatives of Chebyshev interpolants.

        No window crosses zero or a declared jump; see `fokker.problem.derivative`.
        """
        assert self.ends is not None
        (pair,) = self.ends.values()
        window = max(1.0, 0.1 * abs(time))
        stops = [0.0, *self.breaks]
        low = max([time - window, *(b for b in stops if b <= time)])
        high = min([time + window, *(b for b in stops if b > time)])
        left, right = (_speed(end, time, (low, high)) if callable(end) else 0.0 for end in pair)
        return left, right


def _speed(end: Callable[[float], float], time: float, pieces: tuple[float, ...]) -> float:
    def values(points: Points) -> FloatArray:
        with np.errstate(all="ignore"):
            return np.array([_number(end, float(t)) for t in points[0]])

    slope = float(partial(values, (np.array([time]),), 0, pieces)[0])
    if not math.isfinite(slope):
        given = f"an end with the value {_number(end, time):.6g} and no derivative"
        raise DomainError(explain(f"an end of the domain has no finite speed at t = {time:.9g}.", given=given))
    return slope


def _number(end: Callable[[float], float], time: float) -> float:
    """Return the place of an end, not a number where the function fails: windows may leave its domain."""
    try:
        return float(end(time))
    except (ArithmeticError, ValueError):
        return math.nan


def read_clock(time: object, domain: object, breakpoints: object, boundary: object) -> tuple[Clock | None, Any, Any]:
    """Take what belongs to the time out of the arguments of a problem; return domain and breakpoints at time zero.

    Raises
    ------
    DomainError
        If an end moves that must not or jumps, an axis is called t, or times of jumps are no numbers.
    """
    if not isinstance(time, bool):
        headline = "time= says whether the coefficients depend on time."
        raise CoefficientError(explain(headline, given=f"time={time!r}", accepted="True or False"))
    moving = isinstance(domain, Mapping) and any(
        isinstance(pair, (tuple, list)) and any(callable(end) for end in pair) for pair in domain.values()
    )
    if not time:
        if moving:
            headline = "an end of the domain is a function, but the problem does not depend on time."
            raise DomainError(explain(headline, given=f"domain={domain!r}", try_="time=True"))
        return None, domain, breakpoints
    if isinstance(domain, Mapping) and TIME in domain:
        raise DomainError(explain("with time=True, t is the time and no axis.", given=f"domain={domain!r}"))
    ends: Ends | None = None
    if moving:
        assert isinstance(domain, Mapping)
        _refuse_ring(boundary)
        ends = _moving_ends(domain)
        domain = _domain_at(ends, 0.0)
    breaks: tuple[float, ...] = ()
    if isinstance(breakpoints, Mapping) and TIME in breakpoints:
        breaks = _times(breakpoints[TIME])
        breakpoints = {name: places for name, places in breakpoints.items() if name != TIME}
    if ends is not None:
        _refuse_leaping_ends(ends, breaks)
    return Clock(ends, breaks), domain, breakpoints


def _refuse_ring(boundary: object) -> None:
    walls = list(boundary.values()) if isinstance(boundary, Mapping) else [boundary]
    if any(wall == "periodic" or (isinstance(wall, (tuple, list)) and "periodic" in wall) for wall in walls):
        headline = "a periodic axis has a fixed length: its ends cannot move."
        accepted = '"reflecting", "absorbing" or Robin(kappa)'
        raise BoundaryError(explain(headline, given=f"boundary={boundary!r}", accepted=accepted))


def _times(given: object) -> tuple[float, ...]:
    values = list(given) if isinstance(given, (Sequence, np.ndarray)) and not isinstance(given, str) else [None]
    times = [as_real(value) for value in values]
    if any(t is None or not math.isfinite(t) for t in times):
        headline = "the times at which coefficients jump are no finite numbers."
        raise DomainError(explain(headline, given=repr(given), try_='breakpoints={"t": [0.5, 1.0]}'))
    return tuple(sorted({t for t in times if t is not None}))


def _moving_ends(domain: Mapping[str, Any]) -> Ends:
    given = f"domain={dict(domain)!r}"
    if len(domain) != 1:
        raise DomainError(explain("ends move in one dimension only.", given=given, accepted="a problem with one axis"))
    ((name, pair),) = domain.items()
    numbers = [0.0 if callable(end) else as_real(end) for end in pair]
    if len(pair) != 2 or any(end is None or not math.isfinite(end) for end in numbers):
        headline = f"both ends of {name} must be finite where one of them moves: the cells move with them."
        accepted = "(number or function of t, number or function of t)"
        far = "a wall so far away that nothing reaches it"
        raise DomainError(explain(headline, given=given, accepted=accepted, try_=far))
    return {str(name): (pair[0], pair[1])}


def _refuse_leaping_ends(ends: Ends, breaks: tuple[float, ...]) -> None:
    """Raise where an end is at different places before and after a declared time: a process cannot follow it."""
    ((name, pair),) = ends.items()
    for time in (t for t in breaks if t > 0.0):
        inset = 32.0 * sys.float_info.epsilon * time
        before, after = (
            [_number(e, t) if callable(e) else float(e) for e in pair] for t in (time - inset, time + inset)
        )
        moved = max(abs(b - a) for a, b in zip(before, after, strict=True))
        if moved > _LEAP * max(abs(after[1] - after[0]), abs(before[1] - before[0])):
            raise DomainError(
                explain(
                    f"an end of {name} jumps at t = {time:.9g}.",
                    given=f"({before[0]:.9g}, {before[1]:.9g}) before, ({after[0]:.9g}, {after[1]:.9g}) after",
                    accepted="ends that are continuous in time; a kink is fine",
                    try_="two problems one after the other, the law of the first as the initial= of the second",
                )
            )


def _domain_at(ends: Ends, time: float) -> dict[str, tuple[float, float]]:
    ((name, pair),) = ends.items()
    places = [_number(end, time) if callable(end) else float(end) for end in pair]
    if not (all(map(math.isfinite, places)) and places[0] < places[1]):
        raise DomainError(
            explain(
                f"the ends of {name} enclose nothing at t = {time:.9g}.",
                given=f"({places[0]:.9g}, {places[1]:.9g})",
                accepted="finite ends, the left one smaller, at all times that are asked for",
            )
        )
    return parse_domain({name: (places[0], places[1])})


def hold(clock: Clock | None, names: Sequence[str], sources: Mapping[str, Any]) -> list[Any]:
    """Return the sources of coefficients at time zero: callables are bound to it, all others do not depend on time.

    Raises
    ------
    CoefficientError
        If a callable cannot take the coordinates and the time.
    """
    if clock is None:
        return list(sources.values())
    return [_held(name, source, names) for name, source in sources.items()]


def _held(name: str, source: Any, names: Sequence[str]) -> Any:
    if not callable(source) or isinstance(source, Sampled):
        return source
    wanted = ", ".join((*names, TIME))
    try:
        inspect.signature(source).bind(*(None,) * (len(names) + 1))
    except ValueError:
        pass  # compiled functions do not always say what they take
    except TypeError as error:
        raise CoefficientError(
            explain(
                f"the {name} does not take the time.",
                given=f"{name}={getattr(source, '__name__', source)!r}, called with ({wanted}): {error}",
                accepted=f"with time=True, a function of ({wanted}), a number, or Sampled",
                try_=f"{name}=lambda {wanted}: ...   (t may go unused)",
            )
        ) from error
    return Held(source, 0.0)


def process_at(
    process: Langevin | Thermal, time: float, domain: Mapping[str, tuple[float, float]]
) -> Langevin | Thermal:
    """Return the process with the time held elsewhere."""

    def at(part: Coefficient) -> Coefficient:
        source = replace(part.source, time=time) if isinstance(part.source, Held) else part.source
        return part.on(source, domain)

    if isinstance(process, Langevin):
        return process.renewed(at(process.drift), at(process.amplitude))
    return replace(
        process,
        potential=at(process.potential),
        mobility=at(process.mobility),
        force=None if process.force is None else at(process.force),
        antisymmetric=None if process.antisymmetric is None else at(process.antisymmetric),
    )


def timed_parts(process: Langevin | Thermal) -> tuple[str, ...]:
    """Return the names of the coefficients that are functions of time, as the user gave them."""
    parts: tuple[Coefficient | None, ...]
    if isinstance(process, Langevin):
        parts = (process.drift, process.amplitude)
    else:
        parts = (process.potential, process.mobility, process.force, process.antisymmetric)
    return tuple(part.name for part in parts if part is not None and isinstance(part.source, Held))
