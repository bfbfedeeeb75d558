"""Checks of tensors: shapes, memory layouts, dtypes, devices, and a leading axis of runs."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from activations.declare import Variant
from activations.errors import CheckFailedError
from activations.testing.oracle import describe, points
from activations.testing.outcome import Measured
from activations.testing.values import DTYPES, tensors

__all__ = ["check_dtypes", "check_run_axis", "check_shapes"]


def _sample(variant: Variant, *shape: int) -> list[Tensor]:
    """Inputs of a shape, filled with points away from kinks."""
    at = points(variant, 97, reach=5.0, tiny=False)
    columns = tensors(at)
    size = math.prod(shape)
    return [column.repeat(size // len(at) + 1)[:size].reshape(shape) for column in columns]


def check_shapes(variant: Variant) -> Measured:
    """Any shape and memory layout gives, element by element, what single elements give; inputs stay untouched."""
    layouts = {
        "0-d": _sample(variant),
        "empty": _sample(variant, 0, 3),
        "1-d": _sample(variant, 7),
        "8-d": _sample(variant, 1, 2, 1, 2, 1, 2, 1, 2),
        "transposed": [x.t() for x in _sample(variant, 5, 4)],
        "strided": [x[:, ::2] for x in _sample(variant, 3, 8)],
        "expanded": [x.expand(4, 3) for x in _sample(variant, 1, 3)],
        "channels-last": [x.to(memory_format=torch.channels_last) for x in _sample(variant, 2, 3, 4, 5)],
    }
    for layout, inputs in layouts.items():
        before = [x.clone() for x in inputs]
        result = variant(*inputs)
        if result.shape != inputs[0].shape:
            raise CheckFailedError(f"{layout} input of shape {_shape(inputs[0])} gives shape {_shape(result)}")
        if any(not torch.equal(x, copy) for x, copy in zip(inputs, before, strict=True)):
            raise CheckFailedError(f"it changes its {layout} input in place")
        if not torch.equal(result, variant(*inputs)):
            raise CheckFailedError(f"two calls on the same {layout} input differ; the body must be deterministic")
        single = [variant(*(x.flatten()[i] for x in before)) for i in range(result.numel())]
        if single and not torch.allclose(result.flatten(), torch.stack(single), rtol=1e-13, atol=1e-300):
            raise CheckFailedError(f"{layout} input gives other values than its elements one by one")
    return Measured(f"{len(layouts)} layouts: {', '.join(layouts)}")


def check_dtypes(variant: Variant) -> Measured:
    """Every floating dtype and the device are kept, and low precision is accurate to its own rounding."""
    at = points(variant, 61, reach=8.0, tiny=False)
    largest, where = 0.0, ""
    for dtype in DTYPES:
        inputs = tensors(at, dtype)
        result = variant(*inputs)
        if result.dtype != dtype:
            raise CheckFailedError(f"{dtype} input gives {result.dtype}; keep the input's dtype")
        exact = variant(*(x.double() for x in inputs))
        # A handful of roundings, of the result and of the input's image: the slope carries the latter.
        epsilon = torch.finfo(dtype).eps
        allowed = 16 * epsilon * (exact.abs() + exact.abs().clamp(max=1.0).max())
        error = 16 * (result.double() - exact).abs() / allowed
        if not bool((error <= 16).all()):
            worst_at = int(error.nan_to_num(math.inf).argmax())
            raise CheckFailedError(
                f"value in {dtype} is {result[worst_at].item():.6g} at {describe(variant, at[worst_at])}, "
                f"in float64 {exact[worst_at].item():.6g}"
            )
        if float(error.max()) > largest:
            largest, where = float(error.max()), f"{dtype}, {describe(variant, at[int(error.argmax())])}"
    on_meta = variant(*(x.to("meta") for x in tensors(at)))
    if on_meta.device.type != "meta":
        raise CheckFailedError(f"input on the device 'meta' gives a result on {on_meta.device}")
    return Measured(f"{len(DTYPES)} dtypes and the device kept; error in units of the dtype's rounding", largest, where)


def check_run_axis(variant: Variant) -> Measured:
    """Parameters of shape [runs, 1, 1] over inputs of shape [runs, n, m] give what each run gives alone."""
    runs = 3
    inputs = _sample(variant, runs, 5, 4)
    factors = torch.tensor([1.0, 1.25, 0.75], dtype=torch.float64)
    settings = {name: value * factors if value else 0.1 * (factors - 1) for name, value in variant.values}
    together = variant(*inputs, **{name: values.view(runs, 1, 1) for name, values in settings.items()})
    if together.shape != inputs[0].shape:
        raise CheckFailedError(f"parameters of shape [{runs}, 1, 1] give shape {_shape(together)}")
    largest = 0.0
    for run in range(runs):
        alone = variant(*(x[run] for x in inputs), **{name: values[run] for name, values in settings.items()})
        plain = variant(*(x[run] for x in inputs), **{name: float(values[run]) for name, values in settings.items()})
        for other in (alone, plain):
            error = float(((together[run] - other).abs() / (other.abs() + 1e-12)).max())
            if not error <= 1e-11:
                raise CheckFailedError(f"run {run} of {runs} in one tensor differs by {error:.2g} from the run alone")
            largest = max(largest, error)
    return Measured(f"{runs} runs in one tensor against one by one, parameters as tensors and as numbers", largest)


def _shape(tensor: Tensor) -> str:
    return str(list(tensor.shape))
