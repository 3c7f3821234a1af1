"""The frame that moves with the ends of the domain: ``x = a(t) + xi (b(t) - a(t))``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fokker.problem.coefficients import Coefficient
from fokker.problem.points import FloatArray, Points
from fokker.problem.thermal import Thermal

if TYPE_CHECKING:
    from fokker.problem.problem import Problem


@dataclass(frozen=True, eq=False)
class Beside:
    """A drift, or the force of a potential, less what the velocity v of the frame takes away.

    The current relative to the frame is J - v p: the drift is a - v, the force F - v / mobility.
    """

    own: Coefficient | None
    mobility: Coefficient | None
    ends: tuple[float, float]
    speeds: tuple[float, float]

    def __call__(self, x: FloatArray) -> FloatArray:
        (low, high), (left, right) = self.ends, self.speeds
        points: Points = (x,)
        speed = left + (right - left) * (x - low) / (high - low)
        if self.mobility is not None:
            speed = speed / self.mobility(points)
        return (0.0 if self.own is None else self.own(points)) - speed


def in_frame(problem: Problem, time: float) -> Problem:
    """Return the problem at a time as the moving cells see it: rates between them are those of ``dP/dt = A(t) P``."""
    held = problem.at_time(time)
    clock = problem.clock
    if clock is None or not clock.moves:
        return held
    (ends,) = held.domain.values()
    speeds, process = clock.speeds_at(time), held.process
    if isinstance(process, Thermal):
        source = Beside(process.force, process.mobility, ends, speeds)
        object.__setattr__(held, "process", replace(process, force=_force(source, held)))
    else:
        source = Beside(process.drift, None, ends, speeds)
        object.__setattr__(held, "process", replace(process, drift=process.drift.on(source, held.domain)))
    return held


def _force(source: Beside, held: Problem) -> Coefficient:
    if source.own is None:
        return Coefficient("force", source, held.domain, ranks=(0,))
    return source.own.on(source, held.domain)
