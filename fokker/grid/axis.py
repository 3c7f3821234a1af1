"""One axis of a grid: cells, nodes, walls on faces, and the map between position and coordinate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.completion import hides
from fokker.errors import GridError, explain
from fokker.grid.maps import Log, Logit, Map, Sinh, Straight

Array = NDArray[np.float64]
Closure = Literal["power", "reflect", "absorb"]
CLOSURES = ("power", "reflect", "absorb")
FAR = 1e6  # default reach of a power-law tail, in units of the scale


@hides("fitted given_faces log_start mapping position resolved singular wish")
@dataclass(frozen=True)
class Axis:
    """Cells along one coordinate; nodes in the middle of the cells, walls on the outermost faces.

    Build one with `uniform`, `stretched`, `line` or `half_line`.

    Attributes
    ----------
    cells : int
        Number of cells, and so of unknowns.
    lo, hi : float
        Ends of the domain; infinite for a line or half-line.
    closure : {"power", "reflect", "absorb"}
        What happens beyond the reach at an end without a wall: the mass of a power-law tail is added;
        nothing lies there; the process is absorbed there.
    """

    cells: int
    lo: float
    hi: float
    closure: Closure = "power"
    map: Map | None = field(default_factory=Straight)  # None: to be fitted to the coefficients
    span: tuple[float, float] | None = None  # outermost faces; None: to be fitted
    kind: str = "uniform"
    given_faces: tuple[float, ...] | None = None
    wish: tuple[tuple[float, ...] | None, tuple[float, ...] | None, tuple[float, float] | None] = (
        None,
        None,
        None,
    )

    # ------------------------------------------------------------------ constructors
    @classmethod
    def uniform(cls, cells: int, lo: float, hi: float) -> Axis:
        """Return `cells` equal cells on the finite interval (lo, hi).

        Raises
        ------
        GridError
            If `cells` is not an integer of at least 3, or the interval is empty or infinite.

        Examples
        --------
        >>> from fokker.grid import Axis
        >>> Axis.uniform(4, 0, 2).nodes
        array([0.25, 0.75, 1.25, 1.75])
        """
        lo, hi = _number(lo, "lo"), _number(hi, "hi")
        _require(math.isfinite(lo) and math.isfinite(hi) and lo < hi, f"({lo!r}, {hi!r})", "finite lo < hi")
        cells = _count(cells)
        finest = 64 * np.spacing(max(abs(lo), abs(hi)))
        _require((hi - lo) / cells > finest, f"{cells} cells on ({lo!r}, {hi!r})", f"cells wider than {finest:.2g}")
        return cls(cells, lo, hi, span=(lo, hi))

    @classmethod
    def stretched(cls, faces: ArrayLike) -> Axis:
        """Return cells between the given, strictly increasing `faces`.

        Examples
        --------
        >>> Axis.stretched([0.0, 1.0, 3.0, 4.0]).nodes
        array([0.5, 2. , 3.5])
        """
        array = _numbers(faces, "faces")
        good = array.ndim == 1 and len(array) >= 4 and bool(np.isfinite(array).all())
        good = good and bool((np.diff(array) > 64 * np.spacing(np.abs(array).max())).all())
        _require(good, f"faces={faces!r}", "4 or more increasing faces, apart by more than rounding")
        lo, hi = float(array[0]), float(array[-1])
        return cls(
            len(array) - 1,
            lo,
            hi,
            span=(lo, hi),
            kind="stretched",
            given_faces=tuple(float(v) for v in array),
        )

    @classmethod
    def line(
        cls,
        cells: int,
        scale: float | Sequence[float] | None = None,
        center: float | Sequence[float] | None = None,
        reach: float | tuple[float, float] | None = None,
        map: Literal["sinh"] = "sinh",
        closure: Closure = "power",
    ) -> Axis:
        """Return an axis for the whole line, refined around one or several centres.

        Parameters
        ----------
        cells : int
            Number of cells.
        scale : float or sequence, optional
            Width of the refined region of each centre (same units as x). Too small costs little, too large
            leaves the core unresolved. Taken from the coefficients when left out.
        center : float or sequence, optional
            Places to refine; from the coefficients when left out.
        reach : float or pair, optional
            Distance of the outermost faces from the outermost centres; from the coefficients when left out:
            1e6 scales where a power-law tail is found, else where the density has fallen by exp(700).
        map : {"sinh"}
            ``xi = sum asinh((x - center) / scale)``.
        closure : {"power", "reflect", "absorb"}
            What lies beyond the reach: see `Axis`.

        Raises
        ------
        GridError
            For numbers that make no grid, or unknown words.

        Examples
        --------
        >>> axis = Axis.line(100, scale=0.5, center=[-1.0, 1.0], reach=1e6)
        >>> bool(abs(axis.faces[0] + 1 + 1e6) < 1e-4)
        True
        """
        _require(map == "sinh", f"map={map!r}", '"sinh"')
        axis = cls(_count(cells), -math.inf, math.inf, _closure(closure), None, None, "line")
        return axis.fitted(_places(scale, "scale"), _places(center, "center"), _pair(reach), wish=True)

    @classmethod
    def half_line(
        cls,
        cells: int,
        scale: float | Sequence[float] | None = None,
        start: float = 0.0,
        end: float = math.inf,
        center: float | Sequence[float] | None = None,
        reach: float | tuple[float, float] | None = None,
        map: Literal["sinh", "log"] = "sinh",
        closure: Closure = "power",
    ) -> Axis:
        """Return an axis for the half-line from `start` to `end` = plus or minus infinity.

        With ``map="sinh"`` there is a wall at `start`. With ``map="log"`` the start is a point where the
        coefficients are singular (such as D = 0, or the centre of a ball): cells shrink towards it by a
        constant factor, and `reach` is the pair (nearest, farthest) distance from it. Then `end` may be
        finite, a wall.

        Examples
        --------
        >>> Axis.half_line(4, map="log", reach=(0.1, 10.0)).faces.round(3)
        array([ 0.1  ,  0.316,  1.   ,  3.162, 10.   ])
        """
        _require(math.isfinite(start), f"start={start!r}", "a finite number")
        start, end = _number(start, "start"), _number(end, "end")
        _require(math.isfinite(start), f"start={start!r}", "a finite number")
        _require(map in ("sinh", "log"), f"map={map!r}", '"sinh" or "log"')
        if map == "sinh":
            _require(math.isinf(end), f"end={end!r}", "math.inf or -math.inf (use uniform for a finite interval)")
        _require(end != start, f"start={start!r}, end={end!r}", "different ends")
        lo, hi = min(start, end), max(start, end)
        kind = "half-line" if map == "sinh" else "log" if start < end else "log down"
        axis = cls(_count(cells), lo, hi, _closure(closure), None, None, kind)
        pair = _pair(reach)
        if map == "log" and pair is not None:
            _require(pair[0] < pair[1], f"reach={reach!r}", "(nearest, farthest) distance, nearest < farthest")
            _require(math.isinf(end) or pair[1] == hi - lo, f"reach={reach!r}", f"(nearest, {hi - lo:g})")
        return axis.fitted(_places(scale, "scale"), _places(center, "center"), pair, wish=True)

    @classmethod
    def logit(cls, cells: int, lo: float, hi: float, reach: float | tuple[float, float] | None = None) -> Axis:
        """Return an axis on (lo, hi) whose cells shrink towards both ends by a constant factor.

        For coefficients that are singular at both ends, such as D = x (1 - x). `reach` is the distance of the
        outermost faces from the ends; what lies beyond follows the local powers of the coefficients.

        Examples
        --------
        >>> Axis.logit(4, 0.0, 1.0, reach=1e-3).faces.round(3)
        array([0.001, 0.031, 0.5  , 0.969, 0.999])
        """
        lo, hi = _number(lo, "lo"), _number(hi, "hi")
        _require(math.isfinite(lo) and math.isfinite(hi) and lo < hi, f"({lo!r}, {hi!r})", "finite lo < hi")
        pair = _pair(reach)
        _require(pair is None or sum(pair) < hi - lo, f"reach={reach!r}", f"less than {hi - lo:g} in all")
        return cls(_count(cells), lo, hi, "power", None, None, "logit").fitted(None, None, pair, wish=True)

    def fitted(
        self,
        scale: tuple[float, ...] | None,
        center: tuple[float, ...] | None,
        reach: tuple[float, float] | None,
        wish: bool = False,
    ) -> Axis:
        """Return this mapped axis with its scale, centres and reach set (`wish`: as the user gave them)."""
        axis = replace(self, wish=(scale, center, reach)) if wish else self
        start = self.lo if math.isfinite(self.lo) else self.hi
        if self.kind == "logit":
            if reach is None:
                return axis
            return replace(axis, map=Logit(self.lo, self.hi), span=(self.lo + reach[0], self.hi - reach[1]))
        if self.log_start is not None:
            if reach is None:
                return axis
            if self.log_start == "lo":
                return replace(axis, map=Log(self.lo, 1.0), span=(self.lo + reach[0], self.lo + reach[1]))
            return replace(axis, map=Log(self.hi, -1.0), span=(self.hi - reach[1], self.hi - reach[0]))
        if scale is None:
            return axis
        if center is None:
            if not wish:
                return axis
            # a width without a place: the start of a half-line, the origin of a line
            center = (start if self.kind == "half-line" else 0.0,)
        if len(scale) == 1:
            scale = scale * len(center)
        _require(len(scale) == len(center), f"scale={scale!r}, center={center!r}", "one scale a centre, or one")
        axis = replace(axis, map=Sinh(center, scale))
        if reach is None:
            return axis
        left = self.lo if math.isfinite(self.lo) else min(center) - reach[0]
        right = self.hi if math.isfinite(self.hi) else max(center) + reach[1]
        _require(left < right, f"reach={reach!r}", "a reach beyond the centres")
        return replace(axis, span=(left, right))

    # ------------------------------------------------------------------ geometry
    @property
    def resolved(self) -> bool:
        """Whether scale, centres and reach are known (otherwise `discretize` finds them)."""
        return self.map is not None and self.span is not None

    def singular(self, side: int) -> bool:
        """Whether the end on `side` (0 left, 1 right) is a finite point that the cells only approach."""
        return self.kind == "logit" or self.log_start == ("lo", "hi")[side]

    @property
    def log_start(self) -> Literal["lo", "hi"] | None:
        """Which end is the singular start of a logarithmic axis."""
        return {"log": "lo", "log down": "hi"}.get(self.kind)  # type: ignore[return-value]

    @property
    def mapping(self) -> Map:
        """The map between position and coordinate."""
        if self.map is None or self.span is None:
            raise GridError(
                explain(
                    "this axis takes its scale and reach from the coefficients, and has not seen them yet.",
                    given=f"{self!r}",
                    try_="fokker.discretize(problem, grid=...).grid, or give scale=, center= and reach=",
                )
            )
        return self.map

    @cached_property
    def face_coordinates(self) -> Array:
        """Faces in the axis coordinate, shape (cells + 1,)."""
        if self.given_faces is not None:
            return np.asarray(self.given_faces)
        mapping = self.mapping
        assert self.span is not None
        ends = mapping.coordinate(np.asarray(self.span))
        return np.linspace(ends[0], ends[1], self.cells + 1)

    @cached_property
    def node_coordinates(self) -> Array:
        """Nodes in the axis coordinate, shape (cells,): the middles of the cells."""
        faces = self.face_coordinates
        return 0.5 * (faces[:-1] + faces[1:])

    @cached_property
    def faces(self) -> Array:
        """Positions of the faces, shape (cells + 1,)."""
        x = self.position(self.face_coordinates)
        if self.span is not None and self.given_faces is None:
            x = x.copy()
            x[0], x[-1] = self.span
        return x

    @cached_property
    def nodes(self) -> Array:
        """Positions of the nodes, shape (cells,)."""
        return self.position(self.node_coordinates)

    @property
    def widths(self) -> Array:
        """Widths of the cells, shape (cells,)."""
        return np.diff(self.faces)

    def position(self, xi: Array) -> Array:
        """Return the positions x of axis coordinates."""
        return self.mapping.position(xi)

    def coordinate(self, x: Array) -> Array:
        """Return the axis coordinates of positions x."""
        return self.mapping.coordinate(x)

    def points(self, starts: Array, ends: Array, fractions: Array) -> tuple[Array, Array]:
        """Return positions at `fractions` of the segments and dx/d(fraction), shapes (m, n) and (m or 1, n)."""
        length = (ends - starts)[None, :]
        xi = starts + fractions[:, None] * length
        mapping = self.mapping
        if isinstance(mapping, Straight):
            return xi, length
        x = mapping.position(xi)
        return x, mapping.stretch(x) * length

    def __repr__(self) -> str:
        where = f"faces {self.span[0]:g} .. {self.span[1]:g}" if self.span else "reach from the coefficients"
        return f"Axis({self.kind}, {self.cells} cells, domain ({self.lo:g}, {self.hi:g}), {where})"


def _require(good: bool, given: str, accepted: str) -> None:
    if not good:
        raise GridError(explain("these numbers make no axis.", given=given, accepted=accepted))


def _numbers(value: ArrayLike, name: str) -> Array:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise GridError(explain(f"the {name} of an axis is not a number.", given=f"{name}={value!r}")) from error


def _number(value: float, name: str) -> float:
    array = _numbers(value, name)
    _require(array.ndim == 0, f"{name}={value!r}", "one number")
    return float(array)


def _count(cells: int) -> int:
    good = isinstance(cells, (int, np.integer)) and not isinstance(cells, bool) and cells >= 3
    _require(bool(good), f"cells={cells!r}", "an integer of at least 3")
    return int(cells)


def _closure(closure: str) -> Closure:
    _require(closure in CLOSURES, f"closure={closure!r}", ", ".join(f'"{c}"' for c in CLOSURES))
    return closure  # type: ignore[return-value]


def _places(value: float | Sequence[float] | None, name: str) -> tuple[float, ...] | None:
    if value is None:
        return None
    array = np.atleast_1d(_numbers(value, name))
    good = array.ndim == 1 and len(array) > 0 and bool(np.isfinite(array).all())
    if name == "scale":
        good = good and bool((array > 0).all())
    _require(good, f"{name}={value!r}", "one finite number, or a sequence of them (scales above zero)")
    return tuple(float(v) for v in array)


def _pair(reach: float | tuple[float, float] | None) -> tuple[float, float] | None:
    if reach is None:
        return None
    array = _numbers(reach, "reach")
    _require(array.shape in ((), (1,), (2,)), f"reach={reach!r}", "a distance, or a pair of them")
    array = np.broadcast_to(array, (2,))
    _require(bool(np.isfinite(array).all() and (array > 0).all()), f"reach={reach!r}", "finite, above zero")
    return float(array[0]), float(array[1])
