r"""
Stochastic resonance
====================

A particle in a double well feels a push too weak to carry it over the barrier,

.. math:: dX = (X - X^3 + A \cos \omega t)\,dt + \sqrt{2 D}\,dW .

Noise helps: it makes the particle jump at random, and where jumps come about twice in
a period of the push, they follow it. The response has a peak at that noise (Benzi et
al. 1981; Gammaitoni et al. 1998). Kramers' rate :math:`r = e^{-1/4D}/(\sqrt2\,\pi)`
in a model of two states gives

.. math:: \frac{|\langle x \rangle_\omega|}{A} \approx
   \frac{1}{D} \frac{2 r}{\sqrt{4 r^2 + \omega^2}} .

The part of the response a quarter of a period behind the push is known from the
fluctuations without any push, :math:`\omega S(\omega)/2D`, with the power spectrum
:math:`S` of :math:`x`: the fluctuation-dissipation theorem.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

PUSH, OMEGA, CELLS, TOL = 0.02, 0.1, 80, 1e-5
DOMAIN = {"x": (-2.5, 2.5)}


def pushed(noise):
    """Return the law that repeats itself with the period of the push."""
    problem = fokker.Problem(
        drift=lambda x, t: x - x**3 + PUSH * np.cos(OMEGA * t),
        diffusion=noise,
        domain=DOMAIN,
        time=True,
    )
    driven = fokker.discretize(problem, cells=CELLS)
    return fokker.periodic_state(driven, period=2 * np.pi / OMEGA, tol=TOL)


def dissipation(noise):
    """Return the response out of phase from the fluctuations at rest."""
    problem = fokker.Problem(lambda x: x - x**3, diffusion=noise, domain=DOMAIN)
    rest = fokker.discretize(problem, cells=CELLS)
    spectrum = fokker.power_spectrum(rest, lambda x: x, [OMEGA])
    return OMEGA * spectrum.values[0] / (2 * noise)


noises = np.geomspace(0.08, 0.7, 6)
states = [pushed(noise) for noise in noises]
responses = [state.response(lambda x: x) for state in states]
gain = np.array([r.amplitude for r in responses]) / PUSH
behind = gain * np.sin([r.phase for r in responses])

# %%
# Left: the mean position over one period. Right: the response to the push.

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
shades = plt.colormaps["viridis"]((0.0, 0.35, 0.6, 0.85))
for k, colour in zip((0, 1, 3, 5), shades, strict=True):
    phase = np.append(states[k].times / states[k].period, 1)
    mean = np.append(states[k].mean(), states[k].mean()[0])
    left.plot(phase, mean, color=colour, label=f"$D = {noises[k]:.2f}$")
phase = np.linspace(0, 1, 100)
left.plot(phase, PUSH * np.cos(2 * np.pi * phase), "k:", lw=1.2, label="push")
left.axhline(0, color="0.8", lw=0.8, zorder=0)
left.set(xlabel="time (periods of the push)", ylabel="mean position (dimensionless)")
left.set(xlim=(0, 1), ylim=(-0.085, 0.085), title="The particle follows")
left.legend(frameon=False, ncols=2, loc="lower left", fontsize=8)

fine = np.geomspace(0.05, 0.9, 50)
hops = np.exp(-1 / (4 * fine)) / (np.sqrt(2) * np.pi)
right.plot(
    fine,
    2 * hops / np.hypot(2 * hops, OMEGA) / fine,
    "--",
    color="0.5",
    label="amplitude, model of two states",
)
right.plot(noises, gain, "o:", color="#440154", lw=1, mfc="white", label="amplitude")
right.plot(
    fine,
    [dissipation(noise) for noise in fine],
    color="#21918c",
    label="a quarter behind, theorem",
)
right.plot(noises, behind, "o", color="#21918c", mfc="white", label="a quarter behind")
right.set(xscale="log", xlim=(0.05, 0.9), ylim=(0, 6.6), title="Response to the push")
right.set(xlabel="noise $D$ (dimensionless)", ylabel="response / push")
right.set_xticks([0.05, 0.1, 0.2, 0.5], ["0.05", "0.1", "0.2", "0.5"])
right.minorticks_off()
right.legend(frameon=False, fontsize=8)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)

# %%
# The theorem holds for a weak push. What is left out is of second order in the push
# over the noise, (A/D)^2. To it adds the error of the grid, of second order in h = 1/16
# on wells of width 1, and the tolerance of the laws, on (-2.5, 2.5).

known = np.array([dissipation(noise) for noise in noises])
error = np.abs(behind - known)
best = noises[gain.argmax()]
print(f"best noise D = {best:.2f}: response {gain.max():.2f} times the push")
allowed = known * ((PUSH / noises) ** 2 + (5 / CELLS) ** 2) + 2.5 * TOL / PUSH
assert np.all(error < allowed)
