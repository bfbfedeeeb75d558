"""The audit of other libraries sees the faults it looks for, and ours has none of them."""

import functools
import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from activations import create
from activations.registry import default_registry

ROOT = Path(__file__).parents[1]


def script(name):
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", ROOT / "benchmarks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look their module up there.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


peers = script("peers")
kernels = script("kernels")


class PoisonedELU(nn.Module):
    """Right values; at 200 the gradient of the branch that is not taken is inf * 0."""

    def forward(self, x):
        return torch.where(x > 0, x, torch.exp(x) - 1)


class Upcasting(nn.Module):
    def forward(self, x):
        return x * torch.ones(1)


class PlainTensor(nn.Module):
    def __init__(self):
        super().__init__()
        self.alpha = torch.tensor(0.5)

    def forward(self, x):
        return torch.where(x > 0, x, self.alpha * x)


class HiddenTensors(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.ReLU(), PlainTensor())
        self.listed = [{"a": torch.ones(2)}]
        self.bound = functools.partial(torch.mul, torch.ones(1))


class RightlyKept(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.register_buffer("scale", torch.ones(1))
        self.register_buffer("cache", torch.ones(1), persistent=False)
        self.again = [self.weight]

    def forward(self, x):
        return torch.relu(x) * self.weight * self.scale


class NamedLikeOurs(nn.Module):
    def forward(self, x):
        return torch.tanh(x) + 3 * x


def verdict(make, name=None):
    return peers.examine(peers.Entry(name or make.__name__, make))


@pytest.mark.parametrize(
    ("planted", "faults"),
    [
        (PoisonedELU, (True, False, ())),
        (Upcasting, (False, True, ())),
        (PlainTensor, (False, False, ("alpha",))),
        (RightlyKept, (False, False, ())),
        (nn.PReLU, (False, False, ())),
    ],
)
def test_planted_faults_are_found(planted, faults):
    seen = verdict(planted)
    assert seen.kind == "elementwise", seen
    assert (seen.nan_gradient, seen.upcast, seen.lost) == faults


def test_tensors_are_found_wherever_they_hide():
    assert peers.lost_tensors(HiddenTensors()) == ("listed", "bound", "inner.1.alpha")
    assert peers.lost_tensors(torch.tanh) == ()


def test_what_is_lost_stays_behind_indeed():
    module = PlainTensor().to("meta")
    assert module.alpha.device.type == "cpu"
    assert not module.state_dict()


def test_ours_have_no_fault():
    library = peers.examine_ours()
    assert len(library.audited) == len(default_registry())
    assert [v.name for v in library.audited if v.nan_gradient] == []
    assert [v.name for v in library.audited if v.upcast] == []
    assert [(v.name, v.lost) for v in library.audited if v.lost] == []


def test_ours_with_tensors_for_parameters_lose_none():
    for learnable in (True, False):
        module = create("leaky_relu", negative_slope=torch.full((8,), 0.2), learnable=learnable)
        assert peers.lost_tensors(module) == ()


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (torch.tanh, "elementwise"),
        (nn.Softmax(dim=1), "over an axis"),
        (nn.GLU(), "two halves"),
        (lambda x: torch.cat([x, -x], 1), "over an axis"),
        (lambda x: x + torch.rand_like(x), "random"),
    ],
)
def test_kinds(function, kind):
    assert peers.kind_of(function) == kind


def test_torch_is_recognised_by_its_values():
    library = peers.Library("torch.nn", "0", tuple(map(peers.examine, peers.torch_entries())))
    found = {v.name: v.ours for v in library.verdicts}
    assert found["LeakyReLU"] == "leaky_relu"
    assert found["Threshold"] == "threshold"
    assert found["GLU"] == "glu"
    assert found["Tanh"] == "tanh"
    assert found["Softmax"] == "softmax"
    assert found["Softmax2d"] == "softmax2d"
    assert found["LogSoftmax"] == "log_softmax"
    assert not {"Softmax", "Softmin", "LogSoftmax", "Softmax2d"} & set(library.missing)
    assert {"softmax", "softmin", "log_softmax"} <= library.shared
    assert "Tanh" not in library.missing
    assert "leaky_relu" in library.shared


@pytest.mark.parametrize(
    ("function", "ours"),
    [
        (lambda x: torch.cat([x.relu(), (-x).relu()], 1), "crelu"),
        (lambda x: torch.maximum(x[:, ::2], x[:, 1::2]), "maxout"),
        (lambda x: torch.maximum(x[:, :4], x[:, 4:]), None),
        (lambda x: torch.cat([x, -x], 1), None),
        (lambda x: x.sort(1).values, None),
        (lambda x: 1.001 * x.softmax(1), None),
    ],
)
def test_functions_over_a_dimension_are_recognised_by_their_values(function, ours):
    assert verdict(lambda: function, name="some_name").ours == ours


