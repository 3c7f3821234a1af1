"""Second moments of the recursion and of its continuous readings (audit A1)."""

import numpy as np
import pytest

from fokker.errors import FokkerError, MomentError
from fokker.theory import pearson
from fokker.theory.power_law import PowerLaw
from fokker.theory.sgd_moments import modified_parameters, recursion_second_moment, sde_second_moment

TABLE = [
    (0.5, "0.46875", "0.208333333333", "0.234375", "0.267857142857"),
    (0.1, "0.0426136363636", "0.0382653061224", "0.0390625", "0.0398936170213"),
    (0.02, "0.00768442622951", "0.00753012048193", "0.00756048387097", "0.00759109311741"),
]


@pytest.mark.parametrize("row", TABLE)
def test_audit_a1_table(row, agrees) -> None:
    eta, exact, *readings = row
    assert agrees(recursion_second_moment(2.0, eta, 1.5, 0.8), exact)
    for alpha, value in zip((0, 0.5, 1), readings, strict=True):
        assert agrees(sde_second_moment(2.0, eta, 1.5, 0.8, alpha), value)
        assert agrees(pearson.second_moment(PowerLaw(2.0, eta, 1.5, 0.8), alpha), value)


def test_both_corrections_are_needed() -> None:
    exact = recursion_second_moment(2.0, 0.1, 1.5, 0.8)
    h, sg = modified_parameters(2.0, 0.1, 1.5)
    drift_only = sde_second_moment(h, 0.1, 1.5, 0.8, alpha=0)
    both = sde_second_moment(h, 0.1, sg, 0.8, alpha=0)
    assert both == pytest.approx(0.0416667, abs=5e-8)
    assert [round(100 * (v / exact - 1), 1) for v in (drift_only, both)] == [-18.5, -2.2]


def test_modified_parameters_are_right_to_first_order() -> None:
    etas = np.array([1e-2, 1e-3])
    h, sg = modified_parameters(2.0, etas, 1.5)
    error = np.asarray(sde_second_moment(h, etas, sg, 0.8, alpha=0)) / recursion_second_moment(2.0, etas, 1.5, 0.8) - 1
    assert np.log10(error[0] / error[1]) == pytest.approx(2.0, abs=0.05)


def test_recursion_against_its_own_moment_map() -> None:
    h, eta, sg, sh, second = 2.0, 0.1, 1.5, 0.8, 0.0
    for _ in range(2000):
        second = ((1 - eta * h) ** 2 + eta**2 * sh) * second + eta**2 * sg
    assert second == pytest.approx(recursion_second_moment(h, eta, sg, sh), rel=1e-13)


def test_bad_input() -> None:
    with pytest.raises(MomentError, match="eta H"):
        recursion_second_moment(2.0, 0.9, 1.5, 0.8)
    with pytest.raises(MomentError, match="alpha"):
        sde_second_moment(2.0, 0.5, 1.5, 3.0, alpha=1)
    with pytest.raises(FokkerError, match="curvature"):
        recursion_second_moment(-2.0, 0.1, 1.5, 0.8)
