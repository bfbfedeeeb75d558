"""Sigmoids: bounded or one-sidedly bounded, monotone, with an inflection."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.catalogue.careful import ROUNDED_BY_TORCH, VANISHES, sigmoid_of, size_of
from activations.catalogue.scaling import scaled
from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

SURVEY = "Kunc, Kléma 2024, arXiv:2402.09092"
GOMES = "Gomes, Ludermir, Lima 2011, Neural Computing and Applications 20"
SATURATED = "Xu, Huang, Li 2016, arXiv:1602.05980"


@activation(
    formula="1/(1 + exp(-beta*x))",
    paper="Dubey, Singh, Chaudhuri 2022, arXiv:2109.14545",
    native="torch.sigmoid",
    derivative="beta*dsigmoid(beta*x)",
    aliases=("logistic", "expit"),
    cases=({"beta": 2.0}, {"beta": -0.5}),
    absolute={
        "gradient": ROUNDED_BY_TORCH,
        "second-derivative": ROUNDED_BY_TORCH,
    },
)
def sigmoid(x: Tensor, *, beta: float = 1.0) -> Tensor:
    """The logistic curve from 0 to 1, with slope beta/4 at 0."""
    return torch.sigmoid(scaled(x, beta))


@activation(
    formula="tanh(x)",
    paper="LeCun, Bottou, Orr, Müller 1998, doi:10.1007/3-540-49430-8_2",
    native="torch.tanh",
    derivative="sech(x)^2",
    absolute={
        "gradient": ROUNDED_BY_TORCH,
        "second-derivative": ROUNDED_BY_TORCH,
    },
)
def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent, an odd sigmoid from -1 to 1."""
    return torch.tanh(x)


@activation(
    formula="-softplus(-beta*x)",
    paper="Kunc, Kléma 2024, arXiv:2402.09092",
    native="torch.nn.functional.logsigmoid",
    aliases=("LogSigmoid",),
    cases=({"beta": 2.0},),
    absolute={"second-derivative": ROUNDED_BY_TORCH},
)
def log_sigmoid(x: Tensor, *, beta: float = 1.0) -> Tensor:
    """The logarithm of the sigmoid, without its underflow.

    log(sigmoid(x)) written out is -inf below -88 in float32.
    """
    # Written out with a minimum and an absolute value, its gradient at 0 would be that of one of their branches.
    return torch.nn.functional.logsigmoid(scaled(x, beta))


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


def _log1p_exp(u: Tensor) -> Tensor:
    """The softplus, without overflow and without a threshold; logaddexp has no second derivative beyond 709."""
    return u.clamp(min=0) + torch.log1p(torch.exp(-size_of(u)))


def _double_exponential(x: Tensor) -> Tensor:
    """exp(-exp(-x)); below -7 it is 0 in every dtype, and there the slope must not become 0 times infinity."""
    return torch.exp(-torch.exp(-x.clamp(min=-7)))


@activation(
    formula="alpha*x/(beta + abs(x))",
    paper="Pishchik 2023, doi:10.20944/preprints202301.0463.v1",
    same_at_defaults={"softsign": "height and width are learnt"},
    learnable=("alpha", "beta"),
    derivative="symbolic",
    cases=({"alpha": 2.0, "beta": 0.5},),
    special={"-inf": math.nan, "inf": math.nan},
)
def scaled_softsign(x: Tensor, *, alpha: float = 1.0, beta: float = 1.0) -> Tensor:
    """Softsign with learnt bounds -alpha and alpha and learnt width beta.

    beta must stay positive. At the defaults it is `softsign`.
    """
    return alpha * x / (beta + x.abs())


@activation(
    formula="x/(2*(1 + abs(x))) + 1/2",
    paper="Elliott 1993, ISR Technical Report TR 93-8",
    aliases=("elliot",),
)
def elliott(x: Tensor) -> Tensor:
    """Softsign moved and scaled to the interval from 0 to 1.

    The left tail is computed as 1/(2 + 2|x|), which does not cancel.
    """
    rest = 0.5 / (1 + size_of(x))
    return torch.where(x < 0, rest, 1 - rest)


