"""Feller's classification of the ends of a one-dimensional domain, from the coefficients.

With the scale ``s' = exp(-G) D**-alpha``, the speed ``m = exp(G) D**(alpha - 1)``, ``G' = a / D``, an end e is

    attainable  (paths reach it in finite time)    if  int^e ds(x) int^x dm  is finite,
    an entrance (paths started there get inside)   if  int^e dm(x) int^x ds  is finite;

regular if both, exit or entrance if one, natural if none.

References
----------
W. Feller, *Ann. Math.* 55 (1952) 468; S. Karlin and H. M. Taylor, *A Second Course in Stochastic Processes*,
Academic Press 1981, section 15.6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from fokker.errors import CoefficientError, DimensionError, explain
from fokker.problem.boundary import Wall
from fokker.problem.exponents import ZERO, Exponents, Limit, limit, measure

if TYPE_CHECKING:
    from fokker.problem.problem import Problem

Kind = Literal["regular", "exit", "entrance", "natural"]

_MEANING: dict[Kind, str] = {
    "regular": "paths reach it in finite time and may come back",
    "exit": "paths reach it in finite time and cannot come back",
    "entrance": "no path reaches it, yet a path may start there",
    "natural": "no path reaches it in finite time, and none can start there",
}
_STEEP = 1e3  # exponents above this are called faster than any power


@dataclass(frozen=True)
class End:
    """One end of a one-dimensional domain.

    Attributes
    ----------
    name : str
        Name of the coordinate.
    side : {"left", "right"}
    position : float
        Where the end is; infinite where the domain is.
    kind : {"regular", "exit", "entrance", "natural"}
        Feller's class, which follows from the coefficients alone.
    wall : "reflecting", "absorbing", Robin or None
        The wall the problem declares there; None at infinity.
    attainable : bool
        Whether paths reach the end in finite time; if not, the declared wall makes no difference.
    why : str
        One sentence.
    """

    name: str
    side: Literal["left", "right"]
    position: float
    kind: Kind
    wall: Wall | None
    attainable: bool
    why: str

    @property
    def place(self) -> str:
        """The end in words, such as ``x = 0`` or ``x -> inf``."""
        return f"{self.name} {'=' if math.isfinite(self.position) else '->'} {self.position:g}"

    @property
    def idle(self) -> str:
        """A remark where the wall absorbs, in part or whole, but no path reaches it; empty otherwise."""
        if self.attainable or self.wall is None or self.wall == "reflecting":
            return ""
        wall = "absorbing" if self.wall == "absorbing" else "partly absorbing"
        article = "an" if self.kind == "entrance" else "a"
        kind = f"{article} {self.kind} boundary by Feller's test"
        return f"no path reaches the {wall} wall at {self.place} in finite time ({kind})"


class Boundaries(tuple[End, ...]):
    """The ends of a domain, left and right (none on a ring); it prints as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self:
            return "no ends: the axis is periodic"
        rows = [("end", "kind", "wall", "reached", "why")]
        rows += [(e.place, e.kind, str(e.wall or "none"), "yes" if e.attainable else "no", e.why) for e in self]
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        return "\n".join("  ".join([*(f"{t:<{w}}" for t, w in zip(row, widths, strict=False)), row[4]]) for row in rows)


def boundaries(problem: Problem) -> Boundaries:
    """Classify the ends of a one-dimensional problem; see `Problem.boundaries`."""
    if problem.dimension != 1:
        raise DimensionError(
            explain(
                "ends are classified in one dimension only.",
                given=f"a problem with the axes {', '.join(problem.names)}",
                accepted="a problem with one axis",
                try_="the coordinate across the wall as a problem of its own",
            )
        )
    name = problem.names[0]
    if problem.walls[name][0] == "periodic":
        return Boundaries()
    return Boundaries(_end(problem, side) for side in (0, 1))


def classify(problem: Problem, side: int) -> Kind | None:
    """Return Feller's class of the end on `side` (0 left, 1 right); None if the coefficients cannot be evaluated."""
    if not is_singular(problem, side):
        return "regular"
    exponents = measure(problem, side)
    return None if exponents is None else _kind(exponents)


