"""What is asked of a problem at points: its coefficients, and what kind of problem it is."""

from __future__ import annotations

from typing import NoReturn

from numpy.typing import ArrayLike

from fokker.errors import CoefficientError, explain
from fokker.problem.boundary import Wall
from fokker.problem.convention import Convention
from fokker.problem.langevin import Langevin
from fokker.problem.points import FloatArray, as_points
from fokker.problem.thermal import Thermal
from fokker.problem.timed import Clock


class Evaluated:
    """Axes, kind and coefficients of a problem; the values of a problem in time are those of `Problem.at_time`."""

    domain: dict[str, tuple[float, float]]
    walls: dict[str, tuple[Wall, Wall]]
    process: Langevin | Thermal
    clock: Clock | None

    @property
    def dimension(self) -> int:
        """Number of axes."""
        return len(self.domain)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the axes, in the order of the arguments of every callable."""
        return tuple(self.domain)

    @property
    def time(self) -> bool:
        """Whether coefficients or ends of the domain depend on time; see `Problem.at_time`."""
        return self.clock is not None

    @property
    def convention(self) -> Convention | None:
        """The convention; None if the noise is constant and none was given, isothermal for a potential."""
        return Convention.parse("isothermal") if isinstance(self.process, Thermal) else self.process.convention

    @property
    def alpha(self) -> float:
        """The convention as a number: 0 Ito (or constant noise), 1/2 Stratonovich, 1 isothermal."""
        return 1.0 if isinstance(self.process, Thermal) else self.process.alpha

    @property
    def has_potential(self) -> bool:
        """Whether the problem was made by `from_potential`."""
        return isinstance(self.process, Thermal)

    @property
    def has_force(self) -> bool:
        """Whether a non-gradient force was given beside the potential."""
        return isinstance(self.process, Thermal) and self.process.force is not None

    def drift_at(self, *coords: ArrayLike, check: bool = True) -> FloatArray:
        """Evaluate the drift a, as it was given (see `ito` for the Ito drift).

        Parameters
        ----------
        *coords : array_like
            One array for each axis.
        check : bool
            If false nothing is raised: NaN and inf pass through, and a callable that fails gives NaN.

        Returns
        -------
        ndarray
            Of the shape of the points; in d > 1 with a leading axis of d components.

        Raises
        ------
        CoefficientError
            At the first offending point, or if the problem was made from a potential.
        """
        self._require_held()
        points, shape = as_points(self.domain, coords)
        if isinstance(self.process, Thermal):
            self._lacks("drift", "potential_at and force_at, or ito().drift_at")
        return _shaped(self.process.drift_at(points, check), shape)

    def diffusion_at(self, *coords: ArrayLike, check: bool = True) -> FloatArray:
        """Evaluate D = sigma sigma^T / 2, or mobility times temperature.

        Parameters
        ----------
        *coords, check
            As in `drift_at`.

        Returns
        -------
        ndarray
            Of the shape of the points; in d > 1 with leading axes (), (d,) or (d, d) as it was given.

        Raises
        ------
        CoefficientError
            At the first point where D is not positive and finite (zero is allowed exactly on a wall).
        ConventionError
            If D is found to depend on the state and no convention was given.
        """
        self._require_held()
        points, shape = as_points(self.domain, coords)
        return _shaped(self.process.diffusion_at(points, check), shape)

    def potential_at(self, *coords: ArrayLike, check: bool = True) -> FloatArray:
        """Evaluate U/T, the potential in units of the temperature.

        Parameters
        ----------
        *coords, check
            As in `drift_at`.

        Returns
        -------
        ndarray
            Of the shape of the points.

        Raises
        ------
        CoefficientError
            At the first offending point, or if the problem has no potential.
        """
        self._require_held()
        points, shape = as_points(self.domain, coords)
        if isinstance(self.process, Langevin):
            self._lacks("potential", "drift_at, or Problem.from_potential")
        return _shaped(self.process.potential_at(points, check), shape)

    def force_at(self, *coords: ArrayLike, check: bool = True) -> FloatArray:
        """Evaluate F/T, the non-gradient force in units of the temperature; zero if there is none.

        Parameters
        ----------
        *coords, check
            As in `drift_at`.

        Returns
        -------
        ndarray
            As for `drift_at`.

        Raises
        ------
        CoefficientError
            At the first offending point, or if the problem has no potential.
        """
        self._require_held()
        points, shape = as_points(self.domain, coords)
        if isinstance(self.process, Langevin):
            self._lacks("force", "drift_at, or Problem.from_potential")
        return _shaped(self.process.force_at(points, check), shape)

    def _require_held(self) -> None:
        """Raise where a value is asked of coefficients that depend on time."""
        if self.clock is not None:
            raise CoefficientError(
                explain(
                    "the coefficients depend on time, and no time is given.",
                    given="a problem made with time=True",
                    try_="problem.at_time(t), the problem with the time held, and its drift_at, diffusion_at, ...",
                )
            )

    def _lacks(self, what: str, instead: str) -> NoReturn:
        given = "Problem.from_potential(U, ...)" if self.has_potential else "Problem(drift, ...)"
        raise CoefficientError(explain(f"this problem has no {what} of its own.", given=given, try_=instead))


def _shaped(values: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Undo the lift of single points to arrays of one element."""
    return values if shape else values.reshape(values.shape[:-1])
