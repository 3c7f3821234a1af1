"""Escape times: the tables DW-1, PW-1, CV-1, the Langevin row, limits and coefficients (audit A4)."""

import numpy as np
import pytest

from fokker.errors import FokkerError, NormalisationError
from fokker.theory import escape, kramers, passage, table1

DW1 = [
    (
        0.75,
        1e-2,
        "2.193621016334e+01",
        "5.258581853193e+01",
        "3.8227845406e+01",
        "0.72696112",
        "1.74268231",
        "0.53935260",
    ),
    (
        0.75,
        1e-5,
        "1.795970938478e+02",
        "3.784542918826e+02",
        "2.1417310802e+02",
        "0.56591539",
        "1.19251990",
        "0.53935260",
    ),
    (
        1,
        1e-1,
        "1.062158882750e+01",
        "2.625592906332e+01",
        "2.1765592371e+01",
        "0.82897818",
        "2.04918423",
        "0.70710678",
    ),
    (
        1,
        1e-2,
        "3.996144631716e+01",
        "8.820078751135e+01",
        "6.3457061039e+01",
        "0.71946139",
        "1.58795707",
        "0.70710678",
    ),
    (
        1,
        1e-4,
        "4.376274291536e+02",
        "8.885099541048e+02",
        "6.2838135943e+02",
        "0.70723052",
        "1.43588203",
        "0.70710678",
    ),
    (
        1.5,
        1e-2,
        "1.383578416260e+02",
        "2.845377892647e+02",
        "2.2880847132e+02",
        "0.80414089",
        "1.65374415",
        "0.83304055",
    ),
    (
        2,
        1e-1,
        "2.210327406443e+01",
        "4.946496151345e+01",
        "3.8788740116e+01",
        "0.78416598",
        "1.75488663",
        "0.88388348",
    ),
    (
        2,
        1e-2,
        "4.526698774075e+02",
        "9.129787002093e+02",
        "7.8535068901e+02",
        "0.86020702",
        "1.73493031",
        "0.88388348",
    ),
    (
        2,
        1e-4,
        "4.192505865946e+05",
        "8.385120074642e+05",
        "7.4092482241e+05",
        "0.88361862",
        "1.76726007",
        "0.88388348",
    ),
    (
        3,
        1e-2,
        "3.826778801590e+03",
        "7.661114500635e+03",
        "6.9941131464e+03",
        "0.91293677",
        "1.82767636",
        "0.92807765",
    ),
    (
        5,
        1e-1,
        "6.380063847803e+01",
        "1.331033987962e+02",
        "1.1170107213e+02",
        "0.83920526",
        "1.75078298",
        "0.95925033",
    ),
    (
        5,
        1e-2,
        "1.263548978789e+05",
        "2.527174523116e+05",
        "2.3971181725e+05",
        "0.94853685",
        "1.89713119",
        "0.95925033",
    ),
    (
        10,
        1e-2,
        "5.941001479114e+07",
        "1.188200375588e+08",
        "1.1544580167e+08",
        "0.97160213",
        "1.94320439",
        "0.98046333",
    ),
    (
        20,
        1e-2,
        "9.434943940476e+10",
        "1.886988788179e+11",
        "1.8534766520e+11",
        "0.98224042",
        "1.96448083",
        "0.99043148",
    ),
]
PW1 = [
    (1, "1.1775002392e2", "2.4830747767e2", "0.71749370", "0.70710678"),
    (2, "4.5269188193e3", "9.0646146478e3", "0.93810472", "0.94280904"),
    (3, "1.4457717267e5", "2.8916470851e5", "0.98209338", "0.98380074"),
    (5, "6.3309364033e7", "1.2661873833e8", "0.99762364", "0.99803907"),
    (10, "1.2037252407e13", "2.4074504813e13", "0.99995902", "0.99997730"),
]
CV1 = [
    (5.0, 0.01, 0.0, "1.125710917007e6", "0.95823895"),
    (5.0, 0.01, 0.5, "3.750502009253e5", "0.95390432"),
    (5.0, 0.01, 1.0, "1.263548978789e5", "0.94853685"),
    (40.0, 0.003125, 0.0, "4.493380215154e28", "0.99300595"),
    (40.0, 0.003125, 0.5, "2.034799977352e28", "0.99291786"),
    (40.0, 0.003125, 1.0, "9.215929206102e27", "0.99282753"),
]
LANGEVIN = [
    (0.1, "3.619037595009e2", "7.296706919423e2", "0.90367107"),
    (0.05, "5.105070250860e4", "1.021083654572e5", "0.95840344"),
    (0.025, "1.099322196687e9", "2.198644401408e9", "0.98039145"),
    (0.0125, "5.279504341185e17", "1.055900868237e18", "0.99042364"),
]
WELL, TOP = (2, -6, 6), (-1, 0, 6)


