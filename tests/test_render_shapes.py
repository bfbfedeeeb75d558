"""Pictures of activations: what is plotted and where, not pixels."""

import dataclasses
import hashlib
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
import numpy as np
import pytest

from activations.declare import formula_activation
from activations.registry import default_registry
from activations.render.formula import formula_text, plain, text_size
from activations.render.shapes import draw_shapes
from activations.render.style import FORMATS, THEMES, figure_bytes, theme_named
from activations.shape import shape_info

HOSTILE = [
    "$\\frac{",
    "\\frac{x",
    "$x$ $",
    "\x1b[31mred",
    "<script>alert(1)</script>",
    "{" * 500,
    "漢字 $a_b$ 😀",
    "\\begin{cases} x",
    "\\begin{cases} x & \\text{if } $ \\\\ y \\end{cases}",
    "%s %d {0}",
    "\n\t",
    "",
    "\\" * 50,
    "^^__",
    "x" * 5000,
    "\u202eabc\x00",
]


def info_of(text, **options):
    return shape_info(default_registry().variant(text), **options)


def artists(axes, gid):
    return [line for line in axes.get_lines() if line.get_gid() == gid]


def all_axes(figure):
    figure.draw_without_rendering()
    return [axes for axes in figure.findobj(mpl.axes.Axes) if axes.get_label() != "<colorbar>"]


def test_one_activation_is_drawn_with_all_its_curves():
    info = info_of("gelu")
    (axes,) = all_axes(draw_shapes([info]))
    for order in (0, 1, 2):
        (line,) = artists(axes, f"order-{order}")
        np.testing.assert_array_equal(line.get_xdata(), info.x)
        np.testing.assert_array_equal(line.get_ydata(), info.curves[order])
        assert line.get_color() == THEMES["light"].orders[order]
    assert len(artists(axes, "asymptote")) == 2
    assert len(artists(axes, "zero")) == 2
    assert artists(axes, "kink") == []
    assert axes.get_xlim() == info.window
    low, high = axes.get_ylim()
    assert low < np.nanmin(info.curves[0])
    assert high > np.nanmax(info.curves[0])


def test_jumps_are_gaps_with_dots_and_kinks_have_ticks():
    (axes,) = all_axes(draw_shapes([info_of("hardshrink")]))
    (line,) = artists(axes, "order-0")
    assert np.isnan(line.get_ydata()).sum() == 2
    assert [dot.get_ydata()[0] for dot in artists(axes, "closed")] == [0.0, 0.0]
    assert [round(dot.get_ydata()[0], 6) for dot in artists(axes, "open")] == [-0.5, 0.5]
    assert all(dot.get_markerfacecolor() == THEMES["light"].background for dot in artists(axes, "open"))
    (ticks,) = artists(axes, "kink")
    assert list(ticks.get_xdata()) == [-0.5, 0.5]
    # No drawn piece of a curve crosses a jump.
    for order in (0, 1, 2):
        (line,) = artists(axes, f"order-{order}")
        x, y = line.get_data()
        for jump in (-0.5, 0.5):
            left, right = np.flatnonzero(x < jump)[-1], np.flatnonzero(x > jump)[0]
            assert np.isnan(y[left + 1 : right]).any()


def test_a_steep_derivative_gets_axes_of_its_own_and_does_not_squash_the_curve():
    info = info_of("sine:omega=30")
    first, second, third = all_axes(draw_shapes([info]))
    assert first.get_ylim() == pytest.approx((-1.1, 1.1), abs=0.05)
    assert second.get_ylim()[1] > 30
    assert third.get_ylim()[1] > 900
    assert [len(artists(axes, f"order-{order}")) for order, axes in enumerate((first, second, third))] == [1, 1, 1]
    (panel,) = all_axes(draw_shapes([info], size="panel"))
    assert panel.get_ylim()[1] < 3
    assert "30" in panel.get_title(loc="right")


def test_huge_values_are_cut_and_that_is_said():
    figure = draw_shapes([info_of("exp(x)")])
    (axes,) = all_axes(figure)
    assert axes.get_ylim()[1] < 30
    assert "$f$ reaches 403.4" in facts_of(figure)
    pole = draw_shapes([info_of("1/x")])
    assert all(np.abs(axes.get_ylim()).max() < 1e6 for axes in all_axes(pole))
    assert "$f$ unbounded" in facts_of(pole)


def facts_of(figure):
    (text,) = figure.findobj(lambda artist: artist.get_gid() == "facts")
    return text.get_text()


