"""An activation's body and its backward pass, run once on a few numbers and written down as a graph."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

from activations.closed_form import ClosedForm
from activations.declare import Variant
from activations.fitting.fused.graph import Graph, Inexpressible, Node
from activations.fitting.fused.operations import CONSTANTS, OPERATIONS, OVERWRITING, REFUSED_OVERLOADS, VIEWS, Rule
from activations.fitting.kernels import kernel_of
from activations.fitting.precision import Precision

__all__ = ["Recorded", "record"]

DTYPES: Mapping[str, torch.dtype] = {"float32": torch.float32, "float64": torch.float64}
POINTS = (
    (-1.3, -0.4, 0.2, 0.7, 1.9),
    (-800.0, 30.0, -2.5, 1000.0, 0.05, -0.6, 3.7),
)
"""Where the body is run: in numbers of elements that are prime, so that a tensor of so many lies along one axis."""
SHIFTS = (0.0, 0.375)
"""What is added to learnable parameters in each run: as with the inputs, the graph must not depend on them."""
LAYOUT = frozenset({"device", "dtype", "layout", "memory_format", "non_blocking", "out", "pin_memory"})
"""Options that say where and how a result lies; its dtype and shape are looked at."""
LOOKS = {
    "_local_scalar_dense": "it looks at a value",
    "equal": "it looks at a value",
    "is_nonzero": "it looks at a value",
    "nonzero": "it looks at a value",
}


@dataclass(frozen=True)
class Recorded:
    """An activation as a graph.

    Attributes:
        graph: holds the nodes.
        value: the activation.
        slopes: its derivative in each input, then in each learnable parameter.
    """

    graph: Graph
    value: Node
    slopes: tuple[Node, ...]


def record(variant: Variant, precision: Precision) -> Recorded:
    """Write down the body of an activation and its first derivatives.

    The derivative in an input is the declared closed form if there is one, else what autograd makes of the body.

    Args:
        variant: the activation with its parameter values.
        precision: that of the tensors and of all constants.

    Raises:
        Inexpressible: it is no function of each element alone, or uses an operation that there is no rule for.
        Exception: whatever the body raises.
    """
    graph = Graph(precision)
    with _fresh_state():
        first, second = (_run(variant, graph, points, shift) for points, shift in zip(POINTS, SHIFTS, strict=True))
    if any(one is not other for one, other in zip(first, second, strict=True)):
        raise Inexpressible("it does something else at other values or for another number of them")
    return Recorded(graph, first[0], tuple(first[1:]))


@contextlib.contextmanager
def _fresh_state() -> Iterator[None]:
    """Whatever mode the caller is in, the body runs as at the top of a program."""
    with (
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autocast("cpu", enabled=False),
        torch._C._DisableFuncTorch(),
        torch._C.DisableTorchFunction(),
        _disable_current_modes(),
    ):
        yield


def _run(variant: Variant, graph: Graph, points: Sequence[float], shift: float) -> list[Node]:
    """The nodes of the value and of the derivatives."""
    activation = variant.activation
    # Where torch's own backward is accurate enough for the batched engine it is for this one: it shares more with the
    # value than a closed form does.
    declared = () if kernel_of(variant) else activation.slopes
    dtype = DTYPES[graph.precision]
    recorder = _Recorder(graph, len(points), dtype)
    inputs = []
    for index in range(variant.inputs):
        turned = [*points[index:], *points[:index]]  # two inputs see different values
        inputs.append(torch.tensor(turned, dtype=dtype, device="cpu", requires_grad=not declared))
        recorder.bind(inputs[-1], graph.input(index))
    values: dict[str, Any] = dict(variant.values)
    thetas = []
    for index, name in enumerate(variant.learnable):
        theta = torch.full((len(points),), values[name] + shift, dtype=dtype, device="cpu", requires_grad=True)
        thetas.append(theta)
        recorder.bind(theta, graph.theta(index))
        values[name] = theta

    followed = [*([] if declared else inputs), *thetas]
    with recorder:
        # torch's own function where that is what runs everywhere else: it has its own conventions at kinks, and an
        # input that is exactly 0 stands at one before every first step.
        function = activation.bind(values)
        result = _tensor((function.value if isinstance(function, ClosedForm) else function)(*inputs))
        slopes: list[Tensor] = []
        if followed and result.requires_grad:
            slopes += torch.autograd.grad(result, followed, torch.ones_like(result), materialize_grads=True)
        else:
            slopes += [torch.zeros_like(tensor) for tensor in followed]
        closed = [_tensor(function(*inputs, **values)) for function in declared]
    return [graph.real(recorder.read(tensor)) for tensor in (result, *closed, *slopes)]


def _tensor(result: object) -> Tensor:
    if not isinstance(result, Tensor):
        raise Inexpressible(f"it gives a {type(result).__name__} where a tensor is expected")
    return result


@dataclass(frozen=True)
class _Kind:
    """What is known of an overload of an operation: `passive` ones give a view, or what does not depend on values."""

    name: str
    rule: Rule | None
    passive: bool
    random: bool


@functools.cache
def _kind(func: Any) -> _Kind:
    name = func.overloadpacket.__name__
    refused = f"{name}.{func._overloadname}" in REFUSED_OVERLOADS
    rule = None if refused else OPERATIONS.get(name) or OPERATIONS.get(name.removesuffix("_"))
    random = torch.Tag.nondeterministic_seeded in func.tags
    return _Kind(name, rule, name in CONSTANTS or name in VIEWS, random)


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows the values that come from the inputs, each known by the memory it lies in.

    A tensor in other memory does not depend on the inputs: what is done to it alone is torch's to do, and the number it
    holds is read where it meets one that does depend.

    Args:
        graph: what is written.
        count: number of elements of the inputs.
        dtype: that of the inputs.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Else the compiler, which takes seconds to import, is asked to keep its hands off.
        return False

    def __init__(self, graph: Graph, count: int, dtype: torch.dtype) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.graph = graph
        self.count = count
        self.dtype = dtype
        self.nodes: dict[int, Node] = {}
        self.kept: list[Tensor] = []  # memory that is given back could come again as another value's

    def bind(self, tensor: Tensor, node: Node) -> None:
        """The memory of the tensor holds this value from now on."""
        self.kept.append(tensor)
        self.nodes[_memory(tensor)] = node

    def read(self, tensor: Tensor) -> Node:
        """The value that a tensor holds: one for all elements, or each its own.

        Raises:
            Inexpressible: it holds something else.
        """
        node = self.nodes.get(_memory(tensor))
        if node is not None:
            self._require_whole(tensor)
            return node
        if tensor.is_complex() or tensor.numel() == 0:
            raise Inexpressible("it meets a tensor that holds no real number")
        numbers = tensor.detach().flatten().tolist()
        if any(number != numbers[0] and not (number != number and numbers[0] != numbers[0]) for number in numbers):
            raise Inexpressible("it meets a tensor of several numbers, which is no function of each element alone")
        return self.graph.constant(numbers[0])

    def __torch_dispatch__(
        self, func: Any, types: object, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        options = kwargs or {}
        kind = _kind(func)
        if kind.random:
            raise Inexpressible(f"it is random ({kind.name})")
        if kind.passive or not any(map(self._depends, (*args, *options.values()))):
            return func(*args, **options)
        if kind.rule is None:
            raise Inexpressible(f"{LOOKS.get(kind.name, 'there is no rule for one of its operations')} ({kind.name})")
        unread = kind.name in OVERWRITING
        operands = [None if unread and not index else self._operand(value) for index, value in enumerate(args)]
        named = {name: self._operand(value) for name, value in options.items() if name not in LAYOUT}
        results = func(*args, **options)
        nodes = kind.rule(self.graph, *operands, **named)
        if isinstance(nodes, Node):
            self._store(kind.name, results, nodes)
        else:
            for result, node in zip(results, nodes, strict=True):
                self._store(kind.name, result, node)
        return results

    def _depends(self, value: object) -> bool:
        """Whether a value of the inputs is in it."""
        if isinstance(value, Tensor):
            return _memory(value) in self.nodes
        return isinstance(value, list | tuple) and any(map(self._depends, value))

    def _operand(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return self.read(value)
        if isinstance(value, complex):
            raise Inexpressible("it calculates with complex numbers")
        return self.graph.constant(float(value)) if type(value) in (int, float) else value

    def _store(self, name: str, tensor: Tensor, node: Node) -> None:
        if tensor.dtype is torch.bool:
            node = self.graph.mask(node)
        elif tensor.dtype is self.dtype:
            node = self.graph.real(node)
        elif not (name == "_to_copy" and node.is_mask):  # 0 and 1 are the same in any type
            raise Inexpressible(f"it changes numbers to {str(tensor.dtype).removeprefix('torch.')}")
        self._require_whole(tensor)
        self.bind(tensor, node)

    def _require_whole(self, tensor: Tensor) -> None:
        """All elements, in the order of the inputs: then whatever is done elementwise is done to each of them."""
        if tensor.numel() != self.count or not tensor.is_contiguous() or tensor.storage_offset():
            raise Inexpressible(f"it changes the shape, to {list(tensor.shape)} from {self.count} numbers")


def _memory(tensor: Tensor) -> int:
    try:
        return tensor.untyped_storage().data_ptr()
    except NotImplementedError:
        raise Inexpressible("it calculates with tensors inside a transformation of torch.func") from None
