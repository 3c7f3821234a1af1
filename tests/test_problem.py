"""The problem as a whole: its members, its equations, its Ito form."""

import pickle

import numpy as np
import pytest

from fokker.errors import CoefficientError, DimensionError
from fokker.problem import Problem, Robin

LINE = {"x": (-np.inf, np.inf)}
BOX = {"x": (-2.0, 2.0)}
SQUARE = {"x": (-1.0, 1.0), "y": (0.0, 2.0)}
X = np.linspace(-1.99, 1.99, 101)


def linear(x):
    return -x


def root(x):
    return np.sqrt(1 + x**2)


def thermal(**more):
    arguments = {"temperature": 0.5, "mobility": lambda x: 2 + np.sin(x), "domain": BOX}
    return Problem.from_potential(lambda x: (x**2 - 1) ** 2, **(arguments | more))


def test_members_of_a_drift_problem():
    problem = Problem(linear, root, convention="stratonovich", domain=LINE)
    assert not problem.has_potential
    assert not problem.has_force
    assert problem.alpha == 0.5
    assert np.array_equal(problem.drift_at(X), -X)
    assert np.allclose(problem.diffusion_at(X), (1 + X**2) / 2, rtol=1e-15)
    for evaluate in (problem.potential_at, problem.force_at):
        with pytest.raises(CoefficientError, match=r"no (potential|force) of its own[\s\S]*from_potential"):
            evaluate(X)


def test_members_of_a_thermal_problem():
    problem = thermal(force=3)
    assert problem.has_potential
    assert problem.has_force
    assert np.allclose(problem.potential_at(X), (X**2 - 1) ** 2 / 0.5, rtol=1e-15)
    assert np.allclose(problem.diffusion_at(X), (2 + np.sin(X)) * 0.5, rtol=1e-15)
    assert np.array_equal(problem.force_at(X), np.full(X.shape, 6.0))
    assert np.array_equal(thermal().force_at(X), np.zeros(X.shape))
    with pytest.raises(CoefficientError, match=r"no drift of its own[\s\S]*potential_at and force_at"):
        problem.drift_at(X)


def test_a_problem_is_frozen_and_travels():
    problem = Problem(linear, root, convention="ito", domain=LINE, boundary="reflecting")
    with pytest.raises(AttributeError):
        problem.domain = {}
    copy = pickle.loads(pickle.dumps(problem))
    assert np.array_equal(copy.diffusion_at(X), problem.diffusion_at(X))
    assert np.array_equal(pickle.loads(pickle.dumps(problem.ito())).drift_at(X), -X)


@pytest.mark.parametrize("temperature", [0, -1.0, np.nan, np.inf, "1", True, None])
def test_a_temperature_is_a_positive_number(temperature):
    with pytest.raises(CoefficientError, match="the temperature is not a positive, finite number"):
        thermal(temperature=temperature)


def test_a_temperature_that_varies_is_another_problem():
    with pytest.raises(CoefficientError, match="for a temperature that varies"):
        thermal(temperature=lambda x: 1 + x**2)


@pytest.mark.parametrize("name", ["noise", "diffusion", "drift"])
def test_a_potential_leaves_no_room_for_noise(name):
    with pytest.raises(CoefficientError, match=f"no {name} of its own[\\s\\S]*temperature and mobility"):
        thermal(**{name: 1.0})


def test_unknown_arguments_stay_type_errors():
    with pytest.raises(TypeError, match="unexpected arguments: friction"):
        thermal(friction=1.0)
    with pytest.raises(TypeError, match="domain"):
        Problem(0.0, 1.0)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"mobility": lambda x: x}, "the mobility is negative at x = "),
        ({"mobility": 0}, "the mobility vanishes"),
        ({"force": lambda x: np.nan * x}, "the force is not finite at x = "),
        ({"force": "1"}, "the force is a string"),
    ],
)
def test_thermal_coefficients_are_named(more, words):
    with pytest.raises(CoefficientError, match=words):
        thermal(**more)


def test_an_antisymmetric_mobility_is_for_more_than_one_axis_and_antisymmetric():
    with pytest.raises(DimensionError, match="at least two axes"):
        thermal(antisymmetric=1.0)
    arguments = {"temperature": 1.0, "domain": SQUARE}
    with pytest.raises(CoefficientError, match="antisymmetric is not antisymmetric"):
        Problem.from_potential(lambda x, y: x, antisymmetric=((0, 1), (1, 0)), **arguments)
    with pytest.raises(CoefficientError, match="its own argument antisymmetric="):
        Problem.from_potential(lambda x, y: x, mobility=((1, 1), (-1, 1)), **arguments)


