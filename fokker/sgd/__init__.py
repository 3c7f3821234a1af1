"""Stochastic gradient descent: models of its gradient noise, simulations, tails of samples, real data."""

from fokker.sgd.datasets import diabetes_gradients
from fokker.sgd.descent_problem import descent_problem
from fokker.sgd.dictionary import (
    index_from_kappa,
    index_from_q,
    kappa_from_index,
    kappa_from_q,
    q_from_index,
    q_from_kappa,
)
from fokker.sgd.ensemble import Ensemble
from fokker.sgd.models import DiagonalNetwork, HiddenLayer, LinearModel
from fokker.sgd.moved_target import moved_target
from fokker.sgd.networks import DenseClassifier
from fokker.sgd.noise import NoiseModel
from fokker.sgd.noise_fit import NoiseEstimate
from fokker.sgd.noise_tensor import TensorNoiseModel
from fokker.sgd.passages import FirstPassages
from fokker.sgd.recursion import simulate_minibatch
from fokker.sgd.recursions import simulate_power_law, simulate_recursion
from fokker.sgd.samples import SampleGradients
from fokker.sgd.simulate_passages import simulate_first_passage
from fokker.sgd.simulate_sde import simulate_sde
from fokker.sgd.simulate_sgd import simulate_sgd
from fokker.sgd.student_fit import GaussianFit, StudentFit, fit_student
from fokker.sgd.tails import HillEstimate, hill

__all__ = [
    "DenseClassifier",
    "DiagonalNetwork",
    "Ensemble",
    "FirstPassages",
    "GaussianFit",
    "HiddenLayer",
    "HillEstimate",
    "LinearModel",
    "NoiseEstimate",
    "NoiseModel",
    "SampleGradients",
    "StudentFit",
    "TensorNoiseModel",
    "descent_problem",
    "diabetes_gradients",
    "fit_student",
    "hill",
    "index_from_kappa",
    "index_from_q",
    "kappa_from_index",
    "kappa_from_q",
    "moved_target",
    "q_from_index",
    "q_from_kappa",
    "simulate_first_passage",
    "simulate_minibatch",
    "simulate_power_law",
    "simulate_recursion",
    "simulate_sde",
    "simulate_sgd",
]


def __dir__() -> list[str]:
    return __all__  # what tab-completion offers
