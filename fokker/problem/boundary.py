"""Walls in physics words: reflecting, absorbing, periodic, and partly absorbing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from fokker.errors import BoundaryError, explain
from fokker.problem.real import as_real

Intervals: TypeAlias = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Robin:
    """A partly absorbing wall: the outward flux is kappa times the density at the wall.

    kappa -> 0 is a reflecting wall, kappa -> inf an absorbing one. The rate kappa is a velocity
    (length per time).

    Parameters
    ----------
    kappa : float
        Positive and finite.

    Raises
    ------
    BoundaryError
        If kappa is not a positive, finite number.

    References
    ----------
    F. C. Collins and G. E. Kimball, *J. Colloid Sci.* 4 (1949) 425.

    Examples
    --------
    >>> Robin(2.0)
    Robin(kappa=2.0)
    """

    kappa: float

    def __post_init__(self) -> None:
        kappa = as_real(self.kappa)
        if kappa is None or not 0 < kappa < math.inf:
            word = {0.0: '"reflecting"', math.inf: '"absorbing"'}.get(kappa, "") if kappa is not None else ""
            raise BoundaryError(
                explain(
                    "the rate of a partly absorbing wall is not a positive, finite number.",
                    given=f"Robin({self.kappa!r})",
                    accepted="kappa > 0, with: flux out of the domain = kappa p at the wall",
                    try_=f"{word}, which is this limit" if word else "",
                )
            )
        object.__setattr__(self, "kappa", kappa)


Plain: TypeAlias = Literal["reflecting", "absorbing"] | Robin


@dataclass(frozen=True)
class Window:
    """A part of a wall that is unlike the rest, such as a small exit (narrow escape).

    Parameters
    ----------
    where : callable
        Predicate that is True in the window. For a straight wall it takes the other coordinates in the order
        of the domain; for the wall of an obstacle it takes all of them, and is asked within a cell of the wall.
    wall : "absorbing", "reflecting" or Robin
        What the window is.
    else_ : "reflecting", "absorbing" or Robin
        What the rest of the wall is.

    Raises
    ------
    BoundaryError
        If `where` is not callable, a wall is unknown or "periodic", or both parts are the same.

    Notes
    -----
    The share of each face in the window is found by bisection. At the rim of a window the current density
    of a flat wall diverges like the inverse root of the distance, so that passage times are of first order
    in the cell size and not of second.

    Examples
    --------
    >>> import fokker
    >>> box = fokker.Problem(
    ...     lambda x, y: (0 * x, 0 * y),
    ...     diffusion=1.0,
    ...     domain={"x": (-1, 1), "y": (0, 1)},
    ...     boundary={"y": (Window(lambda x: abs(x) < 0.1, "absorbing"), "reflecting")},
    ... )
    >>> sorted(fokker.discretize(box, cells=(40, 20)).exit_rates)
    ['y left window']
    """

    where: Callable[..., Any]
    wall: Plain = "absorbing"
    else_: Plain = "reflecting"

    def __post_init__(self) -> None:
        if not callable(self.where):
            raise BoundaryError(
                explain(
                    "a window is not a predicate.",
                    given=repr(self.where),
                    accepted='Window(lambda x: abs(x) < 0.1, "absorbing", else_="reflecting")',
                )
            )
        for part in (self.wall, self.else_):
            if not isinstance(part, Robin) and part not in ("absorbing", "reflecting"):
                raise BoundaryError(explain("a part of a wall is unknown.", given=repr(part), accepted=PLAIN))
        if self.wall == self.else_:
            raise BoundaryError(
                explain(
                    "the window is like the rest of its wall.",
                    given=f"{self.wall!r} in both parts",
                    try_=f"{self.wall!r} for the whole wall",
                )
            )

    def __str__(self) -> str:
        return f"{self.wall} in a window, else {self.else_}"


Wall: TypeAlias = Literal["reflecting", "absorbing", "periodic"] | Robin | Window
WallLike: TypeAlias = str | Robin | Window
BoundaryLike: TypeAlias = WallLike | Mapping[str, WallLike | tuple[WallLike, WallLike]]

ACCEPTED = (
    '"reflecting"  total flux zero (the default)',
    '"absorbing"   density zero at the wall',
    '"periodic"    both ends of an axis joined',
    "Robin(kappa)  flux out = kappa p at the wall",
    "Window(where, wall, else_)  a part of a wall that is unlike the rest",
)
PLAIN = (*ACCEPTED[:2], ACCEPTED[3])
FOREIGN = {
    "neumann": (
        'a "neumann" condition would set dp/dx to zero, which lets probability leak wherever there is drift.',
        '"reflecting": the total flux a p - D p\' is zero, so no probability leaves',
    ),
    "dirichlet": (
        'a "dirichlet" condition would fix the density at the wall to some value.',
        '"absorbing": the density is zero at the wall, and what arrives there leaves',
    ),
}


def parse_boundary(boundary: object, domain: Intervals) -> dict[str, tuple[Wall, Wall]]:
    """Read the walls of every axis.

    Parameters
    ----------
    boundary : str, Robin or mapping
        One wall for all sides, or for each named axis a wall or a pair (left, right). Axes that are not named
        are reflecting.
    domain : mapping of str to (float, float)

    Returns
    -------
    dict of str to (left, right)
        In the order of the domain.

    Raises
    ------
    BoundaryError
        For unknown words or axes, walls at infinity, or "periodic" on one side or an infinite axis.
    """
    if isinstance(boundary, (str, Robin, Window)):
        boundary = dict.fromkeys(domain, boundary)
    if not isinstance(boundary, Mapping):
        first = next(iter(domain))
        raise BoundaryError(
            explain(
                "the boundary is neither a word nor a dictionary of axes.",
                given=f"boundary={boundary!r}",
                accepted=ACCEPTED,
                try_=f'boundary={{"{first}": ("reflecting", "absorbing")}}   for (left, right)',
            )
        )
    for name in boundary:
        if name not in domain:
            known = ", ".join(f'"{axis}"' for axis in domain)
            given = f"boundary={{{name!r}: ...}}"
            raise BoundaryError(
                explain("the boundary names an unknown axis.", given=given, accepted=f"the axes {known}")
            )
    alone = len(domain) == 1
    return {name: _pair(name, boundary.get(name, "reflecting"), ends, alone) for name, ends in domain.items()}


def _pair(axis: str, given: object, ends: tuple[float, float], alone: bool) -> tuple[Wall, Wall]:
    sides = given if isinstance(given, (tuple, list)) else (given, given)
    if len(sides) != 2:
        headline = f"the walls of {axis} are not a pair."
        raise BoundaryError(explain(headline, given=repr(given), accepted="one wall, or (left, right)"))
    left, right = (_wall(axis, side) for side in sides)
    if alone and (isinstance(left, Window) or isinstance(right, Window)):
        raise BoundaryError(
            explain(
                "a window needs a wall with an extent, and in one dimension a wall is a point.",
                given=f'boundary={{"{axis}": {given!r}}}',
                accepted=PLAIN,
            )
        )
    if "periodic" in (left, right):
        _check_periodic(axis, left, right, ends)
    for side, wall, end in (("left", left, ends[0]), ("right", right, ends[1])):
        if math.isinf(end) and wall != "reflecting":
            headline = f"the {side} end of {axis} is at infinity, where there is no wall."
            finite = f'a finite end, for example domain={{"{axis}": {_finite(ends)}}}'
            raise BoundaryError(explain(headline, given=f"{wall!r} at {end}", accepted='"reflecting"', try_=finite))
    return left, right


def _wall(axis: str, given: object) -> Wall:
    if isinstance(given, (Robin, Window)):
        return given
    if given == "reflecting":
        return "reflecting"
    if given == "absorbing":
        return "absorbing"
    if given == "periodic":
        return "periodic"
    if isinstance(given, str) and given.lower() in FOREIGN:
        meaning, word = FOREIGN[given.lower()]
        text = explain(meaning, given=f'boundary={{"{axis}": {given!r}}}', accepted=ACCEPTED, try_=word)
        raise BoundaryError(text)
    headline = f"the wall of {axis} is unknown."
    raise BoundaryError(explain(headline, given=repr(given), accepted=ACCEPTED))


def _check_periodic(axis: str, left: Wall, right: Wall, ends: tuple[float, float]) -> None:
    if left != right:
        headline = f'"periodic" joins both ends of {axis}, so it cannot stand on one side only.'
        given = f"({left!r}, {right!r})"
        raise BoundaryError(explain(headline, given=given, try_=f'boundary={{"{axis}": "periodic"}}'))
    if math.isinf(ends[0]) or math.isinf(ends[1]):
        headline = f"a periodic axis is finite, but {axis} is not."
        finite = f'domain={{"{axis}": (0.0, period)}}'
        raise BoundaryError(explain(headline, given=f"{axis} in {ends}", try_=finite))


def _finite(ends: tuple[float, float]) -> tuple[float, float]:
    """A finite domain to suggest in place of one with infinite ends."""
    low, high = ends
    if math.isinf(low) and math.isinf(high):
        return (-10.0, 10.0)
    return (high - 10.0, high) if math.isinf(low) else (low, low + 10.0)
