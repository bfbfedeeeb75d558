"""Periodic activations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.catalogue.careful import VANISHES
from activations.catalogue.scaling import scaled
from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

KUNC = "Kunc, Kléma 2024, arXiv:2402.09092"
NOEL = "Noel, Bharadwaj, Muthiah-Nakarajan et al. 2021, arXiv:2111.04020"


@activation(
    formula="sin(omega*x)",
    paper="Sitzmann, Martel, Bergman, Lindell, Wetzstein 2020, arXiv:2006.09661",
    native="torch.sin",
    aliases=("sin",),
    cases=({"omega": math.pi},),
    window=(-2 * math.pi, 2 * math.pi),
)
def sine(x: Tensor, *, omega: float = 1.0) -> Tensor:
    """The sine with angular frequency omega.

    SIREN takes omega = 30 together with an initialisation of its own; torch_activation takes pi.
    """
    return torch.sin(scaled(x, omega))


def _sine_series(square: Tensor, first: int = 1) -> Tensor:
    """sin(t)/t for |t| < 1 from t^2, as 1 - t^2/(2*3)*(1 - t^2/(4*5)*(…)); from the bracket `first` inwards."""
    value = torch.ones_like(square)
    for k in range(9, first - 1, -1):
        value = 1 - square * value / (2 * k * (2 * k + 1))
    return value


def _sine_over(t: Tensor, sine: Tensor) -> Tensor:
    """sin(t)/t with the sine given: no 0/0 at 0, and derivatives that do not cancel beside it."""
    near = t.abs() < 1
    small = torch.where(near, t, torch.zeros_like(t))
    return torch.where(near, _sine_series(small * small), sine / torch.where(near, torch.ones_like(t), t))


def _sine_of_sum(a: Tensor, b: Tensor) -> Tensor:
    """sin(a + b) where the sum would round away the low digits of b."""
    return torch.sin(a) * torch.cos(b) + torch.cos(a) * torch.sin(b)


def _at_least_single(x: Tensor) -> Tensor:
    """The input in float32 where it is a half type: a phase of hundreds has no digits left in those."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


@activation(
    formula="sin(omega_0*x)",
    paper="Sitzmann, Martel, Bergman, Lindell, Wetzstein 2020, arXiv:2006.09661",
    aliases=("SIREN",),
    cases=({"omega_0": 10.0},),
    window=(-0.5, 0.5),
)
def siren_sine(x: Tensor, *, omega_0: float = 30.0) -> Tensor:
    """The sine of SIREN, with angular frequency 30; `sine` with another default.

    sin(30*x) as it stands loses digits of the phase: in float32 1e-5 of it at 8, in float16 all of them, and it is NaN
    beyond 2184. Here the whole part of x is split off, whose phase is exact. SIREN needs an initialisation of its own,
    which is not part of the activation.
    """
    wide = _at_least_single(x)
    whole = wide.round()
    return _sine_of_sum(omega_0 * whole, omega_0 * (wide - whole)).to(x.dtype)


@activation(
    formula="cos(omega*x)",
    paper=KUNC,
    native="torch.cos",
    aliases=("cos",),
    cases=({"omega": math.pi},),
    window=(-2 * math.pi, 2 * math.pi),
)
def cosine(x: Tensor, *, omega: float = 1.0) -> Tensor:
    """The cosine with angular frequency omega.

    torch_activation and pyzjr give this name to 1 - cos(x).
    """
    return torch.cos(scaled(x, omega))


@activation(
    formula="x + sin(a*x)^2/a",
    paper="Ziyin, Hartwig, Ueda 2020, arXiv:2006.08195",
    learnable=("a",),
    derivative="symbolic",
    cases=({"a": 3.0}, {"a": -0.5}),
    special={"-inf": math.nan, "inf": math.nan},
)
def snake(x: Tensor, *, a: float = 1.0) -> Tensor:
    """The identity plus a squared sine: monotone, with a periodic part of learnable frequency.

    The identity for a = 0, where the formula as written has a pole: other code adds 1e-9 to a, which does not help
    where a is negative. The derivative 1 + sin(2*a*x) touches 0.
    """
    u = scaled(x, a)
    sine = torch.sin(u)
    return x + x * sine * _sine_over(u, sine)


