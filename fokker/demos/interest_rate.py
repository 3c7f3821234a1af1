r"""
Interest rates and the wall at zero
===================================

The short rate :math:`r` of Cox, Ingersoll and Ross reverts to a mean :math:`\theta`
with a noise that vanishes at zero,

.. math:: dr = \kappa (\theta - r)\,dt + \sigma \sqrt r\,dW \quad \text{(Ito)}.

Whether zero is ever reached depends on Feller's number
:math:`\nu = 2 \kappa \theta / \sigma^2` alone: never for :math:`\nu \geq 1`. The law
becomes a gamma law, of shape :math:`\nu` and mean :math:`\theta`. Without Feller's
condition the rate touches zero, by the time :math:`t` with the probability

.. math:: \frac{\Gamma(1 - \nu, z)}{\Gamma(1 - \nu)}, \qquad
          z = \frac{2 \kappa r_0}{\sigma^2 (e^{\kappa t} - 1)},

which is :math:`\mathrm{erfc} \sqrt z` for :math:`\nu = 1/2`.

J. C. Cox, J. E. Ingersoll and S. A. Ross, *Econometrica* 53 (1985) 385.
"""

from math import erfc, gamma

import matplotlib.pyplot as plt
import numpy as np

import fokker

KAPPA, MEAN = 0.5, 0.03  # 1/year, and 3 % per year
NUMBERS = {4.0: "#0072b2", 1.25: "#009e73", 0.5: "#d55e00"}


def short_rate(number, wall="reflecting"):
    """Return the process with Feller's number; the wall counts if zero is reached."""
    sigma = np.sqrt(2 * KAPPA * MEAN / number)
    return fokker.Problem(
        lambda r: KAPPA * (MEAN - r),
        noise=lambda r: sigma * np.sqrt(r),
        convention="ito",
        domain={"r": (0.0, np.inf)},
        boundary={"r": (wall, "reflecting")},
    )


# %%
# What kind of end zero is, the library finds from the coefficients.

for number in NUMBERS:
    zero, _ = short_rate(number).boundaries()
    print(f"nu = {number:g}: {zero.kind}; attainable: {zero.attainable}")

# %%
# Left: the laws in the end. Right: the probability to have touched zero, at
# :math:`\nu = 1/2`, from three rates at the start.

laws = {
    number: fokker.stationary(fokker.discretize(short_rate(number), cells=300))
    for number in NUMBERS
}
leaking = fokker.discretize(short_rate(0.5, "absorbing"), cells=120)
STARTS = {0.005: 0.0, 0.03: 0.45, 0.1: 0.8}
times = np.geomspace(0.02, 30, 200)
exits = {start: fokker.exit_time(leaking, None, {"r": start}) for start in STARTS}


def gamma_law(r, number):
    """Return the stationary density."""
    scale = MEAN / number
    return (r / scale) ** (number - 1) * np.exp(-r / scale) / (gamma(number) * scale)


def touched(t, start):
    """Return the probability to have touched zero, at nu = 1/2."""
    return np.array(
        [erfc(np.sqrt(start / (2 * MEAN * np.expm1(KAPPA * s)))) for s in t]
    )


figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
r = np.linspace(0.0005, 0.12, 400)
dots = np.array([0.002, 0.01, 0.02, 0.03, 0.045, 0.06, 0.08, 0.1])
for number, colour in NUMBERS.items():
    label = rf"$\nu = {number:g}$"
    left.plot(100 * r, laws[number].at(r=r) / 100, color=colour, label=label)
    closed = gamma_law(dots, number) / 100
    left.plot(100 * dots, closed, "o", color=colour, mfc="white", ms=4.5)
left.set(xlabel="short rate (% per year)", ylabel="stationary density (1/%)")
left.set(xlim=(0, 12), ylim=(0, 0.5), title="The law of the rate")
left.legend(frameon=False)
for start, shade in STARTS.items():
    colour = plt.colormaps["magma"](shade)
    label = f"from {100 * start:g} %"
    right.semilogx(times, exits[start].cdf(times), color=colour, label=label)
    right.plot(
        times[::20], touched(times[::20], start), "o", c=colour, mfc="white", ms=4.5
    )
right.set(xlabel="time (years)", ylabel="probability to have touched zero")
right.set(xlim=(0.02, 30), ylim=(0, 1), title=r"Touching zero, $\nu = 1/2$")
right.legend(frameon=False, loc="upper left")

# %%
# Lines: ``fokker``. Circles: closed forms.
#
# The stationary law is exact at the nodes up to rounding, and where it ends at zero:
# the library goes on with a pure power below the first node, which leaves out the
# factor :math:`e^{-y}`, of the relative size :math:`(1 + \nu) y` there, with
# :math:`y = \nu r / \theta`.

for number, law in laws.items():
    first = law.nodes[0][0] / (MEAN / number)
    bound = (1 + number) * first + 300 * 8 * 2.3e-16
    assert abs(law.mean() / MEAN - 1) < bound
    assert np.abs(law.at(r=dots) / gamma_law(dots, number) - 1).max() < bound
    print(f"nu = {number:g}: mean {law.mean():.9f}, variance {law.variance():.9f}")

# The law of the exit time is of second order: what is left is a third of the change
# from the grid of twice the cells, and twice that leaves room for the next order.

leaking = fokker.discretize(short_rate(0.5, "absorbing"), cells=60)
for start, law in exits.items():
    coarse = fokker.exit_time(leaking, None, {"r": start}).cdf(times)
    change = np.abs(law.cdf(times) - coarse).max()
    assert np.abs(law.cdf(times) - touched(times, start)).max() < 2 / 3 * change
