"""Records in two and three dimensions: shapes, files, marginals, values between nodes, parts of currents, pictures."""

import matplotlib
import numpy as np
import pytest
from lattice_cases import NAMES, Case, Side, order
from scipy.integrate import quad

import fokker
from fokker.errors import DimensionError, DomainError, FokkerError, MomentError, TargetError

matplotlib.use("Agg")

WALLS = ("reflecting", "reflecting")
PLANE = Case("drift", (Side("stretched", 13, WALLS), Side("periodic", 11, WALLS)), (2.0, -1.0, 1.5), 0.3, True, 0.5)
SPACE = Case("drift", (Side("uniform", 7, WALLS), Side("periodic", 6, WALLS), Side("line", 8, WALLS)),
             (2.0, -1.0, 1.5), 0.3, True, 0.0, reference=None)  # fmt: skip


def near(x, y, z=0.0):
    return (x - 0.2) ** 2 + (y - 0.8) ** 2 < 0.25


def far(x, y, z=0.0):
    return (x - 1.2) ** 2 + (y - 1.9) ** 2 < 0.16


@pytest.fixture(scope="module", params=[PLANE, SPACE], ids=["plane", "space"])
def case(request):
    return request.param


@pytest.fixture(scope="module")
def generator(case):
    return case.generator()


@pytest.fixture(scope="module")
def records(generator):
    density = fokker.stationary(generator)
    return {
        "density": density,
        "current": density.current(),
        "passage": fokker.mean_first_passage(generator, near),
        "variance": fokker.passage_variance(generator, near),
        "committor": fokker.committor(generator, near, far),
        "occupation": fokker.occupation(generator, density, near),
        "survivor": fokker.quasi_stationary(generator, near),
        "spectrum": fokker.spectrum(generator, k=4),
        "reactive": fokker.reactive_flux(generator, near, far),
    }


def test_shapes(case, generator, records):
    shape = tuple(s.cells for s in case.sides)
    assert generator.shape == shape
    for key, record in records.items():
        assert len(record.nodes) == case.dimension
        assert record.names == case.names
        assert [len(x) for x in record.nodes] == list(shape)
        if key == "spectrum":
            assert record.right.shape == (len(record.eigenvalues), generator.cells)
            assert len(record.eigenvalues) in (4, 5)  # a complex pair is not cut
        elif key == "current":
            vectors = record.vectors()
            assert len(record.values) == len(vectors) == case.dimension
            assert all(v.shape == shape for v in vectors)
        else:
            assert record.values.shape == shape
    density = records["density"]
    assert density.mass.shape == density.log_mass.shape == density.log_values.shape == shape
    np.testing.assert_allclose(density.values, np.exp(density.log_values), rtol=1e-12)
    assert density.info.boundary_mass >= 0
    assert records["committor"].complement.shape == shape
    assert density.unit == {2: "1/area", 3: "1/volume"}[case.dimension]


def test_files(case, generator, records, tmp_path):
    for key, record in records.items():
        path = str(tmp_path / f"{key}.npz")
        record.save(path)
        again = fokker.load(path)
        assert type(again) is type(record)
        assert again.names == record.names
        assert again.info.method == record.info.method
        for a, b in zip(record.nodes, again.nodes, strict=True):
            np.testing.assert_array_equal(a, b)
        if key == "spectrum":
            for name in ("eigenvalues", "right", "left"):
                np.testing.assert_array_equal(getattr(record, name), getattr(again, name))
        elif key == "current":
            for a, b in zip((*record.values, *record.vectors()), (*again.values, *again.vectors()), strict=True):
                np.testing.assert_array_equal(a, b)
            with pytest.raises(FokkerError, match="coefficients"):
                again.parts()
            assert again.through(near) == record.through(near)
        else:
            np.testing.assert_array_equal(record.values, again.values)
        if key == "reactive":
            assert again.log_rate == record.log_rate
            np.testing.assert_array_equal(record.current.values[1], again.current.values[1])
    path = str(tmp_path / "density.npz")
    loaded = fokker.load(path, generator=generator)
    place = [float(x[2]) + 0.05 for x in generator.nodes]
    assert loaded.at(*place) == records["density"].at(*place)
    assert fokker.entropy_production(loaded) == fokker.entropy_production(records["density"])
    with pytest.raises(FokkerError, match="other nodes"):
        fokker.load(path, generator=case.refined(2).generator())


