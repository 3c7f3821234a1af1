"""Callables from which the equivalent Ito problem is made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fokker.errors import CoefficientError, explain
from fokker.problem.coefficients import Coefficient
from fokker.problem.langevin import Langevin, Pieces
from fokker.problem.points import Domain, FloatArray, as_points, probe_points
from fokker.problem.thermal import Thermal


@dataclass(frozen=True, eq=False)
class ItoDrift:
    """The drift of the equivalent Ito equation, a callable of the coordinates."""

    process: Langevin | Thermal
    domain: Domain
    pieces: Pieces

    def __call__(self, *coords: FloatArray) -> FloatArray:
        points, _ = as_points(self.domain, coords)
        return self.process.ito_drift(points, self.pieces)


@dataclass(frozen=True, eq=False)
class ThermalDiffusion:
    """D = mobility times temperature, a callable of the coordinates."""

    process: Thermal
    domain: Domain

    def __call__(self, *coords: FloatArray) -> FloatArray:
        points, _ = as_points(self.domain, coords)
        return self.process.diffusion_at(points, check=True)


def check_continuous(process: Langevin | Thermal, domain: Domain, pieces: Pieces) -> None:
    """Refuse jumps at breakpoints in what is differentiated: the Ito drift would hold a delta function.

    Raises
    ------
    CoefficientError
        With the breakpoint.
    """
    for part in _differentiated(process):
        for axis, (name, edges) in enumerate(pieces.items()):
            for before, here, after in zip(edges, edges[1:], edges[2:], strict=False):
                left, right = (_beside(part, domain, axis, here, end) for end in (before, after))
                if not np.allclose(left, right, rtol=1e-6, atol=0.0, equal_nan=True):
                    headline = f"the {part.name} jumps at {name} = {here!r}, so the Ito drift is not a function."
                    accepted = "the problem as it is: only its Ito form does not exist"
                    raise CoefficientError(explain(headline, given=part.given, accepted=accepted))


def _differentiated(process: Langevin | Thermal) -> list[Coefficient]:
    if isinstance(process, Langevin):
        return [process.amplitude] if process.alpha > 0 else []
    return [part for part in (process.potential, process.mobility, process.antisymmetric) if part is not None]


def _beside(part: Coefficient, domain: Domain, axis: int, here: float, end: float) -> FloatArray:
    """Values just beside a breakpoint, on the side of `end`."""
    probes = list(probe_points(domain))
    step = 1e-9 * min(abs(end - here), max(1.0, abs(here)))
    probes[axis] = np.full_like(probes[axis], here + np.copysign(step, end - here))
    return part(as_points(domain, tuple(probes))[0], check=False)
