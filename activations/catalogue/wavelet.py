"""Bells and wavelets: large near 0, vanishing far out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.catalogue.scaling import scaled
from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

KUNC = "Kunc, Kléma 2024, arXiv:2402.09092"
RAMASINGHE = "Ramasinghe, Lucey 2021, arXiv:2111.15135"
WAV_KAN = "Bozorgasl, Chen 2024, arXiv:2405.12832"
WIRE = "Saragadam, LeJeune, Tan et al. 2023, arXiv:2301.05187"


def _held(u: Tensor) -> Tensor:
    """The input, held where its square would overflow: there every bell is 0, and 0 times infinity would be NaN."""
    edge = torch.finfo(u.dtype).max ** 0.5
    return u.clamp(-edge, edge)


def _square(u: Tensor) -> Tensor:
    held = _held(u)
    return held * held


@activation(
    formula="exp(-x)/(1 + exp(-x))^2",
    paper=KUNC,
    derivative="-dsigmoid(x)*tanh(x/2)",
    aliases=("dSigmoid", "derivative_sigmoid"),
)
def sigmoid_derivative(x: Tensor) -> Tensor:
    """The derivative of the sigmoid, a bell of height 1/4.

    Written as exp(-x)*sigmoid(x)^2 it is NaN to the left of -709.
    """
    return torch.sigmoid(x) * torch.sigmoid(-x)


@activation(
    formula="exp(-x^2/(2*a^2))",
    paper=RAMASINGHE,
    learnable=("a",),
    derivative="symbolic",
    aliases=("gauss", "rbf"),
    cases=({"a": 2.0}, {"a": 0.5}),
)
def gaussian(x: Tensor, *, a: float = 1.0) -> Tensor:
    """The Gaussian bell with standard deviation a.

    Other libraries leave out the 1/2: exp(-x^2).
    """
    return torch.exp(-0.5 * _square(x / a))


@activation(
    formula="exp(-(scale*x)^2)",
    paper=WIRE,
    cases=({"scale": 1.0},),
    window=(-0.5, 0.5),
)
def gaussian_wire(x: Tensor, *, scale: float = 10.0) -> Tensor:
    """The Gaussian of the WIRE experiments: narrow, and without the 1/2 in the exponent.

    `gaussian` with a = 1/(sqrt(2)*scale).
    """
    return torch.exp(-_square(scaled(x, scale)))


@activation(
    formula="cos(omega_0*x)*exp(-(sigma_0*x)^2)",
    paper=WIRE,
    learnable=("omega_0", "sigma_0"),
    aliases=("real_gabor",),
    cases=({"omega_0": 5.0, "sigma_0": 0.5},),
    window=(-0.5, 0.5),
)
def gabor_real(x: Tensor, *, omega_0: float = 10.0, sigma_0: float = 10.0) -> Tensor:
    """A cosine under a Gaussian: the real form of the Gabor wavelet of WIRE.

    The authors' layer feeds the cosine and the Gaussian from two linear maps, and the WIRE of the title is complex;
    this is the elementwise form.
    """
    held = _held(x)
    return torch.cos(omega_0 * held) * torch.exp(-_square(sigma_0 * held))


@activation(
    formula="exp(-x^2/(2*a^2))^b",
    paper=RAMASINGHE,
    same_at_defaults={"gaussian": "an exponent makes it flatter or sharper"},
    learnable=("a", "b"),
    cases=({"a": 2.0, "b": 3.0}, {"b": 0.5}),
)
def super_gaussian(x: Tensor, *, a: float = 1.0, b: float = 1.0) -> Tensor:
    """A power of the Gaussian bell; the Gaussian at its defaults.

    The two parameters act as one, a/sqrt(b). In optics the name means exp(-|x/a|^b), another curve.
    """
    return torch.exp(-0.5 * b * _square(x / a))


@activation(
    formula="exp(-abs(x)/a)",
    paper=RAMASINGHE,
    kinks=(0,),
    learnable=("a",),
    cases=({"a": 2.0},),
)
def laplacian(x: Tensor, *, a: float = 1.0) -> Tensor:
    """An exponential that falls on both sides of 0.

    The gradient at 0 is 0.
    """
    return torch.exp(-x.abs() / a)


def _inverse_root(u: Tensor) -> Tensor:
    """1/sqrt(1 + u^2), whose square does not overflow."""
    return 1 / torch.hypot(u, torch.ones_like(u))


@activation(
    formula="1/(1 + (a*x)^2)",
    paper=RAMASINGHE,
    learnable=("a",),
    aliases=("cauchy", "lorentzian"),
    cases=({"a": 2.0},),
)
def inverse_quadratic(x: Tensor, *, a: float = 1.0) -> Tensor:
    """A bell with tails like 1/x^2, the derivative of the arctangent at its default."""
    root = _inverse_root(scaled(x, a))
    return root * root


@activation(
    formula="1/sqrt(1 + (a*x)^2)",
    paper=RAMASINGHE,
    learnable=("a",),
    cases=({"a": 2.0},),
)
def inverse_multiquadric(x: Tensor, *, a: float = 1.0) -> Tensor:
    """A bell with tails like 1/|x|.

    The paper's own code calls it multi-quadratic.
    """
    return _inverse_root(scaled(x, a))


@activation(
    formula="1/cosh(x)",
    paper=KUNC,
    derivative="-sech(x)*tanh(x)",
    aliases=("hyperbolic_secant",),
)
def sech(x: Tensor) -> Tensor:
    """The hyperbolic secant, a bell with exponential tails.

    1/cosh(x) as it stands has a NaN gradient once the cosh overflows, at 89 in float32.
    """
    # A conditional and not abs, whose derivative 0 at 0 would lose the second derivative there.
    decay = torch.exp(torch.where(x < 0, x, -x))
    return 2 * decay / (1 + decay * decay)


@activation(
    formula="(1 - x^2)*exp(-x^2/2)",
    paper=WAV_KAN,
    derivative="clip(x, -40, 40)*(clip(x, -40, 40)^2 - 3)*exp(-x^2/2)",
    aliases=("ricker",),
)
def mexican_hat(x: Tensor) -> Tensor:
    """The Mexican hat wavelet, the negative second derivative of the Gaussian, with height 1.

    With 2/(sqrt(3)*pi^(1/4)) before it its square integrates to 1; the Wav-KAN code has that factor and the opposite
    sign.
    """
    held = _held(x)
    return (1 - held) * (1 + held) * torch.exp(-0.5 * held * held)


@activation(
    formula="cos(omega_0*x)*exp(-x^2/2)",
    paper=WAV_KAN,
    derivative="symbolic",
    aliases=("morlet_real",),
    cases=({"omega_0": 2.0},),
    window=(-4, 4),
)
def morlet(x: Tensor, *, omega_0: float = 5.0) -> Tensor:
    """The real part of the Morlet wavelet: a cosine under a Gaussian.

    Without the term that makes its integral 0, which is 4e-6 at omega_0 = 5. WaveletML takes omega_0 = 1.75.
    """
    held = _held(x)
    return torch.cos(omega_0 * held) * torch.exp(-0.5 * held * held)


@activation(
    formula="-x*exp(-x^2/2)",
    paper=WAV_KAN,
    derivative="symbolic",
    aliases=("derivative_of_gaussian",),
)
def gaussian_derivative(x: Tensor) -> Tensor:
    """The first derivative of the Gaussian, an odd wavelet.

    Called "dog" in Wav-KAN; in image processing that means a difference of Gaussians.
    """
    held = _held(x)
    return -held * torch.exp(-0.5 * held * held)


@activation(
    formula="exp(-(x - 2*a)^2/b^2) if x >= a else (exp(-x^2/b^2) if x > -a else exp(-(x + 2*a)^2/b^2))",
    paper=KUNC,
    kinks=("-a", "a"),
    aliases=("PRBF", "piecewise_rbf"),
    cases=({"a": 1.5, "b": 2.0},),
    window=(-10, 10),
)
def prbf(x: Tensor, *, a: float = 3.0, b: float = 1.0) -> Tensor:
    """Three Gaussian bells side by side, at -2a, 0 and 2a, each cut off where it meets the next.

    The gradient at -a and a is that of the outer bell.
    """
    distance = torch.where(x >= a, x - 2 * a, torch.where(x > -a, x, x + 2 * a))
    return torch.exp(-_square(distance / b))


@activation(
    formula="2/3 - x^2 + abs(x)^3/2 if abs(x) < 1 else ((2 - abs(x))^3/6 if abs(x) < 2 else 0)",
    paper="Liu, Wang, Vaidya et al. 2024, arXiv:2404.19756",
    derivative="symbolic",
    aliases=("CubicBSpline",),
    window=(-3, 3),
)
def cubic_bspline(x: Tensor) -> Tensor:
    """The cubic B-spline on whole knots: a bell on [-2, 2] with two continuous derivatives, and 0 elsewhere.

    One basis function of KAN, whose edges learn a weighted sum of them over a grid, added to a SiLU.
    """
    # A conditional and not abs, whose derivative 0 at 0 would lose the second derivative there.
    size = torch.where(x < 0, -x, x)
    outer, inner = (2 - size).clamp(min=0), (1 - size).clamp(min=0)
    return (outer * outer * outer - 4 * inner * inner * inner) / 6
