"""Walls of a mesh: which faces of the boundary absorb, and the rates through them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.mesh_edges import MeshScheme, line_edges
from fokker.errors import BoundaryError, GridError, explain
from fokker.grid.mesh import Mesh, Rim
from fokker.linalg.exponentials import bernoulli
from fokker.problem import Problem, Robin

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Walls = dict[str, tuple[Mask, Any]]

ACCEPTED = ('"reflecting"  total flux zero (the default)', '"absorbing"   density zero at the wall', "Robin(kappa)")
_ON = 1e-9  # of the extent of the domain: a face this close to a wall lies on it
WALL = "wall"  # the label of all faces together


def mesh_walls(problem: Problem, mesh: Mesh, faces: NDArray[np.intp], boundary: Any) -> Walls:
    """Return the faces and the kind of every wall that is not reflecting, by label.

    Parameters
    ----------
    problem : Problem
        Its own walls are found among the faces that lie on the ends of its domain.
    mesh : Mesh
    faces : array of int, shape (b,)
        Numbers of the boundary faces in the mesh that the user knows.
    boundary : None, wall, or mapping of str to wall or to a pair (mask, wall)

    Raises
    ------
    BoundaryError
        For unknown names or walls, walls without a face, and faces that belong to two walls.
    """
    own = _own_walls(problem, mesh.rim)
    if boundary is None:
        return own
    if own:
        raise BoundaryError(
            explain(
                "walls are given twice.",
                given=f"boundary={boundary!r}, and a problem with {', '.join(own)}",
                try_="a problem with reflecting walls",
            )
        )
    if not isinstance(boundary, Mapping):
        return _absorbing({WALL: (np.ones(len(mesh.rim.cells), dtype=bool), _kind(WALL, boundary))})
    walls = {name: _wall(name, given, mesh.rim, faces) for name, given in boundary.items()}
    _refuse_shared(walls)
    return _absorbing(walls)


def mesh_exits(problem: Problem, mesh: Mesh, walls: Walls, scheme: MeshScheme) -> dict[str, Array]:
    """Return the rates into the walls, 1/time.

    Raises
    ------
    GridError
        If the point of a cell does not lie in front of its wall.
    """
    exits: dict[str, Array] = {}
    rim = mesh.rim
    for label, (mask, kind) in walls.items():
        cells, distances = rim.cells[mask], rim.distances[mask]
        if not (distances > 0.0).all():
            worst = int(np.argmin(distances))
            where = ", ".join(f"{x[mask][worst]:.6g}" for x in rim.middles)
            raise GridError(
                explain(
                    f"the centre of a cell lies on, or beyond, the wall {label!r} that absorbs.",
                    given=f"cell {cells[worst]} at the face ({where})",
                    try_="a finer or more regular mesh along this wall",
                )
            )
        half = line_edges(problem, mesh.centres[:, cells], distances * rim.normals[:, mask], scheme)
        resistance = 1.0 / (half.conductance * bernoulli(half.rise))
        if isinstance(kind, Robin):
            resistance = resistance + np.exp(half.rise) / kind.kappa  # the flow is kappa p at the wall
        rates = rim.areas[mask] / (resistance * mesh.volumes[cells])
        exits[label] = np.bincount(cells, rates, mesh.cells).astype(np.float64)
    return exits


def _absorbing(walls: Walls) -> Walls:
    return {label: (mask, kind) for label, (mask, kind) in walls.items() if kind != "reflecting"}


def _own_walls(problem: Problem, rim: Rim) -> Walls:
    """Return the faces that lie on walls of the problem that are not reflecting."""
    walls: Walls = {}
    for k, (name, pair) in enumerate(problem.walls.items()):
        ends = problem.domain[name]
        for side, word in enumerate(("left", "right")):
            if pair[side] == "reflecting":
                continue
            kind = _kind(f"{name} {word}", pair[side])
            scale = ends[1] - ends[0] if np.isfinite(ends).all() else 1.0 + abs(ends[side])
            on = (np.abs(rim.middles[k] - ends[side]) <= _ON * scale) & (np.abs(rim.normals[k]) > 1.0 - _ON)
            if not on.any():
                raise BoundaryError(
                    explain(
                        f"no face of the mesh lies on the wall {name} = {ends[side]:g} of the problem.",
                        given=f"a wall that is {pair[side]!r}",
                        try_="boundary= of from_fipy, with names of faces, and a problem with reflecting walls",
                    )
                )
            walls[f"{name} {word}"] = (on, kind)
    return walls


def _wall(name: str, given: Any, rim: Rim, faces: NDArray[np.intp]) -> tuple[Mask, Any]:
    """Return the faces and the kind of one wall."""
    if not (isinstance(given, (tuple, list)) and len(given) == 2):
        if name not in rim.names:
            known = ", ".join(f'"{n}"' for n in rim.names)
            raise BoundaryError(
                explain(
                    "the mesh has no faces of this name.",
                    given=f"boundary={{{name!r}: ...}}",
                    accepted=f"{known}, or a new name with a pair (faces, wall)",
                    try_=f'boundary={{"{name}": (mesh.exteriorFaces & ..., "absorbing")}}',
                )
            )
        return rim.names[name], _kind(name, given)
    mask = np.asarray(given[0])
    if mask.dtype != np.bool_ or mask.ndim != 1 or len(mask) <= faces.max(initial=0) or not mask[faces].any():
        raise BoundaryError(
            explain(
                f"the faces of the wall {name!r} are none of the boundary.",
                given=f"an array of {mask.dtype} with shape {mask.shape}",
                accepted="one truth value for every face of the mesh, true on some of the boundary",
                try_="mesh.facesLeft, mesh.exteriorFaces & (y > 0.5), ...",
            )
        )
    return mask[faces], _kind(name, given[1])


def _kind(name: str, given: Any) -> Any:
    if isinstance(given, Robin) or (isinstance(given, str) and given in ("reflecting", "absorbing")):
        return given
    raise BoundaryError(
        explain(f"on a mesh the wall {name!r} cannot be of this kind.", given=repr(given), accepted=ACCEPTED)
    )


def _refuse_shared(walls: Walls) -> None:
    total = np.sum([mask for mask, _ in walls.values()], axis=0)
    if len(walls) and (total > 1).any():
        shared = [label for label, (mask, _) in walls.items() if mask[int(np.argmax(total))]]
        raise BoundaryError(
            explain("a face belongs to two walls.", given=", ".join(shared), accepted="walls without common faces")
        )
