import math
import pickle

import numpy as np
import pytest
import torch

from activations import UniformInit, activation, create, default_registry, initialise
from activations.errors import DeclarationError, UnknownActivationError
from activations.fitting.initialisation import initial_parameters
from activations.fitting.network import Network
from activations.fitting.randomness import Purpose, generator
from activations.moments import gain

REGISTRY = default_registry()
PAPER = "Sitzmann, Martel, Bergman, Lindell, Wetzstein 2020, arXiv:2006.09661"
SIREN = UniformInit(first="1/n", hidden="sqrt(6/n)/omega_0", output="sqrt(6/n)/omega_0")


@activation(formula="sin(omega_0*x)", paper=PAPER, init=SIREN)
def siren(x, *, omega_0=30.0):
    """The sine of SIREN with its initialisation."""
    return torch.sin(omega_0 * x)


@activation(formula="sin(omega_0*x)", paper=PAPER)
def plain_sine(x, *, omega_0=30.0):
    """The same without."""
    return torch.sin(omega_0 * x)


@activation(formula="x*y", paper=PAPER, init=UniformInit(first="2/n", first_bias="k", hidden="k/sqrt(n)", bias="0"))
def product(x, y, *, k=3.0):
    """A product, whose output layer is left alone."""
    return x * y


def declare(**fields):
    @activation(**{"formula": "a*x", "paper": PAPER, **fields})
    def line(x, *, a=2.0):
        """A line."""
        return a * x

    return line


def matrices(network, seed=0, **settings):
    """Weights and biases of each layer."""
    row = initial_parameters(network, seed, **settings)
    return [
        (row[layer.weight : layer.bias].reshape(layer.inputs, layer.outputs), row[layer.bias : layer.theta])
        for layer in network.layers
    ]


# What the paper states


def test_hidden_pre_activations_of_a_siren_are_standard_normal():
    layers = matrices(Network(1, (400,) * 5, 1, siren.variant()))
    signal = np.linspace(-1, 1, 2000)[:, None]
    assert np.abs(30 * signal @ layers[0][0]).max() == pytest.approx(30, rel=0.05)
    signal = np.sin(30 * (signal @ layers[0][0] + layers[0][1]))
    for weight, bias in layers[1:-1]:
        inner = 30 * signal @ weight
        assert inner.mean() == pytest.approx(0, abs=0.1)
        assert inner.std() == pytest.approx(1, abs=0.1)
        for k in (1, 2, 3):
            assert (np.abs(inner) < k).mean() == pytest.approx(math.erf(k / math.sqrt(2)), abs=0.03)
        signal = np.sin(inner + 30 * bias)
        assert (signal**2).mean() == pytest.approx(0.5, abs=0.1)


def test_the_usual_initialisation_is_not_that():
    layers = matrices(Network(1, (400,) * 3, 1, plain_sine.variant()))
    signal = np.linspace(-1, 1, 2000)[:, None]
    signal = np.sin(30 * (signal @ layers[0][0] + layers[0][1]))
    assert (30 * signal @ layers[1][0]).std() > 10


# Bounds in the engine


def test_every_layer_has_the_declared_bounds_and_fills_them():
    n = 300
    first, hidden, output = matrices(Network(2, (n, n), 5, siren.variant(omega_0=20.0)))
    expected = [1 / 2, 1 / math.sqrt(2), math.sqrt(6 / n) / 20, 1 / math.sqrt(n), math.sqrt(6 / n) / 20]
    found = [np.abs(values).max() for values in (*first, *hidden, output[0])]
    assert np.all(np.array(found) <= expected)
    np.testing.assert_allclose(found, expected, rtol=0.02)
    assert np.abs(output[1]).max() <= 1 / math.sqrt(n)
    assert hidden[0].std() == pytest.approx(expected[2] / math.sqrt(3), rel=0.02)


