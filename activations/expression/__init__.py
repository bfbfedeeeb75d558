"""The formula language: text to checked tree, and from it torch, mpmath, SymPy, JavaScript, LaTeX and derivatives.

Nothing heavy is imported until a product is asked for.
"""

from activations.expression.formula import Expression, parse
from activations.expression.functions import FUNCTIONS

__all__ = ["FUNCTIONS", "Expression", "parse"]
