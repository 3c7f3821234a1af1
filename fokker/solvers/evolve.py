"""Engines that carry a vector along a linear flow to given times, each with its own promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DomainError, FokkerError, explain
from fokker.linalg.evolution import RationalKrylov
from fokker.solvers.flow import Flow

Array = NDArray[np.float64]
Method = Literal["auto", "uniformisation", "krylov", "radau", "backward-euler"]
Positivity = Literal["report", "strict"]

REFERENCES = {
    "uniformisation": "Jensen 1953",
    "krylov": "van den Eshof and Hochbruck 2006",
    "radau": "Hairer and Wanner 1996, section IV.8",
    "backward-euler": "Grassmann, Taksar and Heyman 1985",
}

_FEW = 1e3  # jumps in the whole time up to which uniformisation costs less than a factorisation
_CHEAP, _SHORT = (
    2e4,
    1e8,
)  # jumps, and products of numbers (a tenth of a second), up to which it is chosen for its promises
_PATIENCE, _LONG = 2e6, 2e10  # the same where positivity is asked for
_NOBODY = (1e15, "fokker.stationary, or fokker.quasi_stationary where probability leaves")  # rounding is as large
_FOLLOWED = {  # jumps in the whole time up to which a method can follow, and what else could
    "uniformisation": (1e9, 'method="krylov" or "backward-euler", or fokker.stationary'),
    "radau": (1e13, 'method="krylov", or fokker.stationary'),
}
_SHIFT = 0.1  # shift of a Krylov space over the time it covers
_STEPS = 4096  # most backward Euler steps of one interval
_ROUNDING = 1e-13
_DRIFT = 1e-9  # change of the sum of a law that is no longer rounding, and if above the tolerance no error in time
_NOTHING = 1e-16  # jumps in a time in which nothing happens


@dataclass
class Evolved:
    """States reached, one row a time, and what it took."""

    states: Array
    error: float
    work: int
    doubts: tuple[str, ...] = ()
    drift: float = 0.0  # by how much rounding had changed the sum of a law, before it was set right


@dataclass
class Tally:
    """What an engine reports on its way."""

    error: float = 0.0
    work: int = 0


@dataclass(frozen=True)
class Task:
    """A flow, where it starts, and the times it is asked at; `origin` is the time of the start."""

    flow: Flow
    start: Array
    times: Array
    tol: float
    tally: Tally = field(default_factory=Tally)
    origin: float = 0.0


def require_times(times: object) -> Array:
    """Return the times as an increasing array.

    Raises
    ------
    DomainError
        If they are not finite numbers from zero on, each larger than the one before.
    """
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


def require_words(method: str, positivity: str, tol: float, methods: tuple[str, ...] = get_args(Method)) -> None:
    """Raise for an unknown method or promise, or a tolerance out of range."""
    if method not in methods:
        accepted = ", ".join(f'"{m}"' for m in methods)
        raise FokkerError(explain("unknown method.", given=f"method={method!r}", accepted=accepted))
    if positivity not in get_args(Positivity):
        accepted = '"report", "strict"'
        raise FokkerError(
            explain("unknown word for positivity.", given=f"positivity={positivity!r}", accepted=accepted)
        )
    if not (isinstance(tol, (int, float)) and _ROUNDING <= tol < 1.0):
        raise FokkerError(
            explain("the tolerance is out of range.", given=f"tol={tol!r}", accepted=f"{_ROUNDING:g} (rounding) to 1")
        )
    if positivity == "strict" and method in ("krylov", "radau"):
        raise FokkerError(
            explain(
                "this method cannot promise positive values.",
                given=f'method="{method}", positivity="strict"',
                try_='method="auto", or positivity="report"',
            )
        )


def chosen(method: str, positivity: str, jumps: float, entries: int) -> str:
    """Return the method, "auto" decided by the jumps in the time spanned, each a product with so many entries."""
    if method != "auto":
        return method
    products = jumps * entries
    if positivity == "strict":
        return "uniformisation" if jumps <= _PATIENCE and products <= _LONG else "backward-euler"
    cheap = jumps <= _FEW or (jumps <= _CHEAP and products <= _SHORT)
    return "uniformisation" if cheap else "krylov"


def evolve(flow: Flow, start: Array, times: Array, tol: float, method: str, progress: bool) -> Evolved:
    """Carry `start` to the times by one of the methods; after an interrupt the times done are returned."""
    _refuse_endless(flow.fastest * float(times[-1]), method)
    task = Task(flow, start, times, tol)
    evolved = gathered(ENGINES[method](task), task.tally, len(times), tol, progress)
    if flow.forward:
        set_right(evolved, float(start.sum()), tol)
    return evolved


def _refuse_endless(jumps: float, method: str) -> None:
    """Raise where a method cannot follow the time, or nobody could."""
    most, instead = _FOLLOWED.get(method, _NOBODY)
    if jumps <= most:
        return
    raise FokkerError(
        explain(
            f"the time is too long for {method}: it is {jumps:.3g} times that of the fastest rate.",
            given=f"largest rate times last time = {jumps:.3g}",
            accepted=f"up to {most:.0e}",
            try_=instead,
        )
    )


def set_right(evolved: Evolved, total: float, tol: float) -> None:
    """Give laws their sum back, which the equation keeps and rounding does not, by a common factor."""
    share = evolved.states.sum(axis=1) / total
    evolved.drift = float(np.abs(share - 1.0).max())
    if evolved.drift > max(tol, _DRIFT):  # set right all the same, but not in silence
        evolved.doubts += (f"the sum of the law had changed by {evolved.drift:.2g}",)
    evolved.states /= share[:, None]


def gathered(steps: Iterator[Array], tally: Tally, count: int, tol: float, progress: bool) -> Evolved:
    """Collect the states of an engine, with a progress bar; an interrupt ends the collection."""
    states: list[Array] = []
    with _bar(count, progress) as tick:
        try:
            for state in steps:
                states.append(state)
                tick(1)
        except KeyboardInterrupt:
            if not states:
                raise
    doubts: tuple[str, ...] = ()
    if tally.error > tol:
        doubts = (f"the error in time is about {tally.error:.1g}, above the tolerance {tol:g}",)
    if len(states) < count:
        doubts += (f"interrupted after {len(states)} of {count} times",)
    return Evolved(np.stack(states), tally.error, tally.work, doubts)


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


def _jump(task: Task) -> Iterator[Array]:
    state, now = task.start, task.origin
    for moment in task.times:
        if moment > now:
            state, jumps = task.flow.jumps.carried(state, float(moment - now))
            task.tally.work += jumps
        now = float(moment)
        yield state


def _project(task: Task) -> Iterator[Array]:
    """Cover the times by Krylov spaces, each reaching ten shifts ahead; shorten the reach where one does not do."""
    times, state, now, place = task.times, task.start, task.origin, 0
    if times[0] == now:
        yield state
        place = 1
    reach = float(times[-1]) - now
    spaces: dict[float, RationalKrylov] = {}
    share = task.tol / len(times)
    while place < len(times):
        reach = min(reach, float(times[-1]) - now)
        ahead = times[(times > now) & (times <= now + reach * (1 + 1e-12))]
        spans = ahead - now if len(ahead) else np.array([reach])
        shift = _SHIFT * float(spans[-1])
        key = min(spaces, key=lambda s: abs(s - shift), default=0.0)
        if not 0.5 * shift <= key <= 2.0 * shift:
            spaces[shift], key = RationalKrylov(task.flow.resolvent(shift), shift), shift
        grown, error = spaces[key].apply(state, spans, share)
        task.tally.work = sum(space.solves for space in spaces.values())
        if error > share and reach * task.flow.fastest > 1.0:
            reach *= 0.25
            continue
        task.tally.error += error
        yield from grown[: len(ahead)]
        place += len(ahead)
        state, now = grown[-1], now + float(spans[-1])


def _collocate(task: Task) -> Iterator[Array]:
    from fokker.linalg.radau import radau

    matrix = task.flow.matrix.tocsc()
    for state, error in radau(lambda _: matrix, task.start, task.times - task.origin, task.tol):
        task.tally.error = error
        yield state


def _solve(task: Task) -> Iterator[Array]:
    """Step by backward Euler, halving the steps of each interval until it settles."""
    state, now = task.start, task.origin
    for moment in task.times:
        span = float(moment - now)
        if span * task.flow.fastest > _NOTHING:
            steps, coarse = 8, task.flow.damped(span, 4)(state)
            task.tally.work += 4
            while True:
                fine = task.flow.damped(span, steps)(state)
                task.tally.work += steps
                error = float(np.abs(fine - coarse).sum())
                if error <= task.tol / len(task.times) or steps >= _STEPS:
                    break
                steps, coarse = 2 * steps, fine
            task.tally.error += error
            state = fine
        now = float(moment)
        yield state


ENGINES: dict[str, Callable[[Task], Iterator[Array]]] = {
    "uniformisation": _jump,
    "krylov": _project,
    "radau": _collocate,
    "backward-euler": _solve,
}
