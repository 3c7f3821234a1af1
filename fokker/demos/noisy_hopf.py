r"""
A noisy limit cycle
===================

Above a Hopf bifurcation an oscillator runs on a circle. In its normal form, with
:math:`z = x + i y` and white noise in both coordinates,

.. math:: \dot z = (\mu + i \omega) z - |z|^2 z + \sqrt{2 D}\,\xi,

the density is :math:`\exp[-(r^2 - \mu)^2 / 4D]`, a ring that does not know
:math:`\omega`. The spectrum of the generator does: eigenvalues come in pairs
:math:`-\Gamma_k \pm i k \omega`, and :math:`\Gamma_1` is the rate at which the
oscillator forgets its phase, the half width of its line in the power spectrum.

H. Risken, *The Fokker-Planck Equation*, Springer 1989, chapter 12.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

FREQUENCY, NOISE = 3.0, 0.1
example = fokker.gallery.noisy_hopf(frequency=FREQUENCY, diffusion=NOISE)


def spectrum(cells):
    """Return the eight slowest eigenvalues."""
    return fokker.spectrum(fokker.discretize(example.problem, cells), k=8).eigenvalues


generator = fokker.discretize(example.problem, cells=64)
density = fokker.stationary(generator)
values = spectrum(64)
frequencies = np.union1d(np.linspace(0, 8, 41), np.linspace(2.6, 3.4, 25))
line = fokker.power_spectrum(generator, lambda x, y: x, frequencies)

# %%
# The ring with its current, the eigenvalues, and the line of the oscillator beside that
# of the first pair of eigenvalues alone.

figure, (ring, plane, curve) = plt.subplots(
    1, 3, figsize=(9.6, 3.2), width_ratios=(1.15, 1, 1), layout="constrained"
)
x, y = density.nodes
picture = ring.pcolormesh(
    x, y, density.values.T, cmap="viridis", vmin=0, shading="gouraud", rasterized=True
)
figure.colorbar(picture, ax=ring, label="density", shrink=0.8, pad=0.02)
ring.set(xlim=(-1.7, 1.7), ylim=(-1.7, 1.7), aspect="equal")
density.current().plot(ring, linewidth=1.3)
ring.set(xlabel="$x$ (dimensionless)", ylabel="$y$ (dimensionless)")
ring.set_title("Density and current")

for k in (-2, -1, 0, 1, 2):
    plane.axhline(k * FREQUENCY, color="#d55e00", lw=0.8, ls=":", zorder=0)
plane.plot(values.real, values.imag, "o", color="#0072b2", ms=5)
plane.set(xlabel=r"Re $\lambda$ (1/time)", ylabel=r"Im $\lambda$ (1/time)")
plane.set(xlim=(-2.6, 0.2), title="Spectrum")
plane.text(-2.5, FREQUENCY + 0.2, r"$\omega$", color="#d55e00")
plane.text(-2.5, 2 * FREQUENCY - 0.8, r"$2 \omega$", color="#d55e00")

width = -values[1].real
lorentz = line.values.max() * width**2 / (width**2 + (frequencies - FREQUENCY) ** 2)
curve.semilogy(frequencies, line.values, color="#0072b2", label="all modes")
curve.semilogy(frequencies, lorentz, color="#d55e00", ls="--", label="first pair")
curve.set(xlabel="angular frequency (1/time)", ylabel="power spectrum of $x$ (time)")
curve.set(xlim=(0, 8), ylim=(5e-3, 30), title="Line of the oscillator")
curve.legend(frameon=False, loc="upper right")

# %%
# The rotation commutes with everything else: it adds exactly :math:`i k \omega` to the
# eigenvalues of the ring that stands still. Those follow from the principle of Rayleigh
# and Ritz, with the weight :math:`w = r e^{-(r^2 - \mu)^2 / 4D}`:
#
# .. math::
#     \Gamma_k = \min_R \frac{D \int [R'^2 + k^2 R^2 / r^2]\, w\,dr}
#                          {\int R^2\, w\,dr}.


def ritz(k, terms=10):
    """Return the smallest rate of the angular mode k, on r^k, r^(k+2), ..."""
    r = np.linspace(0, 2.4, 2001)[1:]
    weight = r * np.exp(-((r**2 - 1) ** 2) / (4 * NOISE))
    powers = k + 2 * np.arange(terms)[:, None]
    basis = r**powers
    # (R', k R / r) for every power, integrated by the trapezoidal rule
    slope, turn = powers * r ** (powers - 1), k * r ** (powers - 1)
    stiffness = NOISE * ((slope * weight) @ slope.T + (turn * weight) @ turn.T)
    return np.linalg.eigvals(
        np.linalg.solve((basis * weight) @ basis.T, stiffness)
    ).real.min()


exact = np.array([-ritz(k) + 1j * k * FREQUENCY for k in (1, 2)])


def upper(eigenvalues):
    """Return the first eigenvalue of the angular modes 1 and 2."""
    above = eigenvalues[eigenvalues.imag > 0]
    return np.array([above[np.argmin(np.abs(above - value))] for value in exact])


print("closed:", exact.round(4), "found:", upper(values).round(4))

# %%
# The scheme is of second order: what is left is a third of the change from the grid of
# twice the cells. Twice that leaves room for the next order.

change = np.abs(upper(values) - upper(spectrum(32)))
assert (np.abs(upper(values) - exact) < 2 / 3 * change).all()
