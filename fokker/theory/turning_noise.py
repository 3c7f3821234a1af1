"""Noise whose directions turn with the state, where no two readings agree: a plane model with known laws.

    sigma(x) = (1 + beta x x^T) R(psi),   D = sigma sigma^T/2 = (1/2) (1 + (2 beta + beta^2 r^2) x x^T),
    drift = -D grad(k r^2/2) + omega e x = -(k/2) (1 + beta r^2)^2 x + omega e x,

with e the rotation by a right angle and R the rotation by psi = twist r^2/2, which D does not see. What a reading adds
to the Ito drift, sum_kj sigma_kj d_k sigma_ij at alpha, and div D for the isothermal one, are

    alpha beta (3 + 2 u) x + alpha twist (1 + u) e x,    beta (3 + 5 u/2) x,    u = beta r^2,

neither a multiple of the other. The radial flux vanishes and

    rho ~ exp(-k r^2/2) (1 + u)^B exp(-C/(1 + u)),

    isothermal B = C = 0;   alpha of the noise: B = 2 alpha - 5/2, C = alpha - 1/2,

while J = (omega + alpha twist (1 + u)) rho e x runs around the origin (without twist for the isothermal reading).

References
----------
Risken, The Fokker-Planck Equation, Springer (1989), section 3.4 (noise matrices); derived here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import quad

from fokker.errors import ConventionError
from fokker.theory._check import Array, Floats, convention, not_negative, positive, real, refuse, scalar, tidy

Reading = Literal["ito", "stratonovich", "anti-ito", "isothermal"]
READINGS: tuple[Reading, ...] = get_args(Reading)
ALPHAS = {"ito": 0.0, "stratonovich": 0.5, "anti-ito": 1.0}


@dataclass(frozen=True, slots=True)
class TurningNoise:
    """The model's numbers.

    Parameters
    ----------
    growth
        beta > 0 [1/x^2]: sigma is 1 + beta r^2 outwards and 1 sideways.
    stiffness
        k > 0 [1/x^2] of the potential k r^2/2, in units of the temperature.
    rotation
        omega [1/time] of the drift.
    twist
        Curvature [1/x^2] of the angle psi by which the columns of sigma are turned.

    Examples
    --------
    >>> model = TurningNoise(growth=0.5, stiffness=2.0, twist=1.0)
    >>> round(mean_square(model, "isothermal"), 12)  # 2/k
    1.0
    """

    growth: float
    stiffness: float
    rotation: float = 0.0
    twist: float = 0.0

    def __post_init__(self) -> None:
        for name in ("growth", "stiffness"):
            value = scalar(positive(name, getattr(self, name), "a strength"), name)
            object.__setattr__(self, name, value)
        for name in ("rotation", "twist"):
            object.__setattr__(self, name, scalar(real(name, getattr(self, name)), name))

    def noise(self, x: ArrayLike, y: ArrayLike) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """Return sigma [x/sqrt(time)], rows as nested tuples."""
        a, b = np.broadcast_arrays(real("x", x), real("y", y))
        beta, angle = self.growth, self.twist * (a * a + b * b) / 2
        cosine, sine = np.cos(angle), np.sin(angle)
        first, cross, second = 1 + beta * a * a, beta * a * b, 1 + beta * b * b
        return (
            (first * cosine + cross * sine, cross * cosine - first * sine),
            (cross * cosine + second * sine, second * cosine - cross * sine),
        )

    def diffusion(self, x: ArrayLike, y: ArrayLike) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """Return D = sigma sigma^T/2 [x^2/time], rows as nested tuples."""
        a, b = np.broadcast_arrays(real("x", x), real("y", y))
        strength = self.growth + self.growth**2 * (a * a + b * b) / 2
        cross = strength * a * b
        return (0.5 + strength * a * a, cross), (cross, 0.5 + strength * b * b)

    def drift(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
        """Return -D grad(k r^2/2) + omega e x [x/time]."""
        a, b = np.broadcast_arrays(real("x", x), real("y", y))
        inwards = -self.stiffness / 2 * (1 + self.growth * (a * a + b * b)) ** 2
        return inwards * a - self.rotation * b, inwards * b + self.rotation * a

    def induced_drift(self, x: ArrayLike, y: ArrayLike, reading: Reading) -> tuple[Array, Array]:
        """Return what the reading adds to the Ito drift [x/time].

        >>> model = TurningNoise(growth=0.5, stiffness=2.0)
        >>> [float(model.induced_drift(1.0, 0.0, reading)[0]) for reading in READINGS]
        [0.0, 1.0, 2.0, 2.125]
        """
        a, b = np.broadcast_arrays(real("x", x), real("y", y))
        u = self.growth * (a * a + b * b)
        outwards, around = self._induced(u, reading)
        return outwards * a - around * b, outwards * b + around * a

    def _induced(self, u: Array, reading: Reading) -> tuple[Array, Array]:
        """Return the coefficients of x and of e x in what the reading adds."""
        if _reading(reading) == "isothermal":
            return self.growth * (3 + 2.5 * u), np.zeros_like(u)
        alpha = ALPHAS[reading]
        return alpha * self.growth * (3 + 2 * u), alpha * self.twist * (1 + u)


def log_profile(r: ArrayLike, model: TurningNoise, reading: Reading) -> Floats:
    """Return ln rho up to a constant at the distance r.

    >>> round(log_profile(1.0, TurningNoise(0.5, 2.0), "stratonovich"), 12)  # -1 - (3/2) ln(3/2)
    -1.608197662162
    """
    radius = not_negative("r", r, "a distance from the centre")
    power, swing = _exponents(reading)
    u = model.growth * radius**2
    return tidy(-model.stiffness * radius**2 / 2 + power * np.log1p(u) - swing / (1 + u))


def log_density(x: ArrayLike, y: ArrayLike, model: TurningNoise, reading: Reading) -> Floats:
    """Return ln of the stationary density, normalised over the plane by quadrature [1/x^2].

    >>> model = TurningNoise(growth=0.5, stiffness=2.0)
    >>> float(np.exp(log_density(0.0, 0.0, model, "isothermal")).round(12))  # 1/pi
    0.318309886184
    """
    profile = log_profile(np.hypot(real("x", x), real("y", y)), model, reading)
    return tidy(np.asarray(profile) - np.log(_moment(model, reading, 0)))


def mean_square(model: TurningNoise, reading: Reading) -> float:
    """Return E r^2 [x^2].

    >>> model = TurningNoise(growth=0.5, stiffness=2.0)
    >>> [round(mean_square(model, reading), 9) for reading in READINGS]
    [0.505693216, 0.679416884, 0.948363099, 1.0]
    """
    return _moment(model, reading, 1) / _moment(model, reading, 0)


def divergence_mean_square(model: TurningNoise, alpha: float) -> float:
    """Return E r^2 [x^2] if alpha div D were what a reading adds, as it is in one dimension.

    rho ~ exp(-k r^2/2) (1 + u)^B exp(-C/(1 + u)) with B = 5 (alpha - 1)/2, C = (alpha - 1)/2. Right for alpha = 0 and,
    if 1 stands for the isothermal reading, for alpha = 1; wrong between.

    >>> model = TurningNoise(growth=0.5, stiffness=2.0)
    >>> divergence_mean_square(model, 0.0) == mean_square(model, "ito")
    True
    """
    a = scalar(convention(alpha), "alpha") - 1
    integrals = [_integral(model, 2.5 * a, 0.5 * a, power) for power in (0, 1)]
    return integrals[1] / integrals[0]


def torque(model: TurningNoise, reading: Reading) -> float:
    """Return the integral of x J_y - y J_x, E r^2 (omega + alpha twist (1 + beta r^2)) [x^2/time].

    >>> model = TurningNoise(growth=0.5, stiffness=2.0, rotation=0.3, twist=1.0)
    >>> round(torque(model, "isothermal"), 12), torque(model, "stratonovich") > 0.5
    (0.3, True)
    """
    square = mean_square(model, reading)
    if _reading(reading) == "isothermal":
        return model.rotation * square
    fourth = _moment(model, reading, 2) / _moment(model, reading, 0)
    return model.rotation * square + ALPHAS[reading] * model.twist * (square + model.growth * fourth)


def _moment(model: TurningNoise, reading: Reading, power: int) -> float:
    """Return the integral of r^(2 power) times the profile over the plane."""
    return _integral(model, *_exponents(reading), power)


def _integral(model: TurningNoise, power: float, swing: float, moment: int) -> float:
    """Return the integral of s^moment exp(-k s/2) (1 + u)^B exp(-C/(1 + u)) over the plane, s = r^2, u = beta s."""
    scale = 2 / model.stiffness

    def integrand(s: float) -> float:
        u = model.growth * s
        return float(np.pi * s**moment * np.exp(-s / scale + power * np.log1p(u) - swing / (1 + u)))

    reach = 60 + 40 * moment  # e^-60 of the weight and its polynomial factor are below rounding
    return float(quad(integrand, 0.0, reach * scale, points=[scale, 5 * scale], epsabs=0.0, epsrel=1e-13, limit=400)[0])


def _exponents(reading: Reading) -> tuple[float, float]:
    """Return B and C."""
    if _reading(reading) == "isothermal":
        return 0.0, 0.0
    return 2 * ALPHAS[reading] - 2.5, ALPHAS[reading] - 0.5


def _reading(reading: Reading) -> Reading:
    if reading in READINGS:
        return reading
    refuse(
        "This reading of the noise is unknown.",
        given=f"reading={reading!r}",
        accepted=", ".join(f'"{name}"' for name in READINGS),
        hint='"anti-ito" for alpha = 1 of the noise matrix, "isothermal" for the flux -D grad rho',
        error=ConventionError,
    )
