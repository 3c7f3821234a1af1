r"""
Giant diffusion on a tilted washboard
=====================================

A particle on a periodic potential, tilted by a force :math:`F`,

.. math:: dX = (F - \sin X)\,dt + \sqrt{2 T}\,dW ,

is locked below :math:`F = 1` and slides above. In between some particles slide while
others still wait, and the cloud spreads many times faster than it would without the
potential: diffusion has a peak that grows as the temperature falls. Reimann et al.
(2001) gave it in closed form,

.. math:: D = T\, \frac{\langle I_+^2 I_- \rangle}{\langle I_+ \rangle^3}, \qquad
   I_\pm(x) = \frac1T \int_0^{2 \pi} e^{[\pm V(x) \mp V(x \mp y)]/T}\,dy ,

with means over one period of :math:`V = -\cos x - F x`.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

TEMPERATURES = (0.2, 0.1, 0.05, 0.02)
FORCES = np.linspace(0.5, 1.5, 61)


def washboard(force, temperature):
    """Return one period of the washboard, closed to a ring."""
    return fokker.Problem.from_potential(
        lambda x: -np.cos(x),
        force=force,
        temperature=temperature,
        domain={"x": (0, 2 * np.pi)},
        boundary="periodic",
    )


diffusion, velocity = {}, {}
for temperature in TEMPERATURES:
    rings = [fokker.discretize(washboard(f, temperature), cells=120) for f in FORCES]
    diffusion[temperature] = np.array([fokker.effective_diffusion(g) for g in rings])
    velocity[temperature] = np.array([fokker.drift_velocity(g) for g in rings])


# %%
# The closed form by the trapezoidal rule. Around a ring its error falls exponentially
# with the number of points; the inner integrand ends away from where it began, so it is
# taken by Gauss's rule.


def reimann(force, temperature, points=512):
    """Return velocity and effective diffusion."""

    def tilted(x):
        return -np.cos(x) - force * x

    x = np.linspace(0, 2 * np.pi, points, endpoint=False)
    u, w = np.polynomial.legendre.leggauss(128)
    y, w = np.pi * (1 + u), np.pi * w
    here = tilted(x)[:, None]
    plus = np.exp((here - tilted(x[:, None] - y)) / temperature) @ w / temperature
    minus = np.exp((tilted(x[:, None] + y) - here) / temperature) @ w / temperature
    spread = temperature * (plus**2 * minus).mean() / plus.mean() ** 3
    drop = -np.expm1(-2 * np.pi * force / temperature)
    return drop / plus.mean(), spread


figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
shades = plt.colormaps["viridis"]((0.85, 0.6, 0.35, 0.0))
dots = slice(0, None, 5)
for temperature, colour in zip(TEMPERATURES, shades, strict=True):
    exact = np.array([reimann(f, temperature) for f in FORCES[dots]])
    right.plot(FORCES, velocity[temperature], color=colour)
    right.plot(FORCES[dots], exact[:, 0], "o", color=colour, mfc="white", ms=4.5)
    ratio = diffusion[temperature] / temperature
    left.plot(FORCES, ratio, color=colour, label=f"$T = {temperature:g}$")
    left.plot(
        FORCES[dots], exact[:, 1] / temperature, "o", color=colour, mfc="white", ms=4.5
    )
left.axhline(1, color="0.6", lw=0.8, zorder=0)
left.annotate(
    "free diffusion",
    (1.49, 1),
    xytext=(0, 3),
    textcoords="offset points",
    ha="right",
    color="0.4",
    fontsize=8,
)
left.set(yscale="log", ylim=(1e-3, 40), ylabel="effective diffusion $D/T$")
left.legend(frameon=False, loc="lower right")
free = np.linspace(1, 1.5, 200)
right.plot(free, np.sqrt(free**2 - 1), "k:", lw=1.2, label="no noise")
right.legend(frameon=False, loc="upper left")
right.set(ylabel="mean velocity (dimensionless)", ylim=(0, 1.2))
for ax in (left, right):
    ax.set(xlabel="force $F$ (units of the steepest slope)", xlim=(0.5, 1.5))
    ax.spines[["top", "right"]].set_visible(False)

# %%
# Both are exact on a line up to quadrature. What is left is rounding, some ten
# roundings an edge of 120; the exponents, of the order of 2 pi F / T, add their own
# roundings.

for temperature in TEMPERATURES:
    exact = np.array([reimann(f, temperature) for f in FORCES[dots]])
    bound = 10 * (120 + 2 * np.pi * FORCES.max() / temperature) * np.finfo(float).eps
    errors = [
        np.abs(measured[dots] / exact[:, k] - 1).max()
        for k, measured in enumerate((velocity[temperature], diffusion[temperature]))
    ]
    peak = diffusion[temperature].max() / temperature
    print(f"T = {temperature:g}: peak {peak:.2f} T, relative errors {max(errors):.1e}")
    assert max(errors) < bound
