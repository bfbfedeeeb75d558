"""The JavaScript product against the others, in node."""

import json
import math
import re
import shutil
import subprocess

import mpmath
import pytest
import torch

from activations import default_registry
from activations.errors import ExpressionError
from activations.expression import FUNCTIONS, parse
from activations.expression.javascript import javascript_runtime

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed; the product is run in it")
SYMBOLS = ("x", "y", "z")
# What may stand in emitted code besides names of ours and numbers of ours.
WORDS = {"Math", "F", "const", "return", "Infinity", "NaN"} | {
    row.javascript.split(".")[1] for row in FUNCTIONS.values()
}
WORDS |= {"pow", "mod"}


def run_in_node(functions, arguments):
    """Values of emitted functions: for each function a list over its list of argument lists."""
    show = "v => Number.isNaN(v) ? 'nan' : v === Infinity ? 'inf' : v === -Infinity ? '-inf' : v"
    script = (
        f"{javascript_runtime()}\nconst functions = [{','.join(functions)}];\n"
        "const points = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n"
        f"const show = {show};\n"
        "console.log(JSON.stringify(functions.map((f, i) => points[i].map((p) => show(f(...p))))));\n"
    )
    result = subprocess.run(
        [NODE, "-e", script], input=json.dumps(arguments), capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return [[float(value) for value in values] for values in json.loads(result.stdout)]


def call_text(row):
    arguments = list(SYMBOLS[: row.arity[0]])
    if row.order:
        arguments[0] = "2"
    return f"{row.name}({', '.join(arguments)})"


def row_points(row, count=160):
    """Points of the row's domain, small and large, off the poles of gamma."""
    points = []
    for index in range(count):
        share = (index + 0.37) / count
        triple = []
        for place in range(3):
            low, high = max(row.domain[0], -24.9), min(row.domain[1], 26.1)
            triple.append(low + (high - low) * ((share + 0.413 * place) % 1))
        if row.name == "clip":
            triple[1:] = [-1.05, 1.15]
        points.append(triple)
    return points


@needs_node
def test_every_row_equals_mpmath_and_torch():
    rows = list(FUNCTIONS.values())
    expressions = [parse(call_text(row), SYMBOLS) for row in rows]
    points = [row_points(row) for row in rows]
    found = run_in_node([expression.to_javascript(SYMBOLS) for expression in expressions], points)
    for row, expression, triples, values in zip(rows, expressions, points, found, strict=True):
        columns = torch.tensor(triples, dtype=torch.float64).T
        ours = expression.to_torch()(**dict(zip(SYMBOLS, columns, strict=True))).tolist()
        reference = expression.to_mpmath()
        for triple, value, tensor in zip(triples, values, ours, strict=True):
            with mpmath.workdps(40):
                exact = reference(**dict(zip(SYMBOLS, triple, strict=True)))
                scale = max(abs(exact), mpmath.mpf("1e-300"))
                if row.name in ("lgamma", "digamma", "sinc", "sin", "cos", "tan"):
                    scale = max(scale, 1e-2)  # relative to the surroundings of their zeros
                assert abs(value - exact) <= 1e-12 * scale, (row.name, triple, value, exact)
            if row.name != "gamma":  # torch's own is the exponential of its logarithm
                assert math.isclose(value, tensor, rel_tol=1e-9, abs_tol=1e-12), (row.name, triple)


@needs_node
def test_operators_conditions_and_special_values():
    cases = [
        ("x % y", (-5.5, 3.0), 0.5),
        ("x % y", (5.5, -3.0), -0.5),
        ("x % y", (6.0, -3.0), 0.0),
        ("x ** y", (-2.0, 3.0), -8.0),
        ("-x ** 2", (3.0,), -9.0),
        ("x ** 0", (math.nan,), 1.0),
        ("cbrt(x)", (-27.0,), -3.0),
        ("sign(x)", (-0.5,), -1.0),
        ("1 if 0 < x <= 2 else 5", (2.0,), 1.0),
        ("1 if not x < 1 and x != 3 or x == 7 else 5", (3.0,), 5.0),
        ("x - -1", (1.0,), 2.0),
        ("1/x", (0.0,), math.inf),
        ("log(x)", (-1.0,), math.nan),
        ("1e-7*x + 1e21", (0.0,), 1e21),
        ("pi*x*0 + e", (1.0,), math.e),
        ("sinc(x)", (0.0,), 1.0),
        ("gamma(x)", (-1.5,), 2.3632718012073544),
        ("max(x, y, 2)", (1.0, -3.0), 2.0),
    ]
    functions, arguments = [], []
    for text, values, _ in cases:
        functions.append(parse(text, SYMBOLS).to_javascript(SYMBOLS))
        arguments.append([[*values, *[0.0] * (3 - len(values))]])
    script_safe = [[["NaN" if value != value else value for value in p] for p in points] for points in arguments]
    for (text, _, expected), (value,) in zip(cases, run_in_node(functions, script_safe), strict=True):
        assert math.isclose(value, expected, rel_tol=1e-15) or (value != value and expected != expected), text


@needs_node
def test_all_registered_formulas_and_their_derivatives_equal_torch():
    grid = [round(-6.07 + 0.3049 * index, 6) for index in range(40)]
    functions, arguments, expected = [], [], []
    registry = default_registry()
    for name in registry:
        activation = registry[name]
        symbols = [*activation.inputs, *activation.defaults]
        for order in range(3):
            try:
                expression = activation.formula.derivative(activation.inputs[0], order)
            except ExpressionError:
                continue
            points = [[x, *[0.7] * (len(activation.inputs) - 1), *activation.defaults.values()] for x in grid]
            columns = dict(zip(symbols, torch.tensor(points, dtype=torch.float64).T, strict=True))
            functions.append(expression.to_javascript(symbols))
            arguments.append(points)
            expected.append((name, order, expression.to_torch()(**columns).tolist()))
    assert len(functions) > 650
    for (name, order, theirs), ours in zip(expected, run_in_node(functions, arguments), strict=True):
        height = max((abs(value) for value in theirs if math.isfinite(value)), default=1.0)
        for x, their, our in zip(grid, theirs, ours, strict=True):
            same = math.isclose(our, their, rel_tol=1e-9, abs_tol=1e-9 * min(1.0, height)) or (
                our != our and their != their
            )
            assert same, (name, order, x, our, their)


@pytest.mark.torture(84)
@pytest.mark.parametrize(
    "text", ["constructor*__proto__ + alert", "eval + Function if window > 0 else document", "F + Math*p0"]
)
def test_no_name_of_the_formula_reaches_the_code(text):
    names = ("constructor", "__proto__", "alert", "eval", "Function", "window", "document", "F", "Math", "p0")
    code = parse(text, names).to_javascript(names)
    words = set(re.findall(r"[A-Za-z_$][\w$]*", re.sub(r"\b\d[\d.]*(e[+-]?\d+)?", "", code)))
    assert {word for word in words if not re.fullmatch(r"[pv]\d+", word)} <= WORDS
    assert not set(code) & set("'\"`\\<;[]") - {"<", ";"}


def test_equal_subtrees_are_computed_once():
    code = parse("exp(x)/(1 + exp(x))").to_javascript()
    assert code.count("Math.exp(") == 1
    assert parse("x*alpha", ("x", "alpha")).to_javascript(("x", "alpha")) == "(p0, p1) => (p0 * p1)"
    assert parse("2/4").to_javascript() == "() => 0.5"


def test_a_symbol_without_an_argument_is_an_error():
    with pytest.raises(TypeError, match="no argument for 'x'"):
        parse("x").to_javascript(())
