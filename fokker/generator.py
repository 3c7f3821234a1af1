"""The generator: a Markov jump process between cells, the centre of the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fokker.completion import hides
from fokker.errors import GridError, explain
from fokker.grid import Grid, Lattice, Mesh
from fokker.jump import Jump
from fokker.linalg import Factor, JumpFactor, MultifrontalFactor, Plan, SignedFactor, factorise
from fokker.linalg.memory import available_memory
from fokker.problem import Problem

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from fokker.discretize.chain import Chain

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_ENTRY = 48  # bytes of a matrix entry while it is put together
_FLAT = 500.0  # nats of relief below which the elimination needs no scaling


@dataclass(frozen=True)
class OpenEnd:
    """An end of the domain beyond which the stationary weight cannot be summed."""

    cell: int
    name: str
    index: float  # tail index: not positive
    inward: bool  # whether the end is a finite point

    def __str__(self) -> str:
        power = self.index - 1.0 if self.inward else -(1.0 + self.index)
        if not abs(power) < 50.0:
            return f"{self.name}: the density grows faster than any power"
        limit = "above -1 (distance to the end)" if self.inward else "below -1"
        return f"{self.name}: the density goes like distance**{power:.4g}, and the exponent should be {limit}"


@dataclass(frozen=True, eq=False)
class SplitEdges:
    """Edges whose rates have a reversible and an irreversible part.

    Attributes
    ----------
    edges : array of int
        Their numbers.
    conductance : array
        Face area times D over length, in axis coordinates.
    limited : int
        How many had their reversible part raised to keep the rates positive.
    """

    edges: Index
    conductance: Array
    limited: int


@hides(
    "backward chain closed closed_guess entries factor_with forward guess head kept lattice mesh notes offsets "
    "open_ends plan scheme_source signed solved_by solver_source split tail total_exit total_jump volumes"
)
@dataclass(frozen=True, eq=False, repr=False)
class Generator:
    """Cells with masses and nodes, edges with a rate in each direction, exit rates to labelled sinks.

    The probabilities ``P`` of the cells obey ``dP/dt = Q^T P`` with ``Q_ij = k_ij`` off the diagonal and
    ``Q_ii = -sum_j k_ij - sum_b kappa_i^b``. Both rates of an edge carry full relative accuracy.

    Attributes
    ----------
    problem : Problem
    grid : Grid or Mesh
    scheme : str
        Name of the edge rule.
    tail, head : array of int, shape (m,)
        The two cells of each edge.
    forward, backward : array, shape (m,)
        Rates tail to head and head to tail, 1/time.
    exit_rates : dict of str to array of shape (n,)
        Rates into the sinks, by label, 1/time.
    masses : array, shape (n,)
        Weights w with ``P_i = w_i p_i`` for the density p at the nodes (length, area, ...).
    is_reversible : bool
        Whether detailed balance holds (exactly: a chain, or a potential without force).
    peclet : float
        Largest difference of the potential across a cell.
    open_ends : tuple of OpenEnd
        Ends where the stationary weight is not summable.
    warnings : tuple of str
        Doubts found while discretising; every result repeats them.
    chain : Chain or None
        What one dimension keeps: segments and walls.
    lattice : Lattice or None
        The tensor grid of two or three dimensions.
    kept : array of bool or None
        Cells that take part; None for all (cells inside a target do not).
    guess : array or None
        Estimate of ln P of the closed domain up to a constant, that scales the elimination.
    split : SplitEdges or None
        Edges whose drift is carried beside a reference.
    closed : Factor or None
        A factor of the closed domain that is already there.
    notes : mapping
        Figures of the discretisation; the infos of results repeat them.
    offsets : array of int16, shape (m, d), or None
        Where edges do not follow the axes, the displacement of each from tail to head, in cells.
    mesh : Mesh or None
        Cells made elsewhere, in the place of a grid; see `fokker.from_fipy`.
    jumps : tuple of Jump
        Jumps beside the edges; see `fokker.reset` and `fokker.reinject`.
    """

    problem: Problem
    grid: Grid | Mesh
    scheme: str
    tail: Index
    head: Index
    forward: Array
    backward: Array
    exit_rates: dict[str, Array]
    masses: Array
    is_reversible: bool
    peclet: float
    open_ends: tuple[OpenEnd, ...] = ()
    warnings: tuple[str, ...] = ()
    chain: Chain | None = field(default=None)
    lattice: Lattice | None = None
    kept: NDArray[np.bool_] | None = None
    guess: Array | None = None
    split: SplitEdges | None = None
    closed: Factor | None = None
    notes: Mapping[str, str | float] = field(default_factory=dict)
    offsets: NDArray[np.int16] | None = None
    mesh: Mesh | None = None
    jumps: tuple[Jump, ...] = ()

    @property
    def signed(self) -> float:
        """Share of the edges with negative rates; zero unless `fokker.discretize` was asked for them."""
        return float(self.notes.get("signed", 0.0))

    @property
    def solved_by(self) -> str:
        """How its equations are solved."""
        return "sparse LU with refinement" if self.signed else "subtraction-free elimination"

    @property
    def solver_source(self) -> str:
        """Where that is described."""
        return "Li, ACM Trans. Math. Softw. 31 (2005) 302" if self.signed else "Grassmann, Taksar and Heyman 1985"

    @property
    def scheme_source(self) -> str:
        """Where the edges are described."""
        wide = self.lattice is not None and self.scheme.startswith("lattice-edge")
        return "Selling 1874" if wide else "Scharfetter and Gummel 1969"

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of cells along each axis."""
        return self.grid.shape

    @property
    def cells(self) -> int:
        """Number of cells in all."""
        return len(self.masses)

    @property
    def nodes(self) -> tuple[Array, ...]:
        """Positions of the nodes, one array an axis; on a mesh one entry a cell."""
        return self.grid.nodes

    @property
    def volumes(self) -> Array:
        """Geometric sizes of the cells."""
        if self.mesh is not None:
            return self.mesh.volumes
        if self.lattice is not None:
            open_ = self.lattice.obstacle
            return self.lattice.volumes if open_ is None else self.lattice.volumes * open_.share
        (axis,) = self.grid.axes.values()
        return axis.widths

    @property
    def rates(self) -> csr_array:
        """Off-diagonal rates ``k_ij`` from i to j, jumps included, a SciPy CSR array of shape (n, n).

        Raises
        ------
        GridError
            If jumps from many cells to many cells take more memory than there is.
        """
        from scipy.sparse import coo_array

        rows, columns, entries = self._moves()
        return coo_array((entries, (rows, columns)), shape=(self.cells, self.cells)).tocsr()

    def matrix(self) -> csr_array:
        """Return Q with its diagonal, CSR, for third parties (the diagonal loses the smallest rates)."""
        from scipy.sparse import coo_array

        rows, columns, entries = self.entries()
        return coo_array((entries, (rows, columns)), shape=(self.cells, self.cells)).tocsr()

    def entries(self) -> tuple[Index, Index, Array]:
        """Return rows, columns and values of Q with its diagonal; values in one place add up."""
        rows, columns, entries = self._moves()
        place = np.arange(self.cells)
        out = np.bincount(rows, entries, self.cells) + self.total_exit
        return np.concatenate([rows, place]), np.concatenate([columns, place]), np.concatenate([entries, -out])

    def _moves(self) -> tuple[Index, Index, Array]:
        """Return starts, ends and rates of the edges and jumps."""
        rows, columns = [self.tail, self.head], [self.head, self.tail]
        entries = [self.forward, self.backward]
        for jump in self.jumps:
            starts, ends = np.flatnonzero(jump.rates), np.flatnonzero(jump.law)
            _refuse_dense(len(starts), len(ends))
            i, j = np.repeat(starts, len(ends)), np.tile(ends, len(starts))
            other = i != j
            rows.append(i[other])
            columns.append(j[other])
            entries.append((jump.rates[i] * jump.law[j])[other])
        return np.concatenate(rows), np.concatenate(columns), np.concatenate(entries)

    @cached_property
    def total_exit(self) -> Array:
        """Sum of the exit rates of each cell."""
        rates = list(self.exit_rates.values())
        return sum(rates[1:], rates[0]) if rates else np.zeros(self.cells)

    @cached_property
    def total_jump(self) -> Array:
        """Sum of the rates of the jumps out of each cell that stay in the domain, 1/time."""
        return np.sum([jump.staying for jump in self.jumps], axis=0) if self.jumps else np.zeros(self.cells)

    @cached_property
    def factor(self) -> Factor:
        """The subtraction-free factorisation, made once."""
        if self.closed is not None and self.kept is None and not self.exit_rates and not self.jumps:
            return self.closed
        return self.factor_with(self.total_exit)

    def factor_with(self, exits: Array) -> Factor:
        """Return the factorisation of the same edges and jumps with other exit rates."""
        live = [jump for jump in self.jumps if jump.staying.any()]
        if not live:
            return self._edges_with(exits)
        rates, laws = np.stack([jump.staying for jump in live]), np.stack([jump.law / jump.share for jump in live])
        return JumpFactor(self._edges_with(exits + rates.sum(axis=0)), rates, laws, exits)

    def _edges_with(self, exits: Array) -> Factor:
        if self.lattice is None and self.mesh is None:
            return factorise(len(self.tail) == self.cells, self.forward, self.backward, exits)
        if self.signed:
            edges = self.tail, self.head, self.forward, self.backward
            return SignedFactor(*edges, exits, self.kept, self.guess)
        hint = self.closed_guess if exits.any() else self.guess  # a closed domain finds its own law
        return MultifrontalFactor(self.plan, self.forward, self.backward, exits, hint=hint, sure=True)

    @cached_property
    def plan(self) -> Plan:
        """The order of elimination of a grid in two or three dimensions."""
        if self.mesh is not None:
            return self.mesh.plan_of(self.kept)
        assert self.lattice is not None
        if self.kept is None and self.offsets is None:
            return self.lattice.plan
        reach = 1 if self.offsets is None else int(np.abs(self.offsets).max())
        return Plan.of_lattice(self.lattice.shape, self.lattice.periodic, self.tail, self.head, self.kept, reach)

    @cached_property
    def closed_guess(self) -> Array | None:
        """Logarithm of the law of the closed domain, where the relief is so high that eliminations need it."""
        if self._relief <= _FLAT:
            return None
        if self.guess is not None or self.kept is not None:
            return self.guess
        closed = self.closed or MultifrontalFactor(self.plan, self.forward, self.backward, np.zeros(self.cells))
        return closed.log_stationary().log()

    @cached_property
    def _relief(self) -> float:
        """A bound on how much ln P can differ between cells, from the rates along grid lines."""
        if (self.lattice is None and self.mesh is None) or self.signed:
            return 0.0
        total = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            rise = np.nan_to_num(np.log(self.backward) - np.log(self.forward), posinf=0.0, neginf=0.0)
        if self.mesh is not None:
            return float(np.ptp(self.mesh.along_tree(rise)))
        assert self.lattice is not None
        if self.offsets is not None:
            return _steepest_path(self.lattice, self.tail, self.offsets, rise)
        for k in range(self.lattice.dimension):
            path = np.cumsum(self.lattice.edges(rise, k), axis=k)
            total += float(np.ptp(path, axis=k).max())
        return total

    def __repr__(self) -> str:
        sinks = ", ".join(self.exit_rates) or "none"
        kind = "reversible" if self.is_reversible else "not reversible"
        return (
            f"Generator of {' x '.join(map(str, self.shape))} cells ({self.scheme}, {kind})\n"
            f"  edges       {len(self.tail)}\n"
            f"  sinks       {sinks}\n"
            f"{self._jumping}"
            f"  cell Peclet {self.peclet:.3g} (largest), {self._limits}\n"
            f"  axes        {', '.join(map(repr, self.grid.axes.values())) or repr(self.grid)}"
        )

    def _repr_html_(self) -> str:
        from fokker.notebook import record_html

        return record_html(repr(self))

    @property
    def _jumping(self) -> str:
        if not self.jumps:
            return ""
        kinds = ", ".join(f"from {jump.wall or 'the bulk'}" for jump in self.jumps)
        return f"  jumps       {kinds}\n"

    @property
    def _limits(self) -> str:
        if self.split is None or not self.split.limited:
            return "none of it limited"
        return f"{self.split.limited / len(self.tail):.2g} of the edges limited"


