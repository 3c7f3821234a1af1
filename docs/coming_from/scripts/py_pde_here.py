"""fokker: the law of a particle in a double well at time 2, noise of Ito."""

import numpy as np

import fokker

problem = fokker.Problem(
    drift=lambda x: x - x**3,
    diffusion=lambda x: 0.2 * (1 + 0.5 * x**2),
    convention="ito",
    domain={"x": (-3, 3)},
)
path = fokker.propagate(
    fokker.discretize(problem, cells=240),
    initial=lambda x: np.exp(-((x + 0.5) ** 2) / 0.08) / np.sqrt(0.08 * np.pi),
    times=[2.0],
)
print(f"mean {path.mean()[-1]:.6f}")
print(f"right {path.expectation(lambda x: x > 0)[-1]:.6f}")
print(f"total {path.survival[-1]:.6f}")