@activation(
    formula="2/(1 + exp(-x)) - 1",
    paper="mlpack developers 2020, github.com/mlpack/mlpack",
    derivative="2*dsigmoid(x)",
    aliases=("loggy",),
)
def bipolar_sigmoid(x: Tensor) -> Tensor:
    """The logistic curve stretched to the interval from -1 to 1.

    Computed as tanh(x/2), for 2*sigmoid(x) - 1 cancels near 0. darknet calls it loggy.
    """
    return torch.tanh(x / 2)


@activation(
    formula="4/(1 + exp(-x)) - 2",
    paper=SATURATED,
    derivative="4*dsigmoid(x)",
    aliases=("sSigmoid",),
)
def scaled_sigmoid(x: Tensor) -> Tensor:
    """The logistic curve scaled to slope 1 at 0, from -2 to 2.

    Computed as 2 tanh(x/2), which does not cancel near 0.
    """
    return 2 * torch.tanh(x / 2)


@activation(
    formula="tanh(x) if x >= 0 else a*tanh(x)",
    paper=SATURATED,
    kinks=("0/(a - 1)",),
    derivative="4*dsigmoid(2*x)*(1 if x >= 0 else a)",
    aliases=("PTanh",),
    cases=({"a": 0.5},),
)
def penalized_tanh(x: Tensor, *, a: float = 0.25) -> Tensor:
    """The tanh, with its negative half multiplied by a: leaky as the leaky rectifier is.

    The gradient at 0 is a. Under the same name torch_activation divides by a = 2, pyzjr by 1.2, and activations-plus
    has tanh(x) - a tanh(x)^2.
    """
    value = torch.tanh(x)
    return torch.where(x > 0, value, a * value)


@activation(
    formula="a*tanh(b*x)",
    paper="LeCun, Bottou, Orr, Müller 1998, doi:10.1007/3-540-49430-8_2",
    derivative="4*a*b*dsigmoid(2*b*x)",
    aliases=("STanh", "scaled_tanh", "lecun_tanh"),
    cases=({"a": 0.5, "b": -2.0},),
)
def stanh(x: Tensor, *, a: float = 1.7159, b: float = 2 / 3) -> Tensor:
    """The tanh scaled in both directions, by default so that it maps -1 and 1 to themselves."""
    return scaled(torch.tanh(scaled(x, b)), a)


@activation(
    formula="1.7159*(1 - 1/(1 + 2*x/3 + (2*x/3)^2 + 1.41645*(2*x/3)^4)) if x >= 0 else "
    "-1.7159*(1 - 1/(1 - 2*x/3 + (2*x/3)^2 + 1.41645*(2*x/3)^4))",
    paper="Kalinovskii, Spitsyn 2015, arXiv:1508.01292",
    absolute={"second-derivative": VANISHES},
)
def rational_tanh(x: Tensor) -> Tensor:
    """A rational approximation of 1.7159 tanh(2x/3), which needs no exponential.

    Written with sign(x) and |x| its gradient at 0 would be 0 and not 1.144; its fourth power overflows in float16
    beyond 24, so that far out it is computed from 1/x.
    """
    size = size_of(x * (2 / 3))
    near = size < 1
    small = torch.where(near, size, torch.ones_like(x))
    r = 1 / torch.where(near, torch.ones_like(x), size)
    factor = 1 + small + 1.41645 * small * small * small
    rest = r * r * r * r / (1.41645 + r * r * (1 + r + r * r))
    value = 1.7159 * torch.where(near, small * factor / (1 + small * factor), 1 - rest)
    return torch.where(x < 0, -value, value)


@activation(
    formula="max(tanh(x), 0)",
    paper="Deeplearning4j contributors 2016, github.com/deeplearning4j/deeplearning4j",
    kinks=(0,),
    derivative="4*dsigmoid(2*x) if x > 0 else 0",
)
def rectified_tanh(x: Tensor) -> Tensor:
    """The positive part of the tanh.

    The gradient at 0 is 0.
    """
    return torch.tanh(torch.relu(x))


@activation(
    formula="atan(x)",
    paper=SURVEY,
    native="torch.atan",
    aliases=("atan",),
)
def arctan(x: Tensor) -> Tensor:
    """The arc tangent, a sigmoid from -pi/2 to pi/2 that approaches its bounds like 1/x."""
    return torch.atan(x)


