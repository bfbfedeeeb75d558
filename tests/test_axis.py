"""Functions over a dimension: proofs, their negative controls, declaration, look-up, modules and commands."""

from __future__ import annotations

import copy
import inspect
import json
import math
import pickle

import pytest
import torch
from click.testing import CliRunner
from mpmath import mpf

import activations.nn as ours
from activations import AxisActivation, activation, axis_activation, bibtex, create, default_registry, swap
from activations.axis_module import AxisModule
from activations.declare import Activation
from activations.errors import (
    CheckFailedError,
    DeclarationError,
    DuplicateNameError,
    NotElementwiseError,
    UnknownActivationError,
)
from activations.plugins import Origin
from activations.registry import BUILT_IN, Registry
from activations.testing import AXIS_CHECKS, CHECKS, cases, run_check, run_checks, variants_to_prove
from activations.testing.axis.controls import AXIS_CONTROLS, shared_instance
from activations.testing.axis.modules import check_module
from activations_cli.main import cli

REGISTRY = default_registry()
AXIS = REGISTRY.axis
X = torch.linspace(-7, 7, 96).reshape(2, 6, 8).sin() * 3
PAPER = "Somebody 2020"


@pytest.mark.parametrize("case", cases(AXIS.values()), ids=lambda case: case.id)
def test_conformance(case):
    outcome = run_check(case.variant, case.check)
    assert outcome.status != "failed", outcome.message


@pytest.mark.parametrize("control", AXIS_CONTROLS, ids=lambda control: f"{control.activation.name}-{control.check}")
def test_negative_control(control):
    outcome = run_check(control.activation.variant(), control.check)
    assert outcome.status == "failed"
    assert control.message in outcome.message
    assert f"{control.activation.name}: {control.check}: " in outcome.message


def test_every_check_has_a_negative_control():
    assert {control.check for control in AXIS_CONTROLS} == set(AXIS_CHECKS)


def test_shared_instance_is_found():
    with pytest.raises(CheckFailedError, match="same instance"):
        check_module(AXIS["softmax"].variant(), shared_instance())


def test_declared_cases_are_proved():
    labels = [variant.label for variant in variants_to_prove([AXIS["maxout"], REGISTRY["tanh"]])]
    assert labels == ["maxout", "maxout:pieces=3", "tanh"]


def test_each_kind_has_its_checks():
    variants = [REGISTRY.variant("tanh"), AXIS["maxout"].variant()]
    statuses = [outcome.status for outcome in run_checks(variants, ["learnable", "permutation"])]
    assert statuses == ["skipped", "skipped", "skipped", "passed"]
    assert [outcome.check for outcome in run_checks(variants[1:])] == list(AXIS_CHECKS)
    assert set(AXIS_CHECKS) - set(CHECKS) == {"permutation", "sizes"}


# The values


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        (ours.Softmax(1), torch.nn.Softmax(1)),
        (ours.Softmax(), torch.nn.Softmax(-1)),
        (ours.Softmin(0), torch.nn.Softmin(0)),
        (ours.LogSoftmax(dim=2), torch.nn.LogSoftmax(2)),
        (ours.Softmax2d(), torch.nn.Softmax2d()),
    ],
    ids=lambda module: repr(module),
)
def test_classes_replace_those_of_torch(mine, other):
    assert type(mine).__name__ == type(other).__name__
    assert torch.equal(mine(X), other(X))


def test_everything_over_an_axis_in_torch_is_there():
    of_torch = {name for name in torch.nn.modules.activation.__all__ if name not in REGISTRY}
    assert {name for name in of_torch if name not in AXIS} == {"MultiheadAttention"}


def test_sparsemax_solves_its_problem():
    """It is a distribution, and no other one is nearer: the conditions of the quadratic programme hold."""
    x = X.double() * 2
    p = ours.Sparsemax(1)(x)
    torch.testing.assert_close(p.sum(1), torch.ones(2, 8, dtype=torch.float64))
    assert (p >= 0).all()
    assert (p == 0).any()
    threshold = (x - p).masked_fill(p == 0, math.nan).nanmean(1, keepdim=True)
    assert torch.allclose((x - p)[p > 0], threshold.expand_as(x)[p > 0])
    assert (x <= threshold + 1e-12)[p == 0].all()


