"""Spectra: metastable eigenvalues in many digits, modes, rings, closed forms at the declared order."""

import mpmath
import numpy as np
import pytest
from exact import below, eigenpair

import fokker
from fokker.errors import FokkerError, NormalisationError
from fokker.theory import wong

LINE = {"x": (-np.inf, np.inf)}
TURN = 2 * np.pi


def potential(u, low=-1.5, high=1.5, cells=200, mobility=1.0, **more):
    problem = fokker.Problem.from_potential(u, temperature=1.0, mobility=mobility, domain={"x": (low, high)}, **more)
    return fokker.discretize(problem, cells=cells)


def double(barrier):
    return lambda x: barrier * (x**2 - 1) ** 2 + 0.3 * x


def triple(barrier):
    """Three wells of unlike depths, two barriers of unlike heights."""
    return lambda x: (
        barrier * np.sin(1.5 * np.pi * (x + 1)) ** 2 + 2 * x + 0.2 * barrier * (x > 0) * np.sin(np.pi * x) ** 2
    )


@pytest.mark.parametrize("barrier", [5, 15, 30, 60, 120, 200])
def test_two_wells(barrier):
    g = potential(double(barrier))
    values = fokker.spectrum(g, k=5).eigenvalues
    assert values[0] == 0.0
    with mpmath.workdps(400):
        for j in range(1, 5):
            rate = mpmath.mpf(float(-values[j]))
            # Sturm's count on either side of each eigenvalue
            assert below(g, rate * (1 - mpmath.mpf("1e-12"))) == j
            assert below(g, rate * (1 + mpmath.mpf("1e-12"))) == j + 1


@pytest.mark.parametrize("barrier", [10, 60, 120])
def test_three_wells(barrier):
    g = potential(triple(barrier), -1, 1, mobility=lambda x: 1 + 0.5 * np.sin(x))
    values = fokker.spectrum(g, k=4).eigenvalues
    assert abs(values[2]) < 0.5 * abs(values[3])  # two slow ones
    with mpmath.workdps(400):
        for j in (1, 2, 3):
            rate = mpmath.mpf(float(-values[j]))
            assert below(g, rate * (1 - mpmath.mpf("1e-12"))) == j
            assert below(g, rate * (1 + mpmath.mpf("1e-12"))) == j + 1


@pytest.mark.parametrize("build", [
    lambda: potential(double(5)), lambda: potential(double(60)), lambda: potential(double(120)),
    lambda: potential(triple(60), -1, 1), lambda: potential(lambda x: 0 * x, 0, 1, cells=60),
], ids=["5 kT", "60 kT", "120 kT", "three wells", "flat"])  # fmt: skip
def test_modes_in_many_digits(build):
    g = build()
    modes = fokker.spectrum(g, k=4)
    law = np.exp(fokker.stationary(g).log_mass)
    with mpmath.workdps(400):
        for j in range(1, 4):
            value, right = eigenpair(g, -modes.eigenvalues[j])
            assert abs(value / -modes.eigenvalues[j] - 1) < 1e-11
            right = np.array([float(v) for v in right])
            _, left = eigenpair(g, -modes.eigenvalues[j], transposed=True)
            left = np.array([float(v) for v in left])
            right /= np.sqrt(law @ right**2) * np.sign(right @ (law * modes.right[j]))
            left /= left @ right
            scale = np.abs(right).max()
            np.testing.assert_allclose(modes.right[j], right, atol=1e-9 * scale, rtol=1e-9)
            np.testing.assert_allclose(modes.left[j], left, atol=1e-9 * np.abs(left).max(), rtol=1e-9)


