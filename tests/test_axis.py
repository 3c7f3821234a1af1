"""Axes and grids: geometry, maps, several centres, and the words of their errors."""

import numpy as np
import pytest

from fokker import Axis, Grid
from fokker.errors import GridError

EPS = np.finfo(float).eps


def test_uniform_cells_with_walls_on_faces():
    axis = Axis.uniform(4, -1, 3)
    assert axis.faces.tolist() == [-1, 0, 1, 2, 3]
    assert axis.nodes.tolist() == [-0.5, 0.5, 1.5, 2.5]
    assert axis.widths.tolist() == [1, 1, 1, 1]
    assert axis.resolved


def test_given_faces_are_kept_exactly():
    faces = np.sort(np.random.default_rng(0).uniform(-1, 1, 30))
    axis = Axis.stretched(faces)
    assert np.array_equal(axis.faces, faces)
    assert (axis.lo, axis.hi, axis.cells) == (faces[0], faces[-1], 29)
    np.testing.assert_allclose(axis.nodes, (faces[1:] + faces[:-1]) / 2, rtol=EPS)


MAPPED = [
    Axis.line(200, scale=0.5, center=0.0, reach=1e6),
    Axis.line(201, scale=[0.1, 2.0], center=[-1.0, 3.0], reach=(1e3, 1e6)),
    Axis.line(50, scale=1e-3, center=[-1.0, 0.0, 1.0], reach=100.0),
    Axis.half_line(100, scale=0.3, start=2.0, reach=1e4),
    Axis.half_line(100, scale=0.3, start=2.0, end=-np.inf, reach=1e4),
    Axis.half_line(100, map="log", reach=(1e-6, 1e3)),
    Axis.half_line(100, map="log", start=1.0, end=-np.inf, reach=(1e-6, 1e3)),
]


@pytest.mark.parametrize("axis", MAPPED, ids=repr)
def test_mapped_axes(axis):
    assert len(axis.faces) == axis.cells + 1
    assert len(axis.nodes) == axis.cells
    assert (np.diff(axis.faces) > 0).all()
    assert (axis.faces[:-1] < axis.nodes).all()
    assert (axis.nodes < axis.faces[1:]).all()
    # equal cells in the coordinate, and there and back again
    steps = np.diff(axis.face_coordinates)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-10)
    xi = axis.node_coordinates
    np.testing.assert_allclose(axis.coordinate(axis.position(xi)), xi, rtol=1e-11, atol=1e-11)
    # the stretch is dx/dxi
    h = 1e-5 * steps[0]
    slope = (axis.position(xi + h) - axis.position(xi - h)) / (2 * h)
    np.testing.assert_allclose(axis.mapping.stretch(axis.nodes), slope, rtol=1e-4)


def test_reach_is_counted_from_the_outermost_centres():
    axis = MAPPED[1]
    np.testing.assert_allclose(axis.faces[[0, -1]], [-1 - 1e3, 3 + 1e6], rtol=EPS)
    assert MAPPED[3].faces[0] == 2.0
    np.testing.assert_allclose(MAPPED[3].faces[-1], 2 + 1e4, rtol=EPS)
    assert MAPPED[4].faces[-1] == 2.0
    np.testing.assert_allclose(MAPPED[5].faces[[0, -1]], [1e-6, 1e3], rtol=EPS)


@pytest.mark.parametrize("axis", MAPPED[:2], ids=repr)
def test_cells_are_refined_at_every_centre(axis):
    for center, scale in zip(axis.mapping.centers, axis.mapping.scales, strict=True):
        k = int(np.searchsorted(axis.faces, center)) - 1
        step = axis.face_coordinates[1] - axis.face_coordinates[0]
        assert axis.widths[k] < 1.1 * scale * step


def test_the_segments_hand_out_positions_and_stretches():
    axis = MAPPED[1]
    starts, ends = axis.face_coordinates[:-1], axis.face_coordinates[1:]
    fractions = np.array([0.0, 0.5, 1.0])
    x, stretch = axis.points(starts, ends, fractions)
    if x.shape[0] == 3 and x.shape[1] != 3:  # either layout
        x, stretch = x.T, stretch.T
    np.testing.assert_allclose(x[:, 0], axis.faces[:-1], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(x[:, 1], axis.nodes, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(stretch[:, 1], axis.mapping.stretch(axis.nodes) * (ends - starts), rtol=1e-10)


@pytest.mark.parametrize("cells", [2, 0, -5, 3.5, 100.0, True, "100", None, [100, 100]])
def test_refuses_counts_that_are_none(cells):
    for build in (lambda: Axis.uniform(cells, 0, 1), lambda: Axis.line(cells), lambda: Axis.half_line(cells)):
        with pytest.raises(GridError, match=r"cells=[\s\S]*integer of at least 3"):
            build()


@pytest.mark.parametrize("cells", [3, np.int32(3), np.int64(3)])
def test_accepts_any_integer(cells):
    assert Axis.uniform(cells, 0, 1).cells == 3


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Axis.uniform(10, -np.inf, np.inf), "finite lo < hi"),
        (lambda: Axis.uniform(10, 1, 0), "finite lo < hi"),
        (lambda: Axis.uniform(10, 1, 1), "finite lo < hi"),
        (lambda: Axis.uniform(10, np.nan, 1), "finite lo < hi"),
        (lambda: Axis.stretched([0, 1, 1, 2]), "increasing faces"),
        (lambda: Axis.stretched([3, 2, 1, 0]), "increasing faces"),
        (lambda: Axis.stretched([0, 1, 2]), "4 or more"),
        (lambda: Axis.stretched([0, 1, np.nan, 2, 3]), "increasing faces"),
        (lambda: Axis.stretched([[0, 1], [2, 3]]), "increasing faces"),
        (lambda: Axis.line(10, scale=0.0), "scales above zero"),
        (lambda: Axis.line(10, scale=[1, -1], center=[0, 1]), "scales above zero"),
        (lambda: Axis.line(10, scale=np.nan), "finite"),
        (lambda: Axis.line(10, scale=[1, 1], center=[0, 1, 2]), "one scale a centre"),
        (lambda: Axis.line(10, scale=1.0, reach=-1), "above zero"),
        (lambda: Axis.line(10, scale=1.0, reach=np.inf), "finite"),
        (lambda: Axis.line(10, map="tanh"), '"sinh"'),
        (lambda: Axis.line(10, closure="open"), '"power", "reflect", "absorb"'),
        (lambda: Axis.half_line(10, start=np.inf), "a finite number"),
        (lambda: Axis.half_line(10, end=3.0), "uniform for a finite interval"),
        (lambda: Axis.half_line(10, map="x"), '"sinh" or "log"'),
        (lambda: Axis.half_line(10, scale=1.0, center=-3.0, reach=1.0), "beyond the centres"),
        (lambda: Grid(), "made of named axes"),
        (lambda: Grid(x=3), "made of named axes"),
        (lambda: Axis.line(10).faces, "scale and reach from the coefficients"),
    ],
)
def test_the_words_of_errors(build, words):
    with pytest.raises(GridError, match=words):
        build()
