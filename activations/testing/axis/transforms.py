"""Checks of torch's transformations: vmap, jvp, compile."""

from __future__ import annotations

import torch
from torch import Tensor

from activations.axis import AxisVariant
from activations.errors import CheckFailedError
from activations.nn import create
from activations.testing.axis.samples import along, inputs, random_like, rows
from activations.testing.outcome import Measured

__all__ = ["check_compile", "check_transforms"]


def check_transforms(variant: AxisVariant) -> Measured:
    """`vmap`, `vmap(grad)` and `jvp` give the same as a loop and as reverse mode."""
    for group in rows(variant, scales=(1.0, 5.0)):
        x = torch.tensor(group, dtype=torch.float64)
        stacked = torch.stack([inputs(variant, x), inputs(variant, x.flip(0))])
        _same("vmap", torch.func.vmap(variant)(stacked), torch.stack([variant(one) for one in stacked]))
        weights = random_like(along(variant, x))

        def weighted(row: Tensor, weight: Tensor) -> Tensor:
            return (along(variant, row[None])[0] * weight).sum()

        leaf = x.clone().requires_grad_()
        (slopes,) = torch.autograd.grad((along(variant, leaf) * weights).sum(), leaf)
        _same("vmap(grad)", torch.func.vmap(torch.func.grad(weighted))(x, weights), slopes)
        tangent = random_like(x, seed=1)
        forward = torch.func.jvp(lambda rows: along(variant, rows), (x,), (tangent,))[1]
        _same("jvp", (forward * weights).sum(1), (tangent * slopes).sum(1))
    return Measured("vmap, vmap(grad) and forward-mode jvp against a loop and reverse mode")


def check_compile(variant: AxisVariant) -> Measured:
    """The module compiles in one graph, forward and backward, and gives the same."""
    *_, group = rows(variant, scales=(1.0, 5.0))
    module = create(variant)
    leaf = inputs(variant, torch.tensor(group, dtype=torch.float64)).clone().requires_grad_()
    want = module(leaf)
    weights = random_like(want)
    (slope,) = torch.autograd.grad(want, leaf, weights)
    torch._dynamo.reset()
    try:
        got = torch.compile(module, fullgraph=True, backend="aot_eager")(leaf)
        (compiled_slope,) = torch.autograd.grad(got, leaf, weights)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckFailedError(f"torch.compile(fullgraph=True) fails: {type(error).__name__}: {reason}") from None
    _same("the compiled module", got, want)
    _same("the compiled module's gradient", compiled_slope, slope)
    return Measured("torch.compile(fullgraph=True), forward and backward against eager")


def _same(what: str, got: Tensor, want: Tensor) -> None:
    if got.shape != want.shape:
        raise CheckFailedError(f"{what} gives the shape {list(got.shape)}, expected {list(want.shape)}")
    if not torch.allclose(got, want, rtol=1e-11, atol=1e-13):
        raise CheckFailedError(f"{what} is off by {float((got - want).abs().max()):.2g}")
