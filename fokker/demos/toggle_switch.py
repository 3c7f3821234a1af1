r"""
A genetic toggle switch
=======================

Two genes repress each other (Gardner, Cantor and Collins 2000). In a cell of size
:math:`\Omega` the chemical Langevin equation of their concentrations is

.. math:: dX = (f(Y) - X)\,dt + \sqrt{\frac{f(Y) + X}{\Omega}}\,dW_1, \qquad
   f(Y) = \frac{3}{1 + Y^2},

and the same with :math:`X` and :math:`Y` exchanged, read in the sense of Ito: each
reaction happens at the rate of the state it finds. One gene is on, the other off,
until fluctuations switch them over. There is no potential, but :math:`-\ln p/\Omega`
settles to a landscape, and the mean time to switch grows exponentially with the size
of the cell.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker


def production(repressor):
    """Return the rate at which a gene makes its protein."""
    return 3 / (1 + repressor**2)


def toggle(size, cells=120):
    """Return the generator of the switch in a cell of this size."""
    problem = fokker.Problem(
        drift=lambda x, y: (production(y) - x, production(x) - y),
        noise=lambda x, y: (
            np.sqrt((production(y) + x) / size),
            np.sqrt((production(x) + y) / size),
        ),
        convention="ito",
        domain={"x": (0, 5), "y": (0, 5)},
    )
    return fokker.discretize(problem, cells=cells)


# The stable states: x = f(y), y = f(x) off the diagonal.
HIGH, LOW = (3 + np.sqrt(5)) / 2, (3 - np.sqrt(5)) / 2


# %%
# Left: the landscape, and the stationary current, which would be zero at equilibrium:
# it circles around both states. Right: the mean time from X to the diagonal, where
# the cell is undecided, and the relaxation time of the whole.

SIZE, ARROW = 40, {"arrowstyle": "-", "color": "w"}
generator = toggle(SIZE)
density = fokker.stationary(generator)

figure, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.9), layout="constrained", width_ratios=(1.2, 1)
)
landscape = -density.log_values / SIZE
landscape -= landscape.min()
x, y = density.nodes
picture = left.pcolormesh(
    x, y, landscape.T, cmap="viridis_r", vmin=0, vmax=0.4, rasterized=True
)
left.contour(
    x, y, landscape.T, np.arange(0.05, 0.4, 0.05), colors="white", linewidths=0.4
)
figure.colorbar(picture, ax=left, label=r"$-\ln(p)/\Omega$", extend="max")
left.set(xlim=(0, 4), ylim=(0, 4))
density.current().plot(left, linewidth=1.2)
left.set(xlabel="protein X (dimensionless)", ylabel="protein Y (dimensionless)")
left.set_title(f"Landscape and current, $\\Omega = {SIZE}$")
left.annotate("X on", (HIGH, LOW), xytext=(3.0, 1.3), color="w", arrowprops=ARROW)
left.annotate("Y on", (LOW, HIGH), xytext=(1.1, 3.2), color="w", arrowprops=ARROW)

sizes = np.array([10, 20, 40, 70, 100, 130])
times, relaxation, leaks = [], [], []
for size in sizes:
    cell = toggle(size)
    passage = fokker.mean_first_passage(cell, lambda x, y: y >= x)
    times.append(passage.at(x=HIGH, y=LOW))
    relaxation.append(fokker.spectrum(cell, k=2).timescales[1])
    leaks.append(fokker.quasi_stationary(cell, lambda x, y: y >= x).rate)
saddle = np.roots([1, 0, 1, -3])[-1].real  # x = f(x)
barrier = (density.log_at(x=HIGH, y=LOW) - density.log_at(x=saddle, y=saddle)) / SIZE
fine = np.array([sizes[0], sizes[-1]])
guide = times[-1] * np.exp(barrier * (fine - fine[-1]))
right.plot(fine, guide, ":", color="0.4", label=f"$e^{{{barrier:.3f}\\,\\Omega}}$")
right.plot(sizes, times, color="#440154", label="X on, to the diagonal")
right.plot(sizes, relaxation, "o", color="#21918c", mfc="white", label="relaxation")
right.set(yscale="log", xlabel=r"size of the cell $\Omega$", title="Time to switch")
right.set(ylabel="time (lifetimes of a protein)", xlim=(0, 135), ylim=(10, 1e7))
right.legend(frameon=False, loc="upper left")
right.spines[["top", "right"]].set_visible(False)

# %%
# By symmetry the slowest mode vanishes on the diagonal. So the relaxation rate is the
# rate at which X leaks over the diagonal when what arrives does not come back: two
# verbs, one number, to the 1e-10 to which eigenvalues are iterated.

error = np.abs(np.array(leaks) * np.array(relaxation) - 1).max()
print(
    f"relaxation time at size {sizes[-1]}: {relaxation[-1]:.6g}, two ways {error:.1e}"
)
assert error < 1e-10

# Ito's formula for x and for x^2/2 gives two means that are zero whatever the law. The
# scheme is of second order: the error of either is a third of its change from cells
# twice as wide, and twice that allows for higher orders.


def mean_changes(law):
    """Return the mean rates of change of x and of x^2/2."""

    def of_square(x, y):
        return x * (production(y) - x) + (production(y) + x) / (2 * SIZE)

    means = [lambda x, y: production(y) - x, of_square]
    return np.array([law.expectation(mean) for mean in means])


changes = mean_changes(density)
wide = mean_changes(fokker.stationary(toggle(SIZE, cells=60)))
print(f"mean changes of x and x^2/2: {changes[0]:.1e}, {changes[1]:.1e}")
assert np.all(np.abs(changes) < 2 * np.abs(changes - wide) / 3)
