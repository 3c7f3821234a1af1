"""The valley of equal minima: its density, its marginal and the drift along it."""

import numpy as np
import pytest

from fokker.theory import valley


def test_printed_numbers(agrees) -> None:
    assert agrees(valley.ring_norm(4.0), "4.0378116399568")
    assert agrees(valley.ring_marginal(0.0, 4.0), "0.24765890268489")
    assert agrees(valley.ring_marginal(np.pi / 2, 4.0), "0.11075642832729")


@pytest.mark.parametrize("depth", [0.0, 0.7, 4.0])
def test_norm_by_quadrature(depth) -> None:
    y = 2 * np.pi * np.arange(400) / 400
    assert np.mean(valley.ring_curvature(y, depth) ** -0.5) * 2 * np.pi == pytest.approx(
        valley.ring_norm(depth), rel=1e-14
    )


@pytest.mark.parametrize("diffusion", [0.05, 1.0])
def test_marginal_of_the_joint_density(diffusion) -> None:
    x, h = np.linspace(-12, 12, 2001, retstep=True)
    y = np.linspace(0, 2 * np.pi, 17)
    joint = np.exp(valley.ring_log_density(x[:, None], y, 4.0, diffusion))
    np.testing.assert_allclose(joint.sum(axis=0) * h, valley.ring_marginal(y, 4.0), rtol=1e-13)


def test_averaged_drift_has_the_marginal_for_its_density() -> None:
    """D (ln p)' of the marginal, by central differences."""
    y, h, d = np.linspace(0, 6, 13), 1e-5, 0.3
    slope = (np.log(valley.ring_marginal(y + h, 4.0)) - np.log(valley.ring_marginal(y - h, 4.0))) / (2 * h)
    drift = valley.averaged_drift(valley.ring_curvature(y, 4.0), 4 * np.sin(2 * y), d)
    np.testing.assert_allclose(drift, d * slope, atol=1e-9)
