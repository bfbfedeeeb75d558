"""Torch's elementwise operations, and those of their backward passes, in the operations of a graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from activations.fitting.fused.graph import Graph, Node, Operand

__all__ = ["CONSTANTS", "OPERATIONS", "OVERWRITING", "REFUSED_OVERLOADS", "VIEWS", "Rule"]

Rule: TypeAlias = Callable[..., Node | tuple[Node, ...]]
"""Called with the graph and the arguments of the operation: nodes in place of tensors and of numbers."""

VIEWS: Final = frozenset(
    {"_reshape_alias", "_unsafe_view", "alias", "detach", "detach_", "expand", "lift_fresh", "permute", "select"}
    | {"slice", "squeeze", "t", "transpose", "unsqueeze", "view", "view_as", "positive"}
)
"""Operations whose result lies in the memory of their operand."""

CONSTANTS: Final = frozenset(
    {"empty_like", "full_like", "new_empty", "new_empty_strided", "new_full", "new_ones", "new_zeros"}
    | {"ones_like", "zeros_like"}
)
"""Operations whose result does not depend on the values of their operand."""

OVERWRITING: Final = frozenset({"copy_", "fill_", "zero_"})
"""Operations that do not look at what their first operand holds, which may be memory that nobody has filled."""

REFUSED_OVERLOADS: Final = frozenset({"round.decimals", "where.default"})
"""Overloads that do something else than the operation of the same name."""


def _softplus_limit(graph: Graph) -> float:
    """From here on softplus(x) is x when rounded, so that a threshold beyond changes nothing."""
    return 17.0 if graph.precision == "float32" else 37.0


def _add(graph: Graph, left: Node, right: Node, alpha: Operand = 1.0) -> Node:
    return left | right if left.is_mask and right.is_mask else left + right * alpha


def _sub(graph: Graph, left: Node, right: Node, alpha: Operand = 1.0) -> Node:
    return left - right * alpha


def _rsub(graph: Graph, left: Node, right: Node, alpha: Operand = 1.0) -> Node:
    return right - left * alpha


def _mul(graph: Graph, left: Node, right: Node) -> Node:
    return left & right if left.is_mask and right.is_mask else left * right


def _div(graph: Graph, left: Node, right: Node, rounding_mode: str | None = None) -> Node:
    if rounding_mode is None:
        return left / right
    if rounding_mode == "trunc":
        return graph.apply("trunc", left / right)
    # The quotient may round up to a whole number; without the remainder it is one.
    whole = graph.apply("round", (left - graph.apply("remainder", left, right)) / right)
    return graph.select(graph.apply("eq", right, 0.0), left / right, whole)


def _fmod(graph: Graph, left: Node, right: Node) -> Node:
    size = graph.apply("abs", right)
    rest = graph.apply("remainder", left, size)
    return graph.select((left < 0.0) & (rest > 0.0), rest - size, rest)


def _addcmul(graph: Graph, base: Node, left: Node, right: Node, value: Operand = 1.0) -> Node:
    return base + left * right * value


def _addcdiv(graph: Graph, base: Node, left: Node, right: Node, value: Operand = 1.0) -> Node:
    return base + left / right * value


def _lerp(graph: Graph, start: Node, end: Node, weight: Node) -> Node:
    change = end - start
    return graph.select(weight < 0.5, start + weight * change, end - change * (1.0 - weight))


def _sign(graph: Graph, x: Node) -> Node:
    # torch's sign of NaN is 0.
    return graph.select(x > 0.0, 1.0, graph.select(x < 0.0, -1.0, 0.0))


def _signbit(graph: Graph, x: Node) -> Node:
    return graph.apply("copysign", 1.0, x) < 0.0


def _is_nan(graph: Graph, x: Node) -> Node:
    return graph.apply("ne", x, x)


def _is_infinite(graph: Graph, x: Node) -> Node:
    return graph.apply("eq", graph.apply("abs", x), math.inf)


def _radians(graph: Graph, x: Node) -> Node:
    return x * (math.pi / 180)


def _degrees(graph: Graph, x: Node) -> Node:
    return x * (180 / math.pi)


def _whole_quotient(graph: Graph, left: Node, right: Node) -> Node:
    return _div(graph, left, right, "floor")


def _frac(graph: Graph, x: Node) -> Node:
    return x - graph.apply("trunc", x)


def _square(graph: Graph, x: Node) -> Node:
    return x * x


def _reciprocal(graph: Graph, x: Node) -> Node:
    return 1.0 / x


def _clamp(graph: Graph, x: Node, low: Node | None = None, high: Node | None = None) -> Node:
    # Against constants two comparisons cost less than the care for NaN on both sides; they let NaN pass.
    if low is not None:
        x = graph.select(x < low, low, x) if low.is_constant else graph.apply("max", x, low)
    if high is not None:
        x = graph.select(x > high, high, x) if high.is_constant else graph.apply("min", x, high)
    return x


def _clamp_max(graph: Graph, x: Node, high: Node) -> Node:
    return _clamp(graph, x, None, high)


def _larger_number(graph: Graph, left: Node, right: Node) -> Node:
    return graph.select(_is_nan(graph, left) | (left < right), right, left)


def _smaller_number(graph: Graph, left: Node, right: Node) -> Node:
    return graph.select(_is_nan(graph, left) | (left > right), right, left)


def _heaviside(graph: Graph, x: Node, at_zero: Node) -> Node:
    return graph.select(graph.apply("eq", x, 0.0), at_zero, graph.select(x > 0.0, 1.0, 0.0))


def _nan_to_num(
    graph: Graph, x: Node, nan: Operand | None = None, posinf: Operand | None = None, neginf: Operand | None = None
) -> Node:
    largest = 3.4028234663852886e38 if graph.precision == "float32" else 1.7976931348623157e308
    held = graph.select(graph.apply("eq", x, -math.inf), -largest if neginf is None else neginf, x)
    held = graph.select(graph.apply("eq", x, math.inf), largest if posinf is None else posinf, held)
    return graph.select(_is_nan(graph, x), 0.0 if nan is None else nan, held)


def _masked_fill(graph: Graph, x: Node, mask: Node, value: Node) -> Node:
    return graph.select(mask, value, x)


def _sinc(graph: Graph, x: Node) -> Node:
    angle = x * math.pi
    return graph.select(graph.apply("eq", angle, 0.0), 1.0, graph.apply("sin", angle) / angle)


def _xlogy(graph: Graph, x: Node, y: Node) -> Node:
    product = x * graph.apply("log", y)
    return graph.select(graph.apply("eq", x, 0.0) & ~_is_nan(graph, y), 0.0, product)


def _xlog1py(graph: Graph, x: Node, y: Node) -> Node:
    product = x * graph.apply("log1p", y)
    return graph.select(graph.apply("eq", x, 0.0) & ~_is_nan(graph, y), 0.0, product)


def _logaddexp(graph: Graph, left: Node, right: Node) -> Node:
    for zero, other in ((left, right), (right, left)):
        if zero.equals(0):
            return graph.apply("softplus", other)
    return graph.apply("logaddexp", left, right)


def _ndtr(graph: Graph, x: Node) -> Node:
    return graph.apply("erfc", x * -math.sqrt(0.5)) * 0.5


def _sigmoid_backward(graph: Graph, slope: Node, result: Node) -> Node:
    return slope * (1.0 - result) * result


def _tanh_backward(graph: Graph, slope: Node, result: Node) -> Node:
    return slope * (1.0 - result * result)


def _relu(graph: Graph, x: Node) -> Node:
    return graph.select(x <= 0.0, 0.0, x)


def _threshold(graph: Graph, x: Node, threshold: Node, value: Node) -> Node:
    return graph.select(x <= threshold, value, x)


def _threshold_backward(graph: Graph, slope: Node, x: Node, threshold: Node) -> Node:
    return graph.select(x <= threshold, 0.0, slope)


def _leaky_relu(graph: Graph, x: Node, slope: Operand = 0.01) -> Node:
    return graph.select(x > 0.0, x, x * slope)


def _leaky_relu_backward(graph: Graph, slope: Node, x: Node, leak: Node, is_result: bool = False) -> Node:
    return graph.select(x > 0.0, slope, slope * leak)


def _prelu(graph: Graph, x: Node, weight: Node) -> Node:
    return graph.select(x > 0.0, x, weight * x)


def _prelu_backward(graph: Graph, slope: Node, x: Node, weight: Node) -> tuple[Node, ...]:
    return graph.select(x > 0.0, slope, weight * slope), graph.select(x > 0.0, 0.0, x * slope)


def _elu(graph: Graph, x: Node, alpha: Operand = 1.0, scale: Operand = 1.0, steepness: Operand = 1.0) -> Node:
    height = graph.real(alpha) * scale
    return graph.select(x > 0.0, x * scale, graph.apply("expm1", x * steepness) * height)


def _elu_backward(
    graph: Graph, slope: Node, alpha: Node, scale: Node, steepness: Node, is_result: bool, kept: Node
) -> Node:
    height = alpha * scale
    inner = kept + height if is_result else height * graph.apply("exp", kept * steepness)
    return graph.select(kept > 0.0, slope * scale, slope * steepness * inner)


def _celu(graph: Graph, x: Node, alpha: Operand = 1.0) -> Node:
    return _elu(graph, x, alpha, 1.0, 1.0 / graph.real(alpha))


def _selu(graph: Graph, x: Node) -> Node:
    return _elu(graph, x, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946)


def _hardtanh(graph: Graph, x: Node, low: Operand = -1.0, high: Operand = 1.0) -> Node:
    return _clamp(graph, x, graph.real(low), graph.real(high))


def _hardtanh_backward(graph: Graph, slope: Node, x: Node, low: Node, high: Node) -> Node:
    return graph.select((x > low) & (x < high), slope, 0.0)


def _hardshrink(graph: Graph, x: Node, width: Operand = 0.5) -> Node:
    width = graph.real(width)
    return graph.select((x >= -width) & (x <= width), 0.0, x)


def _shrink_backward(graph: Graph, slope: Node, x: Node, width: Node) -> Node:
    return graph.select((x < -width) | (x > width), slope, 0.0)


def _softshrink(graph: Graph, x: Node, width: Operand = 0.5) -> Node:
    width = graph.real(width)
    inner = graph.select(x < -width, x + width, x * 0.0)  # the product keeps NaN
    return graph.select(x > width, x - width, inner)


def _softplus(graph: Graph, x: Node, beta: Operand = 1.0, threshold: Operand = 20.0) -> Node:
    steep = x * beta
    limit = graph.real(threshold)
    smooth = graph.apply("softplus", steep) / beta
    if limit.is_constant and limit.number >= _softplus_limit(graph):
        return smooth
    return graph.select(steep > limit, x, smooth)


def _softplus_backward(graph: Graph, slope: Node, x: Node, beta: Node, threshold: Node) -> Node:
    steep = x * beta
    smooth = slope * graph.apply("sigmoid", steep)
    if threshold.is_constant and threshold.number >= _softplus_limit(graph):
        return smooth
    return graph.select(steep > threshold, slope, smooth)


def _log_sigmoid_forward(graph: Graph, x: Node) -> tuple[Node, ...]:
    # The second result is what torch keeps for the backward pass, which is written here without it.
    return -graph.apply("softplus", -x), graph.constant(0.0)


def _log_sigmoid_backward(graph: Graph, slope: Node, x: Node, kept: Node) -> Node:
    return slope * graph.apply("sigmoid", -x)


def _silu(graph: Graph, x: Node) -> Node:
    return x * graph.apply("sigmoid", x)


def _silu_backward(graph: Graph, slope: Node, x: Node) -> Node:
    share = graph.apply("sigmoid", x)
    return slope * share * (1.0 + x * (1.0 - share))


def _mish(graph: Graph, x: Node) -> Node:
    return x * graph.apply("tanh", graph.apply("softplus", x))


def _mish_backward(graph: Graph, slope: Node, x: Node) -> Node:
    gate = graph.apply("tanh", graph.apply("softplus", x))
    return slope * (gate + x * graph.apply("sigmoid", x) * (1.0 - gate * gate))


def _hardsigmoid(graph: Graph, x: Node) -> Node:
    return _clamp(graph, x + 3.0, graph.constant(0.0), graph.constant(6.0)) / 6.0


def _hardsigmoid_backward(graph: Graph, slope: Node, x: Node) -> Node:
    return graph.select((x > -3.0) & (x < 3.0), slope / 6.0, 0.0)


def _hardswish(graph: Graph, x: Node) -> Node:
    return x * _clamp(graph, x + 3.0, graph.constant(0.0), graph.constant(6.0)) / 6.0


def _hardswish_backward(graph: Graph, slope: Node, x: Node) -> Node:
    inner = graph.select(x >= 3.0, slope, slope * (x / 3.0 + 0.5))
    return graph.select(x <= -3.0, 0.0, inner)


def _gelu_gate(graph: Graph, x: Node) -> tuple[Node, Node]:
    """The gate of the tanh form, 0 to 1, and the slope of what is inside it."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
    return graph.apply("sigmoid", 2.0 * inner), math.sqrt(2 / math.pi) * (1.0 + 3 * 0.044715 * x * x)


