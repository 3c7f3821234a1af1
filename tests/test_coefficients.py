"""What a coefficient may be, and how each misuse is reported."""

import math

import numba
import numpy as np
import pytest

from fokker.errors import CoefficientError, DimensionError
from fokker.problem import Problem

BOX = {"x": (-2.0, 2.0)}
LINE = {"x": (-np.inf, np.inf)}
SQUARE = {"x": (-1.0, 1.0), "y": (0.0, 2.0)}
POINTS = np.array([-1.0, 0.25, 1.5])


def drift(source, domain=BOX):
    return Problem(drift=source, noise=1.0, domain=domain)


def spread(source, domain=BOX):
    return Problem(drift=0.0, diffusion=source, convention="ito", domain=domain)


def changes_its_argument(x):
    x -= 1
    return x


@pytest.mark.parametrize(
    "source",
    [
        2,
        np.float32(2),
        np.array(2.0),
        (2.0,),
        [[2.0]],
        lambda x: 2,
        lambda x: np.float32(2) * np.ones_like(x, dtype=np.float32),
        lambda x: np.full(x.shape, 2),
        lambda x: np.full(x.shape, 2.0, dtype=np.longdouble),
        lambda x: np.full(x.shape, 2.0, dtype=object),
        lambda x: (2.0,),
        lambda x: [2.0 + 0 * x],
        lambda x: np.array([2.0]),
        np.vectorize(lambda x: 2.0),
    ],
)
def test_scalars_ints_float32_and_objects_are_accepted(source):
    values = drift(source).drift_at(POINTS)
    assert np.array_equal(values, [2.0, 2.0, 2.0])
    assert values.dtype == np.float64
    assert values.flags.c_contiguous
    assert values.flags.writeable


def test_values_have_the_shape_of_the_points():
    problem = drift(lambda x: x**2)
    assert problem.drift_at(np.ones((2, 3))).shape == (2, 3)
    assert problem.drift_at(1.5).shape == ()
    assert problem.drift_at(np.empty(0)).shape == (0,)
    assert problem.diffusion_at(np.empty(0)).shape == (0,)
    assert problem.drift_at([1, 2]).tolist() == [1.0, 4.0]


def test_values_never_alias_the_points():
    values = drift(lambda x: x).drift_at(POINTS)
    assert not np.shares_memory(values, POINTS)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("-x", "the drift is a string; formulas are written as functions[\\s\\S]*lambda x"),
        (True, "the drift is not a coefficient"),
        (None, "the drift is not a coefficient[\\s\\S]*drift=None"),
        ({"x": 1}, "the drift is not a coefficient"),
        (1j, "the drift is not a real number: 1j"),
        (np.nan, "the drift is not finite"),
        ([1.0, 2.0, 3.0], "the drift has the wrong shape[\\s\\S]*Sampled"),
        (np.ones(33), r"the drift has the wrong shape[\s\S]*<array of shape \(33,\)>"),
        ((lambda x: x, lambda x: x), "a tuple of functions[\\s\\S]*one function that returns the tuple"),
        (lambda x: math.sin(x), r"cannot be evaluated[\s\S]*np.sin[\s\S]*np.vectorize"),
        (lambda x: x if x > 0 else -x, r"cannot be evaluated[\s\S]*np.where"),
        (lambda x: max(x, 0), r"cannot be evaluated[\s\S]*np.minimum instead of min"),
        (lambda x, y: x, r"cannot be evaluated[\s\S]*function of \(x\)[\s\S]*as many arguments"),
        (lambda x: 1 / 0, "cannot be evaluated[\\s\\S]*raised ZeroDivisionError"),
        (changes_its_argument, "<function changes_its_argument>[\\s\\S]*must not change its argument"),
        (lambda x: x[:-1], r"wrong shape[\s\S]*\(32,\)[\s\S]*\(33,\)"),
        (lambda x: (x, x), "wrong shape[\\s\\S]*a tuple of 2"),
        (lambda x: np.ones((3, 3)), "wrong shape"),
        (lambda x: list(x), "wrong shape[\\s\\S]*a list of 33"),
        (lambda x: x > 0, r"not a real number at x = [\s\S]*np.where\(condition, a, b\)"),
        (lambda x: None, "not a real number at x = [\\s\\S]*: None[\\s\\S]*`return`"),
        (lambda x: "1", "not a real number at x = "),
        (lambda x: x.sum(), "depends on more than the point"),
        (lambda x: x - x.mean(), "depends on more than the point"),
        (lambda x: np.random.default_rng().normal(size=x.shape), "depends on more than the point"),
    ],
)
def test_misuse_is_explained(source, words):
    with pytest.raises(CoefficientError, match=words):
        drift(source)


