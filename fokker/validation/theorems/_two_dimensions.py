"""What the theorems in two dimensions share: orders of convergence, extrapolation, and pictures of flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.validation import Check, Rate
from fokker.validation.theorems import _escape as escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.floating[Any]]
View = tuple[tuple[float, float], tuple[float, float]]

SECOND_ORDER = "declared order 2, within 0.1"
EXTRAPOLATED = "change of the extrapolation from one pair of grids to the next, order 2 cancelled, and rounding"


def rounding(cells: int) -> float:
    """Return the bound on the relative rounding error of a probability or a time: 10 u for each cell."""
    return escape.rounding(cells, 0.0)


def order(quantity: str, counts: Sequence[int], errors: Sequence[float] | Array) -> Rate:
    """Return the rate at which errors shrink with the width of the cells: second order."""
    return Rate(quantity, tuple(1 / n for n in counts), tuple(np.abs(errors)), 2.0, 0.1, SECOND_ORDER)


def extrapolated(values: Sequence[float] | Array) -> tuple[float, float]:
    """Return the limit of values on three grids, each twice as fine, and its change from the first two to the last.

    With the leading error of second order gone, the change is some fifteen times the error that is left.
    """
    first, second = ((4 * fine - coarse) / 3 for coarse, fine in pairwise(values))
    return float(second), float(abs(second - first))


def converges(quantity: str, counts: Sequence[int], values: Sequence[float], exact: float) -> tuple[Check, Rate]:
    """Return a number on three grids, each twice as fine, against its closed form: the limit, and the order."""
    limit, last = extrapolated(values)
    bound = last / abs(limit) + rounding(counts[-1] ** 2)
    name = f"{quantity}, extrapolated in the cell size"
    return (
        Check(name, limit, exact, bound, EXTRAPOLATED),
        order(f"{quantity}: error in $1/N$", counts, np.asarray(values) / exact - 1),
    )


def first_order(quantity: str, noises: Array, gains: Array) -> Rate:
    """Return the rate at which what an asymptotic law leaves out vanishes with the noise: order 1.

    With gain = c D + c2 D^2 the slope is off by less than gain/D changes over these D.
    """
    steepness = gains / noises
    bend = min(abs(float(steepness[-1] / steepness[0]) - 1), 0.2)
    because = "order 1; what the quotient of the two changes over this range bounds the bend, and at most 0.2"
    return Rate(quantity, tuple(noises), tuple(np.abs(gains)), 1.0, escape.two_digits(bend), because)


def flow(
    axes: Axes,
    nodes: Sequence[Array],
    density: Array,
    current: Sequence[Array] | None,
    view: View,
    decades: float | None = None,
) -> None:
    """Draw a density in colours, logarithmic over so many decades, and over it the streamlines of its current."""
    from fokker.results.plot_field import field
    from fokker.results.plot_flow import streamlines

    places: Any = tuple(np.asarray(x) for x in nodes)
    field(
        axes,
        places,
        np.asarray(density),
        ("$x$", "$y$"),
        "density",
        view=view,
        log=decades is not None,
        decades=decades,
    )
    if current is not None:
        vectors: Any = tuple(np.asarray(part) for part in current)
        streamlines(axes, places, vectors, ("$x$", "$y$"), view=view)


def convergence(axes: Axes, counts: Sequence[int], curves: Mapping[str, Array]) -> None:
    """Draw errors against the number of cells a side, with a line of second order."""
    n = np.asarray(counts, dtype=float)
    for at, (label, errors) in enumerate(curves.items()):
        axes.loglog(n, np.abs(errors), "o-", color=f"C{at}", lw=1.2, label=label)
    lowest = min(float(np.abs(errors[0])) for errors in curves.values())
    axes.loglog(n, 0.4 * lowest * (n / n[0]) ** -2, "--", color="C6", lw=1, label="order 2")
    axes.set(xlabel="cells a side", ylabel="error")
    axes.set_xticks(n, [f"{v:g}" for v in n])
    axes.minorticks_off()
    axes.set_ylim(bottom=axes.get_ylim()[0] / 30)  # room for the legend
    axes.legend(loc="lower left", fontsize=9)
