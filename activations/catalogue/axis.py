"""Functions over a dimension: each output hangs on several of the values along it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from activations.axis import axis_activation
from activations.lazy import F, mpmath, torch

if TYPE_CHECKING:
    from torch import Tensor

BRIDLE = "Bridle 1990, Advances in Neural Information Processing Systems 2"


def _shares(values: Sequence[Any]) -> list[Any]:
    powers = [mpmath.exp(value) for value in values]
    return [power / mpmath.fsum(powers) for power in powers]


def _shares_of_negatives(values: Sequence[Any]) -> list[Any]:
    return _shares([-value for value in values])


def _logarithms_of_shares(values: Sequence[Any]) -> list[Any]:
    return [mpmath.log(share) for share in _shares(values)]


def _largest_of_pieces(values: Sequence[Any], pieces: int) -> list[Any]:
    return [max(values[start : start + pieces]) for start in range(0, len(values), pieces)]


def _both_parts(values: Sequence[Any]) -> list[Any]:
    return [value if value > 0 else value * 0 for value in [*values, *(-value for value in values)]]


def _nearest_distribution(values: Sequence[Any]) -> list[Any]:
    """The projection onto the simplex, by trying all thresholds: the right one makes the sum 1."""
    for count in range(1, len(values) + 1):
        kept = sorted(values)[-count:]
        threshold = (mpmath.fsum(kept) - 1) / count
        result = [max(value - threshold, value * 0) for value in values]
        if abs(mpmath.fsum(result) - 1) < mpmath.mpf(10) ** (10 - mpmath.mp.dps):
            return result
    return []


def _sorted_groups(values: Sequence[Any], group_size: int) -> list[Any]:
    groups = [values[start : start + group_size] for start in range(0, len(values), group_size)]
    return [value for group in groups for value in sorted(group)]


def _groups(x: Tensor, dim: int, size: int) -> Tensor:
    """The values along dimension `dim`, counted from 0, in groups of neighbours, which lie along the one after it."""
    return x.reshape(*x.shape[:dim], x.shape[dim] // size, size, *x.shape[dim + 1 :])


@axis_activation(
    formula="exp(x_i) / sum_j exp(x_j)",
    reference=_shares,
    paper=BRIDLE,
    permutation="equivariant",
    native="torch.nn.functional.softmax(dim)",
)
def softmax(x: Tensor, *, dim: int = -1) -> Tensor:
    """Positive shares that sum to 1 along the dimension, in the ratios of the exponentials.

    torch's own module warns without `dim`; here it is the last dimension.
    """
    return F.softmax(x, dim=dim)


@axis_activation(
    formula="exp(-x_i) / sum_j exp(-x_j)",
    reference=_shares_of_negatives,
    paper=BRIDLE,
    permutation="equivariant",
    native="torch.nn.functional.softmin(dim)",
)
def softmin(x: Tensor, *, dim: int = -1) -> Tensor:
    """The softmax of the negative input: the smallest value gets the largest share."""
    return F.softmin(x, dim=dim)


@axis_activation(
    formula="x_i - log(sum_j exp(x_j))",
    reference=_logarithms_of_shares,
    paper=BRIDLE,
    permutation="equivariant",
    native="torch.nn.functional.log_softmax(dim)",
)
def log_softmax(x: Tensor, *, dim: int = -1) -> Tensor:
    """The logarithm of the softmax, finite where a share underflows."""
    return F.log_softmax(x, dim=dim)


@axis_activation(
    formula="exp(x_c) / sum_k exp(x_k) over the channels of each pixel",
    reference=_shares,
    paper=BRIDLE,
    dim=-3,
    ranks=(3, 4),
    permutation="equivariant",
)
def softmax2d(x: Tensor) -> Tensor:
    """The softmax over the channels of images of shape (N, C, H, W) or (C, H, W)."""
    return F.softmax(x, dim=-3)


@axis_activation(
    formula="x_i - t or 0, whichever is larger, with the t for which they sum to 1",
    reference=_nearest_distribution,
    paper="Martins, Astudillo 2016, arXiv:1602.02068",
    permutation="equivariant",
    kinks="Where a value equals the threshold t it has a kink; the gradient taken there is the one without that value.",
)
def sparsemax(x: Tensor, *, dim: int = -1) -> Tensor:
    """The nearest point of the probability simplex: shares that sum to 1 and of which many are exactly 0."""
    # Which values get a share is decided on sorted ones that carry no gradient; a value 1 below the largest gets none.
    ordered = x.detach().movedim(dim, -1).sort(dim=-1, descending=True).values
    top = ordered[..., :1]
    wide = torch.promote_types(x.dtype, torch.float32)  # for sums and counts of half types
    gaps = (ordered - top).clamp(min=-1).to(wide)
    ranks = torch.arange(1, gaps.shape[-1] + 1, device=x.device, dtype=wide)
    leading = 1 + ranks * gaps > gaps.cumsum(-1)
    threshold = (torch.where(leading, gaps, 0).sum(-1, keepdim=True) - 1) / leading.sum(-1, keepdim=True)
    # The same threshold from the values themselves: its derivative in each of them is one over their number.
    z = x - top.movedim(-1, dim)
    kept = z.detach() > threshold.movedim(-1, dim)
    total = torch.where(kept, z, 0).sum(dim, keepdim=True, dtype=wide)
    threshold = (total - 1) / kept.sum(dim, keepdim=True)
    return torch.relu(z - threshold.to(x.dtype))


@axis_activation(
    formula="the maximum of x_(k*i) to x_(k*i + k - 1), with k = pieces",
    reference=_largest_of_pieces,
    paper="Goodfellow, Warde-Farley, Mirza, Courville, Bengio 2013, arXiv:1302.4389",
    divisor="pieces",
    permutation="invariant",
    kinks="Where the largest values of a group are equal it has a kink; the gradient taken there is shared equally.",
    cases=({"pieces": 3},),
)
def maxout(x: Tensor, *, dim: int = -1, pieces: int = 2) -> Tensor:
    """The largest of each group of neighbouring channels: the size along the dimension is divided by `pieces`.

    The paper's affine maps are not part of it: put a linear layer or a convolution with `pieces` times as many outputs
    before it. Neighbours form a group, as in most libraries; weights of one that takes every k-th channel have to be
    reordered. For two inputs instead of one there is `maxout2`.
    """
    axis = dim % x.dim()
    return _groups(x, axis, pieces).amax(axis + 1)


@axis_activation(
    formula="max(x_i, 0), then max(-x_i, 0)",
    reference=_both_parts,
    paper="Shang, Sohn, Almeida, Lee 2016, arXiv:1603.05201",
    kinks="At 0 it has a kink; the gradient taken there is 0.",
    aliases=("CReLU", "concatenated_relu"),
)
def crelu(x: Tensor, *, dim: int = -1) -> Tensor:
    """Positive and negative parts one after the other: the size along the dimension is doubled."""
    return torch.cat((torch.relu(x), torch.relu(-x)), dim)


@axis_activation(
    formula="x_(k*i) to x_(k*i + k - 1) in ascending order, with k = group_size",
    reference=_sorted_groups,
    paper="Anil, Lucas, Grosse 2019, arXiv:1811.05381",
    divisor="group_size",
    permutation="invariant",
    kinks="Where values of a group are equal it has a kink; the gradient taken there is that of one of the orders.",
    cases=({"group_size": 3},),
)
def group_sort(x: Tensor, *, dim: int = -1, group_size: int = 2) -> Tensor:
    """The values of each group of neighbouring channels in ascending order; gradients keep their norm.

    For groups of two it is MaxMin up to the order within each pair.
    """
    axis = dim % x.dim()
    return _groups(x, axis, group_size).sort(axis + 1).values.flatten(axis, axis + 1)
