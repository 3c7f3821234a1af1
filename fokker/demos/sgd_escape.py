r"""
How gradient descent leaves a minimum
=====================================

Near a minimum with the loss :math:`L = H x^2 / 2` the noise of minibatch gradients has
the variance :math:`C = (\sigma_g + \sigma_H x^2) / B`, and a descent with learning rate
:math:`\eta` is the diffusion (Ito)

.. math:: dX = -H X\,dt + \sqrt{\eta\,C(X)}\,dW.

With constant noise the time to climb a loss :math:`L` grows like :math:`e^{2 B L /
(\eta \sigma_g)}`, the law of Arrhenius and Kramers, which lets nothing leave a good
minimum. Noise that grows with the loss makes it a power of the loss, with the
exponent :math:`B H / (\eta \sigma_H) + \tfrac12`. In the ratio of batch size to
learning rate both are exponentials, but the second has the logarithm of the loss
where the first has the loss.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker

CURVATURE, ADDITIVE = 1.0, 1.0  # H, sigma_g for single samples


def descent(growth, batch, rate):
    """Return the noise of the descent; growth is sigma_H of single samples."""
    return fokker.sgd.NoiseModel(
        minimum=0.0,
        curvature=CURVATURE,
        sigma_g=ADDITIVE / batch,
        rho=0.0,
        sigma_H=growth / batch,
        learning_rate=rate,
        batch_size=batch,
    )


def escape_time(noise, loss, cells=400):
    """Return the mean time to reach a loss from the minimum."""
    reach = np.sqrt(2 * loss / CURVATURE)
    problem = noise.problem({"theta": (-reach, reach)}, boundary="absorbing")
    generator = fokker.discretize(problem, cells=cells)
    return fokker.mean_first_passage(generator).at(theta=0.0)


# %%
# The same by quadrature, with the scale :math:`s' = (1 + \sigma_H x^2/\sigma_g)^\kappa`
# (or its limit, an exponential) and the speed :math:`m = 1/(D s')`.


def quadrature(noise, loss, points=20001):
    """Return the mean time: the integral of s'(y) times that of m from 0 to y."""
    x = np.linspace(0, np.sqrt(2 * loss / CURVATURE), points)
    if noise.sigma_H > 0:
        slope = (1 + noise.sigma_H * x**2 / noise.sigma_g) ** noise.kappa
    else:
        slope = np.exp(CURVATURE * x**2 / (noise.learning_rate * noise.sigma_g))
    speed = 1 / (noise.diffusion(x) * slope)
    inner = np.cumsum((speed[1:] + speed[:-1]) / 2) * (x[1] - x[0])
    return np.trapezoid(slope * np.append(0.0, inner), x)


# %%
# Left: against the loss, at a batch of 4 and a learning rate of 0.5. Right: against the
# batch size over the learning rate, at the loss 2. Circles: paths of the process,
# simulated at four losses. Units: :math:`H = \sigma_g = 1`.

GROWTHS = {0.0: "#666666", 1.0: "#56b4e9", 4.0: "#0072b2"}
LABELS = {
    0.0: "constant noise",
    1.0: r"$\sigma_H = 1$",
    4.0: r"$\sigma_H = 4$",
}
BATCH, RATE, STEP = 4, 0.5, 0.02
losses = np.geomspace(0.05, 50, 40)
ratios = np.linspace(4, 44, 21)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for growth, colour in GROWTHS.items():
    shown = losses[losses < 2] if growth == 0 else losses
    times = [escape_time(descent(growth, BATCH, RATE), loss) for loss in shown]
    left.loglog(shown, times, color=colour, label=LABELS[growth])
    times = [escape_time(descent(growth, BATCH, BATCH / r), 2.0) for r in ratios]
    right.semilogy(ratios, times, color=colour)

noise = descent(4.0, BATCH, RATE)
for loss in (0.1, 0.3, 0.9, 2.0):
    expected = escape_time(noise, loss)
    reach = np.sqrt(2 * loss / CURVATURE)
    passages = fokker.sgd.simulate_first_passage(
        noise.problem({"theta": (-reach, reach)}, boundary="absorbing"),
        0.0,
        step=STEP,
        horizon=30 * expected,
        replicas=400,
        rng=1,
    )
    mean, error = passages.mean(), passages.standard_error()
    left.plot(loss, mean, "o", color=GROWTHS[4.0], mfc="white", ms=5.5)
    # four standard errors, and the error of first order in the step
    assert abs(mean - expected) < 4 * error + CURVATURE * STEP * mean

left.set(xlabel="loss to climb (dimensionless)", ylabel="mean escape time ($1/H$)")
left.set(xlim=(0.05, 50), ylim=(3e-2, 1e9), title="A power of the loss")
left.legend(frameon=False, loc="upper left")
right.set(xlabel=r"batch size / learning rate, $B/\eta$ (dimensionless)", xlim=(4, 44))
right.set(
    ylim=(1, 1e14),
    ylabel="mean escape time ($1/H$)",
    title="Exponential in the batch size",
)

# %%
# In one dimension mean times are exact at the nodes, up to the quadrature inside the
# cells. What is compared is the trapezoidal rule of the reference, with the relative
# error :math:`(h\,d \ln s'/dx)^2 / 12` for 20000 steps :math:`h`. An odd number of
# cells has a node at zero.

for growth in GROWTHS:
    for loss in (0.2, 2.0, 6.0):
        noise = descent(growth, BATCH, RATE)
        reference = quadrature(noise, loss)
        reach = np.sqrt(2 * loss)
        steep = 2 * CURVATURE * reach / (RATE * noise.sigma_g)  # at most, of ln s'
        bound = (reach / 20000 * steep) ** 2 / 12
        assert abs(escape_time(noise, loss, 401) / reference - 1) < bound
print(f"at the loss 2: {escape_time(noise, 2.0):.1f}, with constant noise: ", end="")
print(f"{escape_time(descent(0.0, BATCH, RATE), 2.0):.3g}")
