"""Committors and splitting probabilities: both sides entry by entry, walls, partly absorbing walls, rings."""

import mpmath
import numpy as np
import pytest
from exact import scaled, solve
from references import Process, integral

import fokker
from fokker.errors import DomainError, FokkerError, ReachabilityError, TargetError


def d(x):
    return 1 + 0.5 * np.sin(3 * x + 0.5)


def well(barrier, cells=100):
    problem = fokker.Problem.from_potential(
        lambda x: barrier * (x**2 - 1) ** 2 + np.sin(x), temperature=1.0, mobility=d, domain={"x": (-1.5, 1.5)}
    )
    return fokker.discretize(problem, cells=cells)


def left(x):
    return x < -0.912


def right(x):
    return x > 1.031


@pytest.mark.parametrize("barrier", [1, 10, 60, 300, 900])
def test_both_sides_entry_by_entry(barrier):
    g = well(barrier)
    q = fokker.committor(g, left, right)
    with mpmath.workdps(1500):
        outside = [mpmath.mpf(bool(v)) for v in ~left(g.nodes[0]) & ~right(g.nodes[0])]
        for answer, label in ((q.chance, "target"), (q.failure, "source")):
            leak = [mpmath.mpf(float(v)) * w for v, w in zip(q.generator.exit_rates[label], outside, strict=True)]
            exact = solve(q.generator, leak)
            for i in np.flatnonzero([float(v) for v in outside]):
                assert abs(scaled(answer, i) / exact[i] - 1) < 1e-12, (label, i)
                assert abs(float(answer.log()[i] - mpmath.log(exact[i]))) < 1e-11
    if barrier <= 300:
        np.testing.assert_allclose(q.values + q.complement, 1, rtol=1e-14)


@pytest.mark.parametrize("barrier", [1, 10, 60, 300])
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_closed_form_anywhere(barrier, alpha):
    """q = int s / int s, each side by its own integral of positive terms."""
    process = Process(lambda x: barrier * (x**2 - 1) ** 2, lambda x: 4 * barrier * x * (x**2 - 1), d, alpha)
    problem = fokker.Problem(process.drift, diffusion=d, convention=alpha, domain={"x": (-1.5, 1.5)})
    q = fokker.committor(fokker.discretize(problem, cells=200), left, right)
    x = np.array([-0.9119, -0.9, -0.7, -0.3333, 0.0, 0.01234, 0.5, 0.99, 1.0309])
    whole = integral(process.scale, -0.912, 1.031)
    up = np.array([integral(process.scale, -0.912, y) for y in x]) / whole
    down = np.array([integral(process.scale, y, 1.031) for y in x]) / whole
    # the distance of a start to a wall carries one ulp of the wall
    np.testing.assert_allclose(q.at(x=x), up, rtol=3e-11)
    np.testing.assert_allclose(q.complement_at(x=x), down, rtol=3e-11)
    np.testing.assert_allclose(q.log_at(x=x), np.log(up), atol=3e-11)


def test_values_on_the_sets():
    q = fokker.committor(well(5), left, right)
    assert q.at(x=[-1.5, -1.0, -0.913]).tolist() == [0.0, 0.0, 0.0]
    assert q.at(x=[1.032, 1.2, 1.5]).tolist() == [1.0, 1.0, 1.0]
    assert q.complement_at(x=[-1.2, 1.2]).tolist() == [1.0, 0.0]
    x = q.nodes[0]
    assert (q.values[left(x)] == 0).all()
    assert (q.values[right(x)] == 1).all()
    assert (q.complement[left(x)] == 1).all()
    assert (np.diff(q.values) >= 0).all()


def test_the_other_way_round_is_the_complement():
    g = well(20)
    there, back = fokker.committor(g, left, right), fokker.committor(g, right, left)
    np.testing.assert_allclose(there.complement, back.values, rtol=1e-13)
    np.testing.assert_allclose(there.values, back.complement, rtol=1e-13)
    assert there.sink == back.sink == "target"


