"""Recognise the processes that have compiled steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fokker.problem import Problem
from fokker.problem.langevin import Langevin
from fokker.sgd.kernels import Cubic, Quadratic
from fokker.sgd.noise import NoiseModel


@dataclass(frozen=True)
class Polynomials:
    """Drift and diffusion of a one-dimensional process as polynomials in x - centre, lowest power first."""

    centre: float
    drift: Cubic
    diffusion: Quadratic


def polynomials_of(noise: NoiseModel) -> Polynomials:
    """Return the process of a noise model: linear drift, quadratic D = learning_rate * C / 2."""
    half = 0.5 * noise.learning_rate
    variance = (half * noise.sigma_g, 2.0 * half * noise.rho, half * noise.sigma_H)
    return Polynomials(noise.minimum, (0.0, -noise.curvature, 0.0, 0.0), variance)


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
    return Polynomials(0.0, (a[0], a[1], a[2], a[3]), (c[0], c[1], c[2]))


def _powers(source: Any) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    if isinstance(source, np.polynomial.Polynomial):
        return np.asarray(source.convert().trim().coef, dtype=np.float64)
    if callable(source) or np.size(source) != 1:
        return None
    return np.asarray(source, dtype=np.float64).reshape(1)
