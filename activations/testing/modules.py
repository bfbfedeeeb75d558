"""Checks of modules: fresh instances, copies, pickles, state, learnable and per-channel parameters."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable

import torch
from torch import Tensor, nn

from activations.declare import Variant
from activations.errors import CheckFailedError
from activations.nn import create
from activations.testing.oracle import points
from activations.testing.outcome import Measured
from activations.testing.values import tensors

__all__ = ["check_module"]

Maker = Callable[..., nn.Module]


def check_module(variant: Variant, make: Maker = create) -> Measured:
    """Modules are fresh, agree with the function, copy, pickle and load, and learn any parameter.

    Args:
        variant: the activation.
        make: what makes the module; given by the negative controls.
    """
    inputs = tensors(points(variant, 40, reach=5.0, tiny=False)[:12])
    want = variant(*inputs)
    module = make(variant).eval()
    if make(variant) is module:
        raise CheckFailedError("two calls of create give the same instance; make a fresh one each time")
    got = module(*inputs)
    # A learnable parameter is stored in single precision.
    _same("module", got, want, tolerance=1e-6 if variant.learnable else 0.0)
    _same("deep copy", copy.deepcopy(module)(*inputs), got)
    _same("pickled module", pickle.loads(pickle.dumps(module))(*inputs), got)
    if variant.values:
        _check_parameters(variant, make, inputs, want)
    if not isinstance(repr(module), str) or type(module).__name__ not in repr(module):
        raise CheckFailedError(f"repr {module!r} does not name the class")
    return Measured("fresh instances, deepcopy, pickle, state_dict, learnable and per-channel parameters")


def _check_parameters(variant: Variant, make: Maker, inputs: list[Tensor], want: Tensor) -> None:
    module = make(variant, learnable=True).double().eval()
    _same("module with learnable parameters", module(*inputs), want, tolerance=1e-6)
    names = [name for name, _ in variant.values]
    found = [name for name, _ in module.named_parameters()]
    if found != names:
        raise CheckFailedError(f"learnable=True gives the parameters {found}, expected {names}")
    result = module(*inputs)
    if result.requires_grad:
        result.sum().backward()
    for name, parameter in module.named_parameters():
        # A parameter that only moves a jump has no gradient anywhere; None means that it is cut off.
        if parameter.grad is None and not variant.activation.formula.derivative(name).is_constant:
            raise CheckFailedError(f"learnable parameter {name} gets no gradient")
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(1.5).add_(0.125)
    stored = io.BytesIO()
    torch.save(module.state_dict(), stored)
    stored.seek(0)
    other = make(variant, learnable=True).double().eval()
    other.load_state_dict(torch.load(stored, weights_only=True))
    _same("module loaded from state_dict", other(*inputs), module(*inputs))

    channels = 3
    per_channel = make(variant, learnable=True, channels=channels).double().eval()
    stacked = [x.reshape(4, 3) for x in inputs]
    _same("module with one parameter per channel", per_channel(*stacked), want.reshape(4, 3), tolerance=1e-6)
    shapes = {tuple(parameter.shape) for parameter in per_channel.parameters()}
    if shapes != {(channels,)}:
        raise CheckFailedError(f"channels={channels} gives parameters of shapes {shapes}")


def _same(what: str, got: Tensor, want: Tensor, tolerance: float = 0.0) -> None:
    if got.shape != want.shape or not torch.allclose(got, want, rtol=tolerance, atol=tolerance, equal_nan=True):
        raise CheckFailedError(f"the {what} gives other values than the function")
