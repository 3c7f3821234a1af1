r"""
How a double well relaxes
=========================

In the double well :math:`U = B (x^2 - 1)^2`, at the temperature one, the law of a
Brownian particle goes to that of Boltzmann along the modes of the generator,

.. math::
    p(x, t) = p_s(x) \Bigl[1 + \sum_{n \geq 1} c_n \psi_n(x)\,e^{-\Lambda_n t}\Bigr].

The slowest one carries probability from one well to the other, at the rate
:math:`\Lambda_1 \simeq 2 k`, exponentially small in the barrier, with Kramers' rate

.. math:: k = \frac{4 \sqrt 2\,B}{2 \pi}\,e^{-B}
              \Bigl[1 - \frac{3}{8 B} + O(B^{-2})\Bigr].

All others relax inside the wells. The generator keeps its small eigenvalue to full
relative accuracy where a solver for dense matrices loses it, from barriers of 30 on.
"""

import matplotlib.pyplot as plt
import numpy as np

import fokker


def generator(barrier, cells=600):
    """Return the process in a well; walls where the potential is 200 and more."""
    wall = np.sqrt(1 + np.sqrt(200 / barrier + 1))
    problem = fokker.Problem.from_potential(
        lambda x: barrier * (x**2 - 1) ** 2,
        temperature=1.0,
        domain={"x": (-wall, wall)},
    )
    return fokker.discretize(problem, cells=cells)


# %%
# Left: the modes at the barrier 5, each at the height of its rate, over the
# potential. They are drawn as :math:`\psi_n \sqrt{p_s}`. Right: the slowest rate
# against the barrier. Crosses: NumPy's eigenvalues of the same matrix.

modes = fokker.spectrum(generator(5.0), k=5)
x = modes.nodes[0]
barriers = np.arange(2.0, 61.0, 2.0)
gaps = np.array([-fokker.spectrum(generator(b), k=2).eigenvalues[1] for b in barriers])


def kramers(barrier):
    """Return twice Kramers' rate, to leading order."""
    return 2 * 4 * np.sqrt(2) * barrier / (2 * np.pi) * np.exp(-barrier)


def dense(barrier):
    """Return the second smallest eigenvalue of the matrix, as NumPy finds it."""
    matrix = generator(barrier, cells=150).matrix().toarray()
    return np.sort(np.abs(np.linalg.eigvals(matrix)))[1]


figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
left.fill_between(x, -20, 5 * 5 * (x**2 - 1) ** 2 - 20, color="0.93", lw=0)
shades = plt.colormaps["viridis"](np.linspace(0, 0.85, 5))
for n, (mode, shade) in enumerate(zip(modes.right, shades, strict=True)):
    height = -modes.eigenvalues[n]
    wave = mode * np.sqrt(modes.left[0] / (x[1] - x[0]))
    turned = np.sign(mode[x > 1.0][0])
    left.axhline(height, color=shade, lw=0.6, ls=":")
    left.plot(x, height + 5 * turned * wave, color=shade, label=rf"$\psi_{n}$")
left.set(xlabel="$x$ (dimensionless)", ylabel=r"rate $\Lambda_n$ (1/time)")
left.set(xlim=(-1.8, 1.8), ylim=(-12, 46), title="Modes, at the height of their rates")
left.legend(frameon=False, ncols=5, loc="lower center", handlelength=1.2)

fine = np.linspace(1, 60, 200)
right.semilogy(fine, kramers(fine), color="#d55e00", ls="--", label="Kramers")
right.semilogy(
    barriers, gaps, "o", color="#0072b2", mfc="white", ms=4.5, label="fokker"
)
lost = [dense(b) for b in barriers]
right.semilogy(barriers, lost, "x", color="#666666", ms=5, label="dense matrix")
right.set(xlabel="barrier $B$ ($k_B T$)", ylabel=r"slowest rate $\Lambda_1$ (1/time)")
right.set(xlim=(0, 60), ylim=(1e-26, 10), title="The slowest rate")
right.legend(frameon=False, loc="lower left")

# %%
# Beyond Kramers: with a barrier between two wells the slowest rate is
# :math:`2 / (Z_w Z_b)`, :math:`Z_w = \int_0^\infty e^{-U}\,dx` and
# :math:`Z_b = \int_{-1}^1 e^U\,dx`, up to a share of the order of :math:`B e^{-B}`.


def quadrature(barrier):
    """Return 2 / (Z_w Z_b)."""
    y = np.linspace(0, 1, 20001)
    z = np.linspace(0, np.sqrt(1 + np.sqrt(45 / barrier)), 20001)
    over = 2 * np.trapezoid(np.exp(barrier * ((y**2 - 1) ** 2 - 1)), y)
    inside = np.trapezoid(np.exp(-barrier * (z**2 - 1) ** 2), z)
    return 2 * np.exp(-barrier) / (over * inside)


reference = np.array([quadrature(b) for b in barriers])
for b in (2.0, 20.0, 60.0):
    at = barriers == b
    print(f"barrier {b:g}: {gaps[at][0]:.12g}, by quadrature {reference[at][0]:.12g}")

# %%
# The share :math:`B e^{-B}`, and rounding: 600 cells of 8 roundings each. A dense
# solver has an absolute error instead, of the rounding of the largest eigenvalue.

share = barriers * np.exp(-barriers) + 600 * 8 * 2.2e-16
assert (np.abs(gaps / reference - 1) < share).all()
assert min(lost) > 1e-14
