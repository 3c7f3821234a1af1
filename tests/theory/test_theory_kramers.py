"""Kramers' law against exact times (related problem: V = x^4/4 - x^2/2), and with state-dependent noise."""

import numpy as np
import pytest

from fokker.errors import FokkerError
from fokker.theory import kramers, passage

EXACT = [
    (0.1, "66.26862636492", "30.82130247267", "1.2244"),
    (0.05, "729.6706919423", "361.9037595009", "1.1066"),
    (0.025, "102108.3654572", "51050.7025086", "1.0434"),
]
STATE = {
    0.0: ("5408.85979051", "4439089.48382"),
    0.5: ("4141.49479426", "3388265.78655"),
    1.0: ("3186.22884795", "2591687.09489"),
}
GENERALISED_BARRIER = "0.3377124324867"


def potential(x):
    return x**4 / 4 - x**2 / 2


@pytest.mark.parametrize("row", EXACT)
def test_exact_times_and_ratio(row, agrees) -> None:
    d, to_well, to_top, ratio = row
    times = [passage.mean_time(lambda x: potential(x) / d, -1, b, diffusion=d) for b in (1, 0)]
    assert agrees(times[0], to_well, slack=1e-13)
    assert agrees(times[1], to_top, slack=1e-13)
    assert agrees(times[0] * kramers.rate(d, 0.25, 2, 1), ratio)


def test_next_order() -> None:
    c = kramers.correction((2, -6, 6), (-1, 0, 6))
    assert c == 1.5
    noises = np.array([0.01, 0.005])
    ratios = [passage.mean_time(lambda x, d=d: potential(x) / d, -1, 1, diffusion=d) for d in noises]
    slopes = (np.array(ratios) * kramers.rate(noises, 0.25, 2, 1) - 1) / noises
    assert 2 * slopes[1] - slopes[0] == pytest.approx(1.5, abs=2e-2)


def generalised(x):
    """Return Phi for V' = x^3 - x and d = 1 + sin(x)/2, by Gauss-Legendre from 0."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    x = np.asarray(x, dtype=float)
    s = x[..., None] * (nodes + 1) / 2
    return ((s**3 - s) / (1 + np.sin(s) / 2)) @ weights * x / 2


@pytest.mark.parametrize("alpha", STATE)
def test_state_dependent_noise(alpha, agrees) -> None:
    barrier = float(generalised(0.0) - generalised(-1.0))
    assert agrees(barrier, GENERALISED_BARRIER)
    found = []
    for eps, value in zip((0.05, 0.025), STATE[alpha], strict=True):
        time = passage.mean_time(
            lambda x, eps=eps: generalised(x) / eps,
            -1,
            1,
            diffusion=lambda x, eps=eps: eps * (1 + np.sin(x) / 2),
            alpha=alpha,
            left=-2.5,
        )
        assert agrees(time, value, slack=1e-12)
        rate = kramers.rate_state_dependent(eps, barrier, 2, 1, 1 + np.sin(-1) / 2, 1.0, alpha)
        found.append(time * rate)
    assert 1.08 <= round(found[0], 2) <= 1.10
    assert 1.034 <= round(found[1], 3) <= 1.042


def test_mobility_form_is_the_isothermal_rate() -> None:
    """J = -d (U' p + eps p') is V' = d U', alpha = 1: V'' = d U'' at the stationary points."""
    d_a, d_b = 0.7, 1.6
    mobility = kramers.rate_mobility(0.05, 0.4, 2.0, 1.0, d_b)
    general = kramers.rate_state_dependent(0.05, 0.4, d_a * 2.0, d_b * 1.0, d_a, d_b, alpha=1)
    assert mobility == pytest.approx(general, rel=1e-14)


def test_rate_time_and_logarithm() -> None:
    args = (0.1, 0.25, 2.0, 1.0)
    assert kramers.rate(*args) * kramers.time(*args) == pytest.approx(1.0, rel=1e-15)
    assert kramers.log_time(*args) == pytest.approx(np.log(kramers.time(*args)), rel=1e-15)
    assert kramers.rate(1e-4, 1.0, 1.0, 1.0) == 0.0
    with pytest.raises(FokkerError, match="log_time"):
        kramers.time(1e-3, 1.0, 1.0, 1.0)
    with pytest.raises(FokkerError, match="diffusion must be positive"):
        kramers.time(0.0, 1.0, 1.0, 1.0)
    with pytest.raises(FokkerError, match="barrier"):
        kramers.rate(0.1, -1.0, 1.0, 1.0)
