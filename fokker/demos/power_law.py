r"""
Power laws from noise that grows
================================

A particle is pulled to the origin and shaken harder the further away it is,

.. math:: dX = -X\,dt + \sqrt{1 + X^2}\,dW .

What this says depends on when the noise is read off: at the start of a step (Ito,
:math:`\alpha = 0`), in its middle (Stratonovich, :math:`\alpha = 1/2`) or at its end
(isothermal, :math:`\alpha = 1`). The stationary law is Student's in all three cases,

.. math:: p(x) \propto (1 + x^2)^{\alpha - 2},

with :math:`3 - 2\alpha` degrees of freedom. Constant noise gives a Gaussian instead.
The grid follows the tails to 400,000 widths, and what lies beyond is added from the
exponent.
"""

import math

import matplotlib.pyplot as plt
import numpy as np

import fokker

CELLS = 400
READINGS = {"ito": 0.0, "stratonovich": 0.5, "isothermal": 1.0}
COLOURS = dict(zip(READINGS, ("#0072b2", "#009e73", "#d55e00"), strict=True))

densities = {}
for reading in READINGS:
    problem = fokker.Problem(
        drift=lambda x: -x,
        noise=lambda x: np.sqrt(1 + x**2),
        convention=reading,
        domain={"x": (-np.inf, np.inf)},
    )
    densities[reading] = fokker.stationary(fokker.discretize(problem, cells=CELLS))


# %%
# Lines are drawn by ``fokker``, circles by Student's law.


def student(x, alpha):
    """Return the closed form of the density."""
    power = 2 - alpha
    norm = math.sqrt(math.pi) * math.gamma(power - 0.5) / math.gamma(power)
    return (1 + x**2) ** -power / norm


figure, (core, tail) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
near, far = np.linspace(-6, 6, 601), np.geomspace(0.1, 1e5, 400)
for reading, alpha in READINGS.items():
    density, colour = densities[reading], COLOURS[reading]
    dots = {core: np.linspace(-6, 6, 13), tail: np.geomspace(1, 1e5, 11)}
    for ax, x in ((core, near), (tail, far)):
        label = f"{reading}, $\\alpha = {alpha:g}$"
        ax.plot(x, density.at(x=x), color=colour, label=label)
        circles = student(dots[ax], alpha)
        ax.plot(dots[ax], circles, "o", color=colour, mfc="white", ms=4.5)
    slope = 2 * (alpha - 2)
    height = student(1e4, alpha)
    tail.annotate(
        f"$x^{{{slope:g}}}$",
        (1e4, height),
        xytext=(4, 4),
        textcoords="offset points",
        color=colour,
    )
for ax, x in ((core, near), (tail, far[far < 7])):
    gauss = np.exp(-(x**2)) / math.sqrt(math.pi)
    ax.plot(x, gauss, color="0.5", ls="--", label="constant noise")
    ax.spines[["top", "right"]].set_visible(False)
core.set(yscale="log", ylim=(1e-5, 5), xlim=(-6, 6), xlabel="$x$ (dimensionless)")
core.set(ylabel="stationary density", title="Three readings of one noise")
tail.set(xscale="log", yscale="log", ylim=(1e-20, 3), xlim=(0.1, 1e5))
tail.set(xlabel="$x$ (dimensionless)", title="Their tails")
core.legend(frameon=False, fontsize=8, loc="upper right", borderaxespad=0)

# %%
# In one dimension the density is exact at the nodes up to quadrature, which on this
# grid is below rounding. What remains are some ten roundings an edge, and each node
# is joined to the middle, where the density is normalised, by at most half of the
# edges.

bound = 10 * CELLS / 2 * np.finfo(float).eps
for reading, alpha in READINGS.items():
    density = densities[reading]
    (nodes,) = density.nodes
    error = np.abs(density.values / student(nodes, alpha) - 1).max()
    print(f"{reading:12}  relative error {error:.1e}, out to |x| = {nodes[-1]:.0e}")
    assert error < bound
