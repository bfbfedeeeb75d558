import pytest
import torch

from activations import default_registry, derivative

REGISTRY = default_registry()
X = torch.linspace(-3, 3, 13, dtype=torch.float64) + 0.01


@pytest.mark.parametrize("method", ["auto", "closed", "autograd", "formula"])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_methods_agree(method, order):
    variant = REGISTRY.variant("sigmoid:beta=2")
    s = torch.sigmoid(2 * X)
    slopes = {
        1: 2 * s * (1 - s),
        2: 4 * s * (1 - s) * (1 - 2 * s),
        3: 8 * s * (1 - s) * (1 - 6 * s + 6 * s * s),
    }
    torch.testing.assert_close(derivative(variant, X, order=order, method=method), slopes[order])


@pytest.mark.parametrize("method", ["autograd", "formula"])
def test_inputs_and_parameters_of_two_input_functions(method):
    variant = REGISTRY.variant("bilinear:A=3,b=1")
    y = X.flip(0)
    torch.testing.assert_close(derivative(variant, X, y, wrt=0, method=method), 3 * y)
    torch.testing.assert_close(derivative(variant, X, y, wrt="x2", method=method), 3 * X)
    torch.testing.assert_close(derivative(variant, X, y, wrt="A", method=method), X * y)
    torch.testing.assert_close(derivative(variant, X, y, order=2, method=method), torch.zeros_like(X))


def test_it_broadcasts_and_keeps_the_graph_that_was_asked_for():
    variant = REGISTRY.variant("glu")
    assert derivative(variant, X[:, None], X).shape == (13, 13)
    x = X.clone().requires_grad_()
    slope = derivative(REGISTRY.variant("tanh"), x)
    (second,) = torch.autograd.grad(slope.sum(), x)
    torch.testing.assert_close(second, derivative(REGISTRY.variant("tanh"), X, order=2))
    assert not derivative(REGISTRY.variant("tanh"), X).requires_grad


def test_a_high_order_of_a_line_is_zero():
    assert derivative(REGISTRY.variant("linear"), X, order=5).abs().max() == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": -1}, "negative"),
        ({"wrt": "z"}, "has no variable"),
        ({"method": "closed"}, "method='formula'"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        derivative(REGISTRY.variant("mish"), X, **options)
