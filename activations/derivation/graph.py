"""The graph that autograd records: nodes, what each has saved for the backward pass, and the gradients that flow."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from activations.closed_form import ClosedForm
from activations.declare import Variant
from activations.derivation.estimates import plain_body

__all__ = ["Graph", "GraphNode", "Saved", "computation_graph", "value_graphs"]

SAVED = "_saved_"
MOST_NODES = 400


@dataclass(frozen=True)
class Saved:
    """Something that a node keeps for the backward pass.

    Attributes:
        name: what the node calls it.
        shape: of a tensor; None for a plain setting.
        dtype: of a tensor, such as "float64"; empty for a plain setting.
        text: the value, if it is a single one; the variable's name, if it is one; else empty.
    """

    name: str
    shape: tuple[int, ...] | None
    dtype: str
    text: str


@dataclass(frozen=True)
class GraphNode:
    """An operation of the graph, or a variable that it starts from.

    Attributes:
        title: autograd's name without number, such as "MulBackward", or the variable's name.
        variable: whether it is one, into which gradients are accumulated.
        saved: what it keeps.
        inputs: the nodes that its gradients go on to, by number, in order; None for one that needs no gradient.
        gradient: the gradient that reaches it, if it is a single number.
    """

    title: str
    variable: bool
    saved: tuple[Saved, ...]
    inputs: tuple[int | None, ...]
    gradient: float | None


@dataclass(frozen=True)
class Graph:
    """The graph of a result.

    Attributes:
        title: what was computed.
        nodes: the operations from the result on, each once; number 0 gives the result. Empty for a constant.
        value: the result, if it is a single number.
        shape: of the result.
        cut: whether there were too many nodes to list.
    """

    title: str
    nodes: tuple[GraphNode, ...]
    value: float | None
    shape: tuple[int, ...]
    cut: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The graph as strict JSON: numbers that are not finite as text."""
        return {
            "title": self.title,
            "value": _json_number(self.value),
            "shape": list(self.shape),
            "nodes": [
                {
                    "number": number,
                    "title": node.title,
                    "variable": node.variable,
                    "gradient": _json_number(node.gradient),
                    "saved": [
                        {
                            "name": saved.name,
                            "shape": None if saved.shape is None else list(saved.shape),
                            "dtype": saved.dtype or None,
                            "value": saved.text or None,
                        }
                        for saved in node.saved
                    ],
                    "inputs": list(node.inputs),
                }
                for number, node in enumerate(self.nodes)
            ],
        }


def computation_graph(result: Tensor, variables: Mapping[str, Tensor], title: str = "") -> Graph:
    """Walk from a result back to the variables.

    The backward pass is run once, into no tensor's `grad`, to tell the gradients.

    Args:
        result: a tensor with a graph.
        variables: the leaves by name.
        title: what it is.
    """
    names = {id(tensor): name for name, tensor in variables.items()}
    numbers: dict[Any, int] = {}
    order: list[Any] = []
    waiting = [result.grad_fn] if result.grad_fn is not None else []
    while waiting and len(order) < MOST_NODES:  # depth first, so that a chain is listed in one piece
        node = waiting.pop()
        if node in numbers:
            continue
        numbers[node] = len(order)
        order.append(node)
        waiting += [following for following, _ in reversed(node.next_functions) if following is not None]
    gradients = _gradients(result, order, variables)
    nodes = tuple(
        GraphNode(
            title=_title(node, names),
            variable=_variable(node) is not None,
            saved=_saved(node, names),
            inputs=tuple(None if following is None else numbers.get(following) for following, _ in node.next_functions),
            gradient=gradients.get(number),
        )
        for number, node in enumerate(order)
    )
    return Graph(title, nodes, _single(result), tuple(result.shape), cut=len(order) == MOST_NODES)