def test_scale_multiplies_the_first_layer_alone():
    network = Network(1, (8, 8), 1, siren.variant())
    plain, scaled = matrices(network, 5), matrices(network, 5, scale=3.0)
    for one, other, factor in zip(plain, scaled, (3, 1, 1), strict=True):
        np.testing.assert_allclose(other[0], factor * one[0], rtol=1e-14)
        np.testing.assert_allclose(other[1], factor * one[1], rtol=1e-14)


def test_torchs_initialisation_stays_torchs():
    with_own, without = (Network(2, (9, 9), 2, item.variant()) for item in (siren, plain_sine))
    assert (initial_parameters(with_own, 4, 2.0, "torch") == initial_parameters(without, 4, 2.0, "torch")).all()


def test_two_inputs_get_the_bounds_twice_and_an_output_layer_that_is_left_alone_is_as_ever():
    n = 200
    first, hidden, output = matrices(Network(1, (n, n), 1, product.variant()))
    assert first[0].shape == (1, 2 * n)
    assert np.abs(first[0]).max() == pytest.approx(2, rel=0.02)
    assert np.abs(first[1]).max() == pytest.approx(3, rel=0.02)
    assert np.abs(hidden[0]).max() == pytest.approx(3 / math.sqrt(n), rel=0.02)
    assert not hidden[1].any() and not output[1].any()
    # Weights of variance 9/(3n), inputs of mean square m: products of two such sums have mean square m².
    square = (2**2 / 3 + 3**2) / 3
    inner = square**2 * 3
    assert output[0].std() == pytest.approx(1 / math.sqrt(n) / inner, rel=0.2)


def test_layers_behind_such_a_one_begin_at_size_one():
    """A layer without an initialisation of its own gets the gain for the real size of what comes before it."""
    relu = REGISTRY.variant("relu")
    network = Network(1, (400, 400, 400), 1, relu, (siren.variant(), None, None))
    layers = matrices(network)
    signal = np.linspace(-1, 1, 1000)[:, None]
    signal = np.sin(30 * (signal @ layers[0][0] + layers[0][1]))
    for weight, bias in layers[1:-1]:
        inner = signal @ weight + bias
        assert (inner**2).mean() == pytest.approx(1, abs=0.3)
        signal = np.maximum(inner, 0)
    # And the other way round: its own bounds behind a layer that has none.
    network = Network(1, (400, 400), 1, relu, (None, siren.variant()))
    assert np.abs(matrices(network)[1][0]).max() == pytest.approx(math.sqrt(6 / 400) / 30, rel=0.01)


@pytest.mark.parametrize("name", ["relu", "tanh", "sine", "glu", "siren_sine", "prelu"])
@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_activations_without_one_begin_as_ever(name, scale):
    variant = REGISTRY.variant(name)
    network = Network(2, (7, 7), 1, variant)
    parts = variant.inputs
    factors = [scale * math.sqrt(1.5 / 2), gain(variant, scale) / math.sqrt(7), gain(variant, 1.0) / math.sqrt(7)]
    for index, (weight, bias) in enumerate(matrices(network, 3, scale=scale)):
        size = (2, 7) if index == 0 else (7, 7) if index == 1 else (7, 1)
        streams = [index * 2 + part for part in range(parts if index < 2 else 1)]
        normals = [generator(3, Purpose.WEIGHTS, stream).standard_normal(size) for stream in streams]
        assert (weight == np.concatenate(normals, axis=1) * factors[index]).all()
        normals = [generator(3, Purpose.BIASES, stream).standard_normal(size[1]) for stream in streams]
        expected = np.concatenate(normals) * (scale * math.sqrt(0.5) if index == 0 else 0.0)
        assert (bias == expected).all()


# Declaring it


def test_it_is_part_of_the_digest_only_where_there_is_one():
    assert declare().digest == declare(init=None).digest
    one, other = (declare(init=UniformInit(first="1/n", hidden=text)) for text in ("a/n", "a/ n"))
    assert one.digest == other.digest != declare().digest
    assert one.digest != declare(init=UniformInit(first="1/n", hidden="2*a/n")).digest
    assert pickle.loads(pickle.dumps(siren)) is siren