def test_splitting_sums_to_one():
    g = well(4)
    ways = fokker.splitting(g, {"a": left, "b": lambda x: abs(x) < 0.05, "c": right})
    assert list(ways) == ["a", "b", "c"]
    np.testing.assert_allclose(sum(way.values for way in ways.values()), 1, rtol=1e-13)
    x = np.linspace(-1.49, 1.49, 61)
    np.testing.assert_allclose(sum(way.at(x=x) for way in ways.values()), 1, rtol=1e-12)
    for label, way in ways.items():
        assert ((way.values >= 0) & (way.values <= 1)).all()
        np.testing.assert_allclose(way.complement, sum(v.values for k, v in ways.items() if k != label), rtol=1e-13)
    # from the left of b nobody gets to c
    assert ways["c"].at(x=-0.5) == 0.0
    assert ways["a"].at(x=-0.5) > 0.0


def test_walls_are_sinks():
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary="absorbing")
    g = fokker.discretize(problem, cells=37)
    ways = fokker.splitting(g)
    x = np.array([0.0, 1e-9, 0.004, 0.25, 0.5001, 0.99, 1.0])
    np.testing.assert_allclose(ways["x right"].at(x=x), x, rtol=1e-12)
    np.testing.assert_allclose(ways["x left"].at(x=x), 1 - x, rtol=1e-12)
    np.testing.assert_allclose(ways["x left"].complement_at(x=x), x, rtol=1e-12)


@pytest.mark.parametrize("kappa", [1e-6, 0.5, 30.0, 1e7])
def test_a_partly_absorbing_wall_is_a_sink(kappa):
    """u(0) = 1, u'(1) = -kappa u(1): u = 1 - kappa x / (1 + kappa)."""
    problem = fokker.Problem(
        0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary={"x": ("absorbing", fokker.Robin(kappa))}
    )
    ways = fokker.splitting(fokker.discretize(problem, cells=37))
    x = np.linspace(0.0, 1.0, 11)
    np.testing.assert_allclose(ways["x right"].at(x=x), kappa * x / (1 + kappa), rtol=1e-12)
    np.testing.assert_allclose(ways["x left"].at(x=x), (1 + kappa * (1 - x)) / (1 + kappa), rtol=1e-12)


def test_walls_and_sets_together():
    problem = fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary={"x": ("absorbing", "reflecting")})
    g = fokker.discretize(problem, cells=40)
    ways = fokker.splitting(g, {"far": lambda x: x > 0.77})
    assert set(ways) == {"x left", "far"}
    x = np.array([0.1, 0.33, 0.76])
    np.testing.assert_allclose(ways["far"].at(x=x), x / 0.77, rtol=1e-12)
    # an absorbing wall is a failure
    q = fokker.committor(g, lambda x: (x > 0.2) & (x < 0.3), lambda x: x > 0.77)
    np.testing.assert_allclose(q.at(x=[0.5]), [0.2 / 0.47], rtol=1e-12)
    assert q.at(x=0.1) == 0.0
    np.testing.assert_allclose(q.complement_at(x=[0.1, 0.5]), [1.0, 0.27 / 0.47], rtol=1e-12)


TURN = 2 * np.pi


@pytest.mark.parametrize("tilt", [0.0, 0.8, -25.0])
@pytest.mark.parametrize("a", [(1.0, 1.7), (TURN - 0.2, TURN + 0.3)])
def test_on_a_ring(tilt, a):
    process = Process(lambda x: 3 * np.cos(x) - tilt * x, lambda x: -3 * np.sin(x) - tilt, np.ones_like, 0.5)
    problem = fokker.Problem(process.drift, diffusion=1.0, domain={"x": (0, TURN)}, boundary="periodic")
    g = fokker.discretize(problem, cells=64)

    def source(x):
        return ((x > a[0]) & (x < a[1])) | (x + TURN < a[1])

    q = fokker.committor(g, source, lambda x: (x > 3.3) & (x < 4.4))
    for low, high, sign in ((a[1] - TURN * (a[1] > TURN), 3.3, 1), (4.4, a[0] if a[0] > 4.4 else a[0] + TURN, -1)):
        x = low + (high - low) * np.array([0.01, 0.3, 0.5, 0.9])
        whole = integral(process.scale, low, high)
        up = [integral(process.scale, low, y) / whole for y in x]
        down = [integral(process.scale, y, high) / whole for y in x]
        chance, failure = (up, down) if sign > 0 else (down, up)
        np.testing.assert_allclose(q.at(x=np.mod(x, TURN)), chance, rtol=1e-11)
        np.testing.assert_allclose(q.complement_at(x=np.mod(x, TURN)), failure, rtol=1e-11)


