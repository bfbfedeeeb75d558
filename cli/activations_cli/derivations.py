"""Derivatives by several means, and computation graphs, on the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from activations_cli.output import Cell, Column, Output, significant

if TYPE_CHECKING:
    from activations.derivation import BilinearGradients, Derivation, Derivative, Graph, GraphNode, Sides

__all__ = ["point_text", "show_bilinear", "show_derivation", "show_graph"]

PRIMES = ("f", "f′", "f″", "f‴")
PLAIN_PRIMES = tuple("f" + "'" * order for order in range(len(PRIMES)))
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
DIGITS = (20, 30)  # of high precision, on a narrow and on a wide terminal
WIDE = 100
MOST_LINES = 60  # of a graph
NO_VALUE = "–"


def show_derivation(output: Output, found: Derivation) -> None:
    """One table per point, and what is to be said about it."""
    output.show(output.joined((found.variant.label, "bold"), (f"  at {point_text(found.at)}", "dim")))
    columns = [
        Column("", key=True),
        Column("by", key=True),
        Column("value", key=True),
        Column("difference", "right"),
        Column("how", short=True, optional=True, style="dim"),
    ]
    rows: list[list[Cell] | None] = []
    for derivative in found.derivatives:
        rows += [None] if rows else []
        rows += list(table_rows(output, derivative, len(found.at)))
    output.table(columns, rows)
    output.line()
    for name, (order, kind) in found.breaks.items():
        output.line(break_text(found, name, order, kind), "yellow")
    output.line(verdict(found, output.unicode), "green" if found.agrees else "bold red")
    output.line()


def table_rows(output: Output, derivative: Derivative, inputs: int) -> Iterator[list[Cell]]:
    """A value or derivative by all means; at a break its limits below."""
    symbol = symbol_of(derivative.index, inputs, output.unicode)
    digits = DIGITS[output.width >= WIDE]
    for number, estimate in enumerate(derivative.estimates):
        text = estimate.text or NO_VALUE
        if estimate.method.startswith("mpmath"):
            text = cut_digits(text, digits)
        if estimate.error is not None and estimate.value is not None:
            text = uncertain_text(estimate.value, estimate.error)
        apart = "" if estimate.difference is None else distance_text(estimate.difference)
        style = "red" if derivative.agrees is False and estimate.difference and apart != "0" else ""
        yield [(symbol if number == 0 else "", "bold"), estimate.method, text, (apart, style), estimate.how]
    if derivative.sides is not None:
        ends = sides_text(derivative.sides)
        yield ["", "from both sides", (ends, "yellow"), "", "limits of the formula"]


def cut_digits(text: str, most: int) -> str:
    """At most so many digits of a number, with an ellipsis for more."""
    mantissa, e, exponent = text.partition("e")
    digits = sum(letter.isdigit() for letter in mantissa.replace("0.", "", 1))
    if digits <= most:
        return text
    return mantissa[: len(mantissa) - (digits - most)] + "…" + e + exponent


def uncertain_text(value: float, error: float) -> str:
    """A number with the digits that its error leaves, and the error: 0.39322386649 ± 5.7e-11."""
    if not 0 < error < math.inf:
        return f"{value!r} ± {significant(error, 2)}"
    if not value or not 1e-4 <= abs(value) < 1e6:
        size = abs(value) or 1.0
        return f"{value:.{min(17, max(1, 2 + math.ceil(math.log10(size / error))))}g} ± {significant(error, 2)}"
    return f"{value:.{min(17, max(0, 1 - math.floor(math.log10(error))))}f} ± {significant(error, 2)}"


def distance_text(value: float) -> str:
    """How far an estimate is from the reference; nothing below fifty digits is worth a digit."""
    if math.isinf(value):
        return "∞"
    return "0" if value < 1e-50 else significant(value, 2)


def symbol_of(index: Sequence[str], inputs: int, unicode: bool) -> str:
    """f″ for one input, ∂²f/∂x1∂x2 where it must be told what in."""
    if not index:
        return "f"
    if inputs == 1 and set(index) == {"x"}:
        primes = PRIMES if unicode else PLAIN_PRIMES
        return primes[len(index)] if len(index) < len(primes) else f"f({len(index)})"
    if not unicode:
        order = str(len(index)) if len(index) > 1 else ""
        return f"d{order}f/{' '.join(f'd{name}' for name in index)}"
    power = "" if len(index) == 1 else str(len(index)).translate(RAISED)
    below = "".join(
        f"∂{name}{str(index.count(name)).translate(RAISED) if index.count(name) > 1 else ''}"
        for name in dict.fromkeys(index)
    )
    return f"∂{power}f/{below}"


def point_text(at: dict[str, float]) -> str:
    """A point: x = 0.5."""
    return ", ".join(
        f"{name} = {value:.17g}" if value != round(value, 6) else f"{name} = {value:g}" for name, value in at.items()
    )


def sides_text(both: Sides) -> str:
    """The two limits."""
    along = f" in {both.name}" if both.name != "x" else ""
    return f"{end_text(both.left)} | {end_text(both.right)}{along}"


def end_text(value: float) -> str:
    """A limit, or that there is none."""
    if math.isnan(value):
        return "none"
    return ("∞" if value > 0 else "-∞") if math.isinf(value) else f"{value:.6g}"


def break_text(found: Derivation, name: str, order: int, kind: str) -> str:
    """What breaks at the point, and what the numbers there are worth."""
    where = f"{name} = {found.at[name]:.6g}"
    if kind == "gap":
        return f"No value at {where}: the formula has a gap there, with the same limit on both sides."
    if kind == "edge of the domain":
        return f"Edge of the domain at {where}: the formula has values on one side only, or on none."
    what = {
        "pole": f"Pole at {where}: the value grows without bound.",
        "jump": f"Jump at {where}: the value differs from side to side, and no derivative exists.",
        "kink": f"Kink at {where}: the slope differs from side to side; what code gives there is a convention.",
        "infinite slope": f"Infinite slope at {where}: no derivative exists.",
    }
    high = f"The derivative of order {order} breaks at {where}: from there on values are a convention."
    return what.get(kind, high)


def verdict(found: Derivation, unicode: bool) -> str:
    """Whether all means agree."""
    wrong = [item for item in found.derivatives if item.agrees is False]
    if wrong:
        names = ", ".join(symbol_of(item.index, len(found.at), unicode) for item in wrong)
        return f"They disagree on {names}: by more than 1e-9 of the value."
    told = sum(item.agrees is True for item in found.derivatives)
    if not told:
        return "Nothing to compare: no derivative exists here."
    return "They agree to 9 digits or more where the derivative exists."


def show_graph(output: Output, graph: Graph) -> None:
    """A graph as a tree from the result back to the variables; what was shown already is only named."""
    from activations.render.graph import saved_text

    output.show(output.joined(("graph  ", "dim"), (graph.title, "bold")))
    if not graph.nodes:
        output.line("  the result depends on no variable: there is none", "dim")
        return
    value = "" if graph.value is None else f" = {graph.value:.6g}"
    lines: list[tuple[str, str, str]] = [(f"f{value}", "", "")]
    seen: set[int] = set()

    def add(number: int, before: str, last: bool) -> None:
        node = graph.nodes[number]
        branch, stem = ("└─ ", "   ") if last else ("├─ ", "│  ")
        if not output.unicode:
            branch, stem = ("`- ", "   ") if last else ("|- ", "|  ")
        again = number in seen and not node.variable
        note = f"  (number {number} again)" if again else gradient_text(node)
        title = node.title if node.variable else f"{node.title} {number}"
        lines.append((before + branch + title, note, "bold green" if node.variable else "bold"))
        if again:
            return
        seen.add(number)
        following = [other for other in node.inputs if other is not None]
        inner = before + stem + (("│ " if output.unicode else "| ") if following else "  ")
        lines.extend((inner + saved_text(saved), "", "dim") for saved in node.saved)
        for place, other in enumerate(following):
            add(other, before + stem, place == len(following) - 1)

    add(0, "", True)
    for text, note, style in lines[:MOST_LINES]:
        output.show(output.joined((text, style), (note, "yellow")))
    if len(lines) > MOST_LINES:
        output.line(f"{len(lines) - MOST_LINES} more lines: --graph FILE.svg draws all", "dim")
    output.line()


def gradient_text(node: GraphNode) -> str:
    """The gradient that reaches a node."""
    if node.gradient is None:
        return ""
    return f"  gradient {node.gradient:.6g}"


def show_bilinear(output: Output, found: BilinearGradients) -> None:
    """The gradients of the layer with vectors and a matrix."""
    m, n = found.matrix.shape

    def spelled(formula: str) -> str:
        return formula if output.unicode else formula.replace("ᵀ", "'").replace("·", "*")

    about = f"  f = {spelled('x1ᵀ·A·x2')} + b, as torch.nn.Bilinear({m}, {n}, 1) computes it"
    output.show(output.joined(("with vectors", "bold"), (about, "dim")))
    output.facts(
        [
            ("x1", numbers_text(found.x1.tolist())),
            ("x2", numbers_text(found.x2.tolist())),
            ("A", numbers_text(found.matrix.tolist())),
            ("b", numbers_text(found.shift.tolist())),
            ("f", f"{found.value:.6g} by hand, {found.layer_value:.6g} by torch"),
        ]
    )
    output.line()
    rows: list[tuple[str, str]] = []
    for name, formula in found.formulas.items():
        hand, given = found.by_hand[name], found.by_autograd[name]
        apart = significant(float((hand - given).abs().max()), 2)
        rows.append((symbol_of((name,), 2, output.unicode), f"{spelled(formula)} = {numbers_text(hand.tolist())}"))
        rows.append(("", f"by autograd {numbers_text(given.tolist())}, difference {apart}"))
    output.facts(rows)
    output.line()


def numbers_text(values: float | list[float] | list[list[float]]) -> str:
    """Numbers in brackets: [1, 2], [[1, 0], [0, 1]]."""
    if isinstance(values, list):
        return f"[{', '.join(map(numbers_text, values))}]"
    return f"{values:.6g}"
