"""The double well with a circulating force of Chaudhari and Soatto."""

from __future__ import annotations

import numpy as np

from fokker.gallery._parameters import real
from fokker.gallery.example import Example
from fokker.problem import Problem


def chaudhari_soatto(*, rotation: float = 0.5) -> Example:
    """Return dx = (-grad Phi + j) dt + sqrt(2) dW with Phi = (x^2 - 1)^2/4 + y^2/2 and a circulating j.

    j = lambda exp(Phi - r^4/4) (-y, x), so that the density is exp(-Phi)/Z for every lambda, and the current
    (lambda/Z) exp(-r^4/4) (-y, x) runs on circles. j itself has a divergence, and the wells remain the modes of
    the density at every lambda, though the drift loses its three fixed points beyond exp(-1/4).

    Known: ``log_density`` (normalised over the plane), ``partition_function`` Z, ``covariance``, ``current``,
    ``ray_flux``, the probability per unit of time that crosses a ray from the origin, counter-clockwise,
    lambda sqrt(pi)/(2 Z), ``entropy_production``, and ``critical_rotation`` exp(-1/4), where the fixed points of
    the drift merge. The box leaves 2e-9 of the probability outside, at large y, where no current flows.

    Parameters
    ----------
    rotation : float
        lambda; 0, 0.5 and 1.5 in the paper.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError
        The rotation is not a finite number.

    References
    ----------
    P. Chaudhari and S. Soatto, "Stochastic gradient descent performs variational inference, converges to limit
    cycles for deep networks", ICLR 2018, example 19.

    Examples
    --------
    >>> known = chaudhari_soatto(rotation=1.0).known
    >>> round(known["ray_flux"], 13), round(known["entropy_production"], 13)
    (0.1162498319347, 0.6813816115462)
    """
    from fokker.theory import chaudhari_soatto as theory

    turn = real("rotation", rotation, "the strength of the circulating force")
    first, second = theory.second_moments()
    return Example(
        name="chaudhari_soatto",
        problem=Problem.from_potential(
            theory.potential,
            temperature=1.0,
            force=lambda x, y: theory.force(x, y, turn),
            domain={"x": (-4.0, 4.0), "y": (-6.0, 6.0)},
        ),
        description="A double well with a force that drives probability around the origin. "
        "The density does not depend on the strength of that force, and the current is proportional to it.",
        source="P. Chaudhari and S. Soatto, ICLR 2018, example 19",
        known={
            "log_density": theory.log_density,
            "partition_function": theory.normalisation(),
            "covariance": np.diag([first, second]),
            "current": lambda x, y: theory.current(x, y, turn),
            "ray_flux": float(theory.flux_across_ray(turn)),
            "entropy_production": float(theory.entropy_production(turn)),
            "critical_rotation": theory.CRITICAL_STRENGTH,
        },
        sets={"left": lambda x, y: x <= -1, "right": lambda x, y: x >= 1},
        cells=(128, 192),
    )
