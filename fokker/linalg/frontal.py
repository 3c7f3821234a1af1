"""Subtraction-free elimination of one front, a dense block of states, by blocks and matrix products.

A front holds k states to be eliminated and their boundary of r states: `inner` (k, k) with the rates among
the former, `right` (k, r + 1) with their rates to the boundary, exits last, and `below` (k, r) with the rates
from the boundary, transposed so that a row belongs to an eliminated state. Diagonals are never used.

Rates carry integer weights w: stored is ``f_ij = a_ij 2**(SCALE + w_i - w_j)``, which is exact. Eliminating
state c with the pivot ``d_c = sum_j a_cj`` over all states j not yet eliminated (Grassmann, Taksar, Heyman
1985) leaves ``f_cj 2**h_c / d_c`` in its row and ``f_ic 2**-h_c`` in its column; with ``h = SCALE / 2`` for
zero weights, or half the exponent of d_c for weights near log2 sqrt(pi), both stay below ``2**(SCALE / 2)``.
Sums over states of different weights (pivots, and the rate `away` to all states outside a block, without which
there would be no blocks) are kept in true units, times 2**SCALE.
"""

from __future__ import annotations

import math

import numpy as np

from fokker.linalg.dissection import Index, Short
from fokker.linalg.scaled import Array, kernel

SCALE = 960
HALF = SCALE // 2
BLOCK = 48  # states eliminated one by one before a matrix product takes over
TILE = 128  # columns that stay in the fastest cache meanwhile
_POWER = np.array([2.0**k for k in range(-1022, 1024)])  # _POWER[1022 + k] is 2**k


@kernel
def lift(x: float, k: int) -> float:
    """Return ``x * 2**k`` for any k, without overflow or underflow on the way."""
    if k > 2046:  # beyond the doubles for every x of interest
        return math.inf if x > 0.0 else 0.0
    k = max(k, -2044)
    half = k // 2
    return (x * _POWER[1022 + half]) * _POWER[1022 + k - half]  # type: ignore[no-any-return]


@kernel
def eliminate_front(
    inner: Array, right: Array, below: Array, pivot: Array, split: Short, own: Short, outer: Short, plain: bool,
    work: Array, scales: Array, gone: Array, waiting: Index,
) -> int:  # fmt: skip
    """Eliminate the states of a front in place; return the number of zero pivots.

    Parameters
    ----------
    pivot : array, shape (k,)
        Receives d, times 2**SCALE.
    split : array of int32, shape (k,)
        Receives h.
    own, outer : array of int32, shape (k,), (r + 1,)
        Weights of the states, of the boundary and of the exits.
    plain : bool
        Whether all weights are zero.
    work, scales, gone, waiting : arrays
        Scratch memory, see `scratch`.
    """
    for i in range(len(inner)):
        gone[0, i] = _row_sum(right[i], outer, own[i], plain)
    bad = _eliminate(inner, pivot, split, own, plain, work, scales, gone, waiting)
    for side in range(2):
        panel = right if side == 0 else below
        _substitute(inner, side * 0, len(inner), panel, side, scales, work)
    return bad


