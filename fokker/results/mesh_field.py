"""Values between the centres of a mesh: linear on a Delaunay triangulation of all places where a value is known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DomainError, explain
from fokker.grid import Mesh
from fokker.linalg import Scaled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fokker.discretize.absorb import Absorbed

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

_CLOSE = 24  # simplices looked at first around a point
_EDGE = 1e-9  # a point this far outside a simplex, in barycentric coordinates, lies in it
_CHUNK = 1 << 22


@dataclass(frozen=True, eq=False)
class MeshField:
    """A field known at the centres of the cells, and at places on walls.

    Attributes
    ----------
    mesh : Mesh
    values : array, shape (n,)
        At the centres; places where it is not finite are left out.
    extra : array, shape (d, k)
        Further places.
    extra_values : array, shape (k,)
    """

    mesh: Mesh
    values: Array
    extra: Array
    extra_values: Array

    @cached_property
    def _linear(self) -> Any:
        from scipy.interpolate import LinearNDInterpolator

        known = np.isfinite(self.values)
        places = np.concatenate([self.mesh.centres[:, known], self.extra], axis=1).T
        return LinearNDInterpolator(places, np.concatenate([self.values[known], self.extra_values]), rescale=False)

    @cached_property
    def _slopes(self) -> Array:
        """Gradients at the centres by least squares over the neighbours, shape (n, d)."""
        mesh, d = self.mesh, self.mesh.dimension
        both = np.isfinite(self.values[mesh.tail]) & np.isfinite(self.values[mesh.head])
        tail, head = mesh.tail[both], mesh.head[both]
        along = mesh.centres[:, head] - mesh.centres[:, tail]
        weighted = along / (along**2).sum(axis=0)
        step = self.values[head] - self.values[tail]
        square, right = np.zeros((mesh.cells, d, d)), np.zeros((mesh.cells, d))
        for ends in (tail, head):
            for i in range(d):
                right[:, i] += np.bincount(ends, weighted[i] * step, mesh.cells)
                for j in range(d):
                    square[:, i, j] += np.bincount(ends, weighted[i] * along[j], mesh.cells)
        slopes: Array = (np.linalg.pinv(square, hermitian=True) @ right[..., None])[..., 0]
        return slopes

    def __call__(self, points: tuple[Array, ...], names: tuple[str, ...], positive: bool) -> Array:
        """Return the field at points of the mesh.

        Between the outermost centres and the boundary the gradient at the nearest centre carries on, unless a
        `positive` field would change sign there.

        Raises
        ------
        DomainError
            If a point lies outside the mesh.
        """
        places = np.stack(points, axis=-1)
        require_inside(self.mesh, places, names)
        return self.within(places, positive)

    def within(self, places: Array, positive: bool) -> Array:
        """Return the field at places of shape (m, d) that are known to lie in the mesh."""
        result: Array = self._linear(places)
        beyond = np.flatnonzero(np.isnan(result))
        if len(beyond):
            cell = nearest(self.mesh, places[beyond], np.isfinite(self.values))
            away = places[beyond] - self.mesh.centres[:, cell].T
            base = self.values[cell]
            found = base + (self._slopes[cell] * away).sum(axis=1)
            result[beyond] = np.where(positive & (found <= 0.0), base, found)
        return result


def log_field(mesh: Mesh, logs: Array) -> MeshField:
    """Return the interpolant of a logarithm; cells below its range are left out."""
    return MeshField(mesh, logs, np.zeros((mesh.dimension, 0)), np.zeros(0))


def field_with_walls(mesh: Mesh, values: Array, absorbed: Absorbed | None, on_walls: Mapping[str, float]) -> MeshField:
    """Return the interpolant of a field that is known on walls that absorb, and on the walls of sets, by label."""
    places, known = [np.zeros((mesh.dimension, 0))], [np.zeros(0)]
    rim = mesh.rim
    for label, mask in rim.absorbing.items():
        cells = rim.cells[mask]
        places.append(mesh.centres[:, cells] + rim.distances[mask] * rim.normals[:, mask])
        known.append(np.full(len(cells), on_walls.get(label, 0.0)))
    if absorbed is not None and absorbed.cuts is not None:
        cuts = absorbed.cuts
        start, end = mesh.centres[:, cuts.cells], mesh.centres[:, cuts.beyond]
        inner = cuts.fraction < 1.0  # at the next centre its own value serves
        places.append((start + cuts.fraction * (end - start))[:, inner])
        levels = np.array([on_walls.get(label, 0.0) for label in absorbed.labels])
        known.append(levels[cuts.sets[inner]])
    return MeshField(mesh, values, np.concatenate(places, axis=1), np.concatenate(known))


def aligned_field(
    mesh: Mesh, nodal: Scaled, absorbed: Absorbed | None, on_walls: Mapping[str, float]
) -> tuple[MeshField, int]:
    """Return the interpolant of non-negative numbers, up to a power of two that brings the largest near one."""
    values, top = nodal.aligned()
    on_walls = {label: float(np.ldexp(value, -top)) for label, value in on_walls.items()}
    return field_with_walls(mesh, values, absorbed, on_walls), top


def scaled_on_mesh(field: tuple[MeshField, int], names: tuple[str, ...], points: tuple[Array, ...]) -> Scaled:
    """Return a non-negative field at points."""
    values = field[0](points, names, positive=True)
    return Scaled(values, np.full(len(values), field[1], dtype=np.int32))


def nearest(mesh: Mesh, places: Array, allowed: Mask | None = None) -> Index:
    """Return the cell with the nearest centre, for places of shape (m, d)."""
    from scipy.spatial import KDTree

    cells = np.arange(mesh.cells) if allowed is None else np.flatnonzero(allowed)
    found: Index = cells[KDTree(mesh.centres[:, cells].T).query(places)[1]]
    return found


def cell_weights(mesh: Mesh, names: tuple[str, ...], places: Array) -> tuple[Index, Array]:
    """Return the cells around each place and weights of mean one over them, shapes (d + 1, m).

    The mean of the centres is the place itself, except beyond the outermost centres: there it is the nearest.
    """
    from scipy.spatial import Delaunay

    require_inside(mesh, places, names)
    net = Delaunay(mesh.centres.T)
    simplex = net.find_simplex(places)
    shares = np.zeros((mesh.dimension + 1, len(places)))
    cells = np.broadcast_to(nearest(mesh, places), shares.shape).copy()
    shares[0] = 1.0
    for m in np.flatnonzero(simplex >= 0):
        change = net.transform[simplex[m]]
        first = change[:-1] @ (places[m] - change[-1])
        shares[:, m] = np.append(first, 1.0 - first.sum())
        cells[:, m] = net.simplices[simplex[m]]
    return cells, shares


def require_inside(mesh: Mesh, places: Array, names: tuple[str, ...]) -> None:
    """Raise where a place of shape (m, d) lies in no cell.

    Raises
    ------
    DomainError
        With the first such place.
    """
    finite = np.isfinite(places).all(axis=1)
    inside = np.zeros(len(places), dtype=bool)
    inside[finite] = _inside(mesh, places[finite])
    if inside.all():
        return
    where = ", ".join(f"{n} = {x:.6g}" for n, x in zip(names, places[int(np.argmin(inside))], strict=True))
    raise DomainError(
        explain(f"the point {where} lies outside the mesh.", accepted="points in its cells", given=repr(mesh))
    )


def _inside(mesh: Mesh, places: Array) -> Mask:
    from scipy.spatial import KDTree

    centres = mesh.centres[:, mesh.owners].T
    middles = (centres + mesh.corners.sum(axis=1)) / (mesh.dimension + 1)
    count = min(_CLOSE, len(middles))
    close = KDTree(middles).query(places, k=np.arange(1, count + 1))[1]
    inside = np.zeros(len(places), dtype=bool)
    for column in close.T:
        left = np.flatnonzero(~inside)
        inside[left] = _within(mesh, column[left], places[left])
    step = max(1, _CHUNK // max(len(middles), 1))
    left = np.flatnonzero(~inside)
    for first in range(0, len(left), step):
        rows = left[first : first + step]
        all_of_them = np.tile(np.arange(len(middles)), len(rows))
        found = _within(mesh, all_of_them, np.repeat(places[rows], len(middles), axis=0))
        inside[rows] = found.reshape(len(rows), -1).any(axis=1)
    return inside


def _within(mesh: Mesh, simplices: Index, places: Array) -> Mask:
    """Return whether each place lies in the simplex beside it."""
    centres = mesh.centres[:, mesh.owners[simplices]].T
    sides = (mesh.corners[simplices] - centres[:, None]).swapaxes(1, 2)
    flat = np.abs(np.linalg.det(sides)) == 0.0
    sides[flat] = np.eye(mesh.dimension)
    shares = np.linalg.solve(sides, (places - centres)[..., None])[..., 0]
    inside: Mask = ~flat & (shares >= -_EDGE).all(axis=1) & (shares.sum(axis=1) <= 1.0 + _EDGE)
    return inside
