"""From a problem and a grid to a generator."""

from fokker.discretize.discretize import discretize
from fokker.discretize.driven import Driven
from fokker.discretize.from_fipy import from_fipy
from fokker.discretize.switch import switch

__all__ = ["Driven", "discretize", "from_fipy", "switch"]