def test_settings_of_the_same_name_are_tried():
    entry = peers.Entry("leaky_relu", lambda: nn.LeakyReLU(0.37), {"negative_slope": 0.37})
    assert peers.examine(entry).ours == "leaky_relu:negative_slope=0.37"


def test_another_function_of_our_name_is_not_ours():
    seen = verdict(NamedLikeOurs, name="Tanh")
    assert (seen.ours, seen.namesake) == (None, "tanh")
    assert peers.Library("x", "1", (seen,)).missing == {"Tanh": "ours of that name, tanh, has other values"}


class PowerSeries(nn.Module):
    """The identity as it begins, and anything once it has learned."""

    def __init__(self):
        super().__init__()
        self.powers = nn.ParameterList([torch.tensor(1.0), torch.tensor(0.0), torch.tensor(0.0)])

    def forward(self, x):
        return sum(factor * x**power for power, factor in enumerate(self.powers, start=1))


def test_more_parameters_than_ours_is_not_had():
    library = peers.Library("x", "1", (verdict(PowerSeries), verdict(nn.Identity)))
    assert [v.ours for v in library.verdicts] == ["linear", "linear"]
    assert [v.wider for v in library.verdicts] == [True, False]
    assert len(library.had) == 1
    assert verdict(nn.ReLU).wider is False


def test_what_raises_is_a_verdict():
    def broken():
        raise RuntimeError("no such kernel")

    seen = verdict(broken)
    assert (seen.kind, seen.error) == ("fails", "RuntimeError: no such kernel")
    assert peers.Library("x", "1", (seen,)).audited == []


def test_a_library_that_is_absent_is_not_in_the_table(monkeypatch):
    def absent():
        raise ImportError("no module named nothing")

    monkeypatch.setattr(peers, "PEERS", {"nothing": ("nothing", absent)})
    monkeypatch.setattr(peers, "examine_ours", lambda: peers.Library("ours", "1", ()))
    libraries, missing = peers.measure()
    assert [library.name for library in libraries] == ["ours"]
    assert missing == {"nothing": "ImportError: no module named nothing"}


def test_the_table_counts_faults():
    verdicts = tuple(map(verdict, (PoisonedELU, Upcasting, PlainTensor, nn.ReLU)))
    rows = peers.table([peers.Library("x", "1.0", verdicts)]).splitlines()
    assert rows[2] == "| x 1.0 | 4 | 3 | 3 | 4 | 1 | 1 | 1 |"


def test_functions_have_no_tensors_to_lose():
    seen = verdict(lambda: torch.tanh)
    assert peers.table([peers.Library("x", "1.0", (seen,))]).splitlines()[2].endswith("| 1 | 0 | 0 | – |")


def test_functions_of_jax_are_audited_by_jax():
    jax = pytest.importorskip("jax")

    def poisoned(x):
        return jax.numpy.where(x > 0, x, jax.numpy.exp(x) - 1)

    def upcasting(x):
        return x * jax.numpy.ones(1, "float32")

    seen = [verdict(lambda function=function: peers._jax_function(function)) for function in (poisoned, upcasting)]
    assert [v.kind for v in seen] == ["elementwise", "elementwise"]
    assert [v.nan_gradient for v in seen] == [True, False]
    assert [v.upcast for v in seen] == [False, True]


def test_the_readme_is_rewritten_between_its_marks():
    text = "a\n<!-- generated: peers -->\nold\n<!-- end -->\nb\n"
    assert peers.written(text, "new") == "a\n<!-- generated: peers -->\nnew\n<!-- end -->\nb\n"
    with pytest.raises(SystemExit, match="add both lines"):
        peers.written("nothing", "new")


def test_saved_bytes_count_each_storage_once():
    x = torch.randn(1000, requires_grad=True)
    assert kernels.saved_bytes(torch.exp, [x]) == 4000
    assert kernels.saved_bytes(lambda x: torch.tanh(x) * x, [x]) == 8000
    assert kernels.saved_bytes(lambda x: x + 1, [x]) == 0


def test_kernels_are_compared_with_the_formula_and_torch():
    row = kernels.compare(default_registry().variant("hardswish"), 64, 2, torch.float32)
    assert {"formula", "torch"} <= set(row["against"])
    assert row["saved"] == 1
    assert row["against"]["torch"]["saved_ratio"] == 1
    assert row["against"]["formula"]["saved"] > 1


def test_all_contenders_compute_the_same():
    x = torch.linspace(-3, 3, 31)
    for name in kernels.NAMES:
        first, *others = kernels.contenders(default_registry().variant(name)).values()
        for other in others:
            torch.testing.assert_close(other(x), first(x))
