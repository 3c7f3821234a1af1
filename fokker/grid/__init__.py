"""Axes and grids."""

from fokker.grid.axis import Axis
from fokker.grid.grid import Grid

__all__ = ["Axis", "Grid"]
