"""The double well with a coupled second coordinate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fokker.gallery import _quartic
from fokker.gallery._parameters import pair, positive, real
from fokker.gallery.example import Example
from fokker.problem import Problem


def double_well(
    *,
    barrier: float = 1.0,
    stiffness: float = 1.0,
    coupling: float = 0.0,
    tilt: float = 0.0,
    temperature: float = 0.1,
    mobility: tuple[float, float] = (1.0, 1.0),
) -> Example:
    """Return dx = -M grad U dt + sqrt(2 M T) dW, U = B (x^2 - 1)^2 + k (y - c x)^2 / 2 + t x.

    Known: ``log_weight`` = -U/T; without tilt also ``log_density``, normalised over the plane, and ``covariance``;
    ``minima`` (left and right), ``saddle``, ``barriers`` from the left and from the right well, and ``log_rates``, the
    logarithms of Langer's two rates, to leading order in T. The marginal law of x is
    exp(-(B (x^2 - 1)^2 + t x)/T) for every k and c.

    Parameters
    ----------
    barrier : float
        B > 0, the height of the barrier without tilt.
    stiffness : float
        k > 0, of the spring that ties y to c x.
    coupling : float
        c, the slope of the valley floor.
    tilt : float
        t; the left well is the deeper one for t > 0. Two wells remain for ``|t| < 1.5396 B``.
    temperature : float
        T > 0, in the units of B.
    mobility : (float, float)
        Diagonal of M. A slow y turns the way over the saddle away from the steepest descent.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError
        A parameter is not what it must be, or the tilt leaves one well only.

    References
    ----------
    J. S. Langer, Ann. Phys. 54 (1969) 258.

    Examples
    --------
    >>> example = double_well(barrier=0.25, coupling=1.0, mobility=(1.0, 0.2))
    >>> example.known["minima"]
    ((-1.0, -1.0), (1.0, 1.0))
    """
    b = positive("barrier", barrier, "the height of the barrier between the wells")
    k = positive("stiffness", stiffness, "the stiffness of the spring on y")
    c, slope = real("coupling", coupling, "the slope of the valley"), real("tilt", tilt, "the slope along x")
    t = positive("temperature", temperature, "the strength of the noise, in the units of the potential")
    m = pair("mobility", mobility, "the mobilities along x and y")

    def potential(x: Any, y: Any) -> Any:
        return b * (x**2 - 1) ** 2 + slope * x + k * (y - c * x) ** 2 / 2

    left, top, right = _quartic.critical_points(b, slope)
    width = _quartic.reach(b, slope, t)
    tall = abs(c) * width + _quartic.broad(k, t)
    known: dict[str, Any] = {"log_weight": lambda x, y: -potential(x, y) / t}
    if slope == 0.0:
        norm = _quartic.log_partition(b / t) + math.log(2 * math.pi * t / k) / 2
        square = _quartic.mean_square(b / t)
        known["log_density"] = lambda x, y: -potential(x, y) / t - norm
        known["covariance"] = np.array([[square, c * square], [c * square, c**2 * square + t / k]])
    return Example(
        name="double_well",
        problem=Problem.from_potential(
            potential, temperature=t, mobility=m, domain={"x": (-width, width), "y": (-tall, tall)}
        ),
        description="Two wells at x = -1 and 1, joined over a saddle, with a second coordinate on a spring. "
        "With a coupling the way over the saddle is oblique, and unequal mobilities turn it.",
        source="J. S. Langer, Ann. Phys. 54 (1969) 258",
        known=known
        | {"minima": ((left, c * left), (right, c * right)), "saddle": (top, c * top)}
        | _escape(b, k, c, slope, t, m),
        sets={"left": lambda x, y: x <= left, "right": lambda x, y: x >= right},
        cells=(128, 128),
    )


def _escape(b: float, k: float, c: float, slope: float, t: float, m: tuple[float, float]) -> dict[str, Any]:
    """Barriers and Langer's rates from the left and from the right well."""
    from fokker.theory import langer

    left, top, right = _quartic.critical_points(b, slope)
    summit = _quartic.height(b, slope, top)
    barriers = tuple(summit - _quartic.height(b, slope, well) for well in (left, right))
    wells = [_hessian(b, k, c, well) for well in (left, right)]
    saddle = _hessian(b, k, c, top)
    rates = tuple(
        langer.log_rate(t, rise, well, saddle, np.diag(m)) for well, rise in zip(wells, barriers, strict=True)
    )
    return {"barriers": barriers, "log_rates": rates}


def _hessian(b: float, k: float, c: float, x: float) -> Any:
    return np.array([[_quartic.curvature(b, x) + k * c**2, -k * c], [-k * c, k]])
