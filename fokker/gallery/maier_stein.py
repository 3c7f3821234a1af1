"""The double well of Maier and Stein, without a potential unless alpha = mu."""

from __future__ import annotations

from typing import Any

from fokker.gallery import _quartic
from fokker.gallery._parameters import not_negative, positive
from fokker.gallery.example import Example
from fokker.problem import Problem


def maier_stein(*, mu: float = 1.0, alpha: float = 1.0, eps: float = 0.1) -> Example:
    """Return dx = (x - x^3 - alpha x y^2) dt + sqrt(eps) dW_1, dy = -mu y (1 + x^2) dt + sqrt(eps) dW_2.

    Known: ``fixed_points`` (two nodes) and ``saddle``; ``critical_alpha`` = 2 mu (1 + mu), where the most
    probable path leaves the axis; below it the quasi-potential on the axis between the nodes,
    ``quasi_potential(x)`` = (1 - x^2)^2/2 counted from the nodes, the ``action`` 1/2, and the rate from node to
    node to leading order, k = (K/pi) exp(-1/(2 eps)), as ``prefactor`` K and ``log_rate``. If alpha = mu
    also ``log_weight``, the drift being a gradient; K is 1 then.

    The formula of K is in `fokker.theory.maier_stein`; it diverges at the critical alpha.

    Parameters
    ----------
    mu : float
        > 0, the rate of return to the axis.
    alpha : float
        >= 0, the bending of the flow; not a gradient unless alpha = mu.
    eps : float
        > 0, the strength of the noise: D = eps/2.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError
        A parameter is not what it must be.

    References
    ----------
    R. S. Maier and D. L. Stein, Phys. Rev. E 48 (1993) 931; J. Stat. Phys. 83 (1996) 291.

    Examples
    --------
    >>> round(maier_stein(mu=1.0, alpha=2.0).known["prefactor"], 12)
    1.518101735297
    >>> "prefactor" in maier_stein(mu=1.0, alpha=5.0).known
    False
    """
    from fokker.theory import maier_stein as theory

    m = positive("mu", mu, "the rate of return to the axis")
    a = not_negative("alpha", alpha, "the bending of the flow towards the axis")
    e = positive("eps", eps, "the strength of the noise, twice the diffusion coefficient")
    width = _quartic.reach(0.25, 0.0, e / 2)
    tall = max(1.5, _quartic.broad(m, e / 2))
    critical = float(theory.critical_alpha(m))
    known: dict[str, Any] = {
        "fixed_points": ((-1.0, 0.0), (1.0, 0.0)),
        "saddle": (0.0, 0.0),
        "critical_alpha": critical,
    }
    if a < critical:
        known |= {
            "action": theory.BARRIER,
            "quasi_potential": lambda x: (1 - x**2) ** 2 / 2,
            "prefactor": float(theory.prefactor(a, m)),
            "log_rate": float(theory.log_rate(e, a, m)),
        }
    if a == m:
        known["log_weight"] = lambda x, y: (x**2 - x**4 / 2 - m * y**2 * (1 + x**2)) / e
    return Example(
        name="maier_stein",
        problem=Problem(
            drift=lambda x, y: (x - x**3 - a * x * y**2, -m * y * (1 + x**2)),
            diffusion=e / 2,
            domain={"x": (-width, width), "y": (-tall, tall)},
        ),
        description="Two stable nodes and a saddle in a flow that is not a gradient unless alpha = mu. "
        "Beyond a critical alpha the most probable path of escape leaves the axis.",
        source="R. S. Maier and D. L. Stein, Phys. Rev. E 48 (1993) 931",
        known=known,
        sets={"left": lambda x, y: x <= -1, "right": lambda x, y: x >= 1},
        cells=(160, 128),
    )
