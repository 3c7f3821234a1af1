"""The linear flow of a generator: laws carried forward with what the sinks took, or observables backward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.generator import Generator
from fokker.linalg import MultifrontalFactor, Scaled
from fokker.linalg.evolution import JumpChain

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Flow:
    """The equation ``dx/dt = A x``.

    Forward x holds the probabilities of the cells, then those of the sinks, and its sum is kept; backward it holds
    the expectations of an observable from each cell, which is zero once the process has been absorbed.

    Attributes
    ----------
    generator : Generator
    forward : bool
    """

    generator: Generator
    forward: bool = True

    @property
    def sinks(self) -> tuple[str, ...]:
        """Labels of the sinks."""
        return tuple(self.generator.exit_rates) if self.forward else ()

    @cached_property
    def leaks(self) -> Array:
        """Rates into the sinks, one row each."""
        rates = [self.generator.exit_rates[label] for label in self.sinks]
        return np.stack(rates) if rates else np.zeros((0, self.generator.cells))

    @cached_property
    def matrix(self) -> csr_array:
        """A, CSR."""
        from scipy.sparse import coo_array

        rows, columns, entries = self.entries
        return coo_array((entries, (rows, columns)), shape=(self.size, self.size)).tocsr()

    @property
    def size(self) -> int:
        """Number of states."""
        return self.generator.cells + len(self.sinks)

    @cached_property
    def entries(self) -> tuple[Index, Index, Array]:
        """Rows, columns and values of A; values in one place add up."""
        rows, columns, entries = self.generator.entries()
        if not self.forward:
            return rows, columns, entries
        if not self.sinks:
            return columns, rows, entries
        cells = self.generator.cells
        sink, cell = np.divmod(np.arange(len(self.sinks) * cells), cells)
        return (
            np.concatenate([columns, sink + cells]),
            np.concatenate([rows, cell]),
            np.concatenate([entries, self.leaks.ravel()]),
        )

    @cached_property
    def jumps(self) -> JumpChain:
        """The flow as a chain of jumps, for uniformisation."""
        return JumpChain.of(*self.entries, self.size)

    @cached_property
    def fastest(self) -> float:
        """Largest rate of leaving a cell."""
        return self.jumps.fastest

    def resolvent(self, shift: float) -> Callable[[Array], Array]:
        """Return the map ``v -> (I - shift A)^-1 v``, with one factorisation."""
        generator, cells = self.generator, self.generator.cells
        if generator.chain is not None or generator.offsets is not None or generator.jumps:
            return _by_lu(self.matrix, shift)
        factor = MultifrontalFactor(
            generator.plan, generator.forward, generator.backward, generator.total_exit + 1.0 / shift
        )

        def apply(v: Array) -> Array:
            inner = factor.solve_signed(v[:cells] / shift, self.forward)
            if generator.kept is not None:
                inner = np.where(generator.kept, inner, v[:cells])
            return np.concatenate([inner, v[cells:] + shift * (self.leaks @ inner)])

        return apply

    def damped(self, span: float, steps: int) -> Callable[[Array], Array]:
        """Return the map of so many backward Euler steps, ``(I - h A) x' = x``, on laws: nothing is subtracted."""
        generator, cells, rate = self.generator, self.generator.cells, steps / span
        factor = generator.factor_with(generator.total_exit + rate)

        def apply(x: Array) -> Array:
            law, gone = x[:cells], x[cells:]
            for _ in range(steps):
                law = factor.solve_transposed(Scaled.of(rate * law)).values()
                gone = gone + (self.leaks @ law) / rate
            return np.concatenate([law, gone])

        return apply


def _by_lu(matrix: csr_array, shift: float) -> Callable[[Array], Array]:
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import splu

    shifted = (eye_array(matrix.shape[0], format="csc") - shift * matrix).tocsc()
    factor = splu(shifted, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    solve: Callable[[Array], Array] = factor.solve
    return solve
