"""Where a process begins on the way to its exit: cells, a delay, and what has stopped at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import TargetError, explain
from fokker.generator import Generator
from fokker.linalg.evolution import JumpChain
from fokker.results.points import positions
from fokker.results.reconstruct import LEFT_WALL, TARGET, coordinates, insert
from fokker.solvers.initial import at_once, initial_law, near_wall

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from fokker.discretize.absorb import Absorbed
    from fokker.results import Density

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Placed:
    """A beginning.

    Attributes
    ----------
    law : array, shape (n,)
        Probabilities of the cells.
    gone : array, shape (b,)
        Probabilities to have stopped at each sink before the nodes were reached.
    delay : float
        Mean time until then.
    doubts : tuple of str
    """

    law: Array
    gone: Array
    delay: float = 0.0
    doubts: tuple[str, ...] = ()


def placed(
    generator: Generator,
    absorbed: Absorbed | None,
    initial: Mapping[str, float] | Density | Callable[..., Any] | Array,
    labels: tuple[str, ...],
    matrix: csr_array,
) -> Placed:
    """Return where the process begins; `matrix` is that of its law, with the sinks as states.

    Raises
    ------
    TargetError
        If it starts on the target.
    """
    law, gone = initial_law(generator, initial), np.zeros(len(labels))
    if isinstance(initial, Mapping):
        point = tuple(np.atleast_1d(x) for x in positions(generator.problem.names, (), initial))
        if absorbed is not None and absorbed.member(*point)[0] >= 0:
            raise _on_target(initial)
        if generator.chain is not None:
            return _between_nodes(generator, absorbed, point[0], labels, matrix)
    for label, share in at_once(generator, initial).items():
        if label in labels:
            gone[labels.index(label)] = share
    law = law * (1.0 - float(gone.sum()))
    if absorbed is None:
        return Placed(law, gone, 0.0, near_wall(float(gone.sum())))
    inside = law * ~absorbed.outside
    if not isinstance(initial, Mapping) and float(inside.sum()) > 1e-12:
        raise _on_target(initial)
    for number, label in enumerate(absorbed.labels):
        if label in labels:
            gone[labels.index(label)] += inside[absorbed.inside == number].sum()
    return Placed(law - inside, gone, 0.0, near_wall(float(gone.sum())))


def _between_nodes(
    generator: Generator, absorbed: Absorbed | None, x: Array, labels: tuple[str, ...], matrix: csr_array
) -> Placed:
    """Send a point of a chain to its neighbours: ``c_l / (c_l + c_r)`` go to the left, after ``m / (c_l + c_r)``.

    Where the way to the right takes longer than that to the left by d, what went to the left is carried on by d.
    """
    chain = generator.chain
    assert chain is not None
    sides = insert(chain, coordinates(chain, x), absorbed)
    conductance = np.array([float(side.conductance[0]) for side in sides])
    mass = np.array([float(side.mass[0]) for side in sides])
    on_node = bool(np.isinf(conductance).any())
    shares = np.isinf(conductance) / np.isinf(conductance).sum() if on_node else conductance / conductance.sum()
    parts = np.zeros((2, generator.cells + len(labels)))
    for part, side, share in zip(parts, sides, shares, strict=True):
        node = int(side.node[0])
        if node >= 0:
            part[node] = share
        elif share > 0.0 and (label := _label(generator, absorbed, node)) in labels:
            part[generator.cells + labels.index(label)] = share
        elif share > 0.0:  # a wall that sends back, or puts in elsewhere
            part[: generator.cells] += share * sum(jump.law for jump in generator.jumps if jump.wall == label)
    if not parts[:, : generator.cells].any():
        raise _on_target({generator.problem.names[0]: float(x[0])})
    gone = float(parts[:, generator.cells :].sum())
    delay = 0.0
    if not on_node and gone == 0.0 and (conductance > 0.0).all():
        # of constant coefficients, where c = D / l and m = l / 2; the rest is of fourth order
        later = float(mass[1] / conductance[1] - mass[0] / conductance[0]) / 3.0
        first = 0 if later > 0.0 else 1
        parts[first] = JumpChain.of_matrix(matrix).carried(parts[first], abs(later))[0]
        delay = float(mass.sum() / conductance.sum() + shares[first] * abs(later))
    elif not on_node:  # next to a wall
        delay = float(mass.sum() / conductance.sum())
    state = parts.sum(axis=0)
    state /= state.sum()  # next to a wall that sends back
    return Placed(state[: generator.cells], state[generator.cells :], delay, near_wall(gone))


def _label(generator: Generator, absorbed: Absorbed | None, code: int) -> str:
    """Return the name of the sink behind the code of a stop."""
    if code <= TARGET:
        assert absorbed is not None
        return absorbed.labels[TARGET - code]
    return f"{generator.problem.names[0]} {'left' if code == LEFT_WALL else 'right'}"


def _on_target(initial: object) -> TargetError:
    return TargetError(explain("the process starts on the target.", given=f"initial={initial!r}"))