@activation(
    formula="x + sin(alpha*x)^2/beta",
    paper="Lee, Ping, Ginsburg et al. 2022, arXiv:2206.04658",
    same_at_defaults={"snake": "height and frequency of the wave are apart"},
    learnable=("alpha", "beta"),
    derivative="symbolic",
    cases=({"alpha": 2.5, "beta": 0.5},),
    special={"-inf": math.nan, "inf": math.nan},
)
def snake_beta(x: Tensor, *, alpha: float = 1.0, beta: float = 1.0) -> Tensor:
    """Snake with separate parameters for the frequency and for the size of the periodic part.

    Monotone only while |alpha| <= |beta|. BigVGAN can learn the logarithms of alpha and beta, which keeps beta from
    its pole at 0; here they are the numbers themselves.
    """
    sine = torch.sin(scaled(x, alpha))
    return x + sine * sine / beta


@activation(
    formula="x*cos(x)",
    paper="Noel, Arunkumar, Trivedi, Dutta 2021, arXiv:2108.12943",
    derivative="symbolic",
    aliases=("GCU", "growing_cosine_unit"),
    window=(-4 * math.pi, 4 * math.pi),
)
def gcu(x: Tensor) -> Tensor:
    """The growing cosine unit: the input times its cosine."""
    return x * torch.cos(x)


@activation(
    formula="x*sin(x)",
    paper="Rahman et al. 2023, arXiv:2304.09759",
    derivative="symbolic",
    aliases=("ASU", "amplifying_sine_unit"),
    window=(-4 * math.pi, 4 * math.pi),
)
def asu(x: Tensor) -> Tensor:
    """The amplifying sine unit: the input times its sine, the even counterpart of GCU."""
    return x * torch.sin(x)


@activation(
    formula="cos(x) - x",
    paper=KUNC,
    special={"-inf": math.nan, "inf": math.nan},
)
def cosid(x: Tensor) -> Tensor:
    """The cosine less the identity; it never rises."""
    return torch.cos(x) - x


@activation(
    formula="sin(x) - a*x",
    paper=KUNC,
    cases=({"a": 1.5}, {"a": 0.5}),
    special={"-inf": math.nan, "inf": math.nan},
)
def sinp(x: Tensor, *, a: float = 1.0) -> Tensor:
    """The sine less a multiple of the input; it never rises for a >= 1.

    The survey proposes a = 1 and a = 1.5, pyzjr takes 1.5. At a = 1 the difference cancels near 0, so x - sin(x) comes
    from its series there.
    """
    near = x.abs() < 1
    small = torch.where(near, x, torch.zeros_like(x))
    square = small * small
    short_of_x = small * square / 6 * _sine_series(square, first=2)
    return torch.where(near, (1 - a) * small - short_of_x, torch.sin(x) - a * x)


@activation(
    formula="sinc(x)",
    paper=KUNC,
    native="torch.sinc",
    native_differs="its derivatives cancel near 0: in float64 the gradient is 36 % off at 1e-8 and 0 at 1e-12",
    aliases=("normalized_sinc",),
    special={"-inf": math.nan, "inf": math.nan},
    skip={"second-derivative": "at 1e-300 the formula's own one cancels to -pi^2, whatever the digits; it is -pi^2/3"},
)
def sinc(x: Tensor) -> Tensor:
    """The normalised sinc, sin(pi*x)/(pi*x), which is 0 at every whole number but 0.

    As in torch and numpy; in parts of the literature, in the survey and in `ssu` and `dsu`, sinc means sin(x)/x.
    """
    whole = x.round()
    # sin(pi*x) from the distance to the nearest whole number: pi*x would be rounded first.
    sine = (1 - 2 * whole.remainder(2)) * torch.sin(math.pi * (x - whole))
    return _sine_over(math.pi * x, sine)


def _shifted_sinc(x: Tensor) -> Tensor:
    """sin(x - pi)/(x - pi), with sin(x - pi) = -sin(x), which is accurate at the zeros."""
    return _sine_over(x - math.pi, -torch.sin(x))


@activation(
    formula="pi*sinc((x - pi)/pi)",
    paper=NOEL,
    aliases=("SSU", "shifted_sinc_unit"),
    window=(-4 * math.pi, 4 * math.pi),
    special={"-inf": math.nan, "inf": math.nan},
)
def ssu(x: Tensor) -> Tensor:
    """The shifted sinc unit: pi times sin(u)/u at u = x - pi, which passes through 0 with slope 1.

    Its sinc is not the normalised one, which torch_activation takes.
    """
    return math.pi * _shifted_sinc(x)


