"""Recognise the processes that have compiled steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fokker.problem import Problem
from fokker.problem.langevin import Langevin
from fokker.sgd.kernels import Cubic, Quadratic
from fokker.sgd.noise import NoiseModel
from fokker.sgd.noise_tensor import TensorNoiseModel

RANK_ONE = 1e-9  # what the check of a noise model allows rho^2 / (sigma_g sigma_H) above 1
ROUNDING = 8 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Polynomials:
    """Drift and diffusion of a one-dimensional process as polynomials in v = x - centre.

    The drift is given lowest power first, D as (c0, c1, c2, c3) for ``c0 + c1 v + c2 (v + c3)**2``.
    """

    centre: float
    drift: Cubic
    diffusion: Quadratic


def polynomials_of(noise: NoiseModel) -> Polynomials:
    """Return the process of a noise model: linear drift, quadratic D = learning_rate * C / 2."""
    half = 0.5 * noise.learning_rate
    variance = _diffusion(half * noise.sigma_g, 2.0 * half * noise.rho, half * noise.sigma_H)
    return Polynomials(noise.minimum, (0.0, -noise.curvature, 0.0, 0.0), variance)


def _diffusion(c0: float, c1: float, c2: float) -> Quadratic:
    """Return c0 + c1 v + c2 v^2 in the form of the kernels: a square alone, if it is one within RANK_ONE.

    Otherwise the least value is beyond the rounding of the polynomial, which is a few units of c0 there.
    """
    if c2 > 0.0 and c1 != 0.0:
        rest = c0 - 0.25 * c1 * c1 / c2
        if -RANK_ONE * c0 <= rest <= ROUNDING * c0:
            return 0.0, 0.0, c2, 0.5 * c1 / c2
    return c0, c1, c2, 0.0


def recognise_tensor(problem: Problem) -> TensorNoiseModel | None:
    """Return the noise model of several parameters behind a problem in the Ito reading, if it is one."""
    process = problem.process
    if not isinstance(process, Langevin) or process.is_noise or problem.alpha != 0.0:
        return None
    owner = getattr(process.drift.source, "__self__", None)
    if not isinstance(owner, TensorNoiseModel):
        return None
    given = process.drift.source == owner.drift_at and process.amplitude.source == owner.diffusion_at
    return owner if given else None


def recognise(problem: Problem) -> Polynomials | None:
    """Return the polynomials behind a problem, if it is given by them and not by functions of unknown form.

    These are numbers, `numpy.polynomial.Polynomial` (drift up to degree 3, D up to 2; sigma up to 1 in the Ito reading)
    and the methods of a `NoiseModel`.
    """
    process = problem.process
    if problem.dimension > 1 or not isinstance(process, Langevin):
        return None
    drift, amplitude = process.drift.source, process.amplitude.source
    owner = getattr(drift, "__self__", None)
    if isinstance(owner, NoiseModel):
        given = drift == owner.drift and amplitude == owner.diffusion and not process.is_noise
        return polynomials_of(owner) if given else None
    f, d = _powers(drift), _powers(amplitude)
    if f is None or d is None:
        return None
    if process.is_noise:
        if problem.alpha > 0.0 and len(d) > 1:  # sigma may change sign, which D does not show
            return None
        d = 0.5 * np.convolve(d, d)
    if len(f) > 4 or len(d) > 3:
        return None
    a, c = np.zeros(4), np.zeros(3)
    a[: len(f)], c[: len(d)] = f, d
    return Polynomials(0.0, (a[0], a[1], a[2], a[3]), _diffusion(c[0], c[1], c[2]))


def recognise_recursion(gradient: Any, variance: Any, learning_rate: float) -> Polynomials | None:
    """Return the process whose Euler steps of length learning_rate are the recursion, if both are polynomials."""
    g, c = _powers(gradient), _powers(variance)
    if g is None or c is None or len(g) > 4 or len(c) > 3:
        return None
    a, d = np.zeros(4), np.zeros(3)
    a[: len(g)], d[: len(c)] = -g, 0.5 * learning_rate * c
    return Polynomials(0.0, (a[0], a[1], a[2], a[3]), _diffusion(d[0], d[1], d[2]))


def _powers(source: Any) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    if isinstance(source, np.polynomial.Polynomial):
        return np.asarray(source.convert().trim().coef, dtype=np.float64)
    if callable(source) or np.size(source) != 1:
        return None
    return np.asarray(source, dtype=np.float64).reshape(1)