def test_a_compiled_function_must_take_read_only_points():
    compiled = numba.njit("float64[::1](float64[::1])")(lambda x: -x)
    with pytest.raises(CoefficientError, match="without an explicit signature"):
        drift(compiled)
    assert drift(numba.njit(lambda x: -x)).drift_at([0.5]) == -0.5


def test_the_cause_of_a_failing_callable_is_kept():
    with pytest.raises(CoefficientError) as caught:
        drift(lambda x: 1 / 0)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_point_that_is_not_finite_is_named(bad):
    problem = drift(lambda x: np.where(x > 30, bad, x), LINE)
    with pytest.raises(CoefficientError, match=f"the drift is not finite at x = 31.0: {bad}"):
        problem.drift_at([0.0, 31.0, 32.0])
    assert np.array_equal(problem.drift_at([31.0], check=False), [bad], equal_nan=True)


def test_large_finite_values_are_no_fault():
    assert drift(lambda x: 1e308 * np.sign(x), LINE).drift_at([1.0, 2.0, 3.0]).tolist() == [1e308] * 3


def test_values_that_are_not_finite_are_found_when_a_bounded_problem_is_made():
    with pytest.raises(CoefficientError, match="the drift is not finite at x = "):
        drift(lambda x: np.sqrt(x))
    with pytest.raises(CoefficientError, match="the drift is not finite at x = "):
        drift(lambda x: np.log(-1 - x**2), LINE)


def test_a_coefficient_may_overflow_far_out_on_the_line():
    problem = drift(lambda x: np.exp(x**4), LINE)
    assert problem.drift_at([0.0]) == 1.0
    assert problem.drift_at([1e3], check=False) == np.inf


def test_complex_values_name_the_first_offender():
    problem_source = np.lib.scimath.sqrt
    with pytest.raises(CoefficientError, match=r"the drift is not a real number at x = -\d"):
        drift(problem_source)


def test_masked_values_count_as_missing():
    with pytest.raises(CoefficientError, match=r"not finite at x = .*: nan"):
        drift(lambda x: np.ma.masked_less(x, 0.0))


def test_negative_and_vanishing_diffusion_name_the_point():
    with pytest.raises(CoefficientError, match="the diffusion is negative at x = -"):
        spread(lambda x: x)
    with pytest.raises(CoefficientError, match=r"the diffusion is negative: -1\.0"):
        spread(-1.0, LINE)
    with pytest.raises(CoefficientError, match=r"the diffusion vanishes: 0\.0"):
        spread(0)
    problem = spread(lambda x: x**2)
    with pytest.raises(CoefficientError, match=r"the diffusion vanishes at x = 0.0: 0.0[\s\S]*D > 0"):
        problem.diffusion_at([1.0, 0.0])
    noisy = Problem(0.0, noise=lambda x: x, convention="ito", domain=BOX)
    with pytest.raises(CoefficientError, match=r"the noise vanishes at x = 0\.0"):
        noisy.diffusion_at([-1.0, 0.0])
    assert noisy.diffusion_at([-1.0]) == 0.5


def test_noise_along_some_axes_only_is_refused_in_words():
    for noise in ({"noise": (0.0, 1.0)}, {"diffusion": ((0, 0), (0, 1))}):
        with pytest.raises(CoefficientError, match=r"has no part along x[\s\S]*underdamped"):
            Problem(drift=(0, 0), domain={"x": (-1, 1), "v": (-1, 1)}, **noise)


def test_more_noises_than_coordinates_are_told_what_to_do():
    with pytest.raises(CoefficientError, match=r"wrong shape[\s\S]*more noises than coordinates: diffusion="):
        Problem(drift=(0, 0), noise=((1, 0, 1), (0, 1, 1)), domain={"x": (-1, 1), "y": (-1, 1)})


def test_a_diffusion_may_vanish_on_a_wall_only():
    problem = spread(lambda x: 4 - x**2)
    assert problem.diffusion_at([-2.0, 0.0, 2.0]).tolist() == [0.0, 4.0, 0.0]


