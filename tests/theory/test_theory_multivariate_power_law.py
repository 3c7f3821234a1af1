"""Theorem 4: its density against quadrature, its domain, and the moment equations without detailed balance."""

import itertools

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from fokker.errors import DimensionError, FokkerError, MomentError, NormalisationError
from fokker.theory import multivariate_power_law as power_law
from fokker.theory import shared_noise
from fokker.theory.shared_noise import SharedNoise

H = np.array([[2.0, 0.5], [0.5, 1.0]])
CASES = {
    "isotropic": 1.5 * np.eye(2),
    "commuting": 0.3 * H + np.eye(2),
    "not commuting": np.diag([1.0, 3.0]),
}
POINTS = ((0.3, 0.2), (1.0, 0.0), (1.0, -1.0), (2.0, 1.5))


def law(name: str = "isotropic", kappa: float = 4.0) -> SharedNoise:
    return SharedNoise.theorem4(H, CASES[name], learning_rate=0.5, kappa=kappa)


def flux(process: SharedNoise, alpha: float, density, x: tuple) -> list:
    """The current -(H x p) - (1 - alpha) div(D p) - alpha D grad p by numerical derivatives."""
    size = range(process.dimension)

    def entry(i, j, *at):
        q = sum(process.form[a, b] * at[a] * at[b] for a in size for b in size)
        return process.learning_rate / 2 * process.sigma_g[i, j] * (1 + q)

    def partial(f, j):
        return mp.diff(lambda t: f(*x[:j], t, *x[j + 1 :]), x[j])

    answer = []
    for i in size:
        total = -sum(process.curvature[i, j] * x[j] for j in size) * density(*x)
        for j in size:
            total -= (1 - alpha) * partial(lambda *at, i=i, j=j: entry(i, j, *at) * density(*at), j)
            total -= alpha * entry(i, j, *x) * partial(density, j)
        answer.append(total)
    return answer


def power(process: SharedNoise, alpha: float):
    m = mp.mpf(process.kappa + 1 - alpha)
    size = range(process.dimension)
    return lambda *at: (1 + sum(process.form[a, b] * at[a] * at[b] for a in size for b in size)) ** (-m)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", ["isotropic", "commuting"])
def test_flux_vanishes_where_they_commute(name: str, alpha: float) -> None:
    process = law(name)
    assert process.balanced
    with mp.workdps(30):
        for x in POINTS:
            p = power(process, alpha)
            sizes = [abs(j) / p(*map(mp.mpf, x)) for j in flux(process, alpha, p, tuple(map(mp.mpf, x)))]
            assert max(sizes) < 2e-15  # the matrices are doubles


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("name", list(CASES))
def test_residual_against_derivatives(name: str, alpha: float) -> None:
    process = law(name)
    with mp.workdps(40):
        p, h = power(process, alpha), mp.mpf(10) ** -12
        for x in POINTS:
            x = tuple(map(mp.mpf, x))
            divergence = 0
            for i in range(2):
                up, down = (tuple(v + s * h * (j == i) for j, v in enumerate(x)) for s in (1, -1))
                divergence += (flux(process, alpha, p, up)[i] - flux(process, alpha, p, down)[i]) / (2 * h)
            value = shared_noise.residual([float(v) for v in x], process, alpha)
            assert value == pytest.approx(float(-divergence / p(*x)), abs=1e-14)


def test_the_largest_residual_of_the_counter_example() -> None:
    process = law("not commuting")
    assert not process.balanced
    values = shared_noise.residual(np.array(POINTS), process)
    assert np.max(np.abs(values)) == pytest.approx(0.606, abs=5e-4)
    for refused in (
        lambda: power_law.log_density([0, 0], process, 1),
        lambda: power_law.form_moment(1, process, 1),
        lambda: power_law.to_student(process, 1),
    ):
        with pytest.raises(FokkerError, match="no detailed balance"):
            refused()


def test_printed_numbers(agrees) -> None:
    assert agrees(np.exp(power_law.log_normalisation(law(), 1)), "2.3748208234474520")
    printed = (("0.42857142857", "-0.21428571429"), ("-0.21428571429", "0.85714285714"))
    for i, j in itertools.product(range(2), repeat=2):
        assert agrees(power_law.covariance(law(), 1)[i, j], printed[i][j])


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_normalisation_and_moments_by_quadrature(alpha: float) -> None:
    """In elliptic coordinates the integrals are one-dimensional: int r dr (1 + r^2)^(-m) r^(2 k) 2 pi/sqrt(det A)."""
    process = law("commuting")
    m = process.kappa + 1 - alpha
    with mp.workdps(25):
        parts = [
            mp.quad(lambda r, k=k: r ** (1 + 2 * k) * (1 + r * r) ** (-m), [0, 1, 10, mp.inf]) for k in (0, 1, 1.25)
        ]
        area = 2 * mp.pi / mp.sqrt(mp.det(mp.matrix(process.form.tolist())))
    assert power_law.log_normalisation(process, alpha) == pytest.approx(float(mp.log(area * parts[0])), rel=1e-14)
    moments = [float(part / parts[0]) for part in parts[1:]]
    assert power_law.form_moment([1, 1.25], process, alpha) == pytest.approx(moments, rel=1e-13)
    spread = moments[0] / 2 * np.linalg.inv(process.form)  # E x x^T = E q A^(-1)/d
    assert power_law.covariance(process, alpha) == pytest.approx(spread, rel=1e-13)


