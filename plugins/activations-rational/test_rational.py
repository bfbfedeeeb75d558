import pytest
import torch
from activations_rational import pau_gelu, pau_leaky_relu, pau_tanh, provide_activations

from activations import create
from activations.testing import cases, run_check

LEAKY, TANH, GELU = (
    torch.nn.functional.leaky_relu,
    torch.tanh,
    torch.nn.functional.gelu,
)


@pytest.mark.parametrize(("variant", "check"), cases(provide_activations()))
def test_conformance(variant, check):
    outcome = run_check(variant, check)
    assert outcome.status != "failed", outcome.message


def largest_error(activation, like, end=3.0):
    x = torch.linspace(-end, end, 200_001, dtype=torch.float64)
    return float((activation(x) - like(x)).abs().max())


@pytest.mark.parametrize(
    ("activation", "like", "error"),
    [(pau_leaky_relu, LEAKY, 0.016900), (pau_tanh, TANH, 4.41e-5), (pau_gelu, GELU, 0.002696)],
)
def test_start_values_are_as_near_as_the_docstring_says(activation, like, error):
    assert largest_error(activation, like) == pytest.approx(error, rel=1e-3)
    assert largest_error(activation, like, end=6.0) > error


def test_a_start_is_near_its_own_function_only():
    assert largest_error(pau_gelu, LEAKY) > 0.1


def test_no_step_from_the_start_values_comes_nearer():
    torch.manual_seed(0)
    x = torch.linspace(-3, 3, 20_001, dtype=torch.float64)
    best = float((pau_leaky_relu(x) - LEAKY(x)).abs().max())
    for _ in range(200):
        values = {name: value * float(1 + 1e-3 * torch.randn(())) for name, value in pau_leaky_relu.defaults.items()}
        assert float((pau_leaky_relu(x, **values) - LEAKY(x)).abs().max()) > best


@pytest.mark.parametrize("activation", provide_activations(), ids=lambda activation: activation.name)
def test_every_coefficient_learns(activation):
    module = create(activation)
    x = torch.linspace(-3, 3, 50)
    (module(x) - torch.sin(2 * x)).square().mean().backward()
    slopes = {name: parameter.grad.abs().item() for name, parameter in module.named_parameters()}
    assert set(slopes) == set(activation.learnable)
    assert min(slopes.values()) > 0


def test_a_unit_learns_another_curve():
    torch.manual_seed(0)
    x = torch.linspace(-3, 3, 200)
    module = create(pau_tanh)
    before = float((module(x) - torch.sin(2 * x)).square().mean().detach())
    optimizer = torch.optim.Adam(module.parameters(), 0.02)
    for _ in range(300):
        optimizer.zero_grad()
        loss = (module(x) - torch.sin(2 * x)).square().mean()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < before / 4


def test_the_quotient_never_has_a_pole():
    torch.manual_seed(1)
    x = torch.linspace(-1e4, 1e4, 10_001)
    for _ in range(20):
        values = dict(zip(pau_gelu.defaults, (10 * torch.randn(10)).tolist(), strict=True))
        assert pau_gelu(x, **values).isfinite().all()
