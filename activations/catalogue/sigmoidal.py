"""Sigmoids: bounded or one-sidedly bounded, monotone, with an inflection."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.catalogue.scaling import scaled
from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor


def _sigmoid_slope(x: Tensor, *, beta: float = 1.0) -> Tensor:
    u = scaled(x, beta)
    # sigmoid(-u) and not 1 - sigmoid(u), which cancels to the right.
    return scaled(torch.sigmoid(u) * torch.sigmoid(-u), beta)


@activation(
    formula="1/(1 + exp(-beta*x))",
    paper="Dubey, Singh, Chaudhuri 2022, arXiv:2109.14545",
    native="torch.sigmoid",
    derivative=_sigmoid_slope,
    aliases=("logistic", "expit"),
    cases=({"beta": 2.0}, {"beta": -0.5}),
)
def sigmoid(x: Tensor, *, beta: float = 1.0) -> Tensor:
    """The logistic curve from 0 to 1, with slope beta/4 at 0."""
    return torch.sigmoid(scaled(x, beta))


def _tanh_slope(x: Tensor) -> Tensor:
    # 1 - tanh(x)^2 cancels in both tails; 4 sigmoid(2x) sigmoid(-2x) is sech(x)^2 and does not.
    return 4 * torch.sigmoid(2 * x) * torch.sigmoid(-2 * x)


@activation(
    formula="tanh(x)",
    paper="LeCun, Bottou, Orr, Müller 1998, doi:10.1007/3-540-49430-8_2",
    native="torch.tanh",
    derivative=_tanh_slope,
)
def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent, an odd sigmoid from -1 to 1."""
    return torch.tanh(x)


@activation(
    formula="min(beta*x, 0) - log1p(exp(-abs(beta*x)))",
    paper="Kunc, Kléma 2024, arXiv:2402.09092",
    native="torch.nn.functional.logsigmoid",
    aliases=("LogSigmoid",),
    cases=({"beta": 2.0},),
)
def log_sigmoid(x: Tensor, *, beta: float = 1.0) -> Tensor:
    """The logarithm of the sigmoid, without its underflow.

    log(sigmoid(x)) written out is -inf below -88 in float32.
    """
    u = scaled(x, beta)
    return u.clamp(max=0) - torch.log1p(torch.exp(-u.abs()))


@activation(
    formula="x/(1 + abs(x))",
    paper="Turian, Bergstra, Bengio 2009, NAACL-HLT 2009",
    native="torch.nn.functional.softsign",
    aliases=("Softsign",),
    special={"-inf": math.nan, "inf": math.nan},
)
def softsign(x: Tensor) -> Tensor:
    """A sigmoid from -1 to 1 that approaches its bounds like 1/x."""
    return x / (1 + x.abs())
