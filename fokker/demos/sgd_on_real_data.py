r"""
Gradient descent on real data
=============================

One weight :math:`\theta` is fitted to the diabetes data of scikit-learn: progress of
the disease against blood pressure, 442 patients, minibatches of sixteen. The
gradients of single patients differ, and so does their slope: the noise of the descent
grows with the distance from the minimum. From the gradients of all patients at a few
values of :math:`\theta` the library fits

.. math:: C(\theta) = \sigma_g + 2 \rho x + \sigma_H x^2, \qquad x = \theta - \theta^*,

the variance of a minibatch gradient, and solves the diffusion process of the descent,
:math:`dX = -H X\,dt + \sqrt{\eta\,C}\,dW` (Ito). The histogram is the descent itself:
no parameter is fitted to it. Its lean to the left is that of the gradients of single
patients: a diffusion knows their variance alone, and the lean falls with the batch
size.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

RATE, BATCH = 0.3, 16
samples = fokker.sgd.diabetes_gradients("bp")
theta = np.linspace(-1.0, 2.0, 7)
noise = fokker.sgd.NoiseModel.from_gradients(
    theta, samples.at(theta), learning_rate=RATE, batch_size=BATCH
)
print(noise)

# %%
# The law that the noise predicts, with the correction for steps that are not small.

problem = noise.problem(discrete_correction=True)
density = fokker.stationary(fokker.discretize(problem, cells=200))

# %%
# The descent itself: 4000 chains, each recorded fifty times, one time of relaxation
# apart.

CHAINS, KEPT, THIN = 4000, 50, int(1 / RATE)
found = fokker.sgd.simulate_minibatch(
    samples.slopes,
    samples.offsets,
    learning_rate=RATE,
    batch_size=BATCH,
    steps=KEPT * THIN,
    burn_in=int(12 / RATE),
    chains=CHAINS,
    thin=THIN,
    rng=1,
)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.7), layout="constrained")
fine = np.linspace(-1.2, 2.4, 400)
measured = samples.at(theta).var(axis=1) / BATCH
left.plot(fine, noise.gradient_variance(fine), color="#0072b2", label="fit")
left.plot(theta, measured, "o", color="#0072b2", mfc="white", label="442 patients")
left.axhline(noise.sigma_g, color="#666666", ls=":", label="constant noise")
left.set(xlabel=r"weight $\theta$ (dimensionless)", ylabel="variance of the gradient")
left.set(xlim=(-1.2, 2.2), ylim=(0, 0.42), title="The noise grows with the distance")
left.legend(frameon=False, loc="upper center")

edges = np.linspace(-0.5, 1.5, 81)
counts, _ = np.histogram(found, edges)
heights = counts / (found.size * np.diff(edges))
right.stairs(heights, edges, fill=True, color="#0072b2", alpha=0.25, label="descent")
x = np.linspace(-0.5, 1.5, 600)
right.semilogy(x, density.at(theta=x), color="#d55e00", label="predicted")
spread = RATE * noise.sigma_g / (2 * noise.curvature)
gauss = np.exp(-((x - noise.minimum) ** 2) / (2 * spread)) / np.sqrt(2 * np.pi * spread)
right.semilogy(x, gauss, color="#666666", ls=":", label="constant noise")
right.set(xlabel=r"weight $\theta$ (dimensionless)", ylabel="stationary density")
right.set(xlim=(-0.05, 0.95), ylim=(1e-4, 200), title="The law of the descent")
right.legend(frameon=False, loc="upper right")

# %%
# The variance of the recursion is known exactly from the first two moments of the
# gradients. Chains are independent: their scatter gives the standard error of the mean
# square, and four of them are exceeded once in 16000 trials.

exact = noise.recursion_variance
squares = ((found - noise.minimum) ** 2).mean(axis=0)
error = squares.std(ddof=1) / np.sqrt(CHAINS)
print(
    f"variance: {exact:.6f} exact, {squares.mean():.6f} +- {error:.6f} in the descent"
)
assert abs(squares.mean() - exact) < 4 * error

# The corrected process follows the recursion to first order in the learning rate; what
# is left is (eta H)^2 = 0.09 of the variance. With constant noise more is missing.

print(
    f"variance predicted: {density.variance():.6f}, with constant noise: {spread:.6f}"
)
assert abs(density.variance() / exact - 1) < (RATE * noise.curvature) ** 2
assert abs(spread / exact - 1) > (RATE * noise.curvature) ** 2
