"""Estimates of a noise model from the gradients of single samples, with standard errors and goodness of fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fokker.errors import DimensionError, DomainError, FokkerError, explain
from fokker.results import export
from fokker.results.kept import KeptRecord

if TYPE_CHECKING:
    from xarray import DataArray

FloatArray = NDArray[np.float64]

MISFIT = 1e-6  # relative; a fit in single precision stays below it
FITS = {
    "gradients": "a straight line through the gradients of each sample; its variance is never negative",
    "variance": "a quadratic through the measured variances, for gradients that are not linear",
}


@dataclass(frozen=True, eq=False, repr=False)
class NoiseEstimate(KeptRecord):
    """What a noise model was estimated from, and how good it is; d parameters, m points, n samples.

    Attributes
    ----------
    fit : str
        "gradients" or "variance".
    samples : int
        n.
    points : array, shape (m, d)
        Where gradients were given, in the coordinates of the model.
    measured, measured_errors : arrays, shape (m, d, d)
        Covariance of the minibatch gradient at the points, and its standard error.
    standard_errors : mapping of str to array
        Of minimum (d,), curvature (d, d), sigma_g (d, d), rho (d, d, d) and sigma_H (d, d, d, d), as in
        `TensorNoiseModel`, by the delta method: the samples are taken as independent draws, every coefficient is
        linearised in the mean over samples, and the motion of the estimated minimum is included. They tell how well
        n samples know the coefficients of all data; for SGD on these very n samples the coefficients are exact.
    misfit : float
        Root-mean-square residual of what was fitted, relative to its root-mean-square.
    r_squared : float
        Share of the variation of the trace of the measured covariance over the points that the model explains;
        NaN if it does not vary.
    origin, directions : arrays of shapes (p,) and (d, p), or None
        For gradients taken from a model: the parameters are ``origin + x @ directions``.
    replacement : bool
        Whether the samples of a batch are drawn with replacement.
    """

    fit: str
    samples: int
    points: FloatArray
    measured: FloatArray
    measured_errors: FloatArray
    standard_errors: Mapping[str, FloatArray]
    misfit: float
    r_squared: float
    origin: FloatArray | None = None
    directions: FloatArray | None = None
    replacement: bool = True

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why the model is doubtful, if it is."""
        doubtful = self.fit == "gradients" and self.misfit > MISFIT
        return (_misfit_words(self.misfit),) if doubtful else ()

    def scaled(self, ratio: float) -> NoiseEstimate:
        """Return the estimate of a gradient noise whose covariance is this one times a ratio."""
        exact = ("minimum", "curvature")
        errors = {name: e if name in exact else ratio * e for name, e in self.standard_errors.items()}
        measured: dict[str, Any] = {"measured": ratio * self.measured, "measured_errors": ratio * self.measured_errors}
        return replace(self, standard_errors=errors, **measured)

    def to_xarray(self) -> DataArray:
        """Return the measured covariances over the points as a labelled array, their standard errors beside them."""
        m, d = self.points.shape
        places = (np.arange(float(m)), np.arange(float(d)), np.arange(float(d)))
        names = ("point", "i", "j")
        labelled = export.to_xarray("gradient_covariance", names, places, self.measured, {"fit": self.fit})
        theta = {f"theta_{k + 1}" if d > 1 else "theta": ("point", self.points[:, k]) for k in range(d)}
        return labelled.assign_coords(standard_error=(names, self.measured_errors), **theta)

    @property
    def summary(self) -> str:
        """The estimate in one line."""
        found = f"misfit {self.misfit:.2e}, R^2 of the trace {self.r_squared:.6g}"
        return f'fit "{self.fit}" to {self.samples} samples at {len(self.points)} points, {found}'

    def __repr__(self) -> str:
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        box = ", ".join(f"{a:.6g} .. {b:.6g}" for a, b in zip(low[:3], high[:3], strict=True))
        return (
            f"Estimate of the gradient noise over {self.points.shape[1]} parameter(s)\n"
            f"  samples   {self.samples}, at {len(self.points)} points\n"
            f"  points    {box}{', ...' if len(low) > 3 else ''}\n"
            f'  fit       "{self.fit}", misfit {self.misfit:.2e}, R^2 of the trace {self.r_squared:.6g}\n'
            f"  warnings  {'; '.join(self.warnings).splitlines()[0] if self.warnings else 'none'}"
        )


class Coefficients(NamedTuple):
    """Arrays of the shapes in `NoiseEstimate.standard_errors`."""

    minimum: FloatArray
    curvature: FloatArray
    sigma_g: FloatArray
    rho: FloatArray
    sigma_H: FloatArray

    def covariance(self, x: FloatArray) -> FloatArray:
        """Return C at offsets x from the minimum: shape (..., d) to (..., d, d)."""
        linear = np.einsum("ijk,...k->...ij", self.rho, x)
        quadratic = np.einsum("ijkl,...k,...l->...ij", self.sigma_H, x, x)
        total: FloatArray = self.sigma_g + 2.0 * linear + quadratic
        return total


