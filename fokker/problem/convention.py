"""The stochastic convention: where in the step the noise is evaluated, and what the words for it mean."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from fokker.errors import ConventionError, explain
from fokker.problem.real import as_real

ALPHAS = {"ito": 0.0, "stratonovich": 0.5, "isothermal": 1.0, "anti-ito": 1.0}
ALIASES = {"klimontovich": "isothermal", "fick": "isothermal", "zwanzig": "isothermal"}

EQUATIONS_IN_SPACE = (
    '"ito"           dp/dt = -div(a p) + sum_ij d_i d_j (D_ij p)',
    '"stratonovich"  dp/dt = -div(a p) + 1/2 sum_ijk d_i (sigma_ik d_j (sigma_jk p))',
    '"isothermal"    dp/dt = -div(a p) + div(D grad p)',
)
EQUATIONS = (
    "\"ito\"           dp/dt = -(a p)' + (D p)''",
    "\"stratonovich\"  dp/dt = -(a p)' + (sqrt(D) (sqrt(D) p)')'",
    "\"isothermal\"    dp/dt = -(a p)' + (D p')'",
)


@dataclass(frozen=True)
class Convention:
    """A reading of a stochastic differential equation with state-dependent noise.

    In one dimension, and for scalar or diagonal D, the probability current is::

        J = a p - D^alpha d(D^(1-alpha) p)/dx

    and the equivalent Ito drift is a + alpha D'. For a full tensor only the noise matrix determines the
    reading: the Ito drift is a_i + alpha sum_kj sigma_kj d_k sigma_ij; "isothermal" always means
    J = a p - D grad p.

    Parameters
    ----------
    name : str
        "ito", "stratonovich", "isothermal", "anti-ito", or "alpha" for another number.
    alpha : float
        The evaluation point in the step: 0 is its start (Ito), 1/2 its middle (Stratonovich), 1 its end.

    Examples
    --------
    >>> Convention.parse("zwanzig")
    Convention(name='isothermal', alpha=1.0)
    >>> Convention.parse(0.25)
    Convention(name='alpha', alpha=0.25)
    """

    name: str
    alpha: float

    @classmethod
    def parse(cls, value: object) -> Convention:
        """Read a word, an alias or a number alpha in [0, 1].

        The number 1 evaluates the noise at the end of the step ("anti-ito"); wherever D is scalar or
        diagonal this is the isothermal convention.

        Parameters
        ----------
        value : str, float or Convention

        Returns
        -------
        Convention

        Raises
        ------
        ConventionError
            For an unknown word, a number outside [0, 1], or anything else.

        References
        ----------
        H. Risken, *The Fokker-Planck Equation*, Springer 1989, section 3.3; P. Hanggi and H. Thomas,
        *Phys. Rep.* 88 (1982) 207.
        """
        if isinstance(value, Convention):
            return value
        if isinstance(value, str):
            return cls._from_word(value)
        number = as_real(value)
        if number is None:
            raise _unknown(value)
        return cls._from_number(number)

    @classmethod
    def _from_word(cls, word: str) -> Convention:
        name = ALIASES.get(word, word)
        if name not in ALPHAS:
            raise _unknown(word)
        return cls(name, ALPHAS[name])

    @classmethod
    def _from_number(cls, alpha: float) -> Convention:
        if not 0.0 <= alpha <= 1.0:
            headline = f"a convention given as a number is alpha in [0, 1], not {alpha!r}."
            meaning = "0 (Ito), 0.5 (Stratonovich), 1 (isothermal), or between"
            raise ConventionError(explain(headline, given=f"convention={alpha!r}", accepted=meaning))
        names = {0.0: "ito", 0.5: "stratonovich", 1.0: "anti-ito"}
        return cls(names.get(alpha, "alpha"), alpha)

    @property
    def needs_noise_matrix(self) -> bool:
        """Whether a full tensor D leaves this reading open, so that the noise matrix must be given."""
        return self.name not in ("ito", "isothermal")

    @property
    def spelled(self) -> str:
        """The value of `convention=` that gives this one."""
        return f"{self.alpha:g}" if self.name == "alpha" else f'"{self.name}"'

    def __str__(self) -> str:
        return f"alpha = {self.alpha:g}" if self.name == "alpha" else self.name


def _unknown(value: object) -> ConventionError:
    words = [*ALPHAS, *ALIASES]
    near = difflib.get_close_matches(value.lower(), words, n=1) if isinstance(value, str) else []
    return ConventionError(
        explain(
            "this convention is unknown.",
            given=f"convention={value!r}",
            accepted=[", ".join(f'"{word}"' for word in words), "or a number alpha in [0, 1]"],
            try_=f'convention="{near[0]}"' if near else "",
        )
    )


def missing_convention(given: str, names: tuple[str, ...]) -> ConventionError:
    """Build the error for state-dependent noise without a convention, with the three equations."""
    return ConventionError(
        explain(
            f"the noise depends on {', '.join(names)}, so the equation depends on the convention.",
            given=f"{given}, convention=None",
            choose=EQUATIONS if len(names) == 1 else EQUATIONS_IN_SPACE,
        )
    )


def superfluous_convention(value: object) -> ConventionError:
    """Build the error for a convention given with a potential."""
    return ConventionError(
        explain(
            "a problem given by its potential has no convention to choose.",
            given=f"from_potential(..., convention={value!r})",
            accepted=[
                "no convention: the current is always mobility (-grad U + force) p - mobility T grad p,",
                "so that the stationary law is exp(-U/T) for every mobility",
            ],
            try_="leave convention out, or write Problem(drift, noise=..., convention=...)",
        )
    )


def undetermined_tensor(convention: Convention, given: str) -> ConventionError:
    """Build the error for a full tensor D under a reading that only the noise matrix determines."""
    return ConventionError(
        explain(
            f"the convention {convention} is not determined by a full tensor D.",
            given=f"{given}, convention={convention.spelled}",
            accepted=[
                'diffusion= with "ito" or "isothermal", or a diagonal D, or noise= (the matrix sigma):',
                "the drift it adds is alpha sum_kj sigma_kj d_k sigma_ij, and many sigma have the same D",
            ],
            try_="noise=lambda ...: ((s11, s12), (s21, s22))   with D = sigma sigma^T / 2",
        )
    )
