"""Makes ``elimination.npz``: passage times, committors and stationary laws of lattice chains, rounded from 50 digits.

Run ``python -m fokker.validation.data.elimination`` (some five minutes) to make the file again. The chains are
Scharfetter-Gummel rates of a two-dimensional double well on 20 x 20 cells, with and without a rotational drift. The
rates are rounded to doubles first; from there on they are exact numbers. Every reference is computed twice: by
elimination without subtractions (Grassmann, Taksar, Heyman 1985) in 50 digits, which is what the file keeps, and by
ordinary elimination in thousands of digits. Nothing here is shared with the solvers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = dict[int, dict[int, Any]]

FILE = Path(__file__).with_suffix(".npz")
DIGITS = 50
BARRIERS = (5, 20, 40, 100, 300, 700, 1000)  # kT
ROTATIONS = (0.0, 0.5, 3.0)  # strength of the rotation over the barrier
SIDE, HALF = 20, 1.4
WELLS, RADIUS = ((-1.0, -0.5), (1.0, 0.5)), 0.3
NAMES = ("stationary", "time", "second", "committor", "complement")


@dataclass(frozen=True)
class Case:
    """One chain with its references.

    Attributes
    ----------
    barrier : int
        Height of the barrier, kT.
    rotation : float
        Strength of the rotation over the barrier; 0 is a gradient drift.
    forward, backward : array, shape (edges,)
        Rates from `tail` to `head` and back, 1/time; the edges of the first axis, then those of the second.
    references : dict of str to (mantissa, exponent)
        Numbers ``mantissa * 2**exponent``, correctly rounded: "stationary" (all cells), "time" and "second" (first
        and second moment of the time to the right disc, cells outside it), "committor" and "complement" (chance to
        reach the right disc before the left one, and one minus it, cells outside both).
    """

    barrier: int
    rotation: float
    forward: Array
    backward: Array
    references: dict[str, tuple[Array, NDArray[np.int32]]]

    @property
    def name(self) -> str:
        """Such as "40 kT, rotation 0.5"."""
        return f"{self.barrier} kT, " + (f"rotation {self.rotation:g}" if self.rotation else "gradient")


def read() -> tuple[Case, ...]:
    """Return the stored chains with their references."""
    with np.load(FILE) as stored:
        file = {name: stored[name] for name in stored.files}
    return tuple(
        Case(
            int(file["barrier"][k]),
            float(file["rotation"][k]),
            file["forward"][k],
            file["backward"][k],
            {n: (file[f"{n} mantissa"][k], file[f"{n} exponent"][k].astype(np.int32)) for n in NAMES},
        )
        for k in range(len(file["barrier"]))
    )


def edges() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the cells at the tail and at the head of every edge, cells numbered in C order."""
    index = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    pairs = (index[:-1], index[1:]), (index[:, :-1], index[:, 1:])
    tail, head = (np.concatenate([pair[end].ravel() for pair in pairs]) for end in (0, 1))
    return tail, head


def discs() -> tuple[Mask, Mask]:
    """Return the cells with centres in the left and in the right disc."""
    x = (np.arange(SIDE) + 0.5) * (2 * HALF / SIDE) - HALF
    left, right = (np.hypot(x[:, None] - centre[0], x[None, :] - centre[1]).ravel() <= RADIUS for centre in WELLS)
    return left, right


def rates(barrier: int, rotation: float) -> tuple[Array, Array]:
    """Return Scharfetter-Gummel rates with D = 1, computed in many digits and rounded to doubles.

    The potential is ``B [(x^2 - 1)^2 + (y - x/2)^2 / 2]`` kT, the rotational drift ``k B exp(-x^2 - y^2) (-y, x)``
    (free of divergence), taken at the middle of an edge.
    """
    h, height, k = mp.mpf(2 * HALF) / SIDE, mp.mpf(barrier), mp.mpf(rotation)
    at = [(i + mp.mpf(1) / 2) * h - mp.mpf(HALF) for i in range(SIDE)]
    place = [(x, y) for x in at for y in at]
    potential = [height * ((x * x - 1) ** 2 + (y - x / 2) ** 2 / 2) for x, y in place]

    def rate(z: Any) -> float:
        return float((z / mp.expm1(z) if z else mp.mpf(1)) / h**2)

    forward, backward = [], []
    for i, j in zip(*edges(), strict=True):
        x, y = ((a + b) / 2 for a, b in zip(place[i], place[j], strict=True))
        turning = k * height * mp.exp(-x * x - y * y) * (-y if place[i][0] != place[j][0] else x)
        z = potential[j] - potential[i] - turning * h
        forward.append(rate(z))
        backward.append(rate(-z))
    return np.array(forward), np.array(backward)