def test_sparsemax_has_the_jacobian_of_its_support():
    x = torch.tensor([1.0, 0.8, 0.6, -3.0], dtype=torch.float64)
    kept = torch.tensor([1.0, 1.0, 1.0, 0.0], dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(AXIS["sparsemax"], x)
    torch.testing.assert_close(jacobian, torch.diag(kept) - torch.outer(kept, kept) / kept.sum())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_sparsemax_sums_to_one_over_thousands_of_shares(dtype):
    x = torch.linspace(0, 1e-3, 5000).to(dtype)
    p = AXIS["sparsemax"](x)
    assert p.dtype == dtype
    assert p.double().sum().item() == pytest.approx(1.0, abs=20 * torch.finfo(dtype).eps)


def test_sparsemax_leaves_masked_values_out_and_tells_nan():
    p = AXIS["sparsemax"](torch.tensor([1.0, -math.inf, 0.5]))
    assert p.tolist() == [0.75, 0.0, 0.25]
    assert AXIS["sparsemax"](torch.tensor([[1.0, math.nan], [1.0, 0.0]])).isnan().tolist() == [[True] * 2, [False] * 2]


def test_softmax_keeps_the_tail():
    x = torch.tensor([0.0, -600.0, -700.0], dtype=torch.float64)
    want = torch.tensor([math.exp(0), math.exp(-600), math.exp(-700)], dtype=torch.float64)
    torch.testing.assert_close(AXIS["softmax"](x), want, rtol=1e-13, atol=0)


def test_small_examples():
    x = torch.tensor([3.0, -1.0, 2.0, 5.0, 4.0, 0.0])
    assert AXIS["maxout"](x).tolist() == [3.0, 5.0, 4.0]
    assert AXIS["maxout"](x, pieces=3).tolist() == [3.0, 5.0]
    assert AXIS["group_sort"](x).tolist() == [-1.0, 3.0, 2.0, 5.0, 0.0, 4.0]
    assert AXIS["group_sort"](x, group_size=3).tolist() == [-1.0, 2.0, 3.0, 0.0, 4.0, 5.0]
    assert AXIS["crelu"](x[:2]).tolist() == [3.0, 0.0, 0.0, 1.0]


def test_maxout_of_two_pieces_is_maxout2_of_neighbours():
    assert torch.equal(AXIS["maxout"](X), REGISTRY["maxout2"](X[..., ::2], X[..., 1::2]))


@pytest.mark.parametrize(
    ("name", "size", "results"),
    [("softmax", 12, 12), ("crelu", 12, 24), ("maxout", 12, 6), ("maxout:pieces=3", 12, 4), ("softmax2d", 5, 5)],
)
def test_the_size_of_the_output(name, size, results):
    variant = REGISTRY.any_variant(name)
    assert variant.activation.output_size(size, **dict(variant.values)) == results


# The declaration


def reference(values):
    return list(values)


def declare(body, **fields):
    return axis_activation(**{"formula": "x_i", "reference": reference, "paper": PAPER, **fields})(body)


def body(x, *, dim=-1):
    """A sentence."""
    return x


@axis_activation(formula="x_i", reference=reference, paper=PAPER, divisor="parts", aliases=("MyParts",))
def my_parts(x, *, dim=1, parts=2):
    """Parts.

    With notes.
    """
    return x


def test_everything_is_read_from_the_function():
    assert my_parts.name == "my_parts"
    assert my_parts.defaults == {"dim": 1, "parts": 2}
    assert (my_parts.summary, my_parts.notes) == ("Parts.", "With notes.")
    assert my_parts.class_name == "MyParts"
    assert my_parts.signature == "my_parts(x, dim=1, parts=2)"
    assert my_parts.family == "axis"
    assert my_parts.source.startswith(__file__)
    variant = my_parts.variant(parts=3)
    assert (variant.dim, variant.step, variant.settings, variant.label) == (1, 3, {"parts": 3}, "my_parts:parts=3")
    assert my_parts.variant_from_text("dim=-2, parts=3").label == "my_parts:dim=-2,parts=3"


def no_docstring(x, *, dim=-1):
    return x


def no_dim(x):
    """A sentence."""
    return x


def two_inputs(x, y, *, dim=-1):
    """A sentence."""
    return x


def positional(x, dim=-1):
    """A sentence."""
    return x


def half(x, *, dim=-1, slope=0.5):
    """A sentence."""
    return x


def starred(*xs, dim=-1):
    """A sentence."""
    return xs


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: declare(no_docstring), "write one sentence"),
        (lambda: declare(no_dim), "give the dimension once"),
        (lambda: declare(body, dim=1), "give the dimension once"),
        (lambda: declare(two_inputs), "2 inputs"),
        (lambda: declare(positional), "after a star"),
        (lambda: declare(half), "write slope=2"),
        (lambda: declare(starred), "*xs is not allowed"),
        (lambda: declare(body, paper=""), "Misra 2019"),
        (lambda: declare(body, formula=" "), "mathematical text"),
        (lambda: declare(body, reference=None), "a list of numbers"),
        (lambda: declare(body, divisor="pieces"), "no parameter"),
        (lambda: declare(body, ranks=(3,)), "give it with dim= too"),
        (lambda: declare(no_dim, dim=-3, ranks=(2,)), "leaves nothing beside dimension -3"),
        (lambda: declare(body, permutation="odd"), "equivariant or invariant"),
        (lambda: declare(body, native="not a name!"), "can't be read"),
        (lambda: declare(body, cases=({"pieces": 2},)), "it has dim"),
        (lambda: declare(body, skip={"value": " "}), "no reason"),
        (lambda: my_parts.variant(pieces=2), "it has dim, parts"),
        (lambda: my_parts.variant(parts=0), "write 1 or more"),
        (lambda: my_parts.variant(parts=2.0), "no whole number"),
        (lambda: my_parts.variant(parts=True), "no whole number"),
        (lambda: my_parts.variant_from_text("parts"), "my_parts:dim=1,parts=2"),
        (lambda: my_parts.variant_from_text("parts=2.5"), "no whole number"),
        (lambda: pickle.dumps(declare(body)), "top level"),
    ],
)
def test_a_bad_field_fails_where_it_is_written(make, message):
    with pytest.raises(DeclarationError) as caught:
        make()
    assert message in str(caught.value)


