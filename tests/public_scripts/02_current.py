import numpy as np, fokker

problem = fokker.Problem.from_potential(
    lambda x, y: (x**2 + y**2 - 1) ** 2,
    force=lambda x, y: (-0.5 * y, 0.5 * x),     # the non-gradient part
    temperature=0.2,
    domain={"x": (-2, 2), "y": (-2, 2)},
)
density = fokker.stationary(fokker.discretize(problem, cells=(200, 200)))
ax = density.plot()
density.current().plot(ax)                      # the scheme's own face fluxes
