"""Checks of torch's transformations: vmap, jvp, forward over reverse, compile."""

from __future__ import annotations

import torch

from activations.declare import Variant
from activations.derivatives import derivative
from activations.errors import CheckFailedError
from activations.nn import create
from activations.testing.oracle import points
from activations.testing.outcome import Measured
from activations.testing.values import tensors

__all__ = ["check_compile", "check_transforms"]


def check_transforms(variant: Variant) -> Measured:
    """`vmap(grad)` and `jvp` give the same derivative as autograd."""
    inputs = tensors(points(variant, 17, reach=5.0, tiny=False))
    want = derivative(variant, *inputs, method="autograd")
    tangents = tuple(torch.ones_like(x) if i == 0 else torch.zeros_like(x) for i, x in enumerate(inputs))
    seen = {
        "vmap(grad)": torch.func.vmap(torch.func.grad(variant))(*inputs),
        "jvp": torch.func.jvp(variant, tuple(inputs), tangents)[1],
    }
    for name, got in seen.items():
        if not torch.allclose(got, want, rtol=1e-10, atol=1e-12):
            raise CheckFailedError(f"{name} is off by {float((got - want).abs().max()):.2g} from autograd")
    return Measured("vmap(grad) and forward-mode jvp against reverse mode, 17 points")


def check_compile(variant: Variant) -> Measured:
    """The module compiles in one graph, forward and backward, and gives the same."""
    module = create(variant).double().eval()
    inputs = [tensor.requires_grad_() for tensor in tensors(points(variant, 17, reach=5.0, tiny=False))]
    want = module(*inputs)
    slopes = torch.autograd.grad(want.sum(), inputs, materialize_grads=True)
    torch._dynamo.reset()
    try:
        compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
        got = compiled(*inputs)
        compiled_slopes = torch.autograd.grad(got.sum(), inputs, materialize_grads=True)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckFailedError(f"torch.compile(fullgraph=True) fails: {type(error).__name__}: {reason}") from None
    pairs = [(got, want), *zip(compiled_slopes, slopes, strict=True)]
    if any(not torch.allclose(a, b, rtol=1e-12, atol=1e-14) for a, b in pairs):
        raise CheckFailedError("the compiled module gives other values or gradients")
    return Measured("torch.compile(fullgraph=True), forward and backward against eager, 17 points")