def test_a_loaded_density_has_no_coefficients(records, tmp_path):
    path = str(tmp_path / "p.npz")
    records["density"].save(path)
    loaded = fokker.load(path)
    for ask in (
        lambda: loaded.at(*[0.5] * len(loaded.names)),
        loaded.current,
        loaded.mean,
        lambda: loaded.probability(near),
        loaded.mode,
    ):
        with pytest.raises(FokkerError, match=r"file|generator"):
            ask()


def test_a_marginal_of_a_loaded_density_is_a_marginal_or_an_error(records, tmp_path):
    path = str(tmp_path / "p.npz")
    records["density"].save(path)
    try:
        marginal = fokker.load(path).marginal("x")
    except FokkerError:
        return
    assert marginal.names == ("x",)
    np.testing.assert_allclose(marginal.values, records["density"].marginal("x").values, rtol=1e-12)


def test_a_generator_of_other_dimension_is_refused(records, tmp_path):
    path = str(tmp_path / "p.npz")
    records["density"].save(path)
    line = fokker.Problem(lambda x: -x, diffusion=1.0, domain={"x": (-2, 2)})
    with pytest.raises(FokkerError, match="other nodes"):
        fokker.load(path, generator=fokker.discretize(line, cells=7))


def test_a_generator_with_fewer_axes_of_the_same_nodes_is_refused(records, tmp_path, case):
    path = str(tmp_path / "p.npz")
    records["density"].save(path)
    line = fokker.Problem(lambda x: -x, diffusion=1.0, domain={"x": case.domain["x"]})
    axis = case.grid().axes["x"]
    with pytest.raises(FokkerError, match="other nodes"):
        fokker.load(path, generator=fokker.discretize(line, grid=fokker.Grid(x=axis)))


def test_labelled_arrays(records):
    pytest.importorskip("xarray")
    for key, record in records.items():
        array = record.to_xarray()
        if key == "current":
            for k, (name, vector) in enumerate(zip(record.names, record.vectors(), strict=True)):
                assert array[f"J_{name}"].dims == record.names
                np.testing.assert_array_equal(array[f"J_{name}"].values, vector)
                np.testing.assert_array_equal(array[name].values, record.nodes[k])
        elif key == "spectrum":
            assert array.dims == ("mode", *record.names)
        else:
            assert array.dims == record.names
            np.testing.assert_array_equal(array.values, record.values)


def test_texts_and_pictures(records):
    import matplotlib.pyplot as plt

    for key, record in records.items():
        assert len(repr(record).splitlines()) == 5
        assert record.info.method in repr(record)
        if key == "current" and len(record.names) == 3:
            with pytest.raises(DimensionError, match=r"no single picture[\s\S]*vectors"):
                record.plot()
        elif key == "reactive" or (len(record.names) == 2 and key != "spectrum"):
            axes = plt.figure().add_subplot() if len(record.names) == 2 else None
            drawn = record.plot(axes)
            assert drawn is axes if len(record.names) == 2 else len(drawn) == 3
        else:
            assert record.plot() is not None
        plt.close("all")
    assert records["density"].plot(log=True) is not None
    assert records["density"].marginal("x").plot() is not None
    assert records["reactive"].current.vectors()[0].shape == records["reactive"].values.shape
    plt.close("all")


def test_notebook_forms(records):
    for key in ("committor", "spectrum"):
        html = records[key]._repr_html_()
        assert "<table" in html
        assert ("data:image/png" in html) == (key == "spectrum" or len(records[key].names) == 2)