def test_the_texts_of_a_full_picture():
    figure = draw_shapes([info_of("leaky_relu")])
    figure.draw_without_rendering()
    texts = {text.get_gid(): text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_gid()}
    assert texts["name"] == "leaky_relu"
    assert texts["formula"].startswith("$x$  if $x > 0$,")
    assert texts["formula"].endswith("otherwise")
    assert "range (−∞, ∞)" in texts["facts"]
    assert "kink at 0" in texts["facts"]
    assert "0.01" in texts["facts"]


@pytest.mark.parametrize("name", ["relu", "hardshrink", "gelu", "sine:omega=30", "selu", "glu", "bilinear"])
@pytest.mark.parametrize("size", ["full", "panel", "thumbnail"])
def test_nothing_leaves_the_picture_and_no_text_lies_on_the_axes(name, size):
    figure = draw_shapes([info_of(name)], size=size)
    figure.draw_without_rendering()
    frame = figure.bbox.padded(1)
    boxes = [axes.get_window_extent() for axes in all_axes(figure)]
    for text in figure.findobj(mpl.text.Text):
        # Level labels lie on a map by design, and are clipped with it.
        if not text.get_visible() or not text.get_text().strip() or text.get_clip_on():
            continue
        extent = text.get_window_extent()
        assert frame.x0 <= extent.x0 <= extent.x1 <= frame.x1, text
        assert frame.y0 <= extent.y0 <= extent.y1 <= frame.y1, text
        if text.get_gid():
            assert not any(box.overlaps(extent) for box in boxes), text
    for box in boxes:
        assert box.width * box.height > 0


def test_small_multiples_share_one_style():
    infos = [info_of(name) for name in ("relu", "gelu", "tanh", "hardshrink", "glu")]
    figure = draw_shapes(infos, columns=3)
    axes = all_axes(figure)
    assert len(axes) == 5
    assert [a.get_title(loc="left") for a in axes] == [info.label for info in infos]
    assert len(figure.legends) == 1
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "$f$",
        "$f^{\\,\\prime}$",
        "$f^{\\,\\prime\\prime}$",
    ]
    widths = {a.get_position().width for a in axes[:2]}
    assert max(widths) - min(widths) < 0.05
    assert all(a.get_facecolor() == mpl.colors.to_rgba(THEMES["light"].background) for a in axes)


def test_a_thumbnail_has_curves_and_no_words():
    (axes,) = all_axes(draw_shapes([info_of("gelu")], size="thumbnail"))
    assert len(artists(axes, "order-0")) == 1
    assert axes.get_title(loc="left") == ""
    assert not any(label.get_visible() and label.get_text() for label in axes.get_xticklabels())


def test_two_inputs_are_a_map():
    info = info_of("glu", points=31)
    value, first, second = all_axes(draw_shapes([info]))
    (image,) = value.get_images()
    np.testing.assert_array_equal(image.get_array(), info.surface.value)
    assert image.get_clim()[0] == -image.get_clim()[1]
    assert image.get_extent() == [-6.0, 6.0, -6.0, 6.0]
    assert image.origin == "lower"
    for axes, slope in zip((first, second), info.surface.slopes, strict=True):
        np.testing.assert_array_equal(axes.get_images()[0].get_array(), slope)
    assert (value.get_xlabel(), value.get_ylabel()) == ("$a$", "$b$")


@pytest.mark.parametrize("theme", THEMES)
def test_themes(theme):
    look = theme_named(theme)
    figure = draw_shapes([info_of("relu")], theme)
    assert figure.get_facecolor() == mpl.colors.to_rgba(look.background)
    for colour in (look.text, look.muted, *look.orders, *look.cycle[:3]):
        assert contrast(colour, look.background) >= 3.0


def contrast(first, second):
    """The contrast ratio of WCAG 2.1."""

    def luminance(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(colour)]
        return np.dot([0.2126, 0.7152, 0.0722], linear)

    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_an_unknown_theme_and_no_activation_are_refused():
    with pytest.raises(ValueError, match="theme='sepia'"):
        draw_shapes([info_of("relu")], "sepia")
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_shapes([])


@pytest.mark.torture(88)
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("names", [("relu",), ("relu", "glu")])
def test_equal_bytes_on_repeat(format, names):
    infos = [info_of(name, points=31) for name in names]
    figure = draw_shapes(infos)
    content = figure_bytes(figure, format, 50)
    assert content == figure_bytes(figure, format, 50)
    assert content == figure_bytes(draw_shapes(infos), format, 50)
    assert content.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[format])
    for word in (b"Date", b"date>", b"Software", b"Matplotlib v"):
        assert word not in content


