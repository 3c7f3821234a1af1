"""The verbs in two and three dimensions against each other and against dense linear algebra."""

import numpy as np
import pytest
from hypothesis import given, settings
from lattice_cases import Case, Side, balls, cases, conservative, flows, open_cases

import fokker
from fokker.discretize.absorb import absorb
from fokker.errors import FokkerWarning

# cells as coarse as these are doubted as an answer; what is tested here is algebra
pytestmark = pytest.mark.filterwarnings("ignore::fokker.FokkerWarning")
FEW = settings(max_examples=12, deadline=None, derandomize=True)
CLOSED = {"reflecting", "periodic"}


def cut(g, **sets):
    """Return the generator with sets cut off, which cells are left, and Q among them."""
    absorbed = absorb(g, sets)
    out, q = conservative(absorbed.generator)
    left = absorbed.outside
    return absorbed, left, q[np.ix_(left, left)], out


# ---------------------------------------------------------------- dense algebra
@FEW
@given(cases())
def test_passage_and_moments_by_dense_algebra(case):
    g = case.generator()
    near, _ = balls(case)
    _, left, q, _ = cut(g, target=near)
    first = np.linalg.solve(-q, np.ones(left.sum()))
    second = np.linalg.solve(-q, 2 * first)
    third = np.linalg.solve(-q, 3 * second)
    for order, dense in ((1, first), (2, second), (3, third)):
        got = fokker.passage_moment(g, near, order=order).values.ravel()
        assert (got[~left] == 0).all()
        np.testing.assert_allclose(got[left], dense, rtol=1e-7)
    variance = fokker.passage_variance(g, near).values.ravel()
    np.testing.assert_allclose(variance[left], second - first**2, rtol=1e-6)


@FEW
@given(cases())
def test_splitting_by_dense_algebra(case):
    g = case.generator()
    near, far = balls(case)
    absorbed, left, q, _ = cut(g, a=near, b=far)
    ways = fokker.splitting(g, {"a": near, "b": far})
    start = np.zeros(g.cells)
    start[np.flatnonzero(left)[0]] = 1.0
    spent = fokker.occupation(g, start, lambda *x: near(*x) | far(*x)).mass.ravel()
    for label, way in ways.items():
        leak = absorbed.generator.exit_rates[label]
        np.testing.assert_allclose(way.values.ravel()[left], np.linalg.solve(-q, leak[left]), rtol=1e-7, atol=1e-13)
        # forwards: time near the sink times its rate
        np.testing.assert_allclose(way.values.ravel()[start > 0], spent[left] @ leak[left], rtol=1e-11)
        inside = absorbed.inside >= 0
        expected = np.array([absorbed.labels[k] == label for k in absorbed.inside[inside]], dtype=float)
        np.testing.assert_array_equal(way.values.ravel()[inside], expected)


@FEW
@given(cases(closed=True))
def test_stationary_by_dense_algebra(case):
    g = case.generator()
    law = fokker.stationary(g)
    _, q = conservative(g)
    system = np.vstack([q.T / np.abs(q).max(), np.ones(g.cells)])
    dense = np.linalg.lstsq(system, np.append(np.zeros(g.cells), 1.0), rcond=None)[0]
    np.testing.assert_allclose(law.mass.ravel(), dense, atol=1e-9)
    assert (law.mass > 0).all()


@FEW
@given(cases(closed=True))
def test_spectrum_by_dense_algebra(case):
    g = case.generator()
    _, q = conservative(g)
    spectrum = fokker.spectrum(g, k=5)
    dense = np.linalg.eigvals(q)
    for value in spectrum.eigenvalues:
        assert np.abs(dense - value).min() < 1e-8 * np.abs(q).max()
    assert len(spectrum.eigenvalues) in (5, 6)  # a complex pair is not cut
    slowest = np.sort(dense.real)[::-1][: len(spectrum.eigenvalues)]
    np.testing.assert_allclose(np.sort(spectrum.eigenvalues.real)[::-1], slowest, atol=1e-8 * np.abs(q).max())
    assert np.isrealobj(spectrum.eigenvalues) == g.is_reversible
    scale = np.abs(q).max()
    for value, right, left in zip(spectrum.eigenvalues, spectrum.right, spectrum.left, strict=True):
        assert np.abs(q @ right - value * right).max() < 1e-6 * scale * np.abs(right).max()
        assert np.abs(left @ q - value * left).max() < 1e-6 * scale * np.abs(left).max()
    pairs = spectrum.left @ spectrum.right.T
    np.testing.assert_allclose(pairs, np.eye(len(pairs)), atol=1e-6)
    np.testing.assert_allclose(spectrum.left[0].real, fokker.stationary(g).mass.ravel(), atol=1e-12)