@pytest.mark.parametrize(
    ("convention", "lines"),
    [
        ("ito", ["dX = a(X) dt + sigma dW   (Ito", "dp/dt = -(a p)' + (D p)''"]),
        ("stratonovich", ["sigma o dW   (Strat", "-(a p)' + (sqrt(D) (sqrt(D) p)')'", "(a + 0.5 D') dt"]),
        ("zwanzig", ["(isothermal", "dp/dt = -(a p)' + (D p')'", "(a + D') dt"]),
        ("anti-ito", ["(anti-Ito: sigma at the end", "dp/dt = -(a p)' + (D p')'"]),
        (0.25, ["alpha = 0.25 of the step", "(D^0.25 (D^0.75 p)')'", "0.25 D'"]),
    ],
)
def test_equation_spells_out_convention_factor_domain_and_walls(convention, lines):
    problem = Problem(
        linear,
        root,
        convention=convention,
        domain={"x": (0, 1)},
        boundary={"x": ("absorbing", Robin(2.0))},
        breakpoints={"x": [0.5]},
    )
    text = problem.equation()
    common = ["D = sigma^2 / 2", "a = <function linear>", "x in (0.0, 1.0)", "absorbing on the left", "0.5"]
    assert all(line in text for line in [*lines, *common, "Robin(kappa=2.0) on the right"])


def test_equation_of_constant_noise_and_of_diffusion():
    text = Problem(0.0, diffusion=1.0, domain=LINE).equation()
    assert "every convention is the same" in text
    assert "dp/dt = -(a p)' + D p''" in text
    assert "D = sigma^2 / 2, that is sigma = sqrt(2 D)" in text
    assert "none on the left, none on the right" in text


def test_equation_of_a_thermal_problem():
    text = thermal(force=1.0, boundary="periodic").equation()
    for words in ("mobility (-grad U + force)", "exp(-U/T)", "T = 0.5", "D = M T", "periodic", "(D p')'"):
        assert words in text
    assert "for every mobility" in thermal().equation()


def matrix(x, y):
    return ((1 + 0.2 * x, 0.3 * np.sin(y)), (0.1 * x * y, 1 + 0.1 * y))


@pytest.mark.parametrize(
    ("convention", "words"),
    [
        ("ito", "sum_ij d_i d_j (D_ij p)"),
        ("fick", "div(D grad p)"),
        ("stratonovich", "- 0.5 sum_ijk d_i ((sigma_kj d_k sigma_ij) p)"),
        ("anti-ito", "- sum_ijk d_i ((sigma_kj d_k sigma_ij) p)"),
    ],
)
def test_equation_in_two_dimensions(convention, words):
    problem = Problem((0, 0), noise=matrix, convention=convention, domain=SQUARE)
    assert words in problem.equation()
    assert "D = sigma sigma^T / 2" in problem.equation()


def test_repr_is_five_lines():
    for problem in (thermal(), Problem(linear, root, convention=0.25, domain=LINE)):
        assert len(repr(problem).split("\n")) == 5
    assert "noise=<function root>, convention=0.25" in repr(problem)


ALPHAS = [("ito", 0.0), ("stratonovich", 0.5), ("isothermal", 1.0), (0.3, 0.3)]


@pytest.mark.parametrize(("convention", "alpha"), ALPHAS)
@pytest.mark.parametrize("domain", [BOX, LINE, {"x": (-2.0, np.inf)}])
def test_ito_drift_on_smooth_noise(convention, alpha, domain):
    problem = Problem(linear, lambda x: np.exp(np.sin(3 * x) / 2), convention=convention, domain=domain)
    ito = problem.ito()
    slope = 1.5 * np.cos(3 * X) * np.exp(np.sin(3 * X))
    assert ito.convention.name == "ito"
    assert np.allclose(ito.drift_at(X), -X + alpha * slope, rtol=0, atol=1e-10)
    assert np.array_equal(ito.diffusion_at(X), problem.diffusion_at(X))
    assert np.allclose(ito.ito().drift_at(X), ito.drift_at(X), rtol=0, atol=0)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e6])
def test_ito_drift_does_not_know_the_unit_of_length(scale):
    problem = Problem(0.0, diffusion=lambda x: 1 / (1 + (x / scale) ** 2), convention="fick", domain=LINE)
    x = X * scale
    slope = -2 * X / (1 + X**2) ** 2 / scale
    assert np.allclose(problem.ito().drift_at(x), slope, rtol=0, atol=1e-10 / scale)


def test_a_narrow_feature_in_a_wide_domain_is_seen():
    wide = {"x": (-1e6, 1e6)}
    problem = Problem(0.0, diffusion=lambda x: 1 + np.exp(-(x**2)), convention="fick", domain=wide)
    x = np.linspace(-6, 6, 301)
    assert np.allclose(problem.ito().drift_at(x), -2 * x * np.exp(-(x**2)), rtol=0, atol=1e-10)


