"""What notebooks show for activations, a registry, fits and rankings: small, harmless, readable on any background."""

from __future__ import annotations

import base64
import io
import pickle
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
import torch
from PIL import Image

import activations
from activations import activation, default_registry
from activations.benchmark.store.rankings import stored_ranking
from activations.benchmark.store.store import Store
from activations.render.style import ON_ANY, THEMES

PICTURE = re.compile(r'src="data:image/png;base64,([^"]+)"')
STATED = (
    "x*ncdf(x)",
    "smooth-rectified",
    "Hendrycks, Gimpel 2016, arXiv:1606.08415",
    "torch.nn.functional.gelu",
    "Derivative",
    "Range",
    "1.1289",
    "activations.catalogue.smooth_rectified",
)


class Checked(HTMLParser):
    """Tags are closed in order, and nothing but text, tables and pictures of our own is there."""

    ALLOWED = frozenset({"div", "p", "b", "br", "table", "thead", "tbody", "tr", "th", "td", "img", "ul", "li"})
    EMPTY = frozenset({"img", "br"})

    def __init__(self, html):
        super().__init__()
        self.open, self.words = [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        assert tag in self.ALLOWED, tag
        assert not [name for name, _ in attributes if name not in ("style", "alt", "width", "src")], attributes
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " | ".join(self.words)


def pictures(html):
    return [Image.open(io.BytesIO(base64.b64decode(data))) for data in PICTURE.findall(html)]


@activation(formula="x + 0*x", paper='<script>alert("paper")</script>', aliases=["<b>bold</b>"])
def foreign(x):
    """A <i>summary</i> & more."""
    return x + 0.0 * x


@activation(formula="x + sin(x)^2", paper="this test")
def raising(x):
    """Identity that can not be called."""
    raise RuntimeError("<b>no</b> such luck")


def test_an_activation_shows_its_formula_family_source_and_properties():
    gelu = default_registry()["gelu"]
    html = gelu._repr_html_()
    text = Checked(html).text
    assert all(part in text for part in STATED)
    (picture,) = pictures(html)
    assert picture.width > 400
    assert len(html) < 60_000
    assert html == default_registry().variant("gelu")._repr_html_()
    assert repr(gelu) == "<activation gelu(x): x*ncdf(x)>"
    assert html != default_registry()["mish"]._repr_html_()


def test_the_values_of_a_variant_are_shown_and_drawn():
    html = default_registry().variant("leaky_relu:negative_slope=0.2,learnable")._repr_html_()
    assert "negative_slope=0.2 (learnt)" in Checked(html).text
    assert pictures(html)[0].tobytes() != pictures(default_registry()["leaky_relu"]._repr_html_())[0].tobytes()


@pytest.mark.parametrize("name", ["swiglu", "hardshrink", "x*sigmoid(1.702*x)"])
def test_other_activations_have_pictures_too(name):
    html = default_registry().variant(name)._repr_html_()
    assert len(pictures(html)) == 1
    assert "Family" in Checked(html).text
    assert len(html) < 90_000


def test_a_function_over_a_dimension_has_no_picture_and_the_same_facts():
    html = default_registry().axis["softmax"]._repr_html_()
    assert "exp(x_i) / sum_j exp(x_j)" in Checked(html).text
    assert not pictures(html)
    assert html == default_registry().any_variant("softmax")._repr_html_()


def test_foreign_text_is_text():
    html = foreign._repr_html_()
    assert "<script" not in html and "<i>" not in html and "<b>bold" not in html
    text = Checked(html).text
    assert '<script>alert("paper")</script>' in text
    assert "A <i>summary</i> & more." in text
    with pytest.raises(AssertionError, match="script"):
        Checked(f"<div>{foreign.paper}</div>")


def test_an_activation_that_raises_is_shown_without_its_picture():
    html = raising._repr_html_()
    assert not pictures(html)
    text = Checked(html).text
    assert "It can not be drawn: RuntimeError: <b>no</b> such luck" in text
    assert "this test" in text


def test_a_face_changes_neither_equality_nor_pickles():
    mish = default_registry()["mish"]
    assert pickle.loads(pickle.dumps(mish)) is mish
    variant = mish.variant()
    assert pickle.loads(pickle.dumps(variant)) == variant
    assert torch.equal(variant(torch.ones(2)), mish(torch.ones(2)))


def test_the_registry_lists_its_families_without_loading_anything_heavy():
    html = default_registry()._repr_html_()
    text = Checked(html).text
    assert "gelu_tanh" in text and "softmax" in text and "self-gated" in text
    script = (
        "import sys, activations; r = activations.default_registry(); r['mish'];"
        "print(hasattr(r['mish'], '_repr_html_'),"
        "[n for n in ('torch', 'numpy', 'matplotlib', 'sympy') if n in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "True []"


def test_a_fit_and_a_ranking_show_themselves(tmp_path):
    fit = activations.fit("sin", "tanh", hidden=(4,), steps=20)
    html = fit._repr_html_()
    Checked(html)
    (picture,) = pictures(html)
    assert picture.getchannel("A").getextrema() == (0, 255)  # the background is the notebook's
    assert len(html) < 150_000
    variants = default_registry().match(["relu", "tanh"])
    path = tmp_path / "runs.sqlite3"
    with Store(path, "write") as store:
        result = activations.benchmark(
            [activations.resolve_target("abs(x)")], variants, steps=20, seeds=2, store=store, jobs=1
        )
    assert "tanh" in Checked(result._repr_html_()).text
    with Store(path, "read") as store:
        kept = stored_ranking(store)
    assert kept._repr_html_() == f"<div>{kept.result._repr_html_()}</div>"


def contrast(colour, background):
    def luminance(hexadecimal):
        parts = [int(hexadecimal[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dark = sorted((luminance(colour), luminance(background)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("background", ["#ffffff", "#111111", "#1e1e1e"])
def test_pictures_can_be_read_on_light_and_dark(background):
    colours = [ON_ANY.text, ON_ANY.muted, *ON_ANY.orders, *ON_ANY.cycle]
    assert min(contrast(colour, background) for colour in colours) >= 3.0
    assert ON_ANY.background == "none"


def test_a_theme_of_one_background_fails_that():
    assert contrast(THEMES["light"].text, "#111111") < 3.0
    assert contrast(THEMES["dark"].text, "#ffffff") < 3.0