@pytest.mark.torture(88)
def test_equal_bytes_from_another_process_and_other_settings():
    program = (
        "import hashlib, matplotlib, sys\n"
        "matplotlib.rcParams.update({'font.size': 33, 'axes.grid': False, 'svg.fonttype': 'none'})\n"
        "from activations.registry import default_registry\n"
        "from activations.render.shapes import draw_shapes\n"
        "from activations.render.style import figure_bytes\n"
        "from activations.shape import shape_info\n"
        "info = shape_info(default_registry().variant('gelu'), points=31)\n"
        "print(hashlib.sha256(figure_bytes(draw_shapes([info]), 'svg')).hexdigest())\n"
        "assert matplotlib.rcParams['font.size'] == 33 and 'matplotlib.pyplot' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    here = figure_bytes(draw_shapes([info_of("gelu", points=31)]), "svg")
    assert done.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="format='bmp'"):
        figure_bytes(draw_shapes([info_of("relu")]), "bmp")


@pytest.mark.torture(58, 84)
@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_is_shown_and_never_interpreted(text):
    info = dataclasses.replace(
        info_of("relu", points=31),
        label=text,
        summary=text,
        latex=text,
        formula=text,
        parameters=((text, 1.0),),
        symbols={text: text},
    )
    for size in ("full", "panel"):
        figure = draw_shapes([info], size=size)
        if size == "full":
            ElementTree.fromstring(figure_bytes(figure, "svg", 50))
        figure.draw_without_rendering()
        for shown in figure.findobj(mpl.text.Text):
            assert "\x1b" not in shown.get_text()
            assert len(shown.get_text()) < 1000


@pytest.mark.torture(58)
def test_dollars_and_missing_glyphs_are_escaped():
    assert plain("a $b$\nc") == r"a \$b\$ c"
    assert plain("\x1b[1m漢") == "□[1m□"
    assert plain("abcdef", longest=4) == "abc…"


def test_formulas_in_mathtext():
    assert formula_text("x^{2}") == "$x^{2}$"
    assert formula_text(r"\frac{x", "x/(2") == "x/(2"
    assert formula_text("1.23456789012 x") == r"$1.2345{\ldots} x$"
    cases = formula_activation("x if x > 0 else (0 if x < -1 else 2*x)").formula.latex()
    assert formula_text(cases) == "$x$  if $x > 0$,   $0$  if $x < -1$,   $2 x$  otherwise"
    nested = formula_activation("1 + (x if x > (0 if x < 9 else 1) else 0)").formula
    assert formula_text(nested.latex(), str(nested)) == str(nested)


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("1 if x >= 0 else 0", r"$1$  if $x \geq 0$,   $0$  otherwise"),
        ("1 if x <= -1 or x != 2 else 0", r"$1$  if $x \leq -1 \text{ or } x \neq 2$,   $0$  otherwise"),
        ("2*(x if x > 0 else 0)", r"$2$($x$  if $x > 0$,   $0$  otherwise)"),
        ("tanh(x if x > 0 else 0)", r"$\tanh($$x$  if $x > 0$,   $0$  otherwise$)$"),
        ("(x if x > 0 else 0)*max(0, x)", r"($x$  if $x > 0$,   $0$  otherwise)$\max(0, x)$"),
        (
            "(1 if x > 0 else 0) - (1 if x < 0 else 0)",
            r"($1$  if $x > 0$,   $0$  otherwise)$-$($1$  if $x < 0$,   $0$  otherwise)",
        ),
    ],
)
def test_cases_in_mathtext(formula, shown):
    assert formula_text(formula_activation(formula).formula.latex(), "plain") == shown


def test_every_formula_of_the_catalogue_is_drawn_in_mathtext():
    fallen_back = [
        name for name, item in default_registry().items() if formula_text(item.formula.latex(), "plain") == "plain"
    ]
    assert fallen_back == []


@pytest.mark.parametrize("name", list(default_registry())[::7])
def test_every_formula_fits_and_can_be_drawn(name):
    info = info_of(name, points=11)
    figure = draw_shapes([info])
    (formula,) = figure.findobj(lambda artist: artist.get_gid() == "formula")
    width, _ = text_size(formula.get_text(), formula.get_fontsize())
    assert 0 < width <= 72 * 6.4
    figure.draw_without_rendering()
