"""The stepper and the walls of a problem."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fokker.errors import BoundaryError, FokkerError, explain
from fokker.problem import Problem
from fokker.problem.langevin import Langevin
from fokker.problem.points import probe_points
from fokker.sgd import kernels, tensor_kernels
from fokker.sgd.families import Polynomials, recognise, recognise_tensor
from fokker.sgd.noise import NoiseModel
from fokker.sgd.noise_tensor import TensorNoiseModel
from fokker.sgd.stepping import ArrayStepper, CompiledStepper, Stepper, Walls
from fokker.sgd.tensor_stepping import TensorStepper

Array = NDArray[np.float64]
KINDS = {"reflecting": kernels.REFLECTING, "absorbing": kernels.FREE, "periodic": kernels.PERIODIC}


def stepper_of(problem: Problem, walls: Walls) -> tuple[Stepper, str]:
    """Return the steps of a problem, and the name of the scheme."""
    family = recognise(problem)
    if family is not None:
        return CompiledStepper(family, problem.alpha, walls), f"{_scheme(problem.alpha)}, compiled"
    model = recognise_tensor(problem)
    if model is not None and not (walls.any_fold or walls.any_stop):
        return TensorStepper.of(model, walls), f"{_scheme(0.0)}, compiled"
    if not isinstance(problem.process, Langevin):
        ito = problem.ito()
        rank = problem.process.diffusion_at(_origin(problem), check=False).ndim - 1
        return ArrayStepper(_drift(ito), _root(problem, rank), 0.0, walls), "Euler-Maruyama of the Ito form"
    rank = problem.process.amplitude.rank
    full = rank == 2 and problem.alpha > 0.0
    kinetic = full and problem.convention is not None and problem.convention.name == "isothermal"
    noise = _sigma(problem) if problem.process.is_noise else _root(problem, rank)
    stepper = ArrayStepper(_drift(problem), noise, problem.alpha, walls, _tensor(problem) if kinetic else None)
    return stepper, "kinetic predictor-corrector" if kinetic else _scheme(problem.alpha)


def walls_of(problem: Problem, stops: Array) -> Walls:
    """Return the walls of a problem; absorbing ones stop a path, beside the stops that are given.

    Raises
    ------
    BoundaryError
        For partly absorbing walls and windows, and for reflecting walls beside a full tensor.
    """
    full = _is_full(problem)
    kinds, limits = [], stops.copy()
    for k, (name, pair) in enumerate(problem.walls.items()):
        codes = []
        for side, wall in enumerate(pair):
            end = problem.domain[name][side]
            if not isinstance(wall, str):
                raise _refused_wall(name, wall)
            if wall == "absorbing":
                limits[k, side] = min(limits[k, 1], end) if side else max(limits[k, 0], end)
            if full and wall == "reflecting" and math.isfinite(end):
                raise _oblique_wall(name)
            codes.append(KINDS[wall] if math.isfinite(end) else kernels.FREE)
        if codes[0] == kernels.PERIODIC and np.isfinite(stops[k]).any():
            _require_arc(name, stops[k], problem.domain[name])
            codes = [kernels.FREE, kernels.FREE]  # the path stops before it comes round
        kinds.append((codes[0], codes[1]))
    return Walls(np.array(list(problem.domain.values())), tuple(kinds), limits)


def require_problem(problem: object) -> None:
    """Refuse what is no problem, with the way from a noise model to one.

    Raises
    ------
    FokkerError
        If it is none.
    """
    if isinstance(problem, Problem):
        return
    model = isinstance(problem, NoiseModel | TensorNoiseModel)
    raise FokkerError(
        explain(
            "problem is no Problem.",
            given=f"problem of type {type(problem).__name__}",
            accepted="fokker.Problem(...)",
            try_="noise.problem(), its process in continuous time, or simulate_power_law(noise)" if model else "",
        )
    )


def check_step(problem: Problem, step: float) -> None:
    """Refuse a step with which Euler's rule for a linear drift diverges, and coefficients that depend on time.

    Raises
    ------
    FokkerError
        If step times slope is 2 or more, or the problem has time=True.
    """
    if getattr(problem, "clock", None) is not None:
        headline = "paths are simulated for coefficients that do not depend on time."
        raise FokkerError(explain(headline, given="Problem(..., time=True)", try_="fokker.propagate"))
    family = recognise(problem)
    if family is None or not _is_linear(family):
        return
    rate = -family.drift[1]
    if rate * step >= 2.0:
        raise FokkerError(
            explain(
                "the step is too large: the scheme diverges where the process does not.",
                given=f"step={step:.6g}, drift of slope {-rate:.6g}: their product is {rate * step:.3g}",
                accepted=f"a step below {2.0 / rate:.3g}",
                try_=f"step={0.02 / rate:.2g}, for an error of about one per cent",
            )
        )


def _is_linear(family: Polynomials) -> bool:
    return family.drift[2] == 0.0 and family.drift[3] == 0.0


def _scheme(alpha: float) -> str:
    names = {0.0: "Euler-Maruyama", 0.5: "Heun", 1.0: "isothermal predictor-corrector"}
    return names.get(alpha, f"predictor-corrector, alpha = {alpha:g}")


def _origin(problem: Problem) -> tuple[Array, ...]:
    return tuple(axis[:1] for axis in probe_points(problem.domain))


def _drift(problem: Problem) -> Callable[[Array], Array]:
    return lambda x: problem.drift_at(*x).reshape(x.shape)


def _sigma(problem: Problem) -> Callable[[Array], Array]:
    """Sigma as it was given: a root of D would have kinks where sigma changes its sign."""
    process = problem.process
    assert isinstance(process, Langevin)

    def sigma(x: Array) -> Array:
        if process.convention is None:
            problem.diffusion_at(*x)  # refuses noise that does depend on the state
        values = process.amplitude(tuple(x), True)
        return values if process.amplitude.rank == 2 and len(x) > 1 else np.broadcast_to(values, x.shape)

    return sigma


def _root(problem: Problem, rank: int) -> Callable[[Array], Array]:
    """A root of 2 D: entry by entry, or Cholesky's of a full tensor."""
    if rank == 2 and problem.dimension > 1:
        return lambda x: _cholesky(2.0 * problem.diffusion_at(*x))
    return lambda x: np.broadcast_to(np.sqrt(2.0 * problem.diffusion_at(*x)), x.shape)


