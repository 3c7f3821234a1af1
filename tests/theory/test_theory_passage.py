"""The double quadrature itself: high precision, independent routes, tails, kinks, bad input."""

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import quad

from fokker.errors import FokkerError, NormalisationError
from fokker.theory import passage


def power_law_mp(kappa: str, eps: str, target: int, dps: int):
    with mp.workdps(dps + 10):
        k, e = mp.mpf(kappa), mp.mpf(eps)

        def noise(x):
            return 1 + (x * x - 1) ** 2 / (2 * k * e)

        return passage.mean_time_mp(
            lambda x: k * mp.log(noise(x)), -1, target, diffusion=lambda x: e / 2 * noise(x), alpha=1, dps=dps
        )


def test_high_precision_entry(agrees) -> None:
    assert agrees(power_law_mp("2", "0.01", 0, 20), "452.669877407459")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kappa", "target", "value"),
    [("2", 1, "912.978700209337"), ("5", 0, "126354.8978789239"), ("5", 1, "252717.4523116288")],
)
def test_high_precision_entries(kappa, target, value, agrees) -> None:
    assert agrees(power_law_mp(kappa, "0.01", target, 25), value)


@pytest.mark.slow
def test_more_digits_change_nothing() -> None:
    low, high = (power_law_mp("0.75", "0.01", 1, dps) for dps in (25, 45))
    assert abs(low / high - 1) < mp.mpf(10) ** -24


def test_doubles_against_high_precision() -> None:
    """Variable diffusion, a finite reflecting end, the convention 0.3."""

    def psi(x):
        return 3 * x**2 - 2 * x

    def noise(x):
        return 1 + x * x / 2

    low = passage.mean_time(psi, -0.7, 1.8, diffusion=noise, alpha=0.3, left=-1.5)
    with mp.workdps(40):
        high = passage.mean_time_mp(
            psi,
            mp.mpf("-0.7"),
            mp.mpf("1.8"),
            diffusion=noise,
            alpha=mp.mpf("0.3"),
            left=mp.mpf("-1.5"),
            dps=25,
        )
    assert low == pytest.approx(float(high), rel=2e-14)


def test_against_nested_quadrature_of_scipy() -> None:
    """The same double integral by two nested adaptive rules, nothing shared."""

    def integrand(z, y):
        return np.exp(np.cos(3 * y) - np.cos(3 * z)) / np.sqrt((1 + z * z) * (1 + y * y))

    nested = quad(lambda y: quad(integrand, -1, y, args=(y,), epsabs=1e-13)[0], 0, 2, epsabs=1e-12)[0]
    ours = passage.mean_time(lambda x: np.cos(3 * x), 0, 2, diffusion=lambda x: 1 + x * x, alpha=0.5, left=-1)
    assert ours == pytest.approx(nested, rel=1e-12)


def test_brownian_motion_and_drift() -> None:
    assert passage.mean_time(lambda x: 0 * x, 0.0, 2.0, diffusion=0.5, left=-1.0) == pytest.approx(8.0, rel=1e-14)
    # constant drift f to the right from minus infinity: tau = distance/f
    assert passage.mean_time(lambda x: -3 * x / 0.5, -1.0, 2.0, diffusion=0.5) == pytest.approx(1.0, rel=1e-13)


@pytest.mark.parametrize("nu", [0.2, 0.5, 1.0, 3.0])
def test_heavy_tails_on_the_left(nu) -> None:
    """D = 1 + x^2, alpha = 1, nu = 2 kappa - 1: the mass on the left is half of B(1/2, nu/2)."""
    from scipy.special import beta

    kappa = (nu + 1) / 2
    tiny = 1e-6  # over a tiny step the time is mass times step / D(0)
    tau = passage.mean_time(lambda x: kappa * np.log1p(x * x), 0.0, tiny, diffusion=lambda x: 1 + x * x, alpha=1.0)
    assert tau / tiny == pytest.approx(beta(0.5, nu / 2) / 2 + tiny / 2, rel=1e-11)


def test_narrow_core() -> None:
    """A well a million times narrower than the path needs no hint."""
    eps = 1e-12
    tau = passage.mean_time(
        lambda x: np.log1p(x**2 / eps), 0.0, 1.0, diffusion=lambda x: eps / 2 * (1 + x**2 / eps), alpha=1.0
    )
    s = np.sqrt(eps)
    delta = 0.5
    closed = (np.arctan(1 / s) / s - np.log1p(1 / eps) / 2) / delta + np.pi / 2 / s / delta
    assert tau == pytest.approx(closed, rel=1e-12)


