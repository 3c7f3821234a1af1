"""Moving pictures of a trajectory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from fokker.errors import DimensionError, FokkerError, explain
from fokker.results.trajectory import shown_top

if TYPE_CHECKING:
    from matplotlib.animation import AbstractMovieWriter
    from matplotlib.axes import Axes

    from fokker.results.trajectory import Trajectory

_ROOM = 1.08  # height of the axes over the highest density shown


def animate(trajectory: Trajectory, path: str, frames_per_second: int, dpi: float) -> str:
    """Write the densities one after the other as a film; return the path."""
    if len(trajectory.names) > 2 or len(trajectory.shape) != len(trajectory.names):
        raise DimensionError(
            explain(
                "a film shows one or two coordinates on a grid.",
                given=f"the axes {', '.join(trajectory.names)}",
                try_="path[i].marginal(...).plot() for single times",
            )
        )
    if not (np.isfinite(frames_per_second) and frames_per_second > 0 and dpi > 0):
        raise FokkerError(
            explain(
                "a film needs a rate of frames and a resolution.",
                given=f"frames_per_second={frames_per_second!r}, dpi={dpi!r}",
                accepted="positive numbers",
            )
        )
    writer = _writer(str(path), frames_per_second)
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(layout="constrained")
    try:
        show = _curve(trajectory, ax) if len(trajectory.names) == 1 else _picture(trajectory, ax)
        with writer.saving(figure, str(path), dpi):
            for index, time in enumerate(trajectory.times):
                show(index)
                ax.set_title(f"t = {time:.4g}")
                writer.grab_frame()
    finally:
        plt.close(figure)
    return str(path)


def _writer(path: str, rate: int) -> AbstractMovieWriter:
    from matplotlib import animation

    wanted = {".gif": "pillow", ".mp4": "ffmpeg"}
    name = next((writer for ending, writer in wanted.items() if path.lower().endswith(ending)), None)
    if name is None or not animation.writers.is_available(name):
        there = [ending for ending, writer in wanted.items() if animation.writers.is_available(writer)]
        raise FokkerError(
            explain(
                "no writer for such a film.",
                given=path,
                accepted=" or ".join(f"a name that ends in {ending}" for ending in there) or "none on this machine",
                try_="pillow for .gif, ffmpeg for .mp4",
            )
        )
    writer: AbstractMovieWriter = animation.writers[name](fps=rate)
    return writer


def _curve(trajectory: Trajectory, ax: Axes) -> Callable[[int], None]:
    # nodes at each time: where ends of the domain move, so do they
    places = [trajectory.nodes[0]] * len(trajectory) if trajectory.places is None else list(trajectory.places)
    (line,) = ax.plot(places[0], trajectory.values[0])
    ax.set(xlabel=trajectory.names[0], ylabel=f"density ({trajectory.unit})")
    ax.set_ylim(0.0, _ROOM * shown_top(trajectory.values))
    if trajectory.places is not None:
        ax.set_xlim(float(trajectory.places.min()), float(trajectory.places.max()))

    def show(index: int) -> None:
        line.set_data(places[index], trajectory.values[index])

    return show


def _picture(trajectory: Trajectory, ax: Axes) -> Callable[[int], None]:
    from fokker.results.plot_colour import sequential

    x, y = trajectory.nodes
    picture = ax.pcolormesh(
        x, y, trajectory.values[0].T, cmap=sequential(), vmin=0.0, vmax=shown_top(trajectory.values), rasterized=True
    )
    ax.set(xlabel=trajectory.names[0], ylabel=trajectory.names[1])
    assert ax.figure is not None
    ax.figure.colorbar(picture, ax=ax, label=f"density ({trajectory.unit})", extend="max")

    def show(index: int) -> None:
        picture.set_array(trajectory.values[index].T)

    return show
