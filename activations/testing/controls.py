"""Negative controls: activations with one fault each, and the check that must find it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from torch import Tensor

from activations.declare import Activation, activation
from activations.nn import create

__all__ = ["CONTROLS", "Control", "shared_instance", "with_slope_off"]

PAPER = "a negative control of the conformance suite"


class Control(NamedTuple):
    """A faulty activation, the check that must fail on it, and words that its message must hold."""

    activation: Activation
    check: str
    message: str


class _SlopeOff(torch.autograd.Function):
    """The identity with a gradient that is 0.1 % too large."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        return grads[0] * 1.001


def with_slope_off(x: Tensor) -> Tensor:
    """The input, with a gradient that is 0.1 % too large."""
    same: Tensor = _SlopeOff.apply(x)  # type: ignore[no-untyped-call]
    return same


class _SecondOff(torch.autograd.Function):
    """x*x with the right gradient, but a gradient of it that is lost."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        slope: Tensor = grads[0] * 2 * x.detach()
        return slope


_calls = itertools.count()


@activation(formula="x*tanh(softplus(x))*1.0000001", paper=PAPER)
def wrong_formula(x: Tensor) -> Tensor:
    """Mish, with a formula that is off by 1e-7."""
    return F.mish(x)


@activation(formula="tanh(x)", paper=PAPER)
def wrong_gradient(x: Tensor) -> Tensor:
    """Tanh with a gradient that is off by 0.1 %."""
    return torch.tanh(with_slope_off(x))


@activation(formula="x*x", paper=PAPER)
def wrong_second_derivative(x: Tensor) -> Tensor:
    """A square whose second derivative is cut off."""
    result: Tensor = _SecondOff.apply(x)  # type: ignore[no-untyped-call]
    return result


def _slope_off(x: Tensor) -> Tensor:
    return 1.001 * (1 - torch.tanh(x) ** 2)


@activation(formula="tanh(x)", paper=PAPER, derivative=_slope_off)
def wrong_closed_form(x: Tensor) -> Tensor:
    """Tanh with a closed derivative that is off by 0.1 %."""
    return torch.tanh(x)


@activation(formula="tanh(x)", paper=PAPER)
def lost_tails(x: Tensor) -> Tensor:
    """Tanh that keeps silent about the tails of 1 - tanh(x)^2."""
    return torch.tanh(x)


@activation(formula="x*x", paper=PAPER, absolute={"gradient": "thought to cancel"})
def exact_tails(x: Tensor) -> Tensor:
    """A square that is said to lose digits and does not."""
    return x * x


@activation(formula="beta*x", paper=PAPER)
def cut_parameter(x: Tensor, *, beta: float = 2.0) -> Tensor:
    """A line whose slope gets no gradient."""
    return x * torch.as_tensor(beta, dtype=x.dtype).detach()


@activation(formula="max(x, 0)", paper=PAPER)
def undeclared_kink(x: Tensor) -> Tensor:
    """ReLU that keeps silent about its kink."""
    return F.relu(x)


@activation(formula="tanh(x)", paper=PAPER, kinks=(0,))
def declared_kink_missing(x: Tensor) -> Tensor:
    """Tanh that claims a kink."""
    return torch.tanh(x)


@activation(formula="x if x > 1 else 0", paper=PAPER, jumps=(1.001,))
def moved_jump(x: Tensor) -> Tensor:
    """A threshold that claims its jump 0.001 beside the true place."""
    return torch.where(x > 1, x, torch.zeros_like(x))


@activation(formula="max(x, 0)*x", paper=PAPER, native="torch.nn.functional.relu")
def wrong_native(x: Tensor) -> Tensor:
    """A squared ReLU that names torch's ReLU as its own."""
    return F.relu(x) * x


@activation(formula="tanh(x)", paper=PAPER, native="torch.tanh", native_differs="it was once inaccurate")
def stale_difference(x: Tensor) -> Tensor:
    """Tanh that says torch's tanh differs."""
    return torch.tanh(x)


