"""A self-propelled particle in the plane: two coordinates and a heading."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fokker.gallery._parameters import not_negative, positive
from fokker.gallery._quartic import DEEP
from fokker.gallery.example import Example
from fokker.problem import Problem


def active_brownian_particle(
    *,
    speed: float = 1.0,
    diffusion: float = 0.1,
    rotational_diffusion: float = 1.0,
    stiffness: float = 1.0,
    length: float = 6.0,
) -> Example:
    """Return dr = (v n(theta) - k r) dt + sqrt(2 D) dW, dtheta = sqrt(2 D_r) dW, n = (cos, sin).

    Known in a trap (k > 0): ``mean_square_position`` <r^2> = 2 D/k + v^2/(k (k + D_r)), ``polarisation``
    <r.n> = v/(k + D_r), and ``entropy_production`` v^2 D_r/(D (k + D_r)), the heading being even under time
    reversal. Known without one (k = 0, a periodic square): ``log_density``, uniform, and ``current`` v n p;
    ``effective_diffusion`` D + v^2/(2 D_r), ``mean_square_displacement(t)`` in the unbounded plane =
    4 D t + 2 (v/D_r)^2 (D_r t - 1 + exp(-D_r t)), and ``entropy_production`` v^2/D.

    Parameters
    ----------
    speed : float
        v >= 0.
    diffusion, rotational_diffusion : float
        D > 0 [length^2/time] and D_r > 0 [1/time].
    stiffness : float
        k >= 0, the rate of return to the centre; 0 for no trap.
    length : float
        Side of the periodic square, used without a trap only.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError
        A parameter is not what it must be.

    References
    ----------
    J. R. Howse et al., Phys. Rev. Lett. 99 (2007) 048102; K. Malakar et al., Phys. Rev. E 101 (2020) 022610.

    Examples
    --------
    >>> round(active_brownian_particle(diffusion=0.1).known["mean_square_position"], 12)
    0.7
    >>> active_brownian_particle(stiffness=0.0, diffusion=0.5).known["effective_diffusion"]
    1.0
    """
    v = not_negative("speed", speed, "the speed of self-propulsion")
    d = positive("diffusion", diffusion, "the diffusion coefficient of the position")
    turn = positive("rotational_diffusion", rotational_diffusion, "the diffusion coefficient of the heading")
    k = not_negative("stiffness", stiffness, "the rate of return to the centre, 0 for no trap")
    side = positive("length", length, "the side of the periodic square")
    end = v / k + math.sqrt(2 * DEEP * d / k) if k > 0 else side / 2
    walls = "reflecting" if k > 0 else "periodic"
    return Example(
        name="active_brownian_particle",
        problem=Problem(
            lambda x, y, theta: (v * np.cos(theta) - k * x, v * np.sin(theta) - k * y, np.zeros_like(theta)),
            diffusion=(d, d, turn),
            domain={"x": (-end, end), "y": (-end, end), "theta": (-math.pi, math.pi)},
            boundary={"x": walls, "y": walls, "theta": "periodic"},
        ),
        description="A particle that propels itself along a heading, which diffuses. "
        "It lives in a harmonic trap, or in a periodic square where it spreads faster than by diffusion.",
        source="J. R. Howse et al., Phys. Rev. Lett. 99 (2007) 048102",
        known=_trapped(v, d, turn, k) if k > 0 else _free(v, d, turn, side),
        sets={"core": lambda x, y, theta: x**2 + y**2 <= (end / 4) ** 2},
        cells=(48, 48, 32),
    )


def _trapped(v: float, d: float, turn: float, k: float) -> dict[str, Any]:
    """From d<r^2>/dt = -2 k <r^2> + 2 v <r.n> + 4 D and d<r.n>/dt = v - (k + D_r) <r.n>."""
    polarisation = v / (k + turn)
    return {
        "mean_square_position": (2 * d + v * polarisation) / k,
        "polarisation": polarisation,
        "entropy_production": v * polarisation * turn / d,
    }


def _free(v: float, d: float, turn: float, side: float) -> dict[str, Any]:
    density = 1 / (2 * math.pi * side**2)

    def displacement(time: Any) -> Any:
        # D_r t - 1 + exp(-D_r t) cancels for short times
        phase = turn * np.asarray(time, dtype=float)
        series = phase**2 / 2 * (1 - phase / 3 * (1 - phase / 4 * (1 - phase / 5 * (1 - phase / 6))))
        return 4 * d * time + 2 * (v / turn) ** 2 * np.where(phase < 1e-2, series, phase + np.expm1(-phase))

    return {
        "log_density": lambda x, y, theta: np.full(np.broadcast(x, y, theta).shape, math.log(density)),
        "current": lambda x, y, theta: (v * np.cos(theta) * density, v * np.sin(theta) * density, 0 * theta),
        "effective_diffusion": d + v**2 / (2 * turn),
        "mean_square_displacement": displacement,
        "entropy_production": v**2 / d,
    }
