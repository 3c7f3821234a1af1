"""The records: shapes, texts, files, pictures, moments that do not exist."""

import matplotlib
import numpy as np
import pytest
from scipy.integrate import quad

import fokker
from fokker.errors import DomainError, FokkerError, MomentError

matplotlib.use("Agg")

LINE = {"x": (-np.inf, np.inf)}


def u(x):
    return 2 * (x**2 - 1) ** 2 + np.sin(2 * x)


def generator(cells=80):
    problem = fokker.Problem.from_potential(
        u, temperature=1.0, mobility=lambda x: 1 + 0.5 * np.sin(x), domain={"x": (-1.8, 1.9)}
    )
    return fokker.discretize(problem, cells=cells)


@pytest.fixture(scope="module")
def density():
    return fokker.stationary(generator())


@pytest.fixture(scope="module")
def times():
    return fokker.mean_first_passage(generator(), lambda x: x > 1)


@pytest.fixture(scope="module")
def current():
    ring = fokker.Problem(lambda x: 0.5 + np.sin(x), diffusion=0.5, domain={"phi": (0, 2 * np.pi)}, boundary="periodic")
    return fokker.stationary(fokker.discretize(ring, cells=40)).current()


@pytest.fixture(params=["density", "times", "current"])
def record(request):
    return request.getfixturevalue(request.param)


def cauchy(cells=200):
    return fokker.stationary(
        fokker.discretize(
            fokker.Problem(lambda x: -x, diffusion=lambda x: 1 + x**2, convention=0.5, domain=LINE), cells
        )
    )


def integral(f, low=-1.8, high=1.9):
    return quad(f, low, high, epsabs=1e-14, epsrel=1e-13, limit=200)[0]


def test_every_record_prints_five_lines_and_html(record):
    assert len(repr(record).splitlines()) == 5
    assert "warnings" in repr(record)
    assert "<table>" in record._repr_html_()
    assert repr(record).splitlines()[0].split()[0] in record._repr_html_()
    assert "<function" not in repr(record)


def test_a_table_splits_behind_the_label_however_long():
    from fokker.notebook import record_html

    page = record_html("Title\n  eigenvalues 0, -1\n  method      a b\n              and c")
    assert "eigenvalues</th>" in page
    assert ">0, -1</td>" in page
    assert "></th>" in page  # the last line has no label
    assert ">and c</td>" in page


def test_problems_generators_and_infos_have_html():
    chain = generator()
    for thing, word in ((chain.problem, "process</th>"), (chain, "sinks</th>")):
        assert word in thing._repr_html_()
    assert "references</th>" in fokker.stationary(chain).info._repr_html_()
    assert repr(fokker.stationary(chain).info).startswith("method  ")


def test_html_is_escaped(times):
    from fokker.notebook import html

    assert "<b>a &lt; b</b>" in html("a < b", [("<i>", "1 < 2")])
    assert "<i>" not in html("a < b", [("<i>", "1 < 2")])
    assert "<script" not in times._repr_html_()


def test_info(density, times, current):
    text = str(density.info)
    for word in ("method", "residual", "mass_defect", "smallest_log_value", "references", "Grassmann"):
        assert word in text
    # per cell, relative to the flow through it
    assert density.info.residual < 1e-14
    assert density.info.mass_defect < 1e-14
    assert density.info.cells == 80
    assert abs(density.info.smallest_log_value - density.log_values.min()) < 1e-12
    assert density.info.warnings == times.info.warnings == current.info.warnings == ()
    assert "target" in str(times.info)


def test_records_are_frozen(record):
    with pytest.raises(AttributeError):
        record.names = ("y",)


@pytest.mark.parametrize("name", ["density", "times"])
def test_at_has_the_shape_of_its_points(name, request):
    answer = request.getfixturevalue(name)
    for ask in (answer.at, answer.log_at):
        point = ask(x=-0.5)
        assert type(point) is float
        for scalar in (np.float32(-0.5), np.float64(-0.5), np.array(-0.5)):
            assert type(ask(scalar)) is float
            assert ask(scalar) == point
        assert type(ask(x=0)) is float
        assert ask(x=0) == ask(x=0.0)
        grid = ask(x=[[-0.5, 0.0, 0.5], [0.25, -0.75, -0.5]])
        assert grid.shape == (2, 3)
        assert grid[0, 0] == grid[1, 2] == point
        assert ask(x=[-0.5]).shape == (1,)
        assert ask(x=[]).shape == (0,)
        assert ask(np.array([-0.5, 0.5], dtype=np.float32)).dtype == np.float64
        np.testing.assert_allclose(ask(x=answer.nodes[0][:20]), [ask(x=v) for v in answer.nodes[0][:20]], rtol=1e-14)


