"""From a problem and a grid to a generator."""

from fokker.discretize.discretize import discretize

__all__ = ["discretize"]
