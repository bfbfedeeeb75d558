"""Activations of implicit neural representations, each with the first weights that its source gives it.

Such a network takes a coordinate in [-1, 1] and returns the signal there. The frequency of the activation decides what
it can represent, and the first weights decide whether it learns that.
"""

import math

from torch import Tensor, cos, exp, finfo, float32, ones_like, promote_types, sin, where, zeros_like

from activations import UniformInit, activation, hookimpl
from activations.catalogue.periodic import finer, siren_sine
from activations.catalogue.wavelet import gaussian_wire

SIREN = "Sitzmann, Martel, Bergman, Lindell, Wetzstein 2020, arXiv:2006.09661"
WIRE = "Saragadam, LeJeune, Tan et al. 2023, arXiv:2301.05187"
OF_TORCH = UniformInit(first="1/sqrt(n)", hidden="1/sqrt(n)", output="1/sqrt(n)")
"""The authors leave these layers as `torch.nn.Linear` makes them."""


@activation(
    formula="sin(omega_0*x)",
    paper=SIREN,
    same_at_defaults={"siren_sine": "this one brings SIREN's first weights"},
    cases=({"omega_0": 10.0},),
    window=(-0.5, 0.5),
    init=UniformInit(first="1/n", hidden="sqrt(6/n)/omega_0", output="sqrt(6/n)/omega_0"),
)
def inr_siren(x: Tensor, *, omega_0: float = 30.0) -> Tensor:
    """The sine of SIREN with its initialisation.

    Behind a hidden layer omega_0 times the weighted sum is then about standard normal. The biases, which the paper
    leaves to torch, come on top of it: their part is omega_0/sqrt(3*n), about 1 for the 256 units of the paper.
    """
    return siren_sine.function(x, omega_0=omega_0)


@activation(
    formula="sin(omega*(abs(x) + 1)*x)",
    paper="Liu, Zhu, Zhang et al. 2024, arXiv:2312.02434",
    same_at_defaults={"finer": "this one brings FINER's first weights and wide first biases"},
    cases=({"omega": 5.0},),
    window=(-0.5, 0.5),
    init=UniformInit(first="1/n", first_bias="1", hidden="sqrt(6/n)/omega", output="sqrt(6/n)/omega"),
)
def inr_finer(x: Tensor, *, omega: float = 30.0) -> Tensor:
    """The sine of FINER, whose frequency grows with the size of its input, with its initialisation.

    The first layer's biases choose the frequencies. They are uniform on [-1, 1], as in the authors' experiments with
    distance fields; a benchmark's scale of 3 or 10 widens them to as much. Weights are those of SIREN.
    """
    return finer.function(x, omega=omega)


@activation(
    formula="cos(omega_0*a)*exp(-(sigma_0*b)^2)",
    paper=WIRE,
    cases=({"omega_0": 20.0, "sigma_0": 30.0}, {"omega_0": 4.0, "sigma_0": 4.0}),
    window=(-0.5, 0.5),
    init=OF_TORCH,
)
def inr_gabor(a: Tensor, b: Tensor, *, omega_0: float = 10.0, sigma_0: float = 10.0) -> Tensor:
    """The real Gabor wavelet of WIRE: a cosine of one linear map under a Gaussian of another.

    Defaults are those of the authors' layer. Their code advises 20 and 30 for images, 4 and 4 for noisy ones. The
    `gabor_real` of the catalogue has one linear map for both.
    """
    wide = promote_types(a.dtype, float32)
    edge = finfo(wide).max ** 0.5 / (1 + abs(sigma_0))  # beyond it the square would overflow, and the Gaussian is 0
    height = exp(-((sigma_0 * b.to(wide).clamp(-edge, edge)) ** 2))
    return (_cosine(a.to(wide), omega_0) * height).to(a.dtype)


@activation(
    formula="exp(-(scale*x)^2)",
    paper=WIRE,
    same_at_defaults={"gaussian_wire": "this one brings the first weights of the experiments"},
    cases=({"scale": 30.0},),
    window=(-0.5, 0.5),
    init=OF_TORCH,
)
def inr_gaussian(x: Tensor, *, scale: float = 10.0) -> Tensor:
    """The Gaussian of the WIRE experiments with its initialisation.

    The default is that of the authors' layer; the FINER experiments take 30. Gaussians in such networks are due to
    Ramasinghe, Lucey 2021, arXiv:2111.15135.
    """
    return gaussian_wire.function(x, scale=scale)


@activation(
    formula="sinc(omega*x/pi)",
    paper="Saratchandran, Ramasinghe, Shevchenko, Long, Lucey 2024, arXiv:2402.05427",
    cases=({"omega": math.pi},),
    window=(-1.0, 1.0),
    special={"-inf": math.nan, "inf": math.nan},
    skip={
        "second-derivative": "at 1e-300 the formula's own one cancels, whatever the digits; the code gives -omega^2/3"
    },
    init=OF_TORCH,
)
def inr_sinc(x: Tensor, *, omega: float = 30.0) -> Tensor:
    """The sinc sin(omega*x)/(omega*x), which encodes signals of limited band best, at a frequency for coordinates.

    The theory leaves omega free; 30, as in SIREN, is our default. The `sinc` of the catalogue has omega = pi.
    """
    phase = omega * x
    near = phase.abs() < 1
    square = where(near, phase, zeros_like(x)) ** 2
    series = ones_like(x)
    for k in range(9, 0, -1):
        series = 1 - square * series / (2 * k * (2 * k + 1))
    wide = x.to(promote_types(x.dtype, float32))
    far = (_sine(wide, omega) / where(near, 1.0, omega * wide)).to(x.dtype)
    return where(near, series, far)


def _sine(x: Tensor, omega: float) -> Tensor:
    """sin(omega*x) from the nearest whole number, whose phase is exact, and the rest."""
    whole = x.round()
    start, rest = omega * whole, omega * (x - whole)
    return sin(start) * cos(rest) + cos(start) * sin(rest)


def _cosine(x: Tensor, omega: float) -> Tensor:
    whole = x.round()
    start, rest = omega * whole, omega * (x - whole)
    return cos(start) * cos(rest) - sin(start) * sin(rest)


@hookimpl
def provide_activations() -> list[object]:
    """Give the registry what this distribution declares."""
    return [inr_siren, inr_finer, inr_gabor, inr_gaussian, inr_sinc]