@pytest.mark.parametrize("name", ["density", "times"])
def test_values_at_nodes_are_values_at_nodes(name, request):
    answer = request.getfixturevalue(name)
    np.testing.assert_allclose(answer.at(x=answer.nodes[0]), answer.values, rtol=1e-13)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(answer.log_values, np.log(answer.values), rtol=1e-13)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda d: d.at(x=5.0), r"x = 5 lies outside[\s\S]*larger domain"),
        (lambda d: d.at(x=np.nan), "outside"),
        (lambda d: d.at(y=1.0), r"each coordinate once[\s\S]*x=\.\.\."),
        (lambda d: d.at(), "each coordinate once"),
        (lambda d: d.at(1.0, 2.0), "each coordinate once"),
        (lambda d: d.at(1.0, x=2.0), "each coordinate once"),
        (lambda d: d.at(x="a"), "not a number"),
        (lambda d: d.at(x=1j), "not a number"),
    ],
)
def test_points_that_are_none(density, times, ask, words):
    for answer in (density, times):
        with pytest.raises(DomainError, match=words):
            ask(answer)


def test_moments_expectations_probabilities_by_quadrature(density):
    z = integral(lambda x: np.exp(-u(x)))

    def mean_of(f):
        return integral(lambda x: f(x) * np.exp(-u(x))) / z

    mean = mean_of(lambda x: x)
    # quadrature of the profile: rounding of a few hundred terms
    assert abs(density.mean() - mean) < 1e-13
    assert abs(density.variance() - mean_of(lambda x: (x - mean) ** 2)) < 1e-13
    np.testing.assert_allclose(density.covariance(), [[density.variance()]])
    assert abs(density.moment(3) - mean_of(lambda x: x**3)) < 1e-13
    assert abs(density.moment(4, center=0.5) / mean_of(lambda x: (x - 0.5) ** 4) - 1) < 1e-12
    assert abs(density.expectation(np.exp) / mean_of(np.exp) - 1) < 1e-12
    assert density.expectation(lambda x: 2.0) == pytest.approx(2.0, abs=1e-14)
    for low, high in ((0.1234, 0.5), (-1.8, 0.0), (-0.77, 1.9)):
        share = integral(lambda x: np.exp(-u(x)), low, high) / z
        assert abs(density.probability(lambda x, a=low, b=high: (x >= a) & (x <= b)) / share - 1) < 1e-11
    both = density.probability(lambda x: (x < -0.5) | (x > 0.7))
    assert abs(both - 1 + density.probability(lambda x: (x >= -0.5) & (x <= 0.7))) < 1e-13
    slope = np.gradient(density.at(x=density.mode() + np.array([-1e-5, 0, 1e-5])))
    assert abs(slope[1]) < 1e-9 * density.at(x=density.mode())
    assert density.marginal("x") is density


@pytest.mark.parametrize("ask", [lambda d: d.mean(), lambda d: d.variance(), lambda d: d.moment(2)])
def test_moments_that_do_not_exist(ask):
    with pytest.raises(MomentError, match=r"does not exist: the tail is too heavy[\s\S]*falls like \|x\|\*\*-2"):
        ask(cauchy())


def test_moments_exist_up_to_the_tail_index():
    # nu = 9, the scale s^2 = 1.5/0.8: E x^8 = s^8 Gamma(9/2) Gamma(1/2)/(sqrt(pi) Gamma(9/2)) = s^8
    problem = fokker.Problem(lambda x: -2 * x, diffusion=lambda x: 0.25 * (1.5 + 0.8 * x**2), convention=1, domain=LINE)
    law = fokker.stationary(fokker.discretize(problem, cells=400))
    assert abs(law.moment(8) / 1.875**4 - 1) < 1e-8
    for order in (9, 10, 12):
        with pytest.raises(MomentError, match=rf"grows like \|x\|\*\*{order}[\s\S]*lower order"):
            law.moment(order)
    # slowly growing functions of a Cauchy law: E ln(1 + x^2) = 2 ln 2
    assert abs(cauchy().expectation(lambda x: np.log1p(x**2)) / (2 * np.log(2)) - 1) < 1e-8


@pytest.mark.parametrize("order", [0, -1, 1.5, True, "2"])
def test_orders_that_are_none(density, order):
    with pytest.raises(MomentError, match=r"no such moment[\s\S]*1, 2, 3"):
        density.moment(order)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda d: d.expectation(lambda x: np.ones(3)), "one number a point"),
        (lambda d: d.expectation(lambda x: 1 / 0), "failed when called on arrays"),
        (lambda d: d.expectation(lambda x: x * np.nan), "not a finite number"),
        (lambda d: d.probability(lambda x: x), "one truth value a point"),
        (lambda d: d.probability(lambda x: bool(x > 0)), "failed when called on arrays"),
        (lambda d: d.marginal("y"), r"no such coordinate[\s\S]*'x'"),
    ],
)
def test_functions_that_are_none(density, ask, words):
    with pytest.raises(FokkerError, match=words):
        ask(density)


