r"""
Narrow escape from a disc
=========================

A molecule diffuses in a cell whose wall reflects, save for a small window. How long
until it gets out? For the unit disc with a window of half angle :math:`\varepsilon`
the mean time obeys :math:`D \Delta T = -1` with mixed walls, and is known in closed
form (Caginalp and Chen 2012; Singer, Schuss and Holcman 2006): with :math:`z = x + i
y` and the window around :math:`z = 1`,

.. math:: D\,T = \frac{1 - |z|^2}{4} + \ln \left| \frac{1 - z + \sqrt{(1 - z
   e^{-i\varepsilon})(1 - z e^{i\varepsilon})}}{2 \sin(\varepsilon/2)} \right| .

It grows without bound, but only as the logarithm of the window.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

DIFFUSION, CELLS, SIDE = 1.0, 240, 2.04
HALF_ANGLES = np.geomspace(0.06, 1.5, 7)


def escape_time(half_angle):
    """Return the mean time to get out of the disc, by starting point."""
    box = fokker.Problem(
        drift=(0.0, 0.0),
        diffusion=DIFFUSION,
        domain={"x": (-SIDE / 2, SIDE / 2), "y": (-SIDE / 2, SIDE / 2)},
    )
    window = fokker.Window(lambda x, y: np.abs(np.arctan2(y, x)) < half_angle)
    disc = fokker.discretize(
        box, cells=CELLS, obstacle=lambda x, y: x**2 + y**2 > 1, wall=window
    )
    return fokker.mean_first_passage(disc)


def exact(x, y, half_angle):
    """Return the closed form."""
    z, turn = x + 1j * y, np.exp(1j * half_angle)
    root = np.sqrt(1 - z / turn) * np.sqrt(1 - z * turn)
    ratio = np.abs(1 - z + root) / (2 * np.sin(half_angle / 2))
    return ((1 - np.abs(z) ** 2) / 4 + np.log(ratio)) / DIFFUSION


times = {angle: escape_time(angle) for angle in HALF_ANGLES}

# %%
# Left: the mean time by starting point, with the window on the right. Only close to the
# window does the start make a difference. Right: from the centre and from opposite.

shown = HALF_ANGLES[2]
figure, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.9), layout="constrained", width_ratios=(1.15, 1)
)
x, y = times[shown].nodes
values = np.where(x[:, None] ** 2 + y**2 < 1, times[shown].values, np.nan)
picture = left.pcolormesh(x, y, values.T, cmap="viridis", vmin=0, rasterized=True)
left.contour(x, y, values.T, np.arange(0.25, 4, 0.25), colors="white", linewidths=0.6)
figure.colorbar(picture, ax=left, label="mean time to escape ($R^2/D$)")
for low, high, style in (
    (shown, 2 * np.pi - shown, {"color": "0.15", "lw": 3}),
    (-shown, shown, {"color": "#d55e00", "lw": 3}),
):
    angle = np.linspace(low, high, 400)
    left.plot(1.012 * np.cos(angle), 1.012 * np.sin(angle), **style)
left.annotate(
    "window",
    (1.0, 0.0),
    xytext=(1.06, 0),
    va="center",
    rotation=-90,
    color="#d55e00",
    annotation_clip=False,
)
left.set(aspect="equal", xlim=(-1.05, 1.2), ylim=(-1.05, 1.05))
left.set(xlabel="$x$ ($R$)", ylabel="$y$ ($R$)", title="Mean time by starting point")

fine = np.geomspace(0.03, 2, 200)
starts = {"opposite side": (-0.98, "#440154"), "centre": (0.0, "#21918c")}
for name, (start, colour) in starts.items():
    measured = [t.at(x=start, y=0.0) for t in times.values()]
    right.plot(fine, exact(start, 0.0, fine), color=colour, label=f"from the {name}")
    right.plot(HALF_ANGLES, measured, "o", color=colour, mfc="white")
right.plot(fine, np.log(2 / fine), "k:", lw=1, label=r"$\ln(2/\varepsilon)$")
right.set(
    xscale="log", xlim=(0.03, 2), ylim=(0, 5), title="The price of a small window"
)
right.set(xlabel=r"half angle $\varepsilon$ of the window (rad)")
right.set(ylabel="mean time to escape ($R^2/D$)")
right.legend(frameon=False, loc="upper right")
right.spines[["top", "right"]].set_visible(False)

# %%
# The current is singular at the rims of the window, so that the scheme is of first
# order: it sees a rim to within half a cell. So much at both rims moves the half
# angle by half a cell, and the time by that times the slope cot(epsilon/2)/2.

for angle, time in times.items():
    error = time.at(x=0.0, y=0.0) - exact(0.0, 0.0, angle)
    bound = (SIDE / CELLS) / 2 / (2 * np.tan(angle / 2))
    print(f"half angle {angle:.3f}: {time.at(x=0.0, y=0.0):.4f}, off by {error:+.4f}")
    assert abs(error) < bound
