"""Moments in time: the table TM-1, audit A3 in moments, closed forms against the matrix."""

import numpy as np
import pytest

from fokker.errors import FokkerError
from fokker.theory import moment_dynamics as moments
from fokker.theory import pearson
from fokker.theory.power_law import PowerLaw

TM1 = [
    (5, 0, 0.25, "0.48522452777011", "0.057730092120894", "0.5966476291", "3.907638609"),
    (5, 0, 1, "0.10826822658929", "0.059802744452628", "0.363076393", "4.199006064"),
    (5, 0.5, 0.25, "0.51010252129742", "0.061782894543712", "0.6139513418", "3.942114371"),
    (5, 0.5, 1, "0.13223911057727", "0.068552990431239", "0.4585080539", "4.491138813"),
    (5, 1, 0.25, "0.53625603682851", "0.066202249977808", "0.6309991464", "3.976591779"),
    (5, 1, 1, "0.16151721439572", "0.079915625060755", "0.573236166", "4.876369366"),
    (2, 1, 0.25, "0.62304062645712", "0.15449272233533", "1.441899174", "7.438850589"),
    (2, 1, 1, "0.29430355293715", "0.275252372844", "3.78716479", "55.89209262"),
]


@pytest.mark.parametrize("row", TM1)
def test_table_tm1(row, agrees) -> None:
    kappa, alpha, t, mean, variance, skewness, kurtosis = row
    law = PowerLaw.from_kappa(kappa, eps=0.2, curvature=2.0)
    shape = moments.shape_at(t, law, alpha, moments.point(0.8, 4))
    for value, text in zip(shape, (mean, variance, skewness, kurtosis), strict=True):
        assert agrees(value, text, slack=3e-14)
    assert agrees(moments.mean_at(t, law, alpha, 0.8), mean)
    short = moments.second_moment_at(t, law, alpha, 0.8) - moments.mean_at(t, law, alpha, 0.8) ** 2
    assert agrees(short, variance, slack=1e-14)


def test_audit_a3_kurtosis_leaves_the_family(agrees) -> None:
    """A q-Gaussian start of half the width: kurtosis 4.2 at both ends of time, not between."""
    law = PowerLaw.from_kappa(5.0, eps=0.4, curvature=2.0)  # s = 1
    narrow = 0.25
    initial = (1.0, 0.0, narrow / 7, 0.0, 3 * narrow**2 / (7 * 5))
    for t, value in ((0.0, "4.2"), (0.1, "3.534870932"), (0.5, "3.761600561"), (2.0, "4.186563716")):
        assert agrees(moments.shape_at(t, law, 1, initial).kurtosis, value)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_correlated_noise_relaxes_to_the_stationary_moments(alpha) -> None:
    law = PowerLaw(2.0, 0.5, 1.5, 0.8, rho=0.6)
    late = moments.moments_at(200.0, law, alpha, moments.point(0.8, 4))
    assert late == pytest.approx([pearson.moment(k, law, alpha) for k in range(5)], rel=1e-11, abs=1e-14)
    assert moments.mean_at(0.3, law, alpha, 0.8) == pytest.approx(
        moments.moments_at(0.3, law, alpha, moments.point(0.8, 1))[1], rel=1e-14
    )


def test_rates() -> None:
    law = PowerLaw.from_kappa(0.75, eps=0.2, curvature=2.0)
    assert moments.decay_rate(1, law, 1) == pytest.approx(2.0 * (1 - 1 / 0.75))  # ergodic, and its mean grows
    assert moments.decay_rate(1, PowerLaw.from_kappa(1.0, 0.2), 1) == 0.0
    assert moments.mean_at([0.0, 5.0], PowerLaw.from_kappa(1.0, 0.2), 1, 0.8).tolist() == [0.8, 0.8]
    law = PowerLaw.from_kappa(5.0, eps=0.2, curvature=2.0)
    assert moments.decay_rate(2, law, 0.5) == pytest.approx(2 * 2.0 - 2 * 2.0 / 5)


def test_against_the_adjoint_of_the_generator() -> None:
    """dM_k/dt = E[k x^(k-1) drift + k (k-1) x^(k-2) D] on polynomials, coefficient by coefficient."""
    law, alpha = PowerLaw(2.0, 0.5, 1.5, 0.8, rho=0.6), 0.3
    x = np.polynomial.Polynomial([0.0, 1.0])
    noise = 0.25 * (1.5 + 1.2 * x + 0.8 * x**2)
    drift = -2.0 * x + alpha * noise.deriv()
    matrix = moments.moment_matrix(5, law, alpha)
    for k in range(1, 6):
        acted = drift * (x**k).deriv() + noise * (x**k).deriv(2)
        row = np.zeros(6)
        row[: acted.coef.size] = acted.coef
        assert matrix[k] == pytest.approx(row, abs=1e-14)


def test_start_and_bad_input() -> None:
    law = PowerLaw.from_kappa(5.0, eps=0.2)
    assert moments.shape_at(0.0, law, 1, moments.point(0.8, 4)).variance == pytest.approx(0.0, abs=1e-15)
    with pytest.raises(FokkerError, match="M_0 = 1"):
        moments.moments_at(1.0, law, 1, (2.0, 0.0))
    with pytest.raises(FokkerError, match="fourth"):
        moments.shape_at(1.0, law, 1, (1.0, 0.0, 1.0))
    with pytest.raises(FokkerError, match="time"):
        moments.mean_at(-1.0, law, 1, 0.8)
    with pytest.raises(FokkerError, match="moments_at"):
        moments.second_moment_at(1.0, PowerLaw(2.0, 0.5, 1.5, 0.8, rho=0.6), 1, 0.8)