# ---------------------------------------------------------------- marginals
def test_marginals_are_sums(case, generator, records):
    density = records["density"]
    for k, name in enumerate(case.names):
        away = tuple(a for a in range(case.dimension) if a != k)
        marginal = density.marginal(name)
        assert marginal.names == (name,)
        np.testing.assert_allclose(marginal.mass, density.mass.sum(axis=away), rtol=1e-14)
        lengths = generator.lattice.cell_lengths[k] * generator.lattice.stretches[k]
        np.testing.assert_allclose(marginal.values * lengths, marginal.mass, rtol=1e-13)
        assert abs(marginal.mass.sum() - 1) < 1e-13
        assert abs(marginal.mean() - density.mean()[k]) < 1e-12
        assert abs(marginal.variance() - density.covariance()[k, k]) < 1e-12
        x = density.nodes[k]
        np.testing.assert_allclose(marginal.at(x), marginal.values, rtol=1e-12)
        middle = float(np.median(x))
        assert (
            abs(marginal.probability(lambda v, m=middle: v < m) + marginal.probability(lambda v, m=middle: v >= m) - 1)
            < 1e-12
        )
        with pytest.raises(FokkerError, match="without its generator"):
            marginal.current()
        with pytest.raises(FokkerError, match="without its generator"):
            fokker.entropy_production(marginal)
    if case.dimension == 3:
        pair = density.marginal("x", "z")
        assert pair.values.shape == (7, 8)
        np.testing.assert_allclose(pair.marginal("z").mass, density.marginal("z").mass, rtol=1e-13)
        np.testing.assert_allclose(density.marginal("z", "x").mass, pair.mass)  # in the order of the axes
    assert density.marginal(*case.names) is density


@pytest.mark.parametrize("names", [("w",), (), ("x", "w"), (0,)])
def test_marginals_of_unknown_axes(records, names):
    with pytest.raises(FokkerError, match=r"no such coordinate[\s\S]*'x', 'y'"):
        records["density"].marginal(*names)


# ---------------------------------------------------------------- means, probabilities
def bump(x, y):
    return 0.8 * x**2 + 0.5 * y**2 + 0.4 * x * y + 0.3 * np.sin(2 * x)


def gauss(cells, kind="uniform"):
    def axis(lo, hi):
        if kind == "line":
            return fokker.Axis.line(cells, scale=2.0, center=0.1, reach=8.0)
        if kind == "stretched":
            t = np.linspace(0, 1, cells + 1)
            faces = lo + (hi - lo) * (t + 0.08 * np.sin(2 * np.pi * t))
            faces[[0, -1]] = lo, hi
            return fokker.Axis.stretched(faces)
        return fokker.Axis.uniform(cells, lo, hi)

    ends = (-np.inf, np.inf) if kind == "line" else (-7.5, 7.0)
    problem = fokker.Problem.from_potential(bump, temperature=1.0, domain={"x": ends, "y": ends})
    return fokker.stationary(fokker.discretize(problem, grid=fokker.Grid(x=axis(-7.5, 7.0), y=axis(-7.5, 7.0))))


@pytest.fixture(scope="module")
def exact():
    x, w = np.polynomial.legendre.leggauss(120)
    x, w = -0.25 + 7.25 * x, 7.25 * w

    def over(weight):
        return float(w @ (weight(x[:, None], x) * np.exp(-bump(x[:, None], x))) @ w)

    total = over(lambda x, y: 1 + 0 * x * y)
    mean = [over(lambda x, y: x + 0 * y) / total, over(lambda x, y: y + 0 * x) / total]
    entries = [over(lambda x, y, a=a, b=b: ((x, y)[a] - mean[a]) * ((x, y)[b] - mean[b])) / total
               for a in (0, 1) for b in (0, 1)]  # fmt: skip

    def in_disc(cx, cy, radius):
        r, v = (
            0.5 * radius * (1 + np.polynomial.legendre.leggauss(80)[0]),
            0.5 * radius * np.polynomial.legendre.leggauss(80)[1],
        )
        angle = 2 * np.pi * np.arange(200) / 200
        values = np.exp(-bump(cx + r[:, None] * np.cos(angle), cy + r[:, None] * np.sin(angle)))
        return float((v * r) @ values.mean(axis=1)) * 2 * np.pi / total

    return {"total": total, "mean": np.array(mean), "covariance": np.array(entries).reshape(2, 2), "disc": in_disc}


