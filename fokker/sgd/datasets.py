"""Real data as per-sample gradients."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fokker.errors import FokkerError, explain, missing_extra
from fokker.sgd.samples import SampleGradients


def diabetes_gradients(feature: str = "bmi") -> SampleGradients:
    """Return one-parameter least squares on scikit-learn's diabetes data, as gradients of its 442 samples.

    Feature z and target y are shifted and scaled to mean 0 and variance 1. The loss of a sample is
    ``(theta * z - y)**2 / 2``, so its gradient is ``z**2 * theta - z * y``; the mean slope is 1 and the
    minimum is the correlation of z and y.

    Parameters
    ----------
    feature
        One of "age", "sex", "bmi", "bp", "s1" to "s6".

    Examples
    --------
    >>> samples = diabetes_gradients("bmi")
    >>> round(float(samples.slopes.mean()), 12), round(float(samples.offsets.mean()), 4)
    (1.0, 0.5865)
    """
    try:
        from sklearn.datasets import load_diabetes
    except ImportError as error:
        raise missing_extra("sklearn", "validate", "the diabetes data set") from error
    data = load_diabetes()
    if feature not in data.feature_names:
        accepted = ", ".join(f'"{name}"' for name in data.feature_names)
        headline = "the diabetes data have no such feature."
        raise FokkerError(explain(headline, given=f"feature={feature!r}", accepted=accepted))
    z = _standardised(data.data[:, data.feature_names.index(feature)])
    y = _standardised(data.target)
    return SampleGradients(slopes=z * z, offsets=z * y)


def _standardised(values: ArrayLike) -> NDArray[np.float64]:
    raw = np.asarray(values, dtype=np.float64)
    scaled: NDArray[np.float64] = (raw - raw.mean()) / raw.std()
    return scaled