def test_a_current_lives_on_the_faces(current):
    assert current.values.shape == (41,)
    assert current.faces[0].shape == (41,)
    (vectors,) = current.vectors()
    assert vectors.shape == (40,)
    np.testing.assert_allclose(vectors, 0.175593406037 / (2 * np.pi), rtol=1e-11)
    assert current.names == ("phi",)


def test_saved_records_come_back(record, tmp_path):
    path = tmp_path / "record.npz"
    record.save(str(path))
    again = fokker.load(str(path))
    assert type(again) is type(record)
    assert again.names == record.names
    assert np.array_equal(again.values, record.values)
    assert np.array_equal(again.nodes[0], record.nodes[0])
    assert str(again.info) == str(record.info)
    assert repr(again) == repr(record)
    with np.load(path, allow_pickle=False) as data:
        assert all(data[key].dtype.kind != "O" for key in data.files)


def test_a_loaded_density_answers_with_its_generator(density, tmp_path):
    path = str(tmp_path / "p.npz")
    density.save(path)
    with pytest.raises(FokkerError, match=r"needs the coefficients[\s\S]*generator="):
        fokker.load(path).at(x=0.0)
    assert fokker.load(path, generator=generator()).at(x=0.1) == density.at(x=0.1)
    with pytest.raises(FokkerError, match="other nodes"):
        fokker.load(path, generator=generator(79))


def test_a_loaded_passage_time_keeps_what_doubles_cannot(tmp_path):
    problem = fokker.Problem.from_potential(lambda x: 900 * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-1.5, 1.5)})
    far = fokker.mean_first_passage(fokker.discretize(problem, cells=300), lambda x: x > 1)
    far.save(str(tmp_path / "t.npz"))
    again = fokker.load(str(tmp_path / "t.npz"))
    assert np.isinf(again.values).any()
    assert np.array_equal(again.log_values, far.log_values)
    with pytest.raises(FokkerError, match="needs the coefficients"):
        again.at(x=0.0)


def test_a_foreign_file_is_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, a=np.ones(3))
    with pytest.raises(FokkerError, match=r"no record[\s\S]*save"):
        fokker.load(str(path))


def test_to_xarray(record):
    array = record.to_xarray()
    assert array.dims == record.names
    assert np.array_equal(array.values, record.values)
    places = record.faces if hasattr(record, "faces") else record.nodes
    assert np.array_equal(array.coords[record.names[0]].values, places[0])
    assert array.attrs["method"] == record.info.method


def test_plot_takes_and_returns_axes_and_never_shows(record, monkeypatch):
    import matplotlib.pyplot as plt

    def show(*args, **kwargs):
        raise AssertionError("plot called show")

    monkeypatch.setattr(plt, "show", show)
    figure, ax = plt.subplots()
    assert record.plot(ax, color="red") is ax
    assert ax.get_lines()[0].get_color() == "red"
    assert ax.get_xlabel() == record.names[0]
    assert ax.get_ylabel()
    own = record.plot()
    assert own is not ax
    assert len(own.get_lines()) == 1
    plt.close(figure)
    plt.close(own.figure)


def test_a_heavy_tail_is_drawn_where_the_probability_is():
    import matplotlib.pyplot as plt

    ax = cauchy().plot(log=True)
    low, high = ax.get_xlim()
    assert -5000 < low < -5 < 5 < high < 5000
    assert ax.get_yscale() == "log"
    plt.close(ax.figure)


def test_completion_offers_what_a_user_needs(density):
    offered = set(dir(density)) | set(dir(density.info))
    assert {"values", "mass", "at", "plot", "residual"} <= offered
    assert not {"node_weights", "own_lattice", "cell_mass"} & offered
    assert "plan" not in dir(generator())
    assert "rates" in dir(generator())
    assert "linalg" not in dir(fokker)
    assert "stationary" in dir(fokker)


def test_records_compare_and_hash(record):
    assert record == record
    assert record != 3
    assert len({record}) == 1


def test_a_record_that_cannot_be_drawn_shows_its_table():
    from fokker.notebook import record_html

    def fails(ax):
        raise ValueError("cannot draw")

    page = record_html("Title\n  values  1", fails)
    assert "<img" not in page
    assert ">1</td>" in page
    assert "cannot be drawn: cannot draw" in page