@pytest.mark.parametrize("kind", ["uniform", "stretched", "line"])
def test_moments_and_probabilities(kind, exact):
    counts = (32, 64, 128)
    errors = {"disc": [], "covariance": [], "mean": []}
    for n in counts:
        density = gauss(n, kind)
        errors["disc"].append(density.probability(lambda x, y: (x - 0.3) ** 2 + (y + 0.2) ** 2 < 1.1**2)
                              / exact["disc"](0.3, -0.2, 1.1) - 1)  # fmt: skip
        errors["covariance"].append(np.abs(density.covariance() - exact["covariance"]).max())
        errors["mean"].append(np.abs(density.mean() - exact["mean"]).max())
        rest = density.probability(lambda x, y: (x - 0.3) ** 2 + (y + 0.2) ** 2 >= 1.1**2)
        here = density.probability(lambda x, y: (x - 0.3) ** 2 + (y + 0.2) ** 2 < 1.1**2)
        assert abs(rest + here - 1) < 1e-12
    # smooth means are spectrally accurate on even cells; sub-cells carry the rim of the disc
    assert errors["covariance"][-1] < 2e-3
    assert errors["mean"][-1] < 2e-3
    assert abs(errors["disc"][-1]) < 1e-3
    assert abs(errors["disc"][-1]) < abs(errors["disc"][0]) / 6 or abs(errors["disc"][0]) < 3e-4


def test_the_mode(exact):
    from scipy.optimize import minimize

    best = minimize(lambda v: bump(*v), [0.0, 0.0], tol=1e-12).x
    errors = []
    for n in (40, 80, 160):
        place = gauss(n).mode()
        assert isinstance(place, tuple)
        errors.append(np.hypot(*(np.array(place) - best)))
    assert errors[-1] < 1e-4
    assert gauss(60).mode() == pytest.approx(best, abs=5e-3)


def test_values_between_nodes_are_fourth_order(exact):
    x, y = np.random.default_rng(0).uniform(-1.5, 1.5, (2, 60))
    for kind in ("uniform", "stretched", "line"):
        errors, counts = [], (32, 64, 128)
        for n in counts:
            density = gauss(n, kind)
            # against the node values' own interpolant: the law is exact at the nodes up to its normalisation
            shift = (
                density.log_values.max()
                + bump(*np.meshgrid(*density.nodes, indexing="ij")).ravel()[density.log_values.argmax()]
            )
            errors.append(np.abs(density.log_at(x, y) - (shift - bump(x, y))).max())
            mesh = np.meshgrid(*density.nodes, indexing="ij")
            np.testing.assert_allclose(density.log_at(*mesh), density.log_values, rtol=1e-13, atol=1e-12)
            np.testing.assert_allclose(density.at(*mesh), density.values, rtol=1e-9)
        assert order(errors, counts) > 3.6
        assert errors[-1] < 1e-4


def test_values_across_the_seam():
    problem = fokker.Problem.from_potential(
        lambda x, y: np.cos(x) + 0.5 * np.sin(x + y), temperature=0.5,
        domain={"x": (0, 2 * np.pi), "y": (0, 2 * np.pi)}, boundary="periodic",
    )  # fmt: skip
    errors = []
    for n in (12, 24, 48):
        density = fokker.stationary(fokker.discretize(problem, cells=n))
        assert density.at(0.0, 1.0) == pytest.approx(density.at(2 * np.pi, 1.0), rel=1e-12)
        mesh = np.meshgrid(*density.nodes, indexing="ij")
        shift = (density.log_values + 2 * np.cos(mesh[0]) + np.sin(sum(mesh))).mean()
        x, y = np.array([0.01, 6.2, 0.003, 6.28, 3.0]), np.array([0.02, 6.27, 3.1, 0.1, 6.2])
        errors.append(np.abs(density.log_at(x, y) - (shift - 2 * np.cos(x) - np.sin(x + y))).max())
    assert order(errors, (12, 24, 48)) > 3.6
    chance = fokker.committor(
        fokker.discretize(problem, cells=24), lambda x, y: np.cos(x) > 0.9, lambda x, y: np.cos(x) < -0.9
    )
    assert chance.at(0.001, 2.0) == 0.0
    assert 0 < chance.at(2 * np.pi - 1.0, 2.0) < 1