def chain(forward: Array, backward: Array, targets: Mask, into: Mask) -> tuple[Rows, list[Any], list[Any]]:
    """Return rates between the cells outside `targets`, their rates into `targets`, and those into `into` alone."""
    kept = np.cumsum(~targets) - 1
    count = int((~targets).sum())
    rows: Rows = {i: {} for i in range(count)}
    exits, right = [mp.mpf(0)] * count, [mp.mpf(0)] * count
    tail, head = edges()
    for i, j, rate in (*zip(tail, head, forward, strict=True), *zip(head, tail, backward, strict=True)):
        if targets[i]:
            continue
        if targets[j]:
            exits[kept[i]] += float(rate)
            right[kept[i]] += float(rate) if into[j] else 0
        else:
            rows[int(kept[i])][int(kept[j])] = mp.mpf(float(rate))
    return rows, exits, right


def transposed(rows: Rows) -> Rows:
    """Return the rates by the cell they lead to."""
    columns: Rows = {i: {} for i in rows}
    for i, row in rows.items():
        for j, rate in row.items():
            columns[j][i] = rate
    return columns


def eliminate(rows: Rows, exits: list[Any]) -> tuple[Rows, Rows, list[Any]]:
    """Eliminate the cells in their order without a subtraction: rates to and from later cells, and pivots."""
    rows = {i: dict(row) for i, row in rows.items()}
    columns, exits, pivots = transposed(rows), list(exits), []
    for c in rows:
        later = {j: rate for j, rate in rows[c].items() if j > c}
        before = {i: rate for i, rate in columns[c].items() if i > c}
        pivots.append(exits[c] + mp.fsum(later.values()))
        if not later:
            break
        for i, rate in before.items():
            share = rate / pivots[c]
            exits[i] += share * exits[c]
            for j, onward in later.items():
                if i != j:
                    rows[i][j] = columns[j][i] = rows[i].get(j, 0) + share * onward
        rows[c], columns[c] = later, before
    return rows, columns, pivots


def solve(factors: tuple[Rows, Rows, list[Any]], right: list[Any]) -> list[Any]:
    """Return x with ``(diag(exits + row sums) - rates) x = right``."""
    rows, columns, pivots = factors
    x = list(right)
    for c, pivot in enumerate(pivots):
        x[c] /= pivot
        for i, rate in columns[c].items():
            if i > c:
                x[i] += rate * x[c]
    for c in reversed(range(len(x))):
        x[c] += mp.fsum(rate * x[j] for j, rate in rows[c].items() if j > c) / pivots[c]
    return x


def law(factors: tuple[Rows, Rows, list[Any]]) -> list[Any]:
    """Return the stationary probabilities of a chain without exits."""
    _, columns, pivots = factors
    weights = [mp.mpf(1)] * len(pivots)
    for c in reversed(range(len(pivots) - 1)):
        weights[c] = mp.fsum(weights[i] * rate for i, rate in columns[c].items() if i > c) / pivots[c]
    total = mp.fsum(weights)
    return [w / total for w in weights]


def references(forward: Array, backward: Array) -> dict[str, list[Any]]:
    """Return all references of one chain by elimination without subtractions."""
    left, right = discs()
    nothing = np.zeros_like(left)
    rows, none, _ = chain(forward, backward, nothing, nothing)
    found = {"stationary": law(eliminate(rows, none))}
    rows, exits, _ = chain(forward, backward, right, right)
    factors = eliminate(rows, exits)
    found["time"] = solve(factors, [mp.mpf(1)] * len(exits))
    found["second"] = solve(factors, [2 * t for t in found["time"]])
    for name, goal in (("committor", right), ("complement", left)):
        rows, exits, source = chain(forward, backward, left | right, goal)
        found[name] = solve(eliminate(rows, exits), source)
    return found


def ordinary(rows: Rows, diagonal: list[Any], rights: list[list[Any]]) -> list[list[Any]]:
    """Return x with ``(diagonal - rows) x = right`` by ordinary elimination, subtractions and all."""
    matrix: Rows = {i: {j: -rate for j, rate in row.items()} | {i: diagonal[i]} for i, row in rows.items()}
    columns = transposed(matrix)
    xs = [list(right) for right in rights]
    for c in matrix:
        later = [(j, entry) for j, entry in matrix[c].items() if j > c]
        for i in [i for i in columns[c] if i > c]:
            share = matrix[i][c] / matrix[c][c]
            for x in xs:
                x[i] -= share * x[c]
            for j, entry in later:
                matrix[i][j] = matrix[i].get(j, 0) - share * entry
                columns[j][i] = matrix[i][j]
    for x in xs:
        for c in reversed(matrix):
            x[c] = (x[c] - sum(entry * x[j] for j, entry in matrix[c].items() if j > c)) / matrix[c][c]
    return xs