def test_pickle_finds_the_declaration_again():
    assert pickle.loads(pickle.dumps(AXIS["softmax"])) is AXIS["softmax"]
    assert copy.deepcopy(AXIS["softmax"]) is AXIS["softmax"]


def test_the_digest_follows_what_decides_the_values():
    assert declare(body).digest == declare(body).digest
    assert declare(body).digest != declare(body, formula="1*x_i").digest
    assert my_parts.variant(parts=3).digest != my_parts.variant().digest


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: AXIS["maxout"](torch.ones(2, 7)), ValueError, "6 or 8 would do"),
        (lambda: AXIS["maxout"](torch.ones(2, 2), pieces=3), ValueError, "3 would do"),
        (lambda: AXIS["softmax2d"](torch.ones(2, 3)), ValueError, "3 or 4 dimensions"),
        (lambda: AXIS["softmax"](torch.ones(())), ValueError, r"x\.unsqueeze\(0\)"),
        (lambda: AXIS["softmax"](torch.ones(2, 3), dim=2), IndexError, "give dim from -2 to 1"),
        (lambda: AXIS["softmax"](torch.ones(2, 3).long()), TypeError, r"x\.float\(\)"),
        (lambda: create("softmax")(torch.ones(3, dtype=torch.complex64)), TypeError, "floating"),
    ],
)
def test_an_input_that_does_not_fit_is_told_what_does(call, error, message):
    with pytest.raises(error, match=message):
        call()


# Look-up


@pytest.mark.parametrize("text", ["log_softmax", "LogSoftmax", "log-softmax", "LOG SOFTMAX", "built-in:log_softmax"])
def test_lookup_is_forgiving(text):
    assert AXIS[text].name == "log_softmax"
    assert text in AXIS
    assert text not in REGISTRY
    assert REGISTRY.origin(text) == BUILT_IN