@pytest.mark.parametrize("build", [
    lambda: potential(double(2)), lambda: potential(double(30)), lambda: potential(triple(40), -1, 1),
    lambda: potential(lambda x: 3 * np.cos(x), 0, TURN, cells=80, boundary="periodic"),
    lambda: potential(lambda x: 3 * np.cos(x), 0, TURN, cells=80, force=0.4, boundary="periodic"),
    lambda: potential(lambda x: 3 * np.cos(x), 0, TURN, cells=450, force=0.4, boundary="periodic"),
], ids=["2 kT", "30 kT", "three wells", "ring", "driven ring", "large driven ring"])  # fmt: skip
def test_left_and_right_modes_are_paired(build):
    g = build()
    modes = fokker.spectrum(g, k=6)
    products = modes.left @ modes.right.T
    scale = np.abs(modes.left) @ np.abs(modes.right.T)
    assert (np.abs(products - np.eye(len(products))) < 1e-8 * scale).all()
    law = fokker.stationary(g).mass
    np.testing.assert_allclose(np.abs(modes.right) ** 2 @ law, 1, rtol=1e-10)
    np.testing.assert_allclose(modes.left[0], law, rtol=1e-11)
    np.testing.assert_array_equal(modes.right[0], 1)
    # they are modes: residuals against the size of the terms
    q = g.matrix()
    for j in range(len(modes.eigenvalues)):
        size = abs(q) @ np.abs(modes.right[j])
        assert (np.abs(q @ modes.right[j] - modes.eigenvalues[j] * modes.right[j]) < 1e-9 * size).all()
        size = abs(q).T @ np.abs(modes.left[j])
        assert (np.abs(q.T @ modes.left[j] - modes.eigenvalues[j] * modes.left[j]) < 1e-6 * size.max()).all()
    assert (np.diff(modes.eigenvalues.real) <= 1e-9).all()


@pytest.mark.parametrize("cells", [60, 700])
def test_ring_with_constant_drift(cells):
    """Constant rates up and down: eigenvalues f (e^it - 1) + b (e^-it - 1), t = 2 pi k / n."""
    problem = fokker.Problem(0.7, diffusion=0.3, domain={"x": (0, TURN)}, boundary="periodic")
    g = fokker.discretize(problem, cells=cells)
    modes = fokker.spectrum(g, k=7)
    t = TURN * np.array([0, 1, -1, 2, -2, 3, -3]) / cells
    exact = g.forward[0] * np.expm1(1j * t) + g.backward[0] * np.expm1(-1j * t)
    assert modes.eigenvalues[0] == 0
    for value in exact:
        assert np.abs(modes.eigenvalues - value).min() < 1e-10 * g.forward[0]
    # of the process: -D k^2 +- i k v, at fourth order after extrapolation
    closed = np.array([-0.3 * k**2 + 1j * s * k * 0.7 for k in (1, 2, 3) for s in (1, -1)])
    errors = []
    for n in (25, 50, 100):
        values = fokker.extrapolate(problem, lambda g: _sorted(fokker.spectrum(g, k=7)), cells=(n, 2 * n)).value
        errors.append(np.abs(values[1:] - closed).max())
    assert abs(np.log2(errors[0] / errors[2]) / 2 - 4) < 0.3
    assert errors[-1] < 1e-4


def _sorted(modes):
    values = modes.eigenvalues
    return values[np.lexsort((-values.imag, -np.round(values.real, 6)))]


@pytest.mark.parametrize("cells", [60, 500])
@pytest.mark.parametrize("force", [None, 0.1, 3.0])
@pytest.mark.parametrize("barrier", [5, 15, 30, 60])
def test_metastable_rings(barrier, force, cells):
    """Two wells on a ring, reversible or driven: the slowest rate against the same rates in many digits."""
    g = potential(
        lambda x: barrier / 2 * np.cos(2 * x) + np.sin(x), 0, TURN, cells, boundary="periodic",
        **({} if force is None else {"force": force}),
    )  # fmt: skip
    value = fokker.spectrum(g, k=3).eigenvalues[1]
    assert value.imag == 0 if force is None else abs(value.imag) < 1e-9 * abs(value.real)
    with mpmath.workdps(200):
        exact, _ = eigenpair(g, -value.real)
        assert abs(exact / -value.real - 1) < (1e-10 if barrier > 5 else 1e-8)
    if force is None:
        assert np.isrealobj(fokker.spectrum(g, k=3).eigenvalues)


