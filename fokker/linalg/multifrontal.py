"""Subtraction-free elimination of a grid of cells: the multifrontal member of the Factor interface.

The method of Grassmann, Taksar and Heyman (Operations Research 33, 1107, 1985), which only adds, multiplies
and divides non-negative numbers, carried out front by front (Duff and Reid, ACM TOMS 9, 302, 1983).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from fokker.errors import FokkerError, ReachabilityError, explain
from fokker.linalg.assembly import factorise_fronts
from fokker.linalg.classes import closed_classes, reaches_exit
from fokker.linalg.compiling import announced
from fokker.linalg.dissection import Index, Mask, Short
from fokker.linalg.frontal import SCALE, scratch
from fokker.linalg.memory import available_memory, check_memory
from fokker.linalg.plain_substitution import LIFT, substitute_plain
from fokker.linalg.plan import Plan
from fokker.linalg.scaled import LN2, Array, Scaled, normalised
from fokker.linalg.substitution import NOTHING, substitute
from fokker.linalg.threads import one_thread

WIDE = 1400  # bits between weights that reach down to FLOOR: more, and rates downhill from there would be lost
NARROW = 1000  # bits that serve passage times and probabilities, and forgive a rough hint
SURE = 900  # bits down to which states on the way to an exit may lie: 1250 kT, measured to be right
FLOOR = -1900.0  # logarithms of the stationary law below this are returned as minus infinity
STEP = 900.0  # a pass is trusted so many nats further down than the one before
NEAR = 64  # bits by which weights may miss the law: range to spare
PASSES = 8
MILD = 400.0  # nats from end to end of a hint that no elimination needs
PLAIN = 500.0  # nats below the peak down to which a pass without weights loses no rate


@dataclass(frozen=True)
class _Factors:
    """Panels, pivots and weights of one factorisation."""

    weights: Short
    shift: int
    store: Array
    pivot: Array
    split: Short
    zeros: int  # zero pivots; -1 if the weights led beyond the range of doubles


@cache
def load_kernels() -> None:
    """Load the compiled kernels, or compile them, on two cells, and say so if that takes long."""
    with announced():
        plan = Plan.of_lattice((2,), (False,), np.array([0]), np.array([1]))
        factor = MultifrontalFactor(plan, np.ones(1), np.ones(1), np.ones(2))
        factor._substituted(Scaled.of(np.ones(2)), 1)


class MultifrontalFactor:
    """Factor of the rates on the edges of a `Plan`; see `Factor`. Nothing is computed before it is asked for.

    Parameters
    ----------
    plan : Plan
    forward, backward : array, shape (m,)
        Rates of edge k of the plan, from tail to head and back, 1/time.
    exits : array, shape (n,)
        Rates of leaving for good, 1/time.
    hint : array, shape (n,), optional
        Estimate of the logarithm of the stationary law, up to a constant: it carries the elimination beyond
        barriers of 1000 kT. It may be rough; one that leads beyond the range of doubles is dropped.
    sure : bool
        Whether the hint is near enough to the law to tell barriers that are too high, which are then an error.

    Raises
    ------
    ValueError
        If a rate is negative or not finite, or an array does not fit the plan.
    """

    def __init__(
        self,
        plan: Plan,
        forward: Array,
        backward: Array,
        exits: Array,
        hint: Array | None = None,
        *,
        sure: bool = False,
    ) -> None:
        edges = plan.tail.shape
        self.plan, self.sure = plan, sure
        self.forward = _rates("forward", forward, edges)
        self.backward = _rates("backward", backward, edges)
        self.exits = _rates("exit", exits, (plan.size,))
        self.hint = None if hint is None else np.asarray(hint, dtype=float).ravel()
        if self.hint is not None and (len(self.hint) != plan.size or np.isnan(self.hint[plan.cells]).any()):
            raise ValueError(
                f"hint must hold {plan.size} logarithms; it has {len(self.hint)}, or some are not numbers."
            )
        if self.hint is not None and len(plan.cells) and float(np.ptp(self.hint[plan.cells])) < MILD:
            self.hint = None

    @cached_property
    def singular(self) -> bool:
        """Whether some cell cannot reach an exit."""
        plan = self.plan
        forward, backward, exits = self.forward, self.backward, self.exits
        if plan.keep is not None:
            (forward, backward), exits = self._between(plan.keep), exits * plan.keep
        reached = reaches_exit(plan.size, plan.tail, plan.head, forward, backward, exits)
        return not reached[plan.cells].all()

    def solve(self, right: Scaled, overwrite: bool = False) -> Scaled:
        """Return x with ``A x = right``, zero for cells left out.

        Raises
        ------
        ReachabilityError
            If `singular`, or if every way out is slower than doubles can tell.
        GridError
            If the memory does not suffice.
        """
        load_kernels()
        return self._substituted(right, 1)

    def solve_transposed(self, right: Scaled) -> Scaled:
        """Return x with ``A^T x = right``; errors as in `solve`."""
        load_kernels()
        return self._substituted(right, -1)

    def solve_signed(self, right: Array, transposed: bool = False) -> Array:
        """Return x with ``A x = right``, or ``A^T x = right``, for numbers of either sign, as ordinary LU does.

        Only for factors made without a `hint`.

        Raises
        ------
        ReachabilityError, GridError
            As in `solve`.
        """
        load_kernels()
        factors, cells = self._factors, self.plan.cells
        x = np.ldexp(right[cells], LIFT)
        with one_thread():
            substitute_plain(*self._panels(factors)[:-1], x, transposed)
        result = np.zeros(self.plan.size)
        result[cells] = np.ldexp(x, factors.shift - LIFT)
        return result

    def log_stationary(self) -> Scaled:
        """Return the stationary law of the chain without its exits, entries below e**-1900 as zero.

        A law that no longer agrees with the weights it was computed with is computed again with better ones.

        Raises
        ------
        ReachabilityError
            If there are several closed classes, hence many laws.
        """
        load_kernels()
        return self._law

    @cached_property
    def _law(self) -> Scaled:
        hint, store, trusted = self.hint, None, 0
        rates, transient = (self.forward, self.backward), np.zeros(self.plan.size, dtype=bool)
        while trusted < PASSES:
            factors = self._factorise(*rates, np.zeros(self.plan.size), hint, WIDE, store)
            store = factors.store
            if factors.zeros > 1 and not transient.any() and self._transient.any():
                transient = self._transient
                rates = self._between(~transient)
            elif factors.zeros != 1 + transient.sum():
                if hint is None or trusted > 0:
                    raise ReachabilityError(_too_slow())
                hint = None
            else:
                trusted += 1
                log, law = self._stationary(factors, transient)
                known = log > FLOOR
                if hint is None and log.min() > -PLAIN:
                    return self._spread(law)
                weights = factors.weights - factors.weights[np.argmax(log)]
                if np.abs(log[known] / (2 * LN2) - weights[known]).max() <= NEAR:
                    return self._spread(Scaled(np.where(known, law.mantissa, 0.0), np.where(known, law.exponent, 0)))
                hint = np.empty(self.plan.size)
                hint[self.plan.cells] = np.maximum(log, -STEP * trusted)
        raise FokkerError(explain(f"the stationary law did not settle in {PASSES} passes.", try_="a finer grid"))

    def _stationary(self, factors: _Factors, transient: Mask) -> tuple[Array, Scaled]:
        """Return the logarithm of the law and the law, in the order of elimination."""
        last = int(np.flatnonzero(~transient[self.plan.cells])[-1])
        count = len(self.plan.cells)
        mantissa, exponent = np.zeros(count), np.full(count, NOTHING, dtype=np.int32)
        mantissa[last], exponent[last] = 0.5, 1
        substitute(*self._panels(factors), mantissa, exponent, True, last)
        exponent = np.where(mantissa > 0, exponent + factors.weights, 0).astype(np.int32)
        law = normalised(Scaled(mantissa, exponent))
        mantissa, rise = np.frexp(law.mantissa)
        law = Scaled(mantissa, law.exponent + rise)
        return law.log(), law

    @cached_property
    def _transient(self) -> Mask:
        """Return the kept cells outside the one closed class, which must be the only one."""
        plan = self.plan
        owner, count = closed_classes(plan.size, plan.tail, plan.head, self.forward, self.backward, plan.keep)
        if count > 1:
            raise ReachabilityError(
                explain(
                    f"the cells fall into {count} closed classes: their stationary law is not unique.",
                    try_="a connected domain, or noise that joins its parts",
                )
            )
        outside: Mask = owner < 0
        return outside if plan.keep is None else outside & plan.keep

    def _between(self, cells: Mask) -> tuple[Array, Array]:
        """Return the rates among some cells, all others zero."""
        there = cells[self.plan.tail] & cells[self.plan.head]
        return self.forward * there, self.backward * there

    @cached_property
    def _factors(self) -> _Factors:
        if self.singular:
            raise ReachabilityError(
                explain(
                    "some cells reach no exit: their equations have no solution.",
                    try_="a target, wall or rate by which every cell can leave",
                )
            )
        if self.sure and self.hint is not None and self._cut_off(self.hint):
            raise ReachabilityError(_too_slow())
        for hint in [self.hint, None] if self.hint is not None else [None]:
            factors = self._factorise(self.forward, self.backward, self.exits, hint, NARROW)
            if factors.zeros == 0:
                return factors
        raise ReachabilityError(_too_slow())

    def _cut_off(self, hint: Array) -> bool:
        """Return whether every way out of some cell leads over states too far up for rates in doubles."""
        plan = self.plan
        within = np.zeros(plan.size, dtype=bool)
        within[plan.cells] = hint[plan.cells] > hint[plan.cells].max() - 2 * LN2 * SURE
        if within[plan.cells].all():
            return False
        forward, backward = self._between(within)
        reached = reaches_exit(plan.size, plan.tail, plan.head, forward, backward, self.exits * within)
        return not reached[within].all()

    def _factorise(
        self, forward: Array, backward: Array, exits: Array, hint: Array | None, span: int, store: Array | None = None
    ) -> _Factors:
        plan = self.plan
        weights = np.zeros(len(plan.cells), dtype=np.int32) if hint is None else _weights(hint[plan.cells], span)
        leaving = exits[plan.cells] > 0
        exit_weight = int(weights[leaving].max()) if leaving.any() else 0
        largest = int(np.frexp(max(float(rates.max(initial=0.0)) for rates in (forward, backward, exits)))[1])
        if largest < 0:  # exact, and keeps the powers of two below within those of doubles
            forward, backward, exits = (np.ldexp(rates, -largest) for rates in (forward, backward, exits))
        if store is None:
            check_memory(plan, available_memory())
            store = np.empty(plan.room)
        most, outer = int(np.diff(plan.starts).max()), int(np.diff(plan.boundary_starts).max())
        pivot, split = np.empty(len(plan.cells)), np.empty(len(plan.cells), dtype=np.int32)
        with one_thread():
            zeros = factorise_fronts(
                plan.cells, plan.starts, plan.boundary_starts, plan.boundary, plan.child, plan.sibling,
                plan.edge_starts, plan.edges, plan.early, plan.late, plan.offsets,
                forward, backward, exits, weights, exit_weight, SCALE - max(largest, 0), hint is None,
                store, pivot, split,
                np.empty(outer + 1, dtype=np.int32), np.empty(outer, dtype=np.int32), *scratch(most, outer + 1),
            )  # fmt: skip
        return _Factors(weights, SCALE - largest, store, pivot, split, zeros)

    def _panels(self, factors: _Factors) -> tuple[Index, Index, Short, Index, Array, Array, Short]:
        plan = self.plan
        places = plan.starts, plan.boundary_starts, plan.boundary, plan.offsets
        return *places, factors.store, factors.pivot, factors.split

    def _substituted(self, right: Scaled, sign: int) -> Scaled:
        """Solve, transposed if `sign` is -1: weights and their inverses change places."""
        factors, cells = self._factors, self.plan.cells
        weights = np.int32(sign) * factors.weights
        mantissa, exponent = np.frexp(right.mantissa[cells])
        if not right.plain:
            exponent = exponent + right.exponent[cells]
        exponent = np.where(mantissa > 0, exponent + weights + np.int32(factors.shift), NOTHING).astype(np.int32)
        substitute(*self._panels(factors), mantissa, exponent, sign < 0, -1)
        return self._spread(Scaled(mantissa, np.where(mantissa > 0, exponent - weights, 0)))

    def _spread(self, x: Scaled) -> Scaled:
        """Return a vector in the order of elimination in that of the grid."""
        mantissa, exponent = np.zeros(self.plan.size), np.zeros(self.plan.size, dtype=np.int32)
        mantissa[self.plan.cells], exponent[self.plan.cells] = x.mantissa, x.exponent
        return Scaled(mantissa, exponent)


def _weights(hint: Array, span: int) -> Short:
    """Return log2 of the square root of the law as integers within `span` of the largest."""
    bits = np.maximum(hint - hint.max(), -2 * LN2 * span) / (2 * LN2)
    weights: Short = np.rint(bits).astype(np.int32)
    return weights


def _too_slow() -> str:
    return explain(
        "some cells are joined to the others by rates too small for doubles.",
        accepted="barriers up to some 1250 kT in two and three dimensions, where a potential tells the wells",
        try_="a potential, a lower barrier, or one dimension, where barriers have no limit",
    )


def _rates(name: str, rates: Array, shape: tuple[int, ...]) -> Array:
    """Return checked rates as the kernels expect them."""
    values = np.require(rates, dtype=np.float64, requirements=["C", "W"])
    if values.shape != shape:
        raise ValueError(f"{name} rates must have shape {shape}; got {values.shape}.")
    # a NaN fails the first comparison, an infinity the second
    if not (values.min(initial=0.0) >= 0.0 and values.max(initial=0.0) < np.inf):
        raise ValueError(f"{name} rates must be finite and not negative: elimination only adds.")
    return values