def test_passage_times_between_nodes(records, generator, case):
    times = records["passage"]
    mesh = np.meshgrid(*generator.nodes, indexing="ij")
    np.testing.assert_allclose(times.at(*mesh), times.values, rtol=1e-12)
    np.testing.assert_allclose(records["committor"].at(*mesh), records["committor"].values, rtol=1e-12, atol=1e-300)
    named = dict(zip(case.names, (float(x[1]) for x in generator.nodes), strict=True))
    assert times.at(**named) == pytest.approx(float(times.values[(1,) * case.dimension]), rel=1e-12)
    assert np.log(times.at(**named)) == pytest.approx(times.log_at(**named), rel=1e-12)
    q = records["committor"]
    points = [np.linspace(x[0], x[-1], 9) for x in generator.nodes]
    np.testing.assert_allclose(q.at(*points) + q.complement_at(*points), 1, atol=2e-2)
    shaped = times.at(*(p.reshape(3, 3) for p in points))
    assert shaped.shape == (3, 3)


def test_probabilities_next_to_their_own_wall():
    problem = fokker.Problem.from_potential(
        lambda x, y: 8 * np.cos(3 * x) * np.cos(2 * y), temperature=1.0, domain={"x": (0, 3), "y": (0, 3)},
        boundary={"x": "absorbing"},
    )  # fmt: skip
    ways = fokker.splitting(
        fokker.discretize(problem, cells=24), {"disc": lambda x, y: (x - 1.5) ** 2 + (y - 1.5) ** 2 < 0.2}
    )
    y = np.linspace(0.1, 2.9, 15)
    np.testing.assert_allclose(ways["x right"].at(3.0, y), 1, atol=1e-9)
    np.testing.assert_allclose(ways["x left"].at(0.0, y), 1, atol=1e-9)
    x, y = np.random.default_rng(0).uniform(0, 3, (2, 4000))
    for way in ways.values():
        assert way.at(x, y).max() <= 1 + 1e-9
        np.testing.assert_allclose(way.at(x, y) + way.complement_at(x, y), 1, atol=2e-2)
    np.testing.assert_allclose(sum(way.at(x, y) for way in ways.values()), 1, atol=2e-2)


def test_values_at_walls_that_absorb():
    problem = fokker.Problem.from_potential(
        lambda x, y: 2 * np.cos(3 * x) * np.cos(2 * y), temperature=1.0, domain={"x": (0, 3), "y": (0, 3)},
        boundary={"x": "absorbing"},
    )  # fmt: skip
    g = fokker.discretize(problem, cells=24)
    ways, times = fokker.splitting(g), fokker.mean_first_passage(g)
    y = np.linspace(0.0, 3.0, 15)
    assert (times.at(0.0, y) == 0).all()
    assert (times.at(3.0, y) == 0).all()
    assert (ways["x right"].at(0.0, y) == 0).all()
    assert (ways["x left"].at(3.0, y) == 0).all()
    x = np.linspace(0.01, 2.99, 15)
    assert (times.at(x, y) > 0).all()


# ---------------------------------------------------------------- currents
def swirling(cells):
    """A tilted swirl of known law exp(-U), noise that varies, Ito convention: every part of the current is known."""

    def d(x, y):
        return 1 + 0.3 * np.sin(x + 0.5 * y)

    def drift(x, y):  # -D grad U + grad D + k (U_y, -U_x) in the Ito convention
        c = 0.3 * np.cos(x + 0.5 * y)
        return -d(x, y) * x + c + 0.7 * 2 * y, -d(x, y) * 2 * y + 0.5 * c - 0.7 * x

    problem = fokker.Problem(drift, diffusion=d, convention="ito", domain={"x": (-6.5, 6.0), "y": (-4.5, 5.0)})
    return fokker.discretize(problem, cells=cells), d, drift


