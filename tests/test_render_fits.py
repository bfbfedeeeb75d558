import math

import numpy as np
import pytest

from activations.benchmark import PRESETS, benchmark
from activations.benchmark.presets import Preset
from activations.declare import formula_activation
from activations.fitting.targets import csv_target, formula_target, resolve_target
from activations.registry import default_registry
from activations.render.fits import draw_fits
from activations.render.style import figure_bytes


def fitted(monkeypatch, target, *variants):
    tiny = Preset("quick", (8,), steps=30, seeds=3, tuning_seeds=3, finalists=2, scales=(1.0,))
    monkeypatch.setitem(PRESETS, "quick", tiny)
    chosen = [default_registry().variant(v) if isinstance(v, str) else v for v in variants]
    return benchmark([target], chosen).targets[0]


def test_curves_are_the_predictions_beside_the_data_and_errors_below(monkeypatch):
    result = fitted(monkeypatch, formula_target("sin(4*x)", (-1, 2), points=25), "tanh", "relu", "sine")
    figure = draw_fits(result)
    upper, lower = figure.axes
    labels = [text.get_text() for text in upper.get_legend().get_texts()]
    assert labels == ["data", "target", *(fit.label for fit in result.fits)]
    curves = {line.get_label(): line for line in upper.lines}
    for number, fit in enumerate(result.fits):
        x, y = curves[fit.label].get_data()
        np.testing.assert_allclose(y, fit.predict(np.asarray(x)[:, None])[:, 0])
        np.testing.assert_allclose(lower.lines[number].get_ydata(), y - np.sin(4 * np.asarray(x)), atol=1e-12)
        assert lower.lines[number].get_color() == curves[fit.label].get_color()
    data = upper.collections[0].get_offsets()
    np.testing.assert_allclose(data[:, 1], np.sin(4 * data[:, 0]))
    assert len(data) == 25
    assert figure.get_suptitle() == "sin(4*x)"


def test_two_classes_are_drawn_as_a_map_with_the_training_points(monkeypatch):
    result = fitted(monkeypatch, resolve_target("spiral"), "tanh", "sine")
    figure = draw_fits(result, "dark")
    assert [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes] == [f.label for f in result.fits]
    for axes, fit in zip(figure.axes, result.fits, strict=True):
        (image,) = axes.images
        corner = fit.predict(np.array([[-6.5, -6.5]]))[0, 1]
        assert float(image.get_array()[0, 0]) == pytest.approx(corner, abs=1e-6)
        points = [c.get_offsets() for c in axes.collections if len(c.get_offsets()) > 1]
        assert sorted(map(len, points)) == [97, 97]


def test_the_probabilities_of_several_classes_mix_their_colours(monkeypatch, tmp_path):
    path = tmp_path / "data.csv"
    rows = [f"{i % 10},{i // 10},{'abc'[i % 3]}" for i in range(60)]
    path.write_text("\n".join(["height,width,kind", *rows]))
    figure = draw_fits(fitted(monkeypatch, csv_target(str(path)), "tanh"))
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("height", "width")
    (image,) = axes.images
    assert image.get_array().shape[2] == 3
    assert sorted(len(part.get_offsets()) for part in axes.collections) == [12, 12, 12]


def test_a_curve_in_the_plane_is_drawn_beside_its_fits(monkeypatch):
    result = fitted(monkeypatch, formula_target("t -> (cos(3*t), sin(3*t))"), "tanh", "sine")
    (axes,) = draw_fits(result).axes
    target, *curves = axes.lines
    np.testing.assert_allclose(np.hypot(*target.get_data()), 1)
    for fit, curve in zip(result.fits, curves, strict=True):
        np.testing.assert_allclose(np.transpose(curve.get_data()), fit.predict(fit.samples.test.x))


def test_tables_and_more_inputs_are_drawn(monkeypatch, tmp_path):
    path = tmp_path / "d$a_ta.csv"
    path.write_text("a<b>,$y$\n" + "".join(f"{i},{math.sin(i / 5)}\n" for i in range(40)))
    table = draw_fits(fitted(monkeypatch, csv_target(str(path)), "tanh"))
    assert table.axes[1].get_xlabel() == "a<b>"
    assert len(table.axes[0].collections[0].get_offsets()) == 24
    plane = draw_fits(fitted(monkeypatch, formula_target("x1*x2", points=60), "tanh"))
    assert plane.axes[0].get_xlabel() == "true value"
    for figure in (table, plane):
        assert figure_bytes(figure, "png", dpi=40).startswith(b"\x89PNG")


def test_equal_input_gives_equal_bytes(monkeypatch):
    target = formula_target("x^2", points=20)
    first, again = (figure_bytes(draw_fits(fitted(monkeypatch, target, "tanh")), "svg") for _ in range(2))
    assert first == again


def test_when_all_diverged_the_picture_says_so(monkeypatch):
    wild = formula_activation("exp(exp(exp(x)))", "wild").variant()
    figure = draw_fits(fitted(monkeypatch, formula_target("x^2", points=20), wild))
    assert [text.get_text() for text in figure.axes[0].texts] == ["every run diverged"]