@FEW
@given(open_cases())
def test_survivors_by_dense_algebra(case):
    g = case.generator()
    _, q = conservative(g)
    survivor = fokker.quasi_stationary(g)
    slowest = np.linalg.eigvals(q).real.max()
    assert abs(survivor.rate + slowest) <= 1e-9 * np.abs(q).max()
    assert (survivor.mass > 0).all()


# ---------------------------------------------------------------- rates between sets
@settings(max_examples=30, deadline=None, derandomize=True)
@given(cases(closed=True))
def test_reactive_trajectories(case):
    g = case.generator()
    near, far = balls(case)
    there, back = fokker.reactive_flux(g, near, far), fokker.reactive_flux(g, far, near)
    # as many go as come; the process came from one of the sets last
    assert abs(there.flux / back.flux - 1) < 1e-11
    assert abs(there.population + back.population - 1) < 1e-11
    assert abs(there.info.flux_balance) < 1e-11
    for flow, sets in ((there, (near, far)), (back, (far, near))):
        assert abs(flow.rate / fokker.rate(g, *sets) - 1) < 1e-11
        assert abs(flow.rate * flow.population / flow.flux - 1) < 1e-13
        assert (flow.values >= 0).all()
    density = fokker.stationary(g)
    forth = fokker.committor(g, near, far).values
    if g.is_reversible:
        np.testing.assert_allclose(there.values, density.values * forth * (1 - forth), rtol=1e-7, atol=1e-13)
    # what leaves one set passes every surface on the way to the other
    absorbed = absorb(g, {"source": near, "target": far})
    inside = absorbed.inside.reshape(g.shape)
    if np.bincount(absorbed.cuts.edges).max() > 1:
        return  # a ball bulges out between two nodes: what enters it there is seen by no face
    divergence = sum(np.diff(flux, axis=k) for k, flux in enumerate(there.current.fluxes))
    size = sum(np.abs(flux).sum() for flux in there.current.fluxes)
    assert np.abs(divergence[inside < 0]).max() < 1e-12 * size
    assert abs(divergence[inside == 0].sum() / there.flux - 1) < 1e-9
    assert abs(divergence[inside == 1].sum() / there.flux + 1) < 1e-9
    into = there.current.through(far)
    assert abs(into / there.flux - 1) < 1e-9
    wide = absorbed.inside.reshape(g.shape) == 1
    wide |= forth > 0.5
    points = g.lattice.node_positions()

    def half(*x):
        result = np.zeros(x[0].shape, dtype=bool)
        place = [np.abs(v.ravel()[:, None] - p.ravel()).argmin(axis=1) for v, p in zip(x, points, strict=True)]
        result.ravel()[:] = wide[tuple(place)]
        return result

    assert abs(there.current.through(half) / there.flux - 1) < 1e-9


@pytest.mark.parametrize("barrier", [5, 40, 80, 200])
def test_rates_at_any_barrier(barrier):
    problem = fokker.Problem.from_potential(
        lambda x, y: barrier * ((x**2 - 1) ** 2 + 0.6 * y**2 + 0.1 * x * y), temperature=1.0,
        mobility=lambda x, y: (1 + 0.2 * np.sin(y) + 0 * x, 1.0 + 0 * x * y),
        force=None if barrier > 100 else (lambda x, y: (0.5 * y, -0.3 * x)),
        domain={"x": (-1.6, 1.6), "y": (-1.3, 1.2)},
    )  # fmt: skip
    g = fokker.discretize(problem, cells=(48, 30))

    def left(x, y):
        return (x + 1) ** 2 + y**2 < 0.03

    def right(x, y):
        return (x - 1) ** 2 + y**2 < 0.03

    there, back = fokker.reactive_flux(g, left, right), fokker.reactive_flux(g, right, left)
    assert abs(there.log_flux - back.log_flux) < 1e-10
    assert abs(there.info.flux_balance) < 1e-11
    escape = fokker.mean_first_passage(g, right)
    # Hill: the rate is one over the mean time from where the source is entered, all but the same in the well
    assert abs(there.log_rate + escape.log_at(-1.0, 0.0)) < 10 * np.exp(-0.5 * min(barrier, 30))
    slow = fokker.spectrum(g, k=2).eigenvalues[1].real
    assert abs(-slow / (there.rate + back.rate) - 1) < 10 * np.exp(-0.5 * min(barrier, 36))


