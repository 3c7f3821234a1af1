"""A process given by its drift and its noise: dX = a dt + sigma dW in a stated convention."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fokker.errors import CoefficientError, explain
from fokker.problem.coefficients import Coefficient, CoefficientLike
from fokker.problem.convention import Convention, missing_convention, undetermined_tensor
from fokker.problem.derivative import partial
from fokker.problem.points import Domain, FloatArray, Points, as_points, is_bounded, probe_points
from fokker.problem.tensor import check_positive, from_noise, is_diagonal, probe_positive

Pieces = dict[str, tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class Langevin:
    """Drift, noise (or diffusion) and convention.

    Parameters
    ----------
    drift, amplitude : Coefficient
        The amplitude is named "noise" or "diffusion", as it was given.
    convention : Convention or None
        None only while the amplitude does not depend on the state.
    reference : ndarray or None
        Without a convention: the one value that the amplitude must have everywhere.
    """

    drift: Coefficient
    amplitude: Coefficient
    convention: Convention | None
    reference: FloatArray | None = None

    @classmethod
    def build(
        cls,
        domain: Domain,
        drift: CoefficientLike,
        noise: CoefficientLike | None,
        diffusion: CoefficientLike | None,
        convention: object,
    ) -> Langevin:
        """Check what was given, and probe it inside the domain."""
        if (noise is None) == (diffusion is None):
            raise _not_exactly_one(both=noise is not None)
        name, source = ("noise", noise) if noise is not None else ("diffusion", diffusion)
        assert source is not None
        process = cls(
            drift=Coefficient.build("drift", drift, domain, ranks=(1,) if len(domain) > 1 else (0,)),
            amplitude=Coefficient.build(name, source, domain, ranks=(0, 1, 2)),
            convention=None if convention is None else Convention.parse(convention),
        )
        return process._probe(domain)

    def _probe(self, domain: Domain) -> Langevin:
        points, _ = as_points(domain, probe_points(domain))
        tensor = self.diffusion_at(points, check=False)
        kept = probe_positive(self.amplitude, tensor, points, is_bounded(domain))
        given = self.amplitude(kept)
        process = self
        if self.convention is None and not self.amplitude.is_constant:
            process = replace(self, reference=self._invariant(given)[..., :1])
        process._check_convention(given)
        return process

    def renewed(self, drift: Coefficient, amplitude: Coefficient) -> Langevin:
        """Return the process with other coefficients of the same form, and without a convention the value they have."""
        process = replace(self, drift=drift, amplitude=amplitude)
        if self.reference is None:
            return process
        points, _ = as_points(amplitude.domain, probe_points(amplitude.domain))
        some = tuple(point[:1] for point in points)
        return replace(process, reference=self._invariant(amplitude(some)))

    @property
    def alpha(self) -> float:
        """The evaluation point of the noise in a step; 0 if it makes no difference."""
        return 0.0 if self.convention is None else self.convention.alpha

    @property
    def is_noise(self) -> bool:
        """Whether sigma was given rather than D."""
        return self.amplitude.name == "noise"

    def drift_at(self, points: Points, check: bool) -> FloatArray:
        """Evaluate the drift a."""
        return self.drift(points, check)

    def diffusion_at(self, points: Points, check: bool) -> FloatArray:
        """Evaluate D = sigma sigma^T / 2, in the form in which it was given."""
        given = self.amplitude(points, check)
        tensor = from_noise(given, self.amplitude.rank) if self.is_noise else given
        if check:
            check_positive(self.amplitude, tensor, points)
            self._check_convention(given)
        return tensor

    def _invariant(self, given: FloatArray) -> FloatArray:
        """What must be constant for the convention not to matter: D, or the matrix sigma itself."""
        matrix = self.amplitude.rank == 2
        return given if matrix or not self.is_noise else from_noise(given, self.amplitude.rank)

    def _check_convention(self, given: FloatArray) -> None:
        amplitude, convention = self.amplitude, self.convention
        if convention is None:
            if self.reference is not None and not _is_constant(self._invariant(given), self.reference):
                raise missing_convention(amplitude.given, tuple(amplitude.domain))
            return
        open_reading = amplitude.rank == 2 and not self.is_noise and convention.needs_noise_matrix
        if open_reading and not is_diagonal(given, amplitude.dimension):
            raise undetermined_tensor(convention, amplitude.given)

    def ito_drift(self, points: Points, pieces: Pieces) -> FloatArray:
        """Evaluate the drift of the equivalent Ito equation; see `Problem.ito`."""
        drift = self.drift(points)
        if self.alpha == 0.0 or self.amplitude.is_constant:
            return drift
        names = tuple(self.amplitude.domain)
        slopes = [partial(self._differentiated, points, axis, pieces[name]) for axis, name in enumerate(names)]
        return drift + self._induced(points, slopes)

    def _differentiated(self, points: Points) -> FloatArray:
        return self.amplitude(points, check=False) if self._by_matrix else self.diffusion_at(points, check=False)

    @property
    def _by_matrix(self) -> bool:
        """Whether the noise-induced drift follows from the matrix sigma, whose entries cancel in D."""
        return self.amplitude.rank == 2 and self.is_noise

    def _induced(self, points: Points, slopes: list[FloatArray]) -> FloatArray:
        """The noise-induced drift from the partial derivatives of sigma or D, one along each axis."""
        if len(slopes) == 1:
            return self.alpha * slopes[0]
        if self._by_matrix:
            sigma = self.amplitude(points)
            if self.convention is not None and not self.convention.needs_noise_matrix:
                # div D by the product rule
                terms = [
                    0.5 * np.einsum("ik...,k...->i...", slope, sigma[j])
                    + 0.5 * np.einsum("ik...,k...->i...", sigma, slope[j])
                    for j, slope in enumerate(slopes)
                ]
                return self.alpha * np.asarray(np.sum(terms, axis=0))
            terms = [np.einsum("j...,ij...->i...", sigma[k], slope) for k, slope in enumerate(slopes)]
            return self.alpha * np.asarray(np.sum(terms, axis=0))
        return self.alpha * row_divergence(slopes, self.amplitude.rank)


def row_divergence(slopes: list[FloatArray], rank: int) -> FloatArray:
    """(div D)_i = sum_j d_j D_ij from the partial derivatives of a D of any form."""
    if rank == 0:
        return np.stack(slopes)
    if rank == 1:
        return np.stack([slope[i] for i, slope in enumerate(slopes)])
    divergence: FloatArray = np.sum([slope[:, j] for j, slope in enumerate(slopes)], axis=0)
    return divergence


def _is_constant(values: FloatArray, reference: FloatArray) -> bool:
    scale = np.abs(reference).max()
    if not values.size:
        return True
    apart = reference.reshape(reference.shape[:-1] + (1,) * (values.ndim - reference.ndim + 1))
    return bool(np.abs(values - apart).max() <= 1e-14 * scale)


def _not_exactly_one(both: bool) -> CoefficientError:
    return CoefficientError(
        explain(
            "exactly one of noise and diffusion must be given.",
            given="both noise= and diffusion=" if both else "neither noise= nor diffusion=",
            choose=["noise=sigma   dX = a dt + sigma dW", "diffusion=D   D = sigma sigma^T / 2"],
        )
    )
