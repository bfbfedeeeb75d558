"""A formula as a flat list of tensor operations: repeated subtrees once, memory reused where nobody differentiates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from activations.expression.derivative import rule_of, substitute
from activations.expression.functions import FUNCTIONS
from activations.expression.mpmath_product import constant_value
from activations.expression.torch_operations import choose, drop_slope, in_place, keep_slope, operation
from activations.expression.tree import (
    Binary,
    Call,
    Compare,
    Conditional,
    Logical,
    Name,
    Negate,
    Node,
    Not,
    Number,
    free_names,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from activations.expression.torch_operations import Operation, Scope


class _Step(NamedTuple):
    """An operation with the slots of its operands; `node` is what it computes, if it always gives a new tensor."""

    run: Operation
    operands: tuple[int, ...]
    node: Node | None = None


class Program:
    """The steps of a tree. A slot is a symbol's argument, a constant, or the result of a step, in order.

    Args:
        tree: the formula.
        names: its symbols, in the order of the arguments.
        guarded: made for automatic differentiation: a branch that is not taken is kept out of the gradient. Without
            it every function is taken apart into torch's own and results that nobody needs any more are written over:
            new memory costs a large tensor more than the arithmetic.
    """

    def __init__(self, tree: Node, names: tuple[str, ...], *, guarded: bool) -> None:
        builder = _Builder(names, guarded)
        self.result = builder.value(tree, {name: index for index, name in enumerate(names)}, {})
        self.constants = tuple(builder.constants.items())
        self.steps = builder.steps if guarded else _reusing(builder.steps, len(names), self.result)

    def __call__(self, scope: Scope, symbols: list[Any]) -> Any:
        """The value of the formula.

        Args:
            scope: dtype and device of the result.
            symbols: values of the names, tensors or numbers.
        """
        slots = dict(enumerate(symbols))
        for value, slot in self.constants:
            slots[slot] = value
        slot = len(symbols)
        for run, operands, _ in self.steps:
            slots[slot] = run(scope, *[slots[index] for index in operands])
            slot += 1
        return slots[self.result]


class _Builder:
    def __init__(self, names: tuple[str, ...], guarded: bool) -> None:
        self.symbols = len(names)
        self.guarded = guarded
        self.steps: list[_Step] = []
        self.constants: dict[float, int] = {}

    def append(self, run: Operation, *operands: int, node: Node | None = None) -> int:
        self.steps.append(_Step(run, operands, node))
        return self.symbols + len(self.steps) - 1

    def constant(self, value: float) -> int:
        # Constants count from -1 downwards.
        return self.constants.setdefault(value, -1 - len(self.constants))

    def value(self, node: Node, symbols: Mapping[str, int], done: dict[Node, int]) -> int:
        """The slot of a subtree; `done` holds the subtrees already computed from these symbols."""
        if node in done:
            return done[node]
        if isinstance(node, Name):
            slot = symbols[node.name]
        elif not isinstance(node, Compare | Logical | Not | Conditional) and not free_names(node):
            slot = self.constant(constant_value(node))
        elif isinstance(node, Conditional):
            slot = self.conditional(node, symbols, done)
        elif not self.guarded and isinstance(node, Call) and FUNCTIONS[node.function].steps:
            simpler = substitute(rule_of(FUNCTIONS[node.function].steps), {"u": node.arguments[0]})
            slot = self.value(simpler, symbols, done)
        else:
            below = node.children
            if isinstance(node, Call) and FUNCTIONS[node.function].order:
                below = below[1:]
            operands = [self.value(child, symbols, done) for child in below]
            fresh = isinstance(node, Negate | Binary | Call)
            slot = self.append(operation(node), *operands, node=node if fresh else None)
        done[node] = slot
        return slot

    def conditional(self, node: Conditional, symbols: Mapping[str, int], done: dict[Node, int]) -> int:
        condition = self.value(node.condition, symbols, done)
        branches = []
        for branch, run in ((node.if_true, keep_slope), (node.if_false, drop_slope)):
            if not (self.guarded and is_steep(branch)):
                branches.append(self.value(branch, symbols, done))
                continue
            # The branch that is not taken may have an infinite slope, and zero times that is NaN. So inside a
            # branch a symbol carries a gradient only where the branch is taken; the values stay the same.
            names = free_names(branch)
            masked = {name: self.append(run, condition, slot) for name, slot in symbols.items() if name in names}
            branches.append(self.value(branch, masked, {}))
        return self.append(choose, condition, *branches)


def is_steep(tree: Node) -> bool:
    """Whether a slope in the tree may be infinite or undefined at some finite argument."""
    for node in walk(tree):
        match node:
            case Binary("/" | "%", _, right) if free_names(right):
                return True
            case Binary("**", left, right) if free_names(left) or free_names(right):
                if not (isinstance(right, Number) and right.value.denominator == 1):
                    return True
            case Call(function) if not FUNCTIONS[function].tame:
                return True
    return False


def _reusing(steps: list[_Step], symbols: int, result: int) -> list[_Step]:
    """The same steps, each in the place of an operand where that is a tensor of its own that is not needed later.

    An operand has the shape and dtype of the step's result if it depends on all symbols that the step depends on. So
    this also holds under `vmap`, which hides the dimensions that make the difference.
    """
    depends = {slot: frozenset([slot]) for slot in range(symbols)}
    last = {operand: index for index, step in enumerate(steps) for operand in step.operands}
    reusing = []
    for index, step in enumerate(steps):
        slot = symbols + index
        depends[slot] = frozenset().union(*(depends.get(operand, frozenset()) for operand in step.operands))
        run = step.run
        for position, operand in enumerate(step.operands):
            owner = steps[operand - symbols].node if operand >= symbols else None
            dies = owner is not None and last[operand] == index and operand != result
            if dies and step.node is not None:
                over = in_place(step.node, position, fits=depends[operand] == depends[slot])
                if over is not None:
                    run = over
                    break
        reusing.append(step._replace(run=run))
    return reusing
