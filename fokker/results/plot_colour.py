"""How numbers become colours: limits, colour maps, and the marks of a colour bar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colorbar import Colorbar
    from matplotlib.colors import Colormap

Array = NDArray[np.float64]
Extend = Literal["neither", "min", "max", "both"]

INK, PAPER = "#10131a", "#fdfdfd"  # lines and their halos: never exact black and white, which pages may swap
# White paper to dark blue; even steps of lightness in OKLab (Ottosson 2020).
_BLUES = ("#fefefe", "#b0edf5", "#6bd4ee", "#2eb6e5", "#0095d4", "#1974ba", "#295497", "#2a396e", "#212243")
NOTHING = "#d9d9d9"  # where there is no number
_PAD, _SLIM = 0.02, 28  # gap before a colour bar, in widths of the picture; its height in its widths
_ALIKE = 1e-12  # a field whose values differ by less, relative to the largest, is constant
_DECADES = 12.0  # a logarithmic scale goes no deeper unless asked


@cache
def sequential() -> Colormap:
    """Return the map from white to dark blue, whose zero is the colour of the paper."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("fokker", list(_BLUES))


@dataclass(frozen=True)
class Scale:
    """Numbers as they are drawn.

    Attributes
    ----------
    values : masked array
        The numbers, or their decimal logarithms; masked where there is none.
    low, high : float
        Ends of the colour scale, in the terms of `values`.
    extend : {"neither", "min", "max", "both"}
        Ends beyond which numbers lie.
    log : bool
        Whether `values` are logarithms.
    """

    values: np.ma.MaskedArray[Any, Any]
    low: float
    high: float
    extend: Extend
    log: bool

    def colours(self, name: str | Colormap | None) -> Colormap:
        """Return the colour map: signed numbers diverge, logarithms glow, the others stand on white."""
        import matplotlib

        signed = not self.log and self.low < 0 < self.high
        chosen = name or ("RdBu_r" if signed else "viridis" if self.log else sequential())
        table = matplotlib.colormaps[chosen] if isinstance(chosen, str) else chosen
        return table.with_extremes(bad=NOTHING)


def log10_of(values: Array, log_values: Array | None = None) -> Array:
    """Return decimal logarithms, from the natural ones where given; zero is minus infinity, below zero is no number."""
    if log_values is not None:
        return np.asarray(log_values, dtype=float) / math.log(10)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log10(np.asarray(values, dtype=float)))


_UNSEEN = 1e-6  # of the range: less than a shade


def linear_scale(values: Array, low: float | None = None, high: float | None = None) -> Scale:
    """Scale numbers: around zero if of both signs, from zero if they come near it, else from the smallest."""
    numbers = np.ma.masked_invalid(values)
    if numbers.count() == 0:
        return Scale(numbers, 0.0, 1.0, "neither", False)
    least, most = float(numbers.min()), float(numbers.max())
    if is_constant(least, most):
        least, most = (least - 0.5 * abs(least), most + 0.5 * abs(most)) if most else (0.0, 1.0)
    elif least < 0 < most and -least < _UNSEEN * most:  # what a tolerance leaves below zero has no colour of its own
        numbers, least = np.ma.maximum(numbers, 0.0), 0.0
    elif least < 0 < most:
        least, most = -max(-least, most), max(-least, most)
    elif 0 < least < 0.5 * most:
        least = 0.0
    return _cut(numbers, least if low is None else low, most if high is None else high, False)


def log_scale(logs: Array, decades: float | None = None, low: float | None = None, high: float | None = None) -> Scale:
    """Scale decimal logarithms: from the largest down to the smallest, `decades` (default 12) below at most.

    Minus infinity, a zero, takes the colour of the floor.
    """
    finite = logs[np.isfinite(logs)]
    if finite.size == 0:
        return Scale(above_floor(logs, -1.0), -1.0, 0.0, "min", True)
    most = float(finite.max())
    least = max(float(finite.min()), most - (decades or _DECADES))
    if is_constant(least, most, 1.0):
        least, most = least - 0.5, most + 0.5
    least, most = least if low is None else low, most if high is None else high
    return _cut(above_floor(logs, least), least, most, True)