def _gelu(graph: Graph, x: Node, approximate: str = "none") -> Node:
    return x * (_ndtr(graph, x) if approximate == "none" else _gelu_gate(graph, x)[0])


def _gelu_backward(graph: Graph, slope: Node, x: Node, approximate: str = "none") -> Node:
    if approximate == "none":
        density = graph.apply("exp", x * x * -0.5) * (1 / math.sqrt(2 * math.pi))
        return slope * (_ndtr(graph, x) + x * density)
    gate, steepness = _gelu_gate(graph, x)
    return slope * (gate + x * 2.0 * gate * (1.0 - gate) * steepness)


def _logit(graph: Graph, x: Node, eps: Node | None = None) -> Node:
    if eps is not None:
        x = _clamp(graph, x, eps, 1.0 - eps)
    return graph.apply("log", x / (1.0 - x))


def _logit_backward(graph: Graph, slope: Node, x: Node, eps: Node | None = None) -> Node:
    low, high = (graph.constant(0.0), graph.constant(1.0)) if eps is None else (eps, 1.0 - eps)
    outside = graph.constant(math.nan if eps is None else 0.0)
    return graph.select((x < low) | (x > high), outside, slope / (x * (1.0 - x)))


def _same(graph: Graph, x: Node, **options: object) -> Node:
    return x


