r"""
A flashing ratchet
==================

Switch a lopsided periodic potential on and off, and a Brownian particle walks, although
no force points anywhere on average (Ajdari and Prost 1992; Astumian and Bier 1994):

.. math:: dX = -s(t)\,U'(X)\,dt + \sqrt{2 T}\,dW, \qquad
   U = \frac{B}{2}\Big(\sin 2\pi X + \tfrac14 \sin 4 \pi X\Big).

While it is off the particle spreads; switched on again, the potential catches more of
it on the near side of the next barrier. If it stays on until all is settled, the step
is known: with the harmonic coordinate :math:`h(x) \propto \int^x e^{U/T}`, which does
not change on average while the potential is on, the particle moves by :math:`\langle
h(X + \sqrt{2 T t}\,\xi) - h(X) \rangle` in a cycle.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

HEIGHT, TEMPERATURE = 8.0, 1.0


def potential(x):
    """Return the potential, of period one: steep on the left, flat on the right."""
    return HEIGHT / 2 * (np.sin(2 * np.pi * x) + 0.25 * np.sin(4 * np.pi * x))


def ring(height, cells):
    """Return the ratchet, on (1) or off (0)."""
    problem = fokker.Problem.from_potential(
        lambda x: height * potential(x),
        temperature=TEMPERATURE,
        domain={"x": (0, 1)},
        boundary="periodic",
    )
    return fokker.discretize(problem, cells=cells)


def cycle(time_on, time_off, cells=96):
    """Return the law that repeats itself after one cycle."""
    pieces = (ring(1.0, cells), time_on), (ring(0.0, cells), time_off)
    return fokker.periodic_state(fokker.switch(*pieces), tol=1e-7, phases=120)


# %%
# The closed form, by Fourier series: spreading by a Gaussian damps the harmonic k by
# exp(-(2 pi k)^2 T t).


def settled_step(times, points=512):
    """Return the displacement in a cycle whose time on is infinite."""
    x = np.arange(points) / points
    law = np.fft.fft(np.exp(-potential(x) / TEMPERATURE))
    slope = np.fft.fft(np.exp(potential(x) / TEMPERATURE))
    k = np.fft.fftfreq(points, 1 / points)
    periodic = slope / slope[0] / (2j * np.pi * np.where(k == 0, 1, k))  # of h(x) - x
    damping = np.expm1(-((2 * np.pi * k) ** 2) * TEMPERATURE * times[:, None])
    return (damping * periodic * (law / law[0]).conj()).sum(axis=1).real


# %%
# Left: displacement in a cycle. The time on must suffice to settle, the time off to
# spread. Right: the law over one cycle, drawn on two periods of the potential.

offs = np.geomspace(1e-3, 0.3, 11)
steps = {on: [cycle(on, off).displacement for off in offs] for on in (0.3, 0.03, 0.01)}

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
fine = np.geomspace(1e-3, 0.3, 200)
left.plot(fine, settled_step(fine), color="#440154", label="closed form, settled")
for (on, values), shade in zip(steps.items(), (0.0, 0.4, 0.7), strict=True):
    colour = plt.colormaps["viridis"](shade)
    if on < 0.3:
        left.plot(offs, values, ":", color=colour, lw=1)
    left.plot(offs, values, "o", color=colour, mfc="white", label=f"time on {on:g}")
left.set(xscale="log", xlim=(1e-3, 0.3), ylim=(0, 0.1), xlabel="time off ($L^2/D$)")
left.set(ylabel="displacement ($L$)", title="Displacement in a cycle")
left.legend(frameon=False, loc="upper left")
left.spines[["top", "right"]].set_visible(False)

state = cycle(0.03, 0.03)
times = np.append(state.times, state.period)
values = np.vstack([state.values, state.values[:1]])
(nodes,) = state.nodes
places, values = np.append(nodes, 1 + nodes), np.hstack([values, values])
picture = right.pcolormesh(
    times, places, values.T, cmap="viridis", vmin=0, rasterized=True
)
figure.colorbar(picture, ax=right, label="density ($1/L$)")
right.axvline(0.03, color="white", lw=1, ls="--")
for where, word in ((0.015, "on"), (0.045, "off")):
    right.text(where, 1.92, word, color="white", ha="center", va="top")
right.set(xlabel="time ($L^2/D$)", ylabel="$x$ ($L$)", title="One cycle of the law")
right.set(xlim=(0, state.period), ylim=(0, 2))

# %%
# The displacement is of second order in the cell: its error is a third of the change
# from cells twice as wide, and twice that allows for higher orders. The tolerance in
# time, 1e-7 of the law, moves nothing further than one period.

measured, exact = np.array(steps[0.3]), settled_step(offs)
wide = np.array([cycle(0.3, off, cells=48).displacement for off in offs])
bound = 2 * np.abs(measured - wide) / 3 + 1e-7
print(
    f"after {offs[-1]:g} off: {measured[-1]:.6f}, closed form {exact[-1]:.6f} periods"
)
assert np.all(np.abs(measured - exact) < bound)
