r"""
A reaction and its committor
============================

The potential of Müller and Brown (1979) stands for a chemical reaction: two wells, a
curved way between them, and a shallow well in the middle. The committor :math:`q(x, y)`
is the probability to reach the product before the reactant,

.. math:: -\nabla U \cdot \nabla q + T \Delta q = 0, \qquad
   q = 0 \text{ on } A, \quad q = 1 \text{ on } B,

and where :math:`q = 1/2` the reaction is undecided. Transition path theory makes of
it the current of those trajectories that go all the way, and the rate of the reaction
(E and Vanden-Eijnden 2006).
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

TEMPERATURE = 15.0
example = fokker.gallery.mueller_brown(temperature=TEMPERATURE)
reactant, product = example.sets["reactant"], example.sets["product"]


def solve(cells):
    """Return density, committor and reaction on a grid."""
    generator = fokker.discretize(example.problem, cells=cells)
    return (
        fokker.stationary(generator),
        fokker.committor(generator, reactant, product),
        fokker.reactive_flux(generator, reactant, product),
    )


density, committor, reaction = solve((216, 200))

# %%
# Left: the density on a logarithmic scale, with the current of the reaction, which
# follows the valleys. Right: the committor. Nearly all of its change happens on the
# pass between the reactant and the shallow well.

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
density.plot(left, log=True, decades=8)
reaction.current.plot(left, color="white", linewidth=1.4)
committor.plot(right, cmap="viridis")
for ax, inks in ((left, "ww"), (right, "wk")):
    for centre, name, ink in zip(example.known["minima"][:2], "AB", inks, strict=True):
        ax.add_patch(plt.Circle(centre, 0.15, fc="none", ec=ink, lw=1.2, zorder=5))
        ax.text(*centre, name, color=ink, ha="center", va="center", zorder=6)
    ax.set(xlim=(-1.5, 1.2), ylim=(-0.5, 2.0))
    ax.set(xlabel="$x$ (dimensionless)", ylabel="$y$ (dimensionless)")
left.set_title("Density, and current of the reaction")
right.set_title("Committor")

# %%
# An independent value of the flux: Dirichlet's integral :math:`T \int e^{-U/T}
# |\nabla q|^2 / Z`, by the midpoint rule between the nodes. Both are of second order
# in the cell, so that the error of either is a third of its change from half the
# cells, and as much again allows for what is not quadratic yet.


def dirichlet(committor):
    """Return the flux of the reaction from the committor and Boltzmann's law."""
    x, y = committor.nodes
    weight = np.exp(example.known["log_weight"](x[:, None], y) - 9.8)
    q = committor.values
    middle = np.exp(
        example.known["log_weight"]((x[1:, None] + x[:-1, None]) / 2, y) - 9.8
    )
    across = np.exp(example.known["log_weight"](x[:, None], (y[1:] + y[:-1]) / 2) - 9.8)
    slopes = (middle * (np.diff(q, axis=0) / (x[1] - x[0])) ** 2).sum()
    slopes += (across * (np.diff(q, axis=1) / (y[1] - y[0])) ** 2).sum()
    return TEMPERATURE * slopes / weight.sum()


_, coarse_committor, coarse = solve((108, 100))
fluxes = np.array(
    [[coarse.flux, reaction.flux], [dirichlet(coarse_committor), dirichlet(committor)]]
)
bound = 2 * np.abs(np.diff(fluxes, axis=1)).sum() / 3
error = abs(fluxes[0, 1] - fluxes[1, 1])
print(f"flux {fluxes[0, 1]:.5f}, Dirichlet's integral {fluxes[1, 1]:.5f}")
print(f"rate from A to B {reaction.rate:.4f}")
assert error < bound
