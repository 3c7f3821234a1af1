"""The convention: words, numbers, when it is needed and when it has no meaning."""

import numpy as np
import pytest

from fokker.errors import ConventionError
from fokker.problem import Convention, Problem

LINE = {"x": (-np.inf, np.inf)}
SQUARE = {"x": (-1.0, 1.0), "y": (-1.0, 1.0)}

EXPECTED = """\
the noise depends on x, so the equation depends on the convention.
  given     noise=<function>, convention=None
  choose    "ito"           dp/dt = -(a p)' + (D p)''
            "stratonovich"  dp/dt = -(a p)' + (sqrt(D) (sqrt(D) p)')'
            "isothermal"    dp/dt = -(a p)' + (D p')'"""


@pytest.mark.parametrize(
    ("value", "name", "alpha"),
    [
        ("ito", "ito", 0.0),
        ("stratonovich", "stratonovich", 0.5),
        ("isothermal", "isothermal", 1.0),
        ("klimontovich", "isothermal", 1.0),
        ("fick", "isothermal", 1.0),
        ("zwanzig", "isothermal", 1.0),
        ("anti-ito", "anti-ito", 1.0),
        (0, "ito", 0.0),
        (0.5, "stratonovich", 0.5),
        (np.float32(0.25), "alpha", 0.25),
        (1, "anti-ito", 1.0),
    ],
)
def test_words_aliases_and_numbers(value, name, alpha):
    convention = Convention.parse(value)
    assert (convention.name, convention.alpha) == (name, alpha)
    assert Convention.parse(convention) is convention


@pytest.mark.parametrize("value", ["Ito", "itō", "", True, None, 1j, ("ito",)])
def test_unknown_words_list_the_accepted_ones(value):
    with pytest.raises(ConventionError, match="this convention is unknown") as caught:
        Convention.parse(value)
    text = str(caught.value)
    assert repr(value) in text
    assert '"stratonovich"' in text
    assert "alpha in [0, 1]" in text


def test_a_near_miss_is_suggested():
    with pytest.raises(ConventionError, match='try       convention="stratonovich"'):
        Convention.parse("Stratonovitch")


@pytest.mark.parametrize("alpha", [-0.1, 1.5, np.nan, np.inf])
def test_numbers_outside_the_unit_interval(alpha):
    with pytest.raises(ConventionError, match=r"alpha in \[0, 1\], not "):
        Convention.parse(alpha)


def test_a_missing_convention_prints_the_three_equations():
    with pytest.raises(ConventionError) as caught:
        Problem(drift=lambda x: -x, noise=lambda x: (1 + x**2) ** 0.5, domain=LINE)
    assert str(caught.value) == EXPECTED


def test_constant_noise_needs_none_and_tolerates_one():
    problem = Problem(drift=lambda x: -x, noise=lambda x: 2.0 * np.cos(0 * x), domain=LINE)
    assert problem.alpha == 0.0
    assert problem.convention is None
    assert Problem(0.0, 1.0, convention="stratonovich", domain=LINE).alpha == 0.5


def test_noise_of_either_sign_has_a_constant_diffusion():
    problem = Problem(0.0, noise=lambda x: np.where(x > 0, 1.0, -1.0), domain=LINE)
    assert np.array_equal(problem.diffusion_at([-1.0, 1.0]), [0.5, 0.5])


def test_dependence_hidden_from_the_probes_is_found_on_evaluation():
    problem = Problem(0.0, diffusion=lambda x: np.where(np.abs(x) < 1e4, 1.0, 1.0 + 1e-12), domain=LINE)
    assert np.array_equal(problem.diffusion_at([0.0, 9e3]), [1.0, 1.0])
    with pytest.raises(ConventionError, match="diffusion=<function>, convention=None"):
        problem.diffusion_at([0.0, 2e4])
    assert problem.diffusion_at([2e4], check=False) == 1.0 + 1e-12


def test_a_potential_leaves_no_convention_to_choose():
    with pytest.raises(ConventionError, match="no convention to choose") as caught:
        Problem.from_potential(lambda x: x**2, temperature=1.0, convention="ito", domain=LINE)
    assert "exp(-U/T) for every mobility" in str(caught.value)
    problem = Problem.from_potential(lambda x: x**2, temperature=1.0, mobility=lambda x: 1 + x**2, domain=LINE)
    assert (problem.alpha, problem.convention) == (1.0, Convention("isothermal", 1.0))


def full(x, y):
    return ((1 + x**2, 0.1 * y), (0.1 * y, 1 + y**2))


@pytest.mark.parametrize("convention", ["stratonovich", "anti-ito", 0.25, 1])
def test_a_full_tensor_needs_the_noise_matrix(convention):
    with pytest.raises(ConventionError, match="not determined by a full tensor D") as caught:
        Problem((0, 0), diffusion=full, convention=convention, domain=SQUARE)
    assert "many sigma have the same D" in str(caught.value)
    assert Problem((0, 0), noise=full, convention=convention, domain=SQUARE).dimension == 2


@pytest.mark.parametrize("convention", ["ito", "isothermal", "fick"])
def test_a_full_tensor_suffices_for_ito_and_isothermal(convention):
    assert Problem((0, 0), diffusion=full, convention=convention, domain=SQUARE).diffusion_at(0, 0).shape == (
        2,
        2,
    )


def test_a_diagonal_tensor_suffices_for_every_convention():
    for diffusion in (lambda x, y: (1 + x**2, 2.0), lambda x, y: ((1 + x**2, 0.0), (0.0, 2.0))):
        assert Problem((0, 0), diffusion=diffusion, convention="anti-ito", domain=SQUARE).alpha == 1.0


def test_a_turning_noise_matrix_matters_though_d_is_constant():
    def turn(x, y):
        return ((np.cos(x), -np.sin(x)), (np.sin(x), np.cos(x)))

    with pytest.raises(ConventionError, match="the noise depends on x, y"):
        Problem((0, 0), noise=turn, domain=SQUARE)
