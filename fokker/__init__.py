"""Finite-volume solvers for Fokker-Planck equations with state-dependent diffusion."""

from fokker import sgd
from fokker.discretize import discretize
from fokker.errors import FokkerError, FokkerWarning
from fokker.generator import Generator
from fokker.grid import Axis, Grid
from fokker.problem import Problem, Robin, Sampled
from fokker.results import (
    Current,
    Density,
    HittingProbability,
    Occupation,
    PassageTime,
    QuasiStationary,
    Spectrum,
    load,
)
from fokker.solvers import (
    Extrapolated,
    committor,
    drift_velocity,
    effective_diffusion,
    entropy_production,
    extrapolate,
    mean_first_passage,
    occupation,
    passage_moment,
    passage_variance,
    quasi_stationary,
    rate,
    spectrum,
    splitting,
    stationary,
)

__version__ = "0.1.0"

__all__ = [
    "Axis",
    "Current",
    "Density",
    "Extrapolated",
    "FokkerError",
    "FokkerWarning",
    "Generator",
    "Grid",
    "HittingProbability",
    "Occupation",
    "PassageTime",
    "Problem",
    "QuasiStationary",
    "Robin",
    "Sampled",
    "Spectrum",
    "committor",
    "discretize",
    "drift_velocity",
    "effective_diffusion",
    "entropy_production",
    "extrapolate",
    "load",
    "mean_first_passage",
    "occupation",
    "passage_moment",
    "passage_variance",
    "quasi_stationary",
    "rate",
    "sgd",
    "spectrum",
    "splitting",
    "stationary",
]
