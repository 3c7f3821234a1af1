"""`propagate`: the density at later times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DomainError, FokkerError, explain
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.linalg import Scaled
from fokker.linalg.evolution import RationalKrylov, uniformised
from fokker.results import Density, Trajectory
from fokker.solvers.initial import initial_law
from fokker.solvers.sets import refuse_signed, require_generator

Array = NDArray[np.float64]
Initial = Mapping[str, float] | Density | Callable[..., Any] | NDArray[np.float64]
Method = Literal["auto", "uniformisation", "krylov", "backward-euler"]
METHODS = ("auto", "uniformisation", "krylov", "backward-euler")

_CHEAP = 2e4  # jumps in the whole time up to which uniformisation is chosen
_PATIENCE = 2e6  # jumps up to which it is chosen where positivity is asked for
_SHIFT = 0.1  # shift of a Krylov space over the time it covers
_STEPS = 4096  # most backward Euler steps of one interval
_ROUNDING = 1e-13


def propagate(
    generator: Generator,
    initial: Initial,
    times: Sequence[float] | Array,
    *,
    tol: float = 1e-8,
    method: Method = "auto",
    positivity: Literal["report", "strict"] = "report",
    progress: bool = False,
) -> Trajectory:
    """Return the law of the process at the given times: ``dP/dt = Q^T P`` from `initial` at time zero.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`; absorbing walls take probability away.
    initial : mapping, Density, callable or array
        A point such as ``{"x": -1.0}`` (shared out between the nodes around it: its width is the cell), a density
        of this grid, a density as a function of the coordinates, or probabilities of the cells.
    times : sequence of float
        Increasing, not negative.
    tol : float
        Largest error in time of the law, in the sum over the cells of absolute differences.
    method : {"auto", "uniformisation", "krylov", "backward-euler"}
        Uniformisation is a mean of powers of a stochastic matrix: positive, mass kept to rounding, error below
        rounding, at a cost in proportion to the fastest rate times the time. "krylov" projects on a
        rational Krylov space with one factorisation (van den Eshof and Hochbruck 2006). "backward-euler" solves
        without subtraction: positive at any step, first order. "auto" takes the first where it is cheap, else the
        second.
    positivity : {"report", "strict"}
        With "strict" no entry is ever negative: uniformisation, or where that takes too many jumps backward Euler,
        with its error estimated and reported.
    progress : bool
        Show a progress bar, if tqdm is installed. After an interrupt the times that are done are returned.

    Returns
    -------
    Trajectory

    Raises
    ------
    DomainError
        If the times or the initial law are not as described.
    FokkerError
        For unknown words, or a tolerance below what rounding allows.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=lambda x: -x, diffusion=1.0, domain={"x": (-8, 8)})
    >>> path = fokker.propagate(fokker.discretize(problem, cells=200), {"x": 2.0}, [0.0, 1.0])
    >>> path.mean().round(3)  # 2 exp(-t)
    array([2.   , 0.736])
    """
    refuse_signed(generator, "propagate")
    require_generator(generator)
    moments = _times(times)
    _require_words(method, positivity, tol)
    start = initial_law(generator, initial)
    fastest = _fastest(generator)
    chosen = _choose(method, positivity, fastest * float(moments[-1]))
    laws, notes, doubts = _evolve(generator, start, moments, tol, chosen, fastest, progress)
    done = moments[: len(laws)]
    if len(done) < len(moments):
        doubts += (f"interrupted after {len(done)} of {len(moments)} times",)
    kept = 1.0 if not generator.exit_rates else None
    notes |= {
        "smallest_value": float((laws / generator.masses).min()),
        **({"mass_defect": float(np.abs(laws.sum(axis=1) - kept).max())} if kept else {}),
    }
    info = Info(
        f"{chosen}, {generator.scheme} edges",
        {"cells": " x ".join(map(str, generator.shape)), "times": len(done), "tol": tol, **notes},
        (_REFERENCES[chosen],),
        generator.warnings + doubts,
    )
    warn_once(info.warnings)
    return Trajectory(generator.problem.names, generator.nodes, generator.masses, done, laws, info, generator)


_REFERENCES = {
    "uniformisation": "Jensen 1953",
    "krylov": "van den Eshof and Hochbruck 2006",
    "backward-euler": "Grassmann, Taksar and Heyman 1985",
}


def _times(times: Sequence[float] | Array) -> Array:
    try:
        moments = np.atleast_1d(np.asarray(times, dtype=float))
    except (TypeError, ValueError) as error:
        raise DomainError(explain("the times are not numbers.", given=repr(times))) from error
    good = moments.ndim == 1 and len(moments) > 0 and bool(np.isfinite(moments).all())
    if not (good and moments[0] >= 0.0 and bool((np.diff(moments) > 0.0).all())):
        raise DomainError(
            explain(
                "the times are no increasing sequence from zero on.",
                given=f"times={times!r}",
                accepted="finite numbers, not negative, each larger than the one before",
                try_="np.linspace(0, 5, 51)",
            )
        )
    return moments


def _require_words(method: str, positivity: str, tol: float) -> None:
    if method not in METHODS:
        accepted = ", ".join(f'"{m}"' for m in METHODS)
        raise FokkerError(explain("unknown method.", given=f"method={method!r}", accepted=accepted))
    if positivity not in ("report", "strict"):
        accepted = '"report", "strict"'
        raise FokkerError(
            explain("unknown word for positivity.", given=f"positivity={positivity!r}", accepted=accepted)
        )
    if not (isinstance(tol, (int, float)) and _ROUNDING <= tol < 1.0):
        raise FokkerError(
            explain("the tolerance is out of range.", given=f"tol={tol!r}", accepted=f"{_ROUNDING:g} (rounding) to 1")
        )
    if positivity == "strict" and method == "krylov":
        raise FokkerError(
            explain(
                "this method cannot promise positive values.",
                given='method="krylov", positivity="strict"',
                try_='method="auto", or positivity="report"',
            )
        )


def _fastest(generator: Generator) -> float:
    out = np.bincount(generator.tail, generator.forward, generator.cells)
    out += np.bincount(generator.head, generator.backward, generator.cells)
    return float((out + generator.total_exit).max())


def _choose(method: str, positivity: str, jumps: float) -> str:
    if method != "auto":
        return method
    if positivity == "strict":
        return "uniformisation" if jumps <= _PATIENCE else "backward-euler"
    return "uniformisation" if jumps <= _CHEAP else "krylov"


@contextmanager
def _bar(total: int, shown: bool) -> Iterator[Callable[[int], object]]:
    """Show a progress bar where tqdm is there."""
    if shown:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            pass
        else:
            with tqdm(total=total, desc="propagate", unit="time") as bar:
                yield bar.update
            return
    yield lambda _: None


def _evolve(
    generator: Generator, start: Array, moments: Array, tol: float, method: str, fastest: float, progress: bool
) -> tuple[Array, dict[str, float], tuple[str, ...]]:
    """Return the laws at the moments reached, figures for the info, and doubts."""
    step = {"uniformisation": _jump, "krylov": _project, "backward-euler": _solve}[method]
    laws: list[Array] = []
    notes: dict[str, float] = {"error_estimate": 0.0, "work": 0}
    with _bar(len(moments), progress) as tick:
        try:
            for law in step(generator, start, moments, tol, fastest, notes):
                laws.append(law)
                tick(1)
        except KeyboardInterrupt:
            if not laws:
                raise
    doubts: tuple[str, ...] = ()
    if notes["error_estimate"] > tol:
        doubts = (f"the error in time is about {notes['error_estimate']:.1g}, above the tolerance {tol:g}",)
    return np.stack(laws), notes, doubts


def _jump(
    generator: Generator, start: Array, moments: Array, tol: float, fastest: float, notes: dict[str, float]
) -> Iterator[Array]:
    matrix = generator.matrix().T.tocsr()
    law, now = start, 0.0
    for moment in moments:
        if moment > now:
            law, jumps = uniformised(matrix, fastest, law, float(moment - now))
            notes["work"] += jumps
        now = float(moment)
        yield law


def _project(
    generator: Generator, start: Array, moments: Array, tol: float, fastest: float, notes: dict[str, float]
) -> Iterator[Array]:
    """Cover the times by Krylov spaces, each reaching ten shifts ahead; halve the reach where one does not do."""
    matrix = generator.matrix().T.tocsc()
    law, now, place = start, 0.0, 0
    if moments[0] == 0.0:
        yield law
        place = 1
    reach = float(moments[-1])
    spaces: dict[float, RationalKrylov] = {}
    share = tol / max(len(moments), 1)
    while place < len(moments):
        reach = min(reach, float(moments[-1]) - now)
        ahead = moments[(moments > now) & (moments <= now + reach * (1 + 1e-12))]
        spans = ahead - now if len(ahead) else np.array([reach])
        shift = _SHIFT * float(spans[-1])
        key = min(spaces, key=lambda s: abs(s - shift), default=0.0)
        if not 0.5 * shift <= key <= 2.0 * shift:
            spaces[shift], key = RationalKrylov(matrix, shift), shift
        grown, error = spaces[key].apply(law, spans, share)
        if error > share and reach * fastest > 1.0:
            reach *= 0.25
            continue
        notes["error_estimate"] += error
        yield from grown[: len(ahead)]
        place += len(ahead)
        law, now = grown[-1], now + float(spans[-1])
    notes["work"] = sum(space.solves for space in spaces.values())


def _solve(
    generator: Generator, start: Array, moments: Array, tol: float, fastest: float, notes: dict[str, float]
) -> Iterator[Array]:
    """Step by backward Euler, ``(I + dt A) P = P_before``, halving the steps of each interval until it settles."""
    law, now = start, 0.0
    for moment in moments:
        span = float(moment - now)
        if span > 0.0:
            steps, coarse = 8, _steps(generator, law, span, 4)
            notes["work"] += 4
            while True:
                fine = _steps(generator, law, span, steps)
                notes["work"] += steps
                error = float(np.abs(fine - coarse).sum())
                if error <= tol / len(moments) or steps >= _STEPS:
                    break
                steps, coarse = 2 * steps, fine
            notes["error_estimate"] += error
            law = fine
        now = float(moment)
        yield law


def _steps(generator: Generator, law: Array, span: float, count: int) -> Array:
    rate = count / span
    factor = generator.factor_with(generator.total_exit + rate)
    for _ in range(count):
        law = factor.solve_transposed(Scaled.of(rate * law)).values()
    return law
