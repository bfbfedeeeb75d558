import inspect
import pickle

import pytest
import torch

import activations.nn as ours
from activations import create, default_registry
from activations.errors import DeclarationError
from activations.module import ActivationModule

X = torch.linspace(-7, 7, 64).reshape(2, 4, 8)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("ELU", (0.5,)),
        ("Hardshrink", (1.0,)),
        ("Hardsigmoid", ()),
        ("Hardtanh", (-2.0, 3.0)),
        ("Hardswish", ()),
        ("LeakyReLU", (0.2,)),
        ("LogSigmoid", ()),
        ("ReLU", ()),
        ("ReLU6", ()),
        ("SELU", ()),
        ("CELU", (2.0,)),
        ("GELU", ()),
        ("Sigmoid", ()),
        ("SiLU", ()),
        ("Mish", ()),
        ("Softplus", (2.0,)),
        ("Softshrink", (0.7,)),
        ("Softsign", ()),
        ("Tanh", ()),
        ("Tanhshrink", ()),
        ("Threshold", (0.5, -1.0)),
        ("GLU", ()),
        ("PReLU", ()),
    ],
)
def test_classes_replace_those_of_torch(name, settings):
    mine, other = getattr(ours, name)(*settings), getattr(torch.nn, name)(*settings)
    assert type(mine).__name__ == name
    torch.testing.assert_close(mine(X), other(X), rtol=2e-6, atol=2e-6)


def test_keyword_settings_are_those_of_torch():
    for name, settings in {
        "LeakyReLU": {"negative_slope": 0.3},
        "Hardtanh": {"min_val": -0.5, "max_val": 2.0},
    }.items():
        torch.testing.assert_close(getattr(ours, name)(**settings)(X), getattr(torch.nn, name)(**settings)(X))


def test_native_gives_exactly_torchs_values():
    assert torch.equal(create("gelu", native=True)(X), torch.nn.GELU()(X))
    assert torch.equal(create("gelu_tanh", native=True)(X), torch.nn.GELU("tanh")(X))
    assert not torch.equal(create("gelu")(X), torch.nn.GELU()(X))


def test_gelu_keeps_the_tail_that_torch_loses():
    x = torch.tensor([-5.5, -6.0])
    exact = torch.special.ndtr(x.double()) * x.double()
    assert (create("gelu")(x).double() / exact - 1).abs().max() < 1e-5
    assert (torch.nn.GELU()(x).double() / exact - 1).abs().max() > 0.5


def test_bilinear_is_the_layer_of_torch():
    torch.manual_seed(0)
    mine = ours.Bilinear(3, 4, 5)
    other = torch.nn.Bilinear(3, 4, 5)
    other.load_state_dict(mine.state_dict())
    x1, x2 = torch.randn(6, 3, requires_grad=True), torch.randn(6, 4)
    torch.testing.assert_close(mine(x1, x2), other(x1, x2))
    by_hand = torch.einsum("ni,oij,nj->no", x1, mine.weight, x2) + mine.bias
    torch.testing.assert_close(mine(x1, x2), by_hand)
    (slope,) = torch.autograd.grad(mine(x1, x2).sum(), x1)
    torch.testing.assert_close(slope, torch.einsum("oij,nj->ni", mine.weight, x2))


def test_a_gated_module_takes_two_tensors_or_their_halves():
    module = create("glu", dim=1)
    halves = X.chunk(2, 1)
    assert torch.equal(module(X), module(*halves))
    with pytest.raises(ValueError, match="odd size 7"):
        create("glu")(X[..., :7])
    with pytest.raises(TypeError, match="takes 1 inputs, got 2"):
        create("tanh")(X, X)


def test_prelu_reads_the_state_of_torch():
    for channels in (None, 4):
        theirs = torch.nn.PReLU(channels or 1, init=0.1)
        mine = create("prelu", channels=channels)
        mine.load_state_dict(theirs.state_dict())
        torch.testing.assert_close(mine(X), theirs(X))


def test_channels_follow_their_dimension():
    module = create("sigmoid", learnable="beta", channels=8, channel_dim=-1)
    assert module(X).shape == X.shape
    with pytest.raises(ValueError, match="give channel_dim"):
        create("sigmoid", learnable=True, channels=3)(X)


def test_a_tensor_parameter_is_a_buffer_and_moves():
    module = create("leaky_relu", negative_slope=torch.tensor([0.1, 0.2, 0.3, 0.4]))
    assert [name for name, _ in module.named_buffers()] == ["negative_slope"]
    assert module.to(torch.float64).negative_slope.dtype == torch.float64
    assert module(-torch.ones(1, 4, 1))[0, :, 0].tolist() == pytest.approx([-0.1, -0.2, -0.3, -0.4])


def test_half_precision_is_kept_beside_float_parameters():
    module = create("sigmoid", learnable=True, channels=4)
    assert module(X.bfloat16()).dtype == torch.bfloat16


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64])
def test_input_that_is_not_floating_is_refused(dtype):
    with pytest.raises(TypeError, match="floating"):
        create("relu")(torch.ones(3).to(dtype))


def test_rrelu_is_random_in_training_only():
    module = create("rrelu")
    torch.manual_seed(0)
    assert not torch.equal(module(X), module(X))
    slopes = module(-torch.ones(1000)).neg()
    assert slopes.min() >= 1 / 8
    assert slopes.max() <= 1 / 3
    module.eval()
    torch.testing.assert_close(module(X), torch.nn.RReLU().eval()(X))


def test_a_learnt_parameter_learns():
    module = create("prelu")
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        (module(torch.tensor(-1.0)) + 0.75).square().backward()
        optimizer.step()
    assert module.variant.values[0][1] == pytest.approx(0.75, abs=1e-3)


def test_derivative_of_a_module():
    x = torch.tensor([0.3], dtype=torch.float64)
    module = create("tanh")
    t = torch.tanh(x)
    torch.testing.assert_close(module.derivative(x), 1 - t**2)
    torch.testing.assert_close(module.derivative(x, order=2), -2 * t * (1 - t**2))
    torch.testing.assert_close(module.derivative(x, order=0), t)
    doubled = create("sigmoid", beta=2.0).derivative(x, order=1)
    torch.testing.assert_close(doubled, 2 * torch.sigmoid(2 * x) * torch.sigmoid(-2 * x))


def test_attributes_signatures_and_errors():
    assert ours.Mish is ours.mish
    assert "Mish" in dir(ours)
    assert next(iter(inspect.signature(ours.LeakyReLU).parameters)) == "negative_slope"
    assert issubclass(ours.ELU, ActivationModule)
    with pytest.raises(AttributeError, match="did you mean mish"):
        ours.Mishh  # noqa: B018
    with pytest.raises(DeclarationError, match="negative_slope"):
        ours.LeakyReLU(slope=0.1)
    with pytest.raises(TypeError, match="takes 1 settings"):
        ours.LeakyReLU(0.1, 0.2)
    assert repr(create("leaky_relu", learnable=True)) == "LeakyReLU(negative_slope=0.01 learnable)"
    assert repr(create("gelu", native=True)) == "GELU(native=True)"


def test_modules_pickle_with_their_state():
    module = create("prelu", channels=4)
    with torch.no_grad():
        module.weight.copy_(torch.arange(4.0))
    again = pickle.loads(pickle.dumps(module))
    assert type(again) is type(module)
    assert again.weight.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_every_entry_makes_a_module():
    for name, item in default_registry().items():
        module = create(name)
        assert isinstance(module, ActivationModule)
        assert type(module).__name__ == item.class_name
