import copy
import math
import pickle

import pytest
import torch

from activations import activation, default_registry, formula_activation
from activations.declare import Native
from activations.errors import DeclarationError, ExpressionError

PAPER = "Somebody 2020"


def declare(body, **fields):
    return activation(**{"formula": "x", "paper": PAPER, **fields})(body)


def body(x):
    """A sentence."""
    return x


@activation(formula="a*x + b", paper=PAPER, kinks=("a/b",), aliases=("MyLine",), learnable=("b",))
def my_line(x, *, a=2.0, b=1.0):
    """A line.

    With notes.
    """
    return a * x + b


def test_everything_is_read_from_the_function():
    assert my_line.name == "my_line"
    assert my_line.inputs == ("x",)
    assert my_line.defaults == {"a": 2.0, "b": 1.0}
    assert my_line.summary == "A line."
    assert my_line.notes == "With notes."
    assert my_line.class_name == "MyLine"
    assert my_line.signature == "my_line(x, a=2, b=1)"
    assert my_line.family == "test-declare"
    assert my_line.source.startswith(__file__)
    assert my_line.variant().learnable == ("b",)
    assert my_line.variant().kinks == (2.0,)


def test_it_computes_like_the_function():
    x = torch.tensor([1.0, 2.0])
    assert my_line(x).tolist() == [3.0, 5.0]
    assert my_line(x, a=0.5).tolist() == [1.5, 2.0]
    assert my_line.variant(a=0.5)(x, b=torch.tensor(0.0)).tolist() == [0.5, 1.0]


def test_a_kink_that_is_not_finite_is_none():
    assert my_line.variant(b=0).kinks == ()


def no_docstring(x):
    return x


def two_defaults(x, y=1.0):
    """A sentence."""
    return x


def text_default(x, *, mode="none"):
    """A sentence."""
    return x


def flag_default(x, *, inplace=False):
    """A sentence."""
    return x


def three(x, y, z):
    """A sentence."""
    return x


def starred(*xs):
    """A sentence."""
    return xs


def Capital(x):  # noqa: N802
    """A sentence."""
    return x


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: declare(no_docstring), "write one sentence"),
        (lambda: declare(two_defaults), "after a star"),
        (lambda: declare(text_default), "write mode=1.0"),
        (lambda: declare(flag_default), "write inplace=1.0"),
        (lambda: declare(three), "3 inputs"),
        (lambda: declare(starred), "name each input"),
        (lambda: declare(Capital), "lower-case"),
        (lambda: declare(body, paper=" "), "Misra 2019"),
        (lambda: declare(body, formula="x + y"), "formula 'x + y'"),
        (lambda: declare(body, formula="sinn(x)"), "sin"),
        (lambda: declare(body, kinks=("x",)), "kinks"),
        (lambda: declare(body, learnable=("a",)), "no parameter"),
        (lambda: declare(body, native="not a name!"), "torch.nn.functional.elu"),
        (lambda: declare(body, window=(1, 0)), "no interval"),
        (lambda: declare(body, skip={"value": " "}), "no reason"),
        (lambda: my_line.variant(c=1.0), "it has a, b"),
        (lambda: my_line.variant(a=math.inf), "not finite"),
        (lambda: my_line.variant(learnable="c"), "no parameter 'c'"),
        (lambda: my_line.variant_from_text("a"), "my_line:a=2"),
        (lambda: my_line.variant_from_text("a=import os"), "a='import os'"),
    ],
)
def test_a_bad_field_fails_where_it_is_written(make, message):
    with pytest.raises(DeclarationError, match=None) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        ("a=2", "my_line"),
        ("a=3", "my_line:a=3"),
        ("b=pi/2,a=-1e-3", f"my_line:a=-0.001,b={math.pi / 2!r}"),
        ("a=3,learnable", "my_line:a=3,learnable=a+b"),
        ("learnable=a", "my_line:learnable=a"),
    ],
)
def test_settings_are_read_from_text_and_written_back(settings, label):
    variant = my_line.variant_from_text(settings)
    assert variant.label == label
    _, _, written = label.partition(":")
    again = my_line.variant_from_text(written) if written else my_line.variant()
    assert again == variant


def test_pickle_finds_the_declaration_again():
    mish = default_registry()["mish"]
    assert pickle.loads(pickle.dumps(mish)) is mish
    assert copy.deepcopy(mish) is mish
    typed = pickle.loads(pickle.dumps(formula_activation("x*sigmoid(2*x)")))
    assert typed(torch.tensor(1.0)) == torch.sigmoid(torch.tensor(2.0))


def test_a_local_declaration_says_why_it_cannot_be_pickled():
    with pytest.raises(DeclarationError, match="top level"):
        pickle.dumps(declare(body))


def test_the_digest_follows_what_decides_the_values():
    first, second = declare(body), declare(body, formula="1*x + 0")
    assert first.digest == declare(body).digest
    assert first.digest != second.digest
    assert my_line.variant(a=3).digest != my_line.variant().digest


def test_native_is_read_and_written():
    native = Native.from_text("torch.nn.functional.gelu(approximate='tanh')")
    assert native.options == (("approximate", "tanh"),)
    assert str(native) == "torch.nn.functional.gelu(approximate='tanh')"
    assert str(Native.from_text("torch.nn.functional.elu(alpha)")) == "torch.nn.functional.elu(alpha)"


def test_native_runs_only_where_it_computes_the_same():
    registry = default_registry()
    assert registry["elu"].bind({"alpha": 0.5}).func is torch.nn.functional.elu
    assert registry["tanh"].bind({}) is torch.tanh
    assert registry["sigmoid"].bind({"beta": 2.0}).value.func is registry["sigmoid"].function
    assert registry["elu"].bind({"alpha": torch.tensor(0.5)}).func is registry["elu"].function
    assert registry["gelu"].bind({}).value is registry["gelu"].function
    assert registry["gelu"].bind({}, native=True) is torch.nn.functional.gelu
    with pytest.raises(DeclarationError, match="native=False"):
        registry["sigmoid"].bind({"beta": 2.0}, native=True)


@pytest.mark.parametrize("text", ["x1", "x1 + x2 + x", "x2"])
def test_a_typed_formula_has_one_input_or_two(text):
    with pytest.raises(ExpressionError, match="in x1 and x2"):
        formula_activation(text)
