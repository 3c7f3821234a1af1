"""Linear algebra on raw arrays."""

from fokker.linalg.classes import closed_classes, reaches_exit
from fokker.linalg.factor import Factor, factorise
from fokker.linalg.jumps import JumpFactor
from fokker.linalg.multifrontal import MultifrontalFactor
from fokker.linalg.plan import Plan
from fokker.linalg.scaled import Scaled
from fokker.linalg.signed import SignedFactor

__all__ = [
    "Factor",
    "JumpFactor",
    "MultifrontalFactor",
    "Plan",
    "Scaled",
    "SignedFactor",
    "closed_classes",
    "factorise",
    "reaches_exit",
]
