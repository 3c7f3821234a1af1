"""Walls that move: cells go with them, against closed forms of first passage through moving boundaries."""

import numpy as np
import pytest
from scipy.stats import norm

import fokker
from fokker.errors import BoundaryError, CoefficientError, DomainError, GridError

LEFT = -6.0  # so far that nothing gets there


def free(ends, *, diffusion=0.5, boundary=("reflecting", "absorbing"), drift=0.0, **more):
    """Free diffusion between two ends."""
    return fokker.Problem(drift, diffusion=diffusion, domain={"x": ends}, boundary={"x": boundary}, time=True, **more)


def order(cells, errors):
    return -np.polyfit(np.log(cells), np.log(np.abs(errors)), 1)[0]


@pytest.mark.parametrize("speed", [0.8, -0.5])
def test_linear_boundary(speed):
    """Brownian motion meets 1 + c t as one with drift -c meets 1: inverse Gaussian survival, by one image."""
    since, times, noise = 0.25, np.array([0.5, 1.0, 1.5]), 0.5
    image = np.exp(-speed / noise)

    def density(x, t):
        return norm.pdf(x, 0, np.sqrt(2 * noise * t)) - image * norm.pdf(x, 2, np.sqrt(2 * noise * t))

    def survival(t):
        scale, end = np.sqrt(2 * noise * t), 1 + speed * t
        return norm.cdf(end / scale) - image * norm.cdf((end - 2) / scale)

    cells, errors = (50, 100, 200), []
    for n in cells:
        driven = fokker.discretize(free((LEFT, lambda t: 1 + speed * (t + since))), cells=n)
        path = fokker.propagate(driven, lambda x: density(x, since) / survival(since), times - since, tol=1e-7)
        exact = np.stack([density(x, t) for x, t in zip(path.places, times, strict=True)]) / survival(since)
        lost = np.abs(path.survival - survival(times) / survival(since))
        errors.append(np.concatenate([lost, np.abs(path.values - exact).max(axis=1)]))
        assert np.abs(path.exited["x right"] + path.survival - 1).max() <= 1e-13
    for column in np.array(errors).T:
        assert abs(order(cells, column) - 2.0) < 0.2
    assert np.abs(errors[-1]).max() < 1e-3


# Daniels' boundary for a Wiener process: images of weights -1/2 at 1 and -1/2 at 2 make the density vanish on it
SPAN, ONE, TWO = 1.5, 0.5, 0.5


def boundary(t):
    image = np.exp(-(SPAN**2) / t) if t > 0 else 0.0
    return SPAN / 2 - t / SPAN * np.log(ONE / 2 + np.sqrt(ONE**2 / 4 + TWO * image))


def images(x, t):
    parts = [norm.pdf(x, k * SPAN, np.sqrt(t)) for k in range(3)]
    return parts[0] - ONE * parts[1] - TWO * parts[2]


def test_daniels_boundary():
    """Density, survival, and the density of the first passage, which is -p'(b) / 2."""
    since, times = 0.25, np.array([0.5, 1.0, 2.0])
    ends = np.array([boundary(t) for t in times])
    root = np.sqrt(times)
    survival = norm.cdf(ends / root) - ONE * norm.cdf((ends - SPAN) / root) - TWO * norm.cdf((ends - 2 * SPAN) / root)
    slope = sum(
        weight * -(ends - k * SPAN) / times * norm.pdf(ends, k * SPAN, root)
        for k, weight in enumerate((1.0, -ONE, -TWO))
    )
    first = norm.cdf(boundary(since), [0, SPAN, 2 * SPAN], np.sqrt(since)) @ [1.0, -ONE, -TWO]
    survival, slope = survival / first, slope / first
    cells, errors = (50, 100, 200), []
    for n in cells:
        driven = fokker.discretize(free((LEFT, lambda t: boundary(t + since))), cells=n)
        path = fokker.propagate(driven, lambda x: images(x, since) / first, times - since, tol=1e-7)
        exact = np.stack([images(x, t) / first for x, t in zip(path.places, times, strict=True)])
        errors.append(
            [
                np.abs(path.survival - survival).max(),
                np.abs(path.values - exact).max(),
                np.abs(path.currents()[:, -1] + 0.5 * slope).max(),
            ]
        )
    for column in np.array(errors).T:
        assert abs(order(cells, column) - 2.0) < 0.2


