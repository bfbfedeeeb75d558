"""Self-gated: the input times a gate that rises with it from 0 to 1, the kin of SiLU and GELU."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.catalogue.careful import VANISHES, sigmoid_of
from activations.catalogue.scaling import scaled
from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

KUNC = "Kunc, Kléma 2024, arXiv:2402.09092"
BISWAS_EIS = "Biswas, Kumar, Banerjee, Pandey 2020, arXiv:2009.13501"
# -inf times a closed gate.
NO_LEFT_LIMIT = {"-inf": math.nan}
NO_LIMITS = {"-inf": math.nan, "inf": math.nan}


def _away(x: Tensor) -> Tensor:
    """-|x|, with the slope of the left at 0."""
    return torch.where(x > 0, -x, x)


def _sech(x: Tensor) -> Tensor:
    """1/cosh(x) without its overflow."""
    decay = torch.exp(_away(x))
    return 2 * decay / (1 + decay * decay)


def _log(x: Tensor, value: float) -> Tensor:
    """The logarithm of a parameter, number or tensor."""
    return torch.as_tensor(value, dtype=x.dtype, device=x.device).log()


@activation(
    formula="x*sigmoid(beta*x)",
    paper="Ramachandran, Zoph, Le 2017, arXiv:1710.05941",
    same_at_defaults={"silu": "the factor in the sigmoid is learnt"},
    learnable=("beta",),
    derivative="symbolic",
    cases=({"beta": 0.5}, {"beta": 5.0}),
    special=NO_LEFT_LIMIT,
)
def swish_beta(x: Tensor, *, beta: float = 1.0) -> Tensor:
    """Swish as first published: the input times a sigmoid of trainable steepness.

    At beta = 1 it is `silu`, which torch, Keras and jax mean by swish.
    """
    return x * sigmoid_of(scaled(x, beta))


@activation(
    formula="beta*x*sigmoid(x)",
    paper="Alcaide 2018, arXiv:1801.07145",
    derivative="symbolic",
    aliases=("ESwish",),
    cases=({"beta": 1.375},),
    special=NO_LEFT_LIMIT,
)
def e_swish(x: Tensor, *, beta: float = 1.735) -> Tensor:
    """SiLU times a constant between 1 and 2.

    1.735 is Echo's default. torch_activation also calls e^(-x) sigmoid(x) ESwish.
    """
    return beta * x * torch.sigmoid(x)


@activation(
    formula="max(0, x)/(1 + exp(-x)) + t",
    paper="Chieng, Wahid, Ong, Perla 2018, arXiv:1812.06247",
    kinks=(0,),
    learnable=("t",),
    derivative="sigmoid(x) + x*dsigmoid(x) if x > 0 else 0",
    aliases=("FlattedTSwish", "FTS"),
    cases=({"t": 0.5},),
)
def flatten_t_swish(x: Tensor, *, t: float = -0.2) -> Tensor:
    """SiLU to the right of 0, flat to its left, raised by a threshold t.

    The gradient at 0 is 0, the one from the left.
    """
    return torch.where(x <= 0, torch.zeros_like(x), x * torch.sigmoid(x)) + t


@activation(
    formula="max(0, x) + x*sigmoid(x)",
    paper=KUNC,
    kinks=(0,),
    derivative="symbolic",
    aliases=("OAF", "optimal_activation_function"),
    special=NO_LEFT_LIMIT,
)
def oaf(x: Tensor) -> Tensor:
    """The rectifier plus SiLU.

    The gradient at 0 is 1/2, the one from the left.
    """
    return torch.where(x > 0, x, torch.zeros_like(x)) + x * torch.sigmoid(x)


@activation(
    formula="x*sigmoid(1.702*x)",
    paper="Hendrycks, Gimpel 2016, arXiv:1606.08415",
    derivative="symbolic",
    aliases=("QuickGELU", "gelu_sigmoid"),
    special=NO_LEFT_LIMIT,
)
def quick_gelu(x: Tensor) -> Tensor:
    """The approximation of GELU by a sigmoid, used by CLIP.

    It differs from GELU by up to 0.02. MLX calls it gelu_fast_approx.
    """
    return x * torch.sigmoid(1.702 * x)


@activation(
    formula="x/(1 + exp(-1.60033*x*(1 + 0.0433603*x^2)))",
    paper="Apple 2023, MLX, mlx.nn.gelu_approx",
    aliases=("gelu_approx",),
    special=NO_LEFT_LIMIT,
)
def gelu_mlx_approx(x: Tensor) -> Tensor:
    """The approximation of GELU in the first versions of MLX: a sigmoid of a cubic."""
    # Beyond 25 the gate is 0 or 1 in every dtype; the cube would overflow in half precision.
    near = x.clamp(-25, 25)
    return x * sigmoid_of(1.60033 * near * (1 + 0.0433603 * near * near))


@activation(
    formula="min(max(x*ncdf(x), lo), hi)",
    paper="Wu, Judd, Zhang et al. 2020, arXiv:2004.09602",
    kinks=("hi",),
    aliases=("ClippedGELU", "gelu_10"),
    cases=({"lo": -1.0, "hi": 8.0},),
    window=(-6, 14),
    special=NO_LEFT_LIMIT,
)
def gelu_clipped(x: Tensor, *, lo: float = -10.0, hi: float = 10.0) -> Tensor:
    """GELU, cut at both ends for quantisation.

    GELU is never below -0.17: a lower bound below that, as the default, does nothing. The declared kink holds for such
    a lower bound and for hi > 6, where GELU is the identity.
    """
    low, high = (torch.as_tensor(end, dtype=x.dtype, device=x.device) for end in (lo, hi))
    tail: Tensor = torch.special.erfc(x * -math.sqrt(0.5))
    return (0.5 * x * tail).clamp(low, high)


@activation(
    formula="x*min(max(x + 2, 0), 2)/2",
    paper="Misra 2019, github.com/digantamisra98/H-Mish",
    kinks=(-2,),
    aliases=("HardMish", "H-Mish", "SqREU"),
)
def hard_mish(x: Tensor) -> Tensor:
    """The identity to the right of 0, a parabola down to -2 and 0 below: Mish without exponentials.

    Wuraola, Patel, Nguang 2021 (Neurocomputing 442) call the same function SqREU. The slope at exactly -2 is -1, the
    one from the right.
    """
    left = x.clamp(-2, 0)
    return torch.where(x > 0, x, torch.zeros_like(x)) + left * (left + 2) / 2


@activation(
    formula="x*exp(x)/(exp(x) + 2)",
    paper=KUNC,
    aliases=("EANAF",),
    special=NO_LEFT_LIMIT,
)
def eanaf(x: Tensor) -> Tensor:
    """SiLU with its gate moved to the right by ln 2.

    The quotient of exponentials as it is usually coded is NaN from 89 in float32 and from 710 in float64.
    """
    return x * sigmoid_of(x - math.log(2))


@activation(
    formula="x/(1 + delta*exp(-theta*x))",
    paper=BISWAS_EIS,
    learnable=("delta", "theta"),
    aliases=("EIS3",),
    cases=({"delta": 2.5, "theta": 0.6},),
    special=NO_LEFT_LIMIT,
)
def eis3(x: Tensor, *, delta: float = 0.68, theta: float = 1.7) -> Tensor:
    """Swish with a weight delta > 0 in its gate, which moves it sideways by ln(delta)/theta."""
    return x * sigmoid_of(theta * x - _log(x, delta))


@activation(
    formula="x*(1 + exp(-beta*x))^(-alpha)",
    paper="Patwardhan, Ingalhalikar, Walambe 2018, arXiv:1805.08878",
    aliases=("ARiA2",),
    cases=({"alpha": 0.75, "beta": 1.0},),
    special=NO_LEFT_LIMIT,
)
def aria2(x: Tensor, *, alpha: float = 1.5, beta: float = 2.0) -> Tensor:
    """The input times a two-parameter Richards curve, a sigmoid to a power.

    Echo and activations-plus leave out the factor x.
    """
    u = -beta * x
    return x * torch.exp(-alpha * torch.logaddexp(u, u.new_zeros(())))


@activation(
    formula="x*(1 + lam*exp(-kappa*x))^(-1/lam)",
    paper="Alexandridis, Deng, Nguyen, Luo 2024, arXiv:2407.08567",
    same_at_defaults={"silu": "its gate is the generalised logistic function with two learnt parameters"},
    learnable=("lam", "kappa"),
    aliases=("AGLU",),
    cases=({"lam": 0.5, "kappa": 1.5}, {"lam": 2.0, "kappa": 0.8}),
    special=NO_LEFT_LIMIT,
)
def aglu(x: Tensor, *, lam: float = 1.0, kappa: float = 1.0) -> Tensor:
    """The input times the adaptive parametric activation, a sigmoid whose asymmetry lam > 0 is learnt.

    It is SiLU at its defaults, which are ours: the paper's code draws both parameters. Ultralytics' AGLU is the gate
    alone.
    """
    u = _log(x, lam) - kappa * x
    return x * torch.exp(-torch.logaddexp(u, u.new_zeros(())) / lam)


@activation(
    formula="(p1 - p2)*x*sigmoid(beta*(p1 - p2)*x) + p2*x",
    paper="Ma, Zhang, Liu, Sun 2021, arXiv:2009.04759",
    learnable=("p1", "p2", "beta"),
    derivative="symbolic",
    aliases=("AconC",),
    cases=({"p1": 1.2, "p2": -0.1, "beta": 2.0},),
)
def acon_c(x: Tensor, *, p1: float = 1.0, p2: float = 0.25, beta: float = 1.0) -> Tensor:
    """A smooth maximum of the lines p1*x and p2*x: swish between two learnable slopes.

    The official module draws p1 and p2 from a normal distribution for each channel; 1 and 0.25 are ours. ACON-B is
    p1 = 1, and swish is p1 = 1, p2 = 0.
    """
    slope = p1 - p2
    return x * (p2 + slope * sigmoid_of(beta * slope * x))


@activation(
    formula="((1 + alpha)*x + (1 - alpha)*x*erf(mu*(1 - alpha)*x))/2",
    paper="Biswas, Kumar, Banerjee, Pandey 2021, arXiv:2111.04682",
    learnable=("mu",),
    derivative="symbolic",
    aliases=("SMU", "smooth_maximum_unit"),
    cases=({"alpha": 0.1, "mu": 1.0},),
    window=(-3, 3),
)
def smu(x: Tensor, *, alpha: float = 0.25, mu: float = 25.0) -> Tensor:
    """A leaky rectifier of slope alpha with its corner smoothed by an erf of steepness mu.

    The authors start mu at 1e6, where nothing smooth remains that floating point could see; 25 is torch_activation's.
    With alpha = 0 and mu = sqrt(1/2) it is GELU.
    """
    slope = 1 - alpha
    tail: Tensor = torch.special.erfc(-mu * slope * x)
    return x * (alpha + 0.5 * slope * tail)


@activation(
    formula="x*(1/2 + atan(x)/pi)",
    paper=KUNC,
    derivative="symbolic",
    aliases=("CaLU", "cauchy_linear_unit"),
    special=NO_LEFT_LIMIT,
)
def calu(x: Tensor) -> Tensor:
    """The input times the Cauchy distribution function; it tends to -1/pi to the left."""
    # The angle of (-x, 1) is pi/2 + atan(x) without the cancellation.
    return x * (torch.atan2(torch.ones_like(x), -x) / math.pi)


@activation(
    formula="x*(1 - exp(-x)/2) if x >= 0 else x*exp(x)/2",
    paper=KUNC,
    derivative="symbolic",
    aliases=("LaLU", "laplace_linear_unit"),
    special=NO_LEFT_LIMIT,
)
def lalu(x: Tensor) -> Tensor:
    """The input times the Laplace distribution function.

    What Hugging Face calls laplace is a shifted normal distribution function instead.
    """
    tail = torch.exp(_away(x)) / 2
    return x * torch.where(x > 0, 1 - tail, tail)


@activation(
    formula="x/2*(1 + x/sqrt(1 + x^2))",
    paper="Zhu, Min, Wang et al. 2021, Neurocomputing 429",
    derivative="symbolic",
    aliases=("PFLU", "power_function_linear_unit"),
    special=NO_LIMITS,
)
def pflu(x: Tensor) -> Tensor:
    """The input times an algebraic sigmoid; it tends to 0 like 1/(4x) to the left."""
    root = torch.hypot(x, x.new_ones(()))
    # 1 + x/root is both/root to the right and 1/(both*root), without cancellation, to the left.
    both = root - _away(x)
    return 0.5 * (x / root) * torch.where(x > 0, both, 1 / both)


@activation(
    formula="x*sech(x)",
    paper="Samatin Njikam, Zhao 2016, Applied Intelligence 45(1)",
    derivative="symbolic",
    aliases=("ReSech", "rectified_hyperbolic_secant"),
    special=NO_LIMITS,
)
def resech(x: Tensor) -> Tensor:
    """The input times its hyperbolic secant: odd, with extrema ±0.663, and 0 far out."""
    return x * _sech(x)


@activation(
    formula="(x + sech(x))*sigmoid(x)",
    paper=KUNC,
    aliases=("SechSig",),
    special=NO_LEFT_LIMIT,
    absolute={"second-derivative": VANISHES},
)
def sechsig(x: Tensor) -> Tensor:
    """The input plus its hyperbolic secant, gated by the sigmoid."""
    return (x + _sech(x)) * torch.sigmoid(x)


@activation(
    formula="(x + tanh(x))*sigmoid(x)",
    paper=KUNC,
    derivative="(1 + 4*dsigmoid(2*x))*sigmoid(x) + (x + tanh(x))*dsigmoid(x)",
    aliases=("TanhSig",),
    special=NO_LEFT_LIMIT,
)
def tanhsig(x: Tensor) -> Tensor:
    """The input plus its tanh, gated by the sigmoid."""
    return (x + torch.tanh(x)) * torch.sigmoid(x)


@activation(
    formula="(x + a*sin(b*x))*sigmoid(x)",
    paper="Paul, Bandyopadhyay, Yoon et al. 2022, doi:10.3390/math10030337",
    learnable=("a", "b"),
    aliases=("SinLU",),
    cases=({"a": 0.5, "b": 2.0},),
    special=NO_LIMITS,
)
def sinlu(x: Tensor, *, a: float = 1.0, b: float = 1.0) -> Tensor:
    """SiLU with a learnable ripple: a sine is added to the input before the gate."""
    return (x + a * torch.sin(scaled(x, b))) * torch.sigmoid(x)


@activation(
    formula="(x + alpha*cos(beta*x))*sigmoid(x)",
    paper="Pishchik 2023, doi:10.20944/preprints202301.0463.v1",
    learnable=("alpha", "beta"),
    aliases=("CosLU",),
    cases=({"alpha": 0.5, "beta": 2.0},),
    special=NO_LIMITS,
    absolute={"second-derivative": VANISHES},
)
def coslu(x: Tensor, *, alpha: float = 1.0, beta: float = 1.0) -> Tensor:
    """SiLU with a learnable ripple: a cosine is added to the input before the gate."""
    return (x + alpha * torch.cos(scaled(x, beta))) * torch.sigmoid(x)


@activation(
    formula="x*sigmoid(x) + exp(-x^2 - 1)/4",
    paper=KUNC,
    derivative="symbolic",
    aliases=("MSiLU",),
    special=NO_LEFT_LIMIT,
)
def msilu(x: Tensor) -> Tensor:
    """SiLU plus a small bump at 0.

    torch_activation divides the whole exponent by 4 instead of the bump.
    """
    return x * torch.sigmoid(x) + 0.25 * torch.exp(-x * x - 1)


@activation(
    formula="x*sigmoid(x)*(sigmoid(x) + sigmoid(x - a) + sigmoid(x - b))",
    paper=KUNC,
    derivative="symbolic",
    aliases=("TSS", "TripleStateSwish", "TSSwish"),
    cases=({"a": 1.0, "b": 2.0},),
    window=(-10, 60),
    special=NO_LEFT_LIMIT,
)
def tss(x: Tensor, *, a: float = 20.0, b: float = 40.0) -> Tensor:
    """Triple-state swish: SiLU times a staircase whose steps lie at 0, a and b.

    Other defaults: 1 and 2 in torch_activation.
    """
    gate = torch.sigmoid(x)
    return x * gate * (gate + torch.sigmoid(x - a) + torch.sigmoid(x - b))
