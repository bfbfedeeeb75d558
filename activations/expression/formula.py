"""`Expression`, a checked formula, and `parse`, which makes one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from activations.errors import ExpressionError
from activations.expression.parser import MAX_LENGTH, parse_tree
from activations.expression.text import canonical_text
from activations.expression.tree import Node, free_names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from torch import Tensor

MAX_DERIVATIVES = 100


@dataclass(frozen=True)
class Expression:
    """A checked formula, from which functions, other notations and derivatives are made.

    Two expressions are equal if their trees are, however they were spelled. `str` is the canonical text.

    Attributes:
        tree: The checked tree.
        text: The formula as it was written.
    """

    tree: Node
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self._canonical

    def __repr__(self) -> str:
        return f"<Expression {self._canonical}>"

    @cached_property
    def _canonical(self) -> str:
        return canonical_text(self.tree)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The free symbols that are used, sorted."""
        return tuple(sorted(free_names(self.tree)))

    @property
    def is_constant(self) -> bool:
        """Whether there is no free symbol."""
        return not self.names

    def to_torch(self) -> Callable[..., Tensor]:
        """The formula as a torch function.

        Returns:
            A function of keyword arguments, tensors or numbers, that broadcast. It keeps dtype and device of
            the tensors, is differentiable to any order and is traced by `torch.compile` without a break.
            Arguments that the formula does not use count for the shape of the result. Infinite slopes in the
            branch of a conditional that is not taken do not spoil the gradient.
        """
        from activations.expression.torch_product import to_torch

        return to_torch(self.tree)

    def to_mpmath(self) -> Callable[..., Any]:
        """The formula as an mpmath function.

        Returns:
            A function of keyword arguments that computes at the precision mpmath has when it is called; NaN
            where the formula is not a real number.
        """
        from activations.expression.mpmath_product import to_mpmath

        return to_mpmath(self.tree)

    def to_sympy(self) -> Any:
        """The formula as a SymPy expression over real symbols, with exact rational numbers."""
        from activations.expression.sympy_product import to_sympy

        return to_sympy(self.tree)

    def to_javascript(self, names: Sequence[str] | None = None) -> str:
        """The formula as JavaScript.

        Args:
            names: The symbols in the order of the arguments, more than the formula uses if need be; those that
                it uses, sorted, unless given.

        Returns:
            An arrow function of numbers. It calls functions of JavaScript's `Math` and of `F`, which
            `javascript_runtime` of `activations.expression.javascript` defines. No name or number in it is
            copied from the formula's text.
        """
        from activations.expression.javascript import to_javascript

        return to_javascript(self.tree, self.names if names is None else names)

    def latex(self) -> str:
        """The formula in LaTeX, without dollar signs, in the author's order."""
        from activations.expression.latex import to_latex

        return to_latex(self.tree)

    def derivative(self, name: str = "x", order: int = 1) -> Expression:
        """The symbolic derivative.

        At a kink it takes the value of the branch that the condition selects there, and `sign(0) = 0` for
        `abs`.

        Args:
            name: The symbol; one that the formula does not use gives zero.
            order: How often, at least 0.

        Returns:
            The derivative, simplified where that is obvious, never expanded.

        Raises:
            ExpressionError: The derivative grows too large, or the order is not a number from 0 to 100.
        """
        from activations.expression.derivative import differentiate

        if not isinstance(order, int) or not 0 <= order <= MAX_DERIVATIVES:
            message = f"the order of a derivative is a whole number from 0 to {MAX_DERIVATIVES}, not {order!r}"
            raise ExpressionError(message, text=self.text)
        if order == 0:
            return self
        tree = self.tree
        for _ in range(order):
            tree = differentiate(tree, name)
        return Expression(tree, canonical_text(tree))

    def constant(self, **values: float) -> float:
        """The value as a float, with the free symbols given.

        Args:
            **values: A number for every free symbol.

        Returns:
            The value, computed with guard digits and rounded once; NaN where it is not a real number.
        """
        import mpmath

        from activations.expression.mpmath_product import as_float, evaluate

        with mpmath.workdps(30):
            return as_float(evaluate(self.tree, values))


def parse(text: str, names: Collection[str] = ("x",)) -> Expression:
    """Read a formula such as `x*tanh(log(1 + exp(x)))`; nothing in it is ever executed.

    Args:
        text: The formula: numbers, symbols, `+ - * / ** ^ %`, comparisons, `and or not`, `a if condition else
            b`, the functions of the table and the constants `pi` and `e`.
        names: The symbols it may use. A symbol wins over a constant of the same name, and a function of the
            same name is still a function where it is called.

    Returns:
        The checked formula.

    Raises:
        ExpressionError: The text is not such a formula; the error knows the column and often what to write.
    """
    if isinstance(names, str):
        names = (names,)
    expression = Expression(parse_tree(text, names), text)
    canonical = str(expression)
    if len(canonical) - canonical.count(" ") > MAX_LENGTH:
        message = f"expression too long when written out (limit {MAX_LENGTH})"
        raise ExpressionError(message, text=text)
    return expression