@activation(
    formula="erf(x)",
    paper=SURVEY,
    native="torch.erf",
    aliases=("gauss_error",),
    window=(-3, 3),
)
def erf(x: Tensor) -> Tensor:
    """The error function, an odd sigmoid from -1 to 1 with Gaussian slope."""
    return torch.erf(x)


@activation(
    formula="ncdf(x)",
    paper=SURVEY,
    native="torch.special.ndtr",
    native_differs="1 + erf loses the negative tail",
    aliases=("ndtr", "probit"),
)
def normal_cdf(x: Tensor) -> Tensor:
    """The probability that a standard normal variable is below x: the gate of GELU.

    Computed with erfc, which keeps the negative tail. Statistics calls its inverse probit; some catalogues, this.
    """
    tail: Tensor = torch.special.erfc(x * -math.sqrt(0.5))
    return 0.5 * tail


@activation(
    formula="(1 + erf((x - mu)/(sigma*sqrt(2))))/2",
    paper="Ma, Zhou, Kong et al. 2022, arXiv:2209.10655",
    aliases=("LaplaceActivation",),
    cases=({"mu": -0.5, "sigma": 1.5},),
    window=(-2, 3),
)
def laplace_attention(x: Tensor, *, mu: float = 0.707107, sigma: float = 0.282095) -> Tensor:
    """A normal distribution function with mean mu and deviation sigma, by default near the squared rectifier.

    Mega calls it Laplace. 1 + erf would lose the negative tail; erfc keeps it.
    """
    tail: Tensor = torch.special.erfc((mu - x) / (math.sqrt(2) * sigma))
    return 0.5 * tail