def is_singular(problem: Problem, side: int) -> bool:
    """Return whether an end is infinite, or D vanishes there, or a coefficient diverges.

    At an end other than zero, rounding of the position hides a zero or a pole such as those of sin(pi x) at one;
    there the values at the end are held against those at a relative distance of 1e-8.
    """
    ends = problem.domain[problem.names[0]]
    end = ends[side]
    if not math.isfinite(end):
        return True
    step = min(1e-8 * abs(end), 1e-4 * abs(ends[1] - ends[0]))
    x = np.array([end, end + (step if side == 0 else -step)])
    with np.errstate(all="ignore"):
        at, near = problem.diffusion_at(x, check=False)
        slope = (problem.potential_at if problem.has_potential else problem.drift_at)(x, check=False)
        if at == 0.0 or not np.isfinite(at + slope[0]):
            return True
        if x[0] == x[1]:
            return False
        return bool(at < 1e-2 * near or near < 1e-2 * at or _has_pole(problem, slope, at, step))


def _has_pole(problem: Problem, slope: NDArray[np.float64], diffusion: float, step: float) -> bool:
    """Return whether the weight changes by more than e within one step of the end, and not as it would on a slope."""
    if problem.has_potential:
        return bool(abs(slope[0] - slope[1]) > 1.0)
    return bool(abs(slope[0]) * step > diffusion and abs(slope[0]) > 1e2 * abs(slope[1]))


def _end(problem: Problem, side: int) -> End:
    name = problem.names[0]
    position = problem.domain[name][side]
    word: Literal["left", "right"] = "left" if side == 0 else "right"
    wall = problem.walls[name][side] if math.isfinite(position) else None
    if not is_singular(problem, side):
        why = f"D > 0 and finite coefficients: {_MEANING['regular']}"
        return End(name, word, position, "regular", wall, True, why)
    exponents = measure(problem, side)
    if exponents is None:
        raise CoefficientError(
            explain(
                f"the coefficients cannot be evaluated near {name} = {position:g}.",
                given="values that are not finite, or rounding noise, at every distance tried",
                try_="coefficients that keep their relative precision near the end, such as x * (1 - x)",
            )
        )
    kind = _kind(exponents)
    return End(name, word, position, kind, wall, kind in ("regular", "exit"), _why(kind, exponents, name))


def _kind(exponents: Exponents) -> Kind:
    reached = exponents.double(exponents.speed, exponents.scale).is_integrable
    left = exponents.double(exponents.scale, exponents.speed).is_integrable
    if reached:
        return "regular" if left else "exit"
    return "entrance" if left else "natural"


def _why(kind: Kind, exponents: Exponents, name: str) -> str:
    scale, speed = limit(exponents.u, exponents.scale), limit(exponents.u, exponents.speed)
    meaning = _MEANING[kind]
    if kind == "natural" and scale.is_integrable:
        meaning = "paths approach it but do not reach it in finite time, and none can start there"
    distance = "r" if exponents.is_inward else f"|{name}|"
    powers = f"s' {_power(scale, exponents, distance)}, m {_power(speed, exponents, distance)}"
    return f"{meaning}; {powers}{', r = distance' if exponents.is_inward else ''}"


def _power(slope: Limit, exponents: Exponents, distance: str) -> str:
    """Describe how a density with this slope behaves in the distance."""
    power = -slope.value - 1.0 if exponents.is_inward else slope.value - 1.0
    if abs(power) > _STEEP:
        return f"{'grows' if slope.value > 0 else 'falls'} faster than any power of {distance}"
    power = 0.0 if abs(power) < 10 * ZERO else power
    text = "~ 1" if not power else f"~ {distance}" if abs(power - 1.0) < 10 * ZERO else f"~ {distance}^{power:.4g}"
    return text if abs(slope.log) < 0.02 or slope.value else f"{text} |ln {distance}|^{slope.log:.3g}"
