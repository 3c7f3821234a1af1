"""`circulation`: how much probability flows around a point."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fokker.errors import DimensionError, DomainError, FokkerError, explain
from fokker.results import Density
from fokker.results.points import positions
from fokker.solvers.sets import refuse_jumps


def circulation(density: Density, around: Mapping[str, float]) -> float:
    """Return the net flux of probability around a point of the plane, counter-clockwise, 1/time.

    It is the flux through any line from the point to a wall: the stream function at the point, by linear
    interpolation between the corners of the cells.

    Parameters
    ----------
    density : Density
        Stationary, in two dimensions, without periodic axes.
    around : mapping of str to float
        The point, such as ``{"x": 0.0, "y": 0.0}``.

    Returns
    -------
    float

    Raises
    ------
    DimensionError
        If the density has not two coordinates, or one of them is periodic.
    DomainError
        If the point lies outside the grid.
    FokkerError
        If the process jumps: its current has sources.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(
    ...     drift=lambda x, y: (-x - y, x - y), diffusion=1.0, domain={"x": (-6, 6), "y": (-6, 6)}
    ... )
    >>> density = fokker.stationary(fokker.discretize(problem, cells=60))
    >>> round(fokker.circulation(density, {"x": 0.0, "y": 0.0}), 2)  # 1 / (2 pi)
    0.16
    """
    if not isinstance(density, Density) or not isinstance(around, Mapping):
        raise FokkerError(
            explain(
                "circulation needs a density and a point.",
                given=f"a {type(density).__name__} and around={around!r}",
                try_='fokker.circulation(fokker.stationary(generator), {"x": 0.0, "y": 0.0})',
            )
        )
    if density.generator is not None:
        refuse_jumps(
            density.generator,
            "circulation",
            "the current along the edges has sources, and depends on the line it is taken through",
            "density.current().through(region, where=...) for one line",
        )
    lattice = density.lattice
    if lattice is None and len(density.names) == 2:
        raise DimensionError(
            explain(
                "a flux around a point needs the rows of a grid and its rates.",
                given="a density on a mesh, or loaded without its generator",
                try_="fokker.load(path, generator=...), or density.current().through(region, where=...)",
            )
        )
    if lattice is None or lattice.dimension != 2 or any(lattice.periodic):
        raise DimensionError(
            explain(
                "a flux around a point is known in the plane, with walls or infinite ends on all sides.",
                given=f"the axes {', '.join(density.names)}",
                try_="density.current().through(region, where=...), the flux through a surface",
            )
        )
    current = density.current()
    point = [np.atleast_1d(x) for x in positions(density.names, (), around)]
    for name, x, faces in zip(density.names, point, current.faces, strict=True):
        if not faces[0] <= x[0] <= faces[-1]:
            accepted = f"{faces[0]:.6g} to {faces[-1]:.6g}"
            raise DomainError(explain(f"{name} = {x[0]:.6g} lies outside the grid.", accepted=accepted))
    from scipy.interpolate import RegularGridInterpolator

    psi = RegularGridInterpolator(current.faces, current.stream_function())
    return float(psi(np.stack(point, axis=-1))[0])
