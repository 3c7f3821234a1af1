"""The record of a named problem and what is known about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from fokker.problem import Problem


@dataclass(frozen=True, eq=False, repr=False)
class Example:
    """A problem with a name, its known answers, its sets and a grid that suits it.

    Parameters
    ----------
    name : str
    problem : Problem
    description : str
        Two sentences.
    source : str
        Where the problem and its answers come from.
    known : mapping of str to number, array or callable
        Known answers; the documentation of each problem says what they are. Everywhere ``log_density`` is the
        logarithm of the normalised stationary density, ``log_weight`` the same up to a constant, ``current``
        the stationary current (one array an axis), ``covariance`` the stationary covariance and
        ``entropy_production`` its rate in nats per unit of time. Callables take the coordinates.
    sets : mapping of str to callable
        Predicates of the coordinates, to be used as targets and sources.
    cells : tuple of int
        A grid that resolves the problem.

    Notes
    -----
    Where the process lives on the whole plane the domain is a box, and the known answers are those of the
    plane. Unless a problem says otherwise, the density at the walls is below exp(-40) of its maximum, so that
    the two differ by less than rounding.

    Examples
    --------
    >>> from fokker import gallery
    >>> example = gallery.rotating_ornstein_uhlenbeck(rate=1.0, rotation=3.0)
    >>> example.known["entropy_production"]
    18.0
    >>> example
    <Example rotating_ornstein_uhlenbeck: x, y; known covariance, current, entropy_production, log_density, ray_flux>
    """

    name: str
    problem: Problem
    description: str
    source: str
    known: Mapping[str, Any]
    cells: tuple[int, ...]
    sets: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", MappingProxyType(dict(self.known)))
        object.__setattr__(self, "sets", MappingProxyType(dict(self.sets)))

    def __repr__(self) -> str:
        return f"<Example {self.name}: {', '.join(self.problem.names)}; known {', '.join(sorted(self.known))}>"

    def _repr_html_(self) -> str:
        from fokker.notebook import html

        rows = [("description", self.description), ("source", self.source), ("known", ", ".join(sorted(self.known)))]
        return html(self.name, rows)
