import numpy as np
import pytest

from activations.errors import DataError
from activations.fitting import function_target
from activations.fitting.samples import draw_samples
from activations.fitting.targets import csv_target, formula_target, resolve_target
from activations.render.gaps import with_gaps
from activations.render.style import figure_bytes
from activations.render.targets import draw_target


def offsets(axes):
    (data,) = [part for part in axes.collections if part.get_gid() == "data"]
    return data.get_offsets()


def jumps(function, points=2001):
    x = np.linspace(-1, 1, points)
    across, values = with_gaps(x, function(x), function)
    return across[np.isnan(values)]


def test_a_jump_is_a_gap_at_its_place_and_a_steep_slope_is_none():
    np.testing.assert_allclose(jumps(lambda x: np.where(x < 0.3, 1.0, 3.0)), [0.3], atol=1e-12)
    np.testing.assert_allclose(jumps(lambda x: np.sign(np.cos(4 * x))), [-np.pi / 8, np.pi / 8], atol=1e-9)
    for steep in (lambda x: np.tanh(300 * x), lambda x: np.cbrt(x), lambda x: np.sqrt(np.abs(x)), lambda x: 0 * x):
        assert jumps(steep).size == 0


def test_the_ends_of_a_jump_stand_on_both_sides_of_its_gap():
    x = np.linspace(-1, 1, 4)
    across, values = with_gaps(x, np.where(x < 0, 0.0, 1.0), lambda x: np.where(x < 0, 0.0, 1.0))
    np.testing.assert_allclose(across, [-1, -1 / 3, 0, 0, 0, 1 / 3, 1], atol=1e-12)
    np.testing.assert_array_equal(values, [0, 0, 0, np.nan, 1, 1, 1])


def test_a_function_is_drawn_with_its_training_points_and_where_it_is_extrapolated():
    target = resolve_target("cubic")
    (axes,) = draw_target(target).axes
    training = draw_samples(target, 0).training
    np.testing.assert_allclose(offsets(axes), np.hstack([training.x, training.y]))
    inside, *outside = (line.get_data() for line in axes.lines)
    assert (inside[0].min(), inside[0].max()) == (-2, 2)
    np.testing.assert_allclose(inside[1], np.polyval([1, 1, -3, -1], inside[0]))
    assert [(x.min(), x.max()) for x, _ in outside] == [(-2.5, -2), (2, 2.5)]
    spans = [(patch.get_x(), patch.get_width()) for patch in axes.patches]
    np.testing.assert_allclose(spans, [(-2.5, 0.5), (2, 0.5)])


def test_classes_and_their_training_points_are_drawn():
    figure = draw_target(resolve_target("spiral3"), "dark")
    (axes,) = figure.axes
    assert [len(part.get_offsets()) for part in axes.collections][3:] == [100, 100, 100]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["class 0", "class 1", "class 2"]


def test_signed_values_of_two_inputs_have_zero_in_the_middle_of_the_colours():
    (axes, _) = draw_target(resolve_target("radial_sinc")).axes
    mesh = axes.collections[0]
    assert mesh.get_clim()[0] == -mesh.get_clim()[1]
    (axes, _) = draw_target(resolve_target("disk")).axes
    assert axes.collections[0].get_clim() == (0, 1)
    assert len(offsets(axes)) == 1000


def test_many_inputs_have_a_panel_each():
    target = resolve_target("friedman1")
    axes = draw_target(target).axes
    assert [part.get_xlabel() for part in axes] == [f"x{i}" for i in range(1, 11)]
    # The last five inputs do nothing.
    ranges = [np.ptp(part.lines[0].get_ydata()) for part in axes]
    assert min(ranges[:5]) > 1
    assert max(ranges[5:]) == 0


def test_curves_functions_and_tables_are_drawn(tmp_path):
    path = tmp_path / "d$a.csv"
    path.write_text("a<b>,$y$,kind\n" + "".join(f"{i},{i % 7},{'uv'[i % 2]}\n" for i in range(40)))
    (axes,) = draw_target(formula_target("t -> (t, t^2)")).axes
    assert len(offsets(axes)) == 101
    classes = draw_target(csv_target(str(path)))
    assert classes.axes[0].get_xlabel() == "a<b>"
    assert [text.get_text() for text in classes.legends[0].get_texts()] == ["u", "v"]
    line = draw_target(csv_target(str(path), x=["1"], y="2"))
    assert len(offsets(line.axes[0])) == 24
    plane = draw_target(function_target(lambda a, b: np.stack([a, b], axis=1), ((0, 1), (0, 1))))
    two_classes = draw_target(csv_target(str(path), x=["1"], y="kind"))
    for figure in (classes, line, plane, two_classes, draw_target(formula_target("t -> (t, t^2, 1)"))):
        assert figure_bytes(figure, "png", dpi=40).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["blocks", "multisine", "franke", "weierstrass"])
def test_a_long_formula_stays_within_the_picture(name):
    figure = draw_target(resolve_target(name))
    figure.draw_without_rendering()
    title = figure.axes[0].title if figure.axes[0].title.get_text() else figure.axes[0]._left_title
    assert title.get_text()
    assert title.get_window_extent().x1 <= figure.bbox.x1


def test_equal_input_gives_equal_bytes():
    first, again = (figure_bytes(draw_target(resolve_target("jumps_noisy")), "svg") for _ in range(2))
    assert first == again


def test_a_target_that_is_not_finite_is_refused():
    with pytest.raises(DataError, match="not finite at x=0"):
        draw_target(formula_target("1/x"))
