"""Densities: values, logarithms, moments and probabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.completion import hides
from fokker.discretize.chain import Chain
from fokker.errors import DimensionError, FokkerError, MomentError, explain
from fokker.generator import Generator
from fokker.grid import Lattice, Mesh
from fokker.info import Info
from fokker.linalg import Scaled
from fokker.results import export
from fokker.results.balance import balance_residual
from fokker.results.field import log_at
from fokker.results.mesh_field import MeshField, log_field
from fokker.results.mesh_sums import mesh_probability
from fokker.results.points import positions
from fokker.results.quadrature import expectation, mode, probability
from fokker.results.reconstruct import coordinates, density_weights, onto_grid
from fokker.results.record import MEASURES, NodalRecord, require_chain
from fokker.results.sums import boundary_mass, cell_mean, cut_off, log_peak, region_probability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fokker.results.current import Current

Array = NDArray[np.float64]


@hides("cell_mass chain lattice mesh node_weights own_lattice stored_info")
@dataclass(frozen=True, eq=False, repr=False)
class Density(NodalRecord):
    """A probability density on a grid, stationary unless it is one of a `Trajectory`.

    Inside a cell the density follows the scheme's own profile in one dimension, so that `at`, the moments and the
    probabilities are as accurate as the values at the nodes. In two and three dimensions ln p is interpolated by
    cubics, and moments are sums over the cells.

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
        None for a marginal, or a record loaded from a file without one.
    own_lattice : Lattice or None
        The grid of a marginal.
    transient : bool
        Whether it is the law at some time, and not the stationary one.
    """

    names: tuple[str, ...]
    nodes: tuple[Array, ...]
    masses: Array
    cell_mass: Scaled
    generator: Generator | None = None
    stored_info: Info | None = None
    own_lattice: Lattice | None = None
    transient: bool = False

    @property
    def lattice(self) -> Lattice | None:
        """The tensor grid of two or three dimensions, or of a marginal; None on a chain."""
        return self.own_lattice if self.generator is None else self.generator.lattice

    @property
    def mesh(self) -> Mesh | None:
        """Cells made elsewhere; None on a grid."""
        return None if self.generator is None else self.generator.mesh

    @cached_property
    def _field(self) -> MeshField:
        assert self.mesh is not None
        return log_field(self.mesh, self.log_values)

    @cached_property
    def mass(self) -> Array:
        """Cell probabilities, with the shape of the grid; zero where below the range of doubles (see `log_mass`)."""
        return self._shaped(self.cell_mass.values())

    @cached_property
    def log_mass(self) -> Array:
        """Natural logarithms of the cell probabilities, with the shape of the grid."""
        return self._shaped(self.cell_mass.log())

    @cached_property
    def values(self) -> Array:
        """Density at the nodes, with the shape of the grid, 1/length (area, volume)."""
        return self._shaped(self.cell_mass.times(1.0 / self.masses).values())

    @cached_property
    def log_values(self) -> Array:
        """Natural logarithm of the density at the nodes, with the shape of the grid."""
        return self.log_mass - self._shaped(np.log(self.masses))

    def at(self, *points: ArrayLike, **named: ArrayLike) -> Any:
        """Return the density at given points, such as ``density.at(x=1.0)`` or ``density.at(x=1.0, y=0.0)``.

        Returns
        -------
        float, or array with the shape of the points.

        Raises
        ------
        DomainError
            If a point lies outside the domain.
        """
        x = positions(self.names, points, named)
        density, _ = self._profile(*x)
        return export.like(x[0], density)

    def log_at(self, *points: ArrayLike, **named: ArrayLike) -> Any:
        """Return the natural logarithm of the density at given points."""
        x = positions(self.names, points, named)
        _, log_density = self._profile(*x)
        return export.like(x[0], log_density)

    def _profile(self, *x: Array) -> tuple[Array, Array]:
        """Return the density and its logarithm; beyond the last faces of a chain it follows the power of the tail."""
        if self.mesh is not None:
            logs = self._field(tuple(np.atleast_1d(part).ravel() for part in x), self.names, positive=False)
            with np.errstate(under="ignore", over="ignore"):
                return np.exp(logs), logs
        if self.lattice is not None:
            places = tuple(np.atleast_1d(part).ravel() for part in x)
            logs = log_at(self.lattice, self.names, self.log_values.ravel(), places)
            return np.exp(logs), logs
        flat = np.atleast_1d(x[0]).ravel()
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
        return f"1/{MEASURES[len(self.names) - 1]}"

    def expectation(self, function: Callable[..., Any]) -> float:
        """Return the mean of ``function(x)`` (of all coordinates) by quadrature of the profile, tails included.

        In two and three dimensions it is the sum over the cells, second order in their size.

        Raises
        ------
        MomentError
            If the mean does not exist because a tail is too heavy.
        """
        place = self.lattice if self.mesh is None else self.mesh
        if place is not None:
            return cell_mean(self, place, function)
        return expectation(self, function)

    def moment(self, order: int, center: float = 0.0) -> float:
        """Return the mean of ``(x - center)**order`` of a single coordinate.

        Raises
        ------
        MomentError
            If the moment does not exist, or `order` is not a positive integer.
        """
        if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 1:
            raise MomentError(explain("no such moment.", given=f"order={order!r}", accepted="1, 2, 3, ..."))
        self._require_one("moment", "expectation(lambda x, y: ...), or marginal(...).moment(...)")
        return self.expectation(lambda x: (x - center) ** int(order))

    def mean(self) -> Any:
        """Return the mean: a float in one dimension, an array of shape (d,) in more.

        Periodic coordinates count as numbers between the two ends of their axis; means of angles are better asked as
        ``expectation(lambda theta, x: np.cos(theta))``.
        """
        if len(self.names) == 1:
            return self.moment(1)
        return np.array([self.expectation(_coordinate(k)) for k in range(len(self.names))])

    def variance(self) -> float:
        """Return the variance of x in one dimension (see `covariance`)."""
        self._require_one("variance", "covariance(), or marginal(...).variance()")
        return self.moment(2, center=float(self.mean()))

    def covariance(self) -> Array:
        """Return the covariance matrix, shape (d, d)."""
        if len(self.names) == 1:
            return np.array([[self.variance()]])
        center, axes = self.mean(), range(len(self.names))
        return np.array(
            [[self.expectation(lambda *x, i=i, j=j: (x[i] - center[i]) * (x[j] - center[j])) for j in axes]
             for i in axes]
        )  # fmt: skip

    def mode(self) -> Any:
        """Return the place of the largest density: a float in one dimension, a tuple of floats in more.

        On a mesh it is the centre of a cell.
        """
        if self.mesh is not None:
            top = int(np.argmax(self.log_values))
            return tuple(float(x[top]) for x in self.nodes)
        if self.lattice is not None:
            peak = log_peak(self, self.lattice)
            return peak[0] if len(peak) == 1 else peak
        return mode(self)

    def _require_one(self, what: str, instead: str) -> None:
        if len(self.names) > 1:
            raise DimensionError(
                explain(
                    f"the {what} of one coordinate is asked of a density of {len(self.names)}.",
                    given=f"the axes {', '.join(self.names)}",
                    try_=instead,
                )
            )

    def probability(self, region: Callable[..., Any]) -> float:
        """Return the probability of a region given by a predicate such as ``lambda x: abs(x) > 3``.

        In one dimension the ends of the region are located exactly, and tails beyond the grid count. In more,
        cells that the edge of the region cuts are looked at in 8 parts along each axis.
        """
        if self.mesh is not None:
            return mesh_probability(self, self.mesh, region)
        if self.lattice is not None:
            return region_probability(self, self.lattice, region)
        return probability(self, region)

    def marginal(self, *names: str) -> Density:
        """Return the density of one or several coordinates, in the order of the grid, the others summed over."""
        unknown = [name for name in names if name not in self.names]
        if unknown or not names:
            raise FokkerError(
                explain(
                    "no such coordinate.",
                    given=", ".join(map(repr, unknown)) or "nothing",
                    accepted=", ".join(map(repr, self.names)),
                )
            )
        lattice = self.lattice
        if set(names) == set(self.names):
            return self
        if self.mesh is not None:
            raise DimensionError(
                explain(
                    "on a mesh no coordinate can be summed over: its cells do not lie in rows.",
                    given=f"marginal({', '.join(map(repr, names))})",
                    try_="probability(lambda x, y: (x > 0) & (x < 0.1)), or expectation(lambda x, y: ...)",
                )
            )
        if lattice is None:
            raise FokkerError(
                explain(
                    "a marginal needs the grid, which a file does not hold.",
                    given="a density without its generator",
                    try_="fokker.load(path, generator=...)",
                )
            )
        kept = [k for k, name in enumerate(self.names) if name in names]
        away = tuple(k for k in range(len(self.names)) if k not in kept)
        rest = Lattice(tuple(lattice.axes[k] for k in kept), tuple(lattice.periodic[k] for k in kept))
        mass = self.mass.sum(axis=away).ravel()
        info = replace(self.info, method=f"{self.info.method}, summed over {', '.join(self.names[k] for k in away)}")
        labels, places = tuple(self.names[k] for k in kept), tuple(self.nodes[k] for k in kept)
        return Density(labels, places, rest.masses, Scaled.of(mass), None, info, rest)

    def current(self) -> Current:
        """Return the probability current: the scheme's own fluxes through the faces."""
        if self.transient and self.generator is not None:
            from fokker.results.transient import transient_current

            return transient_current(self, self.generator)
        from fokker.results.current import current

        return current(self)

    @cached_property
    def info(self) -> Info:
        """Method, residual, mass defect, smallest value and references."""
        if self.stored_info is not None or self.generator is None:
            return self.stored_info or Info("loaded from a file")
        return Info(
            f"stationary law by {self.generator.solved_by}, {self.generator.scheme} edges",
            {
                "cells": " x ".join(map(str, self.generator.shape)) if self.lattice else len(self.masses),
                "residual": balance_residual(self.generator, self.cell_mass),
                "mass_defect": abs(float(self.mass.sum()) - 1.0),
                **self._smallest,
                **self.generator.notes,
                **({} if self.lattice is None else {"boundary_mass": boundary_mass(self.lattice, self.mass)}),
            },
            (self.generator.solver_source, self.generator.scheme_source),
            self.generator.warnings + cut_off(self.lattice, self.mass),
        )

    @property
    def _smallest(self) -> dict[str, float]:
        if (self.cell_mass.mantissa < 0.0).any() or (self.generator is not None and self.generator.signed):
            return {"smallest_value": float(self.values.min())}
        return {"smallest_log_value": float(np.nanmin(self._open(self.log_values.ravel())))}

    def plot(self, ax: Axes | None = None, *, log: bool = False, **style: Any) -> Any:
        """Draw the density, on a logarithmic scale with `log`; take and return Matplotlib axes."""
        if len(self.names) > 1:
            from fokker.results.plot_record import draw_density

            return draw_density(self, ax, log, **style)
        from fokker.results.plot_density import plot

        return plot(self, ax, log=log, **style)

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        arrays = {"masses": self.masses, **export.pairs(self.cell_mass)}
        export.save(path, "Density", self.names, self.nodes, arrays, self.info)


def _coordinate(k: int) -> Callable[..., Array]:
    return lambda *x: x[k]