def test_rates_below_doubles_are_refused_with_the_way_out():
    problem = fokker.Problem.from_potential(
        lambda x, y: 1000 * ((x**2 - 1) ** 2 + 0.6 * y**2), temperature=1.0, domain={"x": (-1.3, 1.3), "y": (-0.8, 0.8)}
    )
    g = fokker.discretize(problem, cells=(60, 30))
    times = fokker.mean_first_passage(g, lambda x, y: x > 0.9)
    assert np.isinf(times.values).any()
    assert 950 < times.log_at(-1.0, 0.0) < 1050
    with pytest.raises(fokker.FokkerError, match=r"exceeds the range[\s\S]*log_at"):
        times.at(-1.0, 0.0)
    with pytest.raises(fokker.FokkerError, match=r"below the range of doubles[\s\S]*log_at"):
        fokker.rate(g, lambda x, y: x < -0.9, lambda x, y: x > 0.9)
    q = fokker.committor(g, lambda x, y: x < -0.9, lambda x, y: x > 0.9)
    assert abs(q.at(0.0, 0.0) - 0.5) < 1e-6
    flow = fokker.reactive_flux(g, lambda x, y: x < -0.9, lambda x, y: x > 0.9)
    assert abs(flow.log_rate + times.log_at(-1.0, 0.0)) < 1e-3


# ---------------------------------------------------------------- surfaces
@FEW
@given(cases(closed=True, kinds=("force", "drift")))
def test_flux_depends_on_the_rim_only(case):
    g = case.generator()
    current = fokker.stationary(g).current()
    near, far = balls(case)
    size = max(np.abs(flux).max() for flux in current.fluxes)
    cells = max(g.shape) ** (case.dimension - 1)
    # closed surfaces carry nothing
    for region in (near, far, lambda *x: near(*x) | far(*x)):
        assert (
            abs(current.through(region)) <= 1e-13 * cells * 50 * size + 1e-14 * flows(g, fokker.stationary(g))[0].max()
        )


@pytest.mark.parametrize("kinds", ["uniform", "line", "stretched"])
def test_the_same_flux_through_every_ray(kinds):
    sides = (Side(kinds, 14, ("reflecting", "reflecting")), Side("uniform", 13, ("reflecting", "reflecting")))
    case = Case("drift", sides, (3.0, -2.0, 1.0), 0.3, True, 0.5)
    g = case.generator()
    density = fokker.stationary(g)
    current = density.current()
    psi = current.stream_function()
    assert psi.shape == (15, 14)
    scale = np.abs(psi).max()
    # a stream function: its differences are the fluxes, and it vanishes on the walls
    np.testing.assert_allclose(np.diff(psi, axis=1), current.fluxes[0], atol=1e-13 * scale)
    np.testing.assert_allclose(-np.diff(psi, axis=0), current.fluxes[1], atol=1e-13 * scale)
    rim = np.concatenate([psi[0], psi[-1], psi[:, 0], psi[:, -1]])
    assert np.abs(rim).max() < 1e-13 * scale * 50
    i, j = np.unravel_index(np.abs(psi).argmax(), psi.shape)
    x, y = current.faces[0][i], current.faces[1][j]
    around = fokker.circulation(density, {"x": x, "y": y})
    rays = (
        current.through(lambda u, v: v > y, where=lambda u, v: u > x),
        -current.through(lambda u, v: u > x, where=lambda u, v: v > y),
        -current.through(lambda u, v: v > y, where=lambda u, v: u < x),
        current.through(lambda u, v: u > x, where=lambda u, v: v < y),
    )
    np.testing.assert_allclose(rays, around, atol=1e-13 * scale * 50)
    assert abs(around) == pytest.approx(scale, rel=1e-10)
    # a bent surface with the same rim
    bent = current.through(lambda u, v: (v > y) & ~((u > x) & (v < y + 0.7)), where=lambda u, v: (u > x) | (v > y))
    assert np.isfinite(bent)


def test_a_surface_with_the_same_rim():
    """Two surfaces from the point to the right wall: straight, and around a corner."""
    case = Case("drift", (Side("uniform", 14, ("reflecting",) * 2), Side("uniform", 13, ("reflecting",) * 2)),
                (3.0, -2.0, 1.0), 0.3, True, 0.5)  # fmt: skip
    current = fokker.stationary(case.generator()).current()
    x, up = current.faces[0][6], current.faces[0][10]
    y, high = current.faces[1][5], current.faces[1][9]
    straight = current.through(lambda u, v: v > y, where=lambda u, v: u > x)

    def bent(u, v):  # the region above a staircase that starts at (x, y)
        return np.where(u > up, v > high, v > y)

    stairs = current.through(bent, where=lambda u, v: u > x)
    assert abs(stairs - straight) < 1e-13 * max(np.abs(f).sum() for f in current.fluxes)


