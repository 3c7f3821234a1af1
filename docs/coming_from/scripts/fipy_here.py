"""fokker: the stationary law of a particle whose noise grows with the distance (Ito)."""

import numpy as np

import fokker

problem = fokker.Problem(
    drift=lambda x: -x,
    noise=lambda x: np.sqrt(1 + x**2),
    convention="ito",
    domain={"x": (-6, 6)},
)
density = fokker.stationary(fokker.discretize(problem, cells=400))
print(f"total {density.mass.sum():.6f}")
print(f"variance {density.variance():.6f}")
print(f"centre {density.at(x=0.0):.6f}")
