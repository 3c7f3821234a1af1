"""Multifrontal elimination, entry by entry, against references in 50 digits that are stored with their script."""

import mpmath
import numpy as np
import pytest

from fokker.linalg import MultifrontalFactor, Plan, Scaled
from fokker.validation.data import elimination as data

CASES = {case.name: case for case in data.read()}
SHAPE, OPEN = (data.SIDE, data.SIDE), (False, False)
LEFT, RIGHT = data.discs()
NOTHING = np.zeros_like(LEFT)
FLOOR = -1900.0
# every entry is a sum of products of positive numbers: roundings add up, whatever the barrier
TOLERANCE = 1e-13
# without a hint, rates and branchings that matter must lie within the range of the plain scaling
PLAIN = 1041.0  # in ln


def into(case, goal):
    """Return the rate of every cell into the cells of a set: a sum of rates, never a difference."""
    tail, head = data.edges()
    rates = np.zeros(len(goal))
    np.add.at(rates, tail, case.forward * goal[head])
    np.add.at(rates, head, case.backward * goal[tail])
    return rates


def factor(case, targets=NOTHING, hint=None):
    plan = Plan.of_lattice(SHAPE, OPEN, *data.edges(), keep=~targets)
    return MultifrontalFactor(plan, case.forward, case.backward, into(case, targets), hint=hint)


def errors(found, reference):
    """Return relative errors of pairs, at any exponent."""
    mantissa, exponent = reference
    shift = found.exponent.astype(np.int64) - exponent
    assert np.abs(shift).max(initial=0) < 500
    return np.abs(np.ldexp(found.mantissa / mantissa, shift) - 1)


def log(reference):
    return np.log(reference[0]) + np.log(2.0) * reference[1]


@pytest.fixture(scope="module")
def laws():
    """The stationary law of every case, by elimination."""
    return {name: factor(case).log_stationary() for name, case in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_stationary_law(name, laws):
    law, reference = laws[name], CASES[name].references["stationary"]
    above = log(reference) >= FLOOR
    assert errors(law[above], tuple(part[above] for part in reference)).max() <= TOLERANCE
    np.testing.assert_array_equal(law.mantissa[~above], 0.0)
    np.testing.assert_array_equal(law.log()[~above], -np.inf)


@pytest.mark.parametrize("hinted", [True, False], ids=["hinted", "plain"])
@pytest.mark.parametrize("name", CASES)
def test_passage_times_and_committors(name, hinted, laws):
    case = CASES[name]
    hint = laws[name].log() if hinted else None
    to_right, to_either, outside = factor(case, RIGHT, hint), factor(case, LEFT | RIGHT, hint), ~(LEFT | RIGHT)
    time = to_right.solve(Scaled.of(np.ones(len(LEFT))))
    found = {
        "time": time[~RIGHT],
        "second": to_right.solve(time.times(np.full(len(LEFT), 2.0)))[~RIGHT],
        "committor": to_either.solve(Scaled.of(into(case, RIGHT)))[outside],
        "complement": to_either.solve(Scaled.of(into(case, LEFT)))[outside],
    }
    worst = {quantity: errors(x, case.references[quantity]).max() for quantity, x in found.items()}
    assert max(worst.values()) <= TOLERANCE, worst


@pytest.mark.parametrize("name", CASES)
def test_occupation_times_add_up_to_the_mean_time(name, laws):
    case, start = CASES[name], int(np.flatnonzero(LEFT)[0])
    source = np.where(np.arange(len(LEFT)) == start, 1.0, 0.0)
    spent, top = factor(case, RIGHT, laws[name].log()).solve_transposed(Scaled.of(source)).aligned()
    assert spent.min() >= 0.0
    mantissa, exponent = (part[np.cumsum(~RIGHT)[start] - 1] for part in case.references["time"])
    assert np.ldexp(spent.sum() / mantissa, top - int(exponent)) == pytest.approx(1.0, rel=TOLERANCE)


def test_stored_cases():
    assert [(case.rotation, case.barrier) for case in CASES.values()] == [
        (rotation, barrier) for rotation in data.ROTATIONS for barrier in data.BARRIERS
    ]
    for case in CASES.values():
        rates = np.append(case.forward, case.backward)
        assert rates.min() > np.finfo(float).tiny
        assert log(case.references["time"]).max() + np.log(rates.max()) < PLAIN
        cells = len(LEFT), (~RIGHT).sum(), (~RIGHT).sum(), (~(LEFT | RIGHT)).sum(), (~(LEFT | RIGHT)).sum()
        assert tuple(len(case.references[quantity][0]) for quantity in data.NAMES) == cells
    # the floor is put to the test at 1000 kT
    low = [case.name for case in CASES.values() if log(case.references["stationary"]).min() < FLOOR]
    assert low == ["1000 kT, gradient", "1000 kT, rotation 0.5"]


@pytest.mark.parametrize("name", ["20 kT, gradient", "20 kT, rotation 3"])
def test_the_script_makes_the_stored_data(name):
    case = CASES[name]
    with mpmath.workdps(data.DIGITS):
        forward, backward = data.rates(case.barrier, case.rotation)
        np.testing.assert_array_equal(forward, case.forward)
        np.testing.assert_array_equal(backward, case.backward)
        for quantity, numbers in data.references(forward, backward).items():
            mantissa, exponent = data.pairs(numbers)
            np.testing.assert_array_equal(mantissa, case.references[quantity][0])
            np.testing.assert_array_equal(exponent, case.references[quantity][1])
