r"""
A gyrator between two heat baths
================================

Two degrees of freedom are held by a spring and coupled by another one,
:math:`U = \tfrac k2 (x^2 + y^2) + \tfrac c2 (x - y)^2`, and each has a bath of its own:

.. math:: dX_i = -\partial_i U\,dt + \sqrt{2 T_i}\,dW_i.

If the temperatures differ heat flows through the spring, and the particle turns around
the centre: the smallest of all heat engines. It produces entropy at the rate
:math:`c^2 (T_1 - T_2)^2 / (2 T_1 T_2 (k + c))`.

R. Filliger and P. Reimann, *Phys. Rev. Lett.* 99 (2007) 230602.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

# %%
# Left: the stationary law is a tilted Gaussian. Its current turns along the lines of
# equal density, as it must in a linear process. Right: the entropy it produces, from
# equal temperatures on, in both directions.

example = fokker.gallery.brownian_gyrator(temperatures=(4.0, 1.0), coupling=2.0)
density = fokker.stationary(fokker.discretize(example.problem, cells=128))

figure, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.9), width_ratios=(1.1, 1), layout="constrained"
)
x, y = density.nodes
picture = left.pcolormesh(
    x, y, density.values.T, cmap="magma", vmin=0, shading="gouraud", rasterized=True
)
figure.colorbar(picture, ax=left, label="density", pad=0.02)
left.set(xlim=(-4, 4), ylim=(-4, 4), aspect="equal")
density.current().plot(left, linewidth=1.5)
left.set(
    xlabel="$x$, at $T_1 = 4$ (dimensionless)",
    ylabel="$y$, at $T_2 = 1$ (dimensionless)",
)
left.set_title("Density and current")

# the cold bath stays at one
RATIOS = np.array([0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0])
COUPLINGS = {0.5: "#56b4e9", 2.0: "#0072b2"}


def solve(coupling, ratio, cells):
    """Return flux around the centre and entropy production, found and known."""
    gyrator = fokker.gallery.brownian_gyrator(
        coupling=coupling, temperatures=(ratio, 1.0)
    )
    found = fokker.stationary(fokker.discretize(gyrator.problem, cells=cells))
    turning = fokker.circulation(found, {"x": 0.0, "y": 0.0})
    exact = gyrator.known["ray_flux"], gyrator.known["entropy_production"]
    return np.array([turning, fokker.entropy_production(found)]), np.array(exact)


def produced(coupling, ratio):
    """Return the production of entropy in closed form, for k = 1 and T_2 = 1."""
    return coupling**2 * (ratio - 1) ** 2 / (2 * ratio * (1 + coupling))


fine = np.geomspace(0.2, 5, 200)
for coupling, colour in COUPLINGS.items():
    right.plot(
        fine, produced(coupling, fine), color=colour, label=f"$c = {coupling:g}$"
    )
    dots = [solve(coupling, ratio, 64)[0][1] for ratio in RATIOS]
    right.plot(RATIOS, dots, "o", color=colour, mfc="white", ms=5)
right.set(xscale="log", xlim=(0.2, 5), ylim=(-0.03, 1.7))
right.set_xticks([0.25, 0.5, 1, 2, 4], ["1/4", "1/2", "1", "2", "4"], minor=False)
right.set_xticks([], minor=True)
right.set(
    xlabel="$T_1 / T_2$", ylabel=r"entropy production ($k_B \times$ rate of the trap)"
)
right.set_title("The price of turning")
right.legend(frameon=False, loc="upper center")

# %%
# Lines: closed form. Circles: ``fokker`` on 64 by 64 cells.
#
# The scheme is of second order: what is left on the fine grid is a third of the change
# from the grid of twice its cells. Twice that leaves room for the next order.

coarse, exact = solve(2.0, 4.0, 64)
finer, _ = solve(2.0, 4.0, 128)
print("flux and entropy production:", finer.round(6), "closed form:", exact.round(6))
assert (np.abs(finer - exact) < 2 / 3 * np.abs(finer - coarse)).all()

# At equal temperatures nothing turns: what is left is the rounding of the flows in both
# directions, each below D p = 0.4, through the 16 faces of a ray.

assert abs(solve(2.0, 1.0, 32)[0][0]) < 16 * 0.4 * 2.3e-16
