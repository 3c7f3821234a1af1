"""Student laws by maximum likelihood, beside the Gaussian."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, gammaln, polygamma

from fokker.errors import CoefficientError, FokkerError, explain
from fokker.problem import Convention
from fokker.results.kept import KeptRecord
from fokker.sgd import _checks
from fokker.sgd.dictionary import kappa_from_index, q_from_index
from fokker.sgd.tail_plot import draw_fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

LEAST, MOST = 0.1, 1e5  # degrees of freedom between which the likelihood is searched
ROUNDS = 1000
VANISHED = 1e-60  # of the first scale: there is no maximum
SETTLED = 1e-8  # change of location and scale over the scale; the likelihood is then off by its square


@dataclass(frozen=True, repr=False)
class GaussianFit(KeptRecord):
    """A Gaussian by maximum likelihood: location, scale, logarithm of the likelihood."""

    loc: float
    scale: float
    log_likelihood: float
    size: int

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 * 2 - 2 log L; smaller is better."""
        return 4.0 - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """The Bayesian criterion, 2 log n - 2 log L; smaller is better."""
        return 2.0 * math.log(self.size) - 2.0 * self.log_likelihood

    def __repr__(self) -> str:
        return (
            f"Gaussian law of {self.size} values\n"
            f"  location  {self.loc:.6g} +- {self.scale / math.sqrt(self.size):.2g}\n"
            f"  scale     {self.scale:.6g} +- {self.scale / math.sqrt(2.0 * self.size):.2g}\n"
            f"  AIC       {self.aic:.6g}, BIC {self.bic:.6g}\n"
            f"  method    maximum likelihood"
        )


