"""What `show` tells about a function over a dimension, as labelled texts and as JSON."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from activations.axis import AxisVariant

__all__ = ["axis_description", "axis_facts"]

EXAMPLE = (0.5, -1.0, 0.2, 1.0, 0.0, -0.5)
PERMUTED = {
    "equivariant": "permutes the output in the same way",
    "invariant": "within a group leaves the output as it is",
}


def axis_description(variant: AxisVariant, origin: str) -> dict[str, Any]:
    """Everything about a function over a dimension for JSON."""
    item = variant.activation
    numbers, results = example(variant)
    return {
        "name": item.name,
        "kind": "axis",
        "label": variant.label,
        "summary": item.summary,
        "notes": item.notes,
        "signature": item.signature,
        "inputs": list(item.inputs),
        "parameters": dict(variant.values),
        "dim": variant.dim,
        "ranks": list(item.ranks),
        "divisor": item.divisor or None,
        "formula": item.formula,
        "permutation": item.permutation or None,
        "kinks": item.kinks or None,
        "example": {"input": numbers, "output": results},
        "paper": item.paper,
        "native": str(item.native) if item.native else None,
        "aliases": list(item.aliases),
        "family": item.family,
        "origin": origin,
        "source": item.source,
    }


def axis_facts(variant: AxisVariant) -> list[tuple[str, str]]:
    """Formula, parameters, sizes, permutations, kinks, and an example."""
    item = variant.activation
    numbers, results = example(variant)
    facts = [("formula", item.formula), ("parameters", parameters_text(variant)), ("output", output_text(variant))]
    if item.ranks:
        facts.append(("input", f"{' or '.join(map(str, item.ranks))} dimensions; works along dimension {variant.dim}"))
    if item.permutation:
        facts.append(("a permutation", PERMUTED[item.permutation]))
    facts.append(("kinks", item.kinks or "none"))
    facts.append(("for example", f"{listed(numbers)} gives {listed(results)}"))
    return facts


def parameters_text(variant: AxisVariant) -> str:
    """Values, and defaults that were changed."""
    defaults = variant.activation.defaults
    parts = [
        f"{name}={value}" + (f" (default {defaults[name]})" if value != defaults[name] else "")
        for name, value in variant.values
    ]
    return ", ".join(parts) or "none"


def output_text(variant: AxisVariant) -> str:
    """The shape of the output in words."""
    size = 12 * variant.step
    ratio = Fraction(variant.activation.output_size(size, **dict(variant.values)), size)
    if ratio == 1:
        text = "the shape of the input"
    elif ratio.denominator == 1:
        text = f"{ratio.numerator} times the size along the dimension"
    else:
        text = f"{ratio} of the size along the dimension"
    divisor = variant.activation.divisor
    return text + (f", which must be a multiple of {divisor}" if divisor else "")


def example(variant: AxisVariant) -> tuple[list[float], list[float]]:
    """Some numbers along the dimension, and what they give."""
    import torch

    size = -(-4 // variant.step) * variant.step
    numbers = [EXAMPLE[i % len(EXAMPLE)] for i in range(size)]
    shape = [1] * variant.least_rank()
    shape[variant.dim] = size
    return numbers, variant(torch.tensor(numbers, dtype=torch.float64).reshape(shape)).flatten().tolist()


def listed(numbers: list[float]) -> str:
    """Numbers in brackets, with three digits."""
    return f"({', '.join(f'{number:.3g}' for number in numbers)})"