@activation(
    formula="x/sqrt(1 + alpha*x^2)",
    paper="Carlile, Delamarter, Kinney, Marti, Whitney 2017, arXiv:1710.09967",
    learnable=("alpha",),
    derivative="symbolic",
    aliases=("ISRU", "inverse_square_root_unit", "algebraic_sigmoid"),
    cases=({"alpha": 3.0}, {"alpha": 0.125}),
)
def isru(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """The input over the root of 1 + alpha x^2: a sigmoid with bounds of 1/sqrt(alpha).

    alpha must stay positive. Computed as tanh(arsinh(x)), for x^2 overflows beyond 255 in float16.
    """
    root = alpha**0.5
    value: Tensor = torch.tanh(torch.asinh(scaled(x, root))) / root
    return value


@activation(
    formula="a*x/(1 + sqrt(1 + (a*x)^2))",
    paper=SURVEY,
    derivative="symbolic",
    cases=({"a": 2.5},),
)
def rootsig(x: Tensor, *, a: float = 1.0) -> Tensor:
    """An algebraic sigmoid from -1 to 1 with slope a/2 at 0.

    Computed as tanh(arsinh(a x)/2), which does not overflow. activations-plus gives the name to ISRU.
    """
    return torch.tanh(torch.asinh(scaled(x, a)) / 2)


@activation(
    formula="x/(x/alpha + exp(-x/beta))",
    paper="Zhou, Li, Huo, Kung 2020, arXiv:2003.00547",
    learnable=("alpha", "beta"),
    derivative="exp(x/beta)*(1 + x/beta)/(1 + x*exp(x/beta)/alpha)^2 if x < 0 else "
    "exp(-x/beta)*(1 + x/beta)/(x/alpha + exp(-x/beta))^2",
    aliases=("SRS",),
    cases=({"alpha": 3.0, "beta": 2.0},),
    window=(-10, 10),
    special={"-inf": math.nan, "inf": math.nan},
)
def soft_root_sign(x: Tensor, *, alpha: float = 2.0, beta: float = 3.0) -> Tensor:
    """A non-monotonic sigmoid that falls below 0, comes back to it, and approaches alpha to the right.

    It has a pole where alpha < beta/e. torch_activation reads the paper's root literally and computes another function.
    """
    # Both sides divided by the exponential where that grows.
    decay = torch.exp(-size_of(x) / beta)
    left = x < 0
    top = torch.where(left, x * decay, x)
    return top / torch.where(left, 1 + top / alpha, x / alpha + decay)


@activation(
    formula="(softplus(alpha*x) - softplus(alpha*(x - 1)))/alpha",
    paper="Klimek, Perelstein 2018, arXiv:1810.11509",
    cases=({"alpha": 2.0},),
    window=(-1, 2),
)
def soft_clipping(x: Tensor, *, alpha: float = 50.0) -> Tensor:
    """The identity cut at 0 and 1, with corners rounded over a width of 1/alpha.

    Its quotient of exponentials overflows; this difference of softplus, taken on the nearer side of 1/2, does not
    cancel. Default alpha: 0.5 in Echo, 1.1 in pyzjr. In activations-plus the name means a sigmoid.
    """
    right = x > 0.5
    u = torch.where(right, 1 - x, x)
    value = (_log1p_exp(alpha * u) - _log1p_exp(alpha * (u - 1))) / alpha
    return torch.where(right, 1 - value, value)


@activation(
    formula="-a*expm1(-x/b) if x >= 0 else c*expm1(x/d)",
    paper="Kong, Takatsuka 2017, IJCNN 2017",
    kinks=("0/(a*d - b*c)",),
    derivative="symbolic",
    cases=({"a": 1.5, "b": 2.0, "c": 0.5, "d": 1.0},),
)
def hexpo(x: Tensor, *, a: float = 1.0, b: float = 1.0, c: float = 1.0, d: float = 1.0) -> Tensor:
    """Two saturating exponentials, from -c to a, with the slopes c/d and a/b where they meet at 0.

    The gradient at 0 is c/d. The survey prints exp(-x/d) on the left, which grows without bound.
    """
    return torch.where(x > 0, -a * torch.expm1(-x.clamp(min=0) / b), c * torch.expm1(x.clamp(max=0) / d))


@activation(
    formula="0 if x <= -gamma/2 else (1 if x >= gamma/2 else -2/gamma^3*x^3 + 3/(2*gamma)*x + 1/2)",
    paper="Hazimeh, Ponomareva, Mol et al. 2020, arXiv:2002.07772",
    derivative="symbolic",
    cases=({"gamma": 4.0},),
    window=(-2, 2),
)
def smooth_step(x: Tensor, *, gamma: float = 1.0) -> Tensor:
    """The cubic that rises from 0 to 1 over a width of gamma, flat at both ends.

    It is exactly 0 and 1 outside. torch_activation has both signs turned.
    """
    share = ((x + gamma / 2) / gamma).clamp(0, 1)
    return share * share * (3 - 2 * share)


@activation(
    formula="alpha*(x - a) + 1/(1 + exp(-a)) if x >= a else "
    "(1/(1 + exp(-x)) if x > -a else alpha*(x + a) + 1/(1 + exp(a)))",
    paper="Qin, Wang, Zou 2018, IEEE Trans. Industrial Electronics 66(5)",
    kinks=("-a", "a"),
    derivative="dsigmoid(x) if -a < x < a else alpha",
    aliases=("ISigmoid", "improved_logistic_sigmoid"),
    cases=({"alpha": 0.05, "a": 1.0},),
)
def improved_sigmoid(x: Tensor, *, alpha: float = 0.2, a: float = 2.0) -> Tensor:
    """The logistic curve within [-a, a], continued by lines of slope alpha so that it does not saturate.

    The gradient at -a and a is the curve's. Surveys print sigmoid(a) in the left line, which makes it jump; the
    authors' code does not.
    """
    end = torch.as_tensor(a, dtype=x.dtype, device=x.device)
    inner = x.clamp(-end, end)
    return torch.sigmoid(inner) + alpha * (x - inner)


@activation(
    formula="1/(1 + exp(-x)) + a*x",
    paper=SURVEY,
    derivative="dsigmoid(x) + a",
    aliases=("SigLin",),
    cases=({"a": 0.25},),
)
def siglin(x: Tensor, *, a: float = 0.1) -> Tensor:
    """The logistic curve plus a line of slope a."""
    return torch.sigmoid(x) + a * x


@activation(
    formula="1 if x > 2 else (x - x^2/4 if x >= 0 else (x + x^2/4 if x >= -2 else -1))",
    paper="Wuraola, Patel 2018, IJCNN 2018",
    aliases=("SQNL",),
)
def sqnl(x: Tensor) -> Tensor:
    """A tanh made of two parabolas: it reaches -1 and 1 exactly at -2 and 2, with slope 0."""
    inner = x.clamp(-2, 2)
    return inner * (1 - inner.abs() / 4)


@activation(
    formula="1 if x > 2 else ((x - x^2/4)/2 + 1/2 if x >= 0 else ((x + x^2/4)/2 + 1/2 if x >= -2 else 0))",
    paper="Wuraola, Patel, Nguang 2021, Neurocomputing 442",
    derivative="symbolic",
    aliases=("LogSQNL", "square_logistic_sigmoid"),
)
def log_sqnl(x: Tensor) -> Tensor:
    """A logistic curve made of two parabolas: `sqnl` moved and scaled to the interval from 0 to 1.

    torch_activation forgets to halve the square and jumps at -2 and 2.
    """
    reach = (2 - size_of(x)).clamp(min=0)
    rest = reach * reach / 8
    return torch.where(x < 0, rest, 1 - rest)


@activation(
    formula="(x/(1 + abs(x)))^2/2 + x/(1 + abs(x))/2",
    paper=SURVEY,
    special={"-inf": math.nan, "inf": math.nan},
    absolute={"second-derivative": VANISHES},
)
def mishra(x: Tensor) -> Tensor:
    """The mean of softsign and its square: it dips to -1/8 at -1, goes back to 0 and approaches 1 to the right.

    torch_activation's version is softsign.
    """
    value = x / (1 + x.abs())
    # 1 + value cancels to the left.
    gate = torch.where(x < 0, 1 / (1 - x.clamp(max=0)), 1 + value)
    return value * gate / 2


@activation(
    formula="tanh(x/(1 + exp(-x)))",
    paper=SURVEY,
    derivative="4*dsigmoid(2*x*sigmoid(x))*(sigmoid(x) + x*dsigmoid(x))",
    aliases=("TSiLU",),
    special={"-inf": math.nan},
)
def tsilu(x: Tensor) -> Tensor:
    """The tanh of SiLU.

    The survey repairs the formula of its source, where the denominator exp(x) + exp(x) is a misprint; pyzjr keeps it.
    """
    return torch.tanh(x * torch.sigmoid(x))


@activation(
    formula="atan(x/(1 + exp(-x)))",
    paper=SURVEY,
    aliases=("ATSiLU", "ASiLU"),
    special={"-inf": math.nan},
)
def atsilu(x: Tensor) -> Tensor:
    """The arc tangent of SiLU."""
    return torch.atan(x * torch.sigmoid(x))


@activation(
    formula="sinc(sigmoid(x)/pi)",
    paper=SURVEY,
    window=(-8, 8),
)
def sinc_sigmoid(x: Tensor) -> Tensor:
    """The sine of the sigmoid over the sigmoid: it falls from 1 to sin(1).

    The sinc is the one without pi; torch_activation and pyzjr take the one with pi, torch.sinc.
    """
    square = sigmoid_of(x) ** 2
    # The series of sin(u)/u: for u up to 1 it ends early, and its slopes do not cancel near 0 as the quotient's do.
    series = torch.ones_like(x)
    for n in range(18, 1, -2):
        series = 1 - square / (n * (n + 1)) * series
    return series


@activation(
    formula="exp(-exp(-x))/(1 + exp(-x))",
    paper=SURVEY,
    derivative="exp(-x - exp(-x))*sigmoid(x) + exp(-exp(-x))*dsigmoid(x)",
)
def sigmoid_gumbel(x: Tensor) -> Tensor:
    """The logistic curve times the distribution function of Gumbel.

    Some catalogues print 1/(1 + exp(-x) exp(-exp(-x))), which tends to 1 at both ends.
    """
    return torch.sigmoid(x) * _double_exponential(x)


@activation(
    formula="(exp(x) - exp(-x))/sqrt(2*(exp(2*x) + exp(-2*x)))",
    paper=SURVEY,
    derivative="sqrt(2)*exp(-2*abs(x))*(1 + exp(-2*abs(x)))/(1 + exp(-4*abs(x)))^1.5",
    absolute={"second-derivative": VANISHES},
)
def new_sigmoid(x: Tensor) -> Tensor:
    """An odd sigmoid from -1/sqrt(2) to 1/sqrt(2): the hyperbolic sine over the root of cosh(2x).

    Computed from the tanh; the quotient is infinity over infinity beyond 355, beyond 44 in float32. activations-plus
    forgets the root.
    """
    value = torch.tanh(x)
    return value / torch.sqrt(1 + value * value)


@activation(
    formula="exp(-exp(-x))",
    paper=GOMES,
    aliases=("LogLog", "gumbel_cdf", "gompertz"),
    absolute={"second-derivative": VANISHES},
)
def loglog(x: Tensor) -> Tensor:
    """The distribution function of Gumbel: a sigmoid that leaves 0 abruptly and approaches 1 slowly."""
    return _double_exponential(x)


@activation(
    formula="1 - exp(-exp(x))",
    paper=GOMES,
    aliases=("CLogLog", "complementary_log_log"),
    absolute={"second-derivative": VANISHES},
)
def cloglog(x: Tensor) -> Tensor:
    """The inverse of the complementary log-log link: a sigmoid that leaves 0 slowly and approaches 1 abruptly.

    As in generalised linear models. Surveys print exp(-x) for exp(x), which makes it fall.
    """
    # 1 - exp cancels to the left; to the right it is the slope of expm1 that does.
    return torch.where(x > 0, 1 - _double_exponential(-x), -torch.expm1(-torch.exp(x.clamp(max=0))))


@activation(
    formula="1 - (1 + a*exp(x))^(-1/a)",
    paper=GOMES,
    derivative="exp(-softplus(x + log(a))/a)*sigmoid(x + log(a))/a",
    cases=({"a": 0.5},),
    absolute={"second-derivative": VANISHES},
)
def aranda_ordaz(x: Tensor, *, a: float = 2.0) -> Tensor:
    """A family of sigmoids with one heavy tail: logistic for a = 1, complementary log-log for a to 0.

    a must be positive. torch_activation drops the power.
    """
    shift = torch.as_tensor(a, dtype=x.dtype, device=x.device).log()
    return -torch.expm1(-_log1p_exp(x + shift) / a)


@activation(
    formula="(1 + lam*exp(-kappa*x))^(-1/lam)",
    paper="Alexandridis, Deng, Nguyen, Luo 2024, arXiv:2407.08567",
    same_at_defaults={"sigmoid": "lam makes it asymmetric"},
    learnable=("lam", "kappa"),
    aliases=("APA", "unified_activation", "richards"),
    cases=({"lam": 0.5, "kappa": 2.0}, {"lam": 3.0, "kappa": -1.0}),
    absolute={"second-derivative": VANISHES},
)
def apa(x: Tensor, *, lam: float = 1.0, kappa: float = 1.0) -> Tensor:
    """Richards' curve: logistic for lam = 1, Gumbel's distribution for lam to 0, with slope kappa.

    lam must stay positive; Ultralytics, whose class AGLU is this gate alone, clamps it at 1e-4 and draws both initial
    values from U(0, 1).
    """
    shift = torch.as_tensor(lam, dtype=x.dtype, device=x.device).log()
    return torch.exp(-_log1p_exp(shift - kappa * x) / lam)


@activation(
    formula="exp(-x)/(1 + exp(-x))",
    paper=SURVEY,
    derivative="-dsigmoid(x)",
)
def exponential_swish(x: Tensor) -> Tensor:
    """The logistic curve mirrored: exp(-x) times the sigmoid of x is the sigmoid of -x.

    As printed, the product is NaN below -88 in float32.
    """
    return torch.sigmoid(-x)


@activation(
    formula="(1 + x/(1 + exp(x)))/(1 + exp(-x))",
    paper="Elfwing, Uchibe, Doya 2018, arXiv:1702.03118",
    derivative="dsigmoid(x)*(2 - x*tanh(x/2))",
    aliases=("DSiLU", "derivative_silu"),
    special={"-inf": math.nan, "inf": math.nan},
)
def dsilu(x: Tensor) -> Tensor:
    """The derivative of SiLU: a sigmoid that overshoots to -0.0998 and 1.0998."""
    return torch.sigmoid(x) * (1 + x * torch.sigmoid(-x))