@dataclass(frozen=True, eq=False, repr=False)
class StudentFit(KeptRecord):
    """A Student law (q-Gaussian) by maximum likelihood; see `fit_student`.

    Attributes
    ----------
    nu : float
        Degrees of freedom, which are the tail index; infinite where the Gaussian is more likely than all of them.
    loc, scale : float
        As in `scipy.stats.t`.
    log_likelihood : float
    gaussian : GaussianFit
    sample : array
    """

    nu: float
    loc: float
    scale: float
    log_likelihood: float
    gaussian: GaussianFit
    sample: Array = field(repr=False)

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 * 3 - 2 log L; smaller is better."""
        return 6.0 - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """The Bayesian criterion, 3 log n - 2 log L; smaller is better."""
        return 3.0 * math.log(self.sample.size) - 2.0 * self.log_likelihood

    @property
    def q(self) -> float:
        """q of the q-Gaussian, (nu + 3) / (nu + 1)."""
        return float(q_from_index(self.nu))

    @property
    def beta(self) -> float:
        """Beta of the q-Gaussian [1 + (q - 1) beta x^2]^(-1/(q - 1))."""
        ratio = 1.0 if math.isinf(self.nu) else (self.nu + 1.0) / self.nu
        return 0.5 * ratio / self.scale**2

    def kappa(self, convention: str | float | Convention) -> float:
        """Return the kappa of a power-law dynamic with this law: (nu - 1) / 2 + alpha.

        Raises
        ------
        CoefficientError
            If nu is 1 - 2 alpha or less, which the dynamic in this convention does not reach.
        """
        return float(kappa_from_index(self.nu, convention))

    @property
    def standard_errors(self) -> tuple[float, float, float]:
        """Standard errors of nu, loc and scale, from Fisher's information; that of nu may be infinite."""
        n = self.sample.size
        if math.isinf(self.nu):
            return math.inf, self.scale / math.sqrt(n), self.scale / math.sqrt(2.0 * n)
        location = math.sqrt((self.nu + 3.0) / (self.nu + 1.0) / n)
        covariance = np.linalg.inv(_information(self.nu)) / n
        return math.sqrt(covariance[0, 0]), self.scale * location, self.scale * math.sqrt(covariance[1, 1])

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the confidence interval of nu: where twice the loss of log-likelihood is below a chi^2 quantile.

        The upper end is infinite where the Gaussian is not excluded, the lower at least 0.1.
        """
        from scipy.optimize import brentq

        allowed = 0.5 * chi2_quantile(check_level(level), 1)
        floor = self.log_likelihood - allowed
        z, lost = (self.sample - self.loc) / self.scale, self.sample.size * math.log(self.scale)

        def excess(log_nu: float) -> float:
            return _profile(z, math.exp(log_nu), 0.0, 1.0)[0] - lost - floor

        centre = math.log(min(self.nu, MOST))
        low = LEAST if excess(math.log(LEAST)) > 0.0 else math.exp(brentq(excess, math.log(LEAST), centre, xtol=1e-10))
        if self.gaussian.log_likelihood >= floor or excess(math.log(MOST)) > 0.0:
            return low, math.inf
        return low, math.exp(brentq(excess, centre, math.log(MOST), xtol=1e-10))

    def pdf(self, x: ArrayLike) -> Array:
        """Return the density of the fitted law."""
        return np.exp(_log_densities(np.asarray(x, dtype=float), self.nu, self.loc, self.scale))

    def plot(self, ax: Axes | None = None, bins: int = 60, **style: Any) -> Axes:
        """Draw the histogram of the sample with both laws, on a logarithmic scale.

        Where values lie more than 20 scales away, bins and axis are linear near the location and logarithmic beyond,
        so that the tails are seen to their ends.
        """
        return draw_fit(self, ax, bins, **style)

    def __repr__(self) -> str:
        low, high = self.interval()
        errors = self.standard_errors
        return (
            f"Student law of {self.sample.size} values\n"
            f"  nu        {self.nu:.6g} +- {errors[0]:.2g}, 95 % in {low:.4g} .. {high:.4g}; q = {self.q:.6g}\n"
            f"  location  {self.loc:.6g} +- {errors[1]:.2g}\n"
            f"  scale     {self.scale:.6g} +- {errors[2]:.2g}\n"
            f"  AIC       {self.aic:.6g}, Gaussian {self.gaussian.aic:.6g}; BIC {self.bic:.6g}, {self.gaussian.bic:.6g}"
        )


def fit_student(sample: ArrayLike) -> StudentFit:
    """Fit location, scale and degrees of freedom of a Student law by maximum likelihood, and a Gaussian beside it.

    A Student law with nu degrees of freedom is a q-Gaussian with q = (nu + 3)/(nu + 1), and the stationary law of
    the power-law dynamic with kappa = (nu - 1)/2 + alpha. Values must be independent for the errors to hold.

    Parameters
    ----------
    sample : array_like
        At least 8 values, of any shape.

    Returns
    -------
    StudentFit

    Raises
    ------
    CoefficientError
        If a value is not finite.
    FokkerError
        If there are too few different values, or the sample is more peaked than a Student law with nu = 0.1.

    References
    ----------
    Lange, Little and Taylor, *J. Amer. Statist. Assoc.* 84 (1989) 881; Kent, Tyler and Vardi, *Comm. Statist. Simul.*
    23 (1994) 441 (the iteration).

    Examples
    --------
    >>> sample = np.random.default_rng(0).standard_t(4.0, size=20000)
    >>> fit = fit_student(sample)
    >>> low, high = fit.interval()
    >>> low < 4.0 < high, fit.aic < fit.gaussian.aic
    (True, True)
    """
    x = _sample(sample)
    middle, unit = _units(x)
    z = (x - middle) / unit
    gaussian = _gaussian(z)
    nu, loc, scale, height = _most_likely(z, gaussian)
    lost = x.size * math.log(unit)
    beside = replace(
        gaussian,
        loc=middle + unit * gaussian.loc,
        scale=unit * gaussian.scale,
        log_likelihood=gaussian.log_likelihood - lost,
    )
    return StudentFit(nu, middle + unit * loc, unit * scale, height - lost, beside, x)


def _most_likely(x: Array, gaussian: GaussianFit) -> tuple[float, float, float, float]:
    """Return nu, location, scale and the logarithm of the likelihood, for a sample of location and scale about 0, 1."""
    from scipy.optimize import minimize_scalar

    grid = np.linspace(math.log(LEAST), math.log(MOST), 13)
    peaks = [(-math.inf, 0.0, min(1.0, gaussian.scale))]
    for g in grid[::-1]:
        peaks.append(_profile(x, math.exp(g), *peaks[-1][1:]))
    heights = [height for height, _, _ in peaks[:0:-1]]
    best = int(np.argmax(heights))
    if best == 0:
        repeated = x.size - np.unique(x).size
        raise FokkerError(
            explain(
                f"the sample is more peaked than a Student law with nu = {LEAST}.",
                given=f"{x.size} values, {repeated} of them repeated",
                accepted="a sample of a continuous law",
                try_="drop repeated values, such as parameters that never moved" if repeated else "hill, for its tail",
            )
        )
    bounds = (grid[best - 1], grid[min(best + 1, len(grid) - 1)])
    guess = peaks[::-1][best][1:]
    found = minimize_scalar(
        lambda g: -_profile(x, math.exp(g), *guess)[0], bounds=bounds, method="bounded", options={"xatol": 1e-7}
    )
    nu = math.exp(float(found.x))
    height, loc, scale = _profile(x, nu, *guess)
    if height <= gaussian.log_likelihood:
        return math.inf, gaussian.loc, gaussian.scale, gaussian.log_likelihood
    return nu, loc, scale, height


def _sample(sample: ArrayLike) -> Array:
    x = _checks.array("sample", sample).ravel()
    if np.unique(x[: 10**6]).size < 8:
        raise FokkerError(
            explain(
                "there are too few values for a fit.",
                given=f"{x.size} values, {np.unique(x).size} of them different",
                accepted="at least 8 different values",
            )
        )
    return x


def _units(x: Array) -> tuple[float, float]:
    """Return the median and a power of two, which does not round, near the median distance from it."""
    middle = float(np.median(x))
    away = np.abs(x - middle)
    spread = float(np.median(away)) or float(away.max())  # half of the values or more in one place
    return middle, float(np.exp2(np.round(np.log2(spread))))


def _gaussian(x: Array) -> GaussianFit:
    loc, scale = float(x.mean()), float(x.std())
    height = -0.5 * x.size * (math.log(2.0 * math.pi) + 2.0 * math.log(scale) + 1.0)
    return GaussianFit(loc, scale, height, x.size)


def _profile(x: Array, nu: float, loc: float, scale: float) -> tuple[float, float, float]:
    """Maximise the likelihood over location and scale for given nu: its logarithm, location, scale.

    Re-weighted means; the scale is divided by the sum of the weights and not by n, which converges faster (Kent,
    Tyler and Vardi).
    """
    least = VANISHED * scale
    for _ in range(ROUNDS):
        total, first, second = _weighted(x, nu, loc, scale)
        shift = first / total
        new_scale = math.sqrt(max(second / total - shift * shift, 0.0))
        moved = abs(shift) + abs(new_scale - scale)
        loc, scale = loc + shift, new_scale
        if scale <= least:
            return math.inf, loc, least  # ties: the likelihood has no maximum
        if moved <= SETTLED * scale:
            break
    return float(_log_densities(x, nu, loc, scale).sum()), loc, scale


@numba.njit(cache=True, error_model="numpy")
def _weighted(x: Array, nu: float, loc: float, scale: float) -> tuple[float, float, float]:
    """Sums of w, w y and w y^2 with y = x - loc and the weights w = (nu + 1) / (nu + y^2 / scale^2)."""
    total, first, second = 0.0, 0.0, 0.0
    for value in x:
        y = value - loc
        w = (nu + 1.0) / (nu + (y / scale) ** 2)
        total += w
        first += w * y
        second += w * y * y
    return total, first, second


def _log_densities(x: Array, nu: float, loc: float, scale: float) -> Array:
    y = (x - loc) / scale
    if math.isinf(nu):
        return np.asarray(-0.5 * y * y - math.log(scale * math.sqrt(2.0 * math.pi)))
    constant = gammaln(0.5 * (nu + 1.0)) - gammaln(0.5 * nu) - 0.5 * math.log(nu * math.pi) - math.log(scale)
    return np.asarray(constant - 0.5 * (nu + 1.0) * np.log1p(y * y / nu))


def _information(nu: float) -> Array:
    """Fisher's information of (nu, scale) for one value at scale 1; the location is uncorrelated with both."""
    trigammas = polygamma(1, 0.5 * nu) - polygamma(1, 0.5 * (nu + 1.0))
    shape = 0.25 * (trigammas - 2.0 * (nu + 5.0) / (nu * (nu + 1.0) * (nu + 3.0)))
    mixed = -2.0 / ((nu + 1.0) * (nu + 3.0))
    return np.array([[shape, mixed], [mixed, 2.0 * nu / (nu + 3.0)]])


def chi2_quantile(probability: float, order: float) -> float:
    """Quantile of the chi^2 law (SciPy's statistics are slow to load)."""
    return 2.0 * float(gammaincinv(0.5 * order, probability))


def check_level(level: float) -> float:
    """Return a confidence level, refused outside (0, 1)."""
    value = _checks.real("level", level)
    if 0.0 < value < 1.0:
        return value
    given = f"level={level!r}"
    raise CoefficientError(explain("a confidence level lies between 0 and 1.", given=given, accepted="such as 0.95"))
