"""Without a compiler, or where the native engine can't train something, the batched engine does, and that is told."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch
from test_cli_interrupts import started, wait_until
from test_cli_runs import run, select
from test_fused_engine import assert_same_bits, make_batch

from activations import activation
from activations.benchmark import PRESETS, Result, benchmark, native_crew
from activations.benchmark.presets import Preset
from activations.declare import Variant
from activations.errors import BuildError
from activations.fitting.engine import train
from activations.fitting.fused import builds, engine
from activations.fitting.fused.kernels import emitted_of
from activations.fitting.recipe import DEFAULT_RECIPE, Recipe
from activations.fitting.settings import SettingError
from activations.fitting.targets import formula_target
from activations.registry import default_registry

REGISTRY = default_registry()
WORTH = native_crew.WORTH_COMPILING
TANH, GLU = REGISTRY.variant("tanh"), REGISTRY.variant("glu")
SIN = formula_target("sin(4*x)", points=25)


@pytest.fixture(autouse=True)
def _worth_a_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the little work of these tests."""
    monkeypatch.setattr(native_crew, "WORTH_COMPILING", 0.0)


needs_compiler = pytest.mark.skipif(
    sys.platform == "win32" or not (shutil.which("g++") or shutil.which("clang++")), reason="needs g++ or clang++"
)


@activation(formula="x", paper="none")
def in_rows(x: torch.Tensor) -> torch.Tensor:
    """No function of each number alone."""
    return x - torch.softmax(x, dim=-1)


UNABLE = in_rows.variant()


@pytest.fixture(autouse=True)
def _small_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = Preset("quick", (4,), steps=12, seeds=3, tuning_seeds=2, finalists=2, scales=(1.0,))
    monkeypatch.setitem(PRESETS, "quick", tiny)


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def broken_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "compile"
    script.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "g++ of a test" && exit\necho "error: no" >&2; exit 1\n')
    script.chmod(0o755)
    monkeypatch.setenv("CXX", str(script))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


class Counted:
    """How often the native engine trained."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches = 0
        train_fused = engine.train_fused

        def counted(*arguments: Any) -> Any:
            self.batches += 1
            return train_fused(*arguments)

        monkeypatch.setattr(engine, "train_fused", counted)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def compile_all(*variants: Variant) -> None:
    """Have everything that benchmarks of these need, so that none begins with the batched engine."""
    for precision in ("float32", "float64"):
        builds.trainer(precision)
        emitted = [emitted_of(variant, precision) for variant in variants]
        builds.functions([item for item in emitted if not isinstance(item, str)], precision)


def comparable(result: Result) -> Any:
    """Everything but wall times."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key != "seconds"}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return strip(result.to_dict())


def test_little_work_is_not_worth_a_compilation(monkeypatch: pytest.MonkeyPatch, counted: Counted) -> None:
    monkeypatch.setattr(native_crew, "WORTH_COMPILING", WORTH)
    told: list[str] = []
    found = benchmark([SIN], [TANH], engine="auto", tell=told.append)
    assert comparable(found) == comparable(benchmark([SIN], [TANH], engine="batched"))
    assert (counted.batches, told) == (0, [])


@pytest.mark.parametrize("compiler", ["no_compiler", "broken_compiler"])
@pytest.mark.parametrize("name", ["auto", "native"])
def test_a_benchmark_without_a_working_compiler_is_the_batched_one_and_says_so(
    compiler: str, name: Any, request: pytest.FixtureRequest, counted: Counted
) -> None:
    expected = benchmark([SIN], [TANH, GLU], engine="batched")
    request.getfixturevalue(compiler)
    told: list[str] = []
    found = benchmark([SIN], [TANH, GLU], engine=name, tell=told.append)
    assert comparable(found) == comparable(expected)
    assert counted.batches == 0
    assert len(told) == 1, told
    assert told[0].startswith("the batched engine trains what the native one can't: ")
    assert ("no C++ compiler was found" if compiler == "no_compiler" else "can't compile the kernel") in told[0]
    assert "\n" not in told[0]


@pytest.mark.parametrize("compiler", ["no_compiler", "broken_compiler"])
def test_a_training_without_a_working_compiler(compiler: str, request: pytest.FixtureRequest, counted: Counted) -> None:
    batch = make_batch(TANH)
    expected = train(batch)
    request.getfixturevalue(compiler)
    assert_same_bits(train(batch, engine="auto"), expected)
    with pytest.raises(BuildError, match="batched") as caught:
        train(batch, engine="native")
    assert "\n" not in caught.value.message
    assert counted.batches == 1


@needs_compiler
def test_what_is_compiled_already_needs_no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    batch = make_batch(TANH)
    expected = train(batch, engine="native")
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert_same_bits(train(batch, engine="native"), expected)
    assert_same_bits(train(batch, engine="auto"), expected)


@needs_compiler
def test_auto_is_native_once_it_is_compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, counted: Counted) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    batch = make_batch(TANH)
    assert_same_bits(train(batch, engine="auto"), train(batch))
    assert counted.batches == 0
    native = train(batch, engine="native")
    assert_same_bits(train(batch, engine="auto"), native)
    assert counted.batches == 2