def again(forward: Array, backward: Array) -> dict[str, list[Any]]:
    """Return all references of one chain by ordinary elimination."""
    left, right = discs()
    nothing = np.zeros_like(left)
    rows, _, _ = chain(forward, backward, nothing, nothing)
    last = len(rows) - 1
    columns, sums = transposed(rows), [mp.fsum(row.values()) for row in rows.values()]
    inner = {i: {j: rate for j, rate in columns[i].items() if j != last} for i in range(last)}
    weights = ordinary(inner, sums, [[columns[i].get(last, mp.mpf(0)) for i in range(last)]])[0] + [mp.mpf(1)]
    total = mp.fsum(weights)
    found = {"stationary": [w / total for w in weights]}
    rows, exits, _ = chain(forward, backward, right, right)
    sums = [e + mp.fsum(row.values()) for e, row in zip(exits, rows.values(), strict=True)]
    found["time"] = ordinary(rows, sums, [[mp.mpf(1)] * len(sums)])[0]
    found["second"] = ordinary(rows, sums, [[2 * t for t in found["time"]]])[0]
    rows, exits, source = chain(forward, backward, left | right, right)
    sums = [e + mp.fsum(row.values()) for e, row in zip(exits, rows.values(), strict=True)]
    found["committor"] = ordinary(rows, sums, [source])[0]
    found["complement"] = [1 - q for q in found["committor"]]
    return found


def imbalance(forward: Array, backward: Array, weights: list[Any]) -> tuple[Any, Any]:
    """Return how far the probabilities miss one, and the largest imbalance of a cell over the flux through it."""
    nothing = np.zeros(len(weights), dtype=bool)
    rows, _, _ = chain(forward, backward, nothing, nothing)
    columns = transposed(rows)
    worst = mp.mpf(0)
    for i, row in rows.items():
        inward = mp.fsum(weights[j] * rate for j, rate in columns[i].items())
        worst = max(worst, abs(inward / (weights[i] * mp.fsum(row.values())) - 1))
    return abs(mp.fsum(weights) - 1), worst


def pairs(numbers: list[Any]) -> tuple[Array, NDArray[np.int16]]:
    """Return the numbers as doubles in [1/2, 1) times powers of two."""
    split = [mp.frexp(number) for number in numbers]
    mantissa, carry = np.frexp([float(m) for m, _ in split])  # a mantissa just below one rounds up to it
    return mantissa, (carry + [e for _, e in split]).astype(np.int16)


def make() -> Iterator[tuple[str, dict[str, Any]]]:
    """Compute every case; say how well the two eliminations agree, and the budget of the stationary law."""
    for rotation in ROTATIONS:
        for barrier in BARRIERS:
            with mp.workdps(DIGITS):
                forward, backward = rates(barrier, rotation)
                found = references(forward, backward)
                mass, worst = imbalance(forward, backward, found["stationary"])
            with mp.workdps(100 + 3 * barrier):
                other = again(forward, backward)
                agree = max(abs(a / b - 1) for name in NAMES for a, b in zip(found[name], other[name], strict=True))
            span = [float(mp.log(f(found["stationary"]))) for f in (min, max)]
            text = (
                f"{barrier:5d} kT, rotation {rotation:g}: ln pi {span[0]:.1f} to {span[1]:.1f}, ln time up to "
                f"{float(mp.log(max(found['time']))):.1f}, smallest rate {min(forward.min(), backward.min()):.1e}; "
                f"mass {mp.nstr(mass, 2)}, balance {mp.nstr(worst, 2)}, eliminations agree to {mp.nstr(agree, 2)}"
            )
            if max(mass, worst, agree) > mp.mpf(10) ** (5 - DIGITS):
                raise ArithmeticError(text)
            entry: dict[str, Any] = {"barrier": barrier, "rotation": rotation, "forward": forward, "backward": backward}
            for name in NAMES:
                entry[f"{name} mantissa"], entry[f"{name} exponent"] = pairs(found[name])
            yield text, entry


def main() -> int:
    """Make the file."""
    entries = []
    for text, entry in make():
        print(text, flush=True)
        entries.append(entry)
    stacked: dict[str, Any] = {name: np.array([entry[name] for entry in entries]) for name in entries[0]}
    np.savez_compressed(FILE, **stacked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
