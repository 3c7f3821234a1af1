"""Spectrum of the Student diffusion, against finite differences of its Poeschl-Teller form."""

import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal

from fokker.errors import FokkerError
from fokker.theory import wong


@pytest.mark.parametrize(
    ("nu", "values", "edge"),
    [(5, [0, 4, 6], 6.25), (9, [0, 8, 14, 18, 20], 20.25), (2, [0], 1), (1, [0], 0.25)],
)
def test_printed_spectra(nu, values, edge) -> None:
    assert wong.eigenvalues(nu).tolist() == values
    assert wong.continuum_edge(nu) == edge
    assert wong.gap(nu) == (values[1] if nu > 2 else edge)
    assert np.array_equal(wong.eigenvalues(nu, 0.3), 0.3 * np.array(values, dtype=float))


@pytest.mark.parametrize("nu", [1.0, 2.0, 5.0, 9.0])
def test_against_finite_differences(nu) -> None:
    u = np.linspace(-40, 40, 8001)
    h = u[1] - u[0]
    potential = nu**2 / 4 - nu / 2 * (nu / 2 + 1) / np.cosh(u) ** 2
    exact = wong.eigenvalues(nu)
    found = eigh_tridiagonal(2 / h**2 + potential, np.full(8000, -1 / h**2), select="i", select_range=(0, len(exact)))[
        0
    ]
    assert found[:-1] == pytest.approx(exact, abs=6e-3)
    box = np.pi / 80  # the first level of the box on top of the edge
    assert 0 < found[-1] - wong.continuum_edge(nu) < 9 * box**2


@pytest.mark.parametrize("nu", [5.0, 9.0, 7.3])
def test_eigenfunctions(nu) -> None:
    u = np.linspace(-30, 30, 6001)
    r, weight = np.sinh(u), np.cosh(u) ** -nu  # the stationary law in u
    polynomials = [np.polynomial.Polynomial(wong.eigenfunction(n, nu)) for n in range(len(wong.eigenvalues(nu)))]
    for n, f in enumerate(polynomials):
        action = (1 + r**2) * f.deriv(2)(r) - (nu - 1) * r * f.deriv()(r) if n else 0 * r
        scale = np.max(np.abs(f(r[2800:3200]))) * (1 + wong.eigenvalues(nu)[n])
        near = slice(2800, 3200)
        assert np.max(np.abs(action + wong.eigenvalues(nu)[n] * f(r))[near]) < 1e-11 * scale
        for g in polynomials[:n]:
            if 2 * n < nu - 1:
                norm = np.sqrt(np.sum(f(r) ** 2 * weight) * np.sum(g(r) ** 2 * weight))
                assert abs(np.sum(f(r) * g(r) * weight)) < 1e-7 * norm


def test_bad_input() -> None:
    with pytest.raises(FokkerError, match="tail index"):
        wong.eigenvalues(0.0)
    with pytest.raises(FokkerError, match="continuum"):
        wong.eigenfunction(1, 2.0)
    with pytest.raises(FokkerError, match="one number"):
        wong.eigenvalues([1.0, 2.0])