@needs_compiler
def test_an_activation_that_cannot_be_compiled_is_trained_by_the_batched_engine(counted: Counted) -> None:
    batch = make_batch(UNABLE)
    assert_same_bits(train(batch, engine="auto"), train(batch))
    with pytest.raises(SettingError, match=r"in_rows.*; write engine='batched'"):
        train(batch, engine="native")
    compile_all(TANH)
    assert counted.batches == 0
    told: list[str] = []
    found = benchmark([SIN], [UNABLE, TANH], engine="native", tell=told.append)
    assert counted.batches > 0
    assert len(told) == 1, told
    assert "in_rows" in told[0]
    expected = benchmark([SIN], [UNABLE, TANH], engine="batched")
    assert errors_of(found)["in_rows"] == errors_of(expected)["in_rows"]


def errors_of(result: Result) -> dict[str, list[float]]:
    """The test errors of each activation."""
    found = result.targets[0].outcomes
    return {label: [outcome.test.relative for outcome in outcomes] for label, outcomes in found.items()}


@needs_compiler
@pytest.mark.parametrize("recipe", [Recipe("lbfgs"), Recipe("lm")])
def test_methods_of_second_order_are_the_batched_engines(recipe: Recipe, counted: Counted) -> None:
    compile_all(TANH)
    told: list[str] = []
    settings: Any = {"recipe": recipe, "precision": "float64"}
    found = benchmark([SIN], [TANH], engine="native", tell=told.append, **settings)
    assert comparable(found) == comparable(benchmark([SIN], [TANH], engine="batched", **settings))
    assert counted.batches == 0
    assert len(told) == 1, told
    assert f"no optimizer '{recipe.optimizer}'" in told[0]


@needs_compiler
@pytest.mark.parametrize("recipe", [DEFAULT_RECIPE, Recipe(batch_size=5, starts=3)], ids=lambda recipe: recipe.words)
def test_a_native_benchmark_depends_on_no_number_of_threads(
    recipe: Recipe, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_all(TANH, GLU)
    told: list[str] = []
    expected = benchmark([SIN], [TANH, GLU], engine="native", recipe=recipe, tell=told.append)
    assert counted.batches > 0
    assert told == []
    monkeypatch.setattr(native_crew, "PIECE", 1e4)
    batches = counted.batches
    for jobs in (1, 3):
        found = benchmark([SIN], [TANH, GLU], engine="native", recipe=recipe, jobs=jobs)
        assert comparable(found) == comparable(expected)
    assert counted.batches > 3 * batches


@needs_compiler
def test_a_native_benchmark_ranks_as_the_batched_one(counted: Counted) -> None:
    compile_all(TANH, GLU)
    found = benchmark([SIN], [TANH, GLU], engine="native", precision="float64")
    assert counted.batches > 0
    expected = benchmark([SIN], [TANH, GLU], engine="batched", precision="float64")
    assert errors_of(found).keys() == errors_of(expected).keys() == {"tanh", "glu"}
    for label, errors in errors_of(expected).items():
        assert errors_of(found)[label] == pytest.approx(errors, rel=1e-9)


LONG = """
import pathlib
import activations.benchmark as b
from activations.benchmark import native_crew
from activations.benchmark.presets import Preset
b.PRESETS["quick"] = Preset("quick", (64, 64), steps=20000, seeds=3, tuning_seeds=2, finalists=2, scales=(1.0,))
native_crew.PIECE = 1  # one run is stored after the other
whole = b.benchmark
def benchmark(*args, progress, **settings):
    def tell(step):
        progress(step)
        pathlib.Path({ready!r}).touch()
    return whole(*args, progress=tell, **settings)
if __name__ == "__main__":
    b.benchmark = benchmark
    from activations_cli.main import cli
    cli.main({arguments!r}, prog_name="activations")
"""


@needs_compiler
@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_the_compiled_code_and_keeps_what_is_stored(jobs: int, tmp_path: Path) -> None:
    compile_all(TANH)
    file, ready = tmp_path / "runs.sqlite3", tmp_path / "ready"
    arguments = ["bench", "cubic", "-a", "tanh", "-j", str(jobs), "--engine", "native", "--store", str(file), "--json"]
    process = started(LONG.format(arguments=arguments, ready=str(ready)))
    try:
        wait_until(lambda: ready.exists() or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, stdout) == (130, ""), stderr
    assert "Traceback" not in stderr
    assert "Exception ignored" not in stderr
    assert f"activations {' '.join(arguments)}" in stderr
    assert 1 <= select(file, "SELECT count(*) FROM runs")[0][0] < 10
    assert run("runs", "check", "--store", file).stdout == f"{file}: sound\n"


ALONE = """
import sys
sys.path.insert(0, {tests!r})
from test_fused_engine import TANH, make_batch
from activations.fitting.engine import train
from activations.fitting.fused import engine
batch = make_batch(TANH, (64, 64), points=300, steps=10**6)
advance = engine.RunInTraining.advance
def told(self, *arguments):
    print("begun", flush=True)
    return advance(self, *arguments)
engine.RunInTraining.advance = told
try:
    train(batch, engine="native")
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@needs_compiler
@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
def test_ctrl_c_ends_a_single_training() -> None:
    compile_all(TANH)
    process = started(textwrap.dedent(ALONE).format(tests=str(Path(__file__).parent)))
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, stdout) == (0, "interrupted\n"), stderr
    assert stderr == ""
