"""py-pde: the law of a particle in a double well at time 2, noise of Ito."""

import numpy as np
import pde

grid = pde.CartesianGrid([(-3, 3)], 240)
x = grid.cell_coords[..., 0]
start = pde.ScalarField(grid, np.exp(-((x + 0.5) ** 2) / 0.08) / np.sqrt(0.08 * np.pi))

equation = pde.PDE(
    {"p": "-d_dx((x - x**3) * p) + laplace(0.2 * (1 + 0.5 * x**2) * p)"},
    bc={"value": 0},  # nothing comes so far
)
law = equation.solve(start, t_range=2.0, tracker=None)
total = law.integral
print(f"mean {(law.data * x).sum() / law.data.sum():.6f}")
print(f"right {law.data[x > 0].sum() / law.data.sum():.6f}")
print(f"total {total:.6f}")
