"""How the divergence of Theorem 8 moves with kappa: the trace of the noise at which its slope changes sign.

For the isothermal law, n = d/2 and with A = H Sigma_g^(-1)/(eta kappa), H, Sigma_g and eta held,

    dKL/dkappa = kappa [psi'(kappa - n) - psi'(kappa)] - n/kappa - (n + 1) Tr(eta Sigma_g H^(-1))/(4 (kappa - n - 1)^2),

so the divergence falls with kappa exactly where the trace is above a threshold, which is 2 d for large kappa.

References
----------
Meng, Gong, Chen, Ma, Liu, arXiv 2006.13719, Theorem 8 and the remarks on it; derived here.
"""

from __future__ import annotations

import numpy as np
from scipy.special import polygamma

from fokker.errors import MomentError
from fokker.theory._check import positive, refuse, scalar, whole
from fokker.theory.shared_noise import SharedNoise


def kappa_slope(law: SharedNoise) -> float:
    """Return dKL/dkappa [nat] of `pac_bayes.divergence` (alpha = 1), H, Sigma_g and eta held.

    >>> law = SharedNoise.theorem4([[2.0]], [[1.5]], learning_rate=0.1, kappa=5.0)
    >>> round(kappa_slope(law), 9)
    0.034714818
    """
    d, kappa = law.dimension, law.kappa
    trace = law.learning_rate * float(np.trace(np.linalg.solve(law.curvature, law.sigma_g)))
    room = _room(kappa, d)
    return _entropy_slope(kappa, d) - (d / 2 + 1) * trace / (4 * room**2)


def trace_threshold(kappa: float, dimension: int) -> float:
    """Return the value of Tr(eta Sigma_g H^(-1)) above which the divergence falls with kappa; 2 d for large kappa.

    >>> round(trace_threshold(1e4, 2), 2)
    4.0
    """
    d = whole("dimension", dimension, least=1)
    k = scalar(positive("kappa", kappa, "the ratio H/(eta sigma_H)"), "kappa")
    return 4 * _room(k, d) ** 2 * _entropy_slope(k, d) / (d / 2 + 1)


def _entropy_slope(kappa: float, d: int) -> float:
    """Return kappa [psi'(kappa - n) - psi'(kappa)] - n/kappa; whole steps without cancellation."""
    whole_steps = sum(1 / (kappa - j) ** 2 for j in range(1, d // 2 + 1))
    rest = kappa - d // 2
    half = float(polygamma(1, rest - 0.5) - polygamma(1, rest)) if d % 2 else 0.0
    return float(kappa * (whole_steps + half) - d / (2 * kappa))


def _room(kappa: float, d: int) -> float:
    room = kappa - d / 2 - 1
    if room > 0:
        return room
    refuse(
        "The divergence is infinite: the law has no second moment.",
        given=f"kappa={kappa:.6g}, d={d}",
        accepted=f"kappa > d/2 + 1 = {d / 2 + 1:g}",
        hint="a smaller learning rate or a larger batch; both raise kappa",
        error=MomentError,
    )
