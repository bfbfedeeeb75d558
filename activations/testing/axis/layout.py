"""Checks of tensors: dimensions, memory layouts, sizes, dtypes, and permutations along the dimension."""

from __future__ import annotations

import random
from collections.abc import Iterator

import torch
from torch import Tensor

from activations.axis import AxisVariant
from activations.errors import CheckFailedError
from activations.testing.axis.samples import LONG, along, inputs, random_like, rows
from activations.testing.outcome import Measured
from activations.testing.values import DTYPES

__all__ = ["check_dtypes", "check_permutation", "check_shapes", "check_sizes"]

EXACT = 1e-13
ROUNDINGS = 16.0


def check_shapes(variant: AxisVariant) -> Measured:
    """Along any dimension and in any memory layout each row gives what it gives alone; inputs stay untouched."""
    looked = 0
    for name, x, dim in _layouts(variant):
        chosen = {} if variant.activation.fixed_dim is not None else {"dim": dim}
        before = x.clone()
        result = variant(x, **chosen)
        place = f"{name} input of shape {list(x.shape)} along dimension {dim}"
        if not torch.equal(x, before):
            raise CheckFailedError(f"it changes its {place} in place")
        if not torch.equal(result, variant(x, **chosen)):
            raise CheckFailedError(f"two calls on the same {place} differ; the body must be deterministic")
        size = variant.activation.output_size(x.shape[dim], **{**dict(variant.values), **chosen})
        expected = list(x.shape)
        expected[dim] = size
        if list(result.shape) != expected:
            raise CheckFailedError(f"{place} gives the shape {list(result.shape)}, expected {expected}")
        flat = before.movedim(dim, -1).reshape(-1, x.shape[dim])
        alone = [along(variant, row[None])[0] for row in flat]
        if alone and not torch.allclose(
            result.movedim(dim, -1).reshape(-1, size), torch.stack(alone), rtol=EXACT, atol=EXACT
        ):
            raise CheckFailedError(f"{place} gives other values than its rows one by one")
        looked += 1
    return Measured(f"{looked} inputs along any dimension: transposed, strided, expanded, empty, batches")


def check_sizes(variant: AxisVariant) -> Measured:
    """Every size that fits works, none at all too; others, other ranks and integers are refused with what to give."""
    item, step = variant.activation, variant.step
    for size in range(0, 3 * step + 1):
        x = inputs(variant, torch.ones(2, size, dtype=torch.float64))
        if not size % step:
            try:
                variant(x)
            except Exception as error:
                raise CheckFailedError(f"size {size} raises {type(error).__name__}: {error}") from None
            continue
        below = size - size % step
        fitting = [str(good) for good in (below, below + step) if good]
        _require_refusal(variant, x, ValueError, fitting)
    x = inputs(variant, torch.ones(2, step, dtype=torch.float64))
    _require_refusal(variant, x.long(), TypeError, ["floating"])
    _require_refusal(variant, torch.ones(()), ValueError, [])
    if item.ranks:
        for rank in set(range(1, 7)) - set(item.ranks):
            _require_refusal(variant, torch.ones([step] * rank), ValueError, list(map(str, item.ranks)))
    else:
        for dim in (x.dim(), -x.dim() - 1):
            _require_refusal(item.variant(**{**dict(variant.values), "dim": dim}), x, IndexError, [str(x.dim() - 1)])
    return Measured(f"sizes 0 to {3 * step}, ranks, dimensions that do not exist, integers")


def check_dtypes(variant: AxisVariant) -> Measured:
    """Every floating dtype and the device are kept, and low precision is accurate to its own rounding."""
    largest, where = 0.0, ""
    for dtype in DTYPES:
        for group in rows(variant, scales=(0.3, 1.0, 4.0)):
            x = torch.tensor(group, dtype=dtype)
            weights = random_like(along(variant, x))
            if weights.dtype != dtype:
                raise CheckFailedError(f"{dtype} input gives {weights.dtype}; keep the input's dtype")
            got, want = _value_and_slope(variant, x, weights), _value_and_slope(variant, x.double(), weights.double())
            # A handful of roundings of the largest number that the row's results are made of.
            scales = [want[0].abs().amax(1, keepdim=True), weights.double().abs().amax(1, keepdim=True)]
            for what, result, exact, scale in zip(("value", "gradient"), got, want, scales, strict=True):
                error = (result.double() - exact).abs() / (torch.finfo(dtype).eps * (scale + exact.abs()) + 1e-300)
                seen = float(error.nan_to_num(float("inf")).max())
                if seen > ROUNDINGS:
                    raise CheckFailedError(f"{what} in {dtype} is off by {seen:.3g} roundings for rows like {group[0]}")
                if seen > largest:
                    largest, where = seen, f"{what} in {dtype}"
    on_meta = variant(inputs(variant, torch.ones(2, variant.step, device="meta")))
    if on_meta.device.type != "meta":
        raise CheckFailedError(f"input on the device 'meta' gives a result on {on_meta.device}")
    return Measured(f"{len(DTYPES)} dtypes and the device kept; error in units of the dtype's rounding", largest, where)