@pytest.mark.parametrize("force", [None, 0.1])
@pytest.mark.parametrize("barrier", [12, 40, 60])
def test_three_wells_on_a_ring(barrier, force):
    """Two slow eigenvalues; a driven ring may have them as a complex pair."""
    g = potential(
        lambda x: barrier / 2 * np.cos(3 * x) + 2 * np.sin(x), 0, TURN, 90, boundary="periodic",
        **({} if force is None else {"force": force}),
    )  # fmt: skip
    values = fokker.spectrum(g, k=3).eigenvalues
    with mpmath.workdps(200):
        for value in values[1:]:
            exact, _ = eigenpair(g, -complex(value))
            assert abs(exact / -complex(value) - 1) < 1e-9


# V = x^4/4 - x^2/2
@pytest.mark.parametrize(
    ("d", "rate", "digits"), [(0.1, 0.033545287308, 1e-10), (0.05, 0.0027761406356, 1e-10), (0.025, 1.9589272e-5, 1e-7)]
)
def test_slowest_rate_of_the_quartic_well(d, rate, digits):
    problem = fokker.Problem(lambda x: x - x**3, diffusion=d, domain={"x": (-3, 3)})
    result = fokker.extrapolate(problem, lambda g: fokker.spectrum(g, k=2), cells=(800, 1600))
    assert abs(-result.value[1] / rate - 1) < digits + 1e-9
    assert abs(-result.fine[1] / rate - 1) < 1e-5


def test_wong_spectrum():
    problem = fokker.Problem(lambda x: -8 * x, diffusion=lambda x: 1 + x**2, convention="ito", domain=LINE)
    value = fokker.extrapolate(problem, lambda g: fokker.spectrum(g, k=5), cells=(400, 800)).value
    np.testing.assert_allclose(-value, wong.eigenvalues(9.0), atol=1e-4 * 20)
    np.testing.assert_allclose(-value[1:4], [8, 14, 18], rtol=1e-5)


def test_ornstein_uhlenbeck_at_second_and_fourth_order():
    problem = fokker.Problem(lambda x: -x, diffusion=1.0, domain={"x": (-9, 9)})
    counts = [100, 200, 400]
    plain, better = [], []
    for n in counts:
        result = fokker.extrapolate(problem, lambda g: fokker.spectrum(g, k=4), cells=(n, 2 * n))
        plain.append(np.abs(result.coarse + np.arange(4)).max())
        better.append(np.abs(result.value + np.arange(4)).max())
    assert abs(-np.polyfit(np.log(counts), np.log(plain), 1)[0] - 2) < 0.1
    assert abs(-np.polyfit(np.log(counts), np.log(better), 1)[0] - 4) < 0.2


def test_modes_of_ornstein_uhlenbeck_are_hermite():
    g = fokker.discretize(fokker.Problem(lambda x: -x, diffusion=1.0, domain={"x": (-9, 9)}), cells=800)
    modes = fokker.spectrum(g, k=4)
    x = g.nodes[0]
    near = np.abs(x) < 3
    for j, hermite in enumerate([x, (x**2 - 1) / 2**0.5, (x**3 - 3 * x) / 6**0.5], start=1):
        np.testing.assert_allclose(np.abs(modes.right[j][near]), np.abs(hermite[near]), atol=2e-3)


@pytest.mark.parametrize("ring", [False, True])
def test_all_eigenvalues(ring):
    g = potential(lambda x: 2 * np.cos(x), 0, TURN, 12, boundary="periodic" if ring else "reflecting")
    values = fokker.spectrum(g, k=12).eigenvalues
    dense = np.sort(np.linalg.eigvals(g.matrix().toarray()).real)[::-1]
    np.testing.assert_allclose(values, dense, atol=1e-11 * abs(dense).max())
    assert len(fokker.spectrum(g, k=1).eigenvalues) == 1


