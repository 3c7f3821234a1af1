"""A mesh of FiPy becomes a `Mesh`: geometry from its vertices, points of the cells, and how orthogonal it is."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DimensionError, GridError, explain, missing_extra
from fokker.grid.mesh import Mesh, Rim

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

WARNED, REFUSED = 3.0, 15.0  # degrees between the line of centres and the normal of a face
_NEAR = 1e-9  # smallest distance between the centres of neighbours, over the size of their face
_SIDES = ("left", "right", "bottom", "top", "front", "back")


def read_mesh(mesh: Any, centres: Any = None) -> Mesh:
    """Return the cells and faces of a FiPy mesh in two or three dimensions.

    Parameters
    ----------
    mesh : fipy.meshes.abstractMesh.AbstractMesh
    centres : array, shape (d, n), optional
        Points of the cells; by default the cell centres of FiPy, or the circumcentres of triangles and tetrahedra
        where those make the mesh orthogonal and the cell centres do not.

    Raises
    ------
    MissingExtra
        If FiPy is not installed.
    DimensionError
        For a mesh in one dimension.
    GridError
        If it is no mesh of FiPy, is periodic or cylindrical, or is not orthogonal enough.
    """
    _require_fipy(mesh)
    if mesh.dim not in (2, 3):
        raise DimensionError(
            explain(
                "a mesh has two or three dimensions.",
                given=f"a {type(mesh).__name__} of dimension {mesh.dim}",
                try_="fokker.discretize(problem, cells=...), or grid= for cells of other sizes",
            )
        )
    centroids = np.array(mesh.cellCenters.value, dtype=float)
    if centres is not None:
        points = np.array(centres, dtype=float)
        if points.shape != centroids.shape or not np.isfinite(points).all():
            raise GridError(
                explain(
                    "the centres do not fit the mesh.",
                    given=f"an array of shape {points.shape}" if points.shape != centroids.shape else "NaN or infinity",
                    accepted=f"finite coordinates of shape {centroids.shape}, one column a cell",
                )
            )
        return _require_orthogonal(_assemble(mesh, centroids, points))
    result = _assemble(mesh, centroids, centroids)
    if result.angles.max(initial=0.0) > WARNED:
        around = _circumcentres(result)
        if around is not None:
            other = _assemble(mesh, centroids, around)
            if _well_apart(other) and other.angles.max() <= WARNED:
                return other
    return _require_orthogonal(result)


def _require_fipy(mesh: Any) -> None:
    if any(kind.__module__.startswith("fipy.meshes") for kind in type(mesh).__mro__):
        return
    if importlib.util.find_spec("fipy") is None:
        raise missing_extra("fipy", "meshes", "a generator on a mesh")
    raise GridError(
        explain(
            "this is no mesh of FiPy.",
            given=f"a {type(mesh).__name__}",
            accepted="fipy.Grid2D(...), fipy.Tri2D(...), fipy.Gmsh2D(...), fipy.meshes.mesh2D.Mesh2D(...), ...",
        )
    )


def _assemble(mesh: Any, centroids: Array, centres: Array) -> Mesh:
    """Return the mesh with given points of the cells."""
    vertices = np.array(mesh.vertexCoords, dtype=float)
    ring = np.ma.filled(np.ma.asarray(mesh.faceVertexIDs).astype(np.intp), -1)
    areas, normals, middles = _faces(vertices, ring)
    cells = np.ma.asarray(mesh.faceCellIDs).astype(np.intp)
    outer = np.ma.getmaskarray(cells)[1]
    first, second = np.ma.filled(cells[0], -1), np.ma.filled(cells[1], -1)
    outwards = ((middles - centroids[:, first]) * normals).sum(axis=0)
    normals = np.where(outwards < 0.0, -normals, normals)
    inner = np.flatnonzero(~outer)
    tail, head = first[inner], second[inner]
    beyond = ((centroids[:, head] - middles[:, inner]) * normals[:, inner]).sum(axis=0)
    volumes = np.array(mesh.cellVolumes, dtype=float)
    _check_volumes(mesh, volumes, areas, np.abs(outwards), first, np.where(outer, -1, second), beyond, inner)
    rim, owner = np.flatnonzero(outer), first[outer]
    along = centres[:, head] - centres[:, tail]
    corners, owners = _simplices(vertices, ring, middles, first, np.where(outer, -1, second))
    return Mesh(
        centres=centres,
        volumes=volumes,
        tail=tail,
        head=head,
        areas=areas[inner],
        distances=np.sqrt((along**2).sum(axis=0)),
        normals=normals[:, inner],
        middles=middles[:, inner],
        rim=Rim(
            cells=owner,
            areas=areas[rim],
            distances=((middles[:, rim] - centres[:, owner]) * normals[:, rim]).sum(axis=0),
            normals=normals[:, rim],
            middles=middles[:, rim],
            names=_names(mesh, rim),
        ),
        corners=corners,
        owners=owners,
    )


def _faces(vertices: Array, ring: Index) -> tuple[Array, Array, Array]:
    """Return areas, unit normals and middles of faces given by their corners in turn (-1 where there are fewer)."""
    there = ring >= 0
    count = there.sum(axis=0)
    places = np.where(there, vertices[:, ring], 0.0)
    middles = places.sum(axis=1) / count
    if len(vertices) == 2:
        side = places[:, 1] - places[:, 0]
        vector = np.stack([side[1], -side[0]])
    else:
        following = np.where(np.arange(1, len(ring) + 1)[:, None] < count, np.roll(ring, -1, axis=0), ring[0])
        after = np.where(there, vertices[:, following], 0.0)
        # half the sum over the sides of their cross products
        vector = 0.5 * np.cross(places, after, axis=0).sum(axis=1)
    areas = np.sqrt((vector**2).sum(axis=0))
    return areas, vector / areas, middles


def _check_volumes(
    mesh: Any, volumes: Array, areas: Array, heights: Array, first: Index, second: Index, beyond: Array, inner: Index
) -> None:
    """Raise where the volumes are not those of the pyramids over the faces: the geometry is not that of the figure."""
    total = np.bincount(first, areas * heights, len(volumes))
    total += np.bincount(second[inner], areas[inner] * beyond, len(volumes))
    wrong = np.abs(total / mesh.dim - volumes) > 1e-8 * volumes
    if not wrong.any():
        return
    cell = int(np.argmax(wrong))
    raise GridError(
        explain(
            "the volumes of the cells are not those of their faces.",
            given=f"a {type(mesh).__name__}; cell {cell} has volume {volumes[cell]:.6g}, its faces enclose "
            f"{total[cell] / mesh.dim:.6g}",
            accepted="plane or spatial meshes of convex cells, neither periodic nor cylindrical",
            try_='fokker.discretize with boundary="periodic", or coordinates of their own for a cylinder',
        )
    )


def _simplices(vertices: Array, ring: Index, middles: Array, first: Index, second: Index) -> tuple[Array, Index]:
    """Return the corners of simplices over the sides of all faces, seen from both cells, and the cells."""
    faces = np.arange(ring.shape[1])
    parts = []
    if len(vertices) == 2:
        parts.append((faces, np.stack([vertices[:, ring[0]].T, vertices[:, ring[1]].T], axis=1)))
    else:
        count = (ring >= 0).sum(axis=0)
        for k in range(len(ring)):
            mine = faces[k < count]
            after = np.where(k + 1 < count, ring[(k + 1) % len(ring)], ring[0])[mine]
            ends = vertices[:, ring[k, mine]].T, vertices[:, after].T
            parts.append((mine, np.stack([middles[:, mine].T, *ends], axis=1)))
    of_face = np.concatenate([face for face, _ in parts])
    corners = np.concatenate([corner for _, corner in parts])
    both = second[of_face] >= 0
    owners = np.concatenate([first[of_face], second[of_face][both]])
    return np.concatenate([corners, corners[both]]), owners


def _names(mesh: Any, rim: Index) -> dict[str, Mask]:
    """Return the faces on the boundary that FiPy knows by name: the sides of the box, and the physical faces."""
    names = {
        side: np.asarray(getattr(mesh, f"faces{side.capitalize()}"))[rim]
        for side in (_SIDES if mesh.dim == 3 else _SIDES[:4])
    }
    names |= {name: np.asarray(mask)[rim] for name, mask in (getattr(mesh, "physicalFaces", None) or {}).items()}
    return {name: mask.astype(bool) for name, mask in names.items() if mask.any()}


def _circumcentres(mesh: Mesh) -> Array | None:
    """Return the centres of the spheres around triangles or tetrahedra; None where other cells are among them."""
    d = mesh.dimension
    order = np.argsort(mesh.owners, kind="stable")
    per_face = 1 if d == 2 else 3
    if len(order) != mesh.cells * (d + 1) * per_face:
        return None
    if (np.bincount(mesh.owners, minlength=mesh.cells) != (d + 1) * per_face).any():
        return None
    of_cell = mesh.corners[order].reshape(mesh.cells, -1, d, d)
    # in the plane the corners are vertices; in space the first of each is the middle of a face
    points = of_cell.reshape(mesh.cells, -1, d) if d == 2 else of_cell[:, :, 1:].reshape(mesh.cells, -1, d)
    base = points[:, :1]
    sides = points[:, 1:] - base
    half = 0.5 * (sides**2).sum(axis=2)
    # every corner comes several times: more equations than unknowns, and consistent
    centres: Array = (base[:, 0] + (np.linalg.pinv(sides) @ half[..., None])[..., 0]).T
    return centres


def _well_apart(mesh: Mesh) -> bool:
    """Return whether the centres of neighbours lie on the right sides of their faces, and not on top of each other."""
    along = ((mesh.centres[:, mesh.head] - mesh.centres[:, mesh.tail]) * mesh.normals).sum(axis=0)
    size = mesh.areas ** (1.0 / (mesh.dimension - 1))
    return bool((along > _NEAR * size).all())


def _require_orthogonal(mesh: Mesh) -> Mesh:
    """Raise where a face is too far from perpendicular to its line of centres."""
    if not len(mesh.tail):
        return mesh
    worst = int(np.argmax(mesh.angles))
    if mesh.angles[worst] <= REFUSED:
        return mesh
    where = ", ".join(f"{x[worst]:.6g}" for x in mesh.middles)
    cells = f"{mesh.tail[worst]} and {mesh.head[worst]}"
    raise GridError(
        explain(
            "the mesh is not orthogonal: exponential fitting needs faces that stand on the lines of centres.",
            given=f"the face between cells {cells} at ({where}) is {mesh.angles[worst]:.3g} degrees off",
            accepted=f"at most {REFUSED:g} degrees (a warning from {WARNED:g} on)",
            try_="cells of Voronoi with centres= their points, Delaunay triangles, or rectangles",
        )
    )


def boundary_faces(mesh: Any) -> Index:
    """Return FiPy's numbers of the faces on the boundary, in the order of `Rim`."""
    return np.flatnonzero(np.ma.getmaskarray(np.ma.asarray(mesh.faceCellIDs))[1])