def test_a_diffusion_may_underflow_far_out_on_the_line():
    problem = spread(lambda x: np.exp(-(x**2)), LINE)
    with pytest.raises(CoefficientError, match=r"vanishes at x = 100\.0"):
        problem.diffusion_at([0.0, 100.0])


def test_exactly_one_of_noise_and_diffusion():
    with pytest.raises(CoefficientError, match="neither noise= nor diffusion="):
        Problem(0.0, domain=BOX)
    with pytest.raises(CoefficientError, match=r"both noise= and diffusion=[\s\S]*D = sigma sigma\^T / 2"):
        Problem(0.0, noise=1.0, diffusion=0.5, domain=BOX)


def test_the_factor_two():
    assert Problem(0.0, noise=3.0, domain=BOX).diffusion_at(POINTS).tolist() == [4.5] * 3


def test_the_number_of_coordinates_is_checked():
    with pytest.raises(DimensionError, match="1 coordinate"):
        drift(0.0).drift_at(POINTS, POINTS)


def test_no_warning_escapes_a_checked_evaluation():
    problem = drift(lambda x: 1 / x, {"x": (0.0, 1.0)})
    with pytest.raises(CoefficientError, match=r"x = 0\.0: inf"):
        problem.drift_at([0.5, 0.0])


@pytest.mark.parametrize(
    ("diffusion", "shape"),
    [
        (2.0, (3,)),
        ((1.0, 2.0), (2, 3)),
        (((2.0, 1.0), (1.0, 2.0)), (2, 2, 3)),
        (np.array([[2.0, 1.0], [1.0, 2.0]]), (2, 2, 3)),
        (lambda x, y: 1 + 0 * x, (3,)),
        (lambda x, y: (1.0, 2 + 0 * y), (2, 3)),
        (lambda x, y: np.stack([1 + 0 * x, 2 + 0 * y]), (2, 3)),
        (lambda x, y: ((2.0, 0 * x), (0.0, 2.0)), (2, 2, 3)),
    ],
)
def test_forms_in_two_dimensions(diffusion, shape):
    problem = Problem(lambda x, y: (-x, -y), diffusion=diffusion, domain=SQUARE)
    assert problem.diffusion_at(POINTS, POINTS).shape == shape
    assert problem.drift_at(POINTS, 1.0).shape == (2, 3)
    assert problem.drift_at(0.5, 1.0).tolist() == [-0.5, -1.0]


def test_the_product_of_a_noise_matrix():
    sigma = np.array([[1.0, 2.0], [0.0, 3.0]])
    problem = Problem((0, 0), noise=sigma, domain=SQUARE)
    assert np.array_equal(problem.diffusion_at(0.0, 1.0), sigma @ sigma.T / 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"drift": 0.0, "noise": 1.0}, "the drift has the wrong shape[\\s\\S]*a tuple of 2"),
        ({"drift": lambda x, y: x, "noise": 1.0}, "the drift has the wrong shape"),
        ({"drift": (0, 0, 0), "noise": 1.0}, "the drift has the wrong shape"),
        ({"drift": (0, 0), "noise": (1, 1, 1)}, "the noise has the wrong shape[\\s\\S]*nested 2 x 2"),
        ({"drift": (0, 0), "diffusion": (1, -1)}, r"is negative: \[1.0, -1.0\]"),
        ({"drift": (0, 0), "diffusion": ((1, 2), (2, 1))}, "the diffusion has a negative eigenvalue: -1.0"),
        ({"drift": (0, 0), "diffusion": ((2, 1), (0, 2))}, "the diffusion is not symmetric"),
        ({"drift": lambda x, y: (x, np.log(-y)), "noise": 1.0}, r"not finite at x = .*, y = .*: \["),
    ],
)
def test_misuse_in_two_dimensions(arguments, words):
    with pytest.raises(CoefficientError, match=words):
        Problem(**arguments, domain=SQUARE)


def test_a_form_that_changes_is_an_error():
    problem = Problem((0, 0), diffusion=lambda x, y: 1.0 if x.size > 5 else (1.0, 1.0), domain=SQUARE)
    with pytest.raises(CoefficientError, match="changes its form from call to call"):
        problem.diffusion_at(POINTS, POINTS)
