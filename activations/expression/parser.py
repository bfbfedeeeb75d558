"""Text to checked tree, or an `ExpressionError` that says what to write instead.

Three passes, each cheap and each stricter than the next one needs: characters and lengths, tokens and
brackets, and then Python's own grammar (`ast.parse`, which runs nothing) with a whitelist of node types. What
gets through the first two is at most a thousand characters of well-nested ASCII, which the grammar reads in
well under a millisecond.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from activations.errors import ExpressionError
from activations.expression.functions import (
    ALIASES,
    CONDITIONAL,
    CONSTANTS,
    FUNCTIONS,
    OPERATOR_NAMES,
)
from activations.expression.tree import (
    Binary,
    Call,
    Compare,
    Conditional,
    Constant,
    Logical,
    Name,
    Negate,
    Node,
    Not,
    Number,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Collection, Sequence

MAX_LENGTH = 1000
"""Characters, not counting blanks."""
MAX_BLANKS = 3000
MAX_BRACKETS = 50
MAX_DEPTH = 100
MAX_ORDER = 20

_TOKEN = re.compile(
    r"""[ \t]+
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[A-Za-z_][A-Za-z_0-9]*)
    | (?P<sign>\.\.\.|\*\*|//|<<|>>|<=|>=|==|!=|:=|->|[-+*/%^<>=(),.\[\]{}:;@&|~!?$#'"`\\])
    """,
    re.VERBOSE,
)

_GRAMMAR_WORDS = frozenset({"and", "or", "not", "if", "else"})

_FORBIDDEN_WORDS = {
    "lambda": "lambda is not allowed",
    "for": "comprehensions are not allowed",
    "async": "comprehensions are not allowed",
    "await": "await is not allowed",
    "yield": "yield is not allowed",
    "True": "True is not a number",
    "False": "False is not a number",
    "None": "None is not a number",
    "in": "the operator 'in' is not allowed",
    "is": "the operator 'is' is not allowed",
}
_WORD_HINTS = {"True": "write 1", "False": "write 0", "is": "compare with =="}

_STATEMENTS = """assert break class continue def del elif except finally from global import nonlocal pass
raise return try while with"""
_RESERVED_WORDS = frozenset(_STATEMENTS.split())

_FORBIDDEN_SIGNS = {
    "'": ("strings are not allowed", ""),
    '"': ("strings are not allowed", ""),
    "`": ("the character '`' is not allowed", ""),
    "#": ("comments are not allowed", ""),
    ";": ("';' is not allowed", "write one expression"),
    ":=": ("assignment with ':=' is not allowed", ""),
    ":": ("':' is not allowed", "write a if condition else b"),
    "=": ("'=' is not allowed", "compare with =="),
    "->": ("'->' is not allowed", ""),
    "...": ("'...' is not allowed", ""),
    ".": ("attributes are not allowed", ""),
    "\\": ("the character '\\' is not allowed", ""),
    "$": ("the character '$' is not allowed", ""),
    "?": ("the character '?' is not allowed", "write a if condition else b"),
    "!": ("the character '!' is not allowed", "write gamma(n + 1) for n!, and != for unequal"),
    "//": ("the operator '//' is not allowed", "write floor(a/b)"),
    "@": ("the operator '@' is not allowed", "write a*b"),
    "&": ("the operator '&' is not allowed", "write and"),
    "|": ("the operator '|' is not allowed", "write or, or abs(x)"),
    "~": ("the operator '~' is not allowed", "write not"),
    "<<": ("the operator '<<' is not allowed", "write a*2**b"),
    ">>": ("the operator '>>' is not allowed", "write a/2**b"),
}

_LOOKALIKES = {
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{MIDDLE DOT}": "*",
    "\N{DOT OPERATOR}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{SUPERSCRIPT TWO}": "^2",
    "\N{SUPERSCRIPT THREE}": "^3",
    "\N{SQUARE ROOT}": "sqrt(x)",
    "\N{GREEK SMALL LETTER PI}": "pi",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{NO-BREAK SPACE}": "a blank",
}

_CLOSING = {"(": ")", "[": "]", "{": "}"}

_OPERATORS = {"Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "Pow": "**", "Mod": "%"}
_COMPARISONS = {"Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Eq": "==", "NotEq": "!="}

_FORBIDDEN_NODES = {
    "Attribute": "attributes are not allowed",
    "Subscript": "subscripts are not allowed",
    "Slice": "subscripts are not allowed",
    "Lambda": "lambda is not allowed",
    "ListComp": "comprehensions are not allowed",
    "SetComp": "comprehensions are not allowed",
    "DictComp": "comprehensions are not allowed",
    "GeneratorExp": "comprehensions are not allowed",
    "JoinedStr": "f-strings are not allowed",
    "NamedExpr": "assignment with ':=' is not allowed",
    "Starred": "'*' before an argument is not allowed",
    "List": "lists are not allowed",
    "Set": "sets are not allowed",
    "Dict": "dictionaries are not allowed",
    "Await": "await is not allowed",
    "Yield": "yield is not allowed",
    "YieldFrom": "yield is not allowed",
}


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class _Part(NamedTuple):
    """A subtree and, if no symbol is in it, its value as far as floats tell (else NaN or `None`)."""

    node: Node
    value: float | None


def parse_tree(text: str, names: Collection[str] = ("x",), *, open_order: bool = False) -> Node:
    """Read a formula.

    Args:
        text: The formula.
        names: The symbols it may use.
        open_order: Accept any first argument of a function of an order; the table's own rules need it.

    Returns:
        The checked tree.

    Raises:
        ExpressionError: The text is not a formula of the language.
    """
    _check_names(names)
    _check_characters(text)
    tokens = _tokens(text)
    _check_tokens(text, tokens)
    _check_brackets(text, tokens)
    return _Reader(text, tokens, frozenset(names), open_order).read()


def nearest(word: str, candidates: Collection[str]) -> str:
    """The candidate that looks most like the word, or an empty string."""
    from difflib import get_close_matches

    by_lower = {candidate.lower(): candidate for candidate in sorted(candidates)}
    matches = get_close_matches(word[:64].lower(), list(by_lower), n=1)
    return by_lower[matches[0]] if matches else ""


def _check_names(names: Collection[str]) -> None:
    for name in names:
        message = ""
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z_0-9]*", name):
            message = f"the symbol {ascii(name)[:80]} is not a name"
        elif name in _GRAMMAR_WORDS or name in _FORBIDDEN_WORDS or name in _RESERVED_WORDS:
            message = f"the symbol {name!r} is a word of the language"
        if message:
            raise ExpressionError(message, hint="use ASCII letters, digits and _")


def _check_characters(text: str) -> None:
    if not isinstance(text, str):
        raise ExpressionError(f"a formula is text, not {type(text).__name__}")
    # The first test is of constant cost; only texts of a bounded length are looked at any closer.
    length = len(text)
    if length <= MAX_LENGTH + MAX_BLANKS:
        length -= text.count(" ") + text.count("\t")
    if length > MAX_LENGTH:
        message = f"expression too long ({length} characters; limit {MAX_LENGTH})"
        raise ExpressionError(message, text=text, column=MAX_LENGTH + 1)
    for index, character in enumerate(text):
        if " " <= character <= "~" or character == "\t":
            continue
        hint = ""
        if character in "\n\r":
            message, hint = "a line break is not allowed", "write the formula on one line"
        elif character < "\x80":
            message = f"control character U+{ord(character):04X}"
        else:
            message = f"non-ASCII character U+{ord(character):04X}"
            if character in _LOOKALIKES:
                hint = f"write {_LOOKALIKES[character]}"
        raise ExpressionError(message, text=text, column=index + 1, hint=hint)
    if not text.strip():
        raise ExpressionError("the expression is empty", text=text, hint="write for example sin(3*x)")


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:  # not reachable: every printable ASCII character is in the pattern
            raise ExpressionError("unexpected character", text=text, column=position + 1)
        if match.lastgroup is not None:
            tokens.append(_Token(match.lastgroup, match.group(), match.start(), match.end()))
        position = match.end()
    return tokens


def _check_tokens(text: str, tokens: Sequence[_Token]) -> None:
    def refuse(token: _Token, message: str, hint: str = "") -> NoReturn:
        raise ExpressionError(message, text=text, column=token.start + 1, hint=hint)

    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        touching = after is not None and after.start == token.end
        if token.kind == "name":
            if touching and after is not None and after.text in ("'", '"'):
                kind = "f-strings" if "f" in token.text.lower() else "strings"
                refuse(token, f"{kind} are not allowed")
            if token.text in _FORBIDDEN_WORDS:
                refuse(token, _FORBIDDEN_WORDS[token.text], _WORD_HINTS.get(token.text, ""))
            if token.text in _RESERVED_WORDS:
                refuse(token, f"the word '{token.text}' is not allowed")
        elif token.kind == "sign":
            if token.text == "=" and before is not None and before.kind == "name":
                depth = sum((t.text in "([{") - (t.text in ")]}") for t in tokens[:index] if t.kind == "sign")
                if depth > 0:
                    refuse(token, "keyword arguments are not allowed", "give arguments in order")
            if token.text in _FORBIDDEN_SIGNS:
                refuse(token, *_FORBIDDEN_SIGNS[token.text])
        elif touching and after is not None and after.kind == "name":
            _refuse_glued_number(text, token, after)
        elif token.text.isdigit() and len(token.text) > 1 and token.text[0] == "0" and token.text.strip("0"):
            refuse(token, "leading zeros are not allowed", f"write {token.text.lstrip('0')[:20]}")
        if before is not None:
            _check_neighbours(text, before, token)


def _refuse_glued_number(text: str, number: _Token, word: _Token) -> NoReturn:
    """Say what is wrong with a number that runs into letters."""
    short, rest = number.text[-20:], word.text[:20]
    hint = f"write {short}*{rest}"
    message = f"missing operator between {short} and {rest}"
    if rest in ("j", "J"):
        message, hint = "complex numbers are not allowed", ""
    elif rest[0] == "_":
        message, hint = "'_' in a number is not allowed", ""
    elif number.text == "0" and re.fullmatch(r"[xX][0-9a-fA-F]+|[bB][01]+|[oO][0-7]+", word.text):
        message, hint = "only decimal numbers are allowed", ""
    elif word.text in _GRAMMAR_WORDS:
        message, hint = f"missing blank between {short} and {rest}", f"write {short} {rest}"
    elif word.text in _FORBIDDEN_WORDS or word.text in _RESERVED_WORDS:
        message, hint = f"the word '{rest}' is not allowed", ""
    raise ExpressionError(message, text=text, column=number.start + 1, hint=hint)


def _check_neighbours(text: str, left: _Token, right: _Token) -> None:
    """Refuse two values side by side, which is a product in mathematics and nothing in Python."""
    ends_value = left.kind == "number" or left.text in (")", "]", "}") or _is_value_name(left)
    if not ends_value:
        return
    starts_value = right.kind == "number" or _is_value_name(right)
    opens = right.text == "(" and left.kind != "name" and left.text != "]"
    if starts_value or opens:
        first = f"...{left.text}" if left.text in (")", "]", "}") else left.text[-20:]
        second = "(...)" if opens else right.text[:20]
        message, hint = f"missing operator between {first} and {second}", f"write {first}*{second}"
        if left.kind == "name" and (left.text in FUNCTIONS or left.text in ALIASES):
            message, hint = f"{left.text} is a function", f"write {left.text}({second})"
        elif left.text in (")", "]", "}"):
            hint = "write * for a product"
        raise ExpressionError(message, text=text, column=right.start + 1, hint=hint)


def _is_value_name(token: _Token) -> bool:
    return token.kind == "name" and token.text not in _GRAMMAR_WORDS


def _check_brackets(text: str, tokens: Sequence[_Token]) -> None:
    open_brackets: list[_Token] = []
    for token in tokens:
        if token.kind != "sign":
            continue
        if token.text in _CLOSING:
            open_brackets.append(token)
            if len(open_brackets) > MAX_BRACKETS:
                message = f"brackets nested too deeply (limit {MAX_BRACKETS})"
                raise ExpressionError(message, text=text, column=token.start + 1)
        elif token.text in (")", "]", "}"):
            if not open_brackets:
                raise ExpressionError(f"unmatched '{token.text}'", text=text, column=token.start + 1)
            opened = open_brackets.pop()
            if _CLOSING[opened.text] != token.text:
                message = f"'{token.text}' does not close '{opened.text}'"
                raise ExpressionError(message, text=text, column=token.start + 1)
    if open_brackets:
        opened = open_brackets[-1]
        raise ExpressionError(f"'{opened.text}' is never closed", text=text, column=opened.start + 1)


class _Reader:
    """Python's grammar and the whitelist, for one text."""

    def __init__(self, text: str, tokens: Sequence[_Token], names: frozenset[str], open_order: bool) -> None:
        self.text = text
        self.tokens = tokens
        self.names = names
        self.open_order = open_order
        # Python's ^ binds looser than +; people mean a power. So the text is translated before the grammar
        # sees it.
        pieces: list[str] = []
        self.columns: list[int] = []
        for index, character in enumerate(text):
            piece = "**" if character == "^" else character
            if not pieces and piece in " \t":
                continue  # a leading blank would be an indentation
            pieces.append(piece)
            self.columns.extend([index] * len(piece))
        self.source = "".join(pieces)
        self.columns.append(len(text))

    def read(self) -> Node:
        import ast

        try:
            body = ast.parse(self.source, mode="eval").body
        except SyntaxError as error:
            self.refuse_syntax(error)
        except (RecursionError, MemoryError, ValueError):
            self.refuse_depth(0)
        part = self.value(body, 1)
        if part.node.depth > MAX_DEPTH:
            self.refuse_depth(0)
        return part.node

    def refuse_syntax(self, error: SyntaxError) -> NoReturn:
        last = self.tokens[-1]
        if (last.kind == "sign" and last.text not in (")", "]", "}")) or last.text in _GRAMMAR_WORDS:
            message = f"the expression ends after '{last.text}'"
            raise ExpressionError(message, text=self.text, column=last.start + 1, hint="something is missing")
        column = self.columns[min(max((error.offset or 1) - 1, 0), len(self.columns) - 1)]
        near = next((token.text for token in self.tokens if token.end > column), last.text)
        words = [token.text for token in self.tokens]
        hint = "write a if condition else b" if words.count("if") != words.count("else") else ""
        raise ExpressionError(f"cannot read this near '{near[:20]}'", text=self.text, column=column + 1, hint=hint)

    def refuse_depth(self, column: int) -> NoReturn:
        message = f"expression nested too deeply (limit {MAX_DEPTH} operations in one another)"
        raise ExpressionError(message, text=self.text, column=column + 1)

    def refuse(self, node: ast.AST, message: str, hint: str = "") -> NoReturn:
        offset = getattr(node, "col_offset", 0)
        column = self.columns[min(offset, len(self.columns) - 1)]
        raise ExpressionError(message, text=self.text, column=column + 1, hint=hint)

    def value(self, node: ast.expr, depth: int) -> _Part:
        """Read a number-valued expression."""
        import ast

        if depth > MAX_DEPTH:
            self.refuse_depth(self.columns[node.col_offset])
        match node:
            case ast.Constant():
                return self.number(node)
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.value(operand, depth + 1)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.value(operand, depth + 1)
                return _Part(Negate(inner.node), None if inner.value is None else -inner.value)
            case ast.BinOp(left=left, op=operation, right=right) if type(operation).__name__ in _OPERATORS:
                operator = _OPERATORS[type(operation).__name__]
                return self.binary(node, operator, self.value(left, depth + 1), self.value(right, depth + 1))
            case ast.Call():
                return self.call(node, depth)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.conditional(test, body, orelse, depth)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                self.refuse(node, "a condition stands where a number is expected", "write a if condition else b")
            case ast.Tuple(elts=[]):
                self.refuse(node, "the brackets are empty")
            case ast.Tuple():
                self.refuse(node, "a comma is only allowed between arguments", "write a decimal point as '.'")
        name = type(node).__name__
        self.refuse(node, _FORBIDDEN_NODES.get(name, f"{name} is not allowed"))

    def condition(self, node: ast.expr, depth: int) -> Node:
        """Read a condition."""
        import ast

        if depth > MAX_DEPTH:
            self.refuse_depth(self.columns[node.col_offset])
        match node:
            case ast.Compare(left=left, ops=operations, comparators=others):
                operators = []
                for operation in operations:
                    operator = _COMPARISONS.get(type(operation).__name__)
                    if operator is None:
                        self.refuse(node, "this comparison is not allowed", "use < <= > >= == !=")
                    operators.append(operator)
                operands = tuple(self.value(operand, depth + 1).node for operand in (left, *others))
                return Compare(tuple(operators), operands)
            case ast.BoolOp(op=operation, values=values):
                operator = "and" if isinstance(operation, ast.And) else "or"
                return Logical(operator, tuple(self.condition(value, depth + 1) for value in values))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.condition(operand, depth + 1))
        self.value(node, depth)  # for its own refusal, if it has one
        self.refuse(node, "a number stands where a condition is expected", "compare, as in x > 0")

    def conditional(self, test: ast.expr, body: ast.expr, orelse: ast.expr, depth: int) -> _Part:
        condition = self.condition(test, depth + 1)
        if_true = self.value(body, depth + 1)
        if_false = self.value(orelse, depth + 1)
        return _Part(Conditional(condition, if_true.node, if_false.node), None)

    def number(self, node: ast.Constant) -> _Part:
        from decimal import Decimal
        from fractions import Fraction

        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            self.refuse(node, f"{ascii(node.value)[:20]} is not a real number")
        # Python's own value would already be rounded; the digits as written are exact.
        written = self.source[node.col_offset : node.end_col_offset]
        rounded = float(written)
        if math.isinf(rounded):
            self.refuse(node, "constant overflows", "the largest number is about 1.8e308")
        if rounded == 0 and written.lower().partition("e")[0].strip("0."):
            self.refuse(node, "constant underflows", "the smallest number is about 4.9e-324")
        # A zero may bear an exponent that Decimal can't hold; any other such number is refused by now.
        value = Fraction(Decimal(written)) if rounded else Fraction(0)
        return _Part(Number(value), rounded)

    def name(self, node: ast.expr, name: str) -> _Part:
        if name in self.names:
            return _Part(Name(name), None)
        if name in CONSTANTS:
            return _Part(Constant(name), CONSTANTS[name][0])
        if self.is_function(name):
            self.refuse(node, f"{name} is a function", f"write {self.example(name)}")
        self.refuse_unknown(node, name, (*self.names, *CONSTANTS, *FUNCTIONS, *ALIASES))

    def is_function(self, name: str) -> bool:
        return name in FUNCTIONS or name in ALIASES or name in OPERATOR_NAMES or name == CONDITIONAL

    def example(self, name: str) -> str:
        """A call with the right number of arguments."""
        if name == CONDITIONAL:
            return f"{name}(condition, a, b)"
        if name in OPERATOR_NAMES:
            return f"{name}(a, b)"
        row = FUNCTIONS[ALIASES.get(name, name)]
        symbol = sorted(self.names)[0] if self.names else "1"
        arguments = {1: symbol, 2: "1, " + symbol if row.order else "a, b"}.get(row.arity[0], "a, b, c")
        return f"{name}({arguments})"

    def refuse_unknown(self, node: ast.expr, name: str, candidates: Collection[str]) -> NoReturn:
        match = nearest(name, candidates)
        allowed = ", ".join(sorted(self.names)[:8]) or "none"
        hint = f"did you mean {match}?" if match else f"symbols here: {allowed}"
        self.refuse(node, f"unknown name '{name[:40]}'", hint)

    def call(self, node: ast.Call, depth: int) -> _Part:
        import ast

        if not isinstance(node.func, ast.Name):
            self.value(node.func, depth + 1)  # for its own refusal, if it has one
            self.refuse(node, "only functions can be called", "write a*(b) for a product")
        name = node.func.id
        if not self.is_function(name):
            if name in self.names or name in CONSTANTS:
                self.refuse(node, f"{name} is not a function", f"write {name}*(...) for a product")
            candidates = (*FUNCTIONS, *ALIASES, *OPERATOR_NAMES, CONDITIONAL)
            match = nearest(name, candidates)
            self.refuse(node, f"unknown function '{name[:40]}'", f"did you mean {match}?" if match else "")
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                self.refuse(argument, _FORBIDDEN_NODES["Starred"], "give arguments one by one")
        if node.keywords:
            self.refuse(node.keywords[0], "keyword arguments are not allowed", "give arguments in order")
        if name == CONDITIONAL:
            self.check_count(node, name, 3, 3)
            return self.conditional(node.args[0], node.args[1], node.args[2], depth)
        if name in OPERATOR_NAMES:
            self.check_count(node, name, 2, 2)
            left, right = (self.value(argument, depth + 1) for argument in node.args)
            return self.binary(node, OPERATOR_NAMES[name], left, right)
        row = FUNCTIONS[ALIASES.get(name, name)]
        self.check_count(node, name, *row.arity)
        parts = [self.value(argument, depth + 1) for argument in node.args]
        if row.order and not self.open_order:
            order = parts[0].node
            if not (isinstance(order, Number) and order.value.denominator == 1 and order.value <= MAX_ORDER):
                message = f"the first argument of {name} is a whole number from 0 to {MAX_ORDER}"
                self.refuse(node.args[0], message, f"write {self.example(name)}")
        tree = Call(row.name, tuple(part.node for part in parts))
        values = [part.value for part in parts]
        if any(value is None for value in values):
            return _Part(tree, None)
        if row.scalar is None or any(math.isnan(value) for value in values if value is not None):
            return _Part(tree, math.nan)
        return _Part(tree, self.constant(node, lambda: row.scalar(*values) if row.scalar else math.nan))

    def check_count(self, node: ast.Call, name: str, least: int, most: int | None) -> None:
        count = len(node.args)
        if count >= least and (most is None or count <= most):
            return
        wanted = f"{least} argument{'s' if least > 1 else ''}" if most == least else f"at least {least} arguments"
        self.refuse(node, f"{name} takes {wanted}, got {count}", f"write {self.example(name)}")

    def binary(self, node: ast.expr, operator: str, left: _Part, right: _Part) -> _Part:
        tree = Binary(operator, left.node, right.node)
        if left.value is None or right.value is None:
            return _Part(tree, None)
        a, b = left.value, right.value
        if math.isnan(a) or math.isnan(b):
            return _Part(tree, math.nan)
        return _Part(tree, self.constant(node, lambda: _arithmetic(operator, a, b)))

    def constant(self, node: ast.AST, compute: Callable[[], float | complex]) -> float:
        """The value of a constant in floats, which cannot take long; refuse what is not finite and real."""
        try:
            value = compute()
        except OverflowError:
            self.refuse(node, "constant overflows", "the largest number is about 1.8e308")
        except ZeroDivisionError:
            self.refuse(node, "division by zero")
        except ValueError:
            self.refuse(node, "constant is not a real number")
        if isinstance(value, complex):
            self.refuse(node, "constant is not a real number", "write cbrt(x) for a real cube root")
        if math.isinf(value):
            self.refuse(node, "constant overflows", "the largest number is about 1.8e308")
        return value


def _arithmetic(operator: str, a: float, b: float) -> float | complex:
    if operator == "+":
        return a + b
    if operator == "-":
        return a - b
    if operator == "*":
        return a * b
    if operator == "/":
        return a / b
    if operator == "%":
        return a % b
    power: float | complex = a**b
    return power
