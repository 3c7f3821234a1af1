"""`simulate_first_passage`: when simulated paths first leave an interval."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fokker.errors import TargetError, explain
from fokker.info import Info
from fokker.linalg.compiling import announced
from fokker.problem import Problem
from fokker.sgd import _checks, kernels, streams
from fokker.sgd.integrator import check_step, require_problem, stepper_of, walls_of
from fokker.sgd.passages import FirstPassages
from fokker.sgd.simulate_sde import check_finite
from fokker.sgd.starts import Start, starting_points
from fokker.sgd.stepping import Stepper
from fokker.sgd.streams import Block, Seed

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Interval = tuple[float, float]

CHUNK = 512  # most steps between two looks at who has left


def simulate_first_passage(
    problem: Problem,
    start: Start,
    interval: Interval | Mapping[str, Interval] | None = None,
    *,
    step: float,
    horizon: float,
    replicas: int | None = None,
    rng: Seed = None,
    workers: int = 1,
    bridge: bool = True,
) -> FirstPassages:
    """Simulate until each replica leaves an interval, or the horizon is reached.

    A path that is inside at both ends of a step may have been outside in between. With frozen coefficients it is a
    Brownian bridge, which passes b with probability ``exp(-2 (b - x)(b - x') / (sigma^2 h))``; whether it did is
    drawn. The error of mean times is then of order h, with a constant that differs between the schemes: for a
    power-law process of curvature 2 means were off by the factors 1 - 1.9 h (Ito), 1 + 0.4 h (Stratonovich) and
    1 - 1.0 h (isothermal). Without the bridge (``bridge=False``) it is of order sqrt(h), and times are too long; see
    `moved_target` for the process whose times these are.

    Parameters
    ----------
    problem : Problem
        Absorbing walls count as ends.
    start : number, mapping of str to number or to array of shape (replicas,)
        Inside the interval.
    interval : (low, high), or mapping of str to (low, high), optional
        What is left; ends may be infinite, and axes that are not named are free. An end on a reflecting wall is none.
        Without it the absorbing walls.
    step : float
        Length of a step.
    horizon : float
        Replicas still inside by then are censored; rounded up to whole steps.
    replicas, rng, workers
        As in `simulate_sde`, and so are the schemes.
    bridge : bool
        Whether crossings inside a step count.

    Returns
    -------
    FirstPassages
        The time of a passage is the middle of its step.

    Raises
    ------
    TargetError
        If nothing can be left, or a replica starts outside.
    FokkerError
        As in `simulate_sde`.

    References
    ----------
    P. Baldi, *Ann. Probab.* 23 (1995) 1644; E. Gobet, *Stoch. Process. Appl.* 87 (2000) 167.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (-np.inf, np.inf)})
    >>> passages = simulate_first_passage(problem, 0.0, (-1, 1), step=0.01, horizon=20, replicas=5000, rng=0)
    >>> bool(abs(passages.mean() - 0.5) < 4 * passages.standard_error() + 0.005)
    True
    """
    require_problem(problem)
    h = _checks.positive("step", step)
    check_step(problem, h)
    end = _checks.positive("horizon", horizon)
    number = math.ceil(end / h * (1.0 - 1e-12))  # rounding of a horizon of whole steps
    points = starting_points(problem, start, replicas)
    walls = walls_of(problem, _stops(problem, interval))
    _require_inside(problem, points, walls.stops)
    stepper, scheme = stepper_of(problem, walls)
    bridged = _checks.flag("bridge", bridge)
    times, exits = np.full(points.shape[1], np.nan), np.full(points.shape[1], -1, dtype=np.int64)

    def task(block: Block) -> None:
        when, where = _follow(stepper, points[:, block.replicas].copy(), block, number, h, bridged)
        times[block.replicas] = np.where(when < 0, np.nan, (when + 0.5) * h)
        exits[block.replicas] = where

    with announced():
        streams.run(task, streams.blocks(rng, points.shape[1]), workers)
    labels = tuple(f"{name} {side}" for name in problem.names for side in ("low", "high"))
    ends = "Brownian bridge" if bridged else "ends of steps only"
    info = Info(f"{scheme}; {ends}", {"replicas": points.shape[1], "step": h}, ("Baldi 1995", "Gobet 2000"))
    reached = end if math.isclose(number * h, end, rel_tol=1e-12) else number * h
    return FirstPassages(times, exits, labels, reached, info)


def _follow(stepper: Stepper, x: Array, block: Block, number: int, h: float, bridge: bool) -> tuple[Whole, Whole]:
    """Return the number of the step in which each replica left, and through which end; -1 for none."""
    when, where = np.full(block.size, -1, dtype=np.int64), np.full(block.size, -1, dtype=np.int64)
    going, done = np.arange(block.size), 0
    while done < number and going.size:
        z = np.empty((min(CHUNK, streams.chunk(number - done, x.size)), *x.shape))
        kernels.fill_normals(block.normals, z)
        u = np.empty(z.shape if bridge else (0, *x.shape))
        kernels.fill_uniforms(block.uniforms, u)
        steps, places = stepper.advance_stopping(x, z, u, h)
        check_finite(x, h)
        left = steps >= 0
        when[going[left]], where[going[left]] = done + steps[left], places[left]
        x, going = np.ascontiguousarray(x[:, ~left]), going[~left]
        done += len(z)
    return when, where


def _stops(problem: Problem, interval: Interval | Mapping[str, Interval] | None) -> Array:
    stops = np.tile([-np.inf, np.inf], (problem.dimension, 1))
    if interval is None:
        if any("absorbing" in pair for pair in problem.walls.values()):
            return stops
        raise TargetError(
            explain(
                "there is nothing to leave.",
                given="interval=None, a problem without absorbing walls",
                accepted="interval=(low, high), or a mapping of axes to such pairs",
            )
        )
    named = interval if isinstance(interval, Mapping) else {problem.names[0]: interval}
    for name, pair in named.items():
        try:
            low, high = (float(end) for end in pair)
        except (TypeError, ValueError):
            low = high = np.nan
        if name not in problem.names or not low < high or (low == -np.inf and high == np.inf):
            raise TargetError(
                explain(
                    "the interval is not a pair (low, high) on an axis of the problem.",
                    given=f"interval={interval!r}",
                    accepted=f"low < high, one of them finite; axes {', '.join(problem.names)}",
                )
            )
        ends, walls = problem.domain[name], problem.walls[name]
        # a reflecting wall is not left
        low = -np.inf if walls[0] == "reflecting" and low <= ends[0] else low
        high = np.inf if walls[1] == "reflecting" and high >= ends[1] else high
        stops[problem.names.index(name)] = low, high
    if np.isinf(stops).all() and not any("absorbing" in pair for pair in problem.walls.values()):
        headline = "there is nothing to leave: the interval ends at reflecting walls."
        raise TargetError(explain(headline, given=f"interval={interval!r}", accepted="an end inside the domain"))
    return stops


def _require_inside(problem: Problem, points: Array, stops: Array) -> None:
    outside = ((points <= stops[:, :1]) | (points >= stops[:, 1:])).any(axis=0)
    if outside.any():
        first = points[:, outside][:, 0]
        at = ", ".join(f"{name} = {float(x)!r}" for name, x in zip(problem.names, first, strict=True))
        pairs = zip(problem.names, stops, strict=True)
        accepted = ", ".join(f"{name} in ({low}, {high})" for name, (low, high) in pairs)
        raise TargetError(explain("a replica starts outside the interval.", given=at, accepted=accepted))
