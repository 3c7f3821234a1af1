"""Curves over one coordinate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]


def new_axes() -> Axes:
    """Return axes of a new figure, without showing it."""
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1]


def draw(ax: Axes | None, x: Array, y: Array, name: str, quantity: str, **style: Any) -> Axes:
    """Draw y over x, and name axes that have no name."""
    ax = ax or new_axes()
    ax.plot(x, y, **style)
    name_axes(ax, name, quantity)
    return ax


def name_axes(ax: Axes, across: str, up: str) -> None:
    """Label both axes where nothing is written yet: what the caller wrote stays."""
    if not ax.get_xlabel():
        ax.set_xlabel(across)
    if not ax.get_ylabel():
        ax.set_ylabel(up)