def _copy(graph: Graph, _: None, source: Node, non_blocking: bool = False) -> Node:
    return source


def _fill(graph: Graph, _: object, value: Node) -> Node:
    return value


def _zero(graph: Graph, _: None) -> Node:
    return graph.constant(0.0)


def _direct(operation: str) -> Rule:
    return lambda graph, *operands: graph.apply(operation, *operands)


_AS_THEY_ARE = (
    *("abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "copysign", "cos", "cosh", "eq"),
    *("erf", "erfc", "exp", "exp2", "expm1", "floor", "ge", "gt", "hypot", "le", "log", "log10", "log1p", "log2"),
    *("lt", "ne", "neg", "remainder", "round", "rsqrt", "sigmoid", "sin", "sinh", "sqrt", "tan", "tanh", "trunc"),
)
_RENAMED = {
    "maximum": "max",
    "minimum": "min",
    "logical_and": "and",
    "logical_or": "or",
    "logical_xor": "xor",
    "logical_not": "not",
    # Whole numbers are refused, so what is combined bit by bit are masks.
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
    "bitwise_not": "not",
    "__and__": "and",
    "__or__": "or",
    "__xor__": "xor",
}

OPERATIONS: Final[Mapping[str, Rule]] = {
    **{name: _direct(name) for name in _AS_THEY_ARE},
    **{name: _direct(ours) for name, ours in _RENAMED.items()},
    "_prelu_kernel": _prelu,
    "_prelu_kernel_backward": _prelu_backward,
    "_to_copy": _same,
    "add": _add,
    "addcdiv": _addcdiv,
    "addcmul": _addcmul,
    "celu": _celu,
    "clamp": _clamp,
    "clamp_max": _clamp_max,
    "clamp_min": _clamp,
    "clone": _same,
    "copy_": _copy,
    "deg2rad": _radians,
    "div": _div,
    "elu": _elu,
    "elu_backward": _elu_backward,
    "fill": _fill,
    "fill_": _fill,
    "floor_divide": _whole_quotient,
    "fmax": _larger_number,
    "fmin": _smaller_number,
    "fmod": _fmod,
    "frac": _frac,
    "gelu": _gelu,
    "gelu_backward": _gelu_backward,
    "hardshrink": _hardshrink,
    "hardshrink_backward": _shrink_backward,
    "hardsigmoid": _hardsigmoid,
    "hardsigmoid_backward": _hardsigmoid_backward,
    "hardswish": _hardswish,
    "hardswish_backward": _hardswish_backward,
    "hardtanh": _hardtanh,
    "hardtanh_backward": _hardtanh_backward,
    "heaviside": _heaviside,
    "isinf": _is_infinite,
    "isnan": _is_nan,
    "leaky_relu": _leaky_relu,
    "leaky_relu_backward": _leaky_relu_backward,
    "lerp": _lerp,
    "lift_fresh_copy": _same,
    "log_sigmoid_backward": _log_sigmoid_backward,
    "log_sigmoid_forward": _log_sigmoid_forward,
    "logaddexp": _logaddexp,
    "logit": _logit,
    "logit_backward": _logit_backward,
    "masked_fill": _masked_fill,
    "mish": _mish,
    "mish_backward": _mish_backward,
    "mul": _mul,
    "nan_to_num": _nan_to_num,
    "pow": Graph.power,
    "rad2deg": _degrees,
    "reciprocal": _reciprocal,
    "relu": _relu,
    "rsub": _rsub,
    "selu": _selu,
    "sgn": _sign,
    "sigmoid_backward": _sigmoid_backward,
    "sign": _sign,
    "signbit": _signbit,
    "silu": _silu,
    "silu_backward": _silu_backward,
    "sinc": _sinc,
    "softplus": _softplus,
    "softplus_backward": _softplus_backward,
    "softshrink": _softshrink,
    "softshrink_backward": _shrink_backward,
    "special_ndtr": _ndtr,
    "special_xlog1py": _xlog1py,
    "square": _square,
    "sub": _sub,
    "tanh_backward": _tanh_backward,
    "threshold": _threshold,
    "threshold_backward": _threshold_backward,
    "where": Graph.select,
    "xlogy": _xlogy,
    "zero_": _zero,
}
"""The rule of each operation by torch's name, without the underscore of writing in place."""
