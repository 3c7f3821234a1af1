"""Entropy production: current times affinity, zero at equilibrium."""

import numpy as np
import pytest

import fokker
from fokker.errors import FokkerError
from fokker.theory import ring

TURN = 2 * np.pi


def driven(force, d, **more):
    problem = fokker.Problem.from_potential(
        np.cos, temperature=d, force=force, domain={"x": (0, TURN)}, boundary="periodic", **more
    )
    return fokker.discretize(problem, cells=150)


@pytest.mark.parametrize(("force", "d"), [(0.5, 0.5), (1.0, 0.1), (0.9, 0.05), (-0.5, 0.5), (5.0, 1.0), (1e-3, 1.0)])
def test_power_over_temperature(force, d):
    """The force does the work v F, all of which becomes heat at the temperature D."""
    g = driven(force, d)
    produced = fokker.entropy_production(fokker.stationary(g))
    assert abs(produced / (ring.velocity(np.cos, force, d) * force / d) - 1) < 1e-9
    assert abs(produced / (fokker.drift_velocity(g) * force / d) - 1) < 1e-11
    assert produced > 0


def test_force_and_diffusion_that_depend_on_the_place():
    """J times the integral of f/D around the ring, in the isothermal reading."""

    def f(x):
        return 0.7 + 0.5 * np.sin(x)

    def d(x):
        return 1 + 0.5 * np.cos(x)

    problem = fokker.Problem(f, diffusion=d, convention="isothermal", domain={"x": (0, TURN)}, boundary="periodic")
    density = fokker.stationary(fokker.discretize(problem, cells=100))
    work = 0.7 * TURN / np.sqrt(1 - 0.25)  # of f/D; the sine is the slope of a logarithm
    assert abs(fokker.entropy_production(density) / (density.current().values[0] * work) - 1) < 1e-11


@pytest.mark.parametrize("v", [0.5, -2.0, 40.0])
def test_free_motion(v):
    problem = fokker.Problem(drift=v, diffusion=2.0, domain={"x": (0, 1)}, boundary="periodic")
    density = fokker.stationary(fokker.discretize(problem, cells=30))
    assert abs(fokker.entropy_production(density) / (v**2 / 2) - 1) < 1e-12


def test_it_is_the_sum_over_the_edges():
    """Schnakenberg: the sum of current times log-ratio of the fluxes, edge by edge."""
    g = driven(0.8, 0.4)
    density = fokker.stationary(g)
    there, back = g.forward * density.mass[g.tail], g.backward * density.mass[g.head]
    assert abs(fokker.entropy_production(density) / float(((there - back) * np.log(there / back)).sum()) - 1) < 1e-9


def test_zero_at_equilibrium():
    chain = fokker.Problem(lambda x: 3 - x, diffusion=lambda x: 1 + x**2, convention=0.3, domain={"x": (-2, 2)})
    assert fokker.entropy_production(fokker.stationary(fokker.discretize(chain, cells=40))) == 0.0
    closed = fokker.Problem.from_potential(np.cos, temperature=0.1, domain={"x": (0, TURN)}, boundary="periodic")
    assert fokker.entropy_production(fokker.stationary(fokker.discretize(closed, cells=40))) == 0.0
    # the same ring, not known to be reversible: a rounding squared
    again = fokker.Problem(np.sin, diffusion=0.1, domain={"x": (0, TURN)}, boundary="periodic")
    assert abs(fokker.entropy_production(fokker.stationary(fokker.discretize(again, cells=40)))) < 1e-20


@pytest.mark.parametrize("wrong", [3, None, "density", driven(0.5, 0.5)])
def test_it_is_a_property_of_a_density(wrong):
    with pytest.raises(FokkerError, match=r"property of a density[\s\S]*fokker.stationary\(generator\)"):
        fokker.entropy_production(wrong)


def test_a_loaded_density_needs_its_generator(tmp_path):
    g = driven(0.5, 0.5)
    path = str(tmp_path / "p.npz")
    density = fokker.stationary(g)
    density.save(path)
    with pytest.raises(FokkerError, match="without its generator"):
        fokker.entropy_production(fokker.load(path))
    assert fokker.entropy_production(fokker.load(path, generator=g)) == fokker.entropy_production(density)
