"""Linear algebra on raw arrays."""

from fokker.linalg.factor import Factor, factorise
from fokker.linalg.scaled import Scaled

__all__ = ["Factor", "Scaled", "factorise"]
