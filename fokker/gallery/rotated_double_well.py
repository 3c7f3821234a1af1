"""A tilted double well across the axes, with noise that depends on the state."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fokker.gallery import _quartic
from fokker.gallery._parameters import not_negative, positive, real
from fokker.gallery.example import Example
from fokker.problem import Problem
from fokker.problem.convention import Convention


def rotated_double_well(
    *,
    barrier: float = 1.0,
    stiffness: float = 4.0,
    tilt: float = 0.0,
    angle: float = math.pi / 6,
    temperature: float = 0.1,
    spread: float = 0.5,
    convention: str | float = "ito",
) -> Example:
    """Return a process with Boltzmann's law and state-dependent noise, written in any convention.

    U = B (u^2 - 1)^2 + k v^2 / 2 + t u in axes u, v turned by an angle against x, y, and
    D = T diag(1 + s x^2, 1 + s y^2). The drift is the one that keeps the law exp(-U/T) in the convention
    alpha, a_i = -D_i d_i U / T + (1 - alpha) d_i D_i: three conventions, three drifts, one law.

    Known: ``log_weight`` = -U/T; without tilt also ``log_density``, normalised over the plane, and ``covariance``;
    ``minima`` (left and right), ``saddle`` and ``barriers`` of U from the left and from the right;
    ``potential``, a callable.

    Parameters
    ----------
    barrier, stiffness : float
        B > 0 and k > 0.
    tilt : float
        t, with ``|t| < 1.5396 B``.
    angle : float
        From the x axis to the line through the wells, in radians.
    temperature : float
        T > 0, in the units of B.
    spread : float
        s >= 0: how much the noise grows away from the axes.
    convention : str or float
        As in `Problem`.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError, ConventionError
        A parameter is not what it must be.

    References
    ----------
    H. Risken, *The Fokker-Planck Equation*, Springer 1989, chapter 6 (potential conditions).

    Examples
    --------
    >>> ito, isothermal = rotated_double_well(convention="ito"), rotated_double_well(convention="isothermal")
    >>> ito.known["log_density"](0.5, 0.2) == isothermal.known["log_density"](0.5, 0.2)
    True
    >>> bool(ito.problem.drift_at(0.5, 0.2)[0] == isothermal.problem.drift_at(0.5, 0.2)[0])
    False
    """
    b = positive("barrier", barrier, "the height of the barrier between the wells")
    k = positive("stiffness", stiffness, "the stiffness across the line through the wells")
    slope, turn = real("tilt", tilt, "the slope from well to well"), real("angle", angle, "an angle in radians")
    t = positive("temperature", temperature, "the strength of the noise, in the units of the potential")
    s = not_negative("spread", spread, "the growth of the noise away from the axes")
    alpha = Convention.parse(convention).alpha
    cos, sin = math.cos(turn), math.sin(turn)
    left, top, right = _quartic.critical_points(b, slope)

    def potential(x: Any, y: Any) -> Any:
        u, v = cos * x + sin * y, cos * y - sin * x
        return b * (u**2 - 1) ** 2 + slope * u + k * v**2 / 2

    def drift(x: Any, y: Any) -> tuple[Any, Any]:
        u, v = cos * x + sin * y, cos * y - sin * x
        along, across = 4 * b * u * (u**2 - 1) + slope, k * v
        induced = 2 * (1 - alpha) * t * s
        force = (sin * across - cos * along, -cos * across - sin * along)
        return (1 + s * x**2) * force[0] + induced * x, (1 + s * y**2) * force[1] + induced * y

    long, wide = _quartic.reach(b, slope, t), _quartic.broad(k, t)
    ends = (abs(cos) * long + abs(sin) * wide, abs(sin) * long + abs(cos) * wide)
    known: dict[str, Any] = {"log_weight": lambda x, y: -potential(x, y) / t}
    if slope == 0.0:
        norm = _quartic.log_partition(b / t) + math.log(2 * math.pi * t / k) / 2
        square, axes = _quartic.mean_square(b / t), np.array([[cos, -sin], [sin, cos]])
        known["log_density"] = lambda x, y: -potential(x, y) / t - norm
        known["covariance"] = axes @ np.diag([square, t / k]) @ axes.T
    summit = _quartic.height(b, slope, top)
    return Example(
        name="rotated_double_well",
        problem=Problem(
            drift=drift,
            diffusion=lambda x, y: (t * (1 + s * np.square(x)), t * (1 + s * np.square(y))),
            convention=convention,
            domain={"x": (-ends[0], ends[0]), "y": (-ends[1], ends[1])},
        ),
        description="A double well across the axes of the grid, with noise that depends on the state. "
        "The drift is fitted to the convention so that every convention has Boltzmann's law.",
        source="H. Risken, The Fokker-Planck Equation, Springer 1989, chapter 6",
        known=known
        | {
            "potential": potential,
            "minima": ((left * cos, left * sin), (right * cos, right * sin)),
            "saddle": (top * cos, top * sin),
            "barriers": tuple(summit - _quartic.height(b, slope, well) for well in (left, right)),
        },
        sets={
            "left": lambda x, y: cos * x + sin * y <= left,
            "right": lambda x, y: cos * x + sin * y >= right,
        },
        cells=(160, 160),
    )