def test_high_barriers_by_logarithm() -> None:
    log = passage.log_mean_time(lambda x: 1000 * (x**2 - 1) ** 2, -1.0, 1.0, diffusion=1.0)
    laplace = 1000 + np.log(2 * np.pi / np.sqrt(8 * 4)) - np.log(1000)
    assert log == pytest.approx(laplace + np.log1p(1.5 / 4000), abs=2e-6)
    with pytest.raises(FokkerError, match="log_mean_time"):
        passage.mean_time(lambda x: 1000 * (x**2 - 1) ** 2, -1.0, 1.0, diffusion=1.0)


def test_kinks_and_jumps() -> None:
    """A cusp barrier |x| and a diffusion that jumps at 0, told by a breakpoint; closed form by hand."""
    tau = passage.mean_time(
        lambda x: -np.abs(x),
        -1.0,
        1.0,
        diffusion=lambda x: np.where(x < 0, 1.0, 2.0),
        alpha=1.0,
        left=-1.0,
        breakpoints=[0.0],
    )
    inner_left = np.e - 1  # the integral of e^-z from -1 to 0
    left_part = float(mp.quad(lambda y: mp.exp(y) * (mp.e - mp.exp(-y)), [-1, 0]))
    right_part = float(mp.quad(lambda y: mp.exp(-y) * (inner_left + mp.exp(y) - 1) / 2, [0, 1]))
    assert tau == pytest.approx(left_part + right_part, rel=1e-13)


def test_several_wells_on_the_left() -> None:
    """A deeper well far to the left counts, once its place is told."""

    def psi(x):
        return 40 * np.minimum((x + 20) ** 2 - 0.1, x**2)

    told = passage.mean_time(psi, 0.0, 0.5, diffusion=1.0, breakpoints=[-22.0, -20.0, -10.0025])
    mass = np.sqrt(np.pi / 40) * np.exp(4)
    gain = mass * float(mp.quad(lambda y: mp.exp(40 * y * y), [0, 0.25, 0.5]))
    assert told == pytest.approx(gain, rel=0.03)


def test_unannounced_kink_is_still_found() -> None:
    smooth = passage.mean_time(lambda x: np.abs(x - 0.3), -1, 1, diffusion=1.0, left=-2, breakpoints=[0.3])
    rough = passage.mean_time(lambda x: np.abs(x - 0.3), -1, 1, diffusion=1.0, left=-2)
    assert rough == pytest.approx(smooth, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "error", "word"),
    [
        ({"target": -2.0}, FokkerError, "mirror the problem"),
        ({"left": -0.5}, FokkerError, "left <= start"),
        ({"diffusion": 0.0}, FokkerError, "positive"),
        ({"diffusion": lambda x: x}, FokkerError, "convention"),
        ({"diffusion": lambda x: x, "alpha": 1.0}, FokkerError, "negative"),
        ({"psi": lambda x: np.where(x > 0, np.nan, 0.0), "left": -3}, FokkerError, "not finite at x"),
        ({"psi": lambda x: np.zeros(3)}, FokkerError, "broadcast"),
        ({"psi": lambda x: 0 * x}, NormalisationError, "left"),
        ({"psi": lambda x: x}, NormalisationError, "left"),
        ({"start": np.nan}, FokkerError, "finite"),
    ],
)
def test_bad_input(change, error, word) -> None:
    good = {"psi": lambda x: x**2, "start": -1.0, "target": 1.0, "diffusion": 1.0}
    with pytest.raises(error, match=word):
        passage.mean_time(**(good | change))


def test_an_unannounced_jump_is_located() -> None:
    """The panels close in on it: the same as with a breakpoint."""

    def psi(x):
        return np.where(x < 0.1, 0.0, 1.0)

    told = passage.mean_time(psi, -1, 1, diffusion=1.0, left=-1, breakpoints=[0.1])
    assert passage.mean_time(psi, -1, 1, diffusion=1.0, left=-1) == pytest.approx(told, rel=1e-12)


@pytest.mark.slow
def test_a_wiggling_potential_is_refused() -> None:
    with pytest.raises(FokkerError, match="breakpoints"):
        passage.mean_time(lambda x: np.sin(1e9 * x), -1, 1, diffusion=1.0, left=-1)
