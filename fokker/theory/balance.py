"""The law of balance: what minibatch noise does to the difference of two weights that are multiplied.

For a loss of the product u w the flow of the gradient conserves u^2 - w^2. A step of SGD with learning rate eta, batch
mean G of dl/d(u w) and weight decay gamma |weights|^2 multiplies it by (1 - 2 eta gamma)^2 - (eta G)^2, exactly; so it
decays, and its mean does at the rate T Var[dl/d(u w)] + 4 gamma, T = eta/batch size, as long as the mean of G is small.
In a valley of the loss this is a drift towards its flat stretches.

At a stabilised loss the same two weights see noise and no gradient: du = s v dB, dv = s u dB with one B, so that
u +- v = (u0 +- v0) exp(+-s B - s^2 t/2). The noise has rank one, and u^2 - v^2 = (u0^2 - v0^2) e^(-s^2 t) surely.

References
----------
Ziyin, Li, Ueda, arXiv 2308.06671 (law of balance); Wei and Schwab, arXiv 1910.00195 (drift along a valley);
Andriushchenko, Varre, Pillaud-Vivien, Flammarion, arXiv 2210.05337 (stabilised loss).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fokker.theory._check import Array, Floats, not_negative, positive, real, tidy
from fokker.theory.diagonal_network import SampleMoments


class Stabilised(NamedTuple):
    """Moments of the pair at a time."""

    mean_product: Floats
    typical_product: Floats
    difference: Floats
    mean_energy: Floats


def decay_rate(v: ArrayLike, samples: SampleMoments, temperature: float, decay: float = 0.0) -> Floats:
    """Return 4 (T g(v) + gamma) [1/time], the rate of u^2 - w^2 at depth 1 for the loss (u w x - y)^2.

    >>> from fokker.theory.diagonal_network import gaussian_samples
    >>> round(decay_rate(0.5, gaussian_samples(1.0, 1.0), 0.1), 12)
    0.6
    """
    t = float(positive("temperature", temperature, "the learning rate over the batch size"))
    gamma = float(not_negative("decay", decay, "the strength of a penalty"))
    return tidy(4 * (t * np.asarray(samples.noise(v)) + gamma))


def step_factor(slope: ArrayLike, learning_rate: float, decay: float = 0.0) -> Floats:
    """Return (1 - 2 eta gamma)^2 - (eta G)^2, by which one step multiplies u^2 - w^2; G is the batch's dl/d(u w).

    >>> step_factor(2.0, 0.25)
    0.75
    """
    eta = float(positive("learning_rate", learning_rate, "the size of a step"))
    gamma = float(not_negative("decay", decay, "the strength of a penalty"))
    return tidy((1 - 2 * eta * gamma) ** 2 - (eta * real("slope", slope)) ** 2)


def mean_step_factor(
    v: ArrayLike, samples: SampleMoments, learning_rate: float, batch: int = 1, decay: float = 0.0
) -> Floats:
    """Return the mean of `step_factor` over batches at v = u w: E G^2 = 4 g/batch + 4 (b1 v - b2)^2.

    >>> from fokker.theory.diagonal_network import gaussian_samples
    >>> round(mean_step_factor(1.0, gaussian_samples(1.0, 1.0), 0.1), 12)
    0.96
    """
    eta = float(positive("learning_rate", learning_rate, "the size of a step"))
    size = float(positive("batch", batch, "a number of samples"))
    pull = samples.b1 * real("v", v) - samples.b2
    square = 4 * np.asarray(samples.noise(v)) / size + 4 * pull**2
    return tidy((1 - 2 * eta * decay) ** 2 - eta * eta * square)


def valley_decay(learning_rate: ArrayLike, spread: ArrayLike, batch: ArrayLike, steps: ArrayLike) -> Floats:
    """Return y_K/y_0 = exp(-eta^2 sigma^2 K/(2 B)): label noise in the loss (y x - e)^2/2 lowers its curvature y^2.

    >>> round(valley_decay(0.05, 0.5, 1, 2000), 5)
    0.53526
    """
    eta, sigma = positive("learning_rate", learning_rate, "the size of a step"), real("spread", spread)
    size = positive("batch", batch, "a number of samples")
    return tidy(np.exp(-(eta**2) * sigma**2 * real("steps", steps) / (2 * size)))


def stabilised_path(
    first: ArrayLike, second: ArrayLike, strength: ArrayLike, time: ArrayLike, noise: ArrayLike
) -> tuple[Array, Array]:
    """Return (u, v) at a time, given the value of the Brownian motion then.

    Parameters
    ----------
    first, second
        u0 and v0.
    strength
        s [1/sqrt(time)], s^2 = learning rate times the level of the loss.
    time, noise
        t >= 0 and B_t [sqrt(time)].

    Examples
    --------
    >>> u, v = stabilised_path(1.2, 0.5, 0.8, 0.7, 0.3)
    >>> round(float(u * u - v * v), 12)
    0.760296573998
    """
    u0, v0, s = real("first", first), real("second", second), real("strength", strength)
    t, b = not_negative("time", time, "a duration"), real("noise", noise)
    plus = (u0 + v0) * np.exp(s * b - s * s * t / 2)
    minus = (u0 - v0) * np.exp(-s * b - s * s * t / 2)
    return np.asarray((plus + minus) / 2), np.asarray((plus - minus) / 2)


def stabilised(first: ArrayLike, second: ArrayLike, strength: ArrayLike, time: ArrayLike) -> Stabilised:
    """Return E uv, uv at B = 0, u^2 - v^2 and E(u^2 + v^2) at a time; E u and E v do not move.

    >>> [round(value, 12) for value in stabilised(1.2, 0.5, 0.8, 0.7)[:3]]
    [0.939107217392, 0.383342810419, 0.760296573998]
    """
    u0, v0, s = real("first", first), real("second", second), real("strength", strength)
    growth = np.exp(s * s * not_negative("time", time, "a duration"))
    return Stabilised(
        tidy(u0 * v0 * growth),
        tidy(u0 * v0 / growth),
        tidy((u0**2 - v0**2) / growth),
        tidy((u0**2 + v0**2) * growth),
    )
