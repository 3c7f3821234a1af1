"""The problem: a stochastic process in a domain with walls, before anything is discretised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from numpy.typing import ArrayLike

from fokker.errors import CoefficientError, explain
from fokker.problem.boundary import BoundaryLike, Wall, parse_boundary
from fokker.problem.coefficients import CoefficientLike
from fokker.problem.convention import Convention
from fokker.problem.domain import parse_breakpoints, parse_domain
from fokker.problem.equation import write_equation, write_summary
from fokker.problem.feller import Boundaries, boundaries
from fokker.problem.ito import ItoDrift, ThermalDiffusion, check_continuous
from fokker.problem.langevin import Langevin, Pieces
from fokker.problem.points import FloatArray, as_points
from fokker.problem.thermal import Thermal, refuse_superfluous


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Problem:
    """A drift-diffusion process dX = a(X) dt + sigma(X) dW in one, two or three dimensions.

    Its density obeys, with D = sigma sigma^T / 2 and the convention alpha (one dimension)::

        dp/dt = -(a p)' + (D^alpha (D^(1-alpha) p)')'

    Callables take the coordinates as separate arrays in the order of `domain`, and broadcast over them.
    Units are the user's; a is a length over time, D a length squared over time.

    Parameters
    ----------
    drift : callable, number or Sampled
        a: a scalar in one dimension, a tuple of d in more.
    noise : callable, number or Sampled, optional
        sigma: a scalar, a tuple of d (diagonal), or nested d x d. Any sign.
    diffusion : callable, number or Sampled, optional
        D = sigma sigma^T / 2, in the same forms; positive. Exactly one of `noise` and `diffusion` is given.
    convention : str or float, optional
        "ito", "stratonovich", "isothermal" (also "klimontovich", "fick", "zwanzig"; "anti-ito" where D is
        scalar or diagonal), or alpha in [0, 1]. Needed as soon as the noise depends on the state.
    domain : mapping of str to (float, float)
        The axes by name, with their ends; infinite ends are allowed.
    boundary : str, Robin, or mapping of str to these or to a pair (left, right)
        "reflecting" (the default), "absorbing", "periodic", `Robin`, or in more dimensions a `Window`.
    breakpoints : mapping of str to sequence of float, optional
        Where a coefficient jumps or has a kink.

    Raises
    ------
    CoefficientError, ConventionError, DomainError, DimensionError, BoundaryError
        Each says what was given, what is accepted and what to try.

    Notes
    -----
    Coefficients are tried at some points when the problem is made, and checked wherever they are evaluated
    afterwards: NaN, infinite, misshapen or negative values, and noise that depends on the state without a
    convention, are errors that name the first offending point.

    References
    ----------
    H. Risken, *The Fokker-Planck Equation*, Springer 1989, chapters 3 to 5.

    Examples
    --------
    >>> import numpy as np
    >>> problem = Problem(
    ...     drift=lambda x: -x,
    ...     noise=lambda x: np.sqrt(1 + x**2),
    ...     convention="ito",
    ...     domain={"x": (-np.inf, np.inf)},
    ... )
    >>> print(problem.equation())
    process     dX = a(X) dt + sigma dW   (Ito: sigma at the start of the step)
    density     dp/dt = -(a p)' + (D p)''
    factor 2    D = sigma^2 / 2
    given       a = <function>, sigma = <function>
    domain      x in (-inf, inf)
    walls of x  none on the left, none on the right
    >>> problem.diffusion_at(np.array([0.0, 1.0]))
    array([0.5, 1. ])
    """

    domain: dict[str, tuple[float, float]]
    walls: dict[str, tuple[Wall, Wall]]
    breakpoints: dict[str, tuple[float, ...]]
    process: Langevin | Thermal

    def __init__(
        self,
        drift: CoefficientLike,
        noise: CoefficientLike | None = None,
        diffusion: CoefficientLike | None = None,
        convention: str | float | Convention | None = None,
        *,
        domain: Mapping[str, tuple[float, float]],
        boundary: BoundaryLike = "reflecting",
        breakpoints: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        self._place(domain, boundary, breakpoints)
        process = Langevin.build(self.domain, drift, noise, diffusion, convention)
        object.__setattr__(self, "process", process)

    @classmethod
    def from_potential(
        cls,
        potential: CoefficientLike,
        *,
        temperature: float,
        mobility: CoefficientLike = 1.0,
        force: CoefficientLike | None = None,
        antisymmetric: CoefficientLike | None = None,
        domain: Mapping[str, tuple[float, float]],
        boundary: BoundaryLike = "reflecting",
        breakpoints: Mapping[str, Sequence[float]] | None = None,
        **superfluous: object,
    ) -> Problem:
        """Make a thermal problem: Boltzmann for every mobility M(x).

        The current is J = M ((-grad U + F) p - T grad p), so D = M T, and without F the stationary density
        is exp(-U/T). No derivative of U is asked for.

        Parameters
        ----------
        potential : callable, number or Sampled
            U, a scalar, in the units of the temperature (k_B = 1).
        temperature : float
            T, positive.
        mobility : callable, number or Sampled
            M, positive: a scalar, a tuple of d, or nested d x d and symmetric.
        force : callable, number or Sampled, optional
            F, the non-gradient part: a scalar in one dimension, a tuple of d in more.
        antisymmetric : callable or number, optional
            A, nested d x d, the antisymmetric (magnetic) part of the mobility; M + A takes the place of M in
            the current.
        domain, boundary, breakpoints
            As in `Problem`.

        Returns
        -------
        Problem

        Raises
        ------
        CoefficientError, DomainError, DimensionError, BoundaryError
            As in `Problem`.
        ConventionError
            If a convention is given: here there is none to choose.

        Examples
        --------
        >>> problem = Problem.from_potential(
        ...     lambda x: (x**2 - 1) ** 2, temperature=0.2, mobility=lambda x: 1 + x**2, domain={"x": (-2, 2)}
        ... )
        >>> print(problem.equation())
        process      dX = M (-U') dt + sqrt(2 M T) * dW   (isothermal)
        density      dp/dt = -(M (-U') p)' + (D p')'
        in Ito form  drift M (-U') + D'
        factor 2     D = M T = sigma^2 / 2
        drift        mobility (-grad U)
        Boltzmann    exp(-U/T) is the stationary law for every mobility
        given        U = <function>, M = <function>, T = 0.2
        domain       x in (-2.0, 2.0)
        walls of x   reflecting on both sides
        """
        refuse_superfluous(superfluous)
        problem = object.__new__(cls)
        problem._place(domain, boundary, breakpoints)
        process = Thermal.build(problem.domain, potential, temperature, mobility, force, antisymmetric)
        object.__setattr__(problem, "process", process)
        return problem

    def _place(self, domain: object, boundary: object, breakpoints: object) -> None:
        ends = parse_domain(domain)
        object.__setattr__(self, "domain", ends)
        object.__setattr__(self, "walls", parse_boundary(boundary, ends))
        object.__setattr__(self, "breakpoints", parse_breakpoints(breakpoints, ends))

    @property
    def dimension(self) -> int:
        """Number of axes."""
        return len(self.domain)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the axes, in the order of the arguments of every callable."""
        return tuple(self.domain)

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
        points, shape = as_points(self.domain, coords)
        if isinstance(self.process, Langevin):
            self._lacks("force", "drift_at, or Problem.from_potential")
        return _shaped(self.process.force_at(points, check), shape)

    def _lacks(self, what: str, instead: str) -> NoReturn:
        given = "Problem.from_potential(U, ...)" if self.has_potential else "Problem(drift, ...)"
        raise CoefficientError(explain(f"this problem has no {what} of its own.", given=given, try_=instead))

    def equation(self) -> str:
        """Write the stochastic equation and that of the density, convention, factor 2, domain and walls."""
        return write_equation(self.process, self.domain, self.walls, self.breakpoints)

    def boundaries(self) -> Boundaries:
        """Classify both ends of a one-dimensional domain by Feller's test.

        Returns
        -------
        Boundaries
            A pair of `End`: kind ("regular", "exit", "entrance" or "natural"), declared wall, whether paths reach
            it in finite time, and why; it prints as a table. Empty on a periodic axis.

        Raises
        ------
        DimensionError
            In two and three dimensions.
        CoefficientError
            If the coefficients cannot be evaluated near an end that is infinite or singular.

        Examples
        --------
        >>> import numpy as np
        >>> problem = Problem(lambda x: 0.1 - x, noise=np.sqrt, convention="ito", domain={"x": (0, np.inf)})
        >>> left, right = problem.boundaries()
        >>> left.kind, right.kind
        ('regular', 'natural')
        >>> left.why
        "paths reach it in finite time and may come back; s' ~ r^-0.2, m ~ r^-0.8, r = distance"
        """
        return boundaries(self)

    def ito(self) -> Problem:
        """Give the equivalent problem in the Ito convention.

        Its drift is a + alpha D' in one dimension and for scalar or diagonal D; for a noise matrix
        a_i + alpha sum_kj sigma_kj d_k sigma_ij; for isothermal tensors a + div D (row divergence); for a
        potential M (-grad U + F) + T div M. D is the same.

        Derivatives are taken from values inside the domain only, between breakpoints, to about 1e-10 of the
        size of the function over its length of variation (see `fokker.problem.derivative`). The
        discretisation never needs them: use this to simulate by Euler-Maruyama, or to compare.

        Returns
        -------
        Problem

        Raises
        ------
        CoefficientError
            If what must be differentiated jumps at a breakpoint.

        Examples
        --------
        >>> problem = Problem(
        ...     0.0, diffusion=lambda x: 1 + x**2, convention="isothermal", domain={"x": (0, 1)}
        ... )
        >>> float(problem.ito().drift_at(0.25).round(10))
        0.5
        """
        pieces: Pieces = {
            name: (low, *self.breakpoints.get(name, ()), high) for name, (low, high) in self.domain.items()
        }
        check_continuous(self.process, self.domain, pieces)
        noise: CoefficientLike | None = None
        diffusion: CoefficientLike | None = None
        if isinstance(self.process, Thermal):
            diffusion = ThermalDiffusion(self.process, self.domain)
        elif self.process.is_noise:
            noise = self.process.amplitude.source
        else:
            diffusion = self.process.amplitude.source
        return Problem(
            drift=ItoDrift(self.process, self.domain, pieces),
            noise=noise,
            diffusion=diffusion,
            convention="ito",
            domain=self.domain,
            boundary=self.walls,
            breakpoints=self.breakpoints,
        )

    def __repr__(self) -> str:
        return write_summary(self.process, self.domain, self.walls, self.breakpoints)


def _shaped(values: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Undo the lift of single points to arrays of one element."""
    return values if shape else values.reshape(values.shape[:-1])