def test_no_name_is_of_both_kinds():
    assert not set(AXIS) & set(REGISTRY)
    assert all(isinstance(item, AxisActivation) for item in AXIS.values())
    assert all(isinstance(item, Activation) for item in REGISTRY.values())
    assert list(AXIS)[:4] == ["softmax", "softmin", "log_softmax", "softmax2d"]
    assert len(AXIS) == len(list(AXIS))
    assert "tanh" not in AXIS
    with pytest.raises(UnknownActivationError, match=r"registry\['tanh'\]"):
        AXIS["tanh"]


@pytest.mark.parametrize("text", ["softmx", "sparsmax", "maxuot", "GroupSrt"])
def test_a_typo_names_the_nearest(text):
    for look in (AXIS.__getitem__, REGISTRY.__getitem__, REGISTRY.any_variant, create):
        with pytest.raises(UnknownActivationError, match=r"did you mean .*(softmax|sparsemax|maxout|group_sort)"):
            look(text)


@pytest.mark.parametrize(
    "use",
    [
        lambda: REGISTRY["softmax"],
        lambda: REGISTRY.variant("softmax:dim=1"),
        lambda: REGISTRY.match(["relu", "Softmax"]),
        lambda: REGISTRY.match(["softma*"]),
    ],
)
def test_where_elementwise_is_needed_the_error_says_what_works(use):
    with pytest.raises(
        NotElementwiseError, match=r"'softmax' works over a dimension.*activations\.create\('softmax'\)"
    ):
        use()


def test_patterns_match_both_kinds():
    labels = [variant.label for variant in REGISTRY.match_any(["maxout*", "maxout:pieces=3", "*softmax"])]
    assert labels == ["maxout2", "maxout", "maxout:pieces=3", "softmax", "log_softmax"]
    assert len(REGISTRY.match_any([])) == len(REGISTRY) + len(AXIS)
    assert len(REGISTRY.match(["maxout*"])) == 1


@activation(formula="x*x", paper=PAPER, aliases=("soft-max",))
def clash(x):
    """A square that claims a name of ours as alias."""
    return x * x


def test_the_two_kinds_share_their_names():
    items = [(BUILT_IN, AXIS["softmax"]), (Origin("other", "1"), clash)]
    with pytest.raises(DuplicateNameError, match="'soft-max' of other 1 is already 'softmax' of built-in"):
        Registry(items)
    registry = Registry.collect(items)
    assert registry["other:clash"] is clash
    assert registry.axis["soft_max"] is AXIS["softmax"]


# Modules


def test_create_reads_settings():
    assert repr(create("softmax", dim=1)) == "Softmax(dim=1)"
    assert repr(create("softmax:dim=1", dim=0)) == "Softmax(dim=0)"
    assert repr(create("maxout:pieces=3")) == "Maxout(dim=-1, pieces=3)"
    assert repr(create(AXIS["crelu"], dim=1)) == "CReLU(dim=1)"
    assert repr(create(AXIS["group_sort"].variant(group_size=4))) == "GroupSort(dim=-1, group_size=4)"
    assert create("glu").dim == -1


def test_modules_are_made_like_those_of_torch():
    assert ours.Softmax is ours.softmax
    assert ours.Softmax is not ours.Softmin
    assert {"CReLU", "GroupSort", "Softmax2d"} <= set(dir(ours))
    assert list(inspect.signature(ours.Maxout).parameters) == ["dim", "pieces"]
    assert "Goodfellow" in (ours.Maxout.__doc__ or "")
    module = ours.Maxout(1, 3)
    assert isinstance(module, AxisModule)
    module.dim = 2
    module.pieces = 2
    assert module(X).shape == (2, 6, 4)
    assert module.variant.label == "maxout:dim=2"


def test_a_pickled_module_keeps_what_was_set():
    module = ours.Softmax(1)
    module.dim = 0
    module.eval()
    again = pickle.loads(pickle.dumps(module))
    assert (again.dim, again.training, type(again)) == (0, False, ours.Softmax)


