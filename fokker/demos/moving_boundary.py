r"""
A bound that closes in
======================

A decision under growing urgency, a particle before an advancing front: Brownian
motion :math:`dX = dW` from zero until it meets a bound :math:`S(t)` that moves. Few
such problems have an answer in closed form. Daniels (1982) found one with two images
of the start,

.. math:: p(x, t) = \phi_t(x) - \phi_t(x - a) - 3\,\phi_t(x - 2a), \qquad
   S(t) = \frac a2 + \frac ta \ln \frac{2}{1 + \sqrt{1 + 12\,e^{-a^2/t}}} ,

with Gaussians :math:`\phi_t` of variance :math:`t`: the bound is where they cancel. It
stands still at first and then comes closer. Here an end of the domain is a function of
time, and the cells move with it.
"""

import math

import matplotlib.pyplot as plt
import numpy as np

import fokker

FAR = 2.0
LAST = 6.0


def bound(t):
    """Return the place of the bound."""
    t = np.maximum(t, 1e-9)
    return FAR / 2 + t / FAR * np.log(2 / (1 + np.sqrt(1 + 12 * np.exp(-(FAR**2) / t))))


def law_until(times, cells):
    """Return the law at these times; from -7 on the left it is out of reach."""
    problem = fokker.Problem(
        drift=0.0,
        noise=1.0,
        domain={"x": (-7.0, lambda t: float(bound(t)))},
        boundary={"x": ("reflecting", "absorbing")},
        time=True,
    )
    generator = fokker.discretize(problem, cells=cells)
    return fokker.propagate(generator, {"x": 0.0}, times, tol=1e-5)


times = LAST * np.linspace(0, 1, 61) ** 2
path = law_until(times, cells=132)  # with a node at the start, as with 44

# %%
# The closed forms of survival and of the density of the time.


def survival(t):
    """Return the probability not to have met the bound."""
    total = np.zeros_like(t)
    for place, weight in ((0.0, 1.0), (FAR, -1.0), (2 * FAR, -3.0)):
        z = (bound(t) - place) / np.sqrt(2 * t)
        total += weight * np.array([math.erfc(-v) for v in z]) / 2
    return total


def arrival_density(t):
    """Return the flux through the bound."""
    total = np.zeros_like(t)
    for place, weight in ((0.0, 1.0), (FAR, -1.0), (2 * FAR, -3.0)):
        z = bound(t) - place
        total += weight * z / t * np.exp(-(z**2) / (2 * t))
    return total / 2 / np.sqrt(2 * np.pi * t)


figure, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.8), layout="constrained", width_ratios=(1.25, 1)
)
x = np.linspace(-4, 1.2, 400)
image = np.array(
    [
        np.interp(x, place, values, right=0.0)
        for place, values in zip(path.places, path.values, strict=True)
    ]
)
picture = left.pcolormesh(
    times,
    x,
    image.T,
    cmap="viridis",
    vmin=0,
    vmax=0.6,
    shading="gouraud",
    rasterized=True,
)
figure.colorbar(picture, ax=left, label="density", extend="max")
fine = np.linspace(0, LAST, 300)
left.fill_between(fine, bound(fine), 2, color="white")
left.plot(fine, bound(fine), color="#d55e00", lw=2.5)
left.text(3.0, 0.75, "bound $S(t)$", color="#d55e00")
left.set(xlabel="time (dimensionless)", ylabel="$x$ (dimensionless)")
left.set(xlim=(0, LAST), ylim=(-4, 1.2), title="The law before the bound")

rate = path.currents()[:, -1]
dots = np.arange(0.3, LAST, 0.4)
for values, closed, name, colour in (
    (path.survival, survival, "survival", "#440154"),
    (rate, arrival_density, "density of the time", "#21918c"),
):
    right.plot(times, values, color=colour, label=name)
    right.plot(dots, closed(dots), "o", color=colour, mfc="white", ms=4.5)
right.set(xlabel="time (dimensionless)", xlim=(0, LAST), ylim=(0, 1.02))
right.set(title="The time to meet it")
right.legend(frameon=False)
right.spines[["top", "right"]].set_visible(False)

# %%
# Lines: ``fokker``. Circles: the closed forms. The scheme is of second order in the
# cell: the error of 132 cells is an eighth of the change from 44, and twice that
# allows for higher orders; the tolerance in time comes on top.

wide = law_until(times, cells=44)
allowed = 2 * np.abs(path.survival - wide.survival).max() / 8 + 1e-5
error = np.abs(path.survival[1:] - survival(times[1:])).max()
print(
    f"survival to {LAST:g}: {path.survival[-1]:.5f}; error {error:.1e} of {allowed:.1e}"
)
assert error < allowed
