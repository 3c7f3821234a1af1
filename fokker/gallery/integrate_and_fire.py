"""The leaky integrate-and-fire neuron with white noise."""

from __future__ import annotations

from fokker.errors import CoefficientError, explain
from fokker.gallery._parameters import not_negative, positive, real
from fokker.gallery.example import Example
from fokker.problem import Problem

_BELOW = 9.0  # noise strengths from reset or drive to the bottom: exp(-81) of the law lies beyond


def integrate_and_fire(
    *,
    drive: float = 20.0,
    noise: float = 5.0,
    threshold: float = 20.0,
    reset: float = 10.0,
    time_constant: float = 0.02,
    refractory: float = 0.002,
) -> Example:
    """Return tau dV = (mu - V) dt + sigma sqrt(tau) dW below an absorbing threshold; in millivolts and seconds.

    Known: ``reset``, ``mean_interval`` (from the reset to the threshold), ``firing_rate`` (with the refractory time),
    and ``potential_density``, a function of V: the density of the potential while the neuron is not silent, which is
    the stationary one once the flux through the threshold enters again at the reset (`fokker.reinject`).

    Parameters
    ----------
    drive : float
        mu, where the potential relaxes to.
    noise : float
        sigma > 0; the stationary variance without a threshold is sigma^2/2.
    threshold, reset : float
        reset < threshold.
    time_constant : float
        tau > 0 of the membrane.
    refractory : float
        Time of silence after each spike, >= 0.

    Returns
    -------
    Example

    Raises
    ------
    CoefficientError
        A parameter is not what it must be, or the reset lies beyond the threshold.

    References
    ----------
    A. J. F. Siegert, Phys. Rev. 81 (1951) 617; N. Brunel and V. Hakim, Neural Computation 11 (1999) 1621.

    Examples
    --------
    >>> round(integrate_and_fire().known["firing_rate"], 6)
    27.340567
    """
    from fokker.theory import siegert

    mu, top, bottom = (
        real(name, value, "a potential of the membrane")
        for name, value in (("drive", drive), ("threshold", threshold), ("reset", reset))
    )
    sigma = positive("noise", noise, "the strength of the noise")
    tau = positive("time_constant", time_constant, "the time in which the membrane forgets")
    silent = not_negative("refractory", refractory, "the time of silence after a spike")
    if not bottom < top:
        headline = "the neuron is reset beyond its threshold."
        raise CoefficientError(
            explain(headline, given=f"reset={bottom}, threshold={top}", accepted="reset < threshold")
        )
    return Example(
        name="integrate_and_fire",
        problem=Problem(
            drift=lambda v: (mu - v) / tau,
            diffusion=sigma**2 / (2 * tau),
            domain={"v": (min(mu, bottom) - _BELOW * sigma, top)},
            boundary={"v": ("reflecting", "absorbing")},
        ),
        description="A membrane potential that fires at a threshold and starts again below it. "
        "Noise makes it fire where its drive does not reach the threshold.",
        source="N. Brunel and V. Hakim, Neural Computation 11 (1999) 1621",
        known={
            "reset": {"v": bottom},
            "mean_interval": siegert.mean_interval(mu, sigma, top, bottom, tau),
            "firing_rate": siegert.rate(mu, sigma, top, bottom, tau, silent),
            "potential_density": lambda v: siegert.density(v, mu, sigma, top, bottom),
        },
        sets={"above the reset": lambda v: v > bottom},
        cells=(400,),
    )
