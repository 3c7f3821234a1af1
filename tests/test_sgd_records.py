"""The records of `fokker.sgd` behave like those of the solvers: five lines, HTML, files, labels, pickles, equality."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import fokker
from fokker import errors
from fokker.info import Info
from fokker.results.kept import KeptRecord
from fokker.sgd import (
    NoiseModel,
    SampleGradients,
    fit_student,
    hill,
    simulate_first_passage,
    simulate_power_law,
    simulate_sde,
)

RNG = np.random.default_rng(4)
SLOPES, OFFSETS = np.eye(2) + 0.3 * RNG.normal(size=(30, 2, 2)), RNG.normal(size=(30, 2))
POINTS = RNG.normal(size=(7, 2))
GRADIENTS = np.einsum("nij,mj->mni", SLOPES, POINTS) - OFFSETS


def samples() -> SampleGradients:
    return SampleGradients(SLOPES[:, 0, 0], OFFSETS[:, 0])


def line(replacement: bool = True) -> NoiseModel:
    theta = np.array([-1.0, 0.0, 2.0])
    return NoiseModel.from_gradients(theta, samples().at(theta), 0.1, batch_size=3, replacement=replacement)


def given() -> NoiseModel:
    return NoiseModel(0.5, curvature=2.0, sigma_g=1.5, rho=-0.6, sigma_H=0.8, learning_rate=0.1)


def plane() -> Any:
    return NoiseModel.from_gradients(POINTS, GRADIENTS, 0.1, batch_size=3)


def space() -> Any:
    """Three parameters, of which there is no picture."""
    rng = np.random.default_rng(0)
    slopes, points = np.eye(3) + 0.1 * rng.normal(size=(20, 3, 3)), rng.normal(size=(8, 3))
    gradients = np.einsum("nij,mj->mni", slopes, points) - rng.normal(size=(20, 3))
    return NoiseModel.from_gradients(points, gradients, 0.1, batch_size=1)


def section() -> NoiseModel:
    inputs = RNG.normal(size=(30, 4))
    best = np.linalg.lstsq(inputs, np.ones(30), rcond=None)[0]
    return NoiseModel.from_model(
        lambda theta, data: (data @ theta - 1.0)[:, None] * data, inputs, 1, 0.1, minimum=best, rng=0
    )


def paths() -> Any:
    return simulate_sde(given().problem(), 0.5, [0.0, 0.5, 1.0], step=0.05, replicas=20, rng=0)


def steps_in_the_plane() -> Any:
    problem = fokker.Problem(
        drift=lambda x, y: (-x, -y), diffusion=0.5, domain={"x": (-9, 9), "y": (-9, 9)}, boundary="reflecting"
    )
    return simulate_sde(problem, {"x": 0.0, "y": 1.0}, [0.1, 0.2], step=0.05, replicas=5, rng=0)


def passages() -> Any:
    return simulate_first_passage(given().problem(), 0.5, (0.3, 0.9), step=0.01, horizon=0.4, replicas=40, rng=0)


def fit() -> Any:
    return fit_student(RNG.standard_t(3.0, size=200))


def flat() -> Any:
    """A fit whose nu is infinite."""
    return fit_student(np.random.default_rng(0).uniform(-1, 1, size=300))


MAKERS: list[Callable[[], Any]] = [
    samples, line, given, plane, space, section, paths, steps_in_the_plane, passages, fit, flat,
    lambda: fit().gaussian, lambda: hill(RNG.pareto(2.0, 200)), lambda: line().estimate, lambda: plane().estimate,
]  # fmt: skip


@pytest.fixture(params=MAKERS, scope="module")
def record(request: pytest.FixtureRequest) -> Any:
    return request.param()


def same(one: Any, other: Any) -> bool:
    """Whether all fields of two records, arrays and the like among them, are the same to the last bit."""
    if isinstance(one, (KeptRecord, Info)):
        named = [field.name for field in fields(one)]  # type: ignore[arg-type]
        return type(one) is type(other) and all(same(getattr(one, name), getattr(other, name)) for name in named)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(type(one) is type(other) and (one == other or one != one))


def test_a_record_prints_about_five_lines(record: Any) -> None:
    lines = repr(record).splitlines()
    assert 3 <= len(lines) <= 5
    assert all(text.startswith("  ") and text[12] != " " and text[11] == " " for text in lines[1:])
    assert "array(" not in repr(record)
    assert max(map(len, lines)) <= 120


def test_a_record_has_an_html_form(record: Any) -> None:
    html = record._repr_html_()
    assert "<table>" in html
    for text in repr(record).splitlines()[1:]:
        assert f">{text[2:12].strip()}</th>" in html
    drawn = hasattr(record, "plot") and getattr(record, "dimension", 1) < 3
    assert ("<img" in html) == drawn
    assert plt.get_fignums() == []


def test_a_record_comes_back_from_its_file(record: Any, tmp_path: Path) -> None:
    place = str(tmp_path / "record")
    record.save(place)
    again = fokker.load(place)
    assert same(record, again)
    assert repr(again) == repr(record)
    with np.load(f"{place}.npz", allow_pickle=False) as data:  # nothing in it is a pickle
        assert all(data[name].dtype.kind in "fiUb" for name in data.files)


def test_a_record_can_be_pickled(record: Any) -> None:
    assert same(record, pickle.loads(pickle.dumps(record)))


def test_a_record_can_be_compared_and_hashed(record: Any) -> None:
    assert record == record
    assert (record != pickle.loads(pickle.dumps(record))) in {True, False}
    assert record != 3
    assert len({record, record}) == 1


def test_every_record_of_the_package_is_known_to_load() -> None:
    here = {name for name in fokker.sgd.__all__ if isinstance(getattr(fokker.sgd, name), type)}
    models = {"DenseClassifier", "DiagonalNetwork", "HiddenLayer", "LinearModel"}
    assert here - models <= set(KeptRecord.kinds)


def test_equal_samples_unpack() -> None:
    slopes, offsets = samples()
    np.testing.assert_array_equal(slopes, SLOPES[:, 0, 0])
    assert offsets is not None
    with pytest.raises(errors.DimensionError, match="do not fit together"):
        SampleGradients(np.zeros(3), np.zeros(4))


# Labels


def test_labels_of_an_ensemble() -> None:
    pytest.importorskip("xarray")
    labelled = paths().to_xarray()
    assert labelled.dims == ("time", "replica")
    np.testing.assert_array_equal(labelled.sel(time=0.5).values, paths().values[1])
    plane_paths = steps_in_the_plane()
    both = plane_paths.to_xarray()
    assert both.dims == ("coordinate", "time", "replica")
    np.testing.assert_array_equal(both.sel(coordinate="y", replica=2).values, plane_paths.values[1, :, 2])
    walked = simulate_power_law(given(), steps=[0, 3], replicas=6, rng=0).to_xarray()
    assert walked.dims == ("steps", "replica")


def test_labels_of_first_passages() -> None:
    pytest.importorskip("xarray")
    record = passages()
    assert record.censored
    labelled = record.to_xarray()
    np.testing.assert_array_equal(labelled.values, record.times)
    for k, label in enumerate(record.labels):
        np.testing.assert_array_equal(labelled.end.values == label, record.exits == k)
    np.testing.assert_array_equal(labelled.end.values == "", np.isnan(record.times))


def test_labels_of_an_estimate() -> None:
    pytest.importorskip("xarray")
    found = plane().estimate
    labelled = found.to_xarray()
    assert labelled.dims == ("point", "i", "j")
    np.testing.assert_array_equal(labelled.values, found.measured)
    np.testing.assert_array_equal(labelled.standard_error.values, found.measured_errors)
    np.testing.assert_array_equal(labelled.theta_2.values, POINTS[:, 1])
    ranks = hill(np.arange(1.0, 40.0), centre=0.0).to_xarray()
    assert ranks.sel(rank=1).item() == 39.0


# Another batch


@pytest.mark.parametrize("replacement", [True, False])
def test_another_batch_size_is_another_estimate(replacement: bool) -> None:
    theta = np.array([-1.0, 0.0, 2.0])
    scaled = line(replacement).at_batch(7, learning_rate=0.02)
    new = NoiseModel.from_gradients(theta, samples().at(theta), 0.02, batch_size=7, replacement=replacement)
    assert scaled.learning_rate == 0.02
    assert scaled.batch_size == 7
    for name in ("sigma_g", "rho", "sigma_H", "minimum", "curvature"):
        assert getattr(scaled, name) == pytest.approx(getattr(new, name), rel=1e-13)
        assert scaled.standard_errors[name] == pytest.approx(new.standard_errors[name], rel=1e-13)
    assert scaled.estimate is not None
    assert new.estimate is not None
    np.testing.assert_allclose(scaled.estimate.measured, new.estimate.measured, rtol=1e-13)
    np.testing.assert_allclose(scaled.estimate.measured_errors, new.estimate.measured_errors, rtol=1e-13)


def test_another_batch_size_in_the_plane_and_without_an_estimate() -> None:
    new = NoiseModel.from_gradients(POINTS, GRADIENTS, 0.1, batch_size=12)
    scaled = plane().at_batch(12)
    for name in ("sigma_g", "rho", "sigma_H"):
        np.testing.assert_allclose(getattr(scaled, name), getattr(new, name), rtol=1e-13, atol=1e-16)
    assert given().at_batch(4).kappa == pytest.approx(4 * given().kappa, rel=1e-15)
    assert given().at_batch().kappa == given().kappa
    assert given().at_batch(learning_rate=0.2).kappa == pytest.approx(given().kappa / 2, rel=1e-15)


def test_batches_that_cannot_be() -> None:
    with pytest.raises(errors.FokkerError, match="larger than the data set"):
        line(replacement=False).at_batch(31)
    with pytest.raises(errors.CoefficientError, match="no gradient noise"):
        line(replacement=False).at_batch(30)
    with pytest.raises(errors.FokkerError, match="batch_size must be an integer"):
        given().at_batch(0)
    with pytest.raises(errors.CoefficientError, match="learning_rate must be positive"):
        given().at_batch(2, learning_rate=0.0)


# Files that do not serve


def test_a_generator_for_a_record_that_has_none(tmp_path: Path) -> None:
    place = str(tmp_path / "noise.npz")
    given().save(place)
    generator = fokker.discretize(given().problem(), cells=20)
    with pytest.raises(errors.FokkerError, match=r"no generator[\s\S]*NoiseModel"):
        fokker.load(place, generator=generator)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"kind": "Later", "fields": {}}, r"not known here[\s\S]*Later[\s\S]*NoiseModel"),
        ({"kind": "GaussianFit", "fields": {"mean": 1.0}}, r"other fields[\s\S]*GaussianFit with the fields mean"),
    ],
)
def test_a_file_of_another_version(header: dict[str, object], words: str, tmp_path: Path) -> None:
    place = str(tmp_path / "later.npz")
    np.savez(place, header=np.array(json.dumps(header)))
    with pytest.raises(errors.FokkerError, match=words):
        fokker.load(place)
