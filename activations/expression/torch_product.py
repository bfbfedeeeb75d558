"""The formula as a torch function.

The list of operations is built once; calling the function runs through it, which `torch.compile` traces without a
break.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activations.expression.torch_operations import Scope
from activations.expression.torch_program import Program
from activations.expression.tree import Node, free_names

if TYPE_CHECKING:
    from torch import Tensor


class TorchFunction:
    """A formula over tensors.

    Arguments are given by symbol: tensors or Python numbers, which broadcast against each other. The result
    has the broadcast shape of all arguments, also if the formula does not use them, and the dtype and device
    torch gives arithmetic on them. Numbers stay Python numbers, so half types are not upcast.
    """

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self.names = tuple(sorted(free_names(tree)))
        self._guarded, self._plain = Program(tree, self.names, guarded=True), Program(tree, self.names, guarded=False)

    def __call__(self, **values: Any) -> Tensor:
        import torch

        missing = [name for name in self.names if name not in values]
        if missing:
            raise TypeError(f"missing a value for {', '.join(map(repr, missing))}")
        tensors = [value for value in values.values() if isinstance(value, torch.Tensor)]
        dtype, device = _common(torch, tensors)
        scope = Scope(torch, dtype, device)
        program = self._guarded if _is_differentiated(torch) else self._plain
        result = scope.tensor(program(scope, [_floating(torch, values[name]) for name in self.names]))
        shape = tensors[0].shape if tensors else ()
        if any(tensor.shape != shape for tensor in tensors):
            shape = torch.broadcast_shapes(*[tensor.shape for tensor in tensors])  # type: ignore[no-untyped-call]
        if result.dtype != dtype:
            result = result.to(dtype)
        if result.shape != shape:
            result = result.expand(shape).clone()
        return result  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        return TorchFunction, (self.tree,)


def to_torch(tree: Node) -> TorchFunction:
    """The formula over tensors.

    Args:
        tree: The formula.

    Returns:
        A function of keyword arguments; see `TorchFunction`.
    """
    return TorchFunction(tree)


def _common(torch: Any, tensors: list[Any]) -> tuple[Any, Any]:
    """Dtype and device of arithmetic on these tensors: those without dimensions give way, as in torch."""
    leading = [tensor for tensor in tensors if tensor.dim() > 0] or tensors
    dtype = None
    for tensor in leading:
        own = tensor.dtype if tensor.dtype.is_floating_point else torch.get_default_dtype()
        dtype = own if dtype is None else torch.promote_types(dtype, own)
    device = leading[0].device if leading else None
    return dtype or torch.get_default_dtype(), device


def _is_differentiated(torch: Any) -> bool:
    """Whether somebody may ask for a gradient, in reverse or in forward mode."""
    if torch.is_grad_enabled() or torch.compiler.is_compiling():
        return True
    # No public name tells whether forward mode is on; without this one the slower way is taken.
    return bool(getattr(torch.autograd.forward_ad, "_current_level", 0) >= 0)


def _floating(torch: Any, value: Any) -> Any:
    if not isinstance(value, torch.Tensor):
        return value if type(value) is float else float(value)
    return value if value.dtype.is_floating_point else value.to(torch.get_default_dtype())
