"""The compiled trainer under the compilers' sanitizers: no access beside an array, no undefined arithmetic."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from activations.fitting.fused import builds
from activations.fitting.fused.code import Emitted
from activations.fitting.fused.compiler import build_folder
from activations.fitting.fused.kernels import emitted_of
from activations.fitting.precision import Precision
from activations.registry import default_registry

REGISTRY = default_registry()
NAMES = ("tanh", "relu", "gelu", "softplus", "glu", "elu:learnable", "bilinear:learnable", "floor(x)*sin(x)")
VARIANTS = [REGISTRY.variant(name) for name in NAMES]
TWO_INPUTS, LEARNABLE = NAMES.index("glu"), NAMES.index("bilinear:learnable")
# Of the controls: what they do is what the sanitizers are for.
BESIDE, OVERFLOW = len(NAMES), len(NAMES) + 1
FLAGS = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not (shutil.which("g++") or shutil.which("clang++")), reason="needs g++ or clang++"
)

CONTROLS = """
#define CONTROL(name, fault)                                                                                       \\
    extern "C" void name(long count, const REAL* const* in, const REAL*, REAL* value, REAL* const* slopes) {       \\
        for (long i = 0; i < count; i++) value[i] = in[0][i];                                                      \\
        for (long i = 0; i < count; i++) slopes[0][i] = 1;                                                         \\
        fault;                                                                                                     \\
    }
static volatile int largest = 0x7fffffff;
CONTROL(control_beside, value[count] = 1)
CONTROL(control_overflow, largest = largest + (int)count)
"""

# Reads one network per line from its input, and trains it from arrays that end where they must.
MAIN = """
#include <stdio.h>
struct Kind { Activation function; long branches, learnable; };
static const Kind kinds[] = {KINDS};
static unsigned long state = 1;
static REAL random_number() {
  state = state * 6364136223846793005ul + 1442695040888963407ul;
  return (REAL)((double)(state >> 40) / (1 << 23) - 1);
}
template <class T> static T* array(long count) { return (T*)malloc(count * sizeof(T)); }