def quartic(x):
    return (x * x - 1) ** 2 / 4


def piecewise(x):
    far = np.abs(np.asarray(x) - 2)
    return np.where(far < 1, 1 - far**2 / 2, (far - 2) ** 2 / 2)


def exact(loss, kappa, eps, start, target, alpha=1.0, breakpoints=()):
    return passage.mean_time(
        lambda x: kappa * np.log1p(2 * loss(x) / (kappa * eps)),
        start,
        target,
        diffusion=lambda x: eps / 2 * (1 + 2 * loss(x) / (kappa * eps)),
        alpha=alpha,
        breakpoints=breakpoints,
    )


@pytest.mark.parametrize("row", DW1)
def test_table_dw1(row, agrees) -> None:
    kappa, eps, to_top, to_well, l6, ratio_well, ratio_top, limit = row
    ab, ac = exact(quartic, kappa, eps, -1, 0), exact(quartic, kappa, eps, -1, 1)
    value = escape.lemma6(kappa, eps, 0.25, 2, 1)
    assert agrees(ab, to_top, slack=1e-13)
    assert agrees(ac, to_well, slack=1e-13)
    assert agrees(value, l6)
    assert agrees(value / ac, ratio_well)
    assert agrees(value / ab, ratio_top)
    assert agrees(escape.quartic_limit_ratio(kappa), limit)


@pytest.mark.parametrize("row", PW1)
def test_table_pw1(row, agrees) -> None:
    kappa, to_top, to_well, ratio, limit = row
    ab = exact(piecewise, kappa, 0.01, 0, 2, breakpoints=(1, 3))
    ac = exact(piecewise, kappa, 0.01, 0, 4, breakpoints=(1, 3))
    assert agrees(ab, to_top)
    assert agrees(ac, to_well)
    assert agrees(escape.lemma6(kappa, 0.01, 1, 1, 1) / ac, ratio)
    integral = escape.path_integral(lambda x: float(piecewise(x)), kappa, (0, 1, 2, 3, 4), alpha=1)
    assert agrees(escape.limit_ratio(kappa, 1, 1, integral, alpha=1), limit)


@pytest.mark.parametrize("row", CV1)
def test_table_cv1(row, agrees) -> None:
    kappa, eps, alpha, to_top, ratio = row
    assert agrees(exact(quartic, kappa, eps, -1, 0, alpha), to_top, slack=1e-13)
    general = escape.escape_time(kappa, eps, 0.25, 2, 1, alpha)
    assert agrees(general / exact(quartic, kappa, eps, -1, 1, alpha), ratio)


@pytest.mark.parametrize("row", LANGEVIN)
def test_langevin_row(row, agrees) -> None:
    eps, to_top, to_well, ratio = row
    ab, ac = (passage.mean_time(lambda x: 2 * quartic(x) / eps, -1, b, diffusion=eps / 2) for b in (0, 1))
    assert agrees(ab, to_top, slack=1e-13)
    assert agrees(ac, to_well, slack=1e-13)
    assert agrees(table1.langevin(eps, 0.25, 2, 1) / ac, ratio)


def test_leaving_takes_twice_as_long_as_reaching_the_top(agrees) -> None:
    kappa, y = 320.0, 1.0
    eps = 0.5 / (kappa * y)
    log_top = passage.log_mean_time(
        lambda x: kappa * np.log1p(2 * quartic(x) / (kappa * eps)),
        -1,
        0,
        diffusion=lambda x: eps / 2 * (1 + 2 * quartic(x) / (kappa * eps)),
        alpha=1.0,
    )
    ratio = np.exp(escape.log_escape_time(kappa, eps, 0.25, 2, 1, alpha=1) - log_top)
    assert 1.99 < ratio < 2


@pytest.mark.parametrize(("y", "measured"), [(1.0, "-0.56525"), (4.0, "-0.28193")])
def test_first_order_coefficient(y, measured, agrees) -> None:
    kappa = 320.0
    eps = 0.5 / (kappa * y)
    ratio = escape.lemma6(kappa, eps, 0.25, 2, 1) / exact(quartic, kappa, eps, -1, 1)
    assert agrees(kappa * (ratio - 1), measured)
    derived = escape.first_order_coefficient(y, 0.25, WELL, TOP)
    assert derived == pytest.approx(escape.quartic_first_order_coefficient(y), rel=1e-15)
    assert derived == pytest.approx({1.0: -0.5625, 4.0: -0.28125}[y], rel=1e-15)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_first_order_coefficient_of_an_asymmetric_barrier(alpha) -> None:
    """Richardson's limit of kappa (ratio - 1) for a loss with third derivatives at both ends.

    Its minimum is at 0, its top at 1; the target lies down the other side, before C would turn negative.
    """

    def loss(x):
        return x**4 / 4 - 4 * x**3 / 3 + 3 * x**2 / 2

    well, top, barrier = (3, -8, 6), (-2, -2, 6), 5 / 12
    y, found = 2.0, []
    for kappa in (160.0, 320.0):
        eps = 2 * barrier / (kappa * y)
        time = exact(loss, kappa, eps, 0, 1.6, alpha)
        found.append(kappa * (escape.escape_time(kappa, eps, barrier, 3, 2, alpha) / time - 1))
    limit = 2 * found[1] - found[0]
    assert limit == pytest.approx(escape.first_order_coefficient(y, barrier, well, top), abs=2e-3)