class _Lines(NamedTuple):
    """Every sample's gradient as level + slope (theta - minimum): shapes (n, d) and (n, d, d)."""

    minimum: FloatArray
    level: FloatArray
    slope: FloatArray
    misfit: float


def estimate_noise(theta: FloatArray, table: FloatArray, factor: float, fit: str) -> tuple[Coefficients, NoiseEstimate]:
    """Estimate a noise model from gradients of shape (m, n, d) at points of shape (m, d).

    Parameters
    ----------
    theta, table
        Checked already.
    factor
        Variance of the mean of a batch over that of a sample.
    fit
        A key of `FITS`.

    Raises
    ------
    FokkerError
        For an unknown fit.
    DimensionError, DomainError
        If there are fewer samples or points than coefficients.
    """
    if fit not in FITS:
        choose = [f'"{word}"   {text}' for word, text in FITS.items()]
        raise FokkerError(explain("unknown fit.", given=f"fit={fit!r}", choose=choose))
    _check_samples(*table.shape[1:])
    lines = _lines(theta, table)
    spread = table - table.mean(axis=1, keepdims=True)
    parts = _from_lines(lines) if fit == "gradients" else _from_variances(theta - lines.minimum, spread)
    means, errors = _with_errors(lines, parts, factor)
    measured, uncertain = _measured(spread, factor)
    fitted = means.covariance(theta - means.minimum)
    misfit = lines.misfit if fit == "gradients" else _relative(fitted - measured, measured)
    goodness = _r_squared(np.einsum("mii->m", measured), np.einsum("mii->m", fitted))
    names = Coefficients._fields
    found = dict(zip(names, errors, strict=True))
    return means, NoiseEstimate(fit, table.shape[1], theta, measured, uncertain, found, misfit, goodness)


def required_estimate(found: NoiseEstimate | None) -> NoiseEstimate:
    """Return the estimate, or raise the error about a model that has none."""
    if found is None:
        raise FokkerError(
            explain(
                "this model was not estimated, so it has no standard errors.",
                given="coefficients",
                accepted="a model from from_gradients or from_model",
            )
        )
    return found


def _misfit_words(misfit: float) -> str:
    return explain(
        "the gradients are not linear in theta, so the quadratic variance is only a fit.",
        given=f"relative misfit {misfit:.2e}",
        accepted=f"a misfit below {MISFIT:.0e} counts as exact",
        try_='values of theta closer to the minimum, or fit="variance"',
    )


def _check_samples(samples: int, size: int) -> None:
    needed = size * (size + 1)
    if samples >= needed:
        return
    if samples == 1:
        headline = "one sample has no gradient noise."
    else:
        headline = f"there are fewer samples than coefficients: {size} offsets and {size * size} slopes a sample."
    wanted = "at least two samples" if needed == 2 else f"at least {needed} samples for {size} parameters"
    raise DimensionError(explain(headline, given=f"{samples} sample(s)", accepted=wanted))


def _lines(theta: FloatArray, table: FloatArray) -> _Lines:
    """Fit a straight line to the gradients of every sample by least squares."""
    centre = theta.mean(axis=0)
    x = theta - centre
    _check_rank(theta, x)
    level = table.mean(axis=0)
    unit: FloatArray = np.exp2(np.round(np.log2(np.sqrt(np.mean(x**2, axis=0)))))  # powers of two do not round
    z = x / unit
    moments = np.einsum("mk,mni->kni", z, table - level)
    slope = np.linalg.solve(z.T @ z, moments.reshape(len(unit), -1)).reshape(moments.shape) / unit[:, None, None]
    residual = table - level - np.einsum("mk,kni->mni", x, slope)
    slope = np.moveaxis(slope, 0, -1)
    try:
        step = -np.linalg.solve(slope.mean(axis=0), level.mean(axis=0))
    except np.linalg.LinAlgError:
        step = np.zeros_like(centre)  # no minimum: the check of the curvature says so
    return _Lines(centre + step, level + slope @ step, slope, _relative(residual, table))


def _check_rank(theta: FloatArray, x: FloatArray) -> None:
    size = theta.shape[1]
    singular = np.linalg.svd(x, compute_uv=False)
    floor = 4.0 * np.finfo(float).eps * math.sqrt(x.size) * float(np.abs(theta).max())  # rounding of theta - mean
    rank = int((singular > floor).sum())
    if rank == size:
        return
    given = f"{len(np.unique(theta, axis=0))} different value(s) of theta"
    if size == 1:
        wanted, hint = "at least two different values", "two values of theta on either side of the minimum"
    else:
        given += f", which span {rank} of {size} directions"
        wanted, hint = f"at least {size + 1} points that span all {size} directions", "a grid around the minimum"
    raise DomainError(explain("a slope cannot be fitted.", given=given, accepted=wanted, try_=hint))


