r"""
Escape over a barrier: exponential or a power
=============================================

How long does it take to cross the barrier :math:`B` between the wells of
:math:`U = B\,(x^2 - 1)^2`? With constant noise, :math:`D = 1`, the answer is Kramers'
(1940),

.. math:: T \simeq \frac{\pi}{2 \sqrt{2}\, B}\, e^{B} \Big(1 + \frac{3}{8 B}\Big),

exponential in the barrier. If the noise grows with the height, :math:`D = 1 + g\,U`, as
that of stochastic gradient descent does with the loss, the density is a power of
:math:`1 + g\,U` and so is the time of escape: :math:`T \sim B^{1/g - 3/2}`.
"""

import math

import matplotlib.pyplot as plt
import numpy as np

import fokker

GROWTHS = (0.0, 0.1, 0.2, 0.4)
BARRIERS = np.geomspace(2, 1000, 41)


def log_escape_time(barrier, growth):
    """Return the logarithm of the mean time from the left minimum to the right one."""
    problem = fokker.Problem(
        drift=lambda x: -4 * barrier * x * (x**2 - 1),
        diffusion=lambda x: 1 + growth * barrier * (x**2 - 1) ** 2,
        convention="isothermal",
        domain={"x": (-2, 2)},
    )
    generator = fokker.discretize(problem, cells=400)
    return fokker.mean_first_passage(generator, lambda x: x > 1).log_at(x=-1.0)


times = {g: np.array([log_escape_time(b, g) for b in BARRIERS]) for g in GROWTHS}

# %%
# The times are asked for as logarithms: at :math:`B = 1000` the longest has 432 digits.


def kramers(barrier):
    """Return the logarithm of Kramers' time, with its first correction."""
    rate_factor = math.pi / (2 * math.sqrt(2) * barrier)
    return np.log(rate_factor) + barrier + np.log1p(3 / (8 * barrier))


figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
shades = plt.colormaps["viridis"]((0.0, 0.35, 0.6, 0.85))
colours = dict(zip(GROWTHS, shades, strict=True))
low = BARRIERS <= 46
for growth, values in times.items():
    label = f"$D = 1 + {growth:g}\\,U$" if growth else "$D = 1$"
    left.plot(BARRIERS[low], values[low] / math.log(10), color=colours[growth])
    right.plot(BARRIERS, values / math.log(10), color=colours[growth], label=label)
    if growth:
        power = 1 / growth - 1.5
        guide = values[-1] + power * np.log(BARRIERS / BARRIERS[-1])
        right.plot(BARRIERS, guide / math.log(10), ":", color="0.4", lw=1, zorder=0)
known = kramers(BARRIERS[low]) / math.log(10)
dots = {"color": colours[0.0], "mfc": "white", "ms": 4.5, "label": "Kramers"}
left.plot(BARRIERS[low], known, "o", **dots)
left.set(ylabel=r"$\log_{10}$ of the mean escape time")
left.set(xlabel="barrier $B$ (units of $D$)")
left.set(title="Low barriers", xlim=(0, 42), ylim=(-1, 18))
right.plot([], [], ":", color="0.4", label=r"$B^{1/g - 3/2}$")
right.set(xlabel="barrier $B$ (units of $D$)", xscale="log", ylim=(-1, 18))
right.set(title="All barriers, both axes logarithmic", xlim=(2, 1000))
for ax, where in ((left, "lower right"), (right, "upper left")):
    ax.set(yticks=range(0, 19, 3))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8, loc=where)

# %%
# On a line the mean time is exact at the nodes, and inside the cells up to
# quadrature; here it is held against its double integral, on points that have nothing
# to do with the cells. What differs is rounding: some ten roundings an edge, at most
# half of the edges.


def gauss_points(low, high, panels, points=24):
    """Return places and weights of composite Gauss-Legendre quadrature."""
    x, w = np.polynomial.legendre.leggauss(points)
    width = (np.asarray(high) - low)[..., None, None] / panels
    places = np.asarray(low)[..., None, None] + width * (
        np.arange(panels)[:, None] + (1 + x) / 2
    )
    weights = np.broadcast_to(width * w / 2, places.shape)
    flat = (*np.shape(high), -1)
    return places.reshape(flat), weights.reshape(flat)


def log_double_integral(barrier, growth):
    """Return ln T: integral over y in (-1, 1) of 1/(D p) times that of p below."""

    def log_p(x):
        height = barrier * (x**2 - 1) ** 2
        return -np.log1p(growth * height) / growth if growth else -height

    y, outer = gauss_points(-1.0, 1.0, 40)
    z, inner = gauss_points(np.full(y.shape, -2.0), y, 60)
    below = (inner * np.exp(log_p(z))).sum(axis=1)
    diffusion = 1 + growth * barrier * (y**2 - 1) ** 2
    top = -log_p(0.0)
    return top + np.log((outer * np.exp(-log_p(y) - top) * below / diffusion).sum())


bound = 10 * 200 * np.finfo(float).eps
for growth, values in times.items():
    exact = np.array([log_double_integral(b, growth) for b in BARRIERS[::20]])
    error = np.abs(np.expm1(values[::20] - exact)).max()
    print(f"growth {growth:g}: largest relative error {error:.1e}")
    # a logarithm near a thousand is itself rounded
    assert error < bound + 4 * np.finfo(float).eps * np.abs(exact).max()

# Kramers' formula with its first correction is off by the next one, of the order 1/B^2.

high = BARRIERS > 20
assert np.all(np.abs(times[0.0] - kramers(BARRIERS))[high] < 1 / BARRIERS[high] ** 2)
