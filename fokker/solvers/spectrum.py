"""`spectrum`: the slowest relaxation modes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import FokkerError, explain
from fokker.generator import Generator
from fokker.info import Info, warn_once
from fokker.linalg import Factor, Scaled
from fokker.linalg.chain_spectrum import chain_eigenvalues, chain_mode, golub_kahan
from fokker.results import Spectrum
from fokker.solvers.sets import refuse_signed
from fokker.solvers.stationary import require_stationary

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Numbers = Array | Complex
Modes = tuple[Numbers, Numbers, Numbers]  # eigenvalues, right modes, left modes

_DENSE = 400  # cells up to which a ring is diagonalised whole
_FLOOR = 1e-5  # eigenvalues below this share of the fastest rate are refined


def spectrum(generator: Generator, k: int = 6) -> Spectrum:
    """Return the `k` slowest eigenvalues of the generator with their modes: ``Q r = lambda r``.

    On a chain every eigenvalue of Q has full relative accuracy, however high the barriers: they are squares
    of singular values of a bidiagonal matrix made of square roots of the rates. As eigenvalues of the
    process they are second order in the cell size; `fokker.extrapolate` makes them fourth order. In two and three
    dimensions, and on rings, the slow ones have it too, by inverse iteration with the subtraction-free factors. A
    driven process has complex eigenvalues. Where the process has a continuous spectrum (power-law tails), what lies
    in it are states of the box that the grid is, and moves with its reach.

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`.
    k : int
        How many, the zero included; one more where the last would be half of a complex pair.

    Returns
    -------
    Spectrum

    Raises
    ------
    FokkerError
        If `k` is not an integer from 1 to the number of cells.
    NormalisationError
        If a wall absorbs or the stationary law cannot be normalised: the first eigenvalue would not be 0.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(drift=lambda x: -x, diffusion=1.0, domain={"x": (-8, 8)})
    >>> fokker.spectrum(fokker.discretize(problem, cells=800), k=4).eigenvalues.round(3) + 0.0
    array([ 0., -1., -2., -3.])
    """
    refuse_signed(generator, "spectrum")
    require_stationary(generator)
    cells = generator.cells if generator.kept is None else int(generator.kept.sum())
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= cells:
        raise FokkerError(
            explain(
                "there are not that many eigenvalues.",
                given=f"k={k!r} for {cells} cells",
                accepted=f"an integer from 1 to {cells}",
            )
        )
    doubts: tuple[str, ...] = ()
    if generator.chain is not None and len(generator.tail) < generator.cells and not generator.jumps:
        modes: Modes = _chain(generator, int(k))
        method = "bisection and twisted factorisation on the Golub-Kahan matrix"
    else:
        modes, doubts = _graph(generator, int(k))
        method = "dense" if generator.cells <= _DENSE else "shift and invert"
        method += ", slow modes by subtraction-free inverse iteration"
    info = Info(
        f"{method}, {generator.scheme} edges",
        {"cells": generator.cells, "eigenvalues": len(modes[0])},
        ("Demmel and Kahan 1990", "Fernando 1998"),
        generator.warnings + doubts,
    )
    warn_once(info.warnings)
    return Spectrum(generator.problem.names, generator.nodes, *modes, info)


def _chain(generator: Generator, k: int) -> tuple[Array, Array, Array]:
    rates = chain_eigenvalues(generator.forward, generator.backward, k)
    if k > 1 and not rates[1:].min() > np.finfo(float).tiny:
        raise FokkerError(
            explain(
                "an eigenvalue lies below the range of doubles.",
                given=f"barriers that take longer than {1 / np.finfo(float).tiny:.0e} to cross",
                try_="log_at of fokker.mean_first_passage, whose inverse is the rate",
            )
        )
    links = golub_kahan(generator.forward, generator.backward)
    law = generator.factor.log_stationary()
    half = 0.5 * law.log()  # square roots of the cell probabilities
    right, left = np.ones((k, generator.cells)), np.empty((k, generator.cells))
    left[0] = law.values()
    for j in range(1, k):
        mode = chain_mode(links, float(rates[j]))
        with np.errstate(divide="ignore", under="ignore"):
            size = np.log(np.abs(mode))
            sign = np.sign(mode) * (1.0 if mode[np.argmax(np.abs(mode))] > 0 else -1.0)
            right[j] = sign * np.exp(size - half)
            left[j] = sign * np.exp(size + half)
    return -rates + 0.0, right, left


def _graph(generator: Generator, k: int) -> tuple[Modes, tuple[str, ...]]:
    law = generator.factor.log_stationary().values()
    values: Numbers
    right: Numbers
    values, right = _eigenpairs(generator, min(k + 1, generator.cells))  # one more: pairs must not be cut
    fastest = float(max(generator.forward.max(), generator.backward.max()))
    slow = [j for j in range(1, len(values)) if abs(values[j]) < _FLOOR * fastest]
    doubts: tuple[str, ...] = ()
    if slow:
        refined, modes = _slow_modes(generator, law, right[slow])
        # diagonalisation errs by rounding of the fastest rate, inverse iteration by that of the slowest time
        better = [n for n in range(len(slow)) if abs(refined[n]) ** 2 < fastest * abs(refined[0])]
        for n in better:
            values[slow[n]], right[slow[n]] = refined[n], modes[n]
        errors = [min(fastest / abs(values[j]), abs(values[j] / refined[0])) * np.finfo(float).eps for j in slow]
        if max(errors) > 1e-6:
            doubts = (f"the eigenvalues span so many scales that the worst has a relative error of {max(errors):.1g}",)
    if generator.is_reversible:
        values, right = np.real(values), np.real(right)
    last = values[k - 1]
    turning = abs(last.imag) > 1e-6 * abs(last)  # and not the rounding of two real ones that coincide
    if turning and k < len(values) and np.isclose(values[k], np.conj(last), rtol=1e-6):
        k += 1
    values, right = values[:k], right[:k]
    right = right / np.sqrt(np.abs(right) ** 2 @ law)[:, None]
    values[0], right[0] = 0.0, 1.0
    return (values, right, _left(generator, values, law, right)), doubts


def _eigenpairs(generator: Generator, k: int) -> tuple[Complex, Complex]:
    """Return the k eigenpairs of Q nearest to zero by real part, modes in rows."""
    if generator.cells <= _DENSE or k > generator.cells // 4:
        values, vectors = np.linalg.eig(_matrix(generator).toarray())
    elif generator.is_reversible and generator.chain is None:
        values, vectors = _symmetric_pairs(generator, k)
    else:
        values, vectors = _shifted(_matrix(generator).tocsc(), k, float(generator.forward.max()), symmetric=False)
    order = np.lexsort((-values.imag, -values.real))[:k]
    return values[order].astype(complex), vectors[:, order].T.astype(complex)


def _matrix(generator: Generator) -> csr_array:
    """Return Q, with a way out of the cells left out: they would all be modes of eigenvalue zero."""
    from scipy.sparse import diags_array

    return generator.matrix() - diags_array(_decoupled(generator))


def _decoupled(generator: Generator) -> Array:
    """Return twice the fastest rate in the cells left out, zero in the others."""
    fastest = float(max(generator.forward.max(), generator.backward.max()))
    return np.zeros(generator.cells) if generator.kept is None else np.where(generator.kept, 0.0, 2.0 * fastest)


def _symmetric_pairs(generator: Generator, k: int) -> tuple[Complex, Complex]:
    """Return eigenpairs under detailed balance, from the symmetric matrix of ``sqrt(k_ij k_ji)``."""
    from scipy.sparse import coo_array

    link = np.sqrt(generator.forward) * np.sqrt(generator.backward)
    cells = np.arange(generator.cells)
    out = _decoupled(generator)
    out += np.bincount(generator.tail, generator.forward, generator.cells)
    out += np.bincount(generator.head, generator.backward, generator.cells)
    rows = np.concatenate([generator.tail, generator.head, cells])
    columns = np.concatenate([generator.head, generator.tail, cells])
    entries = np.concatenate([link, link, -out])
    matrix = coo_array((entries, (rows, columns)), shape=(generator.cells, generator.cells)).tocsc()
    values, vectors = _shifted(matrix, k, float(generator.forward.max()), symmetric=True)
    roots = np.exp(0.5 * generator.factor.log_stationary().log())
    return values, np.divide(vectors, roots[:, None], out=np.zeros_like(vectors), where=roots[:, None] > 0.0)


def _shifted(matrix: Any, k: int, fastest: float, symmetric: bool) -> tuple[Complex, Complex]:
    """Return eigenpairs next to zero by shift and invert."""
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import LinearOperator, eigs, eigsh, splu

    cells = matrix.shape[0]
    start = np.random.default_rng(0).normal(size=cells)
    shift = 1e-9 * fastest
    values, vectors = np.zeros(0, dtype=complex), np.zeros((cells, 0), dtype=complex)
    for _ in range(2):
        # off the spectrum, and once its scale is known, no closer to zero than the rest is
        inverse = splu(
            (matrix - shift * eye_array(cells)).tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        operator = LinearOperator((cells, cells), matvec=inverse.solve, dtype=float)
        solver = eigsh if symmetric else eigs
        pairs = solver(matrix, k=min(k + 2, cells - 2), sigma=shift, OPinv=operator, v0=start)
        values, vectors = (np.asarray(part, dtype=complex) for part in pairs)
        shift = max(shift, float(np.median(np.abs(values))))
    return values, vectors


def _slow_modes(generator: Generator, law: Array, start: Numbers) -> tuple[Complex, Complex]:
    """Return the slowest eigenpairs, as many as modes to `start` from, slowest first.

    Block inverse iteration, each right-hand side split into its positive and its negative part.

    One cell is given an exit, so that the factorisation exists; the mean of each right-hand side is zero, so
    that the exit is never used.
    """
    pin = int(np.argmax(law))
    exits = np.zeros(generator.cells)
    exits[pin] = float(max(generator.forward.max(), generator.backward.max()))
    factor = generator.factor_with(exits)
    count, roots = len(start), np.sqrt(law)
    # real and imaginary parts span the same space; the leading directions are a basis of it
    spanned = np.concatenate([np.real(start), np.imag(start)]) * roots
    block = np.linalg.svd(spanned, full_matrices=False)[2][:count]
    block = np.divide(block, roots, out=np.zeros_like(block), where=roots > 0.0)
    previous: Numbers = np.zeros(count)
    times: Numbers = previous
    modes: Numbers = block
    for _ in range(100):
        block -= (block @ law)[:, None]
        block = np.linalg.qr((block * np.sqrt(law)).T)[0].T  # orthonormal in the stationary mean
        block = np.divide(block, roots, out=np.zeros_like(block), where=roots > 0.0)
        block -= (block @ law)[:, None]
        solved = np.stack([_solve_signed(factor, row) for row in block])
        solved -= (solved @ law)[:, None]
        small = (block * law) @ solved.T
        if generator.is_reversible:
            times, mixing = np.linalg.eigh(0.5 * (small + small.T))
        else:
            times, mixing = np.linalg.eig(small)
        order = np.argsort(-np.abs(times), kind="stable")
        times, modes = times[order], mixing[:, order].T @ solved
        if np.all(np.abs(times - previous) <= 1e-14 * np.abs(times)):
            break
        previous, block = times, solved
    return (-1.0 / times).astype(complex), modes.astype(complex)


def _solve_signed(factor: Factor, right: Array) -> Array:
    """Solve for a right-hand side of both signs as the difference of two positive solutions."""
    up, down = (factor.solve(Scaled.of(np.maximum(sign * right, 0.0))).values() for sign in (1.0, -1.0))
    return up - down


def _left(generator: Generator, values: Numbers, law: Array, right: Numbers) -> Numbers:
    """Return the left modes, paired with the right ones."""
    left: Numbers
    if generator.is_reversible:
        left = law * right
    else:
        from scipy.sparse import eye_array
        from scipy.sparse.linalg import splu

        fastest = float(max(generator.forward.max(), generator.backward.max()))
        transposed = _matrix(generator).T.tocsc()
        left = np.empty_like(right)
        left[0] = law
        for j in range(1, len(values)):
            shifted = (transposed - (values[j] + 1e-12 * fastest) * eye_array(generator.cells)).tocsc()
            solver = splu(shifted.astype(complex))
            mode = law * np.conj(right[j])
            for _ in range(3):
                mode = solver.solve(mode)
                mode /= np.linalg.norm(mode)
            left[j] = mode
    # dual to the right modes, also where eigenvalues coincide
    dual = np.linalg.solve(left @ right.T, left)
    dual[0] = law  # known to all its digits
    return np.real(dual) if generator.is_reversible else dual.astype(complex)
