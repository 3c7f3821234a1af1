"""The named problems with several parameters, and what their tests share: differences, currents, quadrature."""

import math

import numpy as np
import pytest

from fokker import gallery

CENTRAL = (4 / 5, -1 / 5, 4 / 105, -1 / 280)  # first derivative, eighth order
WEIGHT = 2 * sum(abs(c) for c in CENTRAL)
EPS = np.finfo(float).eps

COMMUTING = {"sigma_g": [[1.6, 0.15], [0.15, 1.3]]}
CASES = {
    "double_well_1d": gallery.double_well_1d(),
    "double_well": gallery.double_well(coupling=0.7, mobility=(1.0, 0.2)),
    "double_well tilted": gallery.double_well(coupling=-1.0, tilt=0.4, temperature=0.5),
    "rotated ito": gallery.rotated_double_well(convention="ito"),
    "rotated stratonovich": gallery.rotated_double_well(convention="stratonovich", tilt=0.3),
    "rotated isothermal": gallery.rotated_double_well(convention="isothermal", angle=1.0),
    "mueller_brown": gallery.mueller_brown(),
    "maier_stein": gallery.maier_stein(mu=0.7, alpha=0.7),
    "rotating_ornstein_uhlenbeck": gallery.rotating_ornstein_uhlenbeck(rate=2.0, rotation=3.0, diffusion=0.5),
    "ornstein_uhlenbeck": gallery.ornstein_uhlenbeck(),
    "ornstein_uhlenbeck 3-D": gallery.ornstein_uhlenbeck(
        matrix=[[1.0, 0.5, 0.0], [-1.0, 2.0, 0.3], [0.2, 0.0, 1.5]], diffusion=np.diag([1.0, 0.5, 2.0])
    ),
    "ornstein_uhlenbeck 1-D": gallery.ornstein_uhlenbeck(matrix=[[2.0]], diffusion=[[0.5]]),
    "brownian_gyrator": gallery.brownian_gyrator(stiffness=0.8, coupling=1.5, temperatures=(3.0, 0.5)),
    "noisy_hopf": gallery.noisy_hopf(shear=0.5),
    "noisy_hopf focus": gallery.noisy_hopf(growth=-0.5, frequency=2.0, shear=1.0, diffusion=0.3),
    "active, free": gallery.active_brownian_particle(stiffness=0.0),
    "chaudhari_soatto": gallery.chaudhari_soatto(rotation=1.5),
    "power law": gallery.multivariate_power_law(),
    "power law, commuting": gallery.multivariate_power_law(hessian=[[2.0, 0.5], [0.5, 1.0]], **COMMUTING),
    "power law, ito": gallery.multivariate_power_law(**COMMUTING, convention="ito"),
    "power law, stratonovich": gallery.multivariate_power_law(
        hessian=np.diag([1.0, 2.0]), sigma_g=np.diag([3.0, 1.0]), convention="stratonovich"
    ),
    "power law, 3-D": gallery.multivariate_power_law(hessian=np.diag([1.0, 2.0, 3.0]), sigma_g=np.eye(3)),
    "codiagonal, proportional": gallery.codiagonal_power_law(
        curvatures=(1.0, 3.0), growth=(1.0, 3.0), learning_rate=0.25
    ),
    "valley": gallery.valley(),
}
OTHERS = {
    "active, trapped": gallery.active_brownian_particle(),
    "maier_stein, no gradient": gallery.maier_stein(alpha=3.0),
    "codiagonal": gallery.codiagonal_power_law(),
    "integrate_and_fire": gallery.integrate_and_fire(),
}
ALL = CASES | OTHERS


def having(*names):
    return [pytest.param(e, id=key) for key, e in CASES.items() if all(name in e.known for name in names)]


def derivative(function, x, axis, step):
    def at(k):
        return function(*(c + k * step * (i == axis) for i, c in enumerate(x)))

    return sum(c * (at(k) - at(-k)) for k, c in enumerate(CENTRAL, start=1)) / step


def flux(problem, weight, x, step):
    """The current of a density, by the definition of the problem: a list of d arrays."""
    d = problem.dimension
    diffusion = problem.diffusion_at(*x)
    vector = (lambda v: v[None]) if d == 1 else np.asarray

    def slope(f):
        return np.stack([derivative(f, x, i, step) for i in range(d)])

    if problem.has_potential:
        push = -slope(problem.potential_at) + vector(problem.force_at(*x))
        return diffusion * (push * weight(*x) - slope(weight))
    drift = vector(problem.drift_at(*x)) * weight(*x)
    alpha, rank = problem.alpha, diffusion.ndim - x[0].ndim
    if rank == 2 and alpha == 1:
        return drift - np.einsum("ij...,j...->i...", diffusion, slope(weight))
    if rank == 2:
        product = slope(lambda *y: problem.diffusion_at(*y) * weight(*y))
        return drift - np.einsum("jij...->i...", product)

    def component(i):
        def entry(*y):
            values = problem.diffusion_at(*y)
            return values if rank == 0 else values[i]

        return drift[i] - entry(*x) ** alpha * derivative(lambda *y: entry(*y) ** (1 - alpha) * weight(*y), x, i, step)

    return np.stack([component(i) for i in range(d)])


def points_of(example, count=40):
    """Random points inside the middle of the domain."""
    rng = np.random.default_rng(5)
    ends = [(-3.0, 3.0) if math.isinf(low) else (low, high) for low, high in example.problem.domain.values()]
    return tuple((low + high) / 2 + 0.35 * (high - low) * rng.uniform(-1, 1, count) for low, high in ends)


def steps(example, log_density, x):
    """Steps of a fiftieth of the length over which the density changes: truncation far below rounding."""
    sides = [high - low for low, high in example.problem.domain.values() if math.isfinite(high)]
    slopes = [derivative(log_density, x, i, 1e-3) for i in range(len(x))]
    bends = [derivative(lambda *y, i=i: derivative(log_density, y, i, 1e-3), x, i, 1e-3) for i in range(len(x))]
    return 0.02 / (np.abs(slopes).sum(axis=0) + np.sqrt(np.abs(bends).sum(axis=0)) + 10 / min(sides, default=6.0))


def divergence(example, log_density):
    """div J / p at some points, and the bound on its rounding."""
    problem, x = example.problem, points_of(example)
    start, step = log_density(*x), steps(example, log_density, x)

    def component(i):
        return lambda *y: flux(problem, lambda *z: np.exp(log_density(*z) - start), y, step)[i]

    total = sum(derivative(component(i), x, i, step) for i in range(problem.dimension))
    size = 4 * EPS * (1 + np.abs(start)) * (WEIGHT / step) ** 2 * problem.dimension**2
    return total, size * np.abs(problem.diffusion_at(*x)).reshape(-1, len(step)).max(axis=0)


def quadrature(example, nodes=401):
    """Points and weights: trapezia in a box, Gauss on the mapped line."""
    axes = []
    for low, high in example.problem.domain.values():
        if math.isinf(low):
            t, w = np.polynomial.legendre.leggauss(nodes)
            axes.append((t / (1 - t**2), w * (1 + t**2) / (1 - t**2) ** 2))
        else:
            t = np.linspace(low, high, nodes)
            w = np.full(nodes, t[1] - t[0])
            w[[0, -1]] /= 2
            axes.append((t, w))
    x = np.meshgrid(*(t for t, _ in axes), indexing="ij")
    weights = math.prod(np.meshgrid(*(w for _, w in axes), indexing="ij"))
    return x, weights
