"""`simulate_sde`: many paths of the stochastic equation of a problem."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain
from fokker.info import Info
from fokker.linalg.compiling import announced
from fokker.problem import Problem
from fokker.sgd import kernels, streams
from fokker.sgd.ensemble import Ensemble
from fokker.sgd.integrator import check_step, require_problem, stepper_of, walls_of
from fokker.sgd.starts import Start, intervals, moments_of, starting_points
from fokker.sgd.stepping import Stepper
from fokker.sgd.streams import Block, Seed

Array = NDArray[np.float64]

REFERENCES = ("Kloeden and Platen 1992", "Hutter and Ottinger 1998")


def simulate_sde(
    problem: Problem,
    start: Start,
    times: Sequence[float] | Array | None = None,
    *,
    step: float,
    steps: int | None = None,
    replicas: int | None = None,
    rng: Seed = None,
    workers: int = 1,
) -> Ensemble:
    """Simulate dX = a dt + sigma dW in the convention of the problem, from points, for many replicas.

    Ito: Euler-Maruyama. Stratonovich: Heun. Isothermal, and other numbers alpha: a predictor y by Euler-Maruyama, then
    ``x' = x + a h + ((1 - alpha) sigma(x) + alpha sigma(y)) dW``; for a full tensor in the isothermal convention the
    noise of the step is ``(1 + D(y) D(x)^-1) sigma(x) dW / 2``. A problem from a potential is taken in its Ito
    form, which differentiates it numerically at each step, some 20 microseconds a replica: give ``drift=`` for speed.
    All schemes are of weak order one: means are off in proportion to the step.

    Reflecting walls fold a path back, periodic ones join the ends, absorbing ones stop it; crossings inside a step
    are drawn from the Brownian bridge. The order is one beside walls too.

    Parameters
    ----------
    problem : Problem
        Numbers, `numpy.polynomial.Polynomial` (drift to degree 3, D to degree 2) and the coefficients of a
        `NoiseModel` run compiled in one dimension; functions run by NumPy, about ten times slower.
    start : number, mapping of str to number or to array of shape (replicas,)
        Where the replicas start.
    times : sequence of float, optional
        When positions are kept; not negative, increasing.
    step : float
        Longest step; the way between two times is cut into equal steps no longer than this.
    steps : int, optional
        Instead of `times`: run so many steps, keep the end.
    replicas : int, optional
        Number of independent paths; 1000, or as many as starting points.
    rng : Generator or int, optional
        A NumPy generator, or a seed.
    workers : int
        Threads. The paths do not depend on their number. They speed up what runs compiled; functions wait for each
        other, and are slower with two.

    Returns
    -------
    Ensemble

    Raises
    ------
    FokkerError
        For a step that is unstable, paths that diverge, walls or starts that are not as described. Stability is
        checked beforehand only for drifts that are recognised as linear (NumPy polynomials of degree one and noise
        models): for others choose a step well below 2 over the steepest slope of the drift.

    References
    ----------
    P. E. Kloeden and E. Platen, *Numerical Solution of Stochastic Differential Equations*, Springer 1992;
    M. Hutter and H. C. Ottinger, *J. Chem. Soc., Faraday Trans.* 94 (1998) 1403.

    Examples
    --------
    >>> import fokker
    >>> noise = fokker.sgd.NoiseModel(0.0, curvature=2.0, sigma_g=1.5, rho=0.0, sigma_H=0.8, learning_rate=0.1)
    >>> paths = simulate_sde(noise.problem(), 0.0, [1.0, 2.0], step=0.01, replicas=5000, rng=0)
    >>> paths.info.method
    'Euler-Maruyama, compiled'
    >>> bool(abs(paths.variance()[-1] - 0.0383) < 0.003)
    True
    """
    require_problem(problem)
    moments, h = moments_of(times, step, steps)
    check_step(problem, h)
    points = starting_points(problem, start, replicas)
    open_ends = np.tile([-np.inf, np.inf], (problem.dimension, 1))
    walls = walls_of(problem, open_ends)
    stepper, scheme = stepper_of(problem, walls)
    parts = intervals(moments, h)
    with announced():
        values = ensemble_values(stepper, points, parts, rng, workers, stopping=walls.any_stop)
    info = Info(
        scheme,
        {"replicas": points.shape[1], "step": max(length for _, length in parts), "steps": sum(n for n, _ in parts)},
        REFERENCES,
    )
    shaped = values[0] if problem.dimension == 1 else values
    return Ensemble(problem.names, moments, shaped, info)


def ensemble_values(
    stepper: Stepper,
    points: Array,
    parts: list[tuple[int, float]],
    rng: Seed,
    workers: int,
    stopping: bool = False,
    recursion: bool = False,
) -> Array:
    """Run all blocks; return the positions after each part (number of steps, length), shape (d, parts, replicas)."""
    values = np.full((len(points), len(parts), points.shape[1]), np.nan)

    def task(block: Block) -> None:
        here = values[:, :, block.replicas]
        x = points[:, block.replicas].copy()
        going = np.arange(block.size)
        for place, (number, length) in enumerate(parts):
            x, going = _run(stepper, x, going, block, number, length, stopping, recursion)
            here[:, place, going] = x

    streams.run(task, streams.blocks(rng, points.shape[1]), workers)
    return values


def _run(
    stepper: Stepper,
    x: Array,
    going: NDArray[np.int64],
    block: Block,
    number: int,
    length: float,
    stopping: bool,
    recursion: bool,
) -> tuple[Array, NDArray[np.int64]]:
    """Advance by some steps; return the positions and numbers of the replicas that go on."""
    done = 0
    while done < number and going.size:
        z = np.empty((streams.chunk(number - done, x.size), *x.shape))
        kernels.fill_normals(block.normals, z)
        if stopping:
            u = np.empty(z.shape)
            kernels.fill_uniforms(block.uniforms, u)
            when, _ = stepper.advance_stopping(x, z, u, length)
        else:
            stepper.advance(x, z, length)
        check_finite(x, length, recursion)
        if stopping:
            x, going = np.ascontiguousarray(x[:, when < 0]), going[when < 0]
        done += len(z)
    return x, going


def check_finite(x: Array, length: float, recursion: bool = False) -> None:
    """Refuse paths that have overflown, of a process or of a recursion with this learning rate.

    Raises
    ------
    FokkerError
        With how many they are.
    """
    lost = int((~np.isfinite(x)).any(axis=0).sum())
    if lost and recursion:
        raise FokkerError(
            explain(
                "the recursion diverged.",
                given=f"{lost} of {x.shape[1]} replicas of a block overflow, learning_rate={length:.6g}",
                accepted="learning_rate * curvature < 2 wherever paths go; variance >= 0 there",
                try_="a smaller learning rate",
            )
        )
    if lost:
        raise FokkerError(
            explain(
                "paths diverged: they overflow, or D is negative where they came.",
                given=f"{lost} of {x.shape[1]} replicas of a block, steps of length {length:.6g}",
                accepted="steps short beside 1 / the largest slope of the drift; D >= 0 wherever paths go",
                try_="a smaller step; if that does not help, does the process itself reach infinity?",
            )
        )
