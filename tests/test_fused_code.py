"""The C++ function of an activation computes what the declaration computes, value and derivatives, at kinks too."""

import concurrent.futures
import ctypes
import functools
import math
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

import activations.fitting.fused
from activations import activation, default_registry, derivative
from activations.declare import formula_activation
from activations.fitting.fused.code import Inexpressible, emit, source
from activations.fitting.fused.graph import Graph

REGISTRY = default_registry()
KERNEL = Path(activations.fitting.fused.__file__).parent / "kernel"
COMPILER = shutil.which("g++") or shutil.which("clang++")
FLAGS = ["-std=c++17", "-O1", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast"]
DTYPES = {"float32": torch.float32, "float64": torch.float64}
ALIGNMENT = 64  # bytes
WHOLE = 16  # lanes of the widest vector; the number of elements is a multiple
TOLERANCE = 1e-12

INEXPRESSIBLE = {}  # of the catalogue: name to reason

needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C++ compiler")


def catalogue():
    """Every activation at its defaults, at its declared cases, and with all of its parameters learnable."""
    for item in REGISTRY.values():
        if item.name in INEXPRESSIBLE:
            continue
        yield item.variant()
        yield from (item.variant(None, **case) for case in item.cases)
        if set(item.learnable) != set(item.defaults):
            yield item.variant(True)


TYPED = [
    formula_activation("x*sigmoid(1.702*x)"),
    formula_activation("x if x > 0 else alpha*(exp(x) - 1)", parameters={"alpha": 0.7}, learnable=["alpha"]),
    formula_activation("sqrt(x) if x > 0 else -sqrt(-x)"),
    formula_activation("x1*tanh(a*x2) + max(x1, x2)", parameters={"a": 1.5}, learnable=["a"]),
    formula_activation("0.3"),
    formula_activation("x % 0.7 + floor(x)/(1 + abs(x))"),
    formula_activation("sign(x)*log1p(abs(x)) if not (-1 < x <= 1 or x == 3) else x^3/2"),
    *(
        formula_activation(text)
        for text in (
            *("exp(x)", "expm1(x)", "log(x)", "log1p(x)", "log2(x)", "log10(x)", "sqrt(x)", "cbrt(x)", "abs(x)"),
            *("sign(x)", "min(x, 1 - x)", "max(x, 1, x^2)", "clip(x, -1, 1/2)", "relu(x)", "floor(x)", "ceil(x)"),
            *("sin(x)", "cos(x)", "tan(x)", "asin(x)", "acos(x)", "atan(x)", "atan2(x, 2)", "hypot(x, 1)", "sinh(x)"),
            *("cosh(x)", "tanh(x)", "sech(x)", "asinh(x)", "acosh(x)", "atanh(x)", "erf(x)", "erfc(x)", "ncdf(x)"),
            *("sinc(x + 2)", "sigmoid(x)", "dsigmoid(x)", "softplus(x)", "x^5", "x^-3", "abs(x)^2.5", "1.5^x", "x^11"),
        )
    ),
]


class StraightThrough(torch.autograd.Function):
    """A step whose backward pass is written by hand."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.round(x)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient / (1 + x * x)


BODIES = {
    "celu": lambda x: functional.celu(x, 2.0),
    "clamp against tensors": lambda x: torch.clamp(x, x * 0.5, x * x),
    "clamp_max": lambda x: x.clamp_max(0.2),
    "clamp_min": lambda x: x.clamp_min(0.2),
    "constant": lambda x: torch.full_like(x, 0.3),
    "copied": lambda x: torch.empty_like(x).copy_(x).sin_(),
    "copysign": lambda x: torch.copysign(x * x, x),
    "filled": lambda x: torch.zeros_like(x).add_(x).masked_fill_(x > 0, 0.3),
    "floor division": lambda x: torch.div(x, 0.3, rounding_mode="floor"),
    "fmax": lambda x: torch.fmax(x, x * x),
    "fmod": lambda x: torch.fmod(x, 1.7),
    "frac": torch.frac,
    "gelu": functional.gelu,
    "gelu, tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "hardswish": functional.hardswish,
    "hardtanh": lambda x: functional.hardtanh(x, -0.5, 0.7),
    "in place": lambda x: x.clone().mul_(2).add_(1).clamp_(-1, 1).sigmoid_(),
    "lerp": lambda x: torch.lerp(x, x * x, torch.sigmoid(x)),
    "log_sigmoid": functional.logsigmoid,
    "logaddexp": lambda x: torch.logaddexp(x, 2 * x),
    "logit": lambda x: torch.logit(x, 0.1),
    "mask": lambda x: (x > 2) + ((x > 0) & (x < 1) | ~(x < -1)) * x,
    "mask as a number": lambda x: ((x > 0) ^ (x > 1)).int() * x,
    "mask given back": lambda x: x > 0,
    "maximum": lambda x: torch.maximum(x, -x),
    "nan_to_num": lambda x: torch.nan_to_num(torch.log(x), 0.1, 0.2, 0.3),
    "power of numbers": lambda x: x.abs() ** x,
    "prelu": lambda x: functional.prelu(x, x.new_tensor([0.3])),
    "rsub": lambda x: torch.rsub(x, 2.0, alpha=3.0),
    "selu": functional.selu,
    "own backward pass": StraightThrough.apply,
    "part without a gradient": lambda x: x * torch.sigmoid(x).detach(),
    "softplus with a threshold": lambda x: functional.softplus(x, 2.0, 5.0),
    "softshrink": lambda x: functional.softshrink(x, 0.3),
    "table of constants": lambda x: x * torch.tensor([1.0, 2.0, 3.0])[1],
    "threshold": lambda x: functional.threshold(x, 0.1, 20.0),
    "views": lambda x: (x.unsqueeze(0).squeeze(0).reshape(1, -1) * 2).flatten().contiguous(),
    "xlogy": lambda x: torch.xlogy(x, x * x),
}


def declared(function, derivative=()):
    """An activation of this body."""

    def body(x):
        """A body of this test."""
        return function(x)

    return activation(formula="x", paper="none", derivative=derivative)(body)


def others():
    yield from ((item.name, item.variant()) for item in TYPED)
    yield from ((f"body: {name}", declared(function).variant()) for name, function in BODIES.items())


CATALOGUE = {variant.label: variant for variant in catalogue()}
OTHERS = dict(others())
VARIANTS = {**CATALOGUE, **OTHERS}
# One more of everything takes as long to compile again: in float32 the declared defaults have to do.
AT_DEFAULTS = {label: variant for label, variant in CATALOGUE.items() if variant == variant.activation.variant()}
COMPILED = {"float64": VARIANTS, "float32": AT_DEFAULTS}


@pytest.fixture(scope="module")
def functions(tmp_path_factory):
    """The compiled function of each variant in each precision."""
    folder = tmp_path_factory.mktemp("fused")
    emitted = {
        precision: {label: emit(variant, precision) for label, variant in variants.items()}
        for precision, variants in COMPILED.items()
    }

    def build(part):
        precision, index = part
        distinct = list({item.symbol: item for item in emitted[precision].values()}.values())
        text = folder / f"{precision}{index}.cpp"
        text.write_text(source(distinct[index::2]))
        library = text.with_suffix(".so")
        real = "double" if precision == "float64" else "float"
        subprocess.run(
            [COMPILER, *FLAGS, "-shared", "-fPIC", f"-DREAL={real}", f"-I{KERNEL}", text, "-o", library], check=True
        )
        return ctypes.CDLL(str(library))

    parts = [(precision, index) for precision in DTYPES for index in range(2)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        libraries = dict(zip(parts, pool.map(build, parts), strict=True))
    found = {}
    for precision, items in emitted.items():
        for label, item in items.items():
            for index in range(2):
                function = getattr(libraries[precision, index], item.symbol, None)
                if function is not None:
                    function.restype = None
                    found[label, precision] = function
    return found


def points(variant, dtype):
    """Where it is compared: around 0, at kinks and next to them, far out, and what is no number."""
    places = [*(step / 9 - 7.5 for step in range(136)), *range(-8, 9)]
    places += [sign * size for size in (1e-9, 1e-4, 20.0, 40.0, 100.0, 1e3, math.inf) for sign in (1, -1)]
    for kink in variant.kinks or ():
        near = torch.tensor(kink, dtype=dtype)
        places += [kink, kink + 1e-3, kink - 1e-3]
        places += [torch.nextafter(near, near.new_tensor(side)).item() for side in (-math.inf, math.inf)]
    line = torch.tensor([*places, math.nan], dtype=dtype)
    if variant.inputs == 1:
        return [line]
    return [column.contiguous() for column in torch.cartesian_prod(line[::3], line[1::7]).T]


def aligned(values):
    """The values at an address that vectors can be loaded from, padded to whole vectors."""
    padded = -len(values) % WHOLE + len(values)
    memory = torch.ones(padded + ALIGNMENT, dtype=values.dtype)
    start = -memory.data_ptr() % ALIGNMENT // memory.element_size()
    memory[start : start + len(values)] = values
    return memory[start : start + padded]


def called(function, variant, columns, *, over_inputs=False):
    """What the compiled function writes: the value, then the derivatives."""
    values = dict(variant.values)
    theta = torch.tensor([values[name] for name in variant.learnable] + [0.0], dtype=columns[0].dtype)
    inputs = [aligned(column) for column in columns]
    results = [aligned(torch.full_like(columns[0], 7.0)) for _ in range(1 + variant.inputs + len(variant.learnable))]
    if over_inputs:
        results[1 : 1 + variant.inputs] = inputs
    pointers = [ctypes.c_void_p(tensor.data_ptr()) for tensor in (*inputs, *results)]
    given = (ctypes.c_void_p * len(inputs))(*pointers[: len(inputs)])
    value, *slopes = pointers[len(inputs) :]
    written = (ctypes.c_void_p * len(slopes))(*slopes)
    function(ctypes.c_long(len(inputs[0])), given, ctypes.c_void_p(theta.data_ptr()), value, written)
    return [result[: len(columns[0])].clone() for result in results]


def wanted(variant, columns, dtype=None):
    """The same from the declaration."""
    columns = [column.to(dtype or column.dtype) for column in columns]
    learned = {
        name: torch.tensor(value, dtype=columns[0].dtype) for name, value in variant.values if name in variant.learnable
    }
    results = [variant(*columns, **learned)]
    for name in (*variant.activation.inputs, *variant.learnable):
        results.append(derivative(variant, *columns, wrt=name, **learned))
    return [result.to(columns[0].dtype).expand(columns[0].shape) for result in results]


def compare(variant, columns, got, reference, allowed):
    """Each result is within what is allowed, relative to its magnitude or to 1; infinities and NaN are the same."""
    names = ("value", *variant.activation.inputs, *variant.learnable)
    no_number = functools.reduce(torch.logical_or, (column.isnan() for column in columns))
    for index, (name, ours, theirs) in enumerate(zip(names, got, reference, strict=True)):
        # What torch gives as the derivative at NaN depends on where in the tensor the NaN lies.
        seen = ~no_number if index else torch.ones_like(no_number)
        finite = ours.isfinite() & theirs.isfinite()
        same = (ours == theirs) | (ours.isnan() & theirs.isnan())
        error = ((ours - theirs).abs() / (theirs.abs() + 1)).nan_to_num(0.0)
        wrong = seen & torch.where(finite, error > allowed, ~same)
        if wrong.any():
            at = int(wrong.nonzero()[0])
            where = ", ".join(f"{column[at].item()!r}" for column in columns)
            raise AssertionError(
                f"{variant.label}: {name} at {where} is {ours[at].item()!r}, should be {theirs[at].item()!r}"
                f" ({int(wrong.sum())} of {len(wrong)} places)"
            )


@needs_compiler
@pytest.mark.parametrize("label", VARIANTS)
def test_the_compiled_function_is_that_of_the_declaration_in_float64(functions, label):
    variant = VARIANTS[label]
    columns = points(variant, torch.float64)
    compare(
        variant, columns, called(functions[label, "float64"], variant, columns), wanted(variant, columns), TOLERANCE
    )


@needs_compiler
@pytest.mark.parametrize("label", AT_DEFAULTS)
def test_in_float32_it_is_as_near_to_float64_as_torch(functions, label):
    variant = AT_DEFAULTS[label]
    columns = points(variant, torch.float32)
    exact = wanted(variant, columns, torch.float64)
    theirs = wanted(variant, columns)
    ours = called(functions[label, "float32"], variant, columns)
    for index, (truth, torchs, compiled) in enumerate(zip(exact, theirs, ours, strict=True)):
        magnitude = truth.abs() + 1
        seen = truth.isfinite() & torchs.isfinite()
        if index:
            seen &= ~functools.reduce(torch.logical_or, (column.isnan() for column in columns))
        assert compiled[seen].isfinite().all(), (
            f"{index}: {[column[seen & ~compiled.isfinite()] for column in columns]}"
        )
        error, allowed = (((result - truth).abs() / magnitude)[seen].max(dim=0) for result in (compiled, torchs))
        where = [column[seen][error.indices].item() for column in columns]
        assert error.values <= 3 * allowed.values + 5e-7, f"result {index} at {where}"


@needs_compiler
def test_a_wrong_function_is_found(functions):
    variant = VARIANTS["gelu"]
    columns = points(variant, torch.float64)
    with pytest.raises(AssertionError, match=r"gelu: value at .* should be"):
        compare(
            variant,
            columns,
            called(functions["gelu_tanh", "float64"], variant, columns),
            wanted(variant, columns),
            1e-5,
        )


@needs_compiler
@pytest.mark.parametrize("label", ["mish", "prelu", "swiglu", "acon_c", "bilinear"])
def test_slopes_may_be_written_over_the_inputs(functions, label):
    variant = VARIANTS[label]
    columns = points(variant, torch.float64)
    apart, over = (called(functions[label, "float64"], variant, columns, over_inputs=mode) for mode in (False, True))
    assert all(torch.equal(one.nan_to_num(5.0), two.nan_to_num(5.0)) for one, two in zip(apart, over, strict=True))


@needs_compiler
def test_theta_is_read_at_run_time(functions):
    variant = REGISTRY.variant("prelu:weight=0.75")
    columns = points(variant, torch.float64)
    function = functions["prelu", "float64"]
    assert emit(variant).symbol == emit(REGISTRY.variant("prelu")).symbol
    compare(variant, columns, called(function, variant, columns), wanted(variant, columns), TOLERANCE)


def test_the_catalogue_is_expressible_but_for_those_listed():
    found = {}
    for item in REGISTRY.values():
        try:
            emit(item.variant())
        except Inexpressible as error:
            found[item.name] = str(error)
    assert found == INEXPRESSIBLE


def test_text_and_symbol_depend_on_the_function_alone():
    one, two = emit(formula_activation("x*tanh(x)", "one").variant()), emit(formula_activation("tanh(x)*x").variant())
    assert one == two
    assert one.symbol != emit(formula_activation("x*sin(x)").variant()).symbol
    assert re.fullmatch(r"phi_[0-9a-f]{16}", one.symbol)
    assert emit(REGISTRY.variant("elu:alpha=0.5")).symbol != emit(REGISTRY.variant("elu:alpha=0.25")).symbol
    assert source([one, two]).count("void phi_") == 1


ATTACK = 'x"); system("touch /tmp/x'


def test_no_foreign_text_reaches_the_compiler():
    names = {"system": 1.0, "__asm__": 0.1}
    item = formula_activation(
        "x*system + __asm__*sin(x)", ATTACK, parameters=names, learnable=["system"], summary=ATTACK, paper=ATTACK
    )
    for precision in DTYPES:
        text = source([emit(item.variant(), precision)])
        assert "system" not in text
        assert "asm" not in text
        words = set(re.findall(r"[A-Za-z_]\w*", re.sub(r"-?0x[0-9a-f.]+p[+-]\d+", "", text)))
        generated = {word for word in words if re.fullmatch(r"[cv]\d+|phi_[0-9a-f]{16}", word)}
        assert words - generated == {
            *("include", "math", "hpp", "extern", "C", "void", "long", "count", "const", "REAL", "inputs", "theta"),
            *("value", "slopes", "for", "i", "LANES", "V", "splat", "load", "store", "sin_", "cos_"),
        }


def test_numbers_are_hexadecimal_and_rounded_to_the_precision():
    item = formula_activation("0.1*x + (x if x < 1e300 else 2)")
    assert (0.1).hex() in emit(item.variant(), "float64").text
    text = emit(item.variant(), "float32").text
    assert "0x1.99999a0000000p-4" in text
    assert "REAL(__builtin_inf())" in text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (lambda x: x if x.sum() > 0 else -x, "sum"),
        (lambda x: x if x[0] > 0 else -x, "_local_scalar_dense|shape"),
        (lambda x: x.cumsum(0), "cumsum"),
        (lambda x: torch.softmax(x, 0), "_softmax"),
        (lambda x: x - x.mean(), "mean"),
        (lambda x: x / x.numel(), "another number of them"),
        (lambda x: x * max(x.tolist()), "at other values"),
        (lambda x: x * torch.from_numpy(x.detach().numpy() + 1), "several numbers"),
        (lambda x: x * torch.arange(len(x)), "several numbers"),
        (lambda x: x * torch.rand_like(x), "random"),
        (lambda x: torch.nn.functional.dropout(x, training=True), "random"),
        (lambda x: x.double().float() + x.half(), "float64|float16"),
        (lambda x: x[:, None] * x, "shape"),
        (lambda x: x.expand(2, len(x)).reshape(-1), "shape"),
        (lambda x: x[None].expand(len(x), len(x)).t()[0] * 2, "shape"),
        (lambda x: x.flip(0), "flip"),
        (lambda x: x.roll(1), "roll"),
        (lambda x: x[x > 0], "index|nonzero"),
        (lambda x: torch.cat([x[1:], x[:1]]), "cat|shape"),
        (lambda x: torch.fft.fft(x).real, "fft"),
        (lambda x: x.sort().values, "sort"),
        (lambda x: torch.lgamma(x), "lgamma|digamma"),
        (lambda x: (x * 1j).exp().real, "complex"),
        (lambda x: torch.vmap(torch.func.grad(torch.sin))(x), "transformation"),
        (lambda x: 3.0, "float"),
    ],
)
def test_what_is_no_function_of_each_element_is_refused(body, reason):
    with pytest.raises(Inexpressible, match=reason):
        emit(declared(body).variant())


def test_an_exception_of_the_body_is_let_through():
    def failing(x):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        emit(declared(failing).variant())
    assert torch.is_grad_enabled()


def test_a_closed_form_is_what_is_compiled():
    text = emit(declared(torch.tanh, derivative=lambda x: torch.sin(x)).variant()).text
    assert "sin_" in text
    assert "sin_" not in emit(declared(torch.tanh).variant()).text


@functools.cache
def usual(label):
    return emit(REGISTRY.variant(label), "float64")


@pytest.mark.parametrize("label", ["mish", "prelu", "gelu", "bent_identity", "aglu", "swiglu"])
def test_the_mode_of_the_caller_does_not_matter(label):
    expected = usual(label)
    variant = REGISTRY.variant(label)
    seen = []

    class Watching(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            seen.append(func)
            return func(*args, **(kwargs or {}))

    def within(x):
        seen.append(emit(variant, "float64"))
        return x * 2

    with torch.no_grad():
        assert emit(variant, "float64") == expected
        assert not torch.is_grad_enabled()
    with torch.inference_mode():
        assert emit(variant, "float64") == expected
        assert torch.is_inference_mode_enabled()
    with Watching():
        assert emit(variant, "float64") == expected
    assert not seen
    assert torch.vmap(within)(torch.ones(3)).tolist() == [2.0, 2.0, 2.0]
    torch.func.grad(within)(torch.ones(()))
    assert seen == [expected, expected]
    with torch.device("meta"):
        assert emit(variant, "float64") == expected
    torch.set_default_dtype(torch.float64)
    try:
        assert emit(variant, "float64") == expected
        assert torch.get_default_dtype() is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


class TestGraph:
    graph = Graph("float64")
    x, y = graph.input(0), graph.input(1)

    @pytest.mark.parametrize(
        ("build", "expected"),
        [
            (lambda g, x, y: x * 1 + 0, lambda g, x, y: x),
            (lambda g, x, y: -(0 - x), lambda g, x, y: x),
            (lambda g, x, y: x + -y, lambda g, x, y: x - y),
            (lambda g, x, y: x * -1 * -y, lambda g, x, y: x * y),
            (lambda g, x, y: x / 4, lambda g, x, y: x * 0.25),
            (lambda g, x, y: 2 * (x * 0.3 * 0.5), lambda g, x, y: x * 0.3),
            (lambda g, x, y: y * x, lambda g, x, y: x * y),
            (lambda g, x, y: g.power(x, 3), lambda g, x, y: x * (x * x)),
            (lambda g, x, y: g.power(x, 0.5), lambda g, x, y: g.apply("sqrt", x)),
            (lambda g, x, y: g.select(x > 0, y, y), lambda g, x, y: y),
            (lambda g, x, y: g.select(~(x > 0), x, y), lambda g, x, y: g.select(x > 0, y, x)),
            (lambda g, x, y: g.select(x > 0, g.select(x > 0, x, y), y), lambda g, x, y: g.select(x > 0, x, y)),
            (
                lambda g, x, y: g.select(x > 0, x, 0) + g.select(x > 0, 0, y),
                lambda g, x, y: g.select(x > 0, x, y),
            ),
            (lambda g, x, y: g.apply("ne", g.real(x > 0), 0), lambda g, x, y: x > 0),
            (lambda g, x, y: g.select(True, x, y), lambda g, x, y: x),
            (lambda g, x, y: g.select(x > 0, 3, 1) * 2, lambda g, x, y: g.select(x > 0, 6, 2)),
            (lambda g, x, y: g.constant(0.1) * 3, lambda g, x, y: g.constant(0.1 * 3)),
        ],
    )
    def test_rules(self, build, expected):
        assert build(self.graph, self.x, self.y) is expected(self.graph, self.x, self.y)

    @pytest.mark.parametrize(
        "build",
        [
            lambda g, x: (x * 0, g.constant(0)),  # NaN and infinity times 0
            lambda g, x: (x - x, g.constant(0)),
            lambda g, x: (x / x, g.constant(1)),
            lambda g, x: (x / 3, x * (1 / 3)),  # rounds twice
            lambda g, x: (x * 0.3 * 0.7, x * (0.3 * 0.7)),
            lambda g, x: (x * 2.0**-600 * 2.0**600, x),  # leaves the range in between
            lambda g, x: (g.select(x > 0, 1, 0) * x, g.select(x > 0, x, 0)),  # 0 times infinity
            lambda g, x: (~(x > 0), x <= 0),  # both are false at NaN
        ],
    )
    def test_no_rule_hides_a_nan_or_rounds_worse(self, build):
        one, two = build(self.graph, self.x)
        assert one is not two
