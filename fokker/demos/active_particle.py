r"""
An active particle between two walls
====================================

A particle swims with the speed :math:`v` along a heading :math:`\theta` that diffuses,

.. math::
    dX = v \cos\theta\,dt + \sqrt{2 D}\,dW_x, \qquad d\theta = \sqrt{2 D_r}\,dW_\theta,

between two hard walls at :math:`\pm L`. It gathers at the walls, which it leaves only
after it has turned around, and probability circulates in the plane of place and
heading: a passive particle would do neither.

The walls feel a pressure, :math:`D` times the density there. It depends on the middle
of the channel alone: :math:`D \rho(L) = [D + v^2 / (2 D_r)]\,\rho(0)`, as if the
middle had a higher temperature (Solon et al., *Nature Physics* 11 (2015) 673).
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

DIFFUSION, TURNING, WALL = 0.1, 1.0, 3.0


def solve(speed, cells):
    """Return the stationary density of place and heading."""
    problem = fokker.Problem(
        lambda x, heading: (speed * np.cos(heading), 0 * x),
        diffusion=(DIFFUSION, TURNING),
        domain={"x": (-WALL, WALL), "heading": (-np.pi, np.pi)},
        boundary={"x": "reflecting", "heading": "periodic"},
    )
    # cells that shrink towards the walls, where the density falls off within D/v
    faces = WALL * np.tanh(2.2 * np.linspace(-1, 1, cells[0] + 1)) / np.tanh(2.2)
    grid = fokker.Grid(
        x=fokker.Axis.stretched(faces),
        heading=fokker.Axis.uniform(cells[1], -np.pi, np.pi),
    )
    return fokker.stationary(fokker.discretize(problem, grid=grid))


# %%
# Left: where the particle is and where it heads, with the current of probability.
# Right: the density of the place alone at three speeds. Diamonds: what the law of the
# pressure says of the density at the walls.

SPEEDS = {0.0: "#666666", 0.5: "#009e73", 1.0: "#0072b2"}
densities = {speed: solve(speed, (96, 64)) for speed in SPEEDS}

figure, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.8), width_ratios=(1.15, 1), layout="constrained"
)
figure.get_layout_engine().set(wspace=0.06)
density = densities[1.0]
x, heading = density.nodes
picture = left.pcolormesh(
    x, heading, density.values.T, norm="log", cmap="viridis", rasterized=True
)
figure.colorbar(picture, ax=left, label=r"density ($D_r / v$)", pad=0.02)
left.set(xlim=(-WALL, WALL), ylim=(-np.pi, np.pi))
density.current().plot(left, linewidth=1.6)
left.set(xlabel="place $x$ ($v / D_r$)", ylabel=r"heading $\theta$")
left.set_yticks([-np.pi, 0, np.pi], [r"$-\pi$", "0", r"$\pi$"])
left.set_title("Circulation")

x = np.linspace(-WALL, WALL, 401)
middle, wall = {}, {}
for speed, colour in SPEEDS.items():
    place = densities[speed].marginal("x")
    middle[speed], wall[speed] = place.at(x=0.0), place.at(x=WALL)
    right.semilogy(x, place.at(x=x), color=colour, label=f"$v = {speed:g}$")
    expected = middle[speed] * (1 + speed**2 / (2 * TURNING * DIFFUSION))
    right.plot([-WALL, WALL], [expected] * 2, "D", color=colour, ms=6, clip_on=False)
right.set(xlabel="place $x$ ($v / D_r$ at $v = 1$)", ylabel="density of the place")
right.set(xlim=(-WALL, WALL), ylim=(0.08, 1.0), title="Gathering at the walls")
right.legend(frameon=False, loc="upper center")

# %%
# What is left is the error of second order: a third of the change from the grid of
# twice the cells, and twice that leaves room for the next order. Of the walls the
# middle knows :math:`e^{-L/\ell}`, with
# :math:`\ell^2 = D / [D_r + v^2 / (2 D)]`, below :math:`10^{-5}`.

for speed in (0.5, 1.0):
    coarse = solve(speed, (48, 32)).marginal("x")
    pressure = DIFFUSION * wall[speed] / middle[speed]
    change = abs(pressure - DIFFUSION * coarse.at(x=WALL) / coarse.at(x=0.0))
    expected = DIFFUSION + speed**2 / (2 * TURNING)
    print(
        f"v = {speed:g}: pressure {pressure:.4f} of the middle, expected {expected:.4f}"
    )
    assert abs(pressure - expected) < 2 / 3 * change

# Without propulsion the density is uniform, to the rounding of an elimination of 96 x
# 64 cells, and nothing flows.

place = densities[0.0].marginal("x")
assert np.abs(place.values * 2 * WALL - 1).max() < 96 * 64 * 2.3e-16
