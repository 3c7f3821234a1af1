"""Extrapolation from two grids: its order, records, refusals."""

import numpy as np
import pytest

import fokker
from fokker.errors import FokkerError, GridError

PROBLEM = fokker.Problem(lambda x: -x, diffusion=1.0, domain={"x": (-9, 9)})
COUNTS = np.array([50, 100, 200])


def order(errors):
    return -np.polyfit(np.log(COUNTS), np.log(np.abs(errors)), 1)[0]


def test_eigenvalues_are_fourth_order():
    problem = fokker.Problem(
        lambda x: 2 * np.cos(x) - 3 * x, diffusion=lambda x: 1 + 0.4 * np.sin(x), convention="stratonovich",
        domain={"x": (-6, 6)},
    )  # fmt: skip
    fine = fokker.extrapolate(problem, lambda g: fokker.spectrum(g, k=3), cells=(3200, 6400)).value[1:]
    errors = [
        np.abs(
            fokker.extrapolate(problem, lambda g: fokker.spectrum(g, k=3), cells=(n, 2 * n)).value[1:] / fine - 1
        ).max()
        for n in 2 * COUNTS
    ]
    assert abs(order(np.array(errors)) - 4) < 0.3


def test_moments_out_of_absorbing_walls():
    # the half cell at the wall leaves a term of third order
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (-1, 1)}, boundary="absorbing")
    errors = [
        fokker.extrapolate(problem, lambda g: fokker.passage_moment(g).at(x=0.0), cells=(n, 2 * n)).value / (5 / 12) - 1
        for n in COUNTS
    ]
    assert abs(order(np.array(errors)) - 3) < 0.3


def test_rates_out_of_absorbing_walls():
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (-1, 1)}, boundary="absorbing")
    errors = [
        fokker.extrapolate(problem, lambda g: fokker.quasi_stationary(g).rate, cells=(n, 2 * n)).value / (np.pi**2 / 4)
        - 1
        for n in COUNTS
    ]
    assert abs(order(np.array(errors)) - 3) < 0.3


@pytest.mark.parametrize("scheme_points", [np.linspace(-2, 2, 5)])
def test_what_is_exact_stays_exact(scheme_points):
    value = fokker.extrapolate(PROBLEM, lambda g: fokker.stationary(g).at(x=scheme_points)).value
    np.testing.assert_allclose(value, np.exp(-(scheme_points**2) / 2) / np.sqrt(2 * np.pi), rtol=1e-12)


def test_record():
    result = fokker.extrapolate(PROBLEM, lambda g: fokker.spectrum(g, k=2).eigenvalues[1], cells=(40, 80))
    assert type(result.value) is type(result.coarse) is type(result.fine) is float
    assert result.value == (4 * result.fine - result.coarse) / 3
    assert result.correction == abs(result.value - result.fine)
    assert abs(result.value + 1) < result.correction
    assert result.cells == (40, 80)
    text = repr(result)
    assert text.startswith("Extrapolated from 40 and 80 cells")
    assert len(text.splitlines()) == 5
    array = fokker.extrapolate(PROBLEM, lambda g: fokker.spectrum(g, k=3), cells=[40, 80])
    assert array.value.shape == (3,)


def test_complex_answers():
    problem = fokker.Problem(0.7, diffusion=0.3, domain={"x": (0, 2 * np.pi)}, boundary="periodic")
    result = fokker.extrapolate(problem, lambda g: fokker.spectrum(g, k=3), cells=(40, 80))
    assert np.iscomplexobj(result.value)
    assert np.isrealobj(result.correction)


@pytest.mark.parametrize(
    "cells",
    [
        (100, 100),
        (100, 150),
        (200, 100),
        (100,),
        (100, 200, 400),
        100,
        None,
        "ab",
        (),
        {100: 200},
        (100, "200"),
        (0, 0),
    ],
)
def test_grids_that_are_none(cells):
    with pytest.raises(GridError, match=r"cells="):
        fokker.extrapolate(PROBLEM, lambda g: 1.0, cells=cells)


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (lambda g: g, r"cannot be extrapolated[\s\S]*a Generator[\s\S]*a number, an array"),
        (lambda g: "text", r"cannot be extrapolated[\s\S]*a str"),
        (lambda g: None, "cannot be extrapolated"),
        (lambda g: fokker.stationary(g).values, r"different shapes[\s\S]*\(50,\) and \(100,\)[\s\S]*fixed points"),
    ],
)
def test_verbs_that_give_no_numbers(verb, words):
    with pytest.raises(FokkerError, match=words):
        fokker.extrapolate(PROBLEM, verb, cells=(50, 100))


def test_not_a_problem():
    with pytest.raises(FokkerError, match="Problem"):
        fokker.extrapolate(fokker.discretize(PROBLEM, cells=40), lambda g: 1.0, cells=(40, 80))
