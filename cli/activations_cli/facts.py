"""What `show` tells about an activation, as labelled texts and as JSON."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

from activations.errors import ExpressionError
from activations_cli.output import significant

if TYPE_CHECKING:
    from activations.axis import AxisVariant
    from activations.declare import Variant
    from activations.expression import Expression
    from activations.properties import Properties

__all__ = ["description", "measured_facts", "source_facts", "stated_facts"]

Facts = list[tuple[str, str]]

SMOOTHNESS = {
    "discontinuous": "it jumps",
    "C0": "continuous, with kinks",
    "C1": "once continuously differentiable",
    "C2": "twice continuously differentiable",
    "smooth": "smooth",
}
LONGEST_LIST = 8
NOISE = 1e-12  # of what is measured in double precision


def description(variant: Variant, properties: Properties, origin: str) -> dict[str, Any]:
    """Everything about an activation for JSON."""
    item = variant.activation
    slopes = derivatives(variant)
    return {
        "name": item.name,
        "kind": "elementwise",
        "label": variant.label,
        "summary": item.summary,
        "notes": item.notes,
        "signature": item.signature,
        "inputs": list(item.inputs),
        "parameters": dict(variant.values),
        "learnable": list(variant.learnable),
        "formula": str(item.formula),
        "latex": item.formula.latex(),
        "derivative": {name: str(slope) if slope else None for name, slope in slopes.items()},
        "derivative_latex": {name: slope.latex() if slope else None for name, slope in slopes.items()},
        "properties": properties.to_dict(),
        "paper": item.paper,
        "native": str(item.native) if item.native else None,
        "init": item.init.formulas if item.init else None,
        "aliases": list(item.aliases),
        "family": item.family,
        "origin": origin,
        "source": item.source,
        "window": list(item.window),
    }


def derivatives(variant: Variant) -> dict[str, Expression | None]:
    """The symbolic derivative by each input; None where it would fill pages."""
    found: dict[str, Expression | None] = {}
    for name in variant.activation.inputs:
        try:
            found[name] = variant.activation.formula.derivative(name)
        except ExpressionError:
            found[name] = None
    return found


def stated_facts(variant: Variant, latex: bool) -> Facts:
    """Formula, derivative and parameters."""
    item = variant.activation
    slopes = derivatives(variant)
    titles = {name: "derivative" if len(slopes) == 1 else f"d/d{name}" for name in slopes}
    facts = [("formula", str(item.formula))]
    facts += [(titles[name], str(slope) if slope else "too long to print") for name, slope in slopes.items()]
    if latex:
        facts.append(("LaTeX", item.formula.latex()))
        facts += [(f"{titles[name]}, LaTeX", slope.latex()) for name, slope in slopes.items() if slope]
    facts.append(("parameters", parameters_text(variant)))
    if item.init:
        facts.append(("first weights", f"uniform, bounds {item.init}"))
    return facts


def parameters_text(variant: Variant) -> str:
    """Values, defaults that were changed, and what is learnt."""
    parts = []
    for name, value in variant.values:
        default = variant.activation.defaults[name]
        remarks = [f"default {default:.4g}"] if value != default else []
        remarks += ["learnable"] if name in variant.learnable else []
        parts.append(f"{name}={value:.4g}" + (f" ({', '.join(remarks)})" if remarks else ""))
    return ", ".join(parts) or "none"


def measured_facts(variant: Variant, properties: Properties) -> Facts:
    """The properties in words, those that make no sense left out."""
    facts: Facts = []
    if properties.range is not None:
        low, high = properties.range
        left, right = "[" if low.attained else "(", "]" if high.attained else ")"
        facts.append(("range", f"{left}{short(low.value)}, {short(high.value)}{right}"))
    if variant.inputs == 1:
        facts.append(("shape", shape_text(properties)))
        facts.append(("kinks", places(properties.kinks)))
        if properties.jumps:
            facts.append(("jumps", places(properties.jumps)))
        facts.append(("zeros", places(properties.zeros)))
        facts.append(("fixed points", places(properties.fixed_points)))
    if properties.lipschitz is not None:
        facts.append(("steepest slope", short(properties.lipschitz)))
    if properties.asymptotes is not None:
        left_line, right_line = (line_text(line) for line in properties.asymptotes)
        facts.append(("asymptotes", f"left {left_line}, right {right_line}"))
    if properties.moments is not None:
        moments = properties.moments
        facts.append(("for normal input", f"mean {short(moments.mean)}, mean square {short(moments.mean_square)}"))
    if properties.gain is not None:
        torch_gain = "" if properties.torch_gain is None else f" (torch recommends {short(properties.torch_gain)})"
        facts.append(("gain", f"{short(properties.gain)}{torch_gain}"))
    return facts


def shape_text(properties: Properties) -> str:
    """Monotonicity, parity, curvature and smoothness in one line."""
    words: list[str] = [properties.monotone or "not monotone", properties.parity or "", properties.curvature or ""]
    words.append(SMOOTHNESS.get(properties.smoothness or "", ""))
    return " · ".join(word for word in words if word)


def source_facts(variant: Variant | AxisVariant) -> Facts:
    """Where it comes from and where it is."""
    item = variant.activation
    facts = [("source", item.paper)]
    if item.native:
        facts.append(("in torch", str(item.native)))
    if item.aliases:
        facts.append(("also called", ", ".join(item.aliases)))
    facts.append(("write", f'activations.create("{variant.label}")'))
    if ":" in item.source:
        facts.append(("declared in", near(item.source)))
    return facts


def near(source: str) -> str:
    """A path below the current folder without that folder."""
    try:
        here = os.getcwd() + os.sep
    except OSError:  # the current folder was deleted
        return source
    return source.removeprefix(here)


def places(values: Any) -> str:
    """Positions and intervals: 0, 1.5, [2, ∞)."""
    if values is None:
        return "–"
    shown = [interval_text(*value) if isinstance(value, tuple) else short(value) for value in values]
    more = f" and {len(shown) - LONGEST_LIST} more" if len(shown) > LONGEST_LIST else ""
    return ", ".join(shown[:LONGEST_LIST]) + more or "none"


def interval_text(low: float, high: float) -> str:
    """An interval, open at infinity."""
    left, right = "(" if math.isinf(low) else "[", ")" if math.isinf(high) else "]"
    return f"{left}{short(low)}, {short(high)}{right}"


def line_text(line: Any) -> str:
    """An asymptote as a formula."""
    if line is None:
        return "none"
    if line.slope == 0:
        return short(line.intercept)
    slope = {1.0: "x", -1.0: "-x"}.get(line.slope, f"{short(line.slope)}*x")
    sign = "-" if line.intercept < 0 else "+"
    return slope if line.intercept == 0 else f"{slope} {sign} {short(abs(line.intercept))}"


def short(value: float) -> str:
    """A number with four significant digits, without needless zeros."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if abs(value) < NOISE:
        return "0"
    return significant(value, 4) if value and not 1e-3 <= abs(value) < 1e5 else f"{value:.4g}"
