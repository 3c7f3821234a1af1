r"""
Fixation and balance of an allele
=================================

The frequency :math:`X` of an allele in a population of :math:`N` haploids changes by
selection, mutation and chance. With time in units of :math:`N` generations, the
diffusion of Wright and Fisher is

.. math::
    dX = \bigl[s X (1 - X) + \tfrac12 (a (1 - X) - b X)\bigr]\,dt
         + \sqrt{X (1 - X)}\,dW \quad \text{(Ito)},

with the scaled selection :math:`s = N s_1` and the scaled mutation rates :math:`a`
towards the allele and :math:`b` away from it. The noise vanishes at both ends.

Without mutation the allele is fixed or lost. Its probability of fixation is that of
Kimura, :math:`(1 - e^{-2 s x})/(1 - e^{-2 s})`. With mutation there is a stationary
law, :math:`p \propto x^{a-1} (1-x)^{b-1} e^{2 s x}`, a beta law for :math:`s = 0`.
"""

from math import gamma

import matplotlib.pyplot as plt
import numpy as np

import fokker


def population(selection, gain=0.0, loss=0.0, wall="absorbing"):
    """Return the Wright-Fisher diffusion of one allele."""
    return fokker.Problem(
        lambda x: selection * x * (1 - x) + (gain * (1 - x) - loss * x) / 2,
        noise=lambda x: np.sqrt(x * (1 - x)),
        convention="ito",
        domain={"x": (0, 1)},
        boundary=wall,
    )


# %%
# The ends are exits without mutation, regular with a little, and are never reached once
# the rate is one or more. The library finds this from the coefficients:

for rate in (0.0, 0.5, 1.0):
    print(f"mutation {rate}:", population(0.0, rate, rate).boundaries()[0].kind)

# %%
# Fixation, from every frequency at the start, and the balance of mutation and chance.

SELECTION = (-4, -1, 0, 1, 4)
RATES = (0.4, 1.0, 2.0, 6.0)
x = np.linspace(0, 1, 301)
dots = np.linspace(0.05, 0.95, 10)


def kimura(x, s):
    """Return the probability of fixation."""
    return x if s == 0 else np.expm1(-2 * s * x) / np.expm1(-2 * s)


fixation, balance = {}, {}
for s in SELECTION:
    generator = fokker.discretize(population(s), cells=200)
    fixation[s] = fokker.splitting(generator)["x right"]
for a in RATES:
    generator = fokker.discretize(population(0.0, a, a, "reflecting"), cells=400)
    balance[a] = fokker.stationary(generator)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
shades = plt.colormaps["viridis"](np.linspace(0, 0.85, len(SELECTION)))
for s, shade in zip(SELECTION, shades, strict=True):
    left.plot(x[1:-1], fixation[s].at(x=x[1:-1]), color=shade)
    left.plot(dots, kimura(dots, s), "o", color=shade, mfc="white", ms=4.5)
left.set(
    xlabel="frequency at the start (dimensionless)", ylabel="probability of fixation"
)
left.set(xlim=(0, 1), ylim=(0, 1), title="Selection against chance")
for s, place in zip(SELECTION, (0.74, 0.6, 0.5, 0.4, 0.2), strict=True):
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    left.text(
        place, kimura(place, s), f"$s = {s}$", ha="center", va="center", bbox=paper
    )
shades = plt.colormaps["magma"](np.linspace(0.1, 0.75, len(RATES)))
for a, shade in zip(RATES, shades, strict=True):
    right.plot(x[1:-1], balance[a].at(x=x[1:-1]), color=shade, label=f"$a = b = {a:g}$")
    beta = gamma(2 * a) / gamma(a) ** 2 * (dots * (1 - dots)) ** (a - 1)
    right.plot(dots, beta, "o", color=shade, mfc="white", ms=4.5)
right.set(xlabel="frequency (dimensionless)", ylabel="stationary density")
right.set(xlim=(0, 1), ylim=(0, 3.2), title="Mutation against chance")
right.legend(frameon=False, loc="upper center", ncols=2)

# %%
# Lines: ``fokker``. Circles: closed forms.
#
# On a chain, probabilities of fixation are exact at the nodes, and between them too, as
# the profile inside a cell is that of the process. What is left is the rounding of an
# elimination of 200 cells, eight operations each.

for s in SELECTION:
    assert np.abs(fixation[s].at(x=dots) - kimura(dots, s)).max() < 200 * 8 * 2.3e-16

# The beta law is symmetric, with variance 1/(4 (2 a + 1)). It is exact in the same way,
# but places next to 1 are coarse: the last cells are 1e-8 from it, where the distance
# to 1 has a relative rounding of 1e-16/1e-8.

for a in RATES:
    assert abs(balance[a].mean() - 0.5) < 1e-8
    assert abs(balance[a].variance() * 4 * (2 * a + 1) - 1) < 1e-8
    print(f"a = b = {a:g}: variance {balance[a].variance():.9f}")