@activation(
    formula="pi/2*(sinc((x - pi)/pi) - sinc((x + pi)/pi))",
    paper=NOEL,
    aliases=("DSU", "decaying_sine_unit"),
    window=(-4 * math.pi, 4 * math.pi),
    special={"-inf": math.nan, "inf": math.nan},
    absolute={"second-derivative": VANISHES},
)
def dsu(x: Tensor) -> Tensor:
    """The decaying sine unit: half the difference of two shifted sinc units, odd and with slope 1 at 0.

    Its sinc is sin(u)/u, not the normalised one. The difference is computed as pi^2*sin(x)/((pi - x)*(pi + x)), which
    does not cancel.
    """
    sign = torch.where(x < 0, -torch.ones_like(x), torch.ones_like(x))
    size = sign * x
    return sign * math.pi**2 * (_shifted_sinc(size) / (math.pi + size))


@activation(
    formula="sin(omega*(abs(x) + 1)*x)",
    paper="Liu, Zhu, Zhang et al. 2024, arXiv:2312.02434",
    aliases=("FINER", "variable_periodic_sine"),
    cases=({"omega": 5.0},),
    window=(-0.5, 0.5),
)
def finer(x: Tensor, *, omega: float = 30.0) -> Tensor:
    """A sine whose frequency grows with the size of the input.

    The gradient is the derivative, omega*(2*|x| + 1)*cos(…); the authors' code computes |x| + 1 without gradient and so
    trains with omega*(|x| + 1)*cos(…). The phase grows like 30*x^2, so it is added from two parts, the first of which
    is exact: the phase at the nearest multiple of 1/32. Where the largest slope overflows the dtype, in float16 beyond
    1091, the gradient is 0.
    """
    wide = _at_least_single(x)
    overflows = abs(omega) * (2 * wide.abs() + 1) > torch.finfo(x.dtype).max
    wide = torch.where(overflows, wide.detach(), wide)
    sign = torch.where(wide < 0, -torch.ones_like(wide), torch.ones_like(wide))
    start = (32 * wide).round() / 32
    rest = wide - start
    # (|x| + 1)*x at x = start + rest, multiplied out.
    steps = rest * (sign * (2 * start + rest) + 1)
    return _sine_of_sum(omega * (start * (sign * start + 1)), omega * steps).to(x.dtype)


@activation(
    formula="tanh(beta*sin(omega_0*x))",
    paper="Serrano, Szymkowiak, Musialski 2024, arXiv:2401.10967",
    learnable=("beta",),
    derivative="4*beta*omega_0*cos(omega_0*x)*dsigmoid(2*beta*sin(omega_0*x))",
    aliases=("HOSC",),
    cases=({"beta": 8.0, "omega_0": 2.0}, {"beta": 1.0}),
    window=(-2 * math.pi, 2 * math.pi),
)
def hosc(x: Tensor, *, beta: float = 4.0, omega_0: float = 1.0) -> Tensor:
    """A sine with sharpened flanks, between sine and square wave as beta grows.

    The paper fixes no defaults; these are ours. The steepest slope is beta*omega_0.
    """
    return torch.tanh(beta * torch.sin(scaled(x, omega_0)))


@activation(
    formula="sin(x)*sqrt(abs(x))",
    paper="Shah, Sitawarin 2023, arXiv:2306.15242",
    aliases=("SPDER",),
    window=(-4 * math.pi, 4 * math.pi),
)
def spder(x: Tensor) -> Tensor:
    """The sine times the root of the size of its input.

    The authors' layer multiplies its input by 30 before, as SIREN does. The derivative is continuous, the second one is
    infinite at 0. The gradient at 0 is 0, the true one; sqrt(|x|) written out gives NaN there.
    """
    zero = x == 0
    root = torch.sqrt(torch.where(zero, torch.ones_like(x), x.abs()))
    return torch.where(zero, torch.zeros_like(x), torch.sin(x) * root)


@activation(
    formula="exp(-sin(a*x))",
    paper="Ramasinghe, Lucey 2021, arXiv:2111.15135",
    learnable=("a",),
    aliases=("ExpSin",),
    cases=({"a": 3.0},),
    window=(-2 * math.pi, 2 * math.pi),
)
def expsin(x: Tensor, *, a: float = 1.0) -> Tensor:
    """The exponential of a negative sine: periodic, from 1/e to e."""
    return torch.exp(-torch.sin(scaled(x, a)))
