r"""
A bent path of escape
=====================

Without a potential the way out need not be the way back, nor the straight way. In the
flow of Maier and Stein (1993),

.. math:: \dot x = x - x^3 - \alpha x y^2, \qquad \dot y = -y\,(1 + x^2),

both with noise :math:`\sqrt{\epsilon}\,dW`, the axis leads from node to node through
the saddle at the origin. Up to :math:`\alpha = 4` the most probable path of escape
follows it, and the rate is :math:`k = (K/\pi)\,e^{-1/2\epsilon}` with a known
:math:`K(\alpha)`. Beyond, it is cheaper to leave the axis: the paths bend, and escape
comes sooner.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker


def transitions(alpha, eps, cells=(160, 128)):
    """Return the named problem, its generator, and the flow from left to right."""
    example = fokker.gallery.maier_stein(alpha=alpha, eps=eps)
    generator = fokker.discretize(example.problem, cells=cells)
    flow = fokker.reactive_flux(generator, example.sets["left"], example.sets["right"])
    return example, generator, flow


# %%
# Transitions from left to right, over the stationary density. On the left there is a
# potential, and the path is straight. On the right it leaves the axis on the way up, on
# either side; the way down from the saddle follows the axis in both.

figure = plt.figure(figsize=(9, 5.6), layout="constrained")
top, bottom = figure.subfigures(2, 1, height_ratios=(1.15, 1))
axes = top.subplots(1, 2, sharey=True)
for ax, alpha in zip(axes, (1.0, 10.0), strict=True):
    _, generator, flow = transitions(alpha, eps=0.05, cells=(240, 192))
    density = fokker.stationary(generator)
    x, y = density.nodes
    decades = density.log_values / np.log(10)
    picture = ax.pcolormesh(
        x, y, decades.T, cmap="viridis", vmin=-8, vmax=1, rasterized=True
    )
    ax.set(xlim=(-1.4, 1.4), ylim=(-0.75, 0.75), xlabel="$x$ (dimensionless)")
    flow.current.plot(ax, color="white", linewidth=1.5)
    ax.set(xlabel="$x$ (dimensionless)", ylabel="")
    ax.plot([-1, 0, 1], [0, 0, 0], "o", color="#d55e00", ms=4, zorder=5)
    ax.set_title(f"$\\alpha = {alpha:g}$, $\\epsilon = 0.05$")
axes[0].set(ylabel="$y$ (dimensionless)")
top.colorbar(
    picture, ax=axes, label=r"$\log_{10}$ density", extend="min", ticks=range(-8, 2, 2)
)

strengths = np.array([0.16, 0.08, 0.04, 0.02])
left, right = bottom.subplots(1, 2)
log_rates = {}
shades = plt.colormaps["viridis"]((0.0, 0.45, 0.75))
for alpha, colour in zip((1.0, 3.0, 10.0), shades, strict=True):
    runs = [transitions(alpha, eps) for eps in strengths]
    log_rates[alpha] = np.array([flow.log_rate for _, _, flow in runs])
    label = f"$\\alpha = {alpha:g}$"
    left.plot(
        1 / strengths, log_rates[alpha], "o", color=colour, mfc="white", label=label
    )
    if alpha > 4:
        left.plot(1 / strengths, log_rates[alpha], ":", color=colour, lw=1, zorder=1)
    else:
        known = runs[0][0].known["prefactor"]
        fine = np.linspace(0, 55, 50)
        left.plot(fine, np.log(known / np.pi) - fine / 2, color=colour)
        ratio = np.exp(log_rates[alpha] + 0.5 / strengths) * np.pi / known
        right.plot(strengths, ratio, "o-", color=colour, mfc="white", label=label)
left.set(xlabel=r"$1/\epsilon$", ylabel="ln(rate)", xlim=(0, 55), ylim=(-28, 1))
left.legend(frameon=False)
right.set(xlabel=r"$\epsilon$", ylabel="rate / asymptotic rate", xlim=(0, 0.17))
right.set(ylim=(0, 1.05), xticks=(0, 0.04, 0.08, 0.12, 0.16))
right.axhline(1, color="0.6", lw=0.8, zorder=0)
right.legend(frameon=False)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)

# %%
# Lines: the closed form, without any fit. Circles: ``fokker``.
#
# The closed form is the limit of weak noise; what is left out is a series in epsilon.
# So the ratio is extrapolated from three strengths of noise, each half of the one
# before, and the difference from what two of them give bounds the error of the rest.

for alpha in (1.0, 3.0):
    known = fokker.gallery.maier_stein(alpha=alpha).known["prefactor"]
    ratio = np.exp(log_rates[alpha] + 0.5 / strengths) * np.pi / known
    linear = 2 * ratio[1:] - ratio[:-1]
    quadratic = (4 * linear[-1] - linear[-2]) / 3
    print(f"alpha = {alpha:g}: rate / asymptotic rate -> {quadratic:.4f}")
    assert abs(quadratic - 1) < abs(quadratic - linear[-1])

# Where the path bends, escape is exponentially cheaper: the slope is less than 1/2.

slope = -np.diff(log_rates[10.0])[-1] / np.diff(1 / strengths)[-1]
print(f"alpha = 10: action {slope:.3f}, on the axis 0.5")
assert slope < 0.45
