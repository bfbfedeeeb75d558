"""The elementary functions of the fused kernel: within four units in the last place, at every vector width."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import mpmath
import numpy as np
import pytest
import torch
from torch import Tensor

import activations.fitting.fused

KERNEL = Path(activations.fitting.fused.__file__).parent / "kernel"
COMPILER = next(
    (found for name in (os.environ.get("CXX"), "g++", "clang++") if name and (found := shutil.which(name))), None
)
FLAGS = (
    *("-std=c++17", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast"),
    *("-Wall", "-Wextra", "-Werror", "-Wno-psabi", "-fPIC", "-shared"),
)
LIMIT = 4.0
WIDEST = 32
LAYOUTS = [("float", 4), ("float", 16), ("float", 32), ("float", 64)]
LAYOUTS += [("double", 8), ("double", 16), ("double", 32), ("double", 64)]
SMALLEST, LARGEST = 2.0**-126, float(np.finfo(np.float32).max)

pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C++ compiler (g++ or clang++) to build with")

Function = Callable[..., Tensor]


def softplus(x: Tensor) -> Tensor:
    return torch.clamp(x, min=0) + torch.log1p(torch.exp(-x.abs()))


NAMES = (
    *("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
    *("asin", "acos", "atan", "erf", "erfc"),
)
ODD = ("expm1", "log1p", "sqrt", "cbrt", "sin", "tan", "sinh", "tanh", "asinh", "atanh", "asin", "atan", "erf", "round")
ROUNDED = ("exp2", "log2", "log10", "rsqrt", "floor", "ceil", "round", "trunc", "abs")
UNARY: dict[str, Function] = {name: getattr(torch, name) for name in (*NAMES, *ROUNDED)}
UNARY |= {
    "cbrt": lambda x: torch.from_numpy(np.cbrt(x.numpy())),
    "sigmoid": lambda x: 1 / (1 + torch.exp(-x)),
    "softplus": softplus,
    "sign": lambda x: torch.where(x.isnan(), x, torch.sign(x)),
}
POWERS = (-7, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 8, 11)
BINARY: dict[str, Function] = {
    "atan2": torch.atan2,
    "logaddexp": torch.logaddexp,
    "hypot": torch.hypot,
    "pow": torch.pow,
    "min": torch.minimum,
    "max": torch.maximum,
    "remainder": torch.remainder,
    "copysign": torch.copysign,
}
EXACT: dict[str, Callable[..., mpmath.mpf]] = {name: getattr(mpmath, name) for name in NAMES}
EXACT |= {
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "log2": lambda x: mpmath.log(x, 2),
    "log10": mpmath.log10,
    "rsqrt": lambda x: 1 / mpmath.sqrt(x),
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
}
EXACT_BINARY = {"pow": mpmath.power, "atan2": mpmath.atan2, "hypot": mpmath.hypot}

SOURCE = """
#include "math.hpp"
#define ONE(name) extern "C" void t_##name(long count, const REAL* x, REAL* y) {                     \\
    for (long i = 0; i < count; i += LANES) store(y + i, name##_(load(x + i)));                      \\
}
#define TWO(name) extern "C" void t_##name(long count, const REAL* a, const REAL* b, REAL* y) {      \\
    for (long i = 0; i < count; i += LANES) store(y + i, name##_(load(a + i), load(b + i)));         \\
}
#define POWER(name, n) extern "C" void t_powi_##name(long count, const REAL* x, REAL* y) {           \\
    for (long i = 0; i < count; i += LANES) store(y + i, powi_(load(x + i), n));                     \\
}
extern "C" void t_is_nan(long count, const REAL* x, REAL* y) {
    for (long i = 0; i < count; i += LANES) store(y + i, where(is_nan(load(x + i)), splat(1)));
}
extern "C" int t_lanes() { return LANES; }
"""


@pytest.fixture(autouse=True)
def _no_floating_point_warnings() -> Iterator[None]:
    """Infinities and NaN are among what is tested."""
    with np.errstate(all="ignore"):
        yield


def power_name(n: int) -> str:
    return f"{n}" if n >= 0 else f"m{-n}"


class Library:
    """One shared object, called with arrays."""

    def __init__(self, path: Path, real: str) -> None:
        self.handle = ctypes.CDLL(str(path))
        self.type = np.float64 if real == "double" else np.float32

    def __call__(self, name: str, *arguments: np.ndarray) -> np.ndarray:
        count = len(arguments[0])
        padded = -(-count // 64) * 64
        buffers = [aligned(padded, self.type) for _ in range(len(arguments) + 1)]
        for buffer, argument in zip(buffers, arguments, strict=False):
            buffer[:count] = argument
            buffer[count:] = 1
        pointers = [ctypes.c_void_p(buffer.ctypes.data) for buffer in buffers]
        getattr(self.handle, f"t_{name}")(ctypes.c_long(padded), *pointers)
        return buffers[-1][:count]


def aligned(count: int, kind: type) -> np.ndarray:
    raw = np.empty(count * np.dtype(kind).itemsize + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + count * np.dtype(kind).itemsize].view(kind)


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Library]:
    folder = tmp_path_factory.mktemp("kernel")
    source = folder / "functions.cpp"
    lines = [f"ONE({name})" for name in UNARY] + [f"TWO({name})" for name in BINARY]
    lines += [f"POWER({power_name(n)}, {n})" for n in POWERS]
    source.write_text(SOURCE + "\n".join(lines) + "\n", encoding="utf-8")
    built: dict[tuple[str, int], Library] = {}

    def library(real: str, width: int) -> Library:
        if (real, width) not in built:
            path = folder / f"{real}{width}.so"
            options = [f"-DREAL={real}", f"-DVECTOR_BYTES={width}", f"-I{KERNEL}"]
            command = [str(COMPILER), *FLAGS, *options, str(source), "-o", str(path), "-lm"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            assert done.returncode == 0, done.stderr
            built[real, width] = Library(path, real)
        return built[real, width]

    return library


def patterns(step: int) -> np.ndarray:
    """Every step-th float32, of all bit patterns, and those where functions change their ways."""
    every = np.arange(0, 2**32, step, dtype=np.uint64).astype(np.uint32).view(np.float32)
    special = [0.0, np.inf, np.nan, 1.0, 0.5, 2.0, 1e-45, SMALLEST, LARGEST, 88.7, 88.8, 87.3, 87.4, 9.0, 16777216.0]
    special += [1 - 2**-24, 1 + 2**-23, 1e4, 1.0001e4, np.pi, np.pi / 2, np.pi / 4, 2.4142135, 0.41421357, 2.0**23, 1.5]
    around = np.array(special, np.float32)
    around = np.concatenate([around, np.nextafter(around, np.float32(0)), np.nextafter(around, np.float32(np.inf))])
    usual = np.random.default_rng(7).normal(scale=3, size=100_000).astype(np.float32)
    return np.concatenate([every, around, -around, usual])


def pairs() -> tuple[np.ndarray, np.ndarray]:
    """Pairs of float32: all of some special values, patterns of all sizes, and usual sizes; none is subnormal."""
    special = np.array([0.0, np.inf, np.nan, 1, 2, 0.5, 3, 1e30, 1e-30, LARGEST], np.float32)
    special = np.concatenate([special, -special])
    generator = np.random.default_rng(11)
    bits = generator.integers(0, 2**32, (2, 100_000), dtype=np.uint64).astype(np.uint32).view(np.float32)
    usual = generator.normal(size=(2, 100_000)) * [[1], [3]]
    large = [np.exp(generator.uniform(-80, 80, 100_000)), generator.uniform(-8, 8, 100_000)]
    first, second = np.meshgrid(special, special)
    together = np.stack([first.ravel(), second.ravel()])
    values = np.concatenate([together, bits, usual, large], axis=1).astype(np.float32)
    values = np.where((np.abs(values) < SMALLEST) & (values != 0), np.float32(1), values)
    return values[0], values[1]


def units(got: np.ndarray, exact: np.ndarray, scale: np.ndarray | None = None) -> np.ndarray:
    """Errors of float32 results in units in the last place of the exact values; results that may be flushed may be 0.

    Args:
        got: The results.
        exact: The exact values, in float64.
        scale: Sizes whose units are meant; by default those of the exact values.
    """
    size = np.minimum(np.abs(exact if scale is None else scale), LARGEST)
    unit = np.ldexp(1.0, np.maximum(np.frexp(size)[1] - 24, -149))
    # An infinity stands for what is beyond the largest number, and the largest number for what is just beyond.
    bounded = np.where(np.isinf(got), np.copysign(LARGEST + unit, got), got)
    limit = np.where(np.abs(exact) > LARGEST, np.copysign(LARGEST + unit, exact), exact)
    error = np.abs(bounded - limit) / unit
    error = np.where(np.isinf(got) & np.isfinite(exact) & (np.abs(exact) < LARGEST * (1 - 2.0**-22)), np.inf, error)
    error = np.where((np.abs(exact) < SMALLEST) & (got == 0), 0.0, error)
    error = np.where((exact == 0) & (got != 0), np.inf, error)
    return np.where(np.isnan(exact) | np.isnan(got), np.where(np.isnan(exact) & np.isnan(got), 0.0, np.inf), error)


def float64(function: Function, *arguments: np.ndarray) -> np.ndarray:
    return np.asarray(function(*(torch.from_numpy(argument.astype(np.float64)) for argument in arguments)))


def unary_units(function: Function, x: np.ndarray, got: np.ndarray) -> np.ndarray:
    """Errors of a function of one argument, where a subnormal argument may count as the zero it may be flushed to.

    So may what is subnormal on the way: arguments of less than a few smallest numbers.
    """
    error = units(got, float64(function, x))
    subnormal = (np.abs(x) < SMALLEST * 4) & (x != 0)
    return np.where(subnormal, np.minimum(error, units(got, float64(function, np.copysign(0, x)))), error)


def binary_units(name: str, a: np.ndarray, b: np.ndarray, got: np.ndarray) -> np.ndarray:
    exact = float64(BINARY[name], a, b)
    if name != "logaddexp":
        return units(got, exact)
    # The sum of a negative number and a logarithm may cancel: it is exact to the units of its larger term.
    larger = np.maximum(a, b).astype(np.float64)
    scale = np.fmax(np.abs(larger), np.abs(exact - larger))
    error = units(got, exact, np.where(np.isfinite(scale), np.fmax(scale, np.abs(exact)), exact))
    return np.where(np.abs(got - exact) < SMALLEST, 0.0, error)


def verdict(name: str, error: np.ndarray, *columns: np.ndarray) -> str | None:
    """What to say of errors beyond the limit, or None."""
    worst = int(np.argmax(error))
    if error[worst] <= LIMIT:
        return None
    return f"{name}: {error[worst]:.2f} units at {[column[worst] for column in columns]}"


def verdicts(library: Library, x: np.ndarray) -> list[str]:
    """What is wrong with any function of float32."""
    said = []
    for name, function in UNARY.items():
        got = library(name, x)
        said.append(verdict(name, unary_units(function, x, got), x, got))
    for n in POWERS:
        got = library(f"powi_{power_name(n)}", x)
        said.append(verdict(f"powi {n}", unary_units(lambda x, n=n: x**n, x, got), x, got))
    return [line for line in said if line]


@pytest.fixture
def flushing() -> Iterator[None]:
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush subnormal numbers")
    yield
    torch.set_flush_denormal(False)


def test_float32_is_within_four_units_over_its_whole_range(build: Callable[[str, int], Library]) -> None:
    assert verdicts(build("float", WIDEST), patterns(8191)) == []


@pytest.mark.parametrize("width", [width for real, width in LAYOUTS if real == "float" and width != WIDEST])
def test_float32_is_within_four_units_at_other_widths(build: Callable[[str, int], Library], width: int) -> None:
    library = build("float", width)
    assert library.handle.t_lanes() == width // 4
    assert verdicts(library, patterns(262_139)) == []


@pytest.mark.parametrize("width", [width for real, width in LAYOUTS if real == "float"])
def test_functions_of_two_arguments_are_within_four_units(build: Callable[[str, int], Library], width: int) -> None:
    library = build("float", width)
    a, b = pairs()
    said = [verdict(name, binary_units(name, a, b, got := library(name, a, b)), a, b, got) for name in BINARY]
    assert [line for line in said if line] == []


@pytest.mark.usefixtures("flushing")
def test_normal_results_are_right_where_subnormals_are_flushed(build: Callable[[str, int], Library]) -> None:
    library, x = build("float", WIDEST), patterns(65_537)
    results = {name: library(name, x) for name in UNARY}
    torch.set_flush_denormal(False)
    said = [verdict(name, unary_units(UNARY[name], x, got), x, got) for name, got in results.items()]
    assert [line for line in said if line] == []


@pytest.mark.usefixtures("flushing")
def test_float64_is_right_where_subnormals_are_flushed(build: Callable[[str, int], Library]) -> None:
    library, generator = build("double", WIDEST), np.random.default_rng(19)
    sizes = [np.exp2(generator.uniform(-1000, 1000, 2000)), np.exp2(generator.uniform(-4, 11, 2000))]
    turns = [np.linspace(5, 6.5, 100), np.linspace(26, 28, 500), np.linspace(705, 750, 500), [np.inf, np.nan]]
    x = np.concatenate([*sizes, *turns, generator.normal(scale=3, size=1000)])
    x = np.concatenate([x, -x])
    y = generator.permutation(x)
    found = {name: library(name, x) for name in UNARY}
    found_of_two = {name: library(name, x, y) for name in ("atan2", "hypot", "logaddexp", "pow")}
    torch.set_flush_denormal(False)
    near_zero = 2.0**-1020  # a factor of what is so small may have been flushed
    for name, got in found.items():
        with np.errstate(over="ignore"):  # torch's own are infinite where these are not yet
            exact = getattr(np, name)(x) if name in ("sinh", "cosh") else float64(UNARY[name], x)
        np.testing.assert_allclose(got, exact, rtol=1e-13, atol=near_zero, err_msg=name)
    for name, got in found_of_two.items():
        absolute = 1e-15 if name == "logaddexp" else near_zero
        np.testing.assert_allclose(got, float64(BINARY[name], x, y), rtol=1e-13, atol=absolute, err_msg=name)


def test_zeros_keep_their_signs_and_nan_stays(build: Callable[[str, int], Library]) -> None:
    library = build("float", WIDEST)
    zeros = np.array([0.0, -0.0], np.float32)
    for name in ODD:
        assert np.signbit(library(name, zeros)).tolist() == [False, True], name
    payloads = np.array([0x7FC00000, 0xFFC00000, 0x7FC00123, 0x7FFFFFFF], np.uint32).view(np.float32)
    for name in UNARY:
        assert np.isnan(library(name, payloads)).all(), name
    assert library("is_nan", np.concatenate([payloads, zeros])).tolist() == [1, 1, 1, 1, 0, 0]


def arguments(name: str) -> np.ndarray:
    """Arguments of float64 where a function has a value: of all sizes, of usual ones, and close to its turns."""
    generator = np.random.default_rng(13)
    sizes = np.concatenate([np.exp2(generator.uniform(-60, 9, 250)), generator.uniform(0, 3, 250), [1.0, 0.5, 2.0]])
    x = np.concatenate([sizes, -sizes])
    if name in {"sin", "cos", "tan"}:
        turns = np.arange(-40, 41) * (np.pi / 4)
        return np.concatenate([x, turns, generator.uniform(-1e6, 1e6, 200)])
    if name in {"log", "log2", "log10", "sqrt", "rsqrt", "log1p"}:
        wide = np.concatenate(
            [sizes, np.exp2(generator.uniform(-1000, 1000, 200)), 1 + generator.normal(size=200) * 1e-5]
        )
        return np.concatenate([wide, -sizes[sizes < 0.999]]) if name == "log1p" else wide
    if name in {"asin", "acos", "atanh"}:
        return np.concatenate([x[np.abs(x) < 1], 1 - np.exp2(generator.uniform(-50, -1, 100))])
    if name == "acosh":
        return 1 + sizes
    if name == "erfc":
        return np.clip(x, -30, 26)
    return x


def exact_units(got: np.ndarray, exact: list[mpmath.mpf]) -> np.ndarray:
    """Errors of float64 results, in units in the last place of the exact values; subnormal values may be 0."""
    errors = []
    for value, true in zip(got.tolist(), exact, strict=True):
        if abs(true) < mpmath.mpf(2) ** -1022:
            errors.append(0.0 if abs(value) <= 2.0**-1022 else np.inf)
        else:
            unit = mpmath.ldexp(1, mpmath.frexp(true)[1] - 53)
            errors.append(float(abs(mpmath.mpf(value) - true) / unit) if np.isfinite(value) else np.inf)
    return np.array(errors)


@pytest.mark.parametrize("width", [width for real, width in LAYOUTS if real == "double"])
def test_float64_is_within_four_units(build: Callable[[str, int], Library], width: int) -> None:
    library, said = build("double", width), []
    assert library.handle.t_lanes() == width // 8
    with mpmath.workdps(40):
        for name, function in EXACT.items():
            x = arguments(name)[:: 1 if width == WIDEST else 7]
            got = library(name, x)
            said.append(verdict(name, exact_units(got, [function(mpmath.mpf(v)) for v in x.tolist()]), x, got))
        generator = np.random.default_rng(17)
        a, b = np.exp2(generator.uniform(-40, 40, 500)), generator.uniform(-25, 25, 500)
        for name, function in EXACT_BINARY.items():
            got = library(name, a, b)
            columns = zip(a.tolist(), b.tolist(), strict=True)
            exact = [function(mpmath.mpf(first), mpmath.mpf(second)) for first, second in columns]
            said.append(verdict(name, exact_units(got, exact), a, b, got))
    assert [line for line in said if line] == []


def test_float64_limits_are_those_of_float64_functions(build: Callable[[str, int], Library]) -> None:
    library = build("double", WIDEST)
    x = np.array([0.0, np.inf, np.nan, 1, 1e300, 1e-300, 709.7, 745.2, 1e6, 3e6])
    x = np.concatenate([x, -x])
    for name, function in UNARY.items():
        got, exact = library(name, x), float64(function, x)
        np.testing.assert_allclose(got, exact, rtol=1e-14, atol=2.0**-1022, err_msg=name)


def test_a_result_eight_units_off_is_found(build: Callable[[str, int], Library]) -> None:
    library, x = build("float", WIDEST), patterns(1_048_573)
    for name, function in UNARY.items():
        got = library(name, x)
        shifted = np.where(np.abs(got) > SMALLEST * 2, got * np.float32(1 + 2**-20), got)
        assert verdict(name, unary_units(function, x, shifted), x), name
    with mpmath.workdps(40):
        exact = [mpmath.exp(value) for value in (0.5, 1.5)]
    assert exact_units(np.exp([0.5, 1.5]) * (1 + 2.0**-49), exact).min() > LIMIT
    assert verdict("swapped", unary_units(torch.sin, x, library("cos", x)), x)
