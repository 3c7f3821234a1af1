"""Walls in physics words: reflecting, absorbing, periodic, and partly absorbing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

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


Wall: TypeAlias = Literal["reflecting", "absorbing", "periodic"] | Robin
WallLike: TypeAlias = str | Robin
BoundaryLike: TypeAlias = WallLike | Mapping[str, WallLike | tuple[WallLike, WallLike]]

ACCEPTED = (
    '"reflecting"  total flux zero (the default)',
    '"absorbing"   density zero at the wall',
    '"periodic"    both ends of an axis joined',
    "Robin(kappa)  flux out = kappa p at the wall",
)
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
    if isinstance(boundary, (str, Robin)):
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
    return {name: _pair(name, boundary.get(name, "reflecting"), ends) for name, ends in domain.items()}


def _pair(axis: str, given: object, ends: tuple[float, float]) -> tuple[Wall, Wall]:
    sides = given if isinstance(given, (tuple, list)) else (given, given)
    if len(sides) != 2:
        headline = f"the walls of {axis} are not a pair."
        raise BoundaryError(explain(headline, given=repr(given), accepted="one wall, or (left, right)"))
    left, right = (_wall(axis, side) for side in sides)
    if "periodic" in (left, right):
        _check_periodic(axis, left, right, ends)
    for side, wall, end in (("left", left, ends[0]), ("right", right, ends[1])):
        if math.isinf(end) and wall != "reflecting":
            headline = f"the {side} end of {axis} is at infinity, where there is no wall."
            finite = f'a finite end, for example domain={{"{axis}": {_finite(ends)}}}'
            raise BoundaryError(explain(headline, given=f"{wall!r} at {end}", accepted='"reflecting"', try_=finite))
    return left, right


def _wall(axis: str, given: object) -> Wall:
    if isinstance(given, Robin):
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
