"""`extrapolate`: fourth order from two second-order answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize import discretize
from fokker.errors import FokkerError, GridError, explain
from fokker.generator import Generator
from fokker.problem import Problem
from fokker.results import Spectrum

Numbers = NDArray[np.float64] | NDArray[np.complex128]


@dataclass(frozen=True, repr=False)
class Extrapolated:
    """A Richardson extrapolate ``(4 fine - coarse) / 3``; it is no generator's own answer.

    Attributes
    ----------
    value : float or array
        The extrapolate.
    coarse, fine : float or array
        The two answers.
    cells : tuple of two int
    """

    value: Any
    coarse: Any
    fine: Any
    cells: tuple[int, int]

    @property
    def correction(self) -> Any:
        """Size of what extrapolation changed: an upper estimate of the error of the value."""
        return np.abs(self.value - self.fine)

    def __repr__(self) -> str:
        return (
            f"Extrapolated from {self.cells[0]} and {self.cells[1]} cells\n"
            f"  value       {self.value}\n"
            f"  coarse      {self.coarse}\n"
            f"  fine        {self.fine}\n"
            f"  correction  {self.correction}"
        )


def extrapolate(problem: Problem, verb: Callable[[Generator], Any], cells: Sequence[int] = (400, 800)) -> Extrapolated:
    """Answer a question on two grids, one twice as fine, and cancel the error of second order.

    What is left is of fourth order in closed domains (spectra), and of third order where a wall or a target
    absorbs, since the cell it cuts is not like the others.

    Parameters
    ----------
    problem : Problem
        The continuous process.
    verb : callable
        Takes a generator; returns a number, an array (values at fixed points, say), or a `Spectrum`, whose
        eigenvalues are taken.
    cells : pair of int
        ``(n, 2n)``.

    Returns
    -------
    Extrapolated

    Raises
    ------
    GridError
        If the second number of cells is not twice the first.
    FokkerError
        If the verb returns something else, or two answers of different shapes.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=lambda x: -x, diffusion=1.0, domain={"x": (-8, 8)})
    >>> result = fokker.extrapolate(problem, lambda g: fokker.spectrum(g, k=4), cells=(200, 400))
    >>> result.value.round(5) + 0.0
    array([ 0., -1., -2., -3.])
    """
    pair = tuple(cells) if isinstance(cells, (tuple, list)) else ()
    if len(pair) != 2 or pair[1] != 2 * pair[0]:
        raise GridError(
            explain(
                "extrapolation needs two grids, one twice as fine.",
                given=f"cells={cells!r}",
                accepted="(n, 2 * n)",
            )
        )
    coarse, fine = (_numbers(verb(discretize(problem, cells=n))) for n in pair)
    if np.shape(coarse) != np.shape(fine):
        raise FokkerError(
            explain(
                "the verb gave answers of different shapes on the two grids.",
                given=f"{np.shape(coarse)} and {np.shape(fine)}",
                try_="values at fixed points, such as lambda g: fokker.stationary(g).at(x=points)",
            )
        )
    value = (4.0 * fine - coarse) / 3.0
    answers = [v.item() if np.ndim(v) == 0 else v for v in (value, coarse, fine)]
    return Extrapolated(answers[0], answers[1], answers[2], (int(pair[0]), int(pair[1])))


def _numbers(answer: Any) -> Numbers:
    if isinstance(answer, Spectrum):
        return answer.eigenvalues
    array = np.asarray(answer)
    if array.dtype.kind not in "fciu":
        raise FokkerError(
            explain(
                "this answer cannot be extrapolated.",
                given=f"a {type(answer).__name__}",
                accepted="a number, an array of numbers, or a Spectrum",
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