@pytest.mark.parametrize("tol", [1e-4, 1e-7])
def test_error_in_time_keeps_to_the_tolerance(tol):
    driven = fokker.discretize(free((LEFT, boundary)), cells=40)
    sharp = fokker.propagate(driven, {"x": 0.0}, [0.3, 1.0], tol=1e-10)
    path = fokker.propagate(driven, {"x": 0.0}, [0.3, 1.0], tol=tol)
    assert np.abs(path.laws - sharp.laws).sum(axis=1).max() <= tol


def test_a_piston_pushes():
    """A box that travels at c: in its frame the law settles at exp(-c y / D)."""
    speed, noise = 2.0, 0.5
    problem = free((lambda t: speed * t, lambda t: 1 + speed * t), diffusion=noise, boundary=("reflecting",) * 2)
    path = fokker.propagate(fokker.discretize(problem, cells=100), {"x": 0.5}, [0.1, 3.0], tol=1e-7)
    y = path.places[1] - 6.0
    exact = speed / noise * np.exp(-speed / noise * y) / -np.expm1(-speed / noise)
    assert np.abs(path.values[1] - exact).max() <= 4.0 * (speed / noise / 100) ** 2
    assert path.info.mass_defect <= 1e-13


def test_ends_that_stand_still_are_walls():
    moving = fokker.discretize(free((-1.0, lambda t: 1.0), boundary=("absorbing",) * 2), cells=60)
    still = fokker.Problem(0.0, diffusion=0.5, domain={"x": (-1, 1)}, boundary="absorbing")
    path = fokker.propagate(moving, {"x": 0.0}, [0.7], tol=1e-9)
    exact = fokker.propagate(fokker.discretize(still, cells=60), {"x": 0.0}, [0.7], tol=1e-9)
    assert np.abs(path.laws - exact.laws).sum() <= 2e-9


def test_a_potential_in_a_moving_domain():
    """A well and the same well by its drift, in a domain that grows: one law, to second order."""
    ends = (lambda t: -2 - 0.3 * t, lambda t: 2 + 0.5 * np.sin(t))
    thermal = fokker.Problem.from_potential(
        lambda x, t: 0.5 * (1 + 0.2 * np.sin(t)) * x**2, temperature=0.5, mobility=2.0, domain={"x": ends}, time=True
    )
    plain = free(ends, diffusion=1.0, boundary=("reflecting",) * 2, drift=lambda x, t: -2 * (1 + 0.2 * np.sin(t)) * x)
    laws = [
        fokker.propagate(fokker.discretize(p, cells=40), {"x": 0.5}, [1.0], tol=4e-7).laws[0] for p in (thermal, plain)
    ]
    assert np.abs(laws[0] - laws[1]).sum() <= 1e-6  # both integrate the same edges by quadrature


def test_strict_in_a_moving_domain():
    path = fokker.propagate(
        fokker.discretize(free((LEFT, boundary)), cells=60), {"x": 0.0}, [0.5], tol=1e-2, positivity="strict"
    )
    assert path.laws.min() >= 0.0


def test_the_record(tmp_path):
    driven = fokker.discretize(free((LEFT, lambda t: 1 + t)), cells=60)
    path = fokker.propagate(driven, {"x": 0.0}, [0.5, 1.0], tol=1e-6)
    assert path.places.shape == (2, 60)
    assert path[1].nodes[0][-1] == pytest.approx(2.0 - 0.5 * 8 / 60)
    assert path[1].mass.sum() == pytest.approx(path.survival[1])
    assert path.values.shape == (2, 60)
    assert path.mean().shape == (2,)
    assert "moving with the ends" in repr(driven)
    path.save(str(tmp_path / "path.npz"))
    again = fokker.load(str(tmp_path / "path.npz"))
    assert np.array_equal(again.places, path.places)
    assert np.array_equal(again.mean(), path.mean())
    assert path.to_xarray().dims == ("time", "share")


def test_the_picture():
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    fokker.propagate(
        fokker.discretize(free((LEFT, lambda t: 1 + t)), cells=30), {"x": 0.0}, [0.5, 1.0], tol=1e-4
    ).plot()
    plt.close("all")


