"""Discrete answers in many digits: the rates of a generator, taken as exact, and solved by mpmath."""

import mpmath
import numpy as np


def _thomas(diagonal, upper, lower, right):
    """Solve a tridiagonal system; no pivoting is needed in so many digits."""
    n = len(diagonal)
    d, x = list(diagonal), list(right)
    for i in range(1, n):
        ratio = lower[i - 1] / d[i - 1]
        d[i] -= ratio * upper[i - 1]
        x[i] -= ratio * x[i - 1]
    x[n - 1] /= d[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = (x[i] - upper[i] * x[i + 1]) / d[i]
    return x


def bands(g):
    """Return the diagonal of -Q and both rates of each edge, exact."""
    forward, backward = ([mpmath.mpf(float(v)) for v in rates] for rates in (g.forward, g.backward))
    diagonal = [mpmath.mpf(float(v)) for v in np.zeros(g.cells)]
    for rates in g.exit_rates.values():
        diagonal = [a + mpmath.mpf(float(v)) for a, v in zip(diagonal, rates, strict=True)]
    for k, (up, down) in enumerate(zip(forward, backward, strict=True)):
        diagonal[k] += up
        diagonal[(k + 1) % g.cells] += down
    return diagonal, forward, backward


def solve(g, right, shift=0, transposed=False):
    """Return x with ``(-Q - shift) x = right``, for a chain or a ring."""
    diagonal, upper, lower = bands(g)
    if transposed:
        upper, lower = lower, upper
    diagonal = [a - shift for a in diagonal]
    upper, lower = [-v for v in upper], [-v for v in lower]
    n = g.cells
    if len(upper) == n - 1 or (upper[-1] == 0 and lower[-1] == 0):
        return _thomas(diagonal, upper, lower, right)
    # a ring: Sherman and Morrison; in this order, upper[-1] sits in the last row, lower[-1] in the first
    gamma = -diagonal[0]
    first, last = diagonal[0] - gamma, diagonal[-1] - upper[-1] * lower[-1] / gamma
    diagonal = [first, *diagonal[1:-1], last]
    x = _thomas(diagonal, upper, lower, right)
    z = _thomas(diagonal, upper, lower, [gamma] + [mpmath.mpf(0)] * (n - 2) + [upper[-1]])
    factor = (x[0] + lower[-1] * x[-1] / gamma) / (1 + z[0] + lower[-1] * z[-1] / gamma)
    return [a - factor * b for a, b in zip(x, z, strict=True)]


def stationary(g):
    """Return the stationary law of a generator without exits."""
    tiny = mpmath.mpf(10) ** (-mpmath.mp.dps // 2)
    law = [mpmath.mpf(1)] * g.cells
    for _ in range(3):
        law = solve(g, law, -tiny, transposed=True)
        total = mpmath.fsum(law)
        law = [v / total for v in law]
    return law


def eigenpair(g, near, transposed=False):
    """Return the eigenvalue of ``-Q`` next to `near`, and its vector, by inverse iteration."""
    rng = np.random.default_rng(0)
    vector = [mpmath.mpf(float(v)) for v in rng.normal(size=g.cells)]
    shift = mpmath.mpmathify(near)
    shift *= 1 + mpmath.mpf(10) ** -12  # off the eigenvalue, by far more than the last digit
    value = shift
    for _ in range(8):
        new = solve(g, vector, shift, transposed)
        k = max(range(g.cells), key=lambda i: abs(new[i]))
        value = shift + vector[k] / new[k]
        vector = [v / new[k] for v in new]
    return value, vector


def below(g, bound):
    """Return how many eigenvalues of ``-Q`` of a chain lie below `bound`, by Sturm's sequence."""
    diagonal, forward, backward = bands(g)
    count, pivot = 0, None
    for i, a in enumerate(diagonal):
        pivot = a - bound - (forward[i - 1] * backward[i - 1] / pivot if i else 0)
        count += pivot < 0
    return count


def scaled(numbers, i):
    """Return entry i of mantissas and exponents, exact."""
    return mpmath.ldexp(mpmath.mpf(float(numbers.mantissa[i])), int(numbers.exponent[i]))
