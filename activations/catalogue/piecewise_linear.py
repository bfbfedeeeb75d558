"""Straight pieces, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor


@activation(
    formula="min(max(x, min_val), max_val)",
    paper="Collobert 2004, Large Scale Machine Learning, PhD thesis, Université Paris 6",
    kinks=("min_val", "max_val"),
    native="torch.nn.functional.hardtanh(min_val, max_val)",
    aliases=("Hardtanh", "hard_tanh"),
    cases=({"min_val": -0.5, "max_val": 2.0},),
    window=(-3, 3),
)
def hardtanh(x: Tensor, *, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """The identity, cut at both ends.

    The gradient at the ends is 0 in torch and 1 in jax; here as in torch, unless the ends are learnt.
    """
    low, high = (torch.as_tensor(end, dtype=x.dtype, device=x.device) for end in (min_val, max_val))
    return x.clamp(low, high)


@activation(
    formula="min(max(x/6 + 1/2, 0), 1)",
    paper="Howard, Sandler, Chu et al. 2019, arXiv:1905.02244",
    kinks=(-3, 3),
    native="torch.nn.functional.hardsigmoid",
    native_differs="its gradient takes 1/6 in float32, 3e-8 off in float64, and it has no second derivative",
    aliases=("Hardsigmoid", "hard_sigmoid"),
)
def hardsigmoid(x: Tensor) -> Tensor:
    """A sigmoid of three straight pieces with slope 1/6.

    The same name means x/5 + 1/2 in Keras 2 and ONNX, and (x + 1)/2 in BinaryConnect.
    """
    return (x / 6 + 0.5).clamp(0, 1)


@activation(
    formula="max(alpha*(x + c) - c, min(alpha*(x - c) + c, x))",
    paper="Nicolae 2018, arXiv:1809.09534",
    kinks=("-c + 0/(alpha - 1)", "c + 0/(alpha - 1)"),
    aliases=("PLU", "piecewise_linear_unit"),
    cases=({"alpha": 0.3, "c": 2.0},),
)
def plu(x: Tensor, *, alpha: float = 0.1, c: float = 1.0) -> Tensor:
    """The identity within [-c, c], and lines of slope alpha beyond: a tanh of three straight pieces.

    alpha lies in [0, 1]. The gradient at -c and c is 1.
    """
    end = torch.as_tensor(c, dtype=x.dtype, device=x.device)
    inner = x.clamp(-end, end)
    return inner + alpha * (x - inner)


@activation(
    formula="min(max(alpha*x + beta, 0), 1)",
    paper="Chollet et al. 2015, keras.io",
    kinks=("-beta/alpha", "(1 - beta)/alpha"),
    aliases=("onnx_hard_sigmoid",),
    cases=({"alpha": 0.5, "beta": 0.25},),
)
def hard_sigmoid_keras2(x: Tensor, *, alpha: float = 0.2, beta: float = 0.5) -> Tensor:
    """A sigmoid of three straight pieces with slope 1/5, the hard sigmoid of Keras 2 and ONNX.

    torch and Keras 3 take x/6 + 1/2 (`hardsigmoid`), BinaryConnect (x + 1)/2 (`sparse_sigmoid`). The gradient at both
    ends is alpha.
    """
    return (alpha * x + beta).clamp(0, 1)


@activation(
    formula="min(max((x + 1)/2, 0), 1)",
    paper="Blondel, Martins, Niculae 2019, arXiv:1901.02324",
    kinks=(-1, 1),
    window=(-3, 3),
)
def sparse_sigmoid(x: Tensor) -> Tensor:
    """A sigmoid of three straight pieces with slope 1/2: the sparsemax of x and 0.

    The derivative of sparse_plus, and the hard sigmoid of BinaryConnect. The gradient at -1 and 1 is 1/2.
    """
    return ((x + 1) / 2).clamp(0, 1)


@activation(
    formula="0.01*(x + 4) if x < -4 else (0.01*(x - 4) + 1 if x > 4 else x/8 + 1/2)",
    paper="Redmon 2013, github.com/pjreddie/darknet",
    kinks=(-4, 4),
    aliases=("PLSE", "piecewise_linear_sigmoid_estimate"),
    window=(-8, 8),
)
def plse(x: Tensor) -> Tensor:
    """A sigmoid of three straight pieces that does not saturate: slope 1/8 within [-4, 4], 1/100 beyond.

    The gradient at -4 and 4 is 1/8.
    """
    inner = x.clamp(-4, 4)
    return (inner + 4) / 8 + 0.01 * (x - inner)


@activation(
    formula="0.001*x if x < 0 else (0.001*(x - 1) + 1 if x > 1 else x)",
    paper="Redmon 2013, github.com/pjreddie/darknet",
    kinks=(0, 1),
    aliases=("LHTAN", "leaky_hard_tanh"),
    window=(-3, 3),
)
def lhtan(x: Tensor) -> Tensor:
    """The identity within [0, 1], and lines of slope 1/1000 beyond.

    Its name promises a leaky hard tanh, but the lower end is 0 and not -1. The gradient at 0 and 1 is 1.
    """
    inner = x.clamp(0, 1)
    return inner + 0.001 * (x - inner)


@activation(
    formula="max(0, delta - abs(x))",
    paper="Rozsa, Boult 2019, arXiv:1908.02435",
    kinks=("-delta", 0, "delta"),
    learnable=("delta",),
    aliases=("mReLU", "mirrored_relu", "triangular"),
    cases=({"delta": 2.5},),
    window=(-3, 3),
)
def tent(x: Tensor, *, delta: float = 1.0) -> Tensor:
    """A tent over [-delta, delta] with its top delta at 0.

    The mirrored rectifier is the case delta = 1. The gradient at the three kinks is 0.
    """
    return torch.relu(delta - x.abs())


@activation(
    formula="0 if x < 0 or x > a else (x if x <= a/2 else a - x)",
    paper="Hong, Siegel, Tan, Xu 2022, arXiv:2208.04924",
    kinks=(0, "a/2", "a"),
    learnable=("a",),
    cases=({"a": 1.0}, {"a": 3.5}),
    window=(-1, 3),
)
def hat(x: Tensor, *, a: float = 2.0) -> Tensor:
    """A tent over [0, a] with its top a/2 in the middle: the hat function of finite elements.

    activations-plus takes a = 1 as default. The gradient at the three kinks is 0.
    """
    return torch.relu(torch.minimum(x, a - x))


@activation(
    formula="0.2*x if x < 0 else (x if x <= a else (2*a - x if x <= 2*a else 0))",
    paper="Kunc, Kléma 2024, arXiv:2402.09092",
    kinks=(0, "a", "2*a"),
    derivative="symbolic",
    aliases=("LSPTLU", "LRTLU", "leaky_single_peaked_triangle"),
    cases=({"a": 2.5},),
    window=(-3, 3),
)
def lsptlu(x: Tensor, *, a: float = 1.0) -> Tensor:
    """A triangle over [0, 2a] with its top a in the middle, and a line of slope 1/5 to the left of 0.

    The gradient is 0.2 at 0, and 0 at a and 2a.
    """
    return torch.where(x > 0, torch.relu(torch.minimum(x, 2 * a - x)), 0.2 * x)


@activation(
    formula="max(abs(x) - a, 0)",
    paper="Kunc, Kléma 2024, arXiv:2402.09092",
    kinks=("-a", "a"),
    aliases=("PanFunction",),
    cases=({"a": 0.5},),
    window=(-3, 3),
)
def pan(x: Tensor, *, a: float = 1.0) -> Tensor:
    """The absolute value less a, cut at 0: a flat bottom over [-a, a] and two rising sides.

    The absolute value of `softshrink`. The gradient at -a and a is 0.
    """
    return torch.relu(x.abs() - a)


@activation(
    formula="tr + ar*(x - tr) if x >= tr else (x if x > tl else tl + al*(x - tl))",
    paper="Jin, Xu, Feng et al. 2016, arXiv:1512.07030",
    kinks=("tl + 0/(al - 1)", "tr + 0/(ar - 1)"),
    learnable=("tr", "tl", "ar", "al"),
    aliases=("SShapedReLU",),
    cases=({"tr": 1.5, "tl": -1.0, "ar": 0.375, "al": 0.25}, {"tr": 0.5, "tl": -0.5, "ar": 2.0, "al": -0.5}),
)
def s_shaped_relu(x: Tensor, *, tr: float = 1.0, tl: float = 0.0, ar: float = 1.0, al: float = 0.1) -> Tensor:
    """The identity between two thresholds, and a line of another slope beyond each of them; all four are learnt.

    At the defaults it is a leaky rectifier with slope 0.1. Training must keep tl <= tr. The gradient at tr is ar and
    at tl al. The short name SReLU also means the rectifier that is displaced to -1. Echo has a sign wrong and jumps.
    """
    return torch.where(x >= tr, tr + ar * (x - tr), torch.where(x > tl, x, tl + al * (x - tl)))


@activation(
    formula="max(0, x) + a*max(0, b - x)",
    paper="Agostinelli, Hoffman, Sadowski, Baldi 2015, arXiv:1412.6830",
    kinks=(0, "b + 0/a"),
    learnable=("a", "b"),
    aliases=("APL", "adaptive_piecewise_linear"),
    cases=({"a": -0.5, "b": -1.0},),
    window=(-3, 3),
)
def apl(x: Tensor, *, a: float = 0.2, b: float = 0.5) -> Tensor:
    """The rectifier plus one learnt hinge.

    The paper adds up several hinges; this is the case of one, with Echo's initial values. The gradient at 0 and at b
    leaves out the piece that bends there.
    """
    return torch.relu(x) + a * torch.relu(b - x)
