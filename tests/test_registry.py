import pytest
import torch

from activations import activation, create, default_registry
from activations.errors import DeclarationError, DuplicateNameError, ExpressionError, UnknownActivationError
from activations.plugins import Origin
from activations.registry import BUILT_IN, Registry

REGISTRY = default_registry()
OTHER = Origin("other-plugin", "1.2")


@activation(formula="x*x", paper="Somebody 2020", aliases=("Tan-H",))
def clash(x):
    """A square that claims a name of ours as alias."""
    return x * x


@activation(formula="x*x", paper="Somebody 2020")
def my_square(x):
    """A square."""
    return x * x


@pytest.mark.parametrize(
    "text", ["leaky_relu", "LeakyReLU", "leaky-relu", "LEAKY RELU", "lrelu", "built-in:leaky_relu"]
)
def test_lookup_is_forgiving(text):
    assert REGISTRY[text].name == "leaky_relu"
    assert text in REGISTRY


def test_the_mission_is_there():
    mission = {"linear", "bilinear", "sigmoid", "tanh", "log_sigmoid", "relu", "leaky_relu"}
    assert mission <= set(REGISTRY)
    assert REGISTRY["identity"] is REGISTRY["linear"]


def test_every_elementwise_activation_of_torch_is_there():
    of_torch = {
        name
        for name in torch.nn.modules.activation.__all__
        if name not in {"MultiheadAttention", "Softmin", "Softmax", "Softmax2d", "LogSoftmax"}  # over an axis
    }
    assert len(of_torch) >= 24
    assert {name for name in of_torch | {"Bilinear", "Identity"} if name not in REGISTRY} == set()


@pytest.mark.torture(24)
@pytest.mark.parametrize(
    ("text", "nearest"),
    [("rleu", "relu"), ("sigmoit", "sigmoid"), ("gellu", "gelu"), ("qqqq", "activations list")],
)
def test_a_typo_names_the_nearest(text, nearest):
    with pytest.raises(UnknownActivationError, match=nearest):
        REGISTRY[text]


def test_get_gives_a_default_as_of_any_mapping():
    assert REGISTRY.get("LeakyReLU") is REGISTRY["leaky_relu"]
    assert REGISTRY.get("rleu") is None
    assert REGISTRY.get("softmax") is None
    assert REGISTRY.axis.get("softmax") is REGISTRY.axis["softmax"]
    assert REGISTRY.axis.get("tanh", "none") == "none"


def test_variants_are_read_from_text():
    assert REGISTRY.variant("sigmoid:beta=2").values == (("beta", 2.0),)
    assert REGISTRY.variant("built-in:sigmoid:beta=2").label == "sigmoid:beta=2"
    assert REGISTRY.variant("x*sigmoid(1.702*x)")(torch.tensor(0.0)) == 0
    with pytest.raises(DeclarationError, match="beta"):
        REGISTRY.variant("sigmoid:gamma=2")
    with pytest.raises(ExpressionError, match="column"):
        REGISTRY.variant("x*sigmoit(x)")
    with pytest.raises(UnknownActivationError):
        REGISTRY.variant("reluu")


def test_patterns_match_in_order_and_once():
    labels = [variant.label for variant in REGISTRY.match(["*elu", "relu", "sigmoid:beta=2", "x*x"])]
    assert labels[:3] == ["relu", "leaky_relu", "prelu"]
    assert labels[-2:] == ["sigmoid:beta=2", "x*x"]
    assert len(labels) == len(set(labels))
    assert len(REGISTRY.match([])) == len(REGISTRY.match(["all"])) == len(REGISTRY)
    with pytest.raises(UnknownActivationError, match="pattern"):
        REGISTRY.match(["*nothing*"])


def test_it_is_a_read_only_mapping():
    assert list(REGISTRY) == [item.name for item in REGISTRY.values()]
    with pytest.raises(TypeError):
        REGISTRY["x"] = my_square


def test_a_clash_names_both_origins():
    with pytest.raises(DuplicateNameError, match=r"'Tan-H' of other-plugin 1.2 is already 'tanh' of built-in"):
        Registry([(BUILT_IN, REGISTRY["tanh"]), (OTHER, clash)])


def test_a_clash_of_a_plugin_keeps_ours_and_qualifies_theirs():
    registry = Registry.collect([(BUILT_IN, REGISTRY["tanh"]), (OTHER, clash), (OTHER, my_square)])
    assert registry["tanh"] is REGISTRY["tanh"]
    assert registry["my_square"] is my_square
    assert registry["other-plugin:clash"] is clash
    assert "clash" not in registry
    (problem,) = registry.problems
    assert "other-plugin:clash" in str(problem)
    assert registry.origin("my_square") == OTHER


def test_create_reads_settings():
    module = create("leaky_relu:negative_slope=0.2,learnable")
    assert module(torch.tensor(-1.0)).item() == pytest.approx(-0.2)
    assert [name for name, _ in module.named_parameters()] == ["negative_slope"]
    assert create("sigmoid:beta=2", beta=3.0).variant.label == "sigmoid:beta=3"
