"""fplanck: the mean velocity of a bead on a tilted washboard."""

import fplanck
import numpy as np

vars(np).setdefault("product", np.prod)  # fplanck 0.2.2 was written for NumPy 1

PERIOD, HEIGHT, TILT = 1e-6, 4e-21, 2.4e-14  # m, J, N
TEMPERATURE, DRAG = 300.0, 6 * np.pi * 8e-4 * 50e-9  # K, N s/m
CELLS = 300


def force(x):
    k = 2 * np.pi / PERIOD
    return HEIGHT * k * np.sin(k * x) + TILT


bead = fplanck.fokker_planck(
    temperature=TEMPERATURE,
    drag=DRAG,
    extent=PERIOD,
    resolution=PERIOD / CELLS,
    boundary=fplanck.boundary.periodic,
    force=force,
)
mass = bead.steady_state()  # probability of each cell
flow = bead.Rt[0] * mass - np.roll(bead.Lt[0] * mass, -1)  # between two cells
velocity = PERIOD * flow.mean()
print(f"velocity {velocity:.6e} m/s")
