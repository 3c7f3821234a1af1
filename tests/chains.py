"""Small chains for the tests of the elimination, and a dense elimination in extended precision to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fokker.linalg import MultifrontalFactor, Plan
from fokker.linalg.exponentials import bernoulli

Array = NDArray[np.float64]
Long = NDArray[np.longdouble]


@dataclass
class Chain:
    """Rates on the edges of a tensor grid."""

    shape: tuple[int, ...]
    periodic: tuple[bool, ...]
    tail: NDArray[np.intp]
    head: NDArray[np.intp]
    forward: Array
    backward: Array
    exits: Array
    keep: NDArray[np.bool_] | None = None

    def factor(self, hint: Array | None = None) -> MultifrontalFactor:
        """Factorise by fronts."""
        plan = Plan.of_lattice(self.shape, self.periodic, self.tail, self.head, keep=self.keep)
        return MultifrontalFactor(plan, self.forward, self.backward, self.exits, hint)

    def dense(self) -> Long:
        """Return the rates as a matrix, without those of cells left out."""
        n = int(np.prod(self.shape))
        rates = np.zeros((n, n), dtype=np.longdouble)
        np.add.at(rates, (self.tail, self.head), self.forward)
        np.add.at(rates, (self.head, self.tail), self.backward)
        np.fill_diagonal(rates, 0)
        if self.keep is not None:
            rates[~self.keep] = 0
            rates[:, ~self.keep] = 0
        return rates


def edges(shape: Sequence[int], periodic: Sequence[bool]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the two cells of all edges of a tensor grid; on periodic axes the last edge wraps."""
    index = np.arange(int(np.prod(shape))).reshape(shape)
    tails, heads = [], []
    for axis, wraps in enumerate(periodic):
        after = np.roll(index, -1, axis=axis)
        count = shape[axis] if wraps else shape[axis] - 1
        tails.append(np.take(index, range(count), axis=axis).ravel())
        heads.append(np.take(after, range(count), axis=axis).ravel())
    return np.concatenate(tails), np.concatenate(heads)


def random_chain(
    seed: int, shape: tuple[int, ...], periodic: tuple[bool, ...], kept: float = 1.0, decades: float = 3.0
) -> Chain:
    """Draw a chain that is not reversible; a share of its cells is kept, a fifth of these has exits."""
    rng = np.random.default_rng(seed)
    tail, head = edges(shape, periodic)
    n = int(np.prod(shape))
    forward, backward = (10 ** rng.uniform(-decades, decades, len(tail)) for _ in range(2))
    exits = np.where(rng.random(n) < 0.2, rng.random(n), 0.0)
    keep = rng.random(n) < kept if kept < 1 else None
    return Chain(shape, periodic, tail, head, forward, backward, exits, keep)


def landscape(shape: tuple[int, ...], potential: Array, width: float, swirl: float = 0.0) -> Chain:
    """Scharfetter-Gummel rates of a potential in kT, turned by a rotation of its first two axes; no exits."""
    tail, head = edges(shape, (False,) * len(shape))
    drop = potential.ravel()[tail] - potential.ravel()[head]
    if swirl:
        place = np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij"), axis=-1)
        place = place.reshape(-1, len(shape))
        step, middle = place[head] - place[tail], (place[head] + place[tail]) / 2
        drop = drop + swirl * (middle[:, 0] * step[:, 1] - middle[:, 1] * step[:, 0])
    rates = bernoulli(-drop) / width**2, bernoulli(drop) / width**2
    return Chain(shape, (False,) * len(shape), tail, head, *rates, np.zeros(potential.size))


def double_well(shape: tuple[int, ...], barrier: float, swirl: float = 0.0) -> tuple[Chain, Array]:
    """Two wells of a coupled quartic on (-1.5, 1.5) an axis; return the chain and the potential."""
    axes = np.meshgrid(*[np.linspace(-1.5, 1.5, n) for n in shape], indexing="ij")
    potential = barrier * ((axes[0] ** 2 - 1) ** 2 + 0.1 * axes[0])
    for x in axes[1:]:
        potential = potential + barrier * (x - 0.5 * axes[0]) ** 2
    return landscape(shape, potential, 3 / (shape[0] - 1), swirl * barrier), potential


def eliminate(rates: Long, exits: Long) -> tuple[Long, Long]:
    """Dense elimination without subtractions: return the eliminated rates and the pivots."""
    rates = rates.copy()
    gone = exits.astype(np.longdouble)
    n = len(rates)
    pivots = np.zeros(n, dtype=np.longdouble)
    for c in range(n):
        pivots[c] = rates[c, c + 1 :].sum() + gone[c]
        if pivots[c] == 0:
            continue
        share = rates[c, c + 1 :] / pivots[c]
        rates[c + 1 :, c + 1 :] += np.outer(rates[c + 1 :, c], share)
        gone[c + 1 :] += rates[c + 1 :, c] * (gone[c] / pivots[c])
    return rates, pivots


def dense_solve(rates: Long, exits: Long, right: Long) -> Long:
    """Solve ``A x = right`` by `eliminate`."""
    factors, pivots = eliminate(rates, exits)
    x = right.astype(np.longdouble)
    for i in range(len(x)):
        x[i] = (x[i] + factors[i, :i] @ x[:i]) / pivots[i]
    for i in range(len(x) - 1, -1, -1):
        x[i] += factors[i, i + 1 :] @ x[i + 1 :] / pivots[i]
    return x


def dense_solve_transposed(rates: Long, exits: Long, right: Long) -> Long:
    """Solve ``A^T x = right``."""
    factors, pivots = eliminate(rates, exits)
    x = right.astype(np.longdouble)
    for i in range(len(x)):
        x[i + 1 :] += factors[i, i + 1 :] / pivots[i] * x[i]
    for i in range(len(x) - 1, -1, -1):
        x[i] = (x[i] + factors[i + 1 :, i] @ x[i + 1 :]) / pivots[i]
    return x


def dense_stationary(rates: Long) -> Long:
    """Return the stationary law."""
    factors, pivots = eliminate(rates, np.zeros(len(rates)))
    law = np.zeros(len(rates), dtype=np.longdouble)
    law[-1] = 1
    for i in range(len(rates) - 2, -1, -1):
        law[i] = law[i + 1 :] @ factors[i + 1 :, i] / pivots[i]
    return law / law.sum()
