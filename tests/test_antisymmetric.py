"""Antisymmetric mobilities: Boltzmann stays stationary, and the process is that of its Ito form."""

import numpy as np
import pytest
from lattice_cases import order
from tensor_cases import TURN, boltzmann, magnetic, swirl, thermal

import fokker

pytestmark = pytest.mark.filterwarnings("ignore:edges along the noise")


@pytest.mark.parametrize("mobility", [1.0, (1.0, 0.3), swirl(10)])
@pytest.mark.parametrize("boundary", ["reflecting", "periodic"])
def test_boltzmann_is_stationary_under_an_antisymmetric_mobility(mobility, boundary):
    problem = thermal(mobility, boundary, antisymmetric=magnetic)
    g = fokker.discretize(problem, cells=30)
    assert not g.is_reversible
    law = boltzmann(g)
    np.testing.assert_allclose(fokker.stationary(g).mass, law / law.sum(), rtol=1e-12)


def test_an_antisymmetric_mobility_in_space():
    def potential(x, y, z):
        return np.cos(TURN * x) * np.sin(TURN * y) + 0.4 * np.cos(TURN * z)

    problem = fokker.Problem.from_potential(
        potential, temperature=0.7, antisymmetric=lambda x, y, z: ((0, x, 1), (-x, 0, y), (-1, -y, 0 * x)),
        domain={"x": (0, 1), "y": (0, 1), "z": (0, 1)}, boundary={"z": "periodic"},
    )  # fmt: skip
    g = fokker.discretize(problem, cells=(9, 8, 7))
    law = boltzmann(g, lambda *x: potential(*x) / 0.7)
    np.testing.assert_allclose(fokker.stationary(g).mass, law / law.sum(), rtol=1e-12)


def test_an_antisymmetric_mobility_is_the_process_of_its_ito_form():
    problem = thermal(1.0, "absorbing", antisymmetric=magnetic)
    counts, gaps = (24, 48, 96), []
    for n in counts:
        times = [fokker.mean_first_passage(fokker.discretize(p, cells=n)).values for p in (problem, problem.ito())]
        gaps.append(times[0].mean() / times[1].mean() - 1)
    assert order(gaps, counts) == pytest.approx(2.0, abs=0.25)