def _cholesky(tensors: Array) -> Array:
    """Roots of semi-definite tensors, shape (d, d, r); NaN for those that have none, which the caller reports."""
    found = np.array(tensors, dtype=np.float64, order="C")
    bad = tensor_kernels.roots(found)
    if bad >= 0:
        found[..., bad:] = np.nan
    return found


def _tensor(problem: Problem) -> Callable[[Array], Array]:
    return lambda x: problem.diffusion_at(*x)


def _is_full(problem: Problem) -> bool:
    if problem.dimension == 1:
        return False
    return problem.process.diffusion_at(_origin(problem), check=False).ndim - 1 == 2


def _refused_wall(name: str, wall: object) -> BoundaryError:
    return BoundaryError(
        explain(
            "paths are not simulated beside this wall.",
            given=f"{name}: {wall!r}",
            accepted='"reflecting", "absorbing", "periodic"',
            try_="fokker.propagate, or fokker.exit_time, which solve for the density",
        )
    )


def _require_arc(name: str, stops: Array, ends: tuple[float, float]) -> None:
    if ends[0] <= stops[0] and stops[1] <= ends[1]:
        return
    raise BoundaryError(
        explain(
            "what is left on a periodic axis is no arc of it.",
            given=f"{name} in ({stops[0]}, {stops[1]}), periodic between {ends[0]} and {ends[1]}",
            accepted="an interval inside the domain",
            try_=f"a domain of {name} with its ends elsewhere",
        )
    )


def _oblique_wall(name: str) -> BoundaryError:
    return BoundaryError(
        explain(
            "a full diffusion tensor makes paths leave a reflecting wall at an angle, which is not simulated.",
            given=f'"reflecting" at a finite end of {name}, D with off-diagonal entries',
            accepted="infinite, periodic or absorbing ends, or a diagonal D",
            try_=f'domain={{"{name}": (-np.inf, np.inf)}}',
        )
    )
