"""Selling's decomposition: weights that are not negative, offsets that are whole, and the tensor exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fokker.discretize.selling import CONDITION, capped, extremes, selling

REACHES = {10: 3, 100: 8, 1000: 25, 1e4: 70}  # largest offsets seen, a little rounded up


def tensors(d, condition, count, seed):
    """Return random positive definite tensors, shape (d, d, n), whose extreme eigenvalues are 1 and 1/condition."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(count, d, d)))[0]
    values = np.exp(-rng.uniform(0, 1, (count, d)) * np.log(condition))
    values[:, 0], values[:, -1] = 1.0, 1.0 / condition
    result = np.moveaxis(np.einsum("nij,nj,nkj->nik", turn, values, turn), 0, -1)
    return 0.5 * (result + result.swapaxes(0, 1))


def rebuilt(weights, offsets):
    return np.einsum("nm,nmi,nmj->ijn", weights, offsets.astype(float), offsets.astype(float))


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("condition", [1, 10, 100, 1000, 1e4])
def test_a_tensor_is_the_sum_of_its_edges(d, condition):
    given_ = tensors(d, condition, 3000, int(condition) + d)
    weights, offsets = selling(given_)
    assert weights.min() >= 0.0
    assert np.abs(rebuilt(weights, offsets) - given_).max() <= 1e-12
    used = np.abs(offsets[weights > 1e-14]).max()
    assert used <= REACHES.get(condition, 1)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 3), st.floats(0, 4), st.floats(-8, 8), st.integers(0, 10**6))
def test_any_tensor_of_any_size(d, power, scale, seed):
    given_ = 10**scale * tensors(d, 10**power, 3, seed)
    weights, offsets = selling(given_)
    assert weights.min() >= 0.0
    assert np.abs(rebuilt(weights, offsets) - given_).max() <= 1e-12 * 10**scale


@pytest.mark.parametrize("d", [2, 3])
def test_edges_turn_with_the_tensor_by_right_angles(d):
    given_ = tensors(d, 30, 200, 5)
    turn = np.eye(d)
    turn[:2, :2] = [[0, -1], [1, 0]]
    turned = np.einsum("ai,ijn,bj->abn", turn, given_, turn)
    pairs = []
    for tensor, back in ((given_, np.eye(d)), (turned, turn)):
        weights, offsets = selling(tensor)
        sets = []
        for w, e in zip(weights, offsets @ back, strict=True):
            kept = [(tuple(v * (1 if tuple(v) > (0,) * d else -1)), x) for v, x in zip(e, w, strict=True) if x > 1e-12]
            sets.append(dict(kept))
        pairs.append(sets)
    for one, other in zip(*pairs, strict=True):
        assert one.keys() == other.keys()
        assert all(abs(one[e] - other[e]) < 1e-13 for e in one)


@pytest.mark.parametrize("d", [2, 3])
def test_a_diagonal_tensor_needs_the_axes_only(d):
    weights, offsets = selling(np.diag(np.arange(1.0, d + 1))[..., None])
    used = {tuple(e): w for e, w in zip(offsets[0].tolist(), weights[0], strict=True) if w > 0}
    assert used == {tuple(int(i == k) for i in range(d)): k + 1.0 for k in range(d)}


@pytest.mark.parametrize("d", [2, 3])
def test_degenerate_tensors_are_widened_to_the_largest_condition(d):
    given_ = tensors(d, 1e7, 50, 1)
    found = capped(given_)
    low, high = extremes(found.tensors)
    assert found.changed == 50
    assert found.worst == pytest.approx(1e7, rel=1e-6)
    np.testing.assert_allclose(high / low, CONDITION, rtol=1e-9)
    assert np.abs(found.tensors - given_).max() <= 1.01 / CONDITION
    well = tensors(d, 100, 50, 1)
    assert capped(well).tensors is well
