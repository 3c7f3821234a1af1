"""Radau IIA-5 for linear systems: order, error control, mass, replay."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.sparse import csc_array, diags_array

from fokker.errors import FokkerError
from fokker.linalg.radau import Record, Replay, radau, replay

N = 12


def chain(up, down):
    """Return the transposed generator of a chain with the given rates, all columns summing to zero."""
    matrix = diags_array([np.full(N - 1, up), np.full(N - 1, down)], offsets=[-1, 1]).toarray()
    return csc_array(matrix - np.diag(matrix.sum(axis=0)))


def driven(t):
    return chain(2.0 + np.sin(3.0 * t), 1.5 + 0.5 * np.cos(2.0 * t))


def start():
    law = np.zeros(N)
    law[2] = 1.0
    return law


@pytest.fixture(scope="module")
def reference():
    """The driven chain at t = 1 and 2 by an explicit method of order eight."""
    found = solve_ivp(lambda t, p: driven(t) @ p, (0, 2), start(), "DOP853", [1.0, 2.0], rtol=1e-13, atol=1e-15)
    return found.y.T


def test_order_five(reference):
    counts = np.array([4, 8, 16, 32])
    errors = []
    for count in counts:
        steps = [(2.0 * k / count, 2.0 / count) for k in range(count)]
        errors.append(np.abs(replay(driven, steps, start()) - reference[1]).sum())
    order = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert abs(order - 5.0) < 0.3


@pytest.mark.parametrize("tol", [1e-4, 1e-8, 1e-11])
def test_error_keeps_to_the_tolerance(reference, tol):
    found = list(radau(driven, start(), [1.0, 2.0], tol))
    for (law, error), exact in zip(found, reference, strict=True):
        assert np.abs(law - exact).sum() <= tol
        assert error <= tol + 1e-12
        assert abs(law.sum() - 1.0) <= 1e-14


@pytest.mark.parametrize("tol", [1e-4, 1e-8, 1e-11])
def test_constant_matrix_against_the_exponential(tol):
    matrix = chain(1.0, 2.0)
    for (law, _), t in zip(radau(lambda _: matrix, start(), [0.3, 5.0], tol), (0.3, 5.0), strict=True):
        assert np.abs(law - expm(t * matrix.toarray()) @ start()).sum() <= tol


def test_constant_matrix_is_factorised_once_a_step_size(monkeypatch):
    from fokker.linalg import radau_step as module

    made = []
    whole = module.Frozen.__init__
    monkeypatch.setattr(module.Frozen, "__init__", lambda self, m, h: (made.append(h), whole(self, m, h))[1])
    matrix = chain(1.0, 2.0)
    replay(lambda _: matrix, [(0.1 * k, 0.1) for k in range(20)], start())
    assert len(made) == 1


def test_stiff_modes_die():
    """L-stability: R(z) = O(1/z), so that one step of 1e6 lifetimes leaves 3/z^... of a fast mode and no more."""
    rates = np.array([1e6, 1.0])
    matrix = csc_array(np.array([[-rates[0], 0.0, 0.0], [rates[0], -rates[1], 0.0], [0.0, rates[1], 0.0]]))
    law = replay(lambda _: matrix, [(0.0, 1.0)], np.array([1.0, 0.0, 0.0]))
    z = 1e6  # R(z) = (1 + 2z/5 + z^2/20) / (1 - 3z/5 + 3z^2/20 - z^3/60)
    assert abs(law[0]) <= 1.01 * 3.0 / z
    assert abs(law.sum() - 1.0) <= 1e-15


def test_mass_is_kept_on_a_stiff_chain():
    def stiff(t):
        return 1e6 * driven(t)

    ((law, _),) = radau(stiff, start(), [1e-2], 1e-6)
    assert abs(law.sum() - 1.0) <= 1e-13


def test_columns_and_backward_in_time(reference):
    """Several columns at once; and the transposed system backward in time, whose pairing with the law is constant."""
    both = np.stack([start(), start()[::-1]], axis=1)
    *_, (laws, _) = radau(driven, both, [1.0, 2.0], 1e-9)
    assert np.abs(laws[:, 0] - reference[1]).sum() <= 1e-9
    gain = np.arange(N, dtype=float)
    ((back, _),) = radau(lambda s: driven(2.0 - s).T.tocsc(), gain, [2.0], 1e-9)
    assert abs(back @ start() - gain @ reference[1]) <= 1e-8


def test_replay_is_the_same_and_linear():
    record = Record()
    *_, (law, _) = radau(driven, start(), [0.7, 2.0], 1e-8, record=record)
    again = Replay(driven, record.steps)
    assert np.abs(again(start()) - law).sum() <= 1e-14
    other = np.full(N, 1.0 / N)
    mixed = again(0.3 * start() + 0.7 * other)
    assert np.abs(mixed - 0.3 * again(start()) - 0.7 * again(other)).sum() <= 1e-14
    columns = again(np.stack([start(), other], axis=1))
    assert np.abs(columns[:, 1] - again(other)).sum() <= 1e-14


def test_stages_integrate_the_flow():
    """Weights times A times stages add up to the change of the state: Radau's own quadrature."""
    gained = np.zeros(N)

    def watch(time, weight, law):
        nonlocal gained
        gained = gained + weight * (driven(time) @ law)

    law = replay(driven, [(0.1 * k, 0.1) for k in range(10)], start(), watch)
    assert np.abs(gained - (law - start())).sum() <= 1e-13


def test_declared_jumps_cost_no_accuracy():
    low, high = chain(1.0, 2.0), chain(3.0, 0.5)

    def switched(t):
        return low if t < 0.5 else high

    ((law, _),) = radau(switched, start(), [1.0], 1e-10, breaks=[0.5])
    exact = expm(0.5 * high.toarray()) @ expm(0.5 * low.toarray()) @ start()
    assert np.abs(law - exact).sum() <= 1e-10


def test_leaps_everywhere_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(FokkerError, match="shrink to nothing"):
        list(radau(lambda _: chain(*rng.uniform(1, 2, 2)), start(), [1.0], 1e-10))