def value_graphs(variant: Variant, *at: float) -> tuple[Graph, ...]:
    """The graphs of an activation at a point: of the code as it runs, and of its body step by step where that differs.

    In the second one the parameters are variables too.

    Args:
        variant: the activation.
        *at: one number per input.
    """
    activation = variant.activation
    inputs = {name: _leaf(value) for name, value in zip(activation.inputs, at, strict=True)}
    numbers: dict[str, Any] = dict(variant.values)
    learnt = {name: _leaf(value) for name, value in variant.values if name in variant.learnable}
    bound = activation.bind({**numbers, **learnt})
    named = {**inputs, **learnt}
    _, how = plain_body(bound, variant, numbers)
    runs_as = how.removeprefix("through ")
    if isinstance(bound, ClosedForm):
        runs_as = "one node, whose backward pass is the closed form"
    with torch.enable_grad():
        runs = computation_graph(bound(*inputs.values()), named, f"as it runs: {runs_as}")
        leaves = {name: _leaf(value) for name, value in variant.values}
        fresh = {name: _leaf(value) for name, value in zip(activation.inputs, at, strict=True)}
        body = activation.function(*fresh.values(), **leaves)
        steps = computation_graph(body, {**fresh, **leaves}, "the body, step by step")
    if [node.title for node in runs.nodes] == [node.title for node in steps.nodes]:
        return (steps,)
    return runs, steps


def _json_number(value: float | None) -> float | str | None:
    return value if value is None or math.isfinite(value) else str(value)


def _leaf(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def _variable(node: Any) -> Tensor | None:
    found: Tensor | None = getattr(node, "variable", None)
    return found


def _title(node: Any, names: Mapping[int, str]) -> str:
    variable = _variable(node)
    if variable is not None:
        return names.get(id(variable), "variable")
    name = str(node.name()).rpartition("::")[2]
    if name.startswith("_Node"):
        return "ClosedFormBackward"
    return re.sub(r"\d+\Z", "", name)


def _saved(node: Any, names: Mapping[int, str]) -> tuple[Saved, ...]:
    if _variable(node) is not None:
        return ()
    found = []
    for attribute in sorted(name for name in dir(node) if name.startswith(SAVED)):
        value = getattr(node, attribute)
        if value is not None:
            found.append(_described(attribute.removeprefix(SAVED), value, names))
    # A function written in Python keeps a list without names.
    for number, tensor in enumerate(getattr(node, "saved_tensors", ()), start=1):
        found.append(_described(f"saved {number}", tensor, names))
    return tuple(found)


def _described(name: str, value: Any, names: Mapping[int, str]) -> Saved:
    if not isinstance(value, Tensor):
        return Saved(name, None, "", f"{value:g}" if isinstance(value, float) else str(value)[:40])
    single = _single(value)
    shown = names.get(id(value), "")
    number = "" if single is None else f"{single:.6g}"
    text = f"{shown} = {number}" if shown and number else shown or number
    if value.dtype == torch.bool and value.numel() == 1:
        text = str(bool(value))
    return Saved(name, tuple(value.shape), str(value.dtype).removeprefix("torch."), text)


def _single(tensor: Tensor) -> float | None:
    return float(tensor.detach()) if tensor.numel() == 1 and not tensor.is_complex() else None


def _gradients(result: Tensor, order: list[Any], variables: Mapping[str, Tensor]) -> dict[int, float]:
    """The gradient that reaches each node when the result's own is 1."""
    found: dict[int, float] = {}

    def note(number: int) -> Any:
        def hook(gradients: tuple[Tensor | None, ...]) -> None:
            if gradients and gradients[0] is not None and gradients[0].numel() == 1:
                found[number] = float(gradients[0].detach())

        return hook

    leaves = [tensor for tensor in variables.values() if tensor.requires_grad]
    if result.grad_fn is None or result.numel() != 1 or not leaves:
        return found
    hooks = [node.register_prehook(note(number)) for number, node in enumerate(order) if _variable(node) is None]
    try:
        slopes = torch.autograd.grad(result.sum(), leaves, retain_graph=True, allow_unused=True)
    finally:
        for hook in hooks:
            hook.remove()
    by_tensor = {id(leaf): slope for leaf, slope in zip(leaves, slopes, strict=True)}
    for number, node in enumerate(order):
        slope = by_tensor.get(id(_variable(node)))
        if slope is not None and slope.numel() == 1:
            found[number] = float(slope)
    return found