int main() {
  long inputs, hidden, outputs, available, points, steps, loss, optimizer, biases, pieces;
  while (scanf("%ld %ld %ld %ld %ld %ld %ld %ld %ld %ld", &inputs, &outputs, &available, &points, &steps, &loss,
               &optimizer, &biases, &pieces, &hidden) == 10) {
    LayerPlan* layers = array<LayerPlan>(hidden + 1);
    long place = 0, width = inputs;
    for (long i = 0; i <= hidden; i++) {
      long units = outputs, kind = -1;
      if (i < hidden && scanf("%ld %ld", &units, &kind) != 2) return 2;
      const Kind none = {nullptr, 1, 0}, chosen = kind < 0 ? none : kinds[kind];
      const long weight = place, biases_of = units * chosen.branches;
      const long bias = weight + width * biases_of, theta = bias + biases_of;
      layers[i] = {width, units, chosen.branches, chosen.learnable, weight, bias, theta, chosen.function};
      place = theta + chosen.learnable;
      width = units;
    }
    REAL *x = array<REAL>(available * inputs), *y = array<REAL>(available * outputs);
    REAL *parameters = array<REAL>(place), *losses = array<REAL>(2);
    for (long i = 0; i < available * inputs; i++) x[i] = random_number();
    for (long i = 0; i < available; i++)
      for (long k = 0; k < outputs; k++)
        y[i * outputs + k] = loss == CROSS_ENTROPY ? k == i % outputs : random_number();
    // So small that nothing diverges.
    for (long i = 0; i < place; i++) parameters[i] = random_number() / 4;
    long* looked = array<long>(2);
    looked[0] = 0;
    looked[1] = steps - 1;
    double* factors = array<double>(steps);
    for (long i = 0; i < steps; i++) factors[i] = 1;
    int* order = points < available || pieces > 1 ? array<int>(steps * points) : nullptr;
    for (long i = 0; order && i < steps * points; i++) order[i] = (int)((i * 7 + i / 3) % available);
    int* stop = array<int>(1);
    *stop = 0;
    Plan plan = {hidden + 1, layers, points, available, steps, loss, optimizer, biases, steps > 1 ? 2 : 1, looked,
                 factors, 0.01, 0.9, 0.9, 0.999, 1e-8, 1};
    RunPlan run = {x, y, parameters, losses, 1e-3};
    void* opened = open_run(&plan, &run);
    if (!opened) return 3;
    for (long i = 1; i <= pieces; i++) {
      const long from = steps * (i - 1) / pieces, to = steps * i / pieces;
      advance_run(opened, to, order ? order + from * points : nullptr, stop);
    }
    const long made = close_run(opened);
    REAL sum = 0;
    for (long i = 0; i < place; i++) sum += parameters[i];
    printf("%ld %d\\n", made, sum - sum == 0 && losses[0] - losses[0] == 0);
    fflush(stdout);
    void* all[] = {layers, x, y, parameters, losses, looked, factors, order, stop};
    for (void* one : all) free(one);
  }
  return 0;
}
"""


@dataclass(frozen=True)
class Case:
    """A network and its training.

    Attributes:
        hidden: width and activation of each hidden layer.
        points: of a step.
        available: rows of the data.
        loss: 0 squares, 1 Huber, 2 cross-entropy.
        optimizer: 0 SGD, 1 momentum, 2 Adam, 3 AdamW.
        pieces: in how many calls the steps are made.
    """

    hidden: tuple[tuple[int, int], ...] = ((5, 0),)
    inputs: int = 1
    outputs: int = 1
    points: int = 16
    available: int = 16
    steps: int = 3
    loss: int = 0
    optimizer: int = 2
    biases: int = 1
    pieces: int = 1

    @property
    def line(self) -> str:
        """What the program reads."""
        numbers = (self.inputs, self.outputs, self.available, self.points, self.steps, self.loss, self.optimizer)
        layers = (number for layer in self.hidden for number in layer)
        return " ".join(map(str, (*numbers, self.biases, self.pieces, len(self.hidden), *layers))) + "\n"


def fixed_cases() -> Iterator[Case]:
    """Every activation, every size next to that of a vector, few points and blocks of them."""
    for kind in range(len(NAMES)):
        for shape in ((5,), (7, 3), (1, 1, 1)):
            case = Case(tuple((width, kind) for width in shape))
            yield case
            yield replace(case, inputs=3, outputs=2)
    for width in (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65):
        for kind in (0, TWO_INPUTS, LEARNABLE):
            yield Case(((width, kind),), points=13, available=13)
            yield Case(((width, kind), (width, kind)), inputs=width, outputs=width, points=7, available=7, loss=2)
    for points in (1, 2, 3, 5, 6, 12, 13, 37, 300, 1000):
        for outputs in (1, 2):
            yield Case(((33, LEARNABLE), (9, 0)), 2, outputs, points, points)
            yield Case(((70, TWO_INPUTS),), 1, outputs, points, points + 3, steps=4, pieces=2)


def random_cases(count: int) -> Iterator[Case]:
    """Anything."""
    generator = random.Random(23)
    for _ in range(count):
        layers = [(generator.randint(1, 40), generator.randrange(len(NAMES))) for _ in range(generator.randint(1, 5))]
        points = generator.randint(1, 80)
        loss = generator.randrange(3)
        steps = generator.randint(1, 5)
        yield Case(
            tuple(layers),
            generator.randint(1, 20),
            generator.randint(2 if loss == 2 else 1, 20),
            points,
            points + generator.choice([0, 0, 1, 50]),
            steps,
            loss,
            generator.randrange(4),
            generator.randrange(2),
            generator.randint(1, steps),
        )


CASES = [*fixed_cases(), *random_cases(150)]


@pytest.fixture(scope="module", params=[("float32", ""), ("float64", ""), ("float32", "-DVECTOR_BYTES=4")], ids=str)
def program(request: pytest.FixtureRequest) -> Iterator[Path]:
    """The trainer, some activations and a `main`, all of them with checks."""
    precision: Precision = request.param[0]
    emitted = [emitted_of(variant, precision) for variant in VARIANTS]
    assert all(isinstance(item, Emitted) for item in emitted), emitted
    functions = [item for item in emitted if isinstance(item, Emitted)]
    kinds = [
        f"{{{item.symbol}, {variant.inputs}, {len(variant.learnable)}}}"
        for item, variant in zip(functions, VARIANTS, strict=True)
    ]
    kinds += ["{control_beside, 1, 0}", "{control_overflow, 1, 0}"]
    trainer = (builds.kernel() / "train.cpp").read_text(encoding="utf-8")
    main = CONTROLS + MAIN.replace("KINDS", ", ".join(kinds))
    text = "".join(['#include "train.cpp"\n', *(item.text for item in functions), main])
    with build_folder() as folder:
        found = builds.compiler(None)
        flags = [*FLAGS, *filter(None, request.param[1:])]
        probe = found.build(["int main() {}\n"], {}, precision, folder, flags=flags, shared=False)[0]
        if probe.library is None:
            pytest.skip("the compiler has no sanitizers")
        headers = {**builds.headers_of(trainer), "train.cpp": trainer}
        made = found.build([text], headers, precision, folder, flags=flags, shared=False)[0]
        assert made.library is not None, made.output
        yield made.library


def run(program: Path, cases: list[Case]) -> subprocess.CompletedProcess[str]:
    """Train all of these."""
    return subprocess.run(
        [program],
        input="".join(case.line for case in cases),
        capture_output=True,
        text=True,
        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"},
        timeout=300,
        check=False,
    )


def test_no_access_beside_an_array_and_no_undefined_arithmetic(program: Path) -> None:
    done = run(program, CASES)
    told = [line.split() for line in done.stdout.splitlines()]
    reached = CASES[min(len(told), len(CASES) - 1)]
    assert (done.returncode, done.stderr) == (0, ""), f"{reached}\n{done.stderr[:5000]}"
    assert [int(made) for made, _ in told] == [case.steps for case in CASES]
    assert {finite for _, finite in told} == {"1"}


@pytest.mark.parametrize("hidden", [((5, BESIDE),), ((4, 0), (16, BESIDE), (3, 0))])
def test_an_access_beside_an_array_is_found(program: Path, hidden: tuple[tuple[int, int], ...]) -> None:
    done = run(program, [Case(), Case(hidden)])
    assert done.returncode != 0
    assert len(done.stdout.splitlines()) == 1
    assert "AddressSanitizer: use-after-poison" in done.stderr
    assert "control_beside" in done.stderr


def test_undefined_arithmetic_is_found(program: Path) -> None:
    done = run(program, [Case(), Case(((5, OVERFLOW),))])
    assert done.returncode != 0
    assert len(done.stdout.splitlines()) == 1
    assert "signed integer overflow" in done.stderr