def test_parts_of_a_current():
    counts, errors = (24, 48, 96), {"drift": [], "noise-induced": [], "diffusive": [], "whole": []}
    for n in counts:
        g, d, drift = swirling(n)
        current = fokker.stationary(g).current()
        x, y = np.meshgrid(*g.nodes, indexing="ij")
        p = np.exp(-(x**2) / 2 - y**2) / (np.sqrt(2 * np.pi) * np.sqrt(np.pi))
        c = 0.3 * np.cos(x + 0.5 * y)
        exact = {
            "drift": [f * p for f in drift(x, y)],
            "noise-induced": [-c * p, -0.5 * c * p],
            "diffusive": [d(x, y) * x * p, d(x, y) * 2 * y * p],
            "whole": [0.7 * 2 * y * p, -0.7 * x * p],
        }
        parts, vectors = current.parts(), current.vectors()
        assert set(parts) == {"drift", "noise-induced", "diffusive"}
        for k in range(2):
            np.testing.assert_allclose(sum(part[k] for part in parts.values()), vectors[k], atol=1e-15)
        for key, want in exact.items():
            got = vectors if key == "whole" else parts[key]
            errors[key].append(max(np.abs(a - b).max() for a, b in zip(got, want, strict=True)))
    for found in errors.values():
        assert order(found, counts) > 1.6
        assert found[-1] < 5e-3


def test_parts_with_a_potential():
    problem = fokker.Problem.from_potential(
        lambda x, y: x**2 / 2 + y**2, temperature=1.0, force=lambda x, y: (1.4 * y, -0.7 * x),
        domain={"x": (-6.5, 6.0), "y": (-4.5, 5.0)},
    )  # fmt: skip
    counts, errors = (24, 48, 96), []
    for n in counts:
        density = fokker.stationary(fokker.discretize(problem, cells=n))
        current = density.current()
        parts, vectors = current.parts(), current.vectors()
        x, y = np.meshgrid(*density.nodes, indexing="ij")
        p = np.exp(-(x**2) / 2 - y**2) / np.sqrt(2 * np.pi**2)
        for k in range(2):
            np.testing.assert_allclose(sum(part[k] for part in parts.values()), vectors[k], atol=1e-15)
            assert (parts["noise-induced"][k] == 0).all()
        errors.append(max(np.abs(parts["drift"][0] - (1.4 * y - x) * p).max(), np.abs(vectors[1] + 0.7 * x * p).max()))
    assert order(errors, counts) > 1.7


def test_flux_and_circulation_are_second_order():
    counts, errors = (24, 48, 96), {"ray": [], "around": [], "produced": []}
    # through y = 0, x > 0: int 0.7 * x p(x, 0) dx; entropy production int J^2 / (D p)
    flux = 0.7 * quad(lambda x: x * np.exp(-(x**2) / 2), 0, 6)[0] / np.sqrt(2 * np.pi**2)
    for n in counts:
        g, d, _ = swirling(n)
        density = fokker.stationary(g)
        current = density.current()
        psi = fokker.circulation(density, {"x": 0.0, "y": 0.0})
        errors["around"].append(psi / -flux - 1)  # the swirl turns clockwise
        u, v = (float(f[np.abs(f).argmin()]) for f in current.faces)
        ray = current.through(lambda x, y, v=v: y > v, where=lambda x, y, u=u: x > u)
        assert abs(ray - fokker.circulation(density, {"x": u, "y": v})) < 1e-14
        x, w = np.polynomial.legendre.leggauss(100)
        x, y = 6 * x[:, None], 6 * x
        p = np.exp(-(x**2) / 2 - y**2) / np.sqrt(2 * np.pi**2)
        exact = 36 * float(w @ (0.49 * (4 * y**2 + x**2) * p / d(x, y)) @ w)
        errors["produced"].append(fokker.entropy_production(density) / exact - 1)
    for key in ("around", "produced"):
        assert abs(errors[key][-1]) < 2e-2
        assert order(errors[key], counts) > 1.6


