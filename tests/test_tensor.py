"""Correlated noise and antisymmetric mobilities in two and three dimensions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lattice_cases import EPS, conservative, order
from scipy.sparse import eye_array
from scipy.sparse.linalg import LinearOperator, cg, splu, spsolve
from tensor_cases import BOX, SQUARE, TURN, boltzmann, hills, magnetic, swirl, thermal

import fokker
from fokker.errors import BoundaryError, CoefficientError, ConventionError, DimensionError, FokkerError, GridError
from fokker.theory import linear_process

pytestmark = pytest.mark.filterwarnings("ignore:edges along the noise")


# ---------------------------------------------------------------- structure
@pytest.mark.parametrize("boundary", ["reflecting", "periodic"])
@pytest.mark.parametrize("condition", [10, 100, 1000])
def test_boltzmann_is_stationary_for_every_tensor(condition, boundary):
    g = fokker.discretize(thermal(swirl(condition), boundary), cells=48)
    weight = boltzmann(g).ravel()
    q = g.matrix()
    assert np.abs(q.T @ weight).max() <= 1e-14 * np.abs(q.diagonal() * weight).max()
    there, back = g.forward * weight[g.tail], g.backward * weight[g.head]
    np.testing.assert_allclose(there, back, rtol=1e-12)  # sixteen bits from differences of a potential of some kT
    assert min(g.forward.min(), g.backward.min()) > 0.0
    assert g.is_reversible


@pytest.mark.parametrize("convention", ["ito", "isothermal"])
@pytest.mark.parametrize("condition", [10, 100, 1000])
def test_densities_stay_positive_under_drift(condition, convention):
    problem = fokker.Problem(
        lambda x, y: (1 + 0 * x, np.sin(TURN * x)),
        diffusion=swirl(condition),
        convention=convention,
        boundary="periodic",
        **BOX,
    )
    g = fokker.discretize(problem, cells=32)
    assert min(g.forward.min(), g.backward.min()) >= 0.0
    assert fokker.stationary(g).values.min() > 0.0


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0.05, 0.9),
    st.floats(0.05, 1.5),
    st.sampled_from(["reflecting", "periodic", "absorbing"]),
    st.integers(0, 9),
)
def test_jump_moments_are_those_of_the_process(small, angle, boundary, seed):
    c, s = np.cos(angle), np.sin(angle)
    d = np.array([[c * c + small * s * s, (1 - small) * c * s], [(1 - small) * c * s, s * s + small * c * c]])
    problem = fokker.Problem(lambda x, y: (0 * x, 0 * x), diffusion=d.tolist(), boundary=boundary, **BOX)
    g = fokker.discretize(problem, cells=(17, 19 + seed))
    steps = g.offsets / np.array(g.shape)
    second = np.zeros((g.cells, 2, 2))
    for cells, rates in ((g.tail, g.forward), (g.head, g.backward)):
        np.add.at(second, cells, rates[:, None, None] * steps[:, :, None] * steps[:, None, :])
    inner = second.reshape(*g.shape, 2, 2)[8, 9]
    np.testing.assert_allclose(inner, 2 * d, rtol=0, atol=1e-11)
    out, q = conservative(g)
    assert (out > 0).any() == (boundary == "absorbing")
    np.testing.assert_allclose(q.sum(axis=1) + out, 0.0, atol=16 * EPS * np.abs(q).max())


def test_a_quarter_turn_of_the_problem_turns_the_answer():
    one = fokker.Problem(lambda x, y: (1 - x + 0 * y, x * y), diffusion=swirl(20), convention="ito", **BOX)

    def turned_tensor(x, y):
        (a, b), (_, c) = swirl(20)(y, 1 - x)
        return ((c, -b), (-b, a))

    def turned_drift(x, y):
        u, v = y, 1 - x
        return (-(u * v), 1 - u + 0 * v)

    other = fokker.Problem(turned_drift, diffusion=turned_tensor, convention="ito", **BOX)
    p, r = (fokker.stationary(fokker.discretize(problem, cells=24)).values for problem in (one, other))
    np.testing.assert_allclose(r, p.T[::-1], rtol=1e-9)


def test_a_diagonal_tensor_takes_the_edges_along_the_axes():
    nested = thermal(lambda x, y: ((1 + x, 0 * x), (0 * x, 2 + y)))
    plain = thermal(lambda x, y: (1 + x, 2 + y))
    one, other = (fokker.discretize(problem, cells=12) for problem in (nested, plain))
    assert one.offsets is None
    np.testing.assert_array_equal(one.forward, other.forward)


def test_boltzmann_in_three_dimensions():
    turn = np.linalg.qr(np.array([[1, 2, 0.3], [0.1, 1, -1], [0.5, 0.2, 1]]))[0]
    fixed = turn @ np.diag([1, 0.3, 0.05]) @ turn.T

    def potential(x, y, z):
        return np.cos(TURN * x) + 0.7 * np.sin(TURN * y) + 0.5 * np.cos(TURN * (x - z))

    def tensor(x, y, z):
        size = 1 + 0.3 * np.sin(TURN * (x + y + z))
        return tuple(tuple(entry * size for entry in row) for row in fixed)

    for boundary in ("reflecting", "periodic"):
        problem = fokker.Problem.from_potential(
            potential, temperature=1.0, mobility=tensor,
            domain={"x": (0, 1), "y": (0, 1), "z": (0, 1)}, boundary=boundary,
        )  # fmt: skip
        g = fokker.discretize(problem, cells=(9, 10, 11))
        law = boltzmann(g, potential)
        np.testing.assert_allclose(fokker.stationary(g).mass, law / law.sum(), rtol=1e-12)


# ---------------------------------------------------------------- accuracy
def spectral(condition, cells, time):
    """Solve ``(1 - t L) u = g`` on the torus by Fourier collocation at an odd number of nodes, for its coefficients."""
    x = (np.arange(cells) + 0.5) / cells
    mesh = np.meshgrid(x, x, indexing="ij")
    (a, b), (_, c) = swirl(condition)(*mesh)
    rho, g = np.exp(-hills(*mesh)), source(*mesh)
    k = 2j * np.pi * np.fft.fftfreq(cells, 1 / cells)
    d = [lambda f: np.fft.ifft(k[:, None] * np.fft.fft(f, axis=0), axis=0).real,
         lambda f: np.fft.ifft(k * np.fft.fft(f, axis=1), axis=1).real]  # fmt: skip

    def apply(v):
        u = v.reshape(cells, cells)
        ux, uy = d[0](u), d[1](u)
        return (rho * u - time * (d[0](rho * (a * ux + b * uy)) + d[1](rho * (b * ux + c * uy)))).ravel()

    q = fokker.discretize(thermal(swirl(condition), "periodic"), cells=cells).matrix()
    # in the weight rho both operators are symmetric and positive
    lu, weight = splu((eye_array(q.shape[0]) - time * q).tocsc()), rho.ravel()
    size = (cells**2, cells**2)
    near = LinearOperator(size, lambda r: lu.solve(r / weight))
    u, fault = cg(LinearOperator(size, apply), (rho * g).ravel(), M=near, rtol=1e-8, maxiter=600)
    assert fault == 0
    return np.fft.fft2(u.reshape(cells, cells)) / cells**2


def source(x, y):
    return np.exp(np.cos(TURN * x) + np.sin(TURN * y))


def at_nodes(coefficients, cells):
    """Evaluate a trigonometric polynomial, known at the middles of its own cells, at those of other cells."""
    n = len(coefficients)
    wave = np.fft.fftfreq(n, 1 / n)
    x = (np.arange(cells) + 0.5) / cells - 0.5 / n
    basis = np.exp(2j * np.pi * np.outer(x, wave))
    return (basis @ coefficients @ basis.T).real


def resolvent_errors(condition, counts, finest, time=0.2):
    reference = spectral(condition, finest, time)
    errors = []
    for n in counts:
        g = fokker.discretize(thermal(swirl(condition), "periodic"), cells=n)
        u = spsolve(
            (eye_array(g.cells) - time * g.matrix()).tocsc(), source(*np.meshgrid(*g.nodes, indexing="ij")).ravel()
        )
        exact = at_nodes(reference, n)
        errors.append(np.abs(u.reshape(n, n) - exact).max() / np.ptp(exact))
    return errors, reference


def test_order_on_a_turning_tensor_of_condition_ten():
    counts = (32, 64, 128)
    errors, reference = resolvent_errors(10, counts, 97)
    doubt = np.abs(at_nodes(spectral(10, 65, 0.2), 64) - at_nodes(reference, 64)).max() / np.ptp(
        at_nodes(reference, 64)
    )
    assert doubt < 0.1 * errors[-1]  # of the coarser reference: the one used is better still
    assert order(errors, counts) >= 1.7


@pytest.mark.slow
def test_order_on_a_turning_tensor_of_condition_a_hundred():
    counts = (64, 128, 256)
    errors, reference = resolvent_errors(100, counts, 225)
    coarse, fine = at_nodes(spectral(100, 161, 0.2), 64), at_nodes(reference, 64)
    assert np.abs(coarse - fine).max() / np.ptp(fine) < 0.1 * errors[-1]
    assert order(errors, counts) >= 1.5


@pytest.mark.slow
def test_positivity_and_monotone_convergence_at_condition_a_thousand():
    blocks = []
    for n in (32, 64, 128, 256):
        g = fokker.discretize(thermal(swirl(1000), "periodic"), cells=n)
        assert min(g.forward.min(), g.backward.min()) > 0.0
        g_nodes = source(*np.meshgrid(*g.nodes, indexing="ij")).ravel()
        u = spsolve((eye_array(g.cells) - 0.2 * g.matrix()).tocsc(), g_nodes)
        blocks.append(u.reshape(16, n // 16, 16, n // 16).mean(axis=(1, 3)))
    gaps = [np.abs(block - blocks[-1]).max() for block in blocks[:-1]]
    assert gaps[0] > gaps[1] > gaps[2]


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("varies", [False, True])
def test_correlated_ornstein_uhlenbeck_has_the_lyapunov_covariance(mapped, varies):
    rate, d = np.array([[1.5, -0.5], [1.0, 1.0]]), np.array([[1, 0.4], [0.4, 0.5]])
    exact = linear_process.covariance(rate, d)
    # a function of the state, though one that does not vary: this goes through the Ito form
    noise = {"diffusion": lambda x, y: ((1 + 0 * x, 0.4 + 0 * x), (0.4 + 0 * x, 0.5 + 0 * x)), "convention": "ito"}
    amplitude = noise if varies else {"diffusion": d.tolist()}
    ends = (-np.inf, np.inf) if mapped else (-8, 8)
    problem = fokker.Problem(lambda x, y: (-1.5 * x + 0.5 * y, -x - y), domain={"x": ends, "y": ends}, **amplitude)
    counts, errors = (24, 48, 96), []
    for n in counts:
        axis = fokker.Axis.line(n, scale=2.0, center=0.0, reach=8.0) if mapped else fokker.Axis.uniform(n, -8, 8)
        density = fokker.stationary(fokker.discretize(problem, grid=fokker.Grid(x=axis, y=axis)))
        x = np.meshgrid(*density.nodes, indexing="ij")
        found = np.array([[(density.mass * u * v).sum() for u in x] for v in x])
        errors.append(np.abs(found - exact).max())
    assert order(errors, counts) == pytest.approx(2.0, abs=0.2)
    assert errors[-1] < 6e-3
    assert fokker.entropy_production(density) == pytest.approx(linear_process.entropy_production(rate, d), rel=0.02)


def test_stratonovich_noise_by_its_matrix():
    b = np.array([[1.2, 0.3], [0.2, 0.8]])

    # an Ornstein-Uhlenbeck process (u, v) in the coordinates x = u, y = v + 0.3 sin u
    def noise(x, y):
        bend = 0.3 * np.cos(x)
        return ((b[0, 0] + 0 * y, b[0, 1] + 0 * y), (b[1, 0] + bend * b[0, 0], b[1, 1] + bend * b[0, 1]))

    def drift(x, y):
        v = y - 0.3 * np.sin(x)
        return (-x, 0.5 * x - v - 0.3 * np.cos(x) * x)

    rate = np.array([[1, 0], [-0.5, 1]])
    covariance = linear_process.covariance(rate, b @ b.T / 2)
    inverse = np.linalg.inv(covariance)
    problem = fokker.Problem(drift, noise=noise, convention="stratonovich", domain={"x": (-6, 6), "y": (-6, 6)})
    counts, errors = (24, 48, 96), []
    for n in counts:
        density = fokker.stationary(fokker.discretize(problem, cells=n))
        x, y = np.meshgrid(*density.nodes, indexing="ij")
        v = y - 0.3 * np.sin(x)
        exact = np.exp(-0.5 * (inverse[0, 0] * x * x + 2 * inverse[0, 1] * x * v + inverse[1, 1] * v * v))
        exact /= 2 * np.pi * np.sqrt(np.linalg.det(covariance))
        errors.append(np.abs(density.values - exact).max() / exact.max())
    assert order(errors, counts) == pytest.approx(2.0, abs=0.2)
    assert fokker.entropy_production(density) == pytest.approx(
        linear_process.entropy_production(rate, b @ b.T / 2), rel=0.03
    )  # entropy production does not depend on the coordinates


SKEW = np.array([[1.0, 0.8], [0.8, 1.0]])


def test_mean_time_out_of_an_ellipse():
    inverse = np.linalg.inv(SKEW)

    def square(x, y):
        return inverse[0, 0] * x * x + 2 * inverse[0, 1] * x * y + inverse[1, 1] * y * y

    problem = fokker.Problem(
        lambda x, y: (0 * x, 0 * y), diffusion=SKEW.tolist(), domain={"x": (-1.2, 1.25), "y": (-1.2, 1.25)}
    )
    counts, errors = (30, 60, 120), []
    for n in counts:
        g = fokker.discretize(problem, cells=n)
        time = fokker.mean_first_passage(g, lambda x, y: square(x, y) > 1)
        exact = np.maximum(1 - square(*np.meshgrid(*g.nodes, indexing="ij")), 0) / 4
        errors.append(np.abs(time.values - exact).max())
    assert order(errors, counts) == pytest.approx(2.0, abs=0.3)


def test_an_absorbing_box_and_a_reflecting_slab():
    # on x + y only the sum matters: with walls in x alone, periodic in y, T = (1 - x^2) / (2 D_xx)
    slab = fokker.Problem(lambda x, y: (0 * x, 0 * y), diffusion=SKEW.tolist(), domain={"x": (-1, 1), "y": (0, 1)},
                          boundary={"x": "absorbing", "y": "periodic"})  # fmt: skip
    half = fokker.Problem(lambda x, y: (0 * x, 0 * y), diffusion=SKEW.tolist(), domain={"x": (0, 1), "y": (0, 1)},
                          boundary={"x": ("reflecting", "absorbing"), "y": "periodic"})  # fmt: skip
    for problem in (slab, half):
        counts, errors = (16, 32, 64), []
        for n in counts:
            g = fokker.discretize(problem, cells=n)
            time = fokker.mean_first_passage(g)
            exact = (1 - g.nodes[0] ** 2) / 2
            errors.append(np.abs(time.values - exact[:, None]).max())
        assert order(errors, counts) >= 1.6


def test_fluxes_through_faces_carry_the_flows_of_the_edges():
    problem = fokker.Problem(lambda x, y: (y + 0 * x, -x + 0 * y), diffusion=swirl(60), convention="isothermal", **BOX)
    g = fokker.discretize(problem, cells=24)
    density = fokker.stationary(g)
    current = density.current()
    along, across = current.fluxes
    assert np.abs(np.diff(along, axis=0) + np.diff(across, axis=1)).max() < 1e-12 * np.abs(along).max()
    mass = density.mass.ravel()
    flow = g.forward * mass[g.tail] - g.backward * mass[g.head]
    x, y = np.meshgrid(*g.nodes, indexing="ij")

    def region(x, y):
        return (x > 0.5) & (y > 0.3) & (x + y < 1.4)

    inside = region(x, y).ravel().astype(float)
    enters = (flow * (inside[g.head] - inside[g.tail])).sum()
    assert current.through(region) == pytest.approx(enters, abs=1e-13 * np.abs(flow).sum())
    # together the faces move what the edges move
    moved = [(flow * g.offsets[:, k]).sum() for k in range(2)]
    assert [f.sum() for f in (along[1:-1], across[:, 1:-1])] == pytest.approx(moved, rel=1e-10)


def test_reactive_flux_and_rate_agree_with_wide_edges():
    problem = fokker.Problem.from_potential(
        lambda x, y: 3 * (x**2 - 1) ** 2 + 2 * y**2,
        temperature=1.0,
        mobility=SKEW.tolist(),
        domain={"x": (-1.8, 1.8), "y": (-1.5, 1.5)},
    )
    g = fokker.discretize(problem, cells=32)
    start, goal = (lambda x, y: (x + 1) ** 2 + y**2 < 0.1), (lambda x, y: (x - 1) ** 2 + y**2 < 0.1)
    flow = fokker.reactive_flux(g, start, goal)
    assert flow.rate == pytest.approx(fokker.rate(g, start, goal), rel=1e-10)
    assert flow.info.flux_balance == pytest.approx(0.0, abs=1e-10)


# ---------------------------------------------------------------- bad input
def test_what_tensors_are_refused():
    with pytest.raises(CoefficientError, match="not symmetric"):
        fokker.Problem(lambda x, y: (x, y), diffusion=((1, 0.5), (0.2, 1)), **BOX)
    with pytest.raises(CoefficientError, match="has a negative eigenvalue"):
        fokker.Problem(lambda x, y: (x, y), diffusion=((1, 2), (2, 1)), **BOX)

    def spotted(x, y):
        cross = 2.0 * ((x - 0.51) ** 2 + (y - 0.49) ** 2 < 1e-3)
        return ((1 + 0 * x, cross), (cross, 1 + 0 * x))

    bad = fokker.Problem(lambda x, y: (x, y), diffusion=spotted, convention="ito", **BOX)
    with pytest.raises(CoefficientError, match=r"has a negative eigenvalue at x = 0\.[45]"):
        fokker.discretize(bad, cells=40)
    with pytest.raises(ConventionError, match="not determined by a full tensor"):
        fokker.Problem(lambda x, y: (x, y), diffusion=swirl(10), convention="stratonovich", **BOX)


def test_edges_that_do_not_fit_the_grid():
    with pytest.raises(GridError, match="longer than the grid"):
        fokker.discretize(thermal(swirl(1000)), cells=8)
    grid = fokker.Grid(x=fokker.Axis.stretched(np.linspace(0, 1, 9) ** 2), y=fokker.Axis.uniform(8, 0, 1))
    with pytest.raises(GridError, match="uneven"):
        fokker.discretize(thermal(swirl(10)), grid=grid)
    doubts = fokker.discretize(thermal(swirl(1000)), cells=32).warnings
    assert any("reach over" in doubt for doubt in doubts)
    nearly = np.array([[1, 1 - 1e-7], [1 - 1e-7, 1]])
    problem = fokker.Problem(lambda x, y: (-0.01 * x, -0.01 * y), diffusion=nearly.tolist(), domain=SQUARE)
    g = fokker.discretize(problem, cells=(16, 15))
    assert g.notes["capped_cells"] == 1.0
    assert any("nearly degenerate" in doubt for doubt in g.warnings)


def test_what_does_not_go_with_correlated_noise():
    with pytest.raises(FokkerError, match=r"nine-point[\s\S]*negative rates on[\s\S]*the default scheme"):
        fokker.discretize(thermal(swirl(10)), cells=16, scheme="nine-point")
    with pytest.raises(BoundaryError, match="partly absorbing"):
        fokker.discretize(thermal(swirl(10), fokker.Robin(1.0)), cells=16)
    driven = thermal(1.0, antisymmetric=magnetic, force=lambda x, y: (1 + 0 * x, 0 * x))
    with pytest.raises(DimensionError, match="together"):
        fokker.discretize(driven, cells=16)
    ito = fokker.Problem(lambda x, y: (x, y), diffusion=swirl(10), convention="ito", **BOX)
    with pytest.raises(FokkerError, match="reference does not go"):
        fokker.discretize(ito, cells=16, reference=lambda x, y: x)
    with pytest.raises(GridError, match="obstacles do not go"):
        fokker.discretize(thermal(swirl(10)), cells=16, obstacle=lambda x, y: (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.04)
