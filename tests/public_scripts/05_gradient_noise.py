import numpy as np, fokker

rng = np.random.default_rng(0)
slopes, offsets = 1 + 0.5 * rng.normal(size=200), rng.normal(size=200)
theta = np.linspace(-1, 1, 5)
gradients = np.outer(theta, slopes) - offsets

noise = fokker.sgd.NoiseModel.from_gradients(theta, gradients, learning_rate=0.05, batch_size=32)   # per-sample gradients, (m, n) or (m, n, d)
problem = noise.problem(domain={"theta": (-3, 3)}, convention="ito")                               # the recursion itself is Ito
print(problem.equation())                          # the SDE and the density equation, convention and factor 2 spelled out
