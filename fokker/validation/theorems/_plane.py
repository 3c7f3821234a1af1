"""What the theorems in several dimensions share: linear drift with quadratic noise on a grid, and its moments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import fokker
from fokker.theory import shared_noise
from fokker.validation.theorems import _classics as classics

if TYPE_CHECKING:
    from fokker.theory.shared_noise import SharedNoise

Array = NDArray[np.floating[Any]]
NAMES = ("x", "y", "z")

ORDER = "declared order 2, within 0.1"
DIFFERENCES = r"central differences with step $10^{-4}$, of second order, where $\kappa$ is below 10"
EXTRAPOLATED = "last correction of the Richardson extrapolation over three grids, orders 2 and 4"


def problem(law: SharedNoise, alpha: float) -> fokker.Problem:
    """Return the process from callables only; Sigma_g must be diagonal."""
    h, form, noise = law.curvature, law.form, law.learning_rate / 2 * np.diag(law.sigma_g)

    def strength(x: tuple[Array, ...]) -> Any:
        return 1 + sum(form[i, j] * x[i] * x[j] for i in range(len(h)) for j in range(len(h)))

    return fokker.Problem(
        drift=lambda *x: tuple(-sum(h[i, j] * x[j] for j in range(len(h))) for i in range(len(h))),
        diffusion=lambda *x: tuple(d * strength(x) for d in noise),
        convention="isothermal" if alpha == 1 else alpha,
        domain=dict.fromkeys(NAMES[: law.dimension], (-np.inf, np.inf)),
    )


def solve(
    law: SharedNoise, alpha: float, cells: int, reach: float, scheme: str = "edge-resistance", core: float = 1.0
) -> fokker.Density:
    """Return the stationary law on whole lines, refined in the core; reach and core in standard deviations."""
    widths = np.sqrt(np.diag(shared_noise.second_moments(law, alpha)))
    axes = {
        name: fokker.Axis.line(cells, scale=core * width, center=0.0, reach=reach * width)
        for name, width in zip(NAMES, widths.tolist(), strict=False)
    }
    generator = fokker.discretize(problem(law, alpha), grid=fokker.Grid(**axes), scheme=scheme)  # type: ignore[arg-type]
    return fokker.stationary(generator)


def second_moments(density: fokker.Density) -> Array:
    """Return E x x^T, the mean being zero by symmetry."""
    axes = range(len(density.names))
    return np.array([[density.expectation(lambda *x, i=i, j=j: x[i] * x[j]) for j in axes] for i in axes])


def distance(density: fokker.Density, log_density: Array) -> float:
    """Return the L1 distance from a density given by its logarithm at the nodes."""
    weights = density.masses.reshape(density.mass.shape)
    return float(np.abs(density.mass - weights * np.exp(log_density)).sum())


def points(density: fokker.Density) -> Array:
    """Return the nodes, shape (..., d)."""
    return np.stack(np.meshgrid(*density.nodes, indexing="ij"), axis=-1)


def limit(values: Sequence[float] | Array) -> tuple[float, float]:
    """Return the limit of three values on grids refined by two, error terms of orders 2 and 4; and the correction."""
    return classics.extrapolated(np.asarray(values), 2.0, (2.0, 4.0))


def turning(density: fokker.Density) -> float:
    """Return the integral of x J_y - y J_x, from the fluxes through the faces."""
    current = density.current()
    total = 0.0
    for k, sign in ((1, 1.0), (0, -1.0)):
        inner = np.take(current.values[k], range(1, density.mass.shape[k]), axis=k)
        along = np.diff(density.nodes[k]).reshape((-1, 1) if k == 0 else (1, -1))
        arm = density.nodes[1 - k].reshape((1, -1) if k == 0 else (-1, 1))
        total += sign * float((inner * along * arm).sum())
    return total


def quadrupole(density: fokker.Density) -> float:
    """Return the integral of x y (x J_y - y J_x), from the fluxes through the faces."""
    x, y = density.nodes
    along, across = density.current().values
    up = across[:, 1:-1] * (x**2)[:, None] * (np.diff(y**2) / 2)
    right = along[1:-1] * y**2 * (np.diff(x**2) / 2)[:, None]
    return float(up.sum() - right.sum())


def residual(law: SharedNoise, kappa: float, place: tuple[float, ...], step: float = 1e-4) -> float:
    """Return R/p of (1 + q)^(-kappa), minus the divergence of its isothermal current over it, by differences."""
    unit = step * np.eye(law.dimension)

    def density(x: Array) -> float:
        return float((1 + np.asarray(law.quadratic(x))) ** -kappa)

    def along(x: Array, i: int) -> float:
        slopes = [(density(x + e) - density(x - e)) / (2 * step) for e in unit]
        return float(-(law.curvature @ x)[i] * density(x) - law.diffusion(x)[i] @ slopes)

    x = np.array(place)
    return -float(sum((along(x + e, i) - along(x - e, i)) / (2 * step) for i, e in enumerate(unit))) / density(x)


def window(density: fokker.Density, sides: Sequence[float]) -> tuple[tuple[Array, ...], tuple[slice, ...]]:
    """Return the nodes within the given half-sides and the slices that select them, for a picture."""
    picks = []
    for nodes, side in zip(density.nodes, sides, strict=True):
        inside = np.flatnonzero(np.abs(nodes) <= side)
        picks.append(slice(int(inside[0]), int(inside[-1]) + 1))
    return tuple(x[pick] for x, pick in zip(density.nodes, picks, strict=True)), tuple(picks)
