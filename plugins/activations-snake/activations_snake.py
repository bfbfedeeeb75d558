"""The snake activation with its frequency on a logarithmic scale (BigVGAN)."""

import math

import torch
from torch import Tensor

from activations import activation, hookimpl


@activation(
    formula="x + sin(exp(a)*x)^2/exp(a)",
    paper="Lee, Ping, Ginsburg, Catanzaro, Yoon 2023, arXiv:2206.04658",
    same_at_defaults={"snake": "a is the logarithm of the frequency, which can then never become 0"},
    cases=({"a": 1.0},),
    special={"-inf": math.nan, "inf": math.nan},
)
def snake_logscale(x: Tensor, *, a: float = 0.0) -> Tensor:
    """The identity plus a squared sine, with its frequency on a logarithmic scale."""
    frequency = torch.exp(torch.as_tensor(a, dtype=x.dtype, device=x.device))
    return x + torch.sin(frequency * x) ** 2 / frequency


@hookimpl
def provide_activations() -> list[object]:
    """Give the registry what this distribution declares."""
    return [snake_logscale]
