r"""
A decision and its time
=======================

In the drift-diffusion model of psychology evidence :math:`X` for one of two answers
gathers with the drift :math:`v` and the noise :math:`\sigma`,

.. math:: dX = v\,dt + \sigma\,dW,

until it meets one of two bounds, :math:`\pm a`. The bound is the answer, the time is
the reaction time. The picture shows how the law of the evidence spreads between the
bounds and, above and below, the densities of the reaction times of both answers: what
flows through either wall.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

DRIFT, NOISE, BOUND = 0.8, 1.0, 1.0  # 1/sqrt(s) of evidence per second; evidence of 1


def decision(drift):
    """Return the evidence between its two bounds; the upper answer is right."""
    return fokker.Problem(
        drift,
        noise=NOISE,
        domain={"evidence": (-BOUND, BOUND)},
        boundary="absorbing",
    )


# %%
# The law of the evidence at all times, and what leaves at the two walls.

generator = fokker.discretize(decision(DRIFT), cells=201)
times = np.linspace(0.0, 3.0, 301)
path = fokker.propagate(generator, initial={"evidence": 0.0}, times=times)
flux = path.currents()

figure, (above, middle, below) = plt.subplots(
    3, 1, figsize=(6.4, 5.2), sharex=True, height_ratios=(2, 3, 2), layout="constrained"
)
picture = middle.pcolormesh(
    times, path.nodes[0], path.values.T, vmax=1, cmap="viridis", rasterized=True
)
figure.colorbar(picture, ax=middle, label="density", extend="max", pad=0.02)
middle.set(ylabel="evidence\n(dimensionless)", yticks=(-BOUND, 0, BOUND))
COLOURS = {"right": "#0072b2", "wrong": "#d55e00"}
for ax, values, name in ((above, flux[:, -1], "right"), (below, -flux[:, 0], "wrong")):
    ax.fill_between(times, values, color=COLOURS[name], alpha=0.25, lw=0)
    ax.plot(times, values, color=COLOURS[name], label=f"{name} answers")
    ax.set(ylim=(0, 1.0), ylabel="rate (1/s)")
below.invert_yaxis()
below.set(xlabel="time (s)", xlim=(0, 3))


def closed_rate(t, sign):
    """Return the flux through the bound on one side, by images (Feller)."""
    total = np.zeros_like(t)
    for n in range(-20, 21):
        z = BOUND * (1 + 4 * n)
        total += z * np.exp(-(z**2) / (2 * NOISE**2 * t))
    shift = np.exp(sign * DRIFT * BOUND / NOISE**2 - DRIFT**2 * t / (2 * NOISE**2))
    return shift * total / np.sqrt(2 * np.pi * NOISE**2 * t**3)


dots = np.linspace(0.1, 2.9, 15)
above.plot(dots, closed_rate(dots, 1), "o", color=COLOURS["right"], mfc="white", ms=4.5)
below.plot(
    dots, closed_rate(dots, -1), "o", color=COLOURS["wrong"], mfc="white", ms=4.5
)
for ax in (above, below):
    ax.legend(frameon=False, loc="center right")

# %%
# Lines: ``fokker``. Circles: the series of images.
#
# How often, and how fast? The law of the time of decision gives the share of each
# answer by any time, and all moments.

drifts = np.linspace(0, 3, 13)
share, mean = [], []
for drift in drifts:
    law = fokker.exit_time(
        fokker.discretize(decision(drift), cells=101), None, {"evidence": 0.0}
    )
    share.append(law.split_at(50.0)["evidence right"])
    mean.append(law.mean())

fine = np.linspace(1e-3, 3, 200)


def closed_share(v):
    """Return the probability of the right answer."""
    return 1 / (1 + np.exp(-2 * v * BOUND / NOISE**2))


def closed_mean(v):
    """Return the mean time of decision."""
    return BOUND / v * np.tanh(v * BOUND / NOISE**2)


figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
left.plot(fine, closed_share(fine), color="#0072b2")
left.plot(drifts, share, "o", color="#0072b2", mfc="white")
left.set(xlabel="drift $v$ (1/s)", ylabel="share of right answers", ylim=(0.5, 1.01))
right.plot(fine, closed_mean(fine), color="#009e73")
right.plot(drifts, mean, "o", color="#009e73", mfc="white")
right.set(xlabel="drift $v$ (1/s)", ylabel="mean time of decision (s)", ylim=(0, 1.05))

# %%
# Lines: closed forms. Circles: ``fokker``.
#
# Shares and mean times of a chain are exact at the nodes, here to the tolerance 1e-8 to
# which the law is followed in time.

assert np.abs(np.array(share) - closed_share(drifts)).max() < 1e-8
assert np.abs(np.array(mean[1:]) / closed_mean(drifts[1:]) - 1).max() < 1e-8

# The flux is of second order in the cell: with n = 100 cells from the start to a bound
# the walk by cells differs by ln(1/q)^3 / (3 n^2) at the quantile q, see exit_time.
# From t = 0.2 on q > 0.01, so that 98/30000 = 3.3e-3 bounds the relative difference.

late = times[20:]
for k, sign in ((-1, 1), (0, -1)):
    measured = sign * flux[20:, k]
    assert np.abs(measured / closed_rate(late, sign) - 1).max() < 3.3e-3
print(f"right answers: {share[3]:.4f} at v = {drifts[3]:g}/s, after {mean[3]:.4f} s")