def test_quartic_limit_ratio_tends_to_its_expansion() -> None:
    kappa = np.array([1e3, 1e5])
    assert np.allclose(kappa * (np.asarray(escape.quartic_limit_ratio(kappa)) - 1), -3 / 16, atol=1e-3)
    for k, alpha in ((0.75, 1.0), (2.0, 0.5), (5.0, 0.0)):
        general = escape.limit_ratio(k, 0.25, 1, escape.quartic_path_integral(k, alpha), alpha)
        assert general == pytest.approx(escape.quartic_limit_ratio(k, alpha), rel=1e-14)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("kappa", [1.5, 2.0, 3.0])
def test_fixed_kappa_asymptote(kappa, alpha) -> None:
    integral = escape.quartic_path_integral(kappa, alpha)
    error = []
    for eps in (1e-3, 1e-4):
        value = escape.fixed_kappa_time(kappa, eps, 2.0, integral, alpha)
        error.append(abs(value / exact(quartic, kappa, eps, -1, 1, alpha) - 1))
    assert error[1] < 3e-2
    assert error[1] < error[0] / 2.5


def test_fixed_kappa_asymptote_closes_to_1e_4() -> None:
    value = escape.fixed_kappa_time(2.0, 1e-5, 2.0, escape.quartic_path_integral(2.0, 1), 1)
    assert value == pytest.approx(exact(quartic, 2.0, 1e-5, -1, 1), rel=9e-5)


@pytest.mark.parametrize("kappa", [0.6, 0.75, 2.0, 7.5])
def test_path_integral(kappa) -> None:
    numeric = escape.path_integral(quartic, kappa, (-1, 0, 1), alpha=1)
    assert numeric == pytest.approx(escape.quartic_path_integral(kappa, 1), rel=1e-12)


def test_well_mass_is_exact_for_a_parabola() -> None:
    from scipy.integrate import quad

    for kappa, alpha in ((0.8, 1.0), (3.0, 0.5)):
        eps, curvature = 0.2, 2.0
        m = kappa + 1 - alpha
        s = np.sqrt(kappa * eps / curvature)
        integral = quad(lambda u, m=m: np.cosh(u) ** (1 - 2 * m), -50, 50, points=[0], epsabs=0)[0] * s
        assert escape.well_mass(kappa, eps, curvature, alpha) == pytest.approx(integral, rel=1e-9)


def test_logarithms_and_shapes() -> None:
    args = (5.0, 0.01, 0.25, 2.0, 1.0)
    assert np.exp(escape.log_escape_time(*args, alpha=1)) == pytest.approx(escape.lemma6(*args), rel=1e-14)
    assert isinstance(escape.lemma6(*args), float)
    assert np.shape(escape.lemma6(np.array([[1.0], [2.0]]), [0.1, 0.2, 0.3], 0.25, 2, 1)) == (2, 3)
    assert table1.power_law(*args) == escape.lemma6(*args)
    with pytest.raises(FokkerError, match="log_escape_time"):
        escape.lemma6(1000.0, 1e-4, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("args", "error", "word"),
    [
        ((0.5, 0.01, 0.25, 2, 1), NormalisationError, r"kappa > 1/2"),
        ((5.0, 0.0, 0.25, 2, 1), FokkerError, "eps must be positive"),
        ((5.0, 0.01, -0.25, 2, 1), FokkerError, "barrier must be positive"),
        ((5.0, 0.01, 0.25, -2, 1), FokkerError, "curvature_well must be positive"),
        ((5.0, 0.01, 0.25, 2, -1), FokkerError, "magnitude"),
        ((5.0, np.inf, 0.25, 2, 1), FokkerError, "finite"),
    ],
)
def test_bad_input(args, error, word) -> None:
    with pytest.raises(error, match=word):
        escape.lemma6(*args)


def test_more_bad_input() -> None:
    assert escape.escape_time(0.5, 0.01, 0.25, 2, 1, alpha=0.5) > 0
    with pytest.raises(FokkerError, match="rising sequence"):
        escape.path_integral(quartic, 2.0, (1, 0), alpha=1)
    with pytest.raises(FokkerError, match="alpha"):
        escape.escape_time(5.0, 0.01, 0.25, 2, 1, alpha=2)
    with pytest.raises(FokkerError, match="top of a barrier"):
        kramers.laplace_top((1, 0, 6))
