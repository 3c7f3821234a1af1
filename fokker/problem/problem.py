"""The problem: a stochastic process in a domain with walls, before anything is discretised."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fokker.completion import hides
from fokker.errors import DomainError, explain
from fokker.problem.boundary import BoundaryLike, Wall, parse_boundary
from fokker.problem.coefficients import CoefficientLike
from fokker.problem.convention import Convention
from fokker.problem.domain import parse_breakpoints, parse_domain
from fokker.problem.equation import write_equation, write_summary
from fokker.problem.evaluated import Evaluated
from fokker.problem.feller import Boundaries, boundaries
from fokker.problem.ito import ItoDrift, ThermalDiffusion, check_continuous
from fokker.problem.langevin import Langevin, Pieces
from fokker.problem.real import as_real
from fokker.problem.thermal import Thermal, refuse_superfluous
from fokker.problem.timed import Clock, hold, process_at, read_clock

End: TypeAlias = float | Callable[[float], float]


@hides("alpha at_time clock has_force has_potential process")
@dataclass(frozen=True, init=False, eq=False, repr=False)
class Problem(Evaluated):
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
        Where a coefficient jumps or has a kink; with `time`, under "t" the times at which one jumps.
    time : bool
        Whether callables take the time as a last argument, as in ``drift=lambda x, t: np.cos(t) - x``. In one
        dimension ends of the domain may then be functions of t as well: such walls move.

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
    clock: Clock | None

    def __init__(
        self,
        drift: CoefficientLike,
        noise: CoefficientLike | None = None,
        diffusion: CoefficientLike | None = None,
        convention: str | float | Convention | None = None,
        *,
        domain: Mapping[str, tuple[End, End]],
        boundary: BoundaryLike = "reflecting",
        breakpoints: Mapping[str, Sequence[float]] | None = None,
        time: bool = False,
    ) -> None:
        self._place(domain, boundary, breakpoints, time)
        held = hold(self.clock, self.names, {"drift": drift, "noise": noise, "diffusion": diffusion})
        process = Langevin.build(self.domain, held[0], held[1], held[2], convention)
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
        domain: Mapping[str, tuple[End, End]],
        boundary: BoundaryLike = "reflecting",
        breakpoints: Mapping[str, Sequence[float]] | None = None,
        time: bool = False,
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
        domain, boundary, breakpoints, time
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
        problem._place(domain, boundary, breakpoints, time)
        given = {"potential": potential, "mobility": mobility, "force": force, "antisymmetric": antisymmetric}
        held = hold(problem.clock, problem.names, given)
        process = Thermal.build(problem.domain, held[0], temperature, *held[1:])
        object.__setattr__(problem, "process", process)
        return problem

    def _place(self, domain: object, boundary: object, breakpoints: object, time: object) -> None:
        clock, domain, breakpoints = read_clock(time, domain, breakpoints, boundary)
        ends = parse_domain(domain)
        object.__setattr__(self, "clock", clock)
        object.__setattr__(self, "domain", ends)
        object.__setattr__(self, "walls", parse_boundary(boundary, ends))
        object.__setattr__(self, "breakpoints", parse_breakpoints(breakpoints, ends))

    def at_time(self, time: float) -> Problem:
        """Return the problem with the time held: one that does not depend on it.

        Where ends of the domain move, they stand where they are at that time.

        Raises
        ------
        DomainError
            If the time is no finite number, or the ends enclose nothing.

        Examples
        --------
        >>> import numpy as np
        >>> problem = Problem(lambda x, t: np.cos(t) - x, diffusion=1.0, domain={"x": (-5, 5)}, time=True)
        >>> float(problem.at_time(0.0).drift_at(0.25))
        0.75
        """
        moment = as_real(time)
        if moment is None or not math.isfinite(moment):
            raise DomainError(explain("the time is no finite number.", given=repr(time)))
        if self.clock is None:
            return self
        held = object.__new__(Problem)
        domain = self.clock.domain_at(moment) or self.domain
        fields = {"domain": domain, "walls": self.walls, "breakpoints": self.breakpoints, "clock": None}
        for name, value in fields.items():
            object.__setattr__(held, name, value)
        object.__setattr__(held, "process", process_at(self.process, moment, domain))
        return held

    def equation(self) -> str:
        """Write the stochastic equation and that of the density, convention, factor 2, domain and walls."""
        return write_equation(self.process, self.domain, self.walls, self.breakpoints, self.clock)

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
        self._require_held()
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
        self._require_held()
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
        return write_summary(self.process, self.domain, self.walls, self.breakpoints, self.clock)

    def _repr_html_(self) -> str:
        from fokker.notebook import record_html

        return record_html(f"{repr(self).splitlines()[0]}\n{self.equation()}")