@activation(formula="x if x > 0 else exp(x) - 1", paper=PAPER)
def poisoned_gradient(x: Tensor) -> Tensor:
    """ELU whose unselected branch overflows and makes the gradient NaN."""
    return torch.where(x > 0, x, torch.exp(x) - 1)


@activation(formula="x*exp(-x^2)", paper=PAPER)
def undeclared_nan(x: Tensor) -> Tensor:
    """A wavelet that is NaN at infinity and does not say so."""
    return x * torch.exp(-x * x)


@activation(formula="exp(x)", paper=PAPER)
def not_elementwise(x: Tensor) -> Tensor:
    """A softmax, which is not elementwise."""
    return torch.softmax(x, -1) if x.dim() else torch.exp(x)


@activation(formula="2*x", paper=PAPER)
def in_place(x: Tensor) -> Tensor:
    """A line that doubles its input in place."""
    return x.mul_(2) if not x.requires_grad else 2 * x


@activation(formula="x", paper=PAPER)
def noisy(x: Tensor) -> Tensor:
    """The identity with noise."""
    return x + 1e-9 * next(_calls)


@activation(formula="tanh(x)", paper=PAPER)
def upcast(x: Tensor) -> Tensor:
    """Tanh that turns half precision into single."""
    return torch.tanh(x.float() if x.dtype in (torch.float16, torch.bfloat16) else x)


@activation(formula="beta*x", paper=PAPER)
def number_only(x: Tensor, *, beta: float = 2.0) -> Tensor:
    """A line whose slope must be one number for all runs."""
    return float(torch.as_tensor(beta).flatten()[0]) * x


@activation(formula="tanh(x)", paper=PAPER)
def breaks_the_graph(x: Tensor) -> Tensor:
    """Tanh that looks at its data."""
    return torch.tanh(x) if bool((x < 1e9).all()) else x.sign()


@activation(formula="tanh(x)", paper=PAPER, skip={"value": "thought to be inaccurate"})
def skip_that_passes(x: Tensor) -> Tensor:
    """Tanh that is said to fail and does not."""
    return torch.tanh(x)


CONTROLS: tuple[Control, ...] = (
    Control(wrong_formula, "value", "against the formula"),
    Control(wrong_gradient, "gradient", "derivative of order 1"),
    Control(wrong_gradient, "gradcheck", "gradcheck"),
    Control(wrong_second_derivative, "second-derivative", "derivative of order 2"),
    Control(wrong_closed_form, "closed-form", "declared closed form"),
    Control(wrong_closed_form, "gradient", "derivative of order 1"),
    Control(lost_tails, "gradient", "absolute={'gradient'"),
    Control(exact_tails, "gradient", "remove absolute"),
    Control(cut_parameter, "learnable", "parameter beta"),
    Control(cut_parameter, "module", "gets no gradient"),
    Control(undeclared_kink, "kinks", "undeclared kink at x=0"),
    Control(declared_kink_missing, "kinks", "not in the code"),
    Control(moved_jump, "kinks", "declared kink at 1.001"),
    Control(wrong_native, "native", "torch.nn.functional.relu"),
    Control(stale_difference, "native", "remove native_differs"),
    Control(poisoned_gradient, "finite", "gradient"),
    Control(undeclared_nan, "special", "at -inf"),
    Control(not_elementwise, "shapes", "one by one"),
    Control(in_place, "shapes", "in place"),
    Control(noisy, "shapes", "deterministic"),
    Control(upcast, "dtypes", "keep the input's dtype"),
    Control(number_only, "run-axis", "differs"),
    Control(breaks_the_graph, "transforms", "vmap"),
    Control(breaks_the_graph, "compile", "fullgraph"),
    Control(skip_that_passes, "value", "remove the skip"),
)
"""Each fault with the check that finds it."""


def shared_instance() -> Callable[..., torch.nn.Module]:
    """A maker that gives one module to everybody, for `check_module`."""
    made: dict[Any, torch.nn.Module] = {}
    return lambda variant, **options: made.setdefault((variant, *options), create(variant, **options))
