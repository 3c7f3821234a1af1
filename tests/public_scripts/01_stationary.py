import numpy as np, fokker

problem = fokker.Problem(
    drift=lambda x: -x,
    noise=lambda x: (1 + x**2) ** 0.5,          # dX = -X dt + sqrt(1 + X^2) dW
    convention="ito",
    domain={"x": (-np.inf, np.inf)},
)
generator = fokker.discretize(problem, cells=400)
density = fokker.stationary(generator)
density.plot()
print(density.info)                             # method, residual, mass defect, smallest value, references
