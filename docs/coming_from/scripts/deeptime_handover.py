"""A generator of fokker as a Markov model of deeptime."""

import numpy as np
from deeptime.markov.msm import MarkovStateModel
from scipy.linalg import expm

import fokker

well = fokker.Problem.from_potential(
    lambda x: 3 * (x**2 - 1) ** 2,
    temperature=1.0,
    domain={"x": (-1.7, 1.7)},
)
generator = fokker.discretize(well, cells=60)

lag = 0.5
model = MarkovStateModel(expm(lag * generator.matrix().toarray()))
print(f"timescale {model.timescales(1)[0] * lag:.4f}")
parts = model.pcca(2).assignments  # the two wells
x = generator.nodes[0]
print(f"border {0.5 * (x[:-1] + x[1:])[np.diff(parts) != 0][0]:.4f}")

# the same without deeptime
assert np.isclose(model.timescales(1)[0] * lag, fokker.spectrum(generator, k=2).timescales[1])
assert np.allclose(model.stationary_distribution, fokker.stationary(generator).mass)
