"""The stationary density: values, logarithms, moments and probabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.discretize.chain import Chain
from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.info import Info
from fokker.linalg import Scaled
from fokker.results import export
from fokker.results.balance import balance_residual
from fokker.results.points import position
from fokker.results.quadrature import expectation, mode, probability
from fokker.results.reconstruct import coordinates, density_weights, onto_grid
from fokker.results.record import NodalRecord, require_chain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fokker.results.current import Current

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Density(NodalRecord):
    """A stationary probability density on a grid.

    Inside a cell the density follows the scheme's own profile, so that `at`, the moments and the
    probabilities are as accurate as the values at the nodes.

    Attributes
    ----------
    names : tuple of str
        Names of the coordinates.
    nodes : tuple of array
        Positions of the nodes, one array an axis.
    masses : array, shape (n,)
        Weights w of the cells.
    cell_mass : Scaled
        Cell probabilities ``P = w p`` as mantissas and exponents.
    generator : Generator or None
        None for a record loaded from a file without one.
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    masses: Array
    cell_mass: Scaled
    generator: Generator | None = None
    stored_info: Info | None = None

    @cached_property
    def mass(self) -> Array:
        """Cell probabilities, shape (n,); zero where below the range of doubles (see `log_mass`)."""
        return self.cell_mass.values()

    @cached_property
    def log_mass(self) -> Array:
        """Natural logarithms of the cell probabilities, shape (n,)."""
        return self.cell_mass.log()

    @cached_property
    def values(self) -> Array:
        """Density at the nodes, shape (n,), 1/length."""
        return self.cell_mass.times(1.0 / self.masses).values()

    @cached_property
    def log_values(self) -> Array:
        """Natural logarithm of the density at the nodes, shape (n,)."""
        return self.log_mass - np.log(self.masses)

    def at(self, *points: ArrayLike, **named: ArrayLike) -> Any:
        """Return the density at given points, such as ``density.at(x=1.0)``.

        Returns
        -------
        float, or array with the shape of the points.

        Raises
        ------
        DomainError
            If a point lies outside the domain.
        """
        x = position(self.names, points, named)
        density, _ = self._profile(x)
        return export.like(x, density)

    def log_at(self, *points: ArrayLike, **named: ArrayLike) -> Any:
        """Return the natural logarithm of the density at given points."""
        x = position(self.names, points, named)
        _, log_density = self._profile(x)
        return export.like(x, log_density)

    def _profile(self, x: Array) -> tuple[Array, Array]:
        """Return the density and its logarithm; beyond the last faces it follows the power of the tail."""
        flat = np.atleast_1d(x).ravel()
        inside, shift = onto_grid(self.chain, flat)
        weights = density_weights(self.chain, coordinates(self.chain, inside), self.node_weights)
        power = self.chain.line.diffusion_power(inside)
        with np.errstate(over="ignore", under="ignore"):
            return weights.values() / power * np.exp(shift), weights.log() - np.log(power) + shift

    @cached_property
    def node_weights(self) -> Scaled:
        """The weight ``q = D**(1-alpha) p`` at the nodes."""
        return self.cell_mass.times(self.chain.line.diffusion_power(self.nodes[0]) / self.masses)

    @property
    def chain(self) -> Chain:
        """The one-dimensional structure behind the record; an error for one loaded without a generator."""
        return require_chain(self.generator)

    @property
    def label(self) -> str:
        """Name of the quantity."""
        return "density"

    @property
    def unit(self) -> str:
        """Dimension of the values."""
        return "1/length"

    def expectation(self, function: Callable[..., Any]) -> float:
        """Return the mean of ``function(x)`` by quadrature of the profile, tails included.

        Raises
        ------
        MomentError
            If the mean does not exist because a tail is too heavy.
        """
        return expectation(self, function)

    def moment(self, order: int, center: float = 0.0) -> float:
        """Return the mean of ``(x - center)**order``.

        Raises
        ------
        MomentError
            If the moment does not exist, or `order` is not a positive integer.
        """
        if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 1:
            from fokker.errors import MomentError

            raise MomentError(explain("no such moment.", given=f"order={order!r}", accepted="1, 2, 3, ..."))
        return self.expectation(lambda x: (x - center) ** int(order))

    def mean(self) -> float:
        """Return the mean of x."""
        return self.moment(1)

    def variance(self) -> float:
        """Return the variance of x."""
        return self.moment(2, center=self.mean())

    def covariance(self) -> Array:
        """Return the covariance matrix, shape (d, d)."""
        return np.array([[self.variance()]])

    def mode(self) -> float:
        """Return the place of the largest density."""
        return mode(self)

    def probability(self, region: Callable[..., Any]) -> float:
        """Return the probability of a region given by a predicate such as ``lambda x: abs(x) > 3``.

        The ends of the region are located exactly; tails beyond the grid count.
        """
        return probability(self, region)

    def marginal(self, name: str) -> Density:
        """Return the density of one coordinate (in one dimension, the density itself)."""
        if name not in self.names:
            raise FokkerError(
                explain("no such coordinate.", given=f"{name!r}", accepted=", ".join(map(repr, self.names)))
            )
        return self

    def current(self) -> Current:
        """Return the stationary probability current through the faces."""
        from fokker.results.current import current

        return current(self)

    @cached_property
    def info(self) -> Info:
        """Method, residual, mass defect, smallest value and references."""
        if self.stored_info is not None or self.generator is None:
            return self.stored_info or Info("loaded from a file")
        return Info(
            f"stationary law by subtraction-free elimination, {self.generator.scheme} edges",
            {
                "cells": len(self.masses),
                "residual": balance_residual(self.generator, self.cell_mass),
                "mass_defect": abs(float(self.mass.sum()) - 1.0),
                "smallest_log_value": float(self.log_values.min()),
            },
            ("Grassmann, Taksar and Heyman 1985", "Scharfetter and Gummel 1969"),
            self.generator.warnings,
        )

    def plot(self, ax: Axes | None = None, *, log: bool = False, **style: Any) -> Axes:
        """Draw the density, on a logarithmic scale with `log`; take and return Matplotlib axes."""
        from fokker.results.plot_density import plot

        return plot(self, ax, log=log, **style)

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {"masses": self.masses, **export.pairs(self.cell_mass)}
        export.save(path, "Density", self.names, self.nodes, arrays, self.info)
