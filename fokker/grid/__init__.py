"""Grids: axes with cells, faces and nodes, and the tensor grids made of them."""

from fokker.grid.axis import Axis
from fokker.grid.grid import Grid
from fokker.grid.lattice import Lattice
from fokker.grid.mesh import Mesh
from fokker.grid.region import Obstacle, Region

__all__ = ["Axis", "Grid", "Lattice", "Mesh", "Obstacle", "Region"]
