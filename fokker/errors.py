"""Errors and the warning of the library, and the one way in which their texts are laid out.

Every error is a `FokkerError`, itself a `ValueError`, and says what was given, what is accepted and what to
try next. Sub-classes tell where the fault lies, so that a program can react to one kind only.
"""

from __future__ import annotations

from collections.abc import Sequence


class FokkerError(ValueError):
    """Base of every error the library raises on purpose."""


class ConventionError(FokkerError):
    """The stochastic convention is missing, unknown, or has no meaning here."""


class CoefficientError(FokkerError):
    """A drift, noise, diffusion, potential, mobility or force is not what it must be."""


class DomainError(FokkerError):
    """The domain or its breakpoints are empty, reversed, or not numbers."""


class BoundaryError(FokkerError):
    """A wall is unknown, misplaced, or needs another word."""


class GridError(FokkerError):
    """A grid or an axis cannot be built, or does not fit the problem."""


class TargetError(FokkerError):
    """A target, source or obstacle is empty, everything, or of the wrong form."""


class ReachabilityError(FokkerError):
    """A set that must be reached cannot be reached."""


class NormalisationError(FokkerError):
    """A density cannot be normalised."""


class MomentError(FokkerError):
    """A moment does not exist."""


class ExplosionError(FokkerError):
    """The process reaches infinity in finite time."""


class DimensionError(FokkerError):
    """The number of dimensions, coordinates or entries does not fit."""


class MissingExtra(FokkerError, ImportError):
    """An optional package is not installed; the text names the extra that brings it."""


class FokkerWarning(UserWarning):
    """A doubtful but usable answer; emitted at most once per call (see `fokker.info.warn_once`)."""


def explain(headline: str, **parts: str | Sequence[str]) -> str:
    """Lay out the text of an error: a headline, then labelled lines.

    Parameters
    ----------
    headline : str
        One sentence: what is wrong.
    **parts : str or sequence of str
        The label is the keyword (a trailing underscore is dropped, so ``try_`` reads "try"); the value is one
        line or several. The usual labels are ``given``, ``accepted`` or ``choose``, and ``try_``. Empty
        values are left out.

    Returns
    -------
    str

    Examples
    --------
    >>> print(explain("the domain of x is reversed.", given="(1.0, 0.0)", try_='domain={"x": (0.0, 1.0)}'))
    the domain of x is reversed.
      given     (1.0, 0.0)
      try       domain={"x": (0.0, 1.0)}
    """
    lines = [headline]
    for label, value in parts.items():
        texts = [value] if isinstance(value, str) else list(value)
        labels = [label.rstrip("_"), *[""] * len(texts)]
        lines += [f"  {name:<9} {text}" for name, text in zip(labels, texts, strict=False) if text]
    return "\n".join(lines)


def missing_extra(package: str, extra: str, purpose: str) -> MissingExtra:
    """Build the error for an optional package that is not installed.

    Parameters
    ----------
    package : str
        Import name of the package.
    extra : str
        The extra of this distribution that installs it.
    purpose : str
        What needs it, as the subject of a sentence.

    Returns
    -------
    MissingExtra

    Examples
    --------
    >>> print(missing_extra("xarray", "xarray", "labelled output"))
    labelled output needs the package xarray, which is not installed.
      try       pip install "fokker[xarray]"
    """
    headline = f"{purpose} needs the package {package}, which is not installed."
    return MissingExtra(explain(headline, try_=f'pip install "fokker[{extra}]"'))
