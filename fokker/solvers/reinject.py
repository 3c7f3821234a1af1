"""`reinject`: what a wall absorbs enters again elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fokker.errors import BoundaryError, explain
from fokker.generator import Generator
from fokker.jump import Jump
from fokker.solvers.reset import Place, landing_law
from fokker.solvers.sets import refuse_signed, require_generator


def reinject(generator: Generator, wall: str | Sequence[str], to: Place) -> Generator:
    """Return the generator of the process whose flux into absorbing walls enters again at a place or law.

    The density stays zero at the wall, and probability is conserved: an integrate-and-fire neuron that is put back
    after each spike (Brunel and Hakim 1999).

    Parameters
    ----------
    generator : Generator
        From `fokker.discretize`.
    wall : str or sequence of str
        Labels of absorbing walls, as in `Generator.exit_rates`: ``"x right"``.
    to : mapping, Density, callable or array of shape (n,)
        As in `reset`.

    Returns
    -------
    Generator
        Without these walls among its sinks.

    Raises
    ------
    BoundaryError
        If a wall does not absorb or is not known; the text lists those that do.
    DomainError
        If the point lies outside the grid, or the law does not fit it.

    References
    ----------
    N. Brunel and V. Hakim, *Neural Computation* 11 (1999) 1621.

    Examples
    --------
    >>> import fokker
    >>> problem = fokker.Problem(
    ...     drift=0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary={"x": ("reflecting", "absorbing")}
    ... )
    >>> generator = fokker.reinject(fokker.discretize(problem, cells=41), "x right", {"x": 0.5})
    >>> round(float(fokker.stationary(generator).current().values[-1]), 6)  # 1 / (the mean time of 3/8)
    2.666667
    """
    require_generator(generator)
    refuse_signed(generator, "reinject")
    labels = tuple(wall) if isinstance(wall, Iterable) and not isinstance(wall, str) else (wall,)
    for label in labels:
        if not isinstance(label, str) or label not in generator.exit_rates or labels.count(label) > 1:
            raise BoundaryError(_unknown(generator, label))
    if not labels:
        return generator
    law = landing_law(generator, to)
    place = to if isinstance(to, Mapping) else None
    jumps = tuple(Jump(generator.exit_rates[label], law, wall=label, place=place) for label in labels)
    left = {label: rates for label, rates in generator.exit_rates.items() if label not in labels}
    return replace(generator, jumps=generator.jumps + jumps, exit_rates=left, is_reversible=False)


def _unknown(generator: Generator, label: object) -> str:
    absorbing = ", ".join(map(repr, generator.exit_rates))
    if not isinstance(label, str):
        headline = f"there is no wall {label!r}."
    elif label in [jump.wall for jump in generator.jumps if jump.wall]:
        headline = f"the flux into {label!r} is already put back."
    elif label in generator.exit_rates:
        headline = f"the wall {label!r} is named twice."
    elif label in [f"{name} {side}" for name in generator.problem.names for side in ("left", "right")]:
        headline = f"nothing is absorbed at {label!r}: there is no flux to put back."
    else:
        headline = f"there is no wall {label!r}."
    return explain(
        headline,
        given=f"wall={label!r}",
        accepted=absorbing or "no wall of this problem absorbs",
        try_='boundary={"x": ("reflecting", "absorbing")}' if not absorbing else "one of these labels",
    )
