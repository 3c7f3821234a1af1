"""Where a process begins on the way to its exit: cells, a delay, and what has stopped at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.errors import TargetError, explain
from fokker.generator import Generator
from fokker.results.points import positions
from fokker.results.reconstruct import LEFT_WALL, RIGHT_WALL, TARGET, coordinates, insert
from fokker.solvers.exit_ladder import carried
from fokker.solvers.initial import at_once, initial_law, near_wall

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from fokker.discretize.absorb import Absorbed
    from fokker.results import Density

Array = NDArray[np.float64]

_FEW = 10.0  # cells to the stop under which the density at the 1e-4 quantile is wrong by a factor of about 2
_ROUNDED = 1e-12  # probability on the target that a law may have
_SUDDEN = 1e-6  # probability to stop within a jump that is worth a word: a 100th of the lowest quantile promised
_CUT = (
    0.6  # fall of the first flux in the time of a jump to the stop: 1 where a density is cut off, up to 0.4 elsewhere
)
_BULK = 0.1  # the same in the time of any jump: far less where the process is killed at a rate within the domain


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
        return Placed(law, gone, 0.0, _near(gone))
    inside = law * ~absorbed.outside
    if not isinstance(initial, Mapping) and float(inside.sum()) > _ROUNDED:
        raise _on_target(initial, float(inside.sum()))
    for number, label in enumerate(absorbed.labels):
        if label in labels:
            gone[labels.index(label)] += inside[absorbed.inside == number].sum()
    return Placed(law - inside, gone, 0.0, _near(gone))


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
        parts[first] = carried(matrix, parts[first], abs(later))
        delay = float(mass.sum() / conductance.sum() + shares[first] * abs(later))
    elif not on_node:  # next to a wall
        delay = float(mass.sum() / conductance.sum())
    state = parts.sum(axis=0)
    state /= state.sum()  # next to a wall that sends back
    return Placed(state[: generator.cells], state[generator.cells :], delay, _near(parts[:, generator.cells :]))


def _near(gone: Array) -> tuple[str, ...]:
    """Return a doubt if what stops before a node is reached is as much as a picture or a quantile would show."""
    share = float(gone.sum())
    return near_wall(share) if share > _SUDDEN else ()


def near_doubts(
    generator: Generator, absorbed: Absorbed | None, initial: object, labels: tuple[str, ...]
) -> tuple[str, ...]:
    """Return a doubt if a point of a chain lies a few cells from where the process stops."""
    if generator.chain is None or not isinstance(initial, Mapping):
        return ()
    away = _cells_away(generator, absorbed, initial, labels)
    if not away < _FEW:
        return ()
    return (
        f"the process starts {away:.3g} cells from where it stops: before the 1e-2 quantile the density is too "
        "large, at the 1e-4 quantile by a factor of 2 or more",
    )


def _cells_away(
    generator: Generator, absorbed: Absorbed | None, initial: Mapping[str, float], labels: tuple[str, ...]
) -> float:
    """Return the distance of a point from the nearest stop, in cells along the axis."""
    chain = generator.chain
    assert chain is not None
    faces, period = chain.line.axis.face_coordinates, chain.line.period
    ends = {LEFT_WALL: faces[:1], RIGHT_WALL: faces[-1:]}
    stops = [at for code, at in ends.items() if _label(generator, absorbed, code) in labels]
    if absorbed is not None and absorbed.walls is not None:
        stops += [walls.at for walls in absorbed.walls]
    if not (at := np.concatenate([np.empty(0), *stops])).size:
        return float("inf")
    (x,) = positions(generator.problem.names, (), initial)
    if period:
        at = faces[0] + (at - faces[0]) % period
    counts = np.arange(len(faces), dtype=float)
    apart = np.abs(np.interp(at, faces, counts) - np.interp(coordinates(chain, np.atleast_1d(x)), faces, counts))
    return float((np.minimum(apart, generator.cells - apart) if period else apart).min())


def sudden_doubts(matrix: csr_array, law: Array) -> tuple[str, ...]:
    """Return a doubt if a density does not vanish where the process stops: its flux falls with the first jumps.

    `matrix` is that of the law, with the sinks as the last states.
    """
    cells = len(law)
    leak = np.asarray(matrix[cells:, :cells].sum(axis=0)).ravel()
    flux = leak * law
    if not flux.sum() > 0.0:
        return ()
    inner, total = matrix[:cells, :cells], float(flux.sum())
    rate, fastest = float(leak @ flux) / total, -float(flux @ inner.diagonal()) / total
    fall, chance = -float(leak @ (inner @ law)) / total, total / rate
    if fall < max(_CUT * rate, _BULK * fastest) or chance < _SUDDEN:
        return ()
    return (
        f"the law begins where the process stops: up to {chance:.3g} of it does so within {1.0 / rate:.3g}, the time "
        "of a jump from the last cells, which they do not resolve",
    )


def _label(generator: Generator, absorbed: Absorbed | None, code: int) -> str:
    """Return the name of the sink behind the code of a stop."""
    if code <= TARGET:
        assert absorbed is not None
        return absorbed.labels[TARGET - code]
    return f"{generator.problem.names[0]} {'left' if code == LEFT_WALL else 'right'}"


def _on_target(initial: object, share: float = 1.0) -> TargetError:
    law = f"a law with {share:.3g} of its mass inside the target"
    return TargetError(
        explain(
            "the process starts on the target.",
            given=f"initial={initial!r}" if isinstance(initial, Mapping) else law,
            accepted=f"a point outside the target, or a law with at most {_ROUNDED:g} inside",
            try_="" if isinstance(initial, Mapping) else "the law cut off at the target and divided by what is left",
        )
    )