def above_floor(logs: Array, floor: float) -> np.ma.MaskedArray[Any, Any]:
    """Return logarithms for drawing: Matplotlib would paint minus infinity as "no number"."""
    return np.ma.masked_array(np.maximum(logs, floor - 1.0), mask=np.isnan(logs) | (logs == np.inf))


def is_constant(least: float, most: float, unit: float = 0.0) -> bool:
    """Return whether two extremes differ by no more than rounding, of a `unit` at least."""
    return most - least <= _ALIKE * max(abs(least), abs(most), unit)


def _cut(numbers: np.ma.MaskedArray[Any, Any], low: float, high: float, log: bool) -> Scale:
    below, above = bool((numbers < low).any()), bool((numbers > high).any())
    extend: Extend = "both" if below and above else "min" if below else "max" if above else "neither"
    return Scale(numbers, low, high, extend, log)


def number(value: float) -> str:
    r"""Return a number as a picture labels it.

    Examples
    --------
    >>> number(0.25), number(20000.0)
    ('0.25', '$2\\times 10^{4}$')
    """
    return (
        f"{value:.4g}" if value == 0 or 1e-3 <= abs(value) < 1e4 else number_of_log(math.log10(abs(value)), value < 0)
    )


def number_of_log(log10: float, negative: bool = False) -> str:
    r"""Return a number given by its decimal logarithm.

    Examples
    --------
    >>> number_of_log(2.0), number_of_log(-400.0), number_of_log(5.30103)
    ('100', '$10^{-400}$', '$2\\times 10^{5}$')
    """
    sign = "-" if negative else ""
    if -3 - 1e-9 <= log10 < 4 - 1e-9:
        return f"{sign}{10**log10:.4g}"
    power = math.floor(log10 + 1e-9)
    lead = f"{10 ** (log10 - power):.3g}"
    if lead == "10":
        power, lead = power + 1, "1"
    return f"${sign}10^{{{power}}}$" if lead == "1" else f"${sign}{lead}\\times 10^{{{power}}}$"


def colour_bar(ax: Axes, picture: ScalarMappable, scale: Scale, label: str) -> None:
    """Put a bar with quantity and unit beside `ax`, as high as the picture."""
    bar = bar_beside(ax, picture, label, scale.extend)
    decade = scale.log and scale.high - scale.low > 2
    marks = even_marks(scale.low, scale.high, 6, whole=decade)
    marks = marks[(marks >= scale.low) & (marks <= scale.high)]
    if scale.log:
        texts = [f"$10^{{{mark:.0f}}}$" if decade else number_of_log(float(mark)) for mark in marks]
        bar.set_ticks(list(marks), labels=texts)
    else:
        bar.set_ticks(list(marks))
    bar.minorticks_off()
    bar.outline.set_visible(False)


def bar_beside(ax: Axes, picture: ScalarMappable, label: str, extend: Extend) -> Colorbar:
    """Return a colour bar that keeps the height of the picture, also where its aspect is set later.

    A layout engine makes room for it. Without one it takes its room from `ax`, and the full height of that.
    """
    figure = ax.figure
    if figure.get_figure(root=True).get_layout_engine() is None:
        return figure.colorbar(picture, ax=ax, label=label, extend=extend, pad=_PAD, aspect=_SLIM)
    from matplotlib.transforms import Bbox, TransformedBbox

    def beside(_axes: Any, _renderer: Any) -> Bbox:
        box = ax.bbox
        place = Bbox.from_bounds(box.x1 + _PAD * box.width, box.y0, box.height / _SLIM, box.height)
        return Bbox(TransformedBbox(place, figure.transSubfigure.inverted()).get_points())

    room = ax.inset_axes((1.0 + _PAD, 0.0, 1.0 / _SLIM, 1.0))
    room.set_axes_locator(beside)
    return figure.colorbar(picture, cax=room, label=label, extend=extend)


def even_marks(low: float, high: float, count: int, whole: bool = False) -> Array:
    """Return about `count` round numbers that span from `low` to `high`, integers if `whole`."""
    from matplotlib.ticker import MaxNLocator

    return np.asarray(MaxNLocator(count, integer=whole, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))


def note(ax: Axes, text: str) -> None:
    """Write a small text into the upper left corner."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.5, foreground=PAPER)]
    ax.text(0.03, 0.96, text, transform=ax.transAxes, fontsize="small", va="top", color=INK, path_effects=halo)
