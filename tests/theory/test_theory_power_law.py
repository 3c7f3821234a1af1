"""Parameters, indices and bad input of the power-law dynamic."""

import numpy as np
import pytest

from fokker import theory
from fokker.errors import FokkerError, NormalisationError
from fokker.theory.power_law import PowerLaw, exponent, normalisable_index, tail_index


def test_properties() -> None:
    law = PowerLaw(2, 0.5, 1.5, 0.8)
    assert (law.kappa, law.eps, law.delta) == (5.0, 0.75, 0.2)
    assert law.core_width**2 == pytest.approx(1.875, rel=1e-15)
    assert law.core_width**2 == pytest.approx(law.kappa * law.eps / law.curvature, rel=1e-15)
    assert isinstance(law.curvature, float)
    assert law.diffusion(1.0) == pytest.approx(0.575, rel=1e-15)


def test_from_kappa_round_trip() -> None:
    law = PowerLaw.from_kappa(3.5, eps=0.2, curvature=2.0, learning_rate=0.1)
    assert law.kappa == pytest.approx(3.5, rel=1e-15)
    assert law.eps == pytest.approx(0.2, rel=1e-15)
    assert law.learning_rate == 0.1


def test_indices_broadcast() -> None:
    values = tail_index(np.array([[1.0], [2.0]]), [0, 0.5, 1])
    assert np.array_equal(values, [[3, 2, 1], [5, 4, 3]])
    assert isinstance(exponent(5, 1), float)
    assert np.array_equal((np.asarray(values) + 1) / 2, exponent(np.array([[1.0], [2.0]]), [0, 0.5, 1]))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"curvature": -1.0}, "curvature must be positive"),
        ({"sigma_g": 0.0}, "sigma_g must be positive"),
        ({"sigma_H": 0.0}, "Gaussian"),
        ({"learning_rate": np.nan}, "finite"),
        ({"curvature": "2"}, "finite real number"),
        ({"curvature": [1.0, 2.0]}, "one number"),
        ({"rho": 1.1}, "Cauchy-Schwarz"),
        ({"rho": 1j}, "finite real number"),
    ],
)
def test_bad_parameters(change: dict, word: str) -> None:
    good = {"curvature": 2.0, "learning_rate": 0.5, "sigma_g": 1.5, "sigma_H": 0.8}
    with pytest.raises(FokkerError, match=word) as error:
        PowerLaw(**(good | change))
    for part in ("given", "accepted", "try"):
        assert f"\n  {part}" in str(error.value)


def test_index_refuses_what_has_no_density() -> None:
    with pytest.raises(NormalisationError, match=r"kappa > alpha - 1/2 = 0.5"):
        normalisable_index(PowerLaw.from_kappa(0.5, 1.0), alpha=1)
    assert normalisable_index(PowerLaw.from_kappa(0.5, 1.0), alpha=0.5) == 1.0
    with pytest.raises(FokkerError, match="inverse-gamma"):
        normalisable_index(PowerLaw(2.0, 0.5, 0.2, 0.8, rho=0.4), alpha=1)
    for alpha in (-0.1, 1.1, np.nan, "ito", None):
        with pytest.raises(FokkerError, match="Stratonovich"):
            tail_index(5.0, alpha)


def test_the_package_names_its_topics() -> None:
    assert theory.kramers.rate(1, 1, 1, 1) > 0
    assert "escape" in dir(theory)
    with pytest.raises(AttributeError, match="quadratic_well"):
        theory.nonsense  # noqa: B018
