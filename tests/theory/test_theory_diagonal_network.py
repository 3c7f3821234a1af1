"""Stationary laws of diagonal networks: printed numbers, the zero-flux equation, moments by other quadratures."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from fokker.errors import FokkerError, MomentError, NormalisationError
from fokker.theory import deep_network, diagonal_network

REFERENCE = diagonal_network.gaussian_samples(1.0, 1.0)
OTHER = diagonal_network.SampleMoments(1.3, 0.4, 0.9, 0.8, 0.5)


def laws():
    for samples in (REFERENCE, OTHER):
        yield diagonal_network.DepthZero(samples, 0.1, 0.2)
        yield diagonal_network.depth_one(samples, 0.1, 0.2)
        yield deep_network.deep(samples, 0.2, 2, 3)
        yield deep_network.deep(samples, 0.7, 4, 1)
        yield deep_network.deepest(samples, 0.2, 0.6)


@pytest.mark.parametrize("law", list(laws()), ids=lambda law: type(law).__name__)
@pytest.mark.parametrize("v", [0.2, 0.9, 3.0])
def test_no_flux(law, v) -> None:
    """(D p)' = a p, by differences of fourth order."""
    h = 1e-3 * v

    def product(x):
        return np.log(law.diffusion(np.array(x))) + law.log_weight(x)

    slope = (8 * (product(v + h) - product(v - h)) - product(v + 2 * h) + product(v - 2 * h)) / (12 * h)
    exact = float(law.drift(np.array(v)) / law.diffusion(np.array(v)))
    assert slope == pytest.approx(exact, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("law", list(laws()), ids=lambda law: type(law).__name__)
def test_norm_by_adaptive_quadrature(law) -> None:
    edges = [-np.inf, 0.0] if isinstance(law, diagonal_network.DepthZero) else [0.0]
    edges += [0.5, 2.0, 8.0, np.inf]
    pieces = (
        quad(lambda v: np.exp(law.log_weight(v)) if v else 0.0, a, b, epsabs=0, epsrel=1e-11, limit=400)[0]
        for a, b in pairwise(edges)
    )
    assert law.norm() == pytest.approx(sum(pieces), rel=1e-8)


def test_printed_numbers(agrees) -> None:
    for temperature, norm, square in ((0.05, "0.5466828615312", "1.0555555556"), (0.3, "1.189790970161", "1.75")):
        zero = diagonal_network.DepthZero(REFERENCE, temperature)
        assert agrees(zero.norm(), norm)
        assert agrees(zero.second_moment(), square)
        assert zero.mean() == 1.0
    for temperature, norm, mean, square in (
        (0.05, "0.7979949713247", "0.9376308291864", "0.9989533665091"),
        (0.1, "1.1742430904", "0.8449364709346", "0.9651905871961"),
        (0.2, "2.142689089802", "0.5809051199044", "0.7095474400478"),
        (0.3, "7.585794628399", "0.1820915731194", "0.2273638577065"),
    ):
        one = diagonal_network.depth_one(REFERENCE, temperature)
        assert agrees(one.norm(), norm, 1e-13)
        assert agrees(one.moment(1), mean, 1e-13)
        assert agrees(one.moment(2), square, 1e-13)
    for temperature, mode in ((0.05, "0.8864052604279"), (0.1, "0.8032141427427"), (0.2, "0.5714285714286")):
        assert agrees(diagonal_network.mode(REFERENCE, temperature), mode)
    assert agrees(diagonal_network.mode_temperature(REFERENCE), "0.2015527057386127")
    assert agrees(deep_network.deep(REFERENCE, 0.1, 2).moment(1), "0.71617453062")
    assert agrees(deep_network.deep(REFERENCE, 1.0, 2).moment(1), "0.0303345513405")


def test_second_moment_of_one_weight_by_quadrature() -> None:
    law = diagonal_network.DepthZero(OTHER, 0.1, 0.2)
    whole = quad(lambda v: v * v * np.exp(law.log_density(v)), -np.inf, np.inf, epsrel=1e-11)[0]
    assert law.second_moment() == pytest.approx(whole, rel=1e-8)


def test_mean_of_ln_v_does_not_move() -> None:
    """b1 <v> - B2 + T <g> = 0 with two weights."""
    law = diagonal_network.depth_one(OTHER, 0.15, 0.1)
    a1, a2, a3, b1, b2 = OTHER
    noise = a1 * law.moment(2) - 2 * a2 * law.moment(1) + a3
    assert b1 * law.moment(1) - (b2 - 0.1) + 0.15 * noise == pytest.approx(0.0, abs=1e-13)


@pytest.mark.parametrize("temperature", [0.05, 0.15, 0.2])
def test_mode_is_the_maximum(temperature) -> None:
    law = diagonal_network.depth_one(REFERENCE, temperature)
    place = diagonal_network.mode(REFERENCE, temperature)
    sides = law.log_density([place - 1e-3, place + 1e-3])
    assert np.all(sides < law.log_density(place))


def test_mode_is_lost() -> None:
    lost = diagonal_network.mode_temperature(REFERENCE)
    assert diagonal_network.mode(REFERENCE, lost * (1 - 1e-9)) > 0.5
    with pytest.raises(MomentError, match="no mode"):
        diagonal_network.mode(REFERENCE, lost * (1 + 1e-9))
    weak = diagonal_network.SampleMoments(1.0, 0.0, 1.0, 1.0, 0.5)
    assert diagonal_network.mode_temperature(weak) == pytest.approx(0.5 / 3)  # through the origin
    strong = diagonal_network.gaussian_samples(3.0, 1.0)  # s^2 below 8 k^2/21: a mode at every temperature
    assert diagonal_network.mode_temperature(strong) == np.inf
    assert diagonal_network.mode(strong, 0.999 * diagonal_network.critical_temperature(strong)) > 0


def test_many_layers() -> None:
    """With d/D read as d^(1 - 2/(D+1))/(D+1) the distance from the limit halves when D doubles."""
    gaps = []
    for depth in (200, 400):
        share = depth ** (1 - 2 / (depth + 1)) / (depth + 1)
        deep = deep_network.deep(REFERENCE, 0.1, depth, depth)
        gaps.append(deep.moment(1) - deep_network.deepest(REFERENCE, 0.1, share).moment(1))
    assert gaps[0] / gaps[1] == pytest.approx(2.0, abs=0.05)


def test_bad_input() -> None:
    with pytest.raises(NormalisationError, match="T_c"):
        diagonal_network.depth_one(REFERENCE, 1 / 3)
    with pytest.raises(MomentError, match=r"order below 2\.5"):
        diagonal_network.depth_one(REFERENCE, 0.1).moment(2.5)
    with pytest.raises(MomentError, match="B1/a1"):
        diagonal_network.DepthZero(REFERENCE, 0.5).second_moment()
    with pytest.raises(FokkerError, match="determinant"):
        diagonal_network.DepthZero(diagonal_network.SampleMoments(1.0, 1.0, 1.0, 1.0, 1.0), 0.1)
    with pytest.raises(FokkerError, match="depth"):
        deep_network.deep(REFERENCE, 0.1, 1)
