"""Growth like a logarithm or a root: unbounded, slower than any line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.catalogue.careful import size_of
from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor


@activation(
    formula="log1p(x) if x >= 0 else -log1p(-x)",
    paper="Hafner, Pasukonis, Ba, Lillicrap 2023, arXiv:2301.04104",
    aliases=("SymLog", "symmetric_log"),
)
def symlog(x: Tensor) -> Tensor:
    """The logarithm of 1 + |x| with the sign of x.

    Written as sign(x)*log1p(|x|) its gradient at 0 would be 0 and not 1.
    """
    value = torch.log1p(size_of(x))
    return torch.where(x < 0, -value, value)


@activation(
    formula="sqrt(x) if x >= 0 else -sqrt(-x)",
    paper="Kunc, Kléma 2024, arXiv:2402.09092",
    kinks=(0,),
    aliases=("SQRT", "signed_sqrt"),
)
def sqrt_act(x: Tensor) -> Tensor:
    """The square root of |x| with the sign of x.

    Its slope is infinite at 0, and so is the gradient there.
    """
    value = torch.sqrt(size_of(x))
    return torch.where(x < 0, -value, value)


@activation(
    formula="asinh(x)",
    paper="Kunc, Kléma 2024, arXiv:2402.09092",
    native="torch.asinh",
    aliases=("arcsinh", "arsinh"),
)
def asinh(x: Tensor) -> Tensor:
    """The inverse hyperbolic sine: the identity near 0, a logarithm far out."""
    return torch.asinh(x)


@activation(
    formula="asinh(x)*sqrt(abs(x))/12",
    paper="Parisi 2020, arXiv:2009.07530",
    aliases=("modified_arcsinh",),
)
def m_arcsinh(x: Tensor) -> Tensor:
    """The inverse hyperbolic sine times the root of |x|, over 12.

    The gradient at 0 is 0, where the product rule gives infinity times 0. torch_activation has |x| for its root.
    """
    size = size_of(x)
    near = size < 1e-8
    # There asinh(s) is s to all digits, and the slopes of s^1.5 exist down to 0.
    tiny = torch.where(near, size, torch.zeros_like(x)) ** 1.5
    far = torch.where(near, torch.ones_like(x), size)
    value = torch.where(near, tiny, torch.asinh(far) * torch.sqrt(far)) / 12
    return torch.where(x < 0, -value, value)