def test_flux_around_a_ring_in_two_dimensions():
    """A tilted ring: the same flux through every section, and the mean velocity times what is there."""
    problem = fokker.Problem(
        lambda x, y: (1.0 + 0.5 * np.sin(x) * np.cos(y), -y), diffusion=0.5,
        domain={"x": (0, 2 * np.pi), "y": (-4, 4)}, boundary={"x": "periodic"},
    )  # fmt: skip
    g = fokker.discretize(problem, cells=(24, 32))
    current = fokker.stationary(g).current()
    sections = current.fluxes[0].sum(axis=1)
    np.testing.assert_allclose(sections, sections[0], rtol=1e-12)
    assert sections[0] > 0
    faces = current.faces[0]
    through = [
        # into x > a, through the face at a alone (not through the seam)
        current.through(lambda x, y, a=a: x > a, where=lambda x, y, a=a: np.abs(x - a) < 1e-9)
        for a in faces[[3, 10, 20]]
    ]
    np.testing.assert_allclose(through, sections[0], rtol=1e-12)
    # all of the surface: what enters at one end leaves at the seam
    assert abs(current.through(lambda x, y: x > faces[7])) < 1e-13
    drift = fokker.stationary(g).expectation(lambda x, y: 1.0 + 0.5 * np.sin(x) * np.cos(y))
    assert abs(2 * np.pi * sections[0] / drift - 1) < 1e-2  # <v> = L J, second order


# ---------------------------------------------------------------- starting points
def test_occupation_from_a_point_and_from_a_density():
    case = Case("potential", (Side("uniform", 12, ("absorbing", "reflecting")), Side("line", 14, ("reflecting",) * 2)),
                (1.0, -1.0, 0.5), 0.2)  # fmt: skip
    g = case.generator()
    times = fokker.mean_first_passage(g)
    node = {"x": float(g.nodes[0][5]), "y": float(g.nodes[1][7])}
    spent = fokker.occupation(g, node)
    assert spent.values.shape == g.shape
    assert abs(spent.total / times.at(**node) - 1) < 1e-12
    closed = fokker.stationary(case.closed().generator())
    spent = fokker.occupation(g, closed)
    assert abs(spent.total / (closed.mass * times.values).sum() - 1) < 1e-12
    between = {"x": 0.5, "y": 0.2}
    assert abs(fokker.occupation(g, between).total / times.at(**between) - 1) < 0.03  # shared out linearly


def test_three_dimensions_with_every_verb():
    case = Case("drift", (Side("uniform", 7, ("reflecting",) * 2), Side("periodic", 6, ("reflecting",) * 2),
                          Side("line", 8, ("reflecting",) * 2)), (2.0, -1.0, 1.5), 0.4, True, 0.5)  # fmt: skip
    g = case.generator()
    near, far = balls(case)
    density = fokker.stationary(g)
    assert density.values.shape == (7, 6, 8)
    assert fokker.entropy_production(density) > 0
    assert len(density.current().vectors()) == 3
    assert density.covariance().shape == (3, 3)
    assert (np.linalg.eigvalsh(density.covariance()) > 0).all()
    assert 0 < density.probability(near) < 1
    assert fokker.mean_first_passage(g, near).at(1.0, 1.0, 1.0) > 0
    assert fokker.quasi_stationary(g, near).rate > 0
    assert fokker.spectrum(g, k=3).eigenvalues[1].real < 0
    assert fokker.rate(g, near, far) > 0


def test_extrapolation_of_fields_in_two_dimensions():
    sides = (Side("uniform", 16, ("reflecting", "absorbing")), Side("uniform", 12, ("reflecting",) * 2))
    case = Case("potential", sides, (1.0, -1.0, 0.5), 0.2)
    result = fokker.extrapolate(case.problem(), fokker.mean_first_passage, cells=((16, 12), (32, 24)))
    assert result.value.shape == (16, 12)
    fine = fokker.mean_first_passage(fokker.discretize(case.problem(), cells=(128, 96)))
    exact = fine.at(*np.meshgrid(*result.nodes, indexing="ij"))
    gaps = [np.abs(v / exact - 1).max() for v in (result.coarse, result.fine, result.value)]
    assert gaps[2] < gaps[1] / 4 < gaps[0] / 8


def test_wide_cells_are_doubted():
    problem = fokker.Problem(
        lambda x, y: (0 * x + 40.0, -y), diffusion=1.0, domain={"x": (0, 1), "y": (-3, 3)},
        boundary={"x": ("reflecting", "absorbing")},
    )  # fmt: skip
    g = fokker.discretize(problem, cells=(6, 6))
    with pytest.warns(FokkerWarning, match="Peclet number above 1"):
        fokker.passage_moment(g, order=2)