def test_record(tmp_path):
    import matplotlib.pyplot as plt

    q = fokker.committor(well(300), left, right)
    assert repr(q).startswith("Probability of target at 100 points")
    assert "<table>" in q._repr_html_()
    figure, ax = plt.subplots()
    assert q.plot(ax, color="red") is ax
    assert ax.get_ylabel() == "probability of target"
    plt.close(figure)
    array = q.to_xarray()
    assert np.array_equal(array.values, q.values)
    assert "target" in f"{array.name} {array.attrs}"
    path = str(tmp_path / "q.npz")
    q.save(path)
    again = fokker.load(path)
    assert isinstance(again, fokker.HittingProbability)
    assert again.sink == "target"
    assert np.array_equal(again.log_values, q.log_values)
    assert np.array_equal(again.log_complement, q.log_complement)
    assert repr(again) == repr(q)
    with pytest.raises(FokkerError, match="needs the coefficients"):
        again.at(x=0.0)


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        (lambda x: x < 0.1, lambda x: x > 0, r"source and the target overlap[\s\S]*x ="),
        (lambda x: x < 0.0123, lambda x: x >= 0.0123, "touch|everything|room outside"),
        (lambda x: x < 0.0, lambda x: x > 0.0, "touch|everything|room outside"),
        (lambda x: x < -9, lambda x: x > 0, "source is empty"),
        (lambda x: x < 0, lambda x: x > 9, "target is empty"),
        (lambda x: x < 9, lambda x: x > 20, "everything|empty"),
        (lambda x: x < 0, 3.0, r"target is not a predicate[\s\S]*lambda x: x > 1"),
        (lambda x: x < 0, lambda x: x, "one truth value a point"),
    ],
)
def test_sets_that_are_none(source, target, words):
    with pytest.raises(FokkerError, match=words):
        fokker.committor(well(3), source, target)


@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-3])
@pytest.mark.parametrize("where", [0.0, 0.011, -0.015, 0.029999])
def test_sets_within_one_cell_are_refused_or_right(where, gap):
    """Never a wrong number: either an error, or the two sets apart as they are."""
    words = None
    try:
        q = fokker.committor(well(3), lambda x: x < where, lambda x: x > where + gap)
    except TargetError as error:
        words = str(error)
    if words is None:
        assert 0.4 < q.at(x=where + gap / 2) < 0.6
        assert q.at(x=where - 0.01) == 0.0
    else:
        assert any(word in words for word in ("touch", "everything", "room outside"))


def test_other_questions_without_an_answer():
    g = well(3)
    with pytest.raises(ReachabilityError, match="nothing to reach"):
        fokker.splitting(g)
    walls = fokker.discretize(fokker.Problem(0.0, diffusion=1.0, domain={"x": (0, 1)}, boundary="absorbing"), cells=9)
    with pytest.raises(TargetError, match=r"label is taken by a wall[\s\S]*x left"):
        fokker.splitting(walls, {"x left": lambda x: x > 0.5})
    with pytest.raises(FokkerError, match="asks a generator"):
        fokker.splitting("g", {"a": left})
    with pytest.raises(FokkerError, match="asks a generator"):
        fokker.committor(3, left, right)
    with pytest.raises(DomainError, match="outside"):
        fokker.committor(g, left, right).at(x=2.0)


def test_no_targets_at_all():
    with pytest.raises(FokkerError, match="reach"):
        fokker.splitting(well(3), {})
