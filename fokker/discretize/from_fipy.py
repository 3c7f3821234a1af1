"""`from_fipy`: problem + mesh -> generator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.discretize.edges import Edges
from fokker.discretize.fipy_mesh import WARNED, boundary_faces, read_mesh
from fokker.discretize.mesh_edges import MeshScheme, line_edges
from fokker.discretize.mesh_walls import mesh_exits, mesh_walls
from fokker.discretize.refusals import STEEPEST
from fokker.errors import DimensionError, DomainError, FokkerError, GridError, explain
from fokker.generator import Generator
from fokker.grid.mesh import Mesh
from fokker.linalg.exponentials import bernoulli
from fokker.problem import Problem, Robin

Array = NDArray[np.float64]
Wall = str | Robin

SCHEMES = get_args(MeshScheme)
_BROKEN = 1e-6  # kT around a loop, over the largest rise of an edge: less is quadrature
_OUTSIDE = 1e-9  # of the extent of the domain


def from_fipy(
    mesh: Any,
    problem: Problem,
    boundary: Wall | Mapping[str, Wall | tuple[ArrayLike, Wall]] | None = None,
    centres: ArrayLike | None = None,
    scheme: MeshScheme = "edge-resistance",
) -> Generator:
    """Turn a problem into a Markov jump process between the cells of a mesh made by FiPy.

    The current through a face is that of exponential fitting along the line between the centres of its two cells,
    which must stand on the face. Detailed balance is exact face by face where the problem has a potential and no
    force; a rotational drift is fitted as a whole.

    Parameters
    ----------
    mesh : fipy mesh
        In two or three dimensions: ``fipy.Grid2D``, ``fipy.Tri2D``, ``fipy.Gmsh2D``, ``Mesh2D``, ...
    problem : Problem
        With as many coordinates, and a D that is the same in all directions. Its domain must hold the mesh. Its
        own walls, where they are not reflecting, are those faces of the mesh that lie on the ends of the domain.
    boundary : wall, or mapping of str to wall or to a pair (faces, wall), optional
        Walls by name of their faces: "left", "right", "bottom", "top", "front", "back", the physical faces of a
        Gmsh file, or a new name with FiPy's mask of faces, such as
        ``{"window": (mesh.facesLeft & (mesh.y > 1), "absorbing")}``. A wall is "reflecting" (also all faces that
        are not named), "absorbing" or ``fokker.Robin(kappa)``. A single wall stands for all faces.
    centres : array, shape (d, n), optional
        The points that the cells belong to, such as those of a Voronoi diagram. By default FiPy's cell centres,
        or the circumcentres of Delaunay triangles and tetrahedra.
    scheme : {"edge-resistance", "scharfetter-gummel"}
        The edge rule, as in `fokker.discretize`.

    Returns
    -------
    Generator
        With ``.mesh`` in the place of ``.lattice``; records hold one number a cell.

    Raises
    ------
    MissingExtra
        If FiPy is not installed.
    GridError
        If it is no mesh of FiPy, or a face is more than 15 degrees off the normal of its line of centres (from
        3 degrees on there is a warning), or the potential changes by more than 500 kT between two cells.
    DimensionError
        If the dimensions differ, or D depends on the direction.
    DomainError
        If the mesh reaches beyond the domain.
    BoundaryError
        If a wall is unknown or has no face.

    References
    ----------
    R. Eymard, T. Gallouet and R. Herbin, *Handbook of Numerical Analysis* 7 (2000) 713, section 9: admissible meshes.

    Examples
    --------
    >>> import fokker
    >>> import fipy  # doctest: +SKIP
    >>> mesh = fipy.Grid2D(nx=20, ny=20, dx=0.1, dy=0.1)  # doctest: +SKIP
    >>> problem = fokker.Problem(drift=(0.0, 0.0), diffusion=1.0, domain={"x": (0, 2), "y": (0, 2)})  # doctest: +SKIP
    >>> generator = fokker.from_fipy(mesh, problem, boundary={"left": "absorbing"})  # doctest: +SKIP
    >>> round(fokker.mean_first_passage(generator).at(x=1.0, y=1.0), 2)  # doctest: +SKIP
    1.5
    """
    if not isinstance(problem, Problem):
        raise FokkerError(
            explain("a generator needs a problem.", given=repr(problem), try_="from_fipy(mesh, fokker.Problem(...))")
        )
    if scheme not in SCHEMES:
        accepted = ", ".join(f'"{s}"' for s in SCHEMES)
        raise FokkerError(explain("unknown edge rule on a mesh.", given=f"scheme={scheme!r}", accepted=accepted))
    cells = read_mesh(mesh, centres)
    _require_inside(problem, cells)
    walls = mesh_walls(problem, cells, boundary_faces(mesh), boundary)
    sinks = {label: mask for label, (mask, kind) in walls.items() if kind == "absorbing"}
    cells = replace(cells, rim=replace(cells.rim, absorbing=sinks))
    spans = cells.centres[:, cells.head] - cells.centres[:, cells.tail]
    edges = line_edges(problem, cells.centres[:, cells.tail], spans, scheme)
    _refuse_steep(problem, cells, edges)
    there = cells.areas * edges.conductance
    reversible = problem.has_potential and not problem.has_force
    angle = float(cells.angles.max(initial=0.0))
    doubts = f"faces are up to {angle:.2g} degrees off the normal of their lines of centres: the order may suffer"
    return Generator(
        problem=problem,
        grid=cells,
        scheme=scheme,
        tail=cells.tail,
        head=cells.head,
        forward=there * bernoulli(edges.rise) / cells.volumes[cells.tail],
        backward=there * bernoulli(-edges.rise) / cells.volumes[cells.head],
        exit_rates=mesh_exits(problem, cells, walls, scheme),
        masses=cells.volumes,
        is_reversible=reversible,
        peclet=float(np.abs(edges.rise).max(initial=0.0)),
        warnings=(doubts,) if angle > WARNED else (),
        mesh=cells,
        guess=np.log(cells.volumes) - problem.potential_at(*cells.nodes) if problem.has_potential else None,
        notes={
            "detailed_balance": _verdict(cells, edges, reversible),
            "largest_angle": angle,
            "unresolved_edges": edges.unresolved / max(len(cells.tail), 1),
        },
    )


def _verdict(mesh: Mesh, edges: Edges, reversible: bool) -> str:
    """Say whether detailed balance holds, by the rise of the potential around the loops that edges close on a tree."""
    if reversible:
        return "holds: a potential without force"
    level = mesh.along_tree(edges.rise)
    affinity = float(np.abs(edges.rise - (level[mesh.head] - level[mesh.tail])).max(initial=0.0))
    broken = affinity > _BROKEN * float(np.abs(edges.rise).max(initial=0.0))
    return f"{'broken' if broken else 'holds to quadrature'}: loops up to {affinity:.2g} kT (Kolmogorov)"


def _require_inside(problem: Problem, mesh: Mesh) -> None:
    if problem.dimension != mesh.dimension:
        raise DimensionError(
            explain(
                "problem and mesh have different dimensions.",
                given=f"a problem with the axes {', '.join(problem.names)}, a mesh of dimension {mesh.dimension}",
            )
        )
    for k, (name, (low, high)) in enumerate(problem.domain.items()):
        least = min(mesh.centres[k].min(), mesh.rim.middles[k].min(initial=np.inf))
        most = max(mesh.centres[k].max(), mesh.rim.middles[k].max(initial=-np.inf))
        slack = _OUTSIDE * (most - least)
        if least < low - slack or most > high + slack:
            raise DomainError(
                explain(
                    f"the mesh reaches beyond the domain of {name}.",
                    given=f"cells from {least:.6g} to {most:.6g}, domain ({low:g}, {high:g})",
                    try_=f'domain={{"{name}": (low, high), ...}} around the mesh, or (-np.inf, np.inf)',
                )
            )


def _refuse_steep(problem: Problem, mesh: Mesh, edges: Edges) -> None:
    worst = int(np.argmax(np.abs(edges.rise))) if len(edges.rise) else -1
    if worst < 0 or not abs(edges.rise[worst]) > STEEPEST:
        return
    where = ", ".join(f"{n} = {x:.6g}" for n, x in zip(problem.names, mesh.middles[:, worst], strict=True))
    raise GridError(
        explain(
            f"the potential changes by {float(abs(edges.rise[worst])):.3g} kT between two cells near {where}.",
            accepted=f"at most {STEEPEST:g} kT",
            try_="a finer mesh there, or a smaller domain",
        )
    )