@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_density_against_scipy(d: int) -> None:
    rng = np.random.default_rng(d)
    frame = np.linalg.qr(rng.normal(size=(d, d)))[0]
    h, s = (frame @ np.diag(rng.uniform(0.5, 2, d)) @ frame.T for _ in range(2))
    process = SharedNoise.theorem4(h, s, 0.1, kappa=6.5)
    assert process.balanced
    dof, shape = power_law.to_student(process, alpha=0.5)
    x = rng.normal(size=(7, d))
    other = stats.multivariate_t(shape=shape, df=dof).logpdf(x)
    assert power_law.log_density(x, process, alpha=0.5) == pytest.approx(other, rel=1e-12, abs=1e-12)


def test_one_dimension_is_corollary_3() -> None:
    from fokker.theory import pearson
    from fokker.theory.power_law import PowerLaw

    one = PowerLaw(2.0, 0.5, 1.5, 0.8)
    process = SharedNoise.theorem4([[2.0]], [[1.5]], 0.5, one.kappa)
    x = np.linspace(-3, 3, 5)
    for alpha in (0.0, 0.5, 1.0):
        a = power_law.log_density(x[:, None], process, alpha)
        assert a == pytest.approx(np.asarray(pearson.log_density(x, one, alpha)), abs=1e-13)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", list(CASES))
def test_moment_equation_by_the_generator(name: str, alpha: float) -> None:
    """The generator applied to x_i x_j, by numerical derivatives, is quadratic in x; its mean must vanish."""
    process = law(name, kappa=7.0)
    moments = shared_noise.second_moments(process, alpha)

    def drift(x):  # alpha adds alpha div D
        h = 1e-6
        extra = sum(
            (process.diffusion(x + h * e)[:, j] - process.diffusion(x - h * e)[:, j]) / (2 * h)
            for j, e in enumerate(np.eye(2))
        )
        return -process.curvature @ x + alpha * extra

    def generator(i, j, x):
        a, d = drift(x), process.diffusion(x)
        return a[i] * x[j] + a[j] * x[i] + 2 * d[i, j]

    for i, j in ((0, 0), (0, 1), (1, 1)):
        constant = generator(i, j, np.zeros(2))
        # coefficients of the quadratic form by its values
        q = [generator(i, j, np.array(x)) - constant for x in ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0))]
        mean = constant + q[0] * moments[0, 0] + q[1] * moments[1, 1] + (q[2] - q[0] - q[1]) * moments[0, 1]
        assert mean == pytest.approx(0.0, abs=1e-8)
    if process.balanced:
        assert moments == pytest.approx(power_law.covariance(process, alpha), rel=1e-12)


def test_existence() -> None:
    heavy = law(kappa=1.0)
    with pytest.raises(NormalisationError, match="kappa > d/2"):
        power_law.log_normalisation(heavy, 1)
    assert power_law.tail_index(heavy, alpha=0) == pytest.approx(2.0)
    with pytest.raises(MomentError):
        power_law.covariance(law(kappa=2.0), 1)
    for kappa, finite in ((1.99, False), (2.01, True)):
        if finite:
            assert np.linalg.eigvalsh(shared_noise.second_moments(law(kappa=kappa), 1))[0] > 0
        else:
            with pytest.raises(MomentError, match="Second moments"):
                shared_noise.second_moments(law(kappa=kappa), 1)
    with pytest.raises(MomentError):
        power_law.form_moment(3.0, law(), 1)
    assert power_law.form_moment(0.0, law(), 1) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("change", "error", "word"),
    [
        ({"curvature": [[1.0, 2.0], [2.0, 1.0]]}, FokkerError, "positive definite"),
        ({"curvature": [[1.0, 0.2], [0.1, 1.0]]}, FokkerError, "symmetric"),
        ({"curvature": [1.0, 2.0]}, DimensionError, "square"),
        ({"sigma_g": np.eye(3)}, DimensionError, "different sizes"),
        ({"sigma_g": [[np.nan, 0], [0, 1]]}, FokkerError, "finite"),
        ({"learning_rate": 0.0}, FokkerError, "learning_rate"),
        ({"kappa": -1.0}, FokkerError, "kappa"),
    ],
)
def test_bad_input(change: dict, error: type[Exception], word: str) -> None:
    good = {"curvature": H, "sigma_g": np.eye(2), "learning_rate": 0.5, "kappa": 4.0}
    with pytest.raises(error, match=word) as raised:
        SharedNoise.theorem4(**(good | change))
    for part in ("given", "accepted", "try"):
        assert f"\n  {part}" in str(raised.value)


def test_points_and_matrices_are_guarded() -> None:
    with pytest.raises(DimensionError, match="2 dimensions"):
        power_law.log_density([1.0, 2.0, 3.0], law(), 1)
    with pytest.raises(ValueError, match="read-only"):
        law().curvature[0, 0] = 1.0
    assert power_law.log_density(np.zeros((4, 3, 2)), law(), 1).shape == (4, 3)
    assert power_law.log_rising(7.5, 5) == pytest.approx(float(mp.loggamma(10) - mp.loggamma(7.5)), rel=1e-14)