def test_differences_stay_inside_the_domain_and_its_pieces():
    seen = []

    def diffusion(x):
        seen.append((x.min(), x.max()))
        return np.where(x < 0.5, 1 + x, 1.5 + 3 * (x - 0.5))

    problem = Problem(0.0, diffusion=diffusion, convention="fick", domain={"x": (0, 1)}, breakpoints={"x": [0.5]})
    x = np.array([0.0, 1e-9, 0.1, 0.5 - 1e-9, 0.5 + 1e-9, 0.9, 1.0])
    assert np.allclose(problem.ito().drift_at(x), [1, 1, 1, 1, 3, 3, 3], rtol=0, atol=1e-10)
    assert min(low for low, _ in seen) >= 0.0
    assert max(high for _, high in seen) <= 1.0


def test_a_jump_has_no_ito_drift():
    problem = Problem(
        0.0,
        diffusion=lambda x: np.where(x < 0.5, 1.0, 2.0),
        convention="fick",
        domain={"x": (0, 1)},
        breakpoints={"x": [0.5]},
    )
    with pytest.raises(CoefficientError, match=r"the diffusion jumps at x = 0\.5, so the Ito drift"):
        problem.ito()


def test_ito_drift_of_a_thermal_problem():
    drift = thermal(force=lambda x: np.cos(x)).ito().drift_at(X)
    mobility, slope = 2 + np.sin(X), 4 * X * (X**2 - 1)
    assert np.allclose(drift, mobility * (-slope + np.cos(X)) + 0.5 * np.cos(X), rtol=0, atol=1e-9)
    assert np.array_equal(thermal().ito().diffusion_at(X), thermal().diffusion_at(X))
    constant = thermal(mobility=2.0).ito().drift_at(X)
    assert np.allclose(constant, -2 * slope, rtol=0, atol=1e-9)


def grid():
    x, y = np.meshgrid(np.linspace(-1, 1, 7), np.linspace(0, 2, 6), indexing="ij")
    sigma = np.array([[1 + 0.2 * x, 0.3 * np.sin(y)], [0.1 * x * y, 1 + 0.1 * y]])
    zero = np.zeros_like(x)
    along_x = np.array([[zero + 0.2, zero], [0.1 * y, zero]])
    along_y = np.array([[zero, 0.3 * np.cos(y)], [0.1 * x, zero + 0.1]])
    return x, y, sigma, np.stack([along_x, along_y])


@pytest.mark.parametrize(("convention", "alpha"), [("stratonovich", 0.5), ("anti-ito", 1.0), (0.3, 0.3)])
def test_ito_drift_of_a_noise_matrix(convention, alpha):
    x, y, sigma, slopes = grid()
    problem = Problem(lambda x, y: (-x, y), noise=matrix, convention=convention, domain=SQUARE)
    expected = np.array([-x, y]) + alpha * np.einsum("kj...,kij...->i...", sigma, slopes)
    assert np.allclose(problem.ito().drift_at(x, y), expected, rtol=0, atol=1e-10)


def test_isothermal_ito_drift_of_a_full_tensor_is_its_row_divergence():
    x, y, sigma, slopes = grid()
    problem = Problem((0, 0), noise=matrix, convention="isothermal", domain=SQUARE)
    product = np.einsum("kia...,ja...->kij...", slopes, sigma)
    tensor_slopes = 0.5 * (product + np.swapaxes(product, 1, 2))
    expected = np.einsum("jij...->i...", tensor_slopes)
    assert np.allclose(problem.ito().drift_at(x, y), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("diffusion", "slopes"),
    [
        (lambda x, y: 1 + x**2 + y**2, lambda x, y: (2 * x, 2 * y)),
        (lambda x, y: (1 + x**2, 1 + y**3), lambda x, y: (2 * x, 3 * y**2)),
    ],
)
def test_ito_drift_of_scalar_and_diagonal_tensors(diffusion, slopes):
    x, y, _, _ = grid()
    problem = Problem((1, 0), diffusion=diffusion, convention="stratonovich", domain=SQUARE)
    expected = np.array([1 + 0 * x, 0 * y]) + 0.5 * np.array(slopes(x, y))
    assert np.allclose(problem.ito().drift_at(x, y), expected, rtol=0, atol=1e-10)


def test_ito_drift_with_a_magnetic_mobility():
    x, y, _, _ = grid()
    problem = Problem.from_potential(
        lambda x, y: x**2 + x * y,
        temperature=0.5,
        mobility=lambda x, y: (1 + x**2, 2.0),
        force=lambda x, y: (-y, x),
        antisymmetric=lambda x, y: ((0.0, x * y), (-x * y, 0.0)),
        domain=SQUARE,
    )
    fx, fy = -2 * x - y - y, -x + x
    first = (1 + x**2) * fx + x * y * fy + 0.5 * (2 * x + x)
    second = -x * y * fx + 2 * fy + 0.5 * (-y)
    assert np.allclose(problem.ito().drift_at(x, y), [first, second], rtol=0, atol=1e-9)
    assert problem.force_at(x, y).shape == (2, *x.shape)