def test_it_can_be_read_as_a_sentence():
    assert str(siren.init) == "first 1/n, hidden sqrt(6/n)/omega_0, bias 1/sqrt(n), output sqrt(6/n)/omega_0"


@pytest.mark.parametrize(
    ("init", "message"),
    [
        (UniformInit(first="1/n", hidden="sqrt(6/n)/omega"), r"line: init.hidden 'sqrt\(6/n\)/omega': .*omega"),
        (UniformInit(first="1/n)", hidden="1/n"), r"line: init.first '1/n\)': "),
        (UniformInit(first="1/x", hidden="1/n"), r"line: init.first '1/x': .*x"),
        (UniformInit(first="", hidden="1/n"), r"line: init.first is empty; write a formula, such as '1/n'"),
        (UniformInit(first="1/n", hidden="1/n", bias=" "), r"line: init.bias is empty"),
        (UniformInit(first="1/n", hidden=0.5), r"line: init.hidden=0.5 is no formula; write it as text"),
        ({"first": "1/n"}, r"line: init=\{'first': '1/n'\} is no initialisation; write init=UniformInit"),
        ("1/n", r"line: init='1/n' is no initialisation"),
    ],
)
def test_a_mistake_is_told_where_it_is_declared(init, message):
    with pytest.raises(DeclarationError, match=message):
        declare(init=init)


def test_a_parameter_may_not_have_the_name_of_the_fan_in():
    def line(x, *, n=2.0):
        """A line."""
        return n * x

    with pytest.raises(DeclarationError, match="line: init takes n for the number of inputs; give the parameter n"):
        activation(formula="n*x", paper=PAPER, init=SIREN)(line)


@pytest.mark.parametrize(("text", "seen"), [("a - 3", "is -1 at a=2"), ("1/(a - 2)", "at a=2"), ("log(0-n)", "at n=8")])
def test_a_bound_that_is_none_is_told_where_it_is_used(text, seen):
    line = declare(init=UniformInit(first="1/n", hidden=text))
    with pytest.raises(DeclarationError, match=rf"initial bound .* {seen}; a bound is finite and from 0 on"):
        line.init.bounds("hidden", 8, line.defaults)
    with pytest.raises(DeclarationError, match="change the formula"):
        initial_parameters(Network(1, (8, 8), 1, line.variant()), 0)


# In models of one's own


@pytest.mark.parametrize("form", ["declaration", "variant", "module"])
def test_a_linear_layer_is_initialised_in_place(form):
    given = {"declaration": siren, "variant": siren.variant(), "module": create(siren)}[form]
    linear = torch.nn.Linear(64, 100)
    assert initialise(linear, given) is linear
    largest = float(linear.weight.detach().abs().max())
    assert 0.99 * math.sqrt(6 / 64) / 30 < largest <= math.sqrt(6 / 64) / 30 * (1 + 1e-6)
    assert linear.weight.requires_grad
    first = initialise(torch.nn.Linear(2, 500, bias=False), given, place="first").weight.detach()
    assert 0.49 < float(first.abs().max()) <= 0.5


def test_the_generator_decides_the_numbers():
    one, other, third = (
        initialise(torch.nn.Linear(3, 3), siren, generator=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(one.weight, other.weight) and torch.equal(one.bias, other.bias)
    assert not torch.equal(one.weight, third.weight)


def test_what_can_not_be_done_is_refused_and_changes_nothing():
    linear = torch.nn.Linear(3, 3)
    before = linear.weight.detach().clone()
    with pytest.raises(DeclarationError, match=r"relu brings no initialisation; keep that of nn\.Linear, or declare"):
        initialise(linear, "relu")
    with pytest.raises(DeclarationError, match="product says nothing about the output layer"):
        initialise(linear, product, place="output")
    with pytest.raises(ValueError, match="place='last' is no place in a network; write one of first, hidden, output"):
        initialise(linear, siren, place="last")
    with pytest.raises(UnknownActivationError):
        initialise(linear, "sirene")
    assert torch.equal(linear.weight, before)