def _refuse_dense(starts: int, ends: int) -> None:
    """Refuse to write out jumps from so many cells to so many that the memory does not suffice."""
    need, there = _ENTRY * starts * ends, available_memory()
    if need > there:
        raise GridError(
            explain(
                f"the matrix with its jumps needs about {need / 1e9:.3g} GB of memory; {there / 1e9:.3g} GB are "
                "available.",
                given=f"jumps from {starts} cells to {ends} cells",
                accepted=f"about {int((there / _ENTRY) ** 0.5)} cells to as many",
                try_="jumps to a point, fewer cells, or a verb that does not write the matrix out: stationary, "
                "mean_first_passage, splitting, quasi_stationary",
            )
        )


def _steepest_path(lattice: Lattice, tail: Index, offsets: NDArray[np.int16], rise: Array) -> float:
    """Return a bound on the relief: the steepest rise a cell in each layer of cells, summed along all axes."""
    slope = np.abs(rise) / np.abs(offsets).sum(axis=1)
    place = np.unravel_index(tail, lattice.shape)
    total = 0.0
    for k, cells in enumerate(lattice.shape):
        steepest = np.zeros(cells)
        along = offsets[:, k] != 0
        np.maximum.at(steepest, place[k][along], slope[along])
        total += float(steepest.sum())
    return total
