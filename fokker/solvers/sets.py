"""What verbs that stop at sets have in common: cutting the sets off, and refusing what cannot be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fokker.discretize.absorb import Absorbed, absorb
from fokker.discretize.driven import Driven
from fokker.errors import FokkerError, ReachabilityError, explain
from fokker.generator import Generator
from fokker.linalg import reaches_exit
from fokker.results import Density

Mask = NDArray[np.bool_]


def require_generator(generator: Generator) -> None:
    """Raise unless the verb was given a generator."""
    if isinstance(generator, Driven):
        raise FokkerError(
            explain(
                "this verb asks a generator, and here there is one for each time.",
                given="a driven process",
                accepted="driven.at(t): the rates at one time, as if they stayed as they are",
                try_=[
                    "fokker.propagate(driven, ...) and fokker.periodic_state(driven, period), which follow the time;",
                    'for the time to reach a set, an absorbing end, boundary={"x": ("reflecting", "absorbing")}:',
                    "path.survival and path.exited say how much has arrived by when",
                ],
            )
        )
    if not isinstance(generator, Generator):
        raise FokkerError(
            explain(
                "a verb asks a generator.",
                given=f"a {type(generator).__name__}",
                try_="methods of the density, such as density.expectation(f)"
                if isinstance(generator, Density)
                else "fokker.discretize(problem, cells=400)",
            )
        )
    if generator.signed:
        return  # asked for, and solved by other means
    lowest = min(float(rates.min(initial=0.0)) for rates in (generator.forward, generator.backward))
    if not lowest >= 0.0:
        raise FokkerError(
            explain(
                "a generator has no negative rates: elimination only adds.",
                given=f"a rate of {lowest:.6g}",
                try_="the rates that fokker.discretize returns",
            )
        )


def refuse_signed(generator: Generator, verb: str) -> None:
    """Raise where a verb needs rates that are not negative."""
    if isinstance(generator, Generator) and generator.signed:
        raise FokkerError(
            explain(
                f"{verb} needs rates that are not negative.",
                given=f'scheme="nine-point-signed", with negative rates on {100 * generator.signed:.3g} % of the edges',
                accepted="the default scheme",
                try_="stationary, mean_first_passage, passage_moment, committor or rate, if it must be this one",
            )
        )


def refuse_jumps(generator: Generator, verb: str, why: str, instead: str) -> None:
    """Raise where a question has no answer, or another one, for a process that jumps."""
    if isinstance(generator, Generator) and generator.jumps:
        raise FokkerError(
            explain(
                f"{verb} is not known for a process with jumps: {why}.",
                given=", ".join(f"jumps from {jump.wall or 'the bulk'}" for jump in generator.jumps),
                accepted="a generator from fokker.discretize, before fokker.reset or fokker.reinject",
                try_=instead,
            )
        )


def stopped(
    generator: Generator, target: Callable[..., Any] | Mapping[str, Callable[..., Any]] | None
) -> tuple[Generator, Absorbed | None]:
    """Return the generator that stops at the target (or at the absorbing walls), and where the target cuts it.

    Raises
    ------
    TargetError, ReachabilityError
        As `mean_first_passage`.
    """
    require_generator(generator)
    if target is None or (isinstance(target, Mapping) and not target):
        if not generator.exit_rates:
            raise ReachabilityError(
                explain(
                    "there is nothing to reach: no wall absorbs and no target is given.",
                    given="target=None" + _unattainable(generator),
                    try_='target=lambda x: x > 1, or boundary="absorbing"',
                )
            )
        _refuse_unreachable(generator, np.ones(generator.cells, dtype=bool))
        return generator, None
    absorbed = absorb(generator, target if isinstance(target, Mapping) else {"target": target})
    _refuse_unreachable(absorbed.generator, absorbed.outside)
    return absorbed.generator, absorbed


def _refuse_unreachable(chain: Generator, outside: Mask) -> None:
    """Raise where a piece of the domain has no exit, or may lose the process to infinity."""
    if chain.factor.singular:
        lost = _lost(chain)
        places = chain.nodes if chain.lattice is None else chain.lattice.scattered()
        where = ", ".join(
            f"{name} = {x[lost].min():.6g} .. {x[lost].max():.6g}"
            for name, x in zip(chain.problem.names, places, strict=True)
        )
        raise ReachabilityError(
            explain(
                "the target cannot be reached from part of the domain, where the mean time is infinite.",
                given=f"no way out of {int(lost.sum())} cells within {where}",
                try_="a target in each piece of the domain",
            )
        )
    for end in chain.open_ends:
        if outside[end.cell]:
            raise ReachabilityError(
                explain(
                    "the mean time is infinite: the process gets lost in a tail before it reaches the target.",
                    given=str(end),
                    try_="a target that covers this end, or a finite domain",
                )
            )


def _lost(chain: Generator) -> Mask:
    """Return the cells that cannot reach an exit."""
    edges = chain.tail, chain.head, chain.forward, chain.backward
    ways_out = chain.total_exit
    for _ in chain.jumps:
        reached = reaches_exit(chain.cells, *edges, ways_out)
        ways_out = chain.total_exit + sum(jump.staying for jump in chain.jumps if (jump.law[reached] > 0.0).any())
    reached = reaches_exit(chain.cells, *edges, ways_out)
    return ~reached if chain.kept is None else ~reached & chain.kept


def _unattainable(generator: Generator) -> str:
    """Return a remark on absorbing walls that no path reaches, by Feller's test."""
    if generator.problem.dimension > 1:
        return ""
    return "".join(f"; {end.idle}" for end in generator.problem.boundaries() if end.idle)
