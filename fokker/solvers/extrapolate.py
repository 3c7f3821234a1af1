"""`extrapolate`: fourth order from two second-order answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize import Driven, discretize
from fokker.errors import FokkerError, GridError, explain
from fokker.generator import Generator
from fokker.info import Info
from fokker.problem import Problem
from fokker.results import Density, ExitLaw, HittingProbability, PassageTime, PeriodicState, Spectrum, Trajectory
from fokker.results.behind import within_obstacle

Numbers = NDArray[np.float64] | NDArray[np.complex128]
Cells = int | Sequence[int]
Array = NDArray[np.float64]

_FAR = float(np.log(2.0))  # values a factor of two apart tell no order: the fine one stands


@dataclass(frozen=True, eq=False, repr=False)
class Extrapolated:
    """A Richardson extrapolate ``(4 fine - coarse) / 3``; it is no generator's own answer.

    Attributes
    ----------
    value : float, array or ExitLaw
        The extrapolate. For a record, the field at the nodes of the coarse grid; for a trajectory one such field
        a time. For an exit law another one.
    coarse, fine : float, array or ExitLaw
        The two answers.
    cells : pair of int, or of tuples
    nodes : tuple of array
        For a record, the nodes of the coarse grid, one array an axis; else empty.
    times : array or None
        For a trajectory or an exit law, its times.
    """

    value: Any
    coarse: Any
    fine: Any
    cells: tuple[Any, Any]
    nodes: tuple[NDArray[np.float64], ...] = ()
    times: NDArray[np.float64] | None = None

    @property
    def correction(self) -> Any:
        """Size of what extrapolation changed: an upper estimate of the error of the value.

        For an exit law that of the logarithm of the density at its times.
        """
        if isinstance(self.value, ExitLaw):
            return np.abs(self.value.log_density - self.fine.log_pdf(self.value.times))
        return np.abs(self.value - self.fine)

    def __repr__(self) -> str:
        return (
            f"Extrapolated from {self.cells[0]} and {self.cells[1]} cells\n"
            f"  value       {_shown(self.value)}\n"
            f"  coarse      {_shown(self.coarse)}\n"
            f"  fine        {_shown(self.fine)}\n"
            f"  correction  {_shown(self.correction)}"
        )

    def _repr_html_(self) -> str:
        from fokker.notebook import record_html

        return record_html(repr(self))


def _shown(value: Any) -> str:
    if isinstance(value, ExitLaw):
        return f"exit law with mean {value.mean():.6g} and rate {value.rate:.6g}"
    if np.size(value) <= 4:
        return str(value)
    return f"{np.min(value):.6g} .. {np.max(value):.6g} at {' x '.join(map(str, np.shape(value)))} points"


def extrapolate(
    problem: Problem, verb: Callable[[Generator], Any], cells: Sequence[Cells] = (400, 800), **options: Any
) -> Extrapolated:
    """Answer a question on two grids, one twice as fine, and cancel the error of second order.

    What is left is of fourth order where the coefficients are smooth and no edge is limited, and of third
    order where a wall or a target of a chain absorbs, since the cell it cuts is not like the others. In two and
    three dimensions it cancels the wall's second order too, but not that of a curved target.

    Parameters
    ----------
    problem : Problem
        The continuous process.
    verb : callable
        Takes a generator, or of a problem with ``time=True`` a `Driven`; returns a number, an array (values at fixed
        points, say), a `Spectrum`, whose eigenvalues are taken, or a density, passage time, probability, trajectory
        or periodic state. Such a field is brought to the nodes of the coarse grid by cubic interpolation and
        extrapolated in its logarithm, so that it stays positive. An `ExitLaw` is extrapolated in the logarithms of
        its density and of the smaller of distribution and survival, and is an `ExitLaw` again.
    cells : pair of int, or of tuples with one number an axis
        ``(n, 2n)``.
    **options
        Passed on to `fokker.discretize`, such as ``reference=``.

    Returns
    -------
    Extrapolated

    Raises
    ------
    GridError
        If the second number of cells is not twice the first.
    FokkerError
        If the verb returns something else, two answers of different shapes, or a trajectory between moving ends.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=lambda x: -x, diffusion=1.0, domain={"x": (-8, 8)})
    >>> result = fokker.extrapolate(problem, lambda g: fokker.spectrum(g, k=4), cells=(200, 400))
    >>> result.value.round(5) + 0.0
    array([ 0., -1., -2., -3.])
    """
    pair = tuple(cells) if isinstance(cells, (tuple, list)) else ()
    sizes = [np.atleast_1d(np.asarray(n)) for n in pair]
    if len(pair) != 2 or sizes[0].shape != sizes[1].shape or not np.array_equal(sizes[1], 2 * sizes[0]):
        raise GridError(
            explain(
                "extrapolation needs two grids, one twice as fine.",
                given=f"cells={cells!r}",
                accepted="(n, 2 * n), or ((n, m), (2 * n, 2 * m))",
            )
        )
    rough = discretize(problem, cells=pair[0], **options)
    # both grids must treat the drift alike, or their errors have nothing in common
    if options.get("reference", "auto") == "auto" and not isinstance(rough, Driven):
        options |= {
            "reference": {"refitted": "refit", "not needed": None}.get(str(rough.notes.get("reference")), "auto")
        }
    answers = [verb(rough), verb(discretize(problem, cells=pair[1], **options))]
    answers = [answer.path if isinstance(answer, PeriodicState) else answer for answer in answers]
    if all(isinstance(answer, (Density, PassageTime, HittingProbability)) for answer in answers):
        return _fields(answers[0], answers[1], (pair[0], pair[1]))
    if all(isinstance(answer, Trajectory) for answer in answers):
        return _trajectories(answers[0], answers[1], (pair[0], pair[1]))
    if all(isinstance(answer, ExitLaw) for answer in answers):
        law = _exit_laws(answers[0], answers[1], (pair[0], pair[1]))
        return Extrapolated(law, answers[0], answers[1], (pair[0], pair[1]), times=law.times)
    coarse, fine = (_numbers(answer) for answer in answers)
    if np.shape(coarse) != np.shape(fine):
        raise FokkerError(
            explain(
                "the verb gave answers of different shapes on the two grids.",
                given=f"{np.shape(coarse)} and {np.shape(fine)}",
                try_="values at fixed points, such as lambda g: fokker.stationary(g).at(x=points)",
            )
        )
    value = (4.0 * fine - coarse) / 3.0
    plain = [v.item() if np.ndim(v) == 0 else v for v in (value, coarse, fine)]
    return Extrapolated(plain[0], plain[1], plain[2], (pair[0], pair[1]))


def _fields(coarse: Any, fine: Any, cells: tuple[Any, Any]) -> Extrapolated:
    """Extrapolate the logarithm of a positive field at the nodes of the coarse grid."""
    mesh = np.meshgrid(*coarse.nodes, indexing="ij")
    near = _log_where_open(fine, mesh)
    with np.errstate(invalid="ignore"):
        log = (4.0 * near - coarse.log_values) / 3.0
    # inside a target both are minus infinity
    log = np.where(np.isfinite(coarse.log_values) & np.isfinite(near), log, near)
    return Extrapolated(np.exp(log), coarse.values, np.exp(near), cells, coarse.nodes)


def _trajectories(coarse: Trajectory, fine: Trajectory, cells: tuple[Any, Any]) -> Extrapolated:
    """Extrapolate the logarithm of the density at each time; where the two are far apart the fine one stands.

    In far tails a law is but the error of its method, and that has no order.
    """
    if not np.array_equal(coarse.times, fine.times):
        raise FokkerError(
            explain(
                "the two trajectories have other times.",
                given=f"{len(coarse)} and {len(fine)} times",
                accepted="the same times on both grids",
            )
        )
    if coarse.places is not None or fine.places is not None:
        raise FokkerError(
            explain(
                "a trajectory between moving ends cannot be extrapolated: its nodes move too.",
                given="a Trajectory with places",
                accepted="numbers, or values at fixed points",
                try_="lambda driven: fokker.propagate(driven, start, times).survival",
            )
        )
    mesh = np.meshgrid(*coarse.nodes, indexing="ij")
    logs, values = [], []
    for rough, smooth in zip(coarse, fine, strict=True):  # type: ignore[call-overload]
        near = _log_where_open(smooth, mesh) if len(mesh) > 1 else _log_on_line(smooth, mesh[0])
        with np.errstate(invalid="ignore"):
            apart = near - rough.log_values
            logs.append(np.where(np.abs(apart) < _FAR, near + apart / 3.0, near))
        values.append(np.exp(near))
    return Extrapolated(np.exp(logs), coarse.values, np.stack(values), cells, coarse.nodes, coarse.times)


def _exit_laws(coarse: ExitLaw, fine: ExitLaw, cells: tuple[Any, Any]) -> ExitLaw:
    """Extrapolate the logarithms of density and of the smaller of distribution and survival at common times."""
    first, last = max(coarse.times[0], fine.times[0]), min(coarse.times[-1], fine.times[-1])
    times = fine.times[(fine.times >= first) & (fine.times <= last)]

    def logs(kind: str) -> Array:
        rough, smooth = (np.log(getattr(law, kind)(times)) for law in (coarse, fine))
        return np.asarray((4.0 * smooth - rough) / 3.0)

    late = fine.survival(times) < 0.5
    smaller = np.where(late, logs("survival"), logs("cdf"))
    other = np.log1p(-np.exp(smaller))
    early_share, tail = (
        {label: (4.0 * y[label] - x[label]) / 3.0 for label in fine.split}
        for x, y in ((_shares(coarse, times), _shares(fine, times)), (coarse.tail_split, fine.tail_split))
    )
    cdf = np.where(late, other, smaller)
    return ExitLaw(
        times,
        logs("pdf"),
        cdf,
        np.where(late, smaller, other),
        {label: np.exp(cdf) * share for label, share in early_share.items()},
        float(np.exp((4.0 * np.log(fine.rate) - np.log(coarse.rate)) / 3.0)),
        {label: float(share) for label, share in tail.items()},
        Info(
            f"extrapolated from {cells[0]} and {cells[1]} cells: {fine.info.method}",
            fine.info.values,
            fine.info.references,
            tuple(dict.fromkeys(coarse.info.warnings + fine.info.warnings)),
        ),
    )


def _shares(law: ExitLaw, times: Array) -> dict[str, Array]:
    """Return by sink the share in what has stopped by the times."""
    parts = [law.split_at(float(t)) for t in times]
    return {label: np.array([part[label] for part in parts]) / law.cdf(times) for label in law.split}


def _log_on_line(density: Density, x: Array) -> Array:
    """Return the logarithm of a density on its way at points x: cubic, beside the distances from absorbing walls.

    (`Density.log_at` follows the profile of a stationary one, which is right to second order only.)
    """
    generator = density.generator
    if generator is None or generator.chain is None:
        return np.asarray(density.log_at(x))
    line = generator.chain.line
    axis, logs, period = line.axis, density.log_values, line.period
    ends = [axis.faces[side] for side, kind in zip((0, -1), line.problem.walls[line.name], strict=True)
            if kind == "absorbing" and np.isfinite(axis.faces[side])]  # fmt: skip
    logs = logs - sum((np.log(np.abs(axis.nodes - end)) for end in ends), np.zeros(len(logs)))
    places, xi = axis.node_coordinates, axis.coordinate(x)
    if period:
        places = np.concatenate([places[-2:] - period, places, places[:2] + period])
        logs = np.concatenate([logs[-2:], logs, logs[:2]])
    rows = np.clip(np.searchsorted(places, xi) - 2, 0, len(places) - 4) + np.arange(4)[:, None]
    at = places[rows]
    weights = np.ones_like(at)
    for i, j in ((i, j) for i in range(4) for j in range(4) if i != j):
        weights[i] *= (xi - at[j]) / (at[i] - at[j])
    with np.errstate(invalid="ignore"):
        found = (weights * logs[rows]).sum(axis=0)
    found = np.where(np.isfinite(logs[rows]).all(axis=0), found, -np.inf)
    return np.asarray(found + sum((np.log(np.abs(x - end)) for end in ends), np.zeros(len(x))))


def _log_where_open(field: Any, mesh: Sequence[Array]) -> Array:
    """Return logarithms of a field at points, not a number inside an obstacle."""
    lattice = None if field.generator is None else field.generator.lattice
    if lattice is None or lattice.obstacle is None:
        return np.asarray(field.log_at(*mesh))
    result = np.full(mesh[0].shape, np.nan)
    free = ~within_obstacle(lattice, tuple(x.ravel() for x in mesh)).reshape(mesh[0].shape)
    result[free] = field.log_at(*(x[free] for x in mesh))
    return result


def _numbers(answer: Any) -> Numbers:
    if isinstance(answer, Spectrum):
        return answer.eigenvalues
    array = np.asarray(answer)
    if array.dtype.kind not in "fciu":
        raise FokkerError(
            explain(
                "this answer cannot be extrapolated.",
                given=f"a {type(answer).__name__}",
                accepted="a number, an array of numbers, a Spectrum, a density, a passage time or a probability",
                try_="lambda g: fokker.passage_moment(g, target, order=2).at(x=0.0)",
            )
        )
    if not np.isfinite(array).all():
        raise FokkerError(
            explain(
                "the verb gave an answer that is no finite number.",
                given=repr(answer),
                accepted="numbers, such as lambda g: fokker.mean_first_passage(g, target).at(x=0.0)",
            )
        )
    return array.astype(complex if array.dtype.kind == "c" else float)
