"""Theorem 7 (audit A6): the table, the corrected law against quadrature, and its reduction to one dimension."""

import mpmath as mp
import numpy as np
import pytest

from fokker.errors import FokkerError, NormalisationError
from fokker.theory import escape, mori
from fokker.theory import multivariate_escape as many

# Y, h, kappa, measured time to the separatrix, corrected/2 tau, exponent kappa - 1/2 with 2 dL and with dL over 2 tau
TABLE = [
    (3, 1, 5, 6.896767e2, "0.90188", "2.06143", "0.249"),
    (3, 1, 10, 6.354292e5, "0.96171", "2.03655", "2.3e-2"),
    (3, 1, 20, 6.367830e11, "0.98283", "2.01878", "2.1e-4"),
    (3, 1, 40, 6.853814e23, "0.99182", "2.00941", "1.7e-8"),
    (3, 1, 80, 8.200083e47, "0.99600", "2.00470", "1e-16"),
    (3, 4, 40, 6.853468e23, "0.99187", "2.00951", "1.7e-8"),
    (1, 1, 10, 1.289639e3, "0.92549", "1.38583", "9.0e-2"),
    (1, 1, 40, 1.255249e12, "0.98507", "1.41119", "1.6e-5"),
    (1, 1, 80, 1.361023e24, "0.99276", "1.41292", "1.7e-10"),
]


@pytest.mark.parametrize("row", TABLE)
def test_table(row, agrees) -> None:
    y, h, kappa, tau, corrected, twice, once = row
    eps = 0.5 / (kappa * y)
    well, saddle = (2.0, float(h)), (-1.0, float(h))
    ratio = many.escape_time(kappa, eps, 0.25, well, saddle, alpha=1) / (2 * tau)
    assert agrees(ratio, corrected, slack=1e-6)  # the table mixes two forms of the time, apart by 1e-6
    printed = [many.theorem7(kappa, 0.1, eps / 0.1, 0.25, well, saddle, bracket=b) / (2 * tau) for b in (2, 1)]
    assert agrees(printed[0], twice)
    assert agrees(printed[1], once)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_corrected_law_by_quadrature(d: int, alpha: float) -> None:
    """The mass of the quadratic well over the conductance of the quadratic saddle, both by radial quadrature."""
    kappa, eps, barrier = 6.0, 0.07, 0.4
    well, saddle = (2.0, 0.6, 1.7)[:d], (-1.3, 0.9, 2.1)[:d]
    m, unit, y = kappa + 1 - alpha, kappa * eps, 2 * barrier / (kappa * eps)

    def radial(n: int, power: float):
        """The integral over n dimensions of (1 + r^2)^power; a floor f in place of 1 brings f^(power + n/2)."""
        if n == 0:
            return mp.mpf(1)
        sphere = 2 * mp.pi ** (mp.mpf(n) / 2) / mp.gamma(mp.mpf(n) / 2)
        return sphere * mp.quad(lambda r: r ** (n - 1) * (1 + r * r) ** power, [0, 1, 10, mp.inf])

    with mp.workdps(20):
        mass = radial(d, -m) * mp.sqrt(mp.mpf(unit) ** d / mp.fprod(well))
        volume = mp.sqrt(mp.mpf(unit) ** (d - 1) / mp.fprod(saddle[1:])) * radial(d - 1, 1 - m)
        floor = lambda x: 1 + y - 1.3 * x * x / unit  # noqa: E731
        section = lambda x: volume * floor(x) ** (1 - m + mp.mpf(d - 1) / 2)  # noqa: E731
        edge = mp.sqrt((1 + y) * unit / 1.3)
        resistance = mp.quad(lambda x: 2 / (eps * section(x)), [0, edge / 2, edge]) * 2
    value = many.escape_time(kappa, eps, barrier, well, saddle, alpha)
    assert value == pytest.approx(float(mass * resistance), rel=1e-8)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_one_dimension_is_lemma_6(alpha: float) -> None:
    args = (np.array([0.7, 1.0, 5.0]) + alpha, 0.01, 0.25)
    one = escape.log_escape_time(*args, 2.0, 1.0, alpha)
    assert many.log_escape_time(*args, [2.0], [-1.0], alpha) == pytest.approx(one, rel=1e-14)


def test_ito_exponent_is_that_of_mori() -> None:
    """With sigma_g = 2 L* h*/B and kappa = B/(eta h*) the loss ratio is 1 + y; the exponents of d = 3 agree."""
    kappa, well, saddle = 30.0, [2.0, 1.0, 0.5], [-1.0, 2.0, 0.3]
    eps = np.array([0.02, 0.01])
    times = many.escape_time(kappa, eps, 1.0, well, saddle, alpha=0)
    ratios = 1 + np.asarray(escape.barrier_ratio(kappa, eps, 1.0))
    rates = [mori.rate_outliers(kappa, well, saddle, r) for r in ratios]
    assert times[1] / times[0] == pytest.approx(rates[0] / rates[1], rel=1e-12)
    prefactor = kappa * (kappa - 1) / (kappa * (kappa - 0.5))
    assert times[0] * rates[0] == pytest.approx(prefactor, rel=1e-12)


@pytest.mark.parametrize(("y", "rows"), [(3, (TABLE[3], TABLE[4])), (1, (TABLE[7], TABLE[8]))])
def test_first_order_coefficient(y: int, rows) -> None:
    """kappa (ratio - 1) at kappa = 40 and 80, extrapolated; the fifth digit of the table leaves 80 times 5e-6."""
    a, b = (row[2] * (float(row[4]) - 1) for row in rows)
    assert 2 * b - a == pytest.approx(many.first_order_coefficient(y), abs=3 * 80 * 5e-6 + 0.6 / 80)


def test_large_times_and_arrays() -> None:
    logs = many.log_escape_time([1000.0, 2000.0], 1e-4, 1.0, (1.0, 2.0), (-1.0, 3.0), alpha=1)
    assert logs.shape == (2,)
    assert np.all(logs > 3000)
    with pytest.raises(FokkerError, match="too large for a double"):
        many.escape_time(1000.0, 1e-4, 1.0, (1.0, 2.0), (-1.0, 3.0), alpha=1)


@pytest.mark.parametrize(
    ("change", "error", "word"),
    [
        ({"kappa": 1.5}, NormalisationError, "finite section"),
        ({"kappa": 0.5, "well": [1.0], "saddle": [-1.0]}, NormalisationError, "finite mass"),
        ({"well": (1.0, -1.0)}, FokkerError, "curvatures of a minimum"),
        ({"saddle": (1.0, 1.0)}, FokkerError, "exactly one"),
        ({"saddle": (-1.0,)}, FokkerError, "as many directions"),
        ({"eps": 0.0}, FokkerError, "eps must be positive"),
        ({"alpha": 2}, FokkerError, "Stratonovich"),
    ],
)
def test_bad_input(change: dict, error: type[Exception], word: str) -> None:
    good = {"kappa": 5.0, "eps": 0.1, "barrier": 0.25, "well": (2.0, 1.0), "saddle": (-1.0, 1.0), "alpha": 1}
    with pytest.raises(error, match=word):
        many.escape_time(**(good | change))


def test_bad_input_of_theorem_7() -> None:
    with pytest.raises(NormalisationError, match="finite mass"):
        many.theorem7(1.0, 0.1, 1.0, 0.25, (2.0, 1.0), (-1.0, 1.0))
