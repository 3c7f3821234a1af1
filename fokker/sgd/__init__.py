"""Stochastic gradient descent: models of its gradient noise, its recursion, real data."""

from fokker.sgd.datasets import diabetes_gradients
from fokker.sgd.noise import NoiseModel
from fokker.sgd.recursion import simulate_minibatch
from fokker.sgd.samples import SampleGradients

__all__ = ["NoiseModel", "SampleGradients", "diabetes_gradients", "simulate_minibatch"]
