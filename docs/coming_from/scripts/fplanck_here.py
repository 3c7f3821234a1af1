"""fokker: the mean velocity of a bead on a tilted washboard."""

import numpy as np
from scipy import constants

import fokker

PERIOD, HEIGHT, TILT = 1e-6, 4e-21, 2.4e-14  # m, J, N
TEMPERATURE, DRAG = 300.0, 6 * np.pi * 8e-4 * 50e-9  # K, N s/m
CELLS = 300

bead = fokker.Problem.from_potential(
    lambda x: HEIGHT * np.cos(2 * np.pi * x / PERIOD),
    force=TILT,
    temperature=constants.k * TEMPERATURE,  # J
    mobility=1 / DRAG,
    domain={"x": (0.0, PERIOD)},
    boundary="periodic",
)
velocity = fokker.drift_velocity(fokker.discretize(bead, cells=CELLS))
print(f"velocity {velocity:.6e} m/s")
