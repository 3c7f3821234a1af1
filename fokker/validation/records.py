"""What a theorem file is made of: the record of the theorem, and the records of what was measured."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from fokker.errors import FokkerError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Verdict = Literal["exact", "asymptotic", "off by a factor", "false as printed"]
"""How a statement stands: as a fact of mathematics, not as a property of this code."""

VERDICTS: tuple[str, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True)
class Check:
    """One number against its closed form.

    Parameters
    ----------
    quantity
        What was measured; formulas between ``$`` signs.
    measured, expected
        The measured number and the closed form. A recorded failure is a check too: the ratio "printed over
        true" against its stated value.
    tolerance
        The largest error that passes.
    because
        Where the tolerance comes from: "declared order 2", "rounding bound 1e-12", "4 standard errors".
    error_is
        "relative" (to the closed form) or "absolute".

    Examples
    --------
    >>> Check("$p(0)$", 0.4999999, 0.5, 1e-6, "declared order 2").passed
    True
    >>> Check("$p(0)$", float("nan"), 0.5, 1e-6, "declared order 2").passed
    False
    """

    quantity: str
    measured: float
    expected: float
    tolerance: float
    because: str
    error_is: Literal["relative", "absolute"] = "relative"

    def __post_init__(self) -> None:
        for name in ("measured", "expected", "tolerance"):
            object.__setattr__(self, name, float(getattr(self, name)))
        _require_bound(self.quantity, self.tolerance, self.because)
        if self.error_is not in ("relative", "absolute"):
            raise FokkerError(f"check {self.quantity!r}: error_is={self.error_is!r}; accepted: 'relative', 'absolute'.")
        if self.error_is == "relative" and self.expected == 0:
            raise FokkerError(
                f"check {self.quantity!r}: an error relative to a closed form of 0 has no meaning; "
                "give error_is='absolute'."
            )

    @property
    def error(self) -> float:
        """Distance from the closed form; NaN when either number is."""
        if self.measured == self.expected:  # an infinite moment agrees with an infinite moment
            return 0.0
        distance = abs(self.measured - self.expected)
        if self.error_is == "relative":
            distance = distance / abs(self.expected)
        return distance

    @property
    def passed(self) -> bool:
        """Whether the error is within the tolerance; NaN never is."""
        return self.error <= self.tolerance


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of convergence, fitted through errors that shrink with a parameter.

    The rate is the slope of log(error) over log(parameter), by least squares.

    Parameters
    ----------
    quantity
        What converges, and in which parameter.
    parameter, errors
        Two or more positive numbers each, of one length.
    expected
        The rate the statement asks for.
    tolerance
        The fitted rate passes within ``expected +- tolerance``.
    because
        Where the interval comes from.

    Examples
    --------
    >>> rate = Rate("$T$ in $h$", (0.1, 0.05, 0.025), (1e-2, 2.5e-3, 6.25e-4), 2, 0.1, "declared order 2")
    >>> round(rate.measured, 12), rate.passed
    (2.0, True)
    """

    quantity: str
    parameter: tuple[float, ...]
    errors: tuple[float, ...]
    expected: float
    tolerance: float
    because: str

    def __post_init__(self) -> None:
        for name in ("parameter", "errors"):
            object.__setattr__(self, name, tuple(float(v) for v in getattr(self, name)))
        for name in ("expected", "tolerance"):
            object.__setattr__(self, name, float(getattr(self, name)))
        _require_bound(self.quantity, self.tolerance, self.because)
        if len(self.parameter) != len(self.errors) or len(set(self.parameter)) < 2:
            raise FokkerError(
                f"rate {self.quantity!r}: {len(self.parameter)} parameters and {len(self.errors)} errors; "
                "a slope needs as many of the one as of the other, at two different parameters or more."
            )

    @property
    def measured(self) -> float:
        """The fitted slope; NaN where an error or a parameter has no logarithm."""
        return _slope(self.parameter, self.errors)

    @property
    def last_step(self) -> float:
        """The slope between the last two parameters alone, nearest to the limit."""
        return _slope(self.parameter[-2:], self.errors[-2:])

    @property
    def error(self) -> float:
        """Distance of the fitted slope from the expected one."""
        return abs(self.measured - self.expected)

    @property
    def passed(self) -> bool:
        """Whether the fitted slope lies in the expected interval; NaN never does."""
        return self.error <= self.tolerance


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a theorem's ``measure()`` returns.

    Parameters
    ----------
    checks
        Numbers against closed forms.
    rates
        Fitted rates; an "asymptotic" verdict needs at least one.
    data
        Whatever the figure needs (arrays, numbers; it must pickle when several workers measure).
    """

    checks: tuple[Check, ...] = ()
    rates: tuple[Rate, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "checks", tuple(self.checks))
        object.__setattr__(self, "rates", tuple(self.rates))

    @property
    def rows(self) -> tuple[Check | Rate, ...]:
        """Checks, then rates."""
        return (*self.checks, *self.rates)

    @property
    def failures(self) -> tuple[Check | Rate, ...]:
        """The rows that did not pass."""
        return tuple(row for row in self.rows if not row.passed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theorem:
    """One executable statement: what is claimed, how it is measured, and what was found.

    Texts may hold formulas, ``$...$`` in the line and ``$$...$$`` on lines of their own, and paragraphs
    separated by empty lines.

    Parameters
    ----------
    id
        A slug such as "corollary-3"; the name of the file, with hyphens.
    title
        "Corollary 3: the power law".
    group, number
        The section of the report and the place in it; groups are listed in ``theorems.GROUPS``.
    statement
        The claim as printed.
    hypotheses
        What it assumes, one text each.
    source
        The citation.
    verdict
        "exact", "asymptotic", "off by a factor" or "false as printed".
    finding
        One sentence: what the audit found.
    corrected
        The statement as it should read; required when the verdict is "off by a factor" or "false as printed".
    measure
        Function of no arguments; heavy imports go inside it.
    figure
        Function of the measurement, returning a Matplotlib ``Figure`` (never pyplot's).
    caption
        What the figure shows.
    fast
        Whether the theorem is in the subset for continuous integration (seconds, not minutes).
    """

    id: str
    title: str
    group: str
    number: float
    statement: str
    hypotheses: tuple[str, ...]
    source: str
    verdict: Verdict
    finding: str
    measure: Callable[[], Measurement]
    figure: Callable[[Measurement], "Figure"]
    corrected: str = ""
    caption: str = ""
    fast: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", self.id):
            raise FokkerError(f"theorem id {self.id!r}: a slug such as 'corollary-3' is needed.")
        if self.verdict not in VERDICTS:
            raise FokkerError(f"theorem {self.id}: verdict={self.verdict!r}; accepted are {', '.join(VERDICTS)}.")
        if not isinstance(self.hypotheses, tuple):
            raise FokkerError(f"theorem {self.id}: hypotheses must be a tuple of texts, one a hypothesis.")
        self._require_texts()

    def _require_texts(self) -> None:
        for name in ("title", "statement", "source", "finding"):
            if not getattr(self, name).strip():
                raise FokkerError(f"theorem {self.id}: {name} is empty.")
        if self.verdict in ("off by a factor", "false as printed") and not self.corrected.strip():
            raise FokkerError(
                f"theorem {self.id}: the verdict is {self.verdict!r}, so give corrected=, the statement "
                "as it should read."
            )
        for text in (
            self.title,
            self.statement,
            *self.hypotheses,
            self.finding,
            self.corrected,
            self.caption,
        ):
            if text.count("$") % 2:
                raise FokkerError(f"theorem {self.id}: a $ without its partner in {text!r}.")


def _require_bound(quantity: str, tolerance: float, because: str) -> None:
    if not (math.isfinite(tolerance) and tolerance >= 0):
        raise FokkerError(f"{quantity!r}: tolerance={tolerance}; a finite number >= 0 is needed.")
    if not because.strip():
        raise FokkerError(f"{quantity!r}: say in because= where the tolerance comes from.")


def _slope(parameter: tuple[float, ...], errors: tuple[float, ...]) -> float:
    if not all(math.isfinite(v) and v > 0 for v in (*parameter, *errors)):
        return math.nan
    x, y = [math.log(v) for v in parameter], [math.log(v) for v in errors]
    mean_x, mean_y = math.fsum(x) / len(x), math.fsum(y) / len(y)
    spread = math.fsum((a - mean_x) ** 2 for a in x)
    if spread == 0:
        return math.nan
    return math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread
