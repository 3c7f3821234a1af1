r"""
Through a maze of discs
=======================

A particle diffuses from the left end of a channel to the right one, between discs
that it cannot enter. The committor :math:`q`, the probability to reach the right end
before the left one, obeys :math:`\Delta q = 0` with :math:`\partial_n q = 0` on the
discs. So it is also the voltage in a plate with holes between two electrodes, and the
flux of the transitions is the current through the plate.

The walls of the discs are found by bisection on the edges of the grid: no staircases.
For discs in a square array, of which they cover the share :math:`\varphi`, Rayleigh
gave the conductivity as a series (*Phil. Mag.* 34 (1892) 481; here with the terms of
Perrins, McKenzie and McPhedran, *Proc. R. Soc. A* 369 (1979) 207).
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

MARGIN = 0.1  # of the box beyond either end of the channel


def channel(discs, length, cells):
    """Return the transitions through a channel of width one, and the committor."""

    def solid(x, y):
        inside = np.zeros(np.broadcast(x, y).shape, dtype=bool)
        for a, b, radius in discs:
            inside |= (x - a) ** 2 + (y - b) ** 2 < radius**2
        return inside

    problem = fokker.Problem(
        lambda x, y: (0 * x, 0 * y),
        diffusion=1.0,
        domain={"x": (-MARGIN, length + MARGIN), "y": (0.0, 1.0)},
    )
    generator = fokker.discretize(problem, cells=cells, obstacle=solid)
    ends = (lambda x, y: x < 0), (lambda x, y: x > length)
    return fokker.reactive_flux(generator, *ends), fokker.committor(generator, *ends)


# %%
# A maze: discs at random that neither touch each other nor the walls.


def place(count, length, seed):
    """Return discs as (x, y, radius)."""
    rng = np.random.default_rng(seed)
    discs = []
    while len(discs) < count:
        radius = rng.uniform(0.05, 0.15)
        x = rng.uniform(0.03 + radius, length - 0.03 - radius)
        y = rng.uniform(0.03 + radius, 0.97 - radius)
        if all(np.hypot(x - a, y - b) > radius + r + 0.03 for a, b, r in discs):
            discs.append((x, y, radius))
    return discs


LENGTH = 2.0
maze = place(26, LENGTH, seed=7)
flow, committor = channel(maze, LENGTH, (220, 100))

figure, ax = plt.subplots(figsize=(9, 4.2), layout="constrained")
x, y = committor.nodes
levels = np.linspace(0, 1, 21)
picture = ax.contourf(x, y, committor.values.T, levels, cmap="cividis")
bar = figure.colorbar(picture, ax=ax, pad=0.01, ticks=np.linspace(0, 1, 6))
bar.set_label("probability to reach the right end")
ax.set(xlim=(0, LENGTH), ylim=(0, 1), aspect="equal")
flow.current.plot(ax, linewidth=1.3)
for a, b, radius in maze:
    ax.add_patch(plt.Circle((a, b), radius, fc="0.9", ec="0.25", lw=0.8, zorder=3))
ax.set(xlabel="$x$ (width of the channel)", ylabel="$y$ (width of the channel)")
ax.set_title("Committor and current of the transitions between the ends")

# %%
# One disc in a square with reflecting sides stands for a square array of them: its
# lines of symmetry are walls or electrodes. With :math:`p` constant, the flux times
# the free area is the conductivity of the plate with holes, in units of that without.


def conductivity(share, cells):
    """Return the conductivity of the square array."""
    disc = (0.5, 0.5, np.sqrt(share / np.pi))
    found, _ = channel([disc], 1.0, (round(cells * (1 + 2 * MARGIN)), cells))
    return found.flux * (1 + 2 * MARGIN - share)


def rayleigh(f):
    """Return the same from the series."""
    return 1 - 2 * f / (
        1 + f - 0.305827 * f**4 / (1 - 1.402958 * f**8) - 0.013362 * f**8
    )


shares = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5])
found = np.array([conductivity(share, 40) for share in shares])
fine = np.linspace(0, 0.6, 100)
figure, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
ax.plot(fine, rayleigh(fine), color="#0072b2", label="square array, series")
ax.plot(shares, found, "o", color="#0072b2", mfc="white", label="square array, fokker")
ax.plot(fine, 1 - 2 * fine, color="#666666", ls=":", label="discs far from each other")
covered = sum(np.pi * radius**2 for *_, radius in maze) / LENGTH
free = 1 - covered + 2 * MARGIN / LENGTH  # area over length
through = flow.flux * free * LENGTH**2
ax.plot(covered, through, "s", color="#d55e00", label="the maze")
ax.set(xlabel=r"share covered by discs $\varphi$ (dimensionless)", xlim=(0, 0.6))
ax.set(ylabel="conductivity (of the empty channel)", ylim=(0, 1))
ax.legend(frameon=False)

# %%
# The scheme is of second order, walls of discs included. What is left is a third of
# the change from the grid of twice the cells, and how a disc falls on the grid
# changes the coarse error by as much as its own size: the whole change bounds what is
# left. The first term left out of the series is of the order of :math:`\varphi^{13}`,
# 1e-4 at one half.

for share, value in zip(shares, found, strict=True):
    change = abs(value - conductivity(share, 20))
    print(f"share {share:.2f}: {value:.5f}, series {rayleigh(share):.5f}")
    assert abs(value - rayleigh(share)) < change + share**13

# A committor that rose evenly would conduct the free share, and no committor conducts
# less than the true one (Dirichlet's principle).

print(f"the maze: {through:.4f} at the share {covered:.3f}")
assert through < 1 - covered
