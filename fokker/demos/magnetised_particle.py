r"""
A charged particle in a magnetic field
======================================

A magnetic field turns the velocity of a charged Brownian particle. Where inertia does
not count the mobility gets an antisymmetric part,

.. math::
    M + A = \begin{pmatrix} 1 & -b \\ b & 1 \end{pmatrix},
    \qquad \mathbf J = -(M + A)\,(p\,\nabla U + T\,\nabla p).

The density of equilibrium is that of Boltzmann for every field, and nothing flows in
it. But a particle that is let go does not run straight down the hill, and it finds
its way over a pass sooner: with the curvatures :math:`-a` and :math:`c` of the pass
the rate over it is proportional to

.. math::
    \lambda = \tfrac12 \bigl[\sqrt{(c - a)^2 + 4 a c (1 + b^2)} - (c - a)\bigr],

in the theory of Kramers and Langer. Times are in units of the symmetric part.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

FIELD, TEMPERATURE, START = 2.0, 0.05, 1.5


def particle(potential, field, half, temperature):
    """Return the particle in a potential and a field."""
    return fokker.Problem.from_potential(
        potential,
        temperature=temperature,
        antisymmetric=((0.0, -field), (field, 0.0)),
        domain={"x": (-half, half), "y": (-half, half)},
    )


# %%
# Down a bowl :math:`r^2/2`, from a cloud with the width of equilibrium around
# :math:`x = 1.5`. It keeps its shape, and its mean runs along a spiral,
# :math:`z = x + i y = 1.5\,e^{-(1 + i b) t}`.

TIMES = np.array([0.0, 0.25, 0.55, 1.0, 2.0])


def fall(cells):
    """Return the laws at these times and some in between."""
    bowl = particle(lambda x, y: (x**2 + y**2) / 2, FIELD, 2.6, TEMPERATURE)
    norm = 2 * np.pi * TEMPERATURE
    return fokker.propagate(
        fokker.discretize(bowl, cells=cells),
        lambda x, y: np.exp(-((x - START) ** 2 + y**2) / (2 * TEMPERATURE)) / norm,
        TIMES,
    )


path = fall(128)


def spiral(t):
    """Return the mean of the cloud, x + i y."""
    return START * np.exp(-(1 + 1j * FIELD) * t)


# %%
# Over a pass, in :math:`U = (x^2 - 1)^2 + 2 y^2`, whose curvatures there are -4 and 4.

FIELDS = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 4.0])
COLD = 0.1


def crossing(field, cells=64):
    """Return the rate from one well to the other, 1/time."""
    wells = particle(lambda x, y: (x**2 - 1) ** 2 + 2 * y**2, field, 2.0, COLD)
    return fokker.rate(
        fokker.discretize(wells, cells=cells),
        lambda x, y: (x + 1) ** 2 + y**2 < 0.1,
        lambda x, y: (x - 1) ** 2 + y**2 < 0.1,
    )


def langer(field):
    """Return Langer's rate, with the curvatures 8 and 4 of the wells."""
    growth = 4 * np.sqrt(1 + field**2)
    return growth / (2 * np.pi) * np.sqrt(8 * 4 / (4 * 4)) * np.exp(-1 / COLD)


rates = np.array([crossing(field) for field in FIELDS])

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.0), layout="constrained")
x, y = path.nodes
left.contour(
    x, y, np.add.outer(y**2, x**2) / 2, np.arange(0.2, 3, 0.4), colors="0.88", zorder=0
)
shades = plt.colormaps["viridis"](np.linspace(0, 0.9, len(TIMES)))
for values, t, shade in zip(path.values, TIMES, shades, strict=True):
    two, one = values.max() * np.exp([-2.0, -0.5])  # standard deviations
    left.contourf(x, y, values.T, [two, np.inf], colors=[shade], alpha=0.4)
    left.contour(x, y, values.T, [one], colors=[shade], linewidths=1)
    left.plot([], [], "s", color=shade, alpha=0.7, label=f"$t = {t:g}$")
way = spiral(np.linspace(0, 4, 300))
left.plot(way.real, way.imag, color="0.2", lw=1)
mean = path.mean()
left.plot(mean[:, 0], mean[:, 1], "o", color="0.2", mfc="white", ms=5)
left.set(xlim=(-1.0, 2.2), ylim=(-1.5, 1.1), aspect="equal")
left.set(xlabel="$x$ (dimensionless)", ylabel="$y$ (dimensionless)")
left.set_title(f"Down a bowl, at $b = {FIELD:g}$")
left.legend(frameon=False, loc="upper left", ncols=3, columnspacing=0.8)

fine = np.linspace(0, 4.2, 100)
right.plot(
    fine, 1e5 * langer(fine), color="#d55e00", ls="--", label="Kramers and Langer"
)
right.plot(FIELDS, 1e5 * rates, "o", color="#0072b2", mfc="white", label="fokker")
right.set(xlabel="field $b$ (dimensionless)", ylabel=r"rate ($10^{-5}$/time)")
right.set(xlim=(0, 4.2), ylim=(0, 19), title="Over a pass")
right.legend(frameon=False, loc="upper left")

# %%
# Left: the line is the closed form of the mean, the circles are those of ``fokker``.
#
# The scheme is of second order: what is left is a third of the change from the grid of
# twice the cells, and twice that leaves room for the next order.

exact = spiral(TIMES)
error = np.abs(mean[:, 0] + 1j * mean[:, 1] - exact)
coarse = fall(64).mean()
change = np.hypot(*(mean - coarse).T)
assert (error[1:] < 2 / 3 * change[1:]).all()
print("distance from the spiral:", error.round(4))

# Langer's law is the first term of a series in T over the height of the pass, 0.1. Its
# next term is -3/8 of that without a field; so one of it bounds the difference.

print("found over Langer's law:", (rates / langer(FIELDS)).round(3))
assert np.abs(rates / langer(FIELDS) - 1).max() < COLD

# In equilibrium nothing flows, whatever the field.

bowl = particle(lambda x, y: (x**2 + y**2) / 2, FIELD, 2.6, TEMPERATURE)
rest = fokker.stationary(fokker.discretize(bowl, cells=64))
assert fokker.entropy_production(rest) == 0.0