# ---------------------------------------------------------------- questions of the wrong kind
def test_points_of_the_wrong_dimension(records):
    for key in ("density", "passage", "committor"):
        record = records[key]
        for ask in (lambda r: r.at(0.5), lambda r: r.at(*[0.5] * 4), lambda r: r.at(x=0.5), lambda r: r.log_at(0.5),
                    lambda r: r.at(x=0.5, y=0.5, w=0.5), lambda r: r.at()):  # fmt: skip
            with pytest.raises(DomainError, match=r"each coordinate once[\s\S]*x=..., y=..."):
                ask(record)
        inside = [float(np.median(x)) for x in record.nodes]
        for k, wraps in enumerate(record.generator.lattice.periodic):
            for bad in (np.nan, np.inf) if wraps else (1e9, -1e9, np.nan, np.inf):
                with pytest.raises(DomainError, match="outside"):
                    record.at(*inside[:k], bad, *inside[k + 1 :])
            if wraps:
                turned = list(inside)
                turned[k] += 3 * float(np.ptp(record.generator.lattice.axes[k].faces[[0, -1]]))
                assert record.at(*turned) == pytest.approx(record.at(*inside), rel=1e-9)


def test_functions_of_the_wrong_dimension(records):
    density = records["density"]
    for wrong in (lambda x: x, lambda *x: np.zeros(3), lambda *x: 1 / 0):
        with pytest.raises(FokkerError, match=r"failed when called|one number a point"):
            density.expectation(wrong)
    with pytest.raises(MomentError, match=r"not a finite number[\s\S]*at x = "):
        density.expectation(lambda *x: np.log(x[0] - x[0]))
    for wrong in (lambda x: x > 0, lambda *x: x[0], lambda *x: np.ones(3, bool)):
        with pytest.raises(TargetError):
            density.probability(wrong)
    with pytest.raises(TargetError, match="holds no point"):
        density.probability(lambda *x: x[0] > 1e8)
    for ask in (lambda: density.moment(2), density.variance):
        with pytest.raises(DimensionError, match=r"covariance|marginal"):
            ask()


def test_questions_only_for_the_plane(records):
    density = records["density"]
    if len(density.names) == 3:
        with pytest.raises(DimensionError, match="two dimensions"):
            records["current"].stream_function()
    with pytest.raises(DimensionError, match="plane"):
        fokker.circulation(density, {"x": 0.1, "y": 0.5})
    line = fokker.Problem(lambda x: -x, diffusion=1.0, domain={"x": (-2, 2)})
    chain = fokker.stationary(fokker.discretize(line, cells=20))
    with pytest.raises(DimensionError, match="plane"):
        fokker.circulation(chain, {"x": 0.0})
    with pytest.raises(DimensionError, match="two dimensions"):
        chain.current().stream_function()
    g, *_ = swirling(12)
    with pytest.raises(DomainError, match="outside"):
        fokker.circulation(fokker.stationary(g), {"x": 30.0, "y": 0.0})
    with pytest.raises(DomainError, match="each coordinate once"):
        fokker.circulation(fokker.stationary(g), {"x": 0.0})


def test_entropy_production_of_a_passage_time(records):
    for key in ("passage", "committor", "current", "survivor"):
        with pytest.raises(FokkerError, match=rf"property of a density[\s\S]*{type(records[key]).__name__}"):
            fokker.entropy_production(records[key])


def test_chains_only(generator):
    for verb in (fokker.drift_velocity, fokker.effective_diffusion):
        with pytest.raises(DimensionError, match="one dimension only"):
            verb(generator)


def test_names_of_the_axes_are_kept():
    problem = fokker.Problem(
        lambda phi, r: (0 * phi + 1.0, -r), diffusion=1.0, domain={"phi": (0, 2 * np.pi), "r": (-3, 3)},
        boundary={"phi": "periodic"},
    )  # fmt: skip
    density = fokker.stationary(fokker.discretize(problem, cells=(8, 10)))
    assert density.names == ("phi", "r")
    assert density.marginal("r").names == ("r",)
    assert density.at(phi=1.0, r=0.2) == density.at(r=0.2, phi=1.0)
    assert NAMES[0] not in density.names
    assert "phi" in repr(density)