_Parts = tuple[FloatArray, FloatArray, FloatArray]


def _from_lines(lines: _Lines) -> _Parts:
    """Return every sample's share of sigma_g, rho and sigma_H: products of its deviations from the mean."""
    g, h = lines.level - lines.level.mean(axis=0), lines.slope - lines.slope.mean(axis=0)
    mixed = np.einsum("ni,njk->nijk", g, h)
    square = np.einsum("nik,njl->nijkl", h, h)
    return (
        np.einsum("ni,nj->nij", g, g),
        0.5 * (mixed + mixed.swapaxes(1, 2)),
        0.5 * (square + square.swapaxes(3, 4)),
    )


def _from_variances(x: FloatArray, spread: FloatArray) -> _Parts:
    """Return every sample's share of the quadratic through the covariances at all points, by least squares."""
    size = x.shape[1]
    scale = math.sqrt(float(np.mean(x**2)))
    z = x / scale
    pairs = [(k, l) for k in range(size) for l in range(k, size)]
    squares = [(1.0 if k == l else 2.0) * z[:, k] * z[:, l] for k, l in pairs]
    design = np.column_stack([np.ones(len(z)), 2.0 * z, *squares])
    singular = np.linalg.svd(design, compute_uv=False)
    if len(design) < design.shape[1] or singular[-1] <= 1e-12 * singular[0]:
        _too_few_points(design, size)
    solved = np.einsum("qm,mni,mnj->nijq", np.linalg.pinv(design), spread, spread, optimize=True)
    square = np.empty((*solved.shape[:3], size, size))
    for q, (k, l) in enumerate(pairs, start=1 + size):
        square[..., k, l] = square[..., l, k] = solved[..., q] / scale**2
    return solved[..., 0], solved[..., 1 : 1 + size] / scale, square


def _too_few_points(design: FloatArray, size: int) -> None:
    count = design.shape[1]
    given = f"{len(design)} points of {size} parameter(s)"
    accepted = f"at least {count} points, not on one conic" if size > 1 else f"at least {count} different values"
    hint = 'more values of theta, or fit="gradients", which needs fewer'
    raise DomainError(explain("a quadratic variance cannot be fitted.", given=given, accepted=accepted, try_=hint))


def _with_errors(lines: _Lines, parts: _Parts, factor: float) -> tuple[Coefficients, Coefficients]:
    """Return the coefficients and their standard errors by the delta method."""
    curvature = lines.slope.mean(axis=0)
    sigma_g, rho, sigma_H = (part.mean(axis=0) for part in parts)
    try:
        moved = -np.linalg.solve(curvature, lines.level.T).T
    except np.linalg.LinAlgError:
        moved = np.full_like(lines.level, np.nan)
    influence = (
        moved,
        lines.slope - curvature,
        parts[0] - sigma_g + 2.0 * np.einsum("ijk,nk->nij", rho, moved),
        parts[1] - rho + np.einsum("ijkl,nl->nijk", sigma_H, moved),
        parts[2] - sigma_H,
    )
    errors = [_standard_error(values) for values in influence]
    means = Coefficients(lines.minimum, curvature, factor * sigma_g, factor * rho, factor * sigma_H)
    return means, Coefficients(errors[0], errors[1], *(factor * error for error in errors[2:]))


def _standard_error(values: FloatArray) -> FloatArray:
    """Return the standard error of the mean over the first axis."""
    error: FloatArray = np.std(values, axis=0, ddof=1) / math.sqrt(len(values))
    return error


def _measured(spread: FloatArray, factor: float) -> tuple[FloatArray, FloatArray]:
    products = [np.einsum("ni,nj->nij", at, at) for at in spread]
    means = np.array([product.mean(axis=0) for product in products])
    return factor * means, factor * np.array([_standard_error(product) for product in products])


def _relative(residual: FloatArray, values: FloatArray) -> float:
    size = math.sqrt(float(np.mean(values**2)))
    return math.sqrt(float(np.mean(residual**2))) / size if size > 0.0 else 0.0


def _r_squared(measured: FloatArray, fitted: FloatArray) -> float:
    total = float(np.sum((measured - measured.mean()) ** 2))
    rounding = len(measured) * (1e-12 * float(np.abs(measured).max())) ** 2
    return 1.0 - float(np.sum((measured - fitted) ** 2)) / total if total > rounding else math.nan
