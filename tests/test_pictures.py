"""Pictures of two- and three-dimensional fields and currents, on plain arrays."""

import re

import matplotlib
import numpy as np
import pytest

from fokker import notebook
from fokker.errors import DimensionError
from fokker.results.plot_colour import linear_scale, log_scale, number, number_of_log, sequential
from fokker.results.plot_field import COMMITTOR, field, isolines
from fokker.results.plot_flow import streamlines
from fokker.results.plot_grid import edges, sheet, view_of
from fokker.results.plot_slices import slice as slice_of
from fokker.results.plot_slices import slices
from fokker.results.stream_paths import Flow, paths

matplotlib.use("Agg")

FACES = np.linspace(-2, 2, 41), np.linspace(-1.5, 1.5, 31)
NODES = tuple(0.5 * (f[1:] + f[:-1]) for f in FACES)
X, Y = np.meshgrid(*NODES, indexing="ij")
BELL = np.exp(-(X**2) - Y**2) / np.pi
NAMES = ("x", "y")
UNIT = "density (1/length²)"


@pytest.fixture
def ax():
    from matplotlib.figure import Figure

    return Figure(layout="constrained").subplots()


@pytest.fixture(autouse=True)
def no_figure_left():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    yield
    assert plt.get_fignums() == before


def finish(ax):
    """Render: some faults of artists show only then."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(ax.figure).draw()  # the canvas that a Figure begins with draws nothing
    return ax


def mesh(ax):
    return ax.collections[0]


def bar(ax):
    return mesh(ax).colorbar


def test_field_names_axes_and_unit(ax):
    assert field(ax, NODES, BELL, NAMES, UNIT) is ax
    finish(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == NAMES
    assert bar(ax).ax.get_ylabel() == UNIT
    assert mesh(ax).get_clim() == pytest.approx((0.0, BELL.max()))
    assert mesh(ax).get_array().reshape(30, 40)[3, 7] == BELL[7, 3]
    assert min(mesh(ax).get_cmap()(0.0)[:3]) > 0.99
    np.testing.assert_allclose(ax.get_xlim() + ax.get_ylim(), (-2, 2, -1.5, 1.5))


def test_new_axes_when_none_are_given():
    import matplotlib.pyplot as plt

    drawn = [
        field(None, NODES, BELL, NAMES, UNIT),
        isolines(None, NODES, BELL, NAMES, UNIT),
        streamlines(None, NODES, (-Y, X), NAMES),
        slices(None, (*NODES, NODES[1]), np.ones((40, 30, 30)), ("x", "y", "z"), UNIT)[0],
    ]
    assert len({ax.figure.number for ax in drawn}) == 4
    for ax in drawn:
        plt.close(ax.figure)


def test_cells_are_drawn_between_their_faces(ax):
    faces = np.array([0.0, 1.0, 4.0, 9.0]), np.array([0.0, 2.0, 3.0, 3.5])
    nodes = tuple(0.5 * (f[1:] + f[:-1]) for f in faces)
    field(ax, nodes, np.arange(9.0).reshape(3, 3), NAMES, "time (s)", faces=faces)
    np.testing.assert_array_equal(mesh(ax).get_coordinates()[0, :, 0], faces[0])
    np.testing.assert_array_equal(mesh(ax).get_coordinates()[:, 0, 1], faces[1])


def test_log_scale_has_a_floor_and_takes_zeros(ax):
    values = BELL.copy()
    values[:5] = 0.0
    values[5:8] = 1e-200
    field(ax, NODES, values, NAMES, UNIT, log=True)
    finish(ax)
    low, high = mesh(ax).get_clim()
    assert high == pytest.approx(np.log10(values.max()))
    assert high - low == pytest.approx(12)
    assert bar(ax).extend == "min"
    assert not np.ma.getmaskarray(mesh(ax).get_array()).any()
    marks = bar(ax).get_ticks()
    assert all(low <= mark <= high and mark == round(mark) for mark in marks)
    assert [text.get_text() for text in bar(ax).ax.get_yticklabels()] == [f"$10^{{{m:.0f}}}$" for m in marks]


def test_log_scale_goes_below_doubles(ax):
    logs = -700 * (X**2 + Y**2)
    logs[0, 0] = -np.inf
    field(ax, NODES, np.exp(logs), NAMES, UNIT, log=True, log_values=logs, decades=1000)
    finish(ax)
    low, high = mesh(ax).get_clim()
    assert high - low == pytest.approx(1000)
    drawn = mesh(ax).get_array().reshape(30, 40).T
    seen = logs / np.log(10) > low - 1
    np.testing.assert_allclose(drawn[seen], logs[seen] / np.log(10), rtol=1e-14)
    assert drawn[0, 0] < low


def test_view_limits_and_scales_to_what_is_seen(ax):
    times = np.where(abs(X) < 1, 1 + X**2, 1e9)
    field(ax, NODES, times, NAMES, "time (s)", view=((-0.5, 0.5), (-1, 1)))
    np.testing.assert_allclose(ax.get_xlim() + ax.get_ylim(), (-0.5, 0.5, -1, 1))
    assert mesh(ax).get_clim()[1] < 2
    assert mesh(ax).get_coordinates()[..., 0].max() < 0.7


def test_view_of_mapped_axes():
    xi = np.linspace(-14.5, 14.5, 201)
    face = np.sinh(xi)
    node = np.sinh(0.5 * (xi[1:] + xi[:-1]))
    square = np.add.outer(node**2, node**2)
    mass = np.exp(-0.5 * square) * np.outer(np.diff(face), np.diff(face))
    (low, high), other = view_of((face, face), mass)
    assert other == (low, high)
    assert low == pytest.approx(-high)
    # the central 99.9 % of a normal law lies within 3.29, and half of its width is added, to a cell
    assert 2 * 3.29 - 0.6 < high < 2 * 3.29 + 2
    assert view_of(FACES, BELL) == ((-2, 2), (-1.5, 1.5))


def test_numbers_that_are_none_stay_grey(ax):
    values = BELL.copy()
    values[3, 4], values[5, 6] = np.nan, np.inf
    field(ax, NODES, values, NAMES, UNIT)
    finish(ax)
    assert np.ma.getmaskarray(mesh(ax).get_array()).sum() == 2
    assert mesh(ax).get_cmap().get_bad()[:3] == pytest.approx([217 / 255] * 3)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("contours", [False, True])
@pytest.mark.parametrize("value", [0.0, 1.0, 3.7e-9, np.nan, np.inf])
def test_constant_fields(ax, value, log, contours):
    values = np.full((40, 30), value)
    field(ax, NODES, values, NAMES, UNIT, log=log, contours=contours)
    isolines(ax, NODES, values, NAMES, UNIT)
    finish(ax)
    written = [text.get_text() for text in ax.texts]
    assert written == ([f"constant: {number(value)}"] if np.isfinite(value) else [])


def test_signed_fields_diverge_around_zero():
    scale = linear_scale(np.array([-1.0, 3.0]))
    assert (scale.low, scale.high) == (-3, 3)
    middle = scale.colours(None)(0.5)
    assert min(middle[:3]) > 0.95
    assert linear_scale(np.array([-5.0, -4.0])).high == -4
    assert linear_scale(np.array([4.0, 5.0])).low == 4
    assert linear_scale(np.array([1.0, 5.0])).low == 0


def test_limits_of_colours_can_be_given(ax):
    field(ax, NODES, BELL, NAMES, UNIT, log=True, vmin=1e-3, vmax=1.0, cmap="magma")
    assert mesh(ax).get_clim() == pytest.approx((-3, 0))
    assert bar(ax).extend == "min"
    assert mesh(ax).get_cmap().name == "magma"


def test_colours_have_even_lightness():
    rgb = sequential()(np.linspace(0, 1, 9))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lms = linear @ np.array([[0.4122, 0.2119, 0.0883], [0.5363, 0.6807, 0.2817], [0.0514, 0.1074, 0.6300]])
    lightness = np.cbrt(lms) @ [0.2105, 0.7936, -0.0041]
    np.testing.assert_allclose(np.diff(lightness), -0.73 / 8, atol=0.01)


def test_log_scale_of_nothing():
    scale = log_scale(np.full((2, 2), -np.inf))
    assert (scale.low, scale.high, scale.extend) == (-1, 0, "min")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.5, "0.5"),
        (1e-3, "0.001"),
        (1e6, "$10^{6}$"),
        (-2e6, r"$-2\times 10^{6}$"),
        (9.9999e5, "$10^{6}$"),
    ],
)
def test_numbers_as_labels(value, text):
    assert number(value) == text


def test_labels_of_logs():
    assert number_of_log(-400.0) == "$10^{-400}$"
    assert number_of_log(np.log10(5e7)) == r"$5\times 10^{7}$"


def labels(ax):
    return [text.get_text() for text in ax.texts]


def test_committor_lines(ax):
    q = 0.5 * (1 + np.tanh(2 * X))
    isolines(ax, NODES, q, NAMES, "committor (dimensionless)", COMMITTOR, emphasis=0.5)
    finish(ax)
    assert labels(ax) == [f"{k / 10:g}" for k in range(1, 10)]
    (drawn,) = ax.collections
    np.testing.assert_allclose(drawn.levels, COMMITTOR)
    widths = drawn.get_linewidths()
    assert widths[4] > 2 * widths[3] == 2 * widths[5]
    assert ax.get_title() == "committor (dimensionless)"
    # each line lies where the committor has its value, to linear interpolation between nodes
    for level, path in zip(drawn.levels, drawn.get_paths(), strict=True):
        np.testing.assert_allclose(path.vertices[:, 0], np.arctanh(2 * level - 1) / 2, atol=0.1**2 / 2)


def test_times_over_decades_have_lines_by_decades(ax):
    times = 10.0 ** (4 * X)
    field(ax, NODES, times, NAMES, "mean first-passage time (s)", log=True)
    isolines(ax, NODES, times, NAMES, "mean first-passage time (s)")
    finish(ax)
    levels = ax.collections[1].levels
    assert len(levels) >= 5
    np.testing.assert_array_equal(levels, np.round(levels))
    assert ax.get_title() == ""
    lines = [path.vertices[:, 0] for path in ax.collections[1].get_paths()]
    for level, x in zip(levels, lines, strict=True):
        np.testing.assert_allclose(x, level / 4, atol=1e-12)
    # none within 7 % of the border
    assert len(ax.texts) == np.sum(abs(levels / 4) < 2 - 0.07 * 4)


def test_times_beyond_doubles_have_lines(ax):
    logs = 1000 * (X + 2)
    with np.errstate(over="ignore"):
        isolines(ax, NODES, np.exp(logs), NAMES, "time (s)", log_values=logs)
    finish(ax)
    assert 5 <= len(labels(ax)) <= 10
    assert all(re.fullmatch(r"\$10\^\{\d+\}\$", text) for text in labels(ax))


def test_few_times_have_even_lines(ax):
    isolines(ax, NODES, 2 + X, NAMES, "time (s)")
    steps = np.diff(ax.collections[0].levels)
    np.testing.assert_allclose(steps, steps[0])


def test_lines_end_at_what_is_no_number(ax):
    times = np.where(Y > 0.5, np.inf, 2 + X)
    isolines(ax, NODES, times, NAMES, "time (s)")
    finish(ax)
    tops = [path.vertices[:, 1].max() for path in ax.collections[0].get_paths() if len(path.vertices)]
    assert tops
    assert max(tops) <= 0.5


def test_lines_run_through_the_seam_of_a_ring(ax):
    faces = np.linspace(0, 2 * np.pi, 25), FACES[1]
    nodes = 0.5 * (faces[0][1:] + faces[0][:-1]), NODES[1]
    values = np.cos(nodes[0])[:, None] + nodes[1]
    isolines(ax, nodes, values, ("angle", "y"), "u", [0.5], faces=faces, periodic=(True, False))
    line = ax.collections[0].get_paths()[0].vertices
    ends = line[[0, -1]][np.argsort(line[[0, -1], 0])]
    assert ends[0, 0] <= 0 < 2 * np.pi <= ends[1, 0]
    places, wrapped = sheet(nodes, faces, (True, False)).to_walls(values)
    np.testing.assert_allclose(places[0][[0, -1]], [nodes[0][0] - np.pi / 12, nodes[0][-1] + np.pi / 12])
    np.testing.assert_array_equal(wrapped[[0, -1], 1:-1], values[[-1, 0]])


def test_bands_reach_the_walls(ax):
    field(ax, NODES, BELL, NAMES, UNIT, contours=True)
    finish(ax)
    box = np.concatenate([path.vertices for path in ax.collections[0].get_paths() if len(path.vertices)])
    np.testing.assert_allclose([box.min(axis=0), box.max(axis=0)], [(-2, -1.5), (2, 1.5)])


def test_three_coordinates_are_refused(ax):
    with pytest.raises(DimensionError, match="two coordinates"):
        field(ax, (*NODES, NODES[0]), BELL, ("x", "y", "z"), UNIT)


# ---------------------------------------------------------------- currents


def segments(ax):
    lines = [c for c in ax.collections if type(c).__name__ == "LineCollection"]
    runs = lines[-1].get_segments()
    pieces = [np.stack([run[:-1], run[1:]], axis=1) for run in runs]
    return np.concatenate(pieces), np.repeat(lines[-1].get_linewidths(), [len(piece) for piece in pieces])


def test_streamlines_follow_a_rotation(ax):
    rotation = -Y * BELL, X * BELL
    streamlines(ax, NODES, rotation, NAMES, density=BELL, label=UNIT)
    finish(ax)
    assert bar(ax).ax.get_ylabel() == UNIT
    pieces, width = segments(ax)
    middle, step = pieces.mean(axis=1), np.diff(pieces, axis=1)[:, 0]
    radius = np.hypot(*middle.T)
    turn = (middle[:, 0] * step[:, 1] - middle[:, 1] * step[:, 0]) / radius / np.hypot(*step.T)
    # the field is linear between nodes 0.1 apart: its direction is good to (0.1 / r)^2
    assert (1 - turn < (0.1 / radius) ** 2).all()
    exact = np.hypot(3 * middle[:, 1], 4 * middle[:, 0]) * np.exp(-(radius**2))  # on a picture of 4 by 3
    thick = width > width.min() * 1.01
    np.testing.assert_allclose(width[thick] / width.max(), exact[thick] / exact.max(), rtol=0.08)


def test_lines_close_and_stand_closer_where_more_flows():
    even = np.linspace(-1, 1, 257)
    x, y = np.meshgrid(even, even, indexing="ij")
    bell = np.exp(-8 * (x**2 + y**2))
    vectors = np.stack([-y * bell, x * bell], axis=-1)
    flow = Flow(vectors / np.hypot(vectors[..., 0], vectors[..., 1]).max())
    lines = paths(flow)
    strength = np.array([flow.strength(line).mean() for line in lines])
    radii = np.array([np.hypot(*(line - 0.5).T).mean() for line in lines])
    loops = [line for line in lines if np.hypot(*(line[0] - line[-1])) < 1e-12]
    assert len(loops) == len(lines)
    spread = max(np.ptp(np.hypot(*(line - 0.5).T)) for line in loops)
    assert spread < 1 / 256
    assert strength.min() > 0.02
    places = np.sort(radii)
    gaps = np.diff(places)
    # r exp(-8 r^2) is largest at r = 1/4, an eighth of the side
    nearest = int(np.argmin(abs(0.5 * (places[1:] + places[:-1]) - 0.125)))
    assert gaps[-1] > 2 * gaps[nearest]
    assert all((one == other).all() for one, other in zip(lines, paths(flow), strict=True))


def test_no_lines_where_the_current_is_negligible(ax):
    channel = np.exp(-(Y**2) / 0.02)
    streamlines(ax, NODES, (channel, 0 * X), NAMES)
    pieces, _ = segments(ax)
    # 2 % of the largest is reached at y = sqrt(0.02 log 50), to one cell
    assert abs(pieces[..., 1]).max() < np.sqrt(0.02 * np.log(50)) + 0.1
    assert np.ptp(pieces[..., 0]) > 3.9


@pytest.mark.parametrize("size", [0.0, 1e-14, np.nan])
def test_rounding_is_no_current(ax, size):
    rng = np.random.default_rng(3)
    noise = tuple(size * rng.standard_normal(X.shape) for _ in range(2))
    streamlines(ax, NODES, noise, NAMES, density=BELL, scale=1.0)
    finish(ax)
    assert labels(ax) == ["no current"]
    assert len(ax.collections) == 1
    assert not ax.patches


def test_small_currents_are_drawn_all_the_same(ax):
    streamlines(ax, NODES, (-1e-200 * Y, 1e-200 * X), NAMES)
    assert labels(ax) == []
    assert len(segments(ax)[0]) > 100


def test_streamlines_keep_the_picture_beneath(ax):
    field(ax, NODES, BELL, NAMES, UNIT, view=((-1, 1), (-0.5, 0.5)))
    streamlines(ax, NODES, (-Y, X), NAMES)
    np.testing.assert_allclose(ax.get_xlim() + ax.get_ylim(), (-1, 1, -0.5, 0.5))
    assert len(ax.child_axes) == 1  # one colour bar
    pieces, _ = segments(ax)
    assert (abs(pieces) <= np.array([1, 0.5]) + 1e-12).all()


def test_streamlines_do_not_depend_on_units(ax):
    other = ax.figure.add_subplot()
    streamlines(ax, NODES, (-Y * BELL, X * BELL), NAMES)
    # y in thousandths: densities fall by 1000, the speed along y grows by 1000
    streamlines(other, (NODES[0], 1000 * NODES[1]), (-Y * BELL / 1000, X * BELL), NAMES)
    first, second = segments(ax), segments(other)
    np.testing.assert_allclose(second[0], first[0] * [1, 1000], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(second[1], first[1], rtol=1e-9)


def test_uneven_nodes_and_walls(ax):
    xi = np.linspace(-3, 3, 61)
    x = np.sinh(xi)
    u, v = np.meshgrid(x, NODES[1], indexing="ij")
    streamlines(ax, (x, NODES[1]), (1 + 0 * u, 0 * v), NAMES, view=((-2, 2), (-1, 1)))
    pieces, _ = segments(ax)
    np.testing.assert_allclose(pieces[:, 0, 1], pieces[:, 1, 1], atol=1e-12)
    assert (pieces[:, 1, 0] > pieces[:, 0, 0]).all()


# ---------------------------------------------------------------- three coordinates, notebooks

Z = np.linspace(-1, 1, 11)
CUBE = BELL[..., None] * np.exp(-(Z**2))


def test_marginal_laws_in_a_row(ax):
    axes = [ax, ax.figure.add_subplot(), ax.figure.add_subplot()]
    out = slices(axes, (*NODES, Z), CUBE, ("x", "y", "z"), UNIT)
    finish(ax)
    assert list(out) == axes
    assert [(a.get_xlabel(), a.get_ylabel()) for a in axes] == [("x", "y"), ("x", "z"), ("y", "z")]
    assert {bar(a).ax.get_ylabel() for a in axes} == {UNIT}
    drawn = mesh(axes[1]).get_array().reshape(11, 40).T
    np.testing.assert_allclose(drawn, CUBE.sum(axis=1) * 0.1, rtol=1e-12)
    with pytest.raises(DimensionError, match="2 axes"):
        slices(axes[:2], (*NODES, Z), CUBE, ("x", "y", "z"), UNIT)


@pytest.mark.parametrize(("name", "position", "expected"), [("z", 0.1, "z = 0.1"), ("x", -0.05, "x = -0.05")])
def test_slices_say_where_they_lie(ax, name, position, expected):
    nodes = (*NODES, Z)
    slice_of(ax, CUBE, nodes, ("x", "y", "z"), name, position, UNIT)
    assert ax.get_title() == expected
    drawn = mesh(ax).get_array()
    axis = "xyz".index(name)
    k = np.searchsorted(nodes[axis], position) - 1
    share = (position - nodes[axis][k]) / np.diff(nodes[axis])[k]
    cut = (1 - share) * np.take(CUBE, k, axis) + share * np.take(CUBE, k + 1, axis)
    np.testing.assert_allclose(drawn.reshape(cut.T.shape).T, cut, rtol=1e-12)


def test_slices_refuse_what_is_outside(ax):
    with pytest.raises(DimensionError, match="outermost nodes"):
        slice_of(ax, CUBE, (*NODES, Z), ("x", "y", "z"), "z", 1.5)
    with pytest.raises(DimensionError, match="'w'"):
        slice_of(ax, CUBE, (*NODES, Z), ("x", "y", "z"), "w", 0.0)


def test_notebook_form():
    png = notebook.thumbnail(lambda ax: field(ax, NODES, BELL, NAMES, UNIT))
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    page = notebook.html("Density <2-D>", [("method", "a < b & c")], png)
    assert "Density &lt;2-D&gt;" in page
    assert "a &lt; b &amp; c" in page
    assert page.count("data:image/png;base64,") == 1
    assert "<img" not in notebook.html("Density", [])


def test_edges_of_endless_axes():
    np.testing.assert_array_equal(
        edges(np.array([0.0, 1.0, 3.0]), np.array([-np.inf, 0.5, 2.0, np.inf])), [-0.5, 0.5, 2, 4]
    )


def test_modules_do_not_load_matplotlib():
    import subprocess
    import sys

    names = ("plot_colour", "plot_field", "plot_flow", "plot_grid", "plot_slices", "stream_paths")
    modules = ", ".join(["fokker.notebook", *("fokker.results." + name for name in names)])
    code = f"import sys, {modules}; print('matplotlib' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


# ---------------------------------------------------------------- labels, bars and outlines
@pytest.mark.parametrize("draw", [
    lambda ax: field(ax, NODES, BELL, NAMES, UNIT),
    lambda ax: isolines(ax, NODES, BELL, NAMES, UNIT),
    lambda ax: streamlines(ax, NODES, (-Y, X), NAMES),
])  # fmt: skip
def test_labels_of_the_caller_stay(ax, draw):
    ax.set_xlabel("position (nm)")
    draw(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("position (nm)", "y")


def test_labels_of_the_caller_stay_on_curves(ax):
    from fokker.results.plot_line import draw

    ax.set_ylabel("p")
    draw(ax, NODES[0], BELL[:, 3], "x", "density")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "p")


@pytest.mark.parametrize("layout", ["constrained", "tight"])
def test_a_colour_bar_is_as_high_as_its_picture_whatever_the_aspect(layout):
    from matplotlib.figure import Figure

    panels = Figure(figsize=(9, 5), layout=layout).subplots(1, 2)
    for panel in panels:
        field(panel, NODES, BELL, NAMES, UNIT)
        panel.set_aspect("equal")
    finish(panels[0])
    room = panels[0].figure.bbox
    for panel in panels:
        beside, box = bar(panel).ax.get_window_extent(), panel.get_window_extent()
        assert (beside.y0, beside.y1) == pytest.approx((box.y0, box.y1), abs=1.0)  # pixels
        assert 0 < beside.x0 - box.x1 < 0.05 * box.width
    renderer = panels[0].figure.canvas.get_renderer()
    assert bar(panels[0]).ax.get_tightbbox(renderer).x1 <= panels[1].get_tightbbox(renderer).x0 + 1.0
    assert bar(panels[1]).ax.get_tightbbox(renderer).x1 <= room.x1 + 1.0


def test_without_a_layout_a_bar_takes_its_room_from_the_picture():
    from matplotlib.figure import Figure

    panels = Figure().subplots(1, 2)
    whole = panels[0].get_position().x1
    field(panels[0], NODES, BELL, NAMES, UNIT)
    finish(panels[0])
    assert bar(panels[0]).ax.get_position().x1 <= whole + 1e-9
