"""Finite-volume solvers for Fokker-Planck equations with state-dependent diffusion."""

from fokker import sgd
from fokker.discretize import discretize
from fokker.errors import FokkerError, FokkerWarning
from fokker.generator import Generator
from fokker.grid import Axis, Grid
from fokker.problem import Problem, Robin, Sampled
from fokker.results import Current, Density, PassageTime, load
from fokker.solvers import mean_first_passage, stationary

__version__ = "0.1.0"

__all__ = [
    "Axis",
    "Current",
    "Density",
    "FokkerError",
    "FokkerWarning",
    "Generator",
    "Grid",
    "PassageTime",
    "Problem",
    "Robin",
    "Sampled",
    "discretize",
    "load",
    "mean_first_passage",
    "sgd",
    "stationary",
]
