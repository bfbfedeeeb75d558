"""Forward and backward of our modules against other ways to compute the same activation, as ratios.

Compared are the plain eager formula (`formula.to_torch()`), torch's own function, and timm's modules where timm can be
imported. All are measured alternately and the medians of the ratios are printed, so that a busy machine slows all
alike: below 1 ours is faster, or keeps less for the backward pass. Memory is what autograd saves, each tensor counted
once, in units of the input. Run `python benchmarks/kernels.py [ACTIVATION...] [--size N] [--rounds N] [--json]`.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from activations import create
from activations.declare import Variant
from activations.registry import default_registry

NAMES = ["relu", "elu", "hardswish", "softplus", "silu", "gelu", "mish", "quick_gelu", "tanhexp", "serf", "squareplus"]
# timm's forms with the backward pass written by hand come first, as in its factory.
TIMM = {
    "silu": ("activations_me.SwishMe", "activations.Swish"),
    "mish": ("activations_me.MishMe", "activations.Mish"),
    "hardswish": ("activations_me.HardSwishMe", "activations.HardSwish"),
    "hardsigmoid": ("activations_me.HardSigmoidMe", "activations.HardSigmoid"),
    "hard_mish": ("activations_me.HardMishMe", "activations.HardMish"),
    "gelu": ("activations.GELU",),
    "gelu_tanh": ("activations.GELUTanh",),
    "quick_gelu": ("activations.QuickGELU",),
}

Function = Callable[..., Tensor]


def contenders(variant: Variant) -> dict[str, Function]:
    """All ways to compute it, ours first."""
    formula = variant.activation.formula.to_torch()
    values = dict(variant.values)
    names = variant.activation.inputs

    def eager(*inputs: Tensor) -> Tensor:
        return formula(**dict(zip(names, inputs, strict=True)), **values)

    found: dict[str, Function] = {"ours": create(variant), "formula": eager}
    native = variant.activation.native
    if native is not None and native.takes(values, variant.activation.defaults):
        found["torch"] = native.bind(values)
    for path in TIMM.get(variant.label, ()):
        module, _, name = path.rpartition(".")
        try:
            found[f"timm {name}"] = getattr(importlib.import_module(f"timm.layers.{module}"), name)()
        except (ImportError, RuntimeError):  # absent, or built for another torch
            break
    return found


def seconds(function: Function, inputs: list[Tensor]) -> float:
    """The time of the processor for one forward and backward pass; what else runs on it does not count."""
    start = time.process_time()
    value = function(*inputs)
    torch.autograd.grad(value, inputs, torch.ones_like(value))
    return time.process_time() - start


def saved_bytes(function: Function, inputs: list[Tensor]) -> int:
    """The bytes that autograd keeps for the backward pass, each storage once."""
    kept: dict[int, tuple[Tensor, int]] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        # The tensor is held, so that no other one gets its address.
        kept[storage.data_ptr()] = (tensor, storage.nbytes())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        value = function(*inputs)
    del value
    return sum(size for _, size in kept.values())


def compare(variant: Variant, size: int, rounds: int, dtype: torch.dtype) -> dict[str, Any]:
    """Ratios of ours to each of the others."""
    torch.manual_seed(0)
    inputs = [torch.randn(size, dtype=dtype).requires_grad_() for _ in range(variant.inputs)]
    functions = contenders(variant)
    kept = {name: saved_bytes(function, inputs) for name, function in functions.items()}
    for function in functions.values():
        seconds(function, inputs)
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            times[name].append(seconds(function, inputs))
    unit = size * inputs[0].element_size()
    return {
        "activation": variant.label,
        "size": size,
        "microseconds": statistics.median(times["ours"]) * 1e6,
        "saved": kept["ours"] / unit,
        "against": {
            name: {
                "time": statistics.median(ours / other for ours, other in zip(times["ours"], times[name], strict=True)),
                "saved": kept[name] / unit,
                "saved_ratio": kept["ours"] / kept[name] if kept[name] else None,
            }
            for name in functions
            if name != "ours"
        },
    }


def main() -> None:
    """Print a line per activation, size and contender."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("activations", nargs="*", default=NAMES, metavar="ACTIVATION")
    parser.add_argument("--size", type=int, action="append", help="elements of the input (again for more sizes)")
    parser.add_argument("--rounds", type=int, default=11, help="measurements of each")
    parser.add_argument("--dtype", default="float32", choices=["float32", "float64", "bfloat16", "float16"])
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    torch.set_num_threads(1)
    measured = functools.partial(compare, rounds=options.rounds, dtype=getattr(torch, options.dtype))
    rows = []
    if not options.json:
        print(f"torch {torch.__version__}, {options.dtype}, one thread; ratios ours / other, below 1 is better")
        print(f"{'activation':16} {'elements':>9} {'ours':>11} {'saved':>7}  {'against':22} {'time':>6} {'saved':>7}")
    for size in options.size or [1_000, 200_000]:
        for name in options.activations:
            row = measured(default_registry().variant(name), size)
            rows.append(row)
            if not options.json:
                _print(row)
    if options.json:
        print(json.dumps(rows, indent=1))


def _print(row: dict[str, Any]) -> None:
    head = f"{row['activation']:16} {row['size']:9} {row['microseconds']:8.1f} us {row['saved']:5.2f} x"
    for name, other in row["against"].items():
        saved = "–" if other["saved_ratio"] is None else f"{other['saved_ratio']:.2f}"
        print(f"{head}  {name:22} {other['time']:6.2f} {saved:>7}")
        head = " " * len(head)


if __name__ == "__main__":
    main()
