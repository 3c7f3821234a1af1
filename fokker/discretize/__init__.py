"""From a problem and a grid to a generator."""

from fokker.discretize.discretize import discretize
from fokker.discretize.from_fipy import from_fipy

__all__ = ["discretize", "from_fipy"]
