"""The node that keeps its inputs alone, and the programs that write over what nobody needs."""

import pytest
import torch

from activations import create, default_registry
from activations.closed_form import ClosedForm
from activations.declare import activation, formula_activation
from activations.errors import DeclarationError
from activations.expression import parse
from activations.expression.functions import FUNCTIONS
from activations.expression.torch_operations import NAMED_AS_IN_TORCH

REGISTRY = default_registry()
X = torch.linspace(-3, 3, 13, dtype=torch.float64) + 0.01
CLOSED = [item for item in REGISTRY.values() if item.slopes]


def saved(function, *inputs):
    """The storages that autograd keeps for the backward pass."""
    kept = {}

    def pack(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        function(*inputs)
    return set(kept)


@pytest.mark.parametrize("item", [item for item in CLOSED if not item.native], ids=lambda item: item.name)
def test_it_saves_its_inputs_alone(item):
    inputs = [X.clone().requires_grad_() for _ in item.inputs]
    bound = item.bind(item.defaults)
    assert isinstance(bound, ClosedForm)
    assert saved(bound, *inputs) == {tensor.untyped_storage().data_ptr() for tensor in inputs}


def test_a_plain_composite_saves_more():
    x = X.clone().requires_grad_()
    assert len(saved(REGISTRY["tanhexp"].function, x)) > 1


def test_a_learnable_parameter_gets_its_gradient_from_the_body():
    module = create("swish_beta", learnable=True).double()
    module(X).sum().backward()
    assert module.beta.grad is not None


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # torch's own, in jacfwd
def test_derivatives_of_any_order_and_mode_agree_with_the_body():
    item = REGISTRY["tanhexp"]
    bound = item.bind(item.defaults)
    for order in (
        torch.func.grad,
        lambda f: torch.func.grad(torch.func.grad(f)),
        torch.func.jacfwd,
        torch.func.hessian,
    ):
        got = torch.func.vmap(order(bound))(X)
        want = torch.func.vmap(order(item.function))(X)
        torch.testing.assert_close(got, want, rtol=1e-9, atol=1e-12)


def test_two_inputs_broadcast_and_vmap_over_one():
    item = REGISTRY["geglu"]
    a, b = X[:, None].clone().requires_grad_(), X.clone().requires_grad_()
    got = torch.autograd.grad(item(a, b).sum(), (a, b))
    want = torch.autograd.grad(item.function(a, b).sum(), (a, b))
    torch.testing.assert_close(got, want)
    value = torch.func.vmap(item, in_dims=(None, 0))(X[0], X)
    torch.testing.assert_close(value, item(X[0].expand(13), X))
    slope = torch.func.vmap(torch.func.grad(item, argnums=1), in_dims=(None, 0))(X[0], X)
    torch.testing.assert_close(
        slope, torch.func.vmap(torch.func.grad(item.function, argnums=1), in_dims=(None, 0))(X[0], X)
    )


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # torch's own, in the compiler
def test_the_compiler_keeps_the_closed_form():
    bound = REGISTRY["sech"].bind({})
    x = torch.tensor([1e-20], dtype=torch.float64, requires_grad=True)
    compiled = torch.compile(lambda x: bound(x), fullgraph=True, backend="aot_eager")
    (slope,) = torch.autograd.grad(compiled(x).sum(), x)
    assert slope.item() == -1e-20  # the body's own graph gives 0


def test_a_declaration_with_too_few_closed_forms_is_refused():
    with pytest.raises(DeclarationError, match="give each"):

        @activation(formula="a*b", paper="none", derivative="b")
        def product(a, b):
            """A product."""
            return a * b


def test_a_closed_form_with_a_mistake_is_refused():
    with pytest.raises(DeclarationError, match=r"derivative 'slope\(x\)'"):

        @activation(formula="x", paper="none", derivative="slope(x)")
        def line(x):
            """A line."""
            return x


def test_derivatives_that_grow_too_large_are_left_to_autograd():
    item = formula_activation("x/sqrt(1 + sqrt(1 + abs(x))*abs(x)**1.5)")
    bound = item.bind({})
    value = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    for _ in range(3):
        bound = torch.func.grad(bound)
    assert torch.isfinite(bound(value))


@pytest.mark.parametrize("name", sorted(NAMED_AS_IN_TORCH))
def test_in_place_gives_the_same_bits(name):
    x = torch.linspace(-2, 2, 41, dtype=torch.float64)
    fresh = FUNCTIONS[name].torch(torch, x)
    assert torch.equal(getattr(x.clone(), f"{name}_")().nan_to_num(7.0), fresh.nan_to_num(7.0))


@pytest.mark.parametrize("name", [row.name for row in FUNCTIONS.values() if row.steps])
def test_the_steps_of_a_function_are_the_function(name):
    x = torch.linspace(-40, 40, 401, dtype=torch.float64)
    formula = parse(f"{name}(x)").to_torch()
    with torch.no_grad():
        torch.testing.assert_close(formula(x=x), FUNCTIONS[name].torch(torch, x), rtol=1e-14, atol=0)


@pytest.mark.parametrize(
    "text",
    [
        "x*sigmoid(x) - sigmoid(x)^2/(1 + sigmoid(x))",
        "(x + a)*(x + a) - a/(x + a)",
        "exp(x) - (exp(x) - exp(x)*a)",
        "max(exp(x), a)*exp(x) + (exp(-x) if x > 0 else exp(x))",
        "a - (x - (a - x))",
        "2 - x % 3 + (x % 3)*(x % 3)",
    ],
)
@pytest.mark.parametrize("a", [0.75, torch.full((5, 1), 0.75, dtype=torch.float64)], ids=["number", "tensor"])
def test_what_is_written_over_is_not_needed_any_more(text, a):
    """Without a gradient the program reuses memory: the values and the arguments stay the same."""
    formula = parse(text, ("x", "a")).to_torch()
    x = X.clone()
    want = formula(x=x, a=a)
    with torch.no_grad():
        torch.testing.assert_close(formula(x=x, a=a), want, rtol=1e-15, atol=0)
        torch.testing.assert_close(formula(x=X[:1], a=a), formula(x=X[:1].clone(), a=a), rtol=0, atol=0)
    assert torch.equal(x, X)


def allocated(function):
    with torch.profiler.profile(profile_memory=True) as profile:
        function()
    return sum(event.cpu_memory_usage for event in profile.events() if event.cpu_memory_usage > 0)


def test_large_results_are_not_allocated_again_and_again():
    formula = parse("exp(-abs(x))*2 + 1").to_torch()
    x = torch.zeros(1000)
    every_step = allocated(lambda: formula(x=x))
    with torch.no_grad():
        assert allocated(lambda: formula(x=x)) < every_step / 2