def test_record(tmp_path):
    import matplotlib.pyplot as plt

    modes = fokker.spectrum(potential(double(3)), k=8)
    assert repr(modes).startswith("Spectrum of 8 eigenvalues")
    assert ", ..." in repr(modes)
    assert "<table>" in modes._repr_html_()
    assert modes.timescales[0] == np.inf
    np.testing.assert_allclose(modes.timescales[1:], -1 / modes.eigenvalues[1:])
    figure, ax = plt.subplots()
    assert modes.plot(ax, color="red") is ax
    assert "eigenvalue" in ax.get_ylabel()
    plt.close(figure)
    own = modes.plot()
    plt.close(own.figure)
    array = modes.to_xarray()
    assert array.dims == ("mode", "x")
    path = str(tmp_path / "s.npz")
    modes.save(path)
    again = fokker.load(path)
    assert isinstance(again, fokker.Spectrum)
    assert np.array_equal(again.eigenvalues, modes.eigenvalues)
    assert np.array_equal(again.left, modes.left)
    assert repr(again) == repr(modes)


@pytest.mark.parametrize("k", [0, -1, 61, 10**6, True, False, 3.0, 2.5, "3", None, [3]])
def test_numbers_of_eigenvalues_that_are_none(k):
    with pytest.raises(FokkerError, match=r"not that many eigenvalues[\s\S]*k=[\s\S]*integer from 1 to 60"):
        fokker.spectrum(potential(double(3), cells=60), k=k)


def test_an_integer_of_numpy_counts():
    assert len(fokker.spectrum(potential(double(3), cells=60), k=np.int64(60)).eigenvalues) == 60


@pytest.mark.parametrize("wall", ["absorbing", fokker.Robin(1.0), ("reflecting", "absorbing")], ids=str)
def test_walls_that_absorb_have_no_stationary_law(wall):
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary={"x": wall})
    with pytest.raises(NormalisationError, match=r"leaves the domain[\s\S]*sinks: x"):
        fokker.spectrum(fokker.discretize(problem, cells=20), k=3)


def test_an_open_end_has_no_stationary_law():
    problem = fokker.Problem(1.0, diffusion=1.0, domain=LINE)
    axis = fokker.Axis.line(100, scale=1.0, center=0.0, reach=50.0)
    with pytest.raises(NormalisationError, match=r"cannot be normalised[\s\S]*tail"):
        fokker.spectrum(fokker.discretize(problem, grid=fokker.Grid(x=axis)), k=3)


def test_a_domain_in_pieces_is_refused():
    """A wall of zero diffusion inside the domain cannot even be discretised; rates set to zero by hand are refused."""
    from dataclasses import replace

    g = potential(double(3), cells=60)
    forward, backward = g.forward.copy(), g.backward.copy()
    forward[30] = backward[30] = 0.0
    with pytest.raises(FokkerError, match=r"piece|apart|reducible|normalised"):
        fokker.spectrum(replace(g, forward=forward, backward=backward), k=3)


def test_verbs_ask_generators():
    with pytest.raises(FokkerError, match="asks a generator"):
        fokker.spectrum(fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}), k=3)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_complex_pairs_are_not_cut(k):
    ring = fokker.Problem(lambda x: 2 + np.sin(x), diffusion=0.5, domain={"x": (0, 2 * np.pi)}, boundary="periodic")
    values = fokker.spectrum(fokker.discretize(ring, cells=40), k=k).eigenvalues
    assert abs(values.imag).max() > 1.0
    assert len(values) in (k, k + 1)
    assert abs(values.sum().imag) < 1e-9 * abs(values).sum()  # every number beside its conjugate
