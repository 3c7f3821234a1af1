"""Checks of noise models: a minimum, some noise, and a variance that is not negative on the domain."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NoReturn, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import CoefficientError, ConventionError, DimensionError, explain
from fokker.problem import Convention
from fokker.sgd import _checks
from fokker.sgd.noise_fit import Coefficients

FloatArray = NDArray[np.float64]

HEADLINE = "the gradient variance would be negative somewhere."
OTHER_FIT = 'fit="gradients", whose variance is never negative, or theta closer to the minimum'
HINT = "take gradients near a minimum of the mean loss, not a saddle or a maximum; check their sign"
ACROSS = 41  # points along an axis of a domain


class Quadratic(Protocol):
    """The variance sigma_g + 2 rho x + sigma_H x**2 of one parameter, x = theta - minimum."""

    @property
    def minimum(self) -> float: ...
    @property
    def sigma_g(self) -> float: ...
    @property
    def rho(self) -> float: ...
    @property
    def sigma_H(self) -> float: ...


def check_quadratic(sigma_g: float, rho: float, sigma_H: float, fitted: bool = False) -> None:
    """Refuse sigma_g + 2 rho x + sigma_H x**2 that is negative at the minimum, or zero everywhere.

    Raises
    ------
    CoefficientError
    """
    if sigma_g < 0.0:
        given = f"C = sigma_g = {sigma_g:.6g} at the minimum"
        hint = OTHER_FIT if fitted else ""
        raise CoefficientError(explain(HEADLINE, given=given, accepted="sigma_g >= 0", try_=hint))
    if sigma_g == rho == sigma_H == 0.0:
        _refuse_no_noise("sigma_g = rho = sigma_H = 0")


def check_interval(
    model: Quadratic, name: str = "theta", ends: tuple[float, float] = (-math.inf, math.inf), fitted: bool = False
) -> None:
    """Refuse a quadratic variance that is negative somewhere on an interval.

    Raises
    ------
    CoefficientError
        With the region.
    """
    parts = [(max(low, ends[0]), min(high, ends[1])) for low, high in negative_parts(model)]
    parts = [(low, high) for low, high in parts if low < high and not math.isclose(low, high, rel_tol=1e-12)]
    if not parts:
        return
    region = " and ".join(f"({low:.6g}, {high:.6g})" for low, high in parts)
    given = f"sigma_g={model.sigma_g:.6g}, rho={model.rho:.6g}, sigma_H={model.sigma_H:.6g}"
    accepted = "C >= 0 on the whole domain; everywhere if sigma_H >= 0 and rho**2 <= sigma_g * sigma_H"
    hint = f"{OTHER_FIT}; or a domain without this region" if fitted else "a domain without this region"
    given_lines = [given, f"C < 0 for {name} in {region}"]
    raise CoefficientError(explain(HEADLINE, given=given_lines, accepted=accepted, try_=hint))


def negative_parts(model: Quadratic) -> list[tuple[float, float]]:
    """Return the intervals on which a quadratic variance is negative, by more than rounding of a rank-one fit."""
    sigma_g, rho, sigma_H = model.sigma_g, model.rho, model.sigma_H
    if sigma_g >= 0.0 and sigma_H >= 0.0 and rho**2 <= sigma_g * sigma_H * (1.0 + 1e-9):
        return []
    inside = rho**2 - sigma_g * sigma_H
    if inside <= 0.0:
        return [(-math.inf, math.inf)]
    far = -(rho + math.copysign(math.sqrt(inside), rho))  # the root without cancellation, times sigma_H
    near = model.minimum + sigma_g / far
    if sigma_H == 0.0:
        return [(-math.inf, near)] if rho > 0.0 else [(near, math.inf)]
    low, high = sorted((near, model.minimum + far / sigma_H))
    return [(low, high)] if sigma_H > 0.0 else [(-math.inf, low), (high, math.inf)]


def check_spread(gradients: FloatArray) -> None:
    """Refuse gradients, shape (m, n, d), that differ between samples by no more than rounding of their mean.

    Raises
    ------
    CoefficientError
    """
    count = gradients.shape[1]
    apart = float(np.abs(gradients - gradients.mean(axis=1, keepdims=True)).max())
    if apart <= count * np.finfo(float).eps * float(np.abs(gradients).max()):
        _refuse_no_noise(f"{count} samples with the same gradients")


def _refuse_no_noise(given: str) -> NoReturn:
    """Raise the error about a model without noise."""
    raise CoefficientError(
        explain(
            "there is no gradient noise: every batch has the same gradient.",
            given=given,
            accepted="sigma_g > 0 or sigma_H > 0",
            try_="samples that differ, and batches smaller than the data set",
        )
    )


def check_domain(
    covariance: Callable[[FloatArray], FloatArray],
    minimum: FloatArray,
    scale: float,
    domain: Mapping[str, tuple[float, float]],
    fitted: bool,
) -> None:
    """Refuse a covariance of shape (..., d, d) that is not positive semi-definite at points all over a domain.

    Raises
    ------
    CoefficientError
        With the box around the offending points, the worst of them, and the variance there.
    """
    axes = [_spread(at, scale, *ends) for at, ends in zip(minimum, domain.values(), strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
    tensors = covariance(points)
    lowest = np.linalg.eigvalsh(tensors)[:, 0]
    bad = lowest < -1e-12 * np.abs(tensors).max(axis=(1, 2))  # rounding of a degenerate C
    if not bad.any():
        return
    near, worst = _nearest(points[bad], minimum, scale), points[bad][np.argmin(lowest[bad])]
    box = zip(domain, points[bad].min(axis=0), points[bad].max(axis=0), strict=True)
    region = " and ".join(f"{name} between {low:.4g} and {high:.4g}" for name, low, high in box)
    given = [
        f"C is not positive on {100.0 * bad.mean():.3g} % of the points tried, in {region}",
        f"nearest to the minimum at {_named(domain, near)}",
        f"its smallest eigenvalue is {lowest[bad].min():.4g}, at {_named(domain, worst)}",
    ]
    hint = f"{OTHER_FIT}; or a domain without this region" if fitted else "a domain without this region"
    accepted = "C positive semi-definite on the whole domain"
    raise CoefficientError(explain(HEADLINE, given=given, accepted=accepted, try_=hint))


def corrects(discrete_correction: bool, convention: str | float | Convention) -> bool:
    """Return whether to correct for the steps, which is refused in any reading but that of the recursion.

    Raises
    ------
    ConventionError
    """
    asked = _checks.flag("discrete_correction", discrete_correction)
    if asked and Convention.parse(convention).alpha != 0.0:
        headline = "the correction for the steps is one of the Ito process, which the recursion follows."
        given = f"discrete_correction=True, convention={convention!r}"
        raise ConventionError(explain(headline, given=given, accepted='convention="ito", or no correction'))
    return asked


def shaped(name: str, values: ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    """Return an array of finite numbers of this very shape."""
    array = _checks.array(name, values)
    if array.shape != shape or array.size == 0:
        given, accepted = f"{name} of shape {array.shape}", f"shape {shape}: as many parameters as in minimum"
        raise DimensionError(explain(f"{name} has the wrong shape.", given=given, accepted=accepted))
    return array


def _nearest(points: FloatArray, centre: FloatArray, scale: float) -> FloatArray:
    nearest: FloatArray = points[np.argmin(np.linalg.norm((points - centre) / scale, axis=1))]
    return nearest


def _named(domain: Mapping[str, tuple[float, float]], point: FloatArray) -> str:
    return ", ".join(f"{name} = {value:.4g}" for name, value in zip(domain, point, strict=True))


def check_model(model: Coefficients, fitted: bool) -> None:
    """Refuse a model that has no minimum, no noise, or no covariance at the minimum.

    Raises
    ------
    CoefficientError
    """
    slowest = float(np.linalg.eigvals(model.curvature).real.min())
    if slowest <= 0.0:
        given, accepted = f"an eigenvalue of curvature is {slowest:.6g}", "eigenvalues > 0"
        raise CoefficientError(explain("curvature must be positive.", given=given, accepted=accepted, try_=HINT))
    parts = (model.sigma_g, model.rho, model.sigma_H)
    if any(np.abs(part - part.swapaxes(0, 1)).max() > 1e-9 * np.abs(part).max() for part in parts):
        accepted = "sigma_g, rho and sigma_H symmetric in their first two indices"
        raise CoefficientError(
            explain("the gradient covariance is not symmetric.", given="C_ij != C_ji", accepted=accepted)
        )
    if not any(part.any() for part in parts):
        _refuse_no_noise("sigma_g = rho = sigma_H = 0")
    lowest = float(np.linalg.eigvalsh(model.sigma_g)[0])
    if lowest < -1e-9 * np.abs(model.sigma_g).max():
        given = f"at the minimum C has the eigenvalue {lowest:.6g}"
        raise CoefficientError(
            explain(HEADLINE, given=given, accepted="sigma_g positive semi-definite", try_=OTHER_FIT if fitted else "")
        )


def _spread(centre: float, scale: float, low: float, high: float) -> FloatArray:
    """Return points inside an interval; towards infinite ends out to 1e4 scales."""
    if math.isfinite(low) and math.isfinite(high):
        return low + (high - low) * (np.arange(ACROSS) + 0.5) / ACROSS
    far = centre + scale * np.sinh(np.linspace(-math.asinh(1e4), math.asinh(1e4), ACROSS))
    inside: FloatArray = far[(far > low) & (far < high)]
    return inside if inside.size else np.array([low + scale if math.isfinite(low) else high - scale])
