"""The stationary probability current: the scheme's own face fluxes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.completion import hides
from fokker.discretize.stream import is_magnetic
from fokker.errors import DimensionError, FokkerError, explain
from fokker.generator import Generator
from fokker.grid import Lattice
from fokker.grid.grid import truth
from fokker.info import Info
from fokker.results import export
from fokker.results.current_parts import split_current
from fokker.results.routes import through_faces

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray, Dataset

    from fokker.results.density import Density

Array = NDArray[np.float64]


@hides("arrays")
@dataclass(frozen=True, eq=False, repr=False)
class Current:
    """Probability current through the faces, integrated over each face: 1/time.

    Attributes
    ----------
    names : tuple of str
    faces : tuple of array
        Positions of the faces, one array an axis.
    nodes : tuple of array
    values : array, shape (n + 1,), or tuple of d arrays
        Flux through each face in the direction of increasing x; in d > 1 one array an axis, of the shape of the
        grid with one more along that axis.
    info : Info
    density : Density or None
        The density that carries it; None for a record loaded from a file.
    """

    names: tuple[str, ...]
    faces: tuple[Array, ...]
    nodes: tuple[Array, ...]
    values: Any
    info: Info
    density: Density | None = None

    @property
    def fluxes(self) -> tuple[Array, ...]:
        """The values as a tuple, also in one dimension."""
        return self.values if isinstance(self.values, tuple) else (self.values,)

    def vectors(self) -> tuple[Array, ...]:
        """Return the current density at the nodes, one array an axis, 1/(time length**(d-1))."""
        widths = [np.diff(x) for x in self.faces]
        result = []
        for k, flux in enumerate(self.fluxes):
            low, high = (np.take(flux, range(s, flux.shape[k] - 1 + s), axis=k) for s in (0, 1))
            mean = 0.5 * (low + high)
            for a, width in enumerate(widths):
                if a != k:
                    mean = mean / width.reshape([-1 if b == a else 1 for b in range(len(widths))])
            result.append(mean)
        return tuple(result)

    def parts(self) -> dict[str, tuple[Array, ...]]:
        """Return the current density at the nodes in three parts that add up to `vectors`.

        ``"drift"`` is a p, ``"noise-induced"`` is ``-(1 - alpha) p grad D`` and ``"diffusive"`` is ``-D grad p``
        (D diagonal), all second order in the cell size.

        Raises
        ------
        FokkerError
            For a record loaded from a file: the coefficients are not in it.
        """
        if self.density is None or self.density.generator is None:
            raise FokkerError(
                explain(
                    "the parts of a current need the coefficients, which a file cannot hold.",
                    given="a current without its density",
                    try_="fokker.stationary(generator).current().parts()",
                )
            )
        return split_current(self.density, self.vectors())

    def through(self, region: Callable[..., Any], where: Callable[..., Any] | None = None) -> float:
        """Return the net flux into a region, 1/time: the sum over the faces between cells outside and inside.

        Parameters
        ----------
        region : callable
            Predicate of the coordinates; it is looked at in the nodes. Since the discrete current is free of
            divergence, what a surface of faces carries depends on its rim only.
        where : callable, optional
            Predicate of the coordinates of the faces' middles that selects a part of the surface. The ray
            y = 0, x > 0 is ``through(lambda x, y: y > 0, where=lambda x, y: x > 0)``.

        Returns
        -------
        float

        Raises
        ------
        TargetError
            If a predicate fails or does not return truth values.
        """
        shape = tuple(len(x) for x in self.nodes)
        mesh = np.meshgrid(*self.nodes, indexing="ij")
        inside = truth(region, "region", *(x.ravel() for x in mesh)).reshape(shape)
        total = 0.0
        for k, flux in enumerate(self.fluxes):
            below, above = np.roll(inside, 1, axis=k), inside
            # the first face of a periodic axis joins its last cell to its first; at a wall it is the edge of the region
            enter = np.take(flux, range(shape[k]), axis=k) * (above.astype(int) - below.astype(int))
            if not np.array_equal(flux.take(0, axis=k), flux.take(-1, axis=k)):
                np.moveaxis(enter, k, 0)[0] = 0.0
            if where is not None:
                places = [x.copy() for x in mesh]
                places[k] = places[k] * 0.0 + self.faces[k][:-1].reshape(
                    [-1 if a == k else 1 for a in range(len(shape))]
                )
                enter = enter * truth(where, "where", *(x.ravel() for x in places)).reshape(shape)
            total += float(enter.sum())
        return total

    def stream_function(self) -> Array:
        """Return psi at the corners of the cells in two dimensions, shape (n0 + 1, n1 + 1): J = (d psi/dy, -d psi/dx).

        It is zero on the wall of the first axis' left end; differences are fluxes, 1/time.

        Raises
        ------
        DimensionError
            In one or three dimensions.
        FokkerError
            If the process jumps: the current has sources.
        """
        if len(self.names) != 2:
            raise DimensionError(
                explain(
                    "a stream function exists in two dimensions.",
                    given=f"the axes {', '.join(self.names)}",
                    try_="through(region, where=...) for the flux through a surface",
                )
            )
        if self.density is not None and self.density.generator is not None and self.density.generator.jumps:
            raise FokkerError(
                explain(
                    "a current with sources has no stream function.",
                    given="a process with jumps",
                    try_="through(region, where=...) for the flux through a surface",
                )
            )
        along, across = self.fluxes
        psi = np.zeros((along.shape[0], across.shape[1]))
        psi[0, 1:] = np.cumsum(along[0])
        psi[1:] = psi[0] - np.cumsum(across, axis=0)
        return psi

    def plot(self, ax: Axes | None = None, **style: Any) -> Any:
        """Draw the current, as streamlines in two dimensions; take and return Matplotlib axes."""
        from fokker.results.plot_record import draw_current

        return draw_current(self, ax, **style)

    def to_xarray(self) -> DataArray | Dataset:
        """Return the face fluxes in one dimension, the vectors at the nodes in more, as labelled arrays."""
        attributes = {"method": self.info.method}
        if len(self.names) == 1:
            return export.to_xarray("current", self.names, self.faces, self.fluxes[0], attributes)
        parts = {
            name: export.to_xarray(f"J_{name}", self.names, self.nodes, vector, attributes)
            for name, vector in zip(self.names, self.vectors(), strict=True)
        }
        return next(iter(parts.values())).to_dataset().assign({f"J_{name}": array for name, array in parts.items()})

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        export.save(path, "Current", self.names, self.nodes, self.arrays(), self.info)

    def arrays(self) -> dict[str, Array]:
        """Return faces and fluxes by name, for a file."""
        arrays = {f"values_{k}": flux for k, flux in enumerate(self.fluxes)}
        return arrays | {f"faces_{k}": faces for k, faces in enumerate(self.faces)}

    def __repr__(self) -> str:
        everything = np.concatenate([flux.ravel() for flux in self.fluxes])
        return export.summary("Current", self.names, self.faces, everything, "1/time", self.info)

    def _repr_html_(self) -> str:
        from fokker.notebook import record_html

        return record_html(repr(self), self.plot if len(self.names) <= 2 else None)


def current(density: Density) -> Current:
    """Return the current of a stationary `density`.

    Jumps do not count: it is what flows along the edges, and into walls whose flux jumps.

    Under detailed balance it is zero, exactly. On a ring it is the same through every face, and is read off where
    the flow to and fro is weakest, so that the difference of the two flows loses fewest digits.
    """
    if density.mesh is not None:
        from fokker.results.mesh_current import mesh_current

        return mesh_current(density, density.mesh)
    if density.lattice is not None:
        return _lattice_current(density, density.lattice)
    chain, generator = density.chain, density.generator
    assert generator is not None
    axis = chain.line.axis
    method, flux = "zero: detailed balance", 0.0
    if generator.jumps:
        values = _with_walls(generator, density, (_chain_faces(generator, density),))[0]
        info = Info("difference of the two flows through each face", {"cells": axis.cells}, density.info.references)
        return Current(density.names, (axis.faces,), density.nodes, values, info, density)
    if not chain.reversible:
        method = "difference of the two flows through the narrowest edge"
        law = density.cell_mass
        there = law[generator.tail].times(generator.forward)
        back = law[generator.head].times(generator.backward)
        edge = int(np.argmin(np.maximum(there.log(), back.log())))
        flux = float(there.values()[edge] - back.values()[edge])
    values = np.full(axis.cells + 1, flux)
    info = Info(method, {"cells": axis.cells}, density.info.references)
    return Current(density.names, (axis.faces,), density.nodes, values, info, density)


def _lattice_current(density: Density, lattice: Lattice) -> Current:
    generator = density.generator
    if generator is None:
        raise FokkerError(
            explain(
                "a current needs the rates, which a marginal or a file does not hold.",
                given="a density without its generator",
                try_="the current of the whole density, or fokker.load(path, generator=...)",
            )
        )
    if is_magnetic(generator.problem) and not generator.jumps:
        # Boltzmann at equilibrium: what the antisymmetric mobility turns is zero
        method, flux = "zero: no force beside the potential", np.zeros(len(generator.tail))
    elif generator.is_reversible:
        method, flux = "zero: detailed balance", np.zeros(len(generator.tail))
    else:
        method, flux = "difference of the two flows through each face", edge_currents(generator, density)
    figures = {"cells": " x ".join(map(str, lattice.shape)), **generator.notes}
    return Current(
        density.names,
        tuple(axis.faces for axis in lattice.axes),
        density.nodes,
        _with_walls(generator, density, on_faces(lattice, lattice_flows(generator, flux))),
        Info(method, figures, density.info.references, generator.warnings),
        density,
    )


def _chain_faces(generator: Generator, density: Density) -> Array:
    """Return the flow through each face of a chain or a ring; walls let nothing pass."""
    flow, cells = edge_currents(generator, density), generator.cells
    faces = np.zeros(cells + 1)
    faces[1:cells] = flow[: cells - 1]
    if len(flow) == cells:
        faces[[0, -1]] = flow[-1]
    return faces


def _with_walls(generator: Generator, density: Density, faces: tuple[Array, ...]) -> tuple[Array, ...]:
    """Add what flows into the walls whose flux jumps."""
    mass = density.cell_mass.values()
    for jump in generator.jumps:
        for k, name in enumerate(generator.problem.names):
            for face, side in ((0, "left"), (-1, "right")):
                if jump.wall == f"{name} {side}":
                    out = (jump.rates * mass).reshape(generator.shape)
                    along = np.moveaxis(faces[k], k, 0)
                    along[face] += (1.0 if face else -1.0) * np.moveaxis(out, k, 0)[face]
    return faces


def edge_currents(generator: Generator, density: Density) -> Array:
    """Return the net flow along each edge, tail to head."""
    mass = density.cell_mass.values()
    flow: Array = generator.forward * mass[generator.tail] - generator.backward * mass[generator.head]
    return flow


def lattice_flows(generator: Generator, flow: Array) -> Array:
    """Return flows along the edges of the grid; edges that do not follow the axes are taken through the faces."""
    if generator.offsets is None or generator.lattice is None:
        return flow
    return through_faces(generator.lattice, generator.tail, generator.offsets, flow)


def on_faces(lattice: Lattice, flux: Array) -> tuple[Array, ...]:
    """Return the flows along the edges as one array of face fluxes an axis; nothing passes a wall."""
    result = []
    for k, wraps in enumerate(lattice.periodic):
        inner = lattice.edges(flux, k)
        shape = list(lattice.shape)
        shape[k] += 1
        faces = np.zeros(shape)
        count = lattice.shape[k] - 1
        moved, edges = np.moveaxis(faces, k, 0), np.moveaxis(inner, k, 0)
        moved[1:-1] = edges[:count]
        if wraps:
            moved[0] = moved[-1] = edges[-1]
        result.append(faces)
    return tuple(result)
