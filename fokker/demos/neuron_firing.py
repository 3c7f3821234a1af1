r"""
How often a noisy neuron fires
==============================

The membrane potential of the leaky integrate-and-fire neuron relaxes to its drive
:math:`\mu` under noise,

.. math:: \tau\,dV = (\mu - V)\,dt + \sigma \sqrt{\tau}\,dW ,

until it meets the threshold. Then the neuron fires, is silent for a while, and starts
again from the reset. Without noise it fires only if the drive reaches beyond the
threshold; noise makes it fire below. Siegert (1951) gave the mean interval, with the
threshold :math:`\theta` and the reset :math:`V_r`, as

.. math:: T = \tau_{\text{silent}} + \tau \sqrt{\pi}
   \int_{(V_r - \mu)/\sigma}^{(\theta - \mu)/\sigma}
   e^{u^2} (1 + \operatorname{erf} u)\,du .
"""

import math

import matplotlib.pyplot as plt
import numpy as np

import fokker

THRESHOLD, RESET, MEMBRANE, SILENT = 20.0, 10.0, 0.02, 0.002  # mV, mV, s, s

# Cells of such a width that a node lies at the reset; the bottom is out of reach.
CELLS = 300
WIDTH = (THRESHOLD - RESET) / 50.5
BOTTOM = THRESHOLD - CELLS * WIDTH


def neuron(drive, noise):
    """Return the generator of the potential below the threshold."""
    problem = fokker.Problem(
        drift=lambda v: (drive - v) / MEMBRANE,
        noise=noise / math.sqrt(MEMBRANE),
        domain={"v": (BOTTOM, THRESHOLD)},
        boundary={"v": ("reflecting", "absorbing")},
    )
    return fokker.discretize(problem, cells=CELLS)


def siegert(drive, noise, points=80):
    """Return the firing rate, by Gauss's rule."""
    x, w = np.polynomial.legendre.leggauss(points)
    low, high = (RESET - drive) / noise, (THRESHOLD - drive) / noise
    u = low + (high - low) * (1 + x) / 2
    integrand = np.exp(u**2) * np.array([math.erfc(-v) for v in u])  # 1 + erf(u)
    total = (high - low) / 2 * (w * integrand).sum()
    return 1 / (SILENT + MEMBRANE * math.sqrt(math.pi) * total)


def potential_density(v, drive, noise, points=60):
    """Return the closed form of the law of the potential, by Gauss's rule."""
    x, w = np.polynomial.legendre.leggauss(points)
    low = np.maximum(v, RESET)[:, None]
    u = low + (THRESHOLD - low) * (1 + x) / 2
    growth = np.exp(((u - drive) ** 2 - (v[:, None] - drive) ** 2) / noise**2)
    total = ((THRESHOLD - low) / 2 * w * growth).sum(axis=1)
    interval = 1 / siegert(drive, noise) - SILENT
    return 2 * MEMBRANE / (noise**2 * interval) * total


# %%
# Left: the rate against the drive. Right: the law of the potential while the neuron is
# not silent. ``fokker.reinject`` lets what flows through the threshold in again at the
# reset, where the law has a kink. Lines: ``fokker``. Circles: closed forms.

NOISES = (1.0, 3.0, 6.0)
drives = np.linspace(8, 32, 33)
shades = plt.colormaps["viridis"]((0.0, 0.4, 0.75))

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
rates, exact = {}, {}
for noise, colour in zip(NOISES, shades, strict=True):
    cells = [neuron(drive, noise) for drive in drives]
    rates[noise] = np.array(
        [fokker.firing_rate(cell, {"v": RESET}, refractory=SILENT) for cell in cells]
    )
    exact[noise] = np.array([siegert(drive, noise) for drive in drives])
    left.plot(drives, rates[noise], color=colour, label=f"$\\sigma = {noise:g}$ mV")
    left.plot(drives[::2], exact[noise][::2], "o", color=colour, mfc="white", ms=4.5)
fine = np.linspace(THRESHOLD + 1e-6, 32, 400)
quiet = SILENT + MEMBRANE * np.log((fine - RESET) / (fine - THRESHOLD))
left.plot(fine, 1 / quiet, "k:", lw=1.2, label="no noise")
left.axvline(THRESHOLD, color="0.7", lw=0.8, zorder=0)
left.text(
    THRESHOLD - 0.3, 69, "threshold", rotation=90, ha="right", va="top", color="0.4"
)
left.set(
    xlabel=r"drive $\mu$ (mV)", ylabel="firing rate (1/s)", xlim=(8, 32), ylim=(0, 70)
)
left.legend(frameon=False, loc="upper left", fontsize=8)

NOISE = 3.0
laws = {}
for drive, colour in zip((12.0, 18.0, 26.0), shades, strict=True):
    firing = fokker.reinject(neuron(drive, NOISE), "v right", {"v": RESET})
    law = laws[drive] = fokker.stationary(firing)
    v, dots = np.linspace(2, THRESHOLD, 800), np.arange(2.5, 20.5, 1.25)
    right.plot(v, law.at(v=v), color=colour, label=f"$\\mu = {drive:g}$ mV")
    closed = potential_density(dots, drive, NOISE)
    right.plot(dots, closed, "o", color=colour, mfc="white", ms=4.5)
right.axvline(RESET, color="0.7", lw=0.8, zorder=0)
right.text(RESET - 0.2, 0.199, "reset", rotation=90, ha="right", va="top", color="0.4")
right.set(xlabel="membrane potential (mV)", ylabel="density (1/mV)", xlim=(2, 20.4))
right.set(ylim=(0, 0.2), xticks=(5, 10, 15, 20))
right.legend(frameon=False, loc="upper left", fontsize=8)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)

# %%
# Mean interval and law are exact at the nodes, of which the reset is one, but for some
# ten roundings an edge; the longest intervals grow like exp(u^2), whose exponent is
# itself rounded.

for noise in NOISES:
    error = np.abs(rates[noise] / exact[noise] - 1).max()
    exponent = ((THRESHOLD - drives.min()) / noise) ** 2
    print(f"sigma = {noise:g} mV: largest relative error of the rate {error:.1e}")
    assert error < 10 * (CELLS + exponent) * np.finfo(float).eps
for drive, law in laws.items():
    (v,) = law.nodes
    error = np.abs(law.values - potential_density(v, drive, NOISE)).max()
    print(f"mu = {drive:g} mV: largest error of the law {error:.1e}")
    assert error < 10 * CELLS * np.finfo(float).eps * law.values.max()