def check_permutation(variant: AxisVariant) -> Measured:
    """A permutation along the dimension does what is declared, and nothing else that could be declared."""
    step = variant.step
    if variant.activation.divisor and step == 1:
        return Measured("there is nothing to permute in groups of one", applies=False)
    holds = {"equivariant": True, "invariant": True}
    # Without groups a permutation mixes the whole row.
    for group in rows(variant):
        x = torch.tensor(group, dtype=torch.float64)
        length = step if variant.activation.divisor else x.shape[1]
        for seed in range(3):
            source = random.Random(seed)
            order = [
                start + place
                for start in range(0, x.shape[1], length)
                for place in source.sample(range(length), length)
            ]
            plain, permuted = along(variant, x), along(variant, x[:, order])
            moved = plain[:, order] if plain.shape == x.shape else None
            holds["equivariant"] &= moved is not None and torch.allclose(permuted, moved, rtol=1e-12, atol=1e-14)
            holds["invariant"] &= torch.allclose(permuted, plain, rtol=1e-12, atol=1e-14)
    declared = variant.activation.permutation
    if declared and not holds[declared]:
        raise CheckFailedError(f"it is declared {declared} under permutations along the dimension, and is not")
    others = [name for name, held in holds.items() if held and name != declared]
    if others:
        raise CheckFailedError(f"it is {others[0]} under permutations; declare permutation={others[0]!r}")
    return Measured(f"{declared or 'neither equivariant nor invariant'} under permutations along the dimension")


def _layouts(variant: AxisVariant) -> Iterator[tuple[str, Tensor, int]]:
    """Inputs with the dimension to work along, each dimension once where there is a choice."""
    step, fixed = variant.step, variant.activation.fixed_dim
    allowed = variant.activation.ranks or (1, 2, 3, 4)
    for rank in allowed:
        shape = [2 * step, step, 3 * step, step][:rank]
        for dim in range(rank) if fixed is None else [fixed]:
            yield "contiguous", _filled(shape), dim
            yield "contiguous", _filled(shape), dim % rank - rank
    rank = variant.least_rank(2)
    for dim in (0, rank - 1) if fixed is None else [fixed]:
        others = [i for i in range(rank) if i != dim % rank]
        long = [2] * rank
        long[dim] = -(-LONG // step) * step
        yield "transposed", _filled(long[::-1]).permute(*reversed(range(rank))), dim
        yield "strided", _filled([2 * size for size in long])[(slice(None, None, 2),) * rank], dim
        narrow = list(long)
        narrow[others[0]] = 1
        yield "expanded", _filled(narrow).expand(long), dim
        empty = list(long)
        empty[others[0]] = 0
        yield "empty", _filled(empty), dim
        same = list(long)
        same[dim] = 1
        yield "expanded along it", _filled(same).expand(long), dim
    if 4 in allowed:
        dim = 1 if fixed is None else fixed
        yield "channels-last", _filled([2, 2 * step, 3, 4]).to(memory_format=torch.channels_last), dim


def _value_and_slope(variant: AxisVariant, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    leaf = x.clone().requires_grad_()
    value = along(variant, leaf)
    return value.detach(), torch.autograd.grad(value, leaf, weights)[0]


def _filled(shape: list[int]) -> Tensor:
    return random_like(torch.empty(shape, dtype=torch.float64), seed=len(shape))


def _require_refusal(variant: AxisVariant, x: Tensor, expected: type[Exception], words: list[str]) -> None:
    """Raise unless the function refuses the input with the right error and words that tell what to give."""
    place = f"{str(x.dtype).removeprefix('torch.')} input of shape {list(x.shape)}"
    try:
        variant(x)
    except expected as error:
        told = str(error)
        lacking = [word for word in words if word not in told]
        if lacking:
            raise CheckFailedError(f"{place}: the error {told!r} does not say {' and '.join(lacking)}") from None
    except Exception as error:
        raise CheckFailedError(f"{place} raises {type(error).__name__}, not {expected.__name__}: {error}") from None
    else:
        raise CheckFailedError(f"{place} is accepted; raise {expected.__name__}")