def test_equation_shows_the_ends():
    assert "<function of t>" in free((LEFT, boundary)).equation()
    assert "the domain depends on t" in free((LEFT, boundary)).equation()


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((-np.inf, lambda t: 1 + t), "must be finite"),
        ((lambda t: 2.0, lambda t: 1.0), "enclose nothing"),
        ((0.0, lambda t: np.nan), "enclose nothing"),
    ],
)
def test_ends_that_are_none(ends, words):
    with pytest.raises(DomainError, match=words):
        free(ends)


def test_other_bad_input():
    shrinking = fokker.discretize(free((0.0, lambda t: 1 - t)), cells=20)
    with pytest.raises(DomainError, match="enclose nothing"):
        fokker.propagate(shrinking, {"x": 0.5}, [2.0])
    with pytest.raises(GridError, match="cells=400"):
        fokker.discretize(free((0.0, lambda t: 1 + t)), grid=fokker.Grid(x=fokker.Axis.uniform(20, 0, 1)))
    with pytest.raises(DomainError, match="one dimension only"):
        fokker.Problem(
            lambda x, y, t: (-x, -y), diffusion=1.0, domain={"x": (0, lambda t: 1 + t), "y": (0, 1)}, time=True
        )
    breathing = fokker.discretize(free((0.0, lambda t: 2 + np.sin(t)), boundary=("reflecting",) * 2), cells=20)
    with pytest.raises(BoundaryError, match="moving ends"):
        fokker.periodic_state(breathing, 2 * np.pi)
    with pytest.raises(BoundaryError, match="fixed length"):
        free((0.0, lambda t: 1 + t), boundary=("periodic",) * 2)
    leaping = free((0.0, lambda t: 1.0 if t < 0.3 else 1.2))
    with pytest.raises(CoefficientError, match=r"jump at t = 0\.3"):
        fokker.propagate(fokker.discretize(leaping, cells=20), {"x": 0.5}, [1.0])


@pytest.mark.parametrize("side", [0, 1])
def test_declared_times_make_no_teleport_of_an_end(side):
    ends = (lambda t: -1.0 if t < 0.3 else -0.5, lambda t: 1.0 if t < 0.3 else 1.5)
    pair = (ends[0], 2.0) if side == 0 else (-2.0, ends[1])
    with pytest.raises(DomainError, match=r"jumps at t = 0\.3(?s:.*)continuous in time"):
        free(pair, breakpoints={"t": [0.3]})


def test_kinks_of_ends_are_fine():
    """An end that stands, then goes: the law at the kink is that of the domain that stands."""
    kinked = free((0.0, lambda t: 1.0 + max(t - 0.3, 0.0)), boundary=("reflecting",) * 2, breakpoints={"t": [0.3]})
    still = free((0.0, 1.0), boundary=("reflecting",) * 2)
    laws = [
        fokker.propagate(fokker.discretize(p, cells=20), {"x": 0.5}, [0.3, 0.6][: 1 + (p is kinked)], tol=1e-7)
        for p in (kinked, still)
    ]
    assert np.abs(laws[0].laws[0] - laws[1].laws[0]).sum() <= 2e-7
    assert laws[0].laws[1].sum() == pytest.approx(1.0, abs=1e-13)


def test_the_film_moves_with_the_ends(tmp_path, monkeypatch):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.animation import PillowWriter

    seen = []

    def grab(self, **_):
        (ax,) = self.fig.axes
        seen.append((ax.lines[0].get_xdata().copy(), ax.get_xlim()))

    monkeypatch.setattr(PillowWriter, "grab_frame", grab)
    monkeypatch.setattr(PillowWriter, "finish", lambda self: None)
    driven = fokker.discretize(free((LEFT, lambda t: 1 + t)), cells=30)
    path = fokker.propagate(driven, {"x": 0.0}, [0.5, 1.0], tol=1e-3)
    path.animate(str(tmp_path / "film.gif"), dpi=20)
    for (places, limits), there in zip(seen, path.places, strict=True):
        assert np.array_equal(places, there)
        assert limits == (path.places.min(), path.places.max())
