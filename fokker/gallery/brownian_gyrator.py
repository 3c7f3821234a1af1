"""Two coupled degrees of freedom at two temperatures."""

from __future__ import annotations

import numpy as np

from fokker.gallery._gaussian import box, known_answers, linear_drift
from fokker.gallery._parameters import not_negative, pair, positive
from fokker.gallery.example import Example
from fokker.problem import Problem


def brownian_gyrator(
    *, stiffness: float = 1.0, coupling: float = 1.0, temperatures: tuple[float, float] = (2.0, 1.0)
) -> Example:
    """Return dx_i = -d_i U dt + sqrt(2 T_i) dW_i with U = k (x^2 + y^2)/2 + c (x - y)^2/2.

    Known: ``log_density`` (normalised over the plane), ``covariance``, ``current``, ``entropy_production`` =
    c^2 (T_1 - T_2)^2 / (2 T_1 T_2 (k + c)), ``ray_flux``, the probability per unit of time that crosses a ray from
    the origin, counter-clockwise, ``torque`` = <x F_y - y F_x> = c (T_1 - T_2)/(k + c), and ``heat_flux`` from the
    first bath to the second, c^2 (T_1 - T_2)/(2 (k + c)).

    Parameters
    ----------
    stiffness : float
        k > 0, of the trap.
    coupling : float
        c >= 0, of the spring between the two.
    temperatures : (float, float)
        T_1 and T_2, positive; the mobility is 1.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError
        A parameter is not what it must be.

    References
    ----------
    R. Filliger and P. Reimann, Phys. Rev. Lett. 99 (2007) 230602.

    Examples
    --------
    >>> known = brownian_gyrator().known
    >>> known["entropy_production"], known["torque"], known["heat_flux"]
    (0.125, 0.5, 0.25)
    """
    from fokker.theory import linear_process

    k = positive("stiffness", stiffness, "the stiffness of the trap")
    c = not_negative("coupling", coupling, "the stiffness of the spring between the two coordinates")
    hot, cold = pair("temperatures", temperatures, "the temperatures of the two baths")
    matrix = np.array([[k + c, -c], [-c, k + c]])
    exact = linear_process.two_temperatures(k, c, hot, cold)
    torque = c * (hot - cold) / (k + c)
    return Example(
        name="brownian_gyrator",
        problem=Problem(linear_drift(matrix), diffusion=(hot, cold), domain=box(exact.covariance)),
        description="Two coupled coordinates in contact with two baths of different temperature. "
        "Heat flows through the spring, and the particle turns around the centre on average.",
        source="R. Filliger and P. Reimann, Phys. Rev. Lett. 99 (2007) 230602",
        known=known_answers(matrix, np.diag([hot, cold]), exact.covariance)
        | {
            "entropy_production": exact.entropy_production,
            "ray_flux": exact.turning,
            "torque": torque,
            "heat_flux": c * torque / 2,
        },
        cells=(128, 128),
    )
