"""deeptime: relaxation of a double well, estimated from a long path."""

import numpy as np
from deeptime.data import custom_sde
from deeptime.markov import TransitionCountEstimator
from deeptime.markov.msm import MaximumLikelihoodMSM

H, STEPS, LAG, BARRIER = 0.002, 50, 5, 3.0
well = custom_sde(
    dim=1,
    rhs=lambda x: [-4 * BARRIER * x[0] * (x[0] ** 2 - 1)],
    sigma=np.array([[np.sqrt(2.0)]]),
    h=H,
    n_steps=STEPS,
)  # one frame every 0.1
path = well.trajectory(np.array([[-1.0]]), 200_000, seed=1)[:, 0]
edges = np.linspace(-1.6, 1.6, 33)
states = np.digitize(path, edges)

counts = TransitionCountEstimator(lagtime=LAG, count_mode="sliding").fit_fetch(states)
model = MaximumLikelihoodMSM().fit_fetch(counts.submodel_largest())
print(f"timescale {model.timescales(1)[0] * H * STEPS:.4f}")
middle = 0.5 * (edges[1:] + edges[:-1])
centres = np.concatenate([[-1.65], middle, [1.65]])[model.count_model.state_symbols]
source, target = np.flatnonzero(centres < -0.9), np.flatnonzero(centres > 0.9)
q = model.committor_forward(source, target)
print(f"committor {np.interp(0.0, centres, q):.4f}")
