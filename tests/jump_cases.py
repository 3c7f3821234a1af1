"""Processes that jump, and their discrete answers in many digits."""

import mpmath
import numpy as np
from mpmath import mpf

import fokker

EPS = np.finfo(float).eps
DIGITS = 320


@mpmath.workdps(DIGITS)
def off_diagonal(g):
    """All rates between cells and into sinks as exact numbers: no diagonal, nothing subtracted."""
    n = g.cells
    rates = [[mpf(0)] * n for _ in range(n)]
    for i, j, up, down in zip(g.tail, g.head, g.forward, g.backward, strict=True):
        rates[i][j] += mpf(float(up))
        rates[j][i] += mpf(float(down))
    exits = [mpmath.fsum(mpf(float(r[i])) for r in g.exit_rates.values()) for i in range(n)]
    for jump in g.jumps:
        for i in np.flatnonzero(jump.rates):
            for j in np.flatnonzero(jump.law):
                rates[i][j] += mpf(float(jump.rates[i])) * mpf(float(jump.law[j]))
    return rates, exits


@mpmath.workdps(DIGITS)
def minus_q(g):
    rates, exits = off_diagonal(g)
    n = g.cells
    a = mpmath.matrix(n, n)
    for i in range(n):
        for j in range(n):
            a[i, j] = -rates[i][j] if i != j else mpmath.fsum(rates[i][:i] + rates[i][i + 1 :]) + exits[i]
    return a


@mpmath.workdps(DIGITS)
def exact_law(g):
    """The stationary law by LU in many digits: one balance equation gives way to the sum."""
    a = minus_q(g).T
    for j in range(g.cells):
        a[g.cells - 1, j] = mpf(1)
    right = mpmath.matrix(g.cells, 1)
    right[g.cells - 1] = mpf(1)
    return list(mpmath.lu_solve(a, right))


@mpmath.workdps(DIGITS)
def exact_times(g, inside):
    """Mean times off the target; cells in it are left out."""
    a = minus_q(g)
    keep = [i for i in range(g.cells) if not inside[i]]
    small = mpmath.matrix(len(keep), len(keep))
    for r, i in enumerate(keep):
        for c, j in enumerate(keep):
            small[r, c] = a[i, j]
    x = mpmath.lu_solve(small, mpmath.matrix([1] * len(keep)))
    result = [mpf(0)] * g.cells
    for r, i in enumerate(keep):
        result[i] = x[r]
    return result


@mpmath.workdps(DIGITS)
def as_mp(scaled):
    return [mpmath.ldexp(mpf(float(m)), int(e)) for m, e in zip(scaled.mantissa, scaled.exponent, strict=True)]


@mpmath.workdps(DIGITS)
def worst(found, exact):
    return max(abs(float(a / b - 1)) for a, b in zip(as_mp(found), exact, strict=True) if b != 0)


def well(barrier, cells, boundary="reflecting"):
    problem = fokker.Problem.from_potential(
        lambda x: barrier * (x**2 - 1) ** 2, temperature=1.0, domain={"x": (-1.7, 1.7)}, boundary=boundary
    )
    return fokker.discretize(problem, cells=cells)


def plane(barrier, cells, boundary="reflecting"):
    problem = fokker.Problem.from_potential(
        lambda x, y: barrier * (x**2 - 1) ** 2 + barrier * y**2,
        force=lambda x, y: (-y, x),
        temperature=1.0,
        domain={"x": (-1.5, 1.5), "y": (-0.8, 0.9)},
        boundary={"x": boundary, "y": "reflecting"},
    )
    return fokker.discretize(problem, cells=cells)
