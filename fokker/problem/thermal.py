"""A process given by its potential: Boltzmann for every mobility, plus what drives it out of equilibrium."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fokker.errors import CoefficientError, DimensionError, explain
from fokker.problem.coefficients import Coefficient, CoefficientLike
from fokker.problem.convention import superfluous_convention
from fokker.problem.derivative import partial
from fokker.problem.langevin import Pieces, row_divergence
from fokker.problem.points import Domain, FloatArray, Points, as_points, is_bounded, probe_points
from fokker.problem.real import as_real
from fokker.problem.tensor import check_positive, probe_positive


@dataclass(frozen=True, eq=False)
class Thermal:
    """Potential U, temperature T, mobility M, and the optional force F and antisymmetric mobility A.

    The current is J = (M + A) ((-grad U + F) p - T grad p), so D = M T.
    """

    potential: Coefficient
    temperature: float
    mobility: Coefficient
    force: Coefficient | None
    antisymmetric: Coefficient | None

    @classmethod
    def build(
        cls,
        domain: Domain,
        potential: CoefficientLike,
        temperature: object,
        mobility: CoefficientLike,
        force: CoefficientLike | None,
        antisymmetric: CoefficientLike | None,
    ) -> Thermal:
        """Check what was given, and probe it inside the domain."""
        vector = (1,) if len(domain) > 1 else (0,)
        process = cls(
            potential=Coefficient.build("potential", potential, domain, ranks=(0,)),
            temperature=_temperature(temperature),
            mobility=Coefficient.build("mobility", mobility, domain, ranks=(0, 1, 2)),
            force=None if force is None else Coefficient.build("force", force, domain, ranks=vector),
            antisymmetric=_antisymmetric(antisymmetric, domain),
        )
        points, _ = as_points(domain, probe_points(domain))
        tensor = process.diffusion_at(points, check=False)
        probe_positive(process.mobility, tensor, points, is_bounded(domain))
        return process

    def potential_at(self, points: Points, check: bool) -> FloatArray:
        """Evaluate U / T."""
        return self.potential(points, check) / self.temperature

    def force_at(self, points: Points, check: bool) -> FloatArray:
        """Evaluate F / T; zero where there is none."""
        if self.force is None:
            d = len(points)
            return np.zeros(points[0].shape if d == 1 else (d, *points[0].shape))
        return self.force(points, check) / self.temperature

    def diffusion_at(self, points: Points, check: bool) -> FloatArray:
        """Evaluate D = M T, in the form of the mobility."""
        values = self.mobility(points, check) * self.temperature
        if check:
            check_positive(self.mobility, values, points)
        return values

    def ito_drift(self, points: Points, pieces: Pieces) -> FloatArray:
        """Evaluate (M + A) (-grad U + F) + T div(M + A), the drift of the equivalent Ito equation."""
        names = tuple(self.potential.domain)
        slopes = [self._slope(self.potential, points, axis, pieces[name]) for axis, name in enumerate(names)]
        force = -np.stack(slopes)
        if self.force is not None:
            force = force + self.force(points)
        drift = np.zeros_like(force)
        for part in (self.mobility, self.antisymmetric):
            if part is not None:
                drift += _applied(part(points), force, part.rank)
                drift += self.temperature * self._divergence(part, points, pieces)
        return drift[0] if len(names) == 1 else drift

    def _divergence(self, part: Coefficient, points: Points, pieces: Pieces) -> FloatArray:
        if part.is_constant:
            return np.zeros(())
        names = tuple(part.domain)
        slopes = [self._slope(part, points, axis, pieces[name]) for axis, name in enumerate(names)]
        return row_divergence(slopes, part.rank)

    @staticmethod
    def _slope(part: Coefficient, points: Points, axis: int, pieces: tuple[float, ...]) -> FloatArray:
        return partial(lambda at: part(at, check=False), points, axis, pieces)


def _applied(matrix: FloatArray, force: FloatArray, rank: int) -> FloatArray:
    """A mobility of any form, applied to a force."""
    product: FloatArray = np.einsum("ij...,j...->i...", matrix, force) if rank == 2 else matrix * force
    return product


def _temperature(value: object) -> float:
    number = as_real(value)
    if number is not None and 0 < number < math.inf:
        return number
    remedy = "drift=, diffusion= and convention= for a temperature that varies" if callable(value) else ""
    raise CoefficientError(
        explain(
            "the temperature is not a positive, finite number.",
            given=f"temperature={'<function>' if callable(value) else repr(value)}",
            accepted="a number, in the units of the potential (k_B = 1)",
            try_=remedy,
        )
    )


def _antisymmetric(source: CoefficientLike | None, domain: Domain) -> Coefficient | None:
    if source is None:
        return None
    if len(domain) == 1:
        headline = "an antisymmetric mobility needs at least two axes."
        raise DimensionError(explain(headline, given=f"the axis {next(iter(domain))}", try_="antisymmetric=None"))
    part = Coefficient.build("antisymmetric", source, domain, ranks=(2,))
    points, _ = as_points(domain, probe_points(domain))
    values = part(points, check=False)
    bad = np.abs(values + np.swapaxes(values, 0, 1)) > 1e-12 * np.abs(values).max(axis=(0, 1))
    if bad.any():
        part.reject(bad, values, points, "is not antisymmetric", "A_ij = -A_ji; the rest belongs in mobility=")
    return part


def refuse_superfluous(superfluous: Mapping[str, object]) -> None:
    """Explain arguments that a potential leaves no room for."""
    if "convention" in superfluous:
        raise superfluous_convention(superfluous["convention"])
    for name in ("drift", "noise", "diffusion"):
        if name in superfluous:
            headline = f"a problem given by its potential has no {name} of its own."
            accepted = "temperature and mobility (D = mobility T), force= for the non-gradient part"
            instead = "Problem(drift, noise=..., convention=...)"
            raise CoefficientError(explain(headline, given=f"{name}=...", accepted=accepted, try_=instead))
    if superfluous:
        unknown = ", ".join(superfluous)
        raise TypeError(f"Problem.from_potential() got unexpected arguments: {unknown}")
