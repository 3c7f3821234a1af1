"""Coefficients: callables, numbers or data, evaluated on arrays of points and checked as they are.

A coefficient has a rank: 0 (scalar), 1 (a tuple of d) or 2 (nested, d x d). Its values come as one contiguous
float64 array whose leading axes are the components and whose trailing axes are those of the points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fokker.calling import shown
from fokker.errors import CoefficientError, FokkerError, explain
from fokker.problem.points import Domain, FloatArray, Points, as_points, is_bounded, locate, probe_points
from fokker.problem.sampled import Sampled
from fokker.problem.source import check_source, first_line, is_cube, pick, rank_of, remedy_for, shape_of

CoefficientLike: TypeAlias = Callable[..., Any] | float | Sampled | Sequence[Any] | FloatArray

FORMS = {0: "a scalar", 1: "a tuple of d", 2: "nested, d x d"}


@dataclass(frozen=True, eq=False)
class Coefficient:
    """One coefficient of a problem.

    Parameters
    ----------
    name : str
        How the user calls it: "drift", "noise", ...
    source : callable, number, `Sampled`, or (nested) sequence of numbers
    domain : mapping of str to (float, float)
    ranks : tuple of int
        The ranks that are allowed.
    rank : int
        The rank found when it was probed.
    """

    name: str
    source: CoefficientLike
    domain: Domain
    ranks: tuple[int, ...]
    rank: int = 0

    @classmethod
    def build(cls, name: str, source: CoefficientLike, domain: Domain, ranks: tuple[int, ...]) -> Coefficient:
        """Check the source as far as some probes inside the domain can tell.

        Raises
        ------
        CoefficientError
            For strings, wrong shapes or types, callables that do not broadcast or mix points, and on a
            bounded domain for values that are not finite.
        """
        check_source(name, source)
        coefficient = cls(name, source, domain, ranks)
        coefficient._check_reach()
        points, _ = as_points(domain, probe_points(domain))
        entries, rank = coefficient._entries(coefficient._raw(points), points)
        coefficient = replace(coefficient, rank=rank)
        values = coefficient._assemble(entries, points)
        finite = np.isfinite(values).all(axis=tuple(range(rank)))
        if is_bounded(domain) or not finite.any():
            coefficient._check_finite(values, points)
        coefficient._check_pointwise(values, points)
        return coefficient

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.domain)

    @property
    def is_constant(self) -> bool:
        """Whether it is a number or a (nested) tuple of numbers."""
        return not callable(self.source)

    @property
    def shown(self) -> str:
        """The source as the user would recognise it, for errors and `repr`."""
        if isinstance(self.source, np.ndarray) and self.source.size > 9:
            return f"<array of shape {self.source.shape}>"
        if isinstance(self.source, Sampled) or not callable(self.source):
            return repr(_plain(self.source))
        return shown(self.source)

    @property
    def given(self) -> str:
        """The argument as the user wrote it."""
        return f"{self.name}={self.shown}"

    def __call__(self, points: Points, check: bool = True) -> FloatArray:
        """Evaluate at points, one array for each coordinate, all of one shape.

        Parameters
        ----------
        points : tuple of ndarray
        check : bool
            If false nothing is raised: NaN and inf pass through, and a failing callable gives NaN.

        Returns
        -------
        ndarray, shape (d,) * rank + points.shape
        """
        if not check:
            return self._unchecked(points)
        entries, rank = self._entries(self._raw(points), points)
        if rank != self.rank:
            given = f"{FORMS[rank]} now, {FORMS[self.rank]} when the problem was made"
            raise self.error("changes its form from call to call.", given, "the same form at every point")
        values = self._assemble(entries, points)
        self._check_finite(values, points)
        return values

    def on(self, source: CoefficientLike, domain: Domain) -> Coefficient:
        """Return the same coefficient with another source of the same form, on another domain; nothing is probed."""
        part = replace(self, source=source, domain=domain)
        part._check_reach()
        return part

    def _unchecked(self, points: Points) -> FloatArray:
        try:
            entries, rank = self._entries(self._raw(points), points)
            if rank == self.rank:
                return self._assemble(entries, points)
        except FokkerError:
            pass
        return np.full(self._lead(self.rank) + points[0].shape, np.nan)

    def _raw(self, points: Points) -> Any:
        """Call the source; its own exceptions become ours, with a remedy."""
        if not callable(self.source):
            return self.source
        try:
            with np.errstate(all="ignore"):
                return self.source(*points)
        except FokkerError as error:
            error.add_note(f"(while evaluating the {self.name})")
            raise
        except Exception as error:
            given = f"{self.given}, which raised {type(error).__name__}: {first_line(error)}"
            accepted = f"a function of ({', '.join(self.domain)}), arrays of one shape, that broadcasts over them"
            raise self.error("cannot be evaluated.", given, accepted, remedy_for(error)) from error

    def _lead(self, rank: int) -> tuple[int, ...]:
        return () if self.dimension == 1 else (self.dimension,) * rank

    def _entries(self, raw: Any, points: Points) -> tuple[dict[tuple[int, ...], Any], int]:
        """Take a result apart into its components, and find its rank."""
        rank = rank_of(raw, points[0].ndim if callable(self.source) else 0)
        size = self.dimension
        if rank > 2 or not is_cube(raw, rank, size):
            raise self._misshapen(raw, points)
        entries = {index: pick(raw, index) for index in np.ndindex((size,) * rank)}
        if size == 1:
            return {(): entries[(0,) * rank]}, 0
        if rank not in self.ranks:
            raise self._misshapen(raw, points)
        return entries, rank

    def _assemble(self, entries: dict[tuple[int, ...], Any], points: Points) -> FloatArray:
        shape = points[0].shape
        if () in entries:
            return self._real(entries[()], points)
        values = np.empty(self._lead(len(next(iter(entries)))) + shape)
        for index, entry in entries.items():
            values[index] = self._real(entry, points)
        return values

    def _real(self, entry: Any, points: Points) -> FloatArray:
        """Convert one component to a fresh float64 array of the shape of the points."""
        array = np.ma.filled(entry.astype(float), np.nan) if np.ma.isMaskedArray(entry) else np.asarray(entry)
        shape = points[0].shape
        if array.shape != shape and array.size != 1:
            raise self._misshapen(entry, points)
        if array.dtype.kind not in "fiuO" or entry is None:
            raise self._not_real(array, points)
        if array.size == 1 and array.shape != shape:
            array = np.broadcast_to(array.reshape(()), shape)
        try:
            with np.errstate(all="ignore"):
                values = np.ascontiguousarray(array, dtype=np.float64)
        except (TypeError, ValueError):
            raise self._not_real(array, points) from None
        # a view may be the caller's own points, or read-only: the result must be neither
        return values if values.flags.owndata and values.flags.writeable else values.copy()

    def _check_finite(self, values: FloatArray, points: Points) -> None:
        with np.errstate(all="ignore"):
            if np.isfinite(values.sum()):
                return
        bad = ~np.isfinite(values)
        if bad.any():
            self.reject(bad, values, points, "is not finite", "finite real numbers inside the domain")

    def _check_pointwise(self, values: FloatArray, points: Points) -> None:
        """Refuse callables whose value at a point depends on the other points (sums, random numbers)."""
        if self.is_constant or isinstance(self.source, Sampled):
            return
        some = tuple(np.ascontiguousarray(point[::-3]) for point in points)
        entries, rank = self._entries(self._raw(some), some)
        again, first = self._assemble(entries, some), values[..., ::-3]
        with np.errstate(all="ignore"):
            scale = np.abs(first[np.isfinite(first)]).max(initial=0.0)
            far = np.abs(again - first) > 1e-6 * np.abs(first) + 1e-9 * scale
        moved: NDArray[np.bool_] = (far | ~np.isfinite(again)) & np.isfinite(first)
        if rank != self.rank or moved.any():
            given = f"{self.given}, whose value at {locate(self.domain, some, moved)} differs from call to call"
            accepted = "a function of the coordinates alone: no sums over points, no random numbers"
            raise self.error("depends on more than the point.", given, accepted)

    def _check_reach(self) -> None:
        """Refuse data that do not cover the domain, before anything is evaluated."""
        if not isinstance(self.source, Sampled):
            return
        if self.source.dimension != self.dimension:
            given = f"data on {self.source.dimension} axes, a domain of {self.dimension}"
            raise self.error("does not fit the domain.", given, "one array of points for each axis")
        for axis, (name, (low, high)) in zip(self.source.axes, self.domain.items(), strict=True):
            if axis[0] > low or axis[-1] < high:
                given = f"data from {float(axis[0])!r} to {float(axis[-1])!r}, domain {name} in ({low}, {high})"
                accepted = "data that cover the domain: they are never extrapolated"
                remedy = f'domain={{"{name}": ({float(axis[0])!r}, {float(axis[-1])!r})}}, or a callable'
                raise self.error(f"ends inside the domain of {name}.", given, accepted, remedy)

    def error(self, what: str, given: str, accepted: str, remedy: str = "") -> CoefficientError:
        """Build an error about this coefficient."""
        return CoefficientError(explain(f"the {self.name} {what}", given=given, accepted=accepted, try_=remedy))

    def reject(self, bad: NDArray[np.bool_], values: FloatArray, points: Points, what: str, accepted: str) -> None:
        """Raise the error that names the first offending point and the value there."""
        lead = values.ndim - points[0].ndim
        where: NDArray[np.bool_] = np.any(bad, axis=tuple(range(lead)))
        at = tuple(np.argwhere(where)[0])
        value = values[(..., *at)]
        shown = float(value) if value.ndim == 0 else value.tolist()
        place = "" if self.is_constant else f" at {locate(self.domain, points, where)}"
        headline = f"{what}{place}: {shown!r}."
        raise self.error(headline, self.given, accepted)

    def _misshapen(self, raw: Any, points: Points) -> CoefficientError:
        d = self.dimension
        forms = ("a number", f"a tuple of {d}", f"nested {d} x {d}")
        allowed = " or ".join(forms[rank] for rank in (self.ranks if d > 1 else (0,)))
        if not callable(self.source):
            remedy = self._more_noises or "Sampled(points, values) for data on points"
            return self.error("has the wrong shape.", self.given, allowed, remedy)
        accepted = f"{allowed} at each point, so here arrays of shape {points[0].shape} (or constants)"
        given = f"{self.given} with a result {shape_of(raw)}"
        return self.error("has the wrong shape.", given, accepted, self._more_noises)

    @property
    def _more_noises(self) -> str:
        """What to try where there may be more noises than coordinates."""
        several = self.name == "noise" and self.dimension > 1
        return 'more noises than coordinates: diffusion=sigma sigma^T / 2, convention="ito"' if several else ""

    def _not_real(self, array: NDArray[Any], points: Points) -> CoefficientError:
        full = np.broadcast_to(array, points[0].shape) if array.size == 1 else array
        bad = np.ones(full.shape, dtype=bool)
        if array.dtype.kind == "c" and np.imag(full).any():
            bad = np.asarray(np.imag(full) != 0)
        value = full[tuple(np.argwhere(bad)[0])]
        where = "" if self.is_constant else f" at {locate(self.domain, points, bad)}"
        remedy = "np.where(condition, a, b) instead of a comparison" if array.dtype.kind == "b" else ""
        remedy = "`return` in the function" if value is None else remedy
        accepted = "real numbers: float64, float32 or integers"
        shown = value.item() if isinstance(value, np.generic) else value
        return self.error(f"is not a real number{where}: {shown!r}.", self.given, accepted, remedy)


def _plain(source: Any) -> Any:
    """Return a constant without the types of NumPy, as it would be typed."""
    if isinstance(source, tuple | list):
        return type(source)(_plain(entry) for entry in source)
    return source.item() if isinstance(source, np.generic) else source
