"""How an observable remembers itself: autocorrelation over the lag, power over the frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fokker.info import Info
from fokker.results import export

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from xarray import DataArray

Array = NDArray[np.float64]


class _Curve:
    """Values over one number: drawing, labelling, saving and printing."""

    if TYPE_CHECKING:

        @property
        def info(self) -> Info: ...
        @property
        def values(self) -> Array: ...

    _abscissa: str
    _singular: str
    _unit: str
    _quantity: str

    @property
    def _x(self) -> Array:
        x: Array = getattr(self, self._abscissa)
        return x

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the curve; take and return Matplotlib axes."""
        from fokker.results.plot_line import draw

        return draw(ax, self._x, self.values, f"{self._singular} ({self._unit})", self._quantity, **style)

    def to_xarray(self) -> DataArray:
        """Return the values as a labelled array."""
        attributes = {"method": self.info.method}
        label = self._quantity.replace(" ", "_")
        return export.to_xarray(label, (self._singular,), (self._x,), self.values, attributes)

    def save(self, path: str) -> None:
        """Write the record to an npz file; read it with `fokker.load`."""
        scalars = {"mean": np.array(getattr(self, "mean", np.nan)), "time": np.array(getattr(self, "time", np.nan))}
        arrays = {"values": self.values, **scalars}
        export.save(path, type(self).__name__, (self._abscissa,), (self._x,), arrays, self.info)

    def __repr__(self) -> str:
        return (
            f"{self._quantity[0].upper()}{self._quantity[1:]} at {len(self.values)} {self._abscissa}\n"
            f"  {self._abscissa:<11} {self._x[0]:.6g} .. {self._x[-1]:.6g} ({self._unit})\n"
            f"  values      {self.values.min():.6g} .. {self.values.max():.6g}\n"
            f"  method      {self.info.method}\n"
            f"  warnings    {'; '.join(self.info.warnings) or 'none'}"
        )

    def _repr_html_(self) -> str:
        from fokker.notebook import record_html

        return record_html(repr(self), self.plot)


@dataclass(frozen=True, eq=False, repr=False)
class Autocorrelation(_Curve):
    """Stationary autocorrelation ``<f(X_0) f(X_t)> - <f>**2`` of an observable.

    Attributes
    ----------
    lags : array, shape (t,)
        Times t.
    values : array, shape (t,)
        In the units of the observable, squared.
    mean : float
        ``<f>``.
    time : float
        Integrated correlation time: the integral of the autocorrelation over all lags from zero on, in units of
        the variance.
    info : Info
    """

    lags: Array
    values: Array
    mean: float
    time: float
    info: Info

    _abscissa, _singular, _unit, _quantity = "lags", "lag", "time", "autocorrelation"


@dataclass(frozen=True, eq=False, repr=False)
class PowerSpectrum(_Curve):
    """Power spectral density of an observable in the stationary state, over the angular frequency.

    ``S(w)`` is the Fourier transform of the autocorrelation over lags of both signs: its integral over all w is
    2 pi times the variance.

    Attributes
    ----------
    frequencies : array, shape (f,)
        Angular frequencies, 1/time.
    values : array, shape (f,)
        In the units of the observable, squared, times time.
    info : Info
    """

    frequencies: Array
    values: Array
    info: Info

    _abscissa, _singular, _unit = "frequencies", "angular frequency", "1/time"
    _quantity = "power spectral density"