def test_a_model_with_one_is_stored_and_loaded():
    model = torch.nn.Sequential(torch.nn.Linear(4, 6), create("maxout:pieces=3"), create("sparsemax"))
    other = copy.deepcopy(model)
    torch.nn.init.zeros_(model[0].weight)
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(torch.ones(2, 4)), model(torch.ones(2, 4)))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: create("softmax", learnable=True), DeclarationError, "nothing to learn"),
        (lambda: create("softmax", channels=3), DeclarationError, "nothing to learn"),
        (lambda: create("sparsemax", native=True), DeclarationError, "native=False"),
        (lambda: create("softmax2d", dim=1), DeclarationError, "no parameter 'dim'"),
        (lambda: ours.Softmax(1, 2), TypeError, "takes 1 settings"),
        (lambda: ours.Softmax(1, dim=2), TypeError, "given twice"),
    ],
)
def test_what_cannot_be_made_says_why(make, error, message):
    with pytest.raises(error, match=message):
        make()


class Attention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.shares = torch.nn.Softmax(dim=1)

    def forward(self, x):
        return self.shares(x)


def test_swap_takes_one_out_and_asks_for_the_dimension_of_a_new_one():
    model = Attention()
    with pytest.raises(NotElementwiseError, match=r"lambda: activations\.create\('sparsemax', dim=1\)"):
        swap(model, torch.nn.Softmax, "sparsemax")
    with pytest.raises(NotElementwiseError, match="works over a dimension"):
        swap(model, torch.nn.Softmax, AXIS["sparsemax"])
    (seen,) = swap(model, "softmax", lambda: create("sparsemax", dim=1))
    assert seen.path == "shares"
    assert torch.equal(model(X), ours.Sparsemax(1)(X))
    assert [place.path for place in swap(model, "Sparsemax", "sigmoid")] == ["shares"]


def test_cite():
    found = bibtex([AXIS["sparsemax"], AXIS["softmax"], AXIS["softmin"]])
    assert "% sparsemax\n" in found
    assert "% softmax, softmin\n" in found
    assert "1602.02068" in found


# The command line


def run(*arguments):
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": "120", "NO_COLOR": "1"})


def read(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_list_has_them_in_a_family_of_their_own():
    rows = read(run("list", "--family", "axis", "--json"))
    assert [row["name"] for row in rows] == list(AXIS)
    assert {row["kind"] for row in rows} == {"axis"}
    assert next(row for row in rows if row["name"] == "maxout")["parameters"] == {"dim": -1, "pieces": 2}
    assert {row["kind"] for row in read(run("list", "soft*", "--json"))} == {"axis", "elementwise"}
    assert "softmax" not in {row["name"] for row in read(run("list", "soft*", "--where", "monotone", "--json"))}


@pytest.mark.parametrize("name", [*AXIS, "maxout:pieces=3", "softmax:dim=0"])
def test_show(name):
    variant = REGISTRY.any_variant(name)
    row = read(run("show", name, "--json"))
    assert (row["kind"], row["label"], row["paper"]) == ("axis", name, variant.activation.paper)
    results = variant.activation.reference([mpf(x) for x in row["example"]["input"]], **variant.settings)
    assert row["example"]["output"] == pytest.approx(list(map(float, results)), rel=1e-12)
    shown = run("show", name)
    assert shown.exit_code == 0
    assert row["formula"] in " ".join(shown.stdout.split())
    assert f'activations.create("{name}")' in shown.stdout


def test_cite_on_the_command_line():
    assert "1811.05381" in run("cite", "GroupSort").stdout


def test_check():
    found = read(run("check", "maxout", "relu", "--only", "permutation", "--only", "value", "--json"))
    seen = {(row["activation"], row["check"]): row["status"] for row in found["outcomes"]}
    assert seen == {
        ("maxout", "value"): "passed",
        ("maxout", "permutation"): "passed",
        ("maxout:pieces=3", "value"): "passed",
        ("maxout:pieces=3", "permutation"): "passed",
        ("relu", "value"): "passed",
        ("relu", "permutation"): "skipped",
    }
    assert "did you mean permutation" in run("check", "softmax", "--only", "permutations").stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["plot", "softmax"],
        ["similar", "softmax"],
        ["gallery", "softmax", "-o", "unused"],
        ["bench", "sin", "-a", "softmax"],
    ],
)
def test_commands_for_curves_say_what_works(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = run(*arguments)
    assert found.exit_code == 2
    assert found.stdout == ""
    (line,) = found.stderr.splitlines()
    assert "'softmax' works over a dimension" in line
    assert "list, show, cite, check" in line
    assert list(tmp_path.iterdir()) == []
