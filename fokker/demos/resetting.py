r"""
Searching with restarts
=======================

A particle diffuses in search of a target at the distance :math:`L`. On a line it
finds it for sure, but only after an infinite mean time: it may stray far to the other
side. If it starts anew at the rate :math:`r` the mean time becomes finite (Evans and
Majumdar 2011),

.. math:: T = \frac{e^{L \sqrt{r/D}} - 1}{r} ,

and there is a best rate, :math:`r^* = z^2 D/L^2` with :math:`z/2 = 1 - e^{-z}`.
Without a target the particle settles in Laplace's law, :math:`p \propto e^{-|x|
\sqrt{r/D}}`. That is no equilibrium: diffusion flows outward, and the restarts bring
back.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker


def search(rate, cells_to_start=40):
    """Return the mean time to the target at 0, with restarts at 1, at a node."""
    width = 1 / (cells_to_start + 0.5)
    cells = int((1 + 12 / np.sqrt(rate)) / width)  # exp(-24) of a search goes beyond
    problem = fokker.Problem(
        drift=0.0,
        diffusion=1.0,
        domain={"x": (0, cells * width)},
        boundary={"x": ("absorbing", "reflecting")},
    )
    generator = fokker.reset(fokker.discretize(problem, cells=cells), rate, {"x": 1.0})
    return fokker.mean_first_passage(generator).at(x=1.0)


def settled(rate, cells=401):
    """Return the stationary law of diffusion with restarts at the middle of a box."""
    free = fokker.Problem(drift=0.0, diffusion=1.0, domain={"x": (-10, 10)})
    generator = fokker.reset(fokker.discretize(free, cells=cells), rate, {"x": 0.0})
    return fokker.stationary(generator)


# %%
# Lines: ``fokker``. Circles: closed forms.

rates = np.geomspace(0.2, 30, 40)
times = np.array([search(rate) for rate in rates])
z = 1.6
for _ in range(60):
    z = 2 * (1 - np.exp(-z))

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
shades = plt.colormaps["viridis"]((0.85, 0.45, 0.0))
x, dots = np.linspace(-4, 4, 801), np.linspace(-4, 4, 17)
for rate, colour in zip((1.0, 4.0, 16.0), shades, strict=True):
    left.plot(x, settled(rate).at(x=x), color=colour, label=f"$r = {rate:g}$")
    laplace = np.sqrt(rate) / 2 * np.exp(-np.sqrt(rate) * np.abs(dots))
    left.plot(dots, laplace, "o", color=colour, mfc="white", ms=4.5)
left.set(yscale="log", ylim=(1e-4, 5), xlim=(-4, 4), xlabel="$x$ ($L$)")
left.set(ylabel="stationary density ($1/L$)", title="Restarts at 0, no target")
left.legend(frameon=False)

right.plot(rates, times, color="#440154")
circles = np.geomspace(0.2, 30, 12)
right.plot(
    circles, np.expm1(np.sqrt(circles)) / circles, "o", color="#440154", mfc="white"
)
best = np.expm1(z) / z**2
right.plot([z**2, z**2], [0, best], ":", color="#d55e00")
right.annotate(
    f"$r^* = {z**2:.3f}$",
    (z**2, best),
    xytext=(5, -26),
    color="#d55e00",
    textcoords="offset points",
)
right.text(0.24, 3.1, "strays too far", color="0.4", fontsize=9)
right.text(24, 6.2, "gives up too soon", color="0.4", fontsize=9, ha="right")
right.set(
    xscale="log",
    xlim=(0.18, 33),
    ylim=(0, 8.4),
    xlabel="rate of restarts $r$ ($D/L^2$)",
)
right.set(
    ylabel="mean time to the target ($L^2/D$)", title="Search for a target at $L$"
)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)

# %%
# With restarts the scheme is of second order in the cell: the error of 40 cells to the
# start is a third of the change from 20, and twice that allows for higher orders.

exact = np.expm1(np.sqrt(rates)) / rates
wide = np.array([search(rate, 20) for rate in rates])
error, allowed = np.abs(times - exact), 2 * np.abs(times - wide) / 3
print(
    f"shortest {times.min():.4f} at r = {rates[times.argmin()]:.2f}, exact {best:.4f}"
)
print(f"largest error {(error / exact).max():.1e} of {(allowed / exact).max():.1e}")
assert np.all(error < allowed)
