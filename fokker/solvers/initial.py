"""Initial laws: a point, a density, a function or an array as probabilities of the cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.calling import numbers
from fokker.errors import DomainError, explain
from fokker.generator import Generator
from fokker.results import Density
from fokker.results.behind import refuse_within
from fokker.results.field import corner_weights
from fokker.results.mesh_field import cell_weights
from fokker.results.points import positions
from fokker.results.reconstruct import coordinates

Array = NDArray[np.float64]

_ROUNDING = 1e-12  # a probability that is nothing but rounding of the place of a start
_APART = 0.02  # by how much the sum over the cells of a given density may miss one


def initial_law(generator: Generator, initial: Any) -> Array:
    """Return the probabilities of the cells, shape (n,), sum one.

    Raises
    ------
    DomainError
        If the point lies outside, or what is given is no law on this grid.
    """
    if isinstance(initial, Mapping):
        return _point(generator, initial)
    if callable(initial) and not isinstance(initial, Density):
        return _function(generator, initial)
    if isinstance(initial, Density):
        _refuse_other_grid(generator, initial)
    law = initial.mass if isinstance(initial, Density) else _array(initial)
    law = np.array(law.ravel() if law.shape == generator.shape else law)
    _refuse_left_out(generator, law)
    good = law.shape == (generator.cells,) and bool((law >= 0).all()) and abs(float(law.sum()) - 1.0) < 1e-9
    if not good:
        raise DomainError(
            explain(
                "the initial law does not fit the grid.",
                given=_described(law),
                accepted=f"{generator.cells} probabilities with sum 1 (to 1e-9), a point, a density or a function",
                try_=f"a point by its coordinates: {_some_point(generator)}" if law.ndim == 0 else "",
            )
        )
    return law


def _some_point(generator: Generator) -> str:
    return "{" + ", ".join(f'"{name}": 0.0' for name in generator.problem.names) + "}"


def _described(law: Array) -> str:
    if not np.isfinite(law).all():
        return f"an array of shape {law.shape} with entries that are not finite"
    negative = f", smallest entry {float(law.min()):.3g}" if law.size and law.min() < 0.0 else ""
    return f"an array of shape {law.shape} with sum {float(law.sum()):.12g}{negative}"


def _refuse_other_grid(generator: Generator, density: Density) -> None:
    """Raise for a density on other nodes than those of the generator."""
    mine, theirs = generator.nodes, density.nodes
    same = len(mine) == len(theirs) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-12, atol=0.0) for a, b in zip(mine, theirs, strict=True)
    )
    if not same:
        spans = ", ".join(
            f"{name} {x.min():.6g} .. {x.max():.6g}" for name, x in zip(density.names, theirs, strict=True)
        )
        raise DomainError(
            explain(
                "the initial density lies on another grid.",
                given=f"nodes {spans}, {' x '.join(str(len(x)) for x in theirs)}",
                accepted="a density on the nodes of the generator",
                try_="initial=density.at, a function of the coordinates",
            )
        )


def at_once(generator: Generator, initial: Any) -> dict[str, float]:
    """Return what walls take of a point between them and the nodes next to them, by label; for laws nothing.

    The share is linear in the place, as the probability of being absorbed there is.
    """
    if not isinstance(initial, Mapping) or generator.mesh is not None:
        return {}
    places = positions(generator.problem.names, (), initial)
    left, taken = 1.0, {}
    for (name, axis), place in zip(generator.grid.axes.items(), places, strict=True):
        at, nodes, faces = axis.coordinate(np.asarray(place)), axis.node_coordinates, axis.face_coordinates
        for side, label in ((0, f"{name} left"), (-1, f"{name} right")):
            beyond = float((at - nodes[side]) / (faces[side] - nodes[side]))
            if beyond > 0.0 and label in generator.exit_rates and generator.problem.walls[name][side] == "absorbing":
                taken[label] = left * min(beyond, 1.0)
                left -= taken[label]
    return taken


def with_walls(generator: Generator, sinks: tuple[str, ...], law: Array, initial: Any) -> tuple[Array, tuple[str, ...]]:
    """Return the probabilities of the cells, then those of the sinks, and a doubt where a wall takes some at once."""
    taken = at_once(generator, initial)
    gone = np.array([taken.get(label, 0.0) for label in sinks])
    return np.concatenate([law * (1.0 - gone.sum()), gone]), near_wall(float(gone.sum()))


def near_wall(gone: float) -> tuple[str, ...]:
    """Return a doubt about a start from which some is absorbed before a node is reached."""
    if gone < _ROUNDING:
        return ()
    return (
        f"the process starts within a cell of where it stops: with probability {gone:.3g} it does so in a time "
        "that the cells do not resolve",
    )


def resolution(generator: Generator, initial: Any) -> dict[str, str]:
    """Return for the info how wide a starting point is on the grid; nothing for laws given as such."""
    if not isinstance(initial, Mapping):
        return {}
    law = initial_law(generator, initial)
    cells = np.flatnonzero(law)
    if generator.mesh is not None:
        widths = [float(generator.volumes[cells].max()) ** (1.0 / generator.problem.dimension)]
    else:
        places = np.unravel_index(cells, generator.shape)
        axes = generator.grid.axes.values()
        widths = [float(axis.widths[place].max()) for axis, place in zip(axes, places, strict=True)]
    return {"initial": f"a point, as wide as its cell: {' x '.join(f'{w:.3g}' for w in widths)}"}


def _refuse_left_out(generator: Generator, law: Array) -> None:
    """Raise where a law has mass in cells that an obstacle leaves out."""
    gone = _left_out(generator)
    if gone is not None and law.shape == gone.shape and law[gone].any():
        raise DomainError(
            explain(
                "the initial law has mass where the process cannot be.",
                given=f"{float(law[gone].sum()):.3g} inside the obstacle",
                accepted="probabilities of the cells outside of it",
            )
        )


def _left_out(generator: Generator) -> NDArray[np.bool_] | None:
    """Return the cells that an obstacle leaves out."""
    if generator.lattice is None or generator.lattice.obstacle is None:
        return None
    return ~generator.lattice.obstacle.kept


def _refuse_absorbed(generator: Generator, places: tuple[Array, ...]) -> None:
    """Raise for a starting point on an absorbing wall."""
    for (name, ends), place in zip(generator.problem.domain.items(), places, strict=True):
        for end, wall, side in zip(ends, generator.problem.walls[name], ("left", "right"), strict=True):
            if wall == "absorbing" and float(place[0]) == end and f"{name} {side}" in generator.exit_rates:
                raise DomainError(
                    explain(
                        f"the process starts on the absorbing wall {name} = {end:g}, and is gone at once.",
                        given=f"{name} = {end:g}",
                        accepted="a point inside the domain",
                    )
                )


def _array(initial: object) -> Array:
    try:
        return np.asarray(initial, dtype=float)
    except (TypeError, ValueError) as error:
        raise DomainError(
            explain(
                "this is no initial law.",
                given=repr(initial),
                accepted='a point such as {"x": -1.0}, a density, a function, or probabilities of the cells',
            )
        ) from error


def _function(generator: Generator, density: Any) -> Array:
    places = generator.nodes if generator.lattice is None else generator.lattice.scattered()
    accepted = f"a function of ({', '.join(generator.problem.names)}) that broadcasts"
    values = numbers(density, places, "the initial density", accepted, DomainError)
    law: Array = values * _shares(generator)
    gone = _left_out(generator)
    if gone is not None:
        law = np.where(gone, 0.0, law)
    total = float(law.sum())
    if not ((values >= 0.0).all() and abs(total - 1.0) <= _APART):
        raise DomainError(
            explain(
                "the initial density does not integrate to one, or is negative.",
                given=f"smallest value {float(values.min()):.6g}, integral {total:.6g}",
                accepted=f"a density with an integral within {_APART:g} of 1 on this grid",
                try_=f"the function divided by {total:.6g}, its integral here" if 0.0 < total < np.inf else "",
            )
        )
    return law / total


def _shares(generator: Generator) -> Array:
    """Return the measure of each cell: in one dimension a node next to an absorbing wall has its share up to there."""
    shares = generator.masses
    if generator.chain is not None and generator.exit_rates:
        shares = shares.copy()
        (name,) = generator.problem.names
        for side, cell in (("left", 0), ("right", -1)):
            if f"{name} {side}" in generator.exit_rates:
                shares[cell] = generator.volumes[cell]
    return shares


def _point(generator: Generator, initial: Mapping[str, float]) -> Array:
    places = tuple(np.atleast_1d(x) for x in positions(generator.problem.names, (), initial))
    if places[0].shape != (1,):
        raise DomainError(explain("the process starts at one point.", given=f"initial={dict(initial)!r}"))
    law = np.zeros(generator.cells)
    _refuse_absorbed(generator, places)
    if generator.mesh is not None:
        cells, weights = cell_weights(generator.mesh, generator.problem.names, np.stack(places, axis=-1))
        np.add.at(law, cells[:, 0], weights[:, 0])
        return law
    if generator.lattice is not None:
        refuse_within(generator.lattice, generator.problem.names, places)
        cells, weights = corner_weights(generator.lattice, generator.problem.names, places)
        np.add.at(law, cells[:, 0], weights[:, 0])
        return law
    chain = generator.chain
    assert chain is not None
    xi, nodes, period = coordinates(chain, places[0]), chain.line.axis.node_coordinates, chain.line.period
    if period:
        nodes = np.concatenate([nodes[-1:] - period, nodes, nodes[:1] + period])
    high = int(np.clip(np.searchsorted(nodes, xi[0]), 1, len(nodes) - 1))
    share = float(np.clip((xi[0] - nodes[high - 1]) / (nodes[high] - nodes[high - 1]), 0.0, 1.0))
    shift = 1 if period else 0
    law[(high - 1 - shift) % generator.cells] += 1.0 - share
    law[(high - shift) % generator.cells] += share
    return law