def scratch(most: int, columns: int) -> tuple[Array, Array, Array, Index]:
    """Return the scratch memory of `eliminate_front` for at most so many states and columns of `right`."""
    levels = 2 + max(most // BLOCK, 1).bit_length()
    work = np.empty(BLOCK * (most + max(most, columns)))
    return work, np.empty((3, most)), np.empty((levels, most)), np.empty((2 * levels, 4), dtype=np.int64)


@kernel
def _eliminate(
    inner: Array, pivot: Array, split: Short, own: Short, plain: bool,
    work: Array, scales: Array, gone: Array, waiting: Index,
) -> int:  # fmt: skip
    """Eliminate all states of a square, by halves of halves.

    Row l of `gone` holds the rates out of the square at hand on level l of the halving; a square that waits is
    a row of `waiting`: first state, end, level, whether its first half is done.
    """
    waiting[0, 0], waiting[0, 1], waiting[0, 2], waiting[0, 3] = 0, len(inner), 0, 0
    count, bad = 1, 0
    while count > 0:
        count -= 1
        low, high, level = waiting[count, 0], waiting[count, 1], waiting[count, 2]
        if high - low <= BLOCK:
            bad += _eliminate_block(inner, low, high, gone[level], pivot, split, own, plain, scales)
            continue
        middle = low + BLOCK * (((high - low) // BLOCK + 1) // 2)
        if waiting[count, 3] == 0:
            for i in range(low, middle):
                gone[level + 1, i] = gone[level, i] + _row_sum(inner[i, middle:high], own[middle:high], own[i], plain)
            waiting[count, 3] = 1
            low, high = low, middle
            count += 1
        else:
            _couple(inner, low, middle, high, work, scales)
            _pass_on(inner, low, middle, high, gone[level], gone[level + 1], pivot, split, own)
            low = middle
        waiting[count, 0], waiting[count, 1], waiting[count, 2], waiting[count, 3] = low, high, level + 1, 0
        count += 1
    return bad


@kernel
def _couple(inner: Array, low: int, middle: int, high: int, work: Array, scales: Array) -> None:
    """After the states low .. middle - 1 of a square, form their factors and update the rest."""
    half, rest = middle - low, high - middle
    upper, lower = np.empty((half, rest)), np.empty((half, rest))
    for i in range(half):
        for j in range(rest):
            upper[i, j] = inner[low + i, middle + j]
            lower[i, j] = inner[middle + j, low + i]
    for side in range(2):
        panel = upper if side == 0 else lower
        _substitute(inner, low, middle, panel, side, scales, work)
    for i in range(half):
        for j in range(rest):
            inner[low + i, middle + j] = upper[i, j]
            inner[middle + j, low + i] = lower[i, j]
    product = np.empty((rest, rest))
    np.dot(lower.T, upper, product)
    for i in range(rest):
        for j in range(rest):
            inner[middle + i, middle + j] += product[i, j]


@kernel
def _row_sum(row: Array, weights: Short, weight: int, plain: bool) -> float:
    """Add up true rates from a state of the given weight to states of given weights."""
    total = 0.0
    if plain:
        for j in range(len(row)):
            total += row[j]
    else:
        for j in range(len(row)):
            if row[j] != 0.0:
                total += lift(row[j], weights[j] - weight)
    return total


@kernel
def _pass_on(
    inner: Array, low: int, middle: int, high: int, away: Array, onward: Array, pivot: Array, split: Short, own: Short
) -> None:
    """Let the later half of a square inherit the rates `away` from it that the eliminated half had."""
    share = np.empty(middle - low)  # branching out of the square, times 2**HALF
    for i in range(low, high):
        total = away[i]
        for c in range(low, min(i, middle)):
            if inner[i, c] != 0.0:
                total += lift(inner[i, c], own[c] - own[i] + split[c] - HALF) * share[c - low]
        if i < middle:
            m, e = math.frexp(pivot[i])
            share[i - low] = lift(total / m, HALF - e)
        else:
            onward[i] = total


@kernel
def _eliminate_block(
    inner: Array, low: int, high: int, away: Array, pivot: Array, split: Short, own: Short, plain: bool, scales: Array
) -> int:
    """Eliminate states low .. high - 1 one by one; their rates `away` from these are used up."""
    bad = 0
    for c in range(low, high):
        row = inner[c, c + 1 : high]
        d = away[c] + _row_sum(row, own[c + 1 : high], own[c], plain)
        pivot[c] = d
        if d == 0.0:
            bad += 1
            d = _POWER[1022 + SCALE]  # a row of zeros, whatever it is divided by
        m, e = math.frexp(d)
        h = HALF if plain else e // 2
        split[c] = h
        one = (h - e) // 2
        scales[0, c] = _POWER[1022 - h]
        scales[1, c] = _POWER[1022 + one]
        scales[2, c] = lift(1.0 / m, h - e - one)
        for j in range(len(row)):
            row[j] = (row[j] * scales[1, c]) * scales[2, c]
        share = lift(away[c] / m, HALF - e)
        for i in range(c + 1, high):
            factor = inner[i, c]
            if factor != 0.0:
                away[i] += lift(factor, own[c] - own[i] - HALF) * share
                factor *= scales[0, c]
                inner[i, c] = factor
                later = inner[i, c + 1 : high]
                for j in range(len(row)):
                    later[j] += factor * row[j]
    return bad


@kernel
def _substitute(inner: Array, low: int, high: int, panel: Array, side: int, scales: Array, work: Array) -> None:
    """Turn rates into rows of U (side 0) or, transposed, columns of L (side 1), by states low .. high - 1.

    Row i of `panel` belongs to state low + i. Four rows are added at a time, on as many columns as the fastest
    cache holds.
    """
    columns = panel.shape[1]
    triangle = np.empty((BLOCK, BLOCK))
    for start in range(0, high - low, BLOCK):
        stop = min(start + BLOCK, high - low)
        rows, s = stop - start, low + start
        if start > 0:
            factors = work[: rows * start].reshape(rows, start)
            for i in range(rows):
                for j in range(start):
                    factors[i, j] = inner[s + i, low + j] if side == 0 else inner[low + j, s + i]
            product = work[rows * start : rows * (start + columns)].reshape(rows, columns)
            np.dot(factors, panel[:start], product)
            for i in range(rows):
                for j in range(columns):
                    panel[start + i, j] += product[i, j]
        for i in range(rows):
            for j in range(i):
                triangle[i, j] = inner[s + i, s + j] if side == 0 else inner[s + j, s + i]
        for left in range(0, columns, TILE):
            end = min(left + TILE, columns)
            for i in range(rows):
                row = panel[start + i, left:end]
                j = 0
                while j + 4 <= i:
                    a, b, c, d = triangle[i, j], triangle[i, j + 1], triangle[i, j + 2], triangle[i, j + 3]
                    if a != 0.0 or b != 0.0 or c != 0.0 or d != 0.0:
                        one, two = panel[start + j, left:end], panel[start + j + 1, left:end]
                        three, four = panel[start + j + 2, left:end], panel[start + j + 3, left:end]
                        for u in range(len(row)):
                            row[u] += (a * one[u] + b * two[u]) + (c * three[u] + d * four[u])
                    j += 4
                while j < i:
                    a, one = triangle[i, j], panel[start + j, left:end]
                    for u in range(len(row)):
                        row[u] += a * one[u]
                    j += 1
                if side == 0:
                    a, b = scales[1, s + i], scales[2, s + i]
                    for u in range(len(row)):
                        row[u] = (row[u] * a) * b
                else:
                    a = scales[0, s + i]
                    for u in range(len(row)):
                        row[u] *= a
